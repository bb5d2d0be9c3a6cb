"""When conditional fields must be filled (条件必填): each rule in words and as a function of the form's document."""

from __future__ import annotations

from sampling.rules.codes_forms import FARM_MARKETS, ONLINE_VENUES, UNMANNED_VENUES
from sampling.rules.field import Document, Rule, is_given, value_at

OIL_RESULT, BOUGHT_MODES, ONLINE_MODE = "4", frozenset({"2", "3"}), "3"


def is_food(document: Document) -> bool:
    return bool(document.get("programme") == "食品")


def is_online(document: Document) -> bool:
    """Bought from a seller on a platform (网络抽样): O18 art. 24, O15 art. 18."""
    return document.get("venue") in ONLINE_VENUES or value_at(document, "/check/mode") == ONLINE_MODE


def is_unmanned(document: Document) -> bool:
    """Food out of a vending machine or an unmanned shop: sampled by the rules for online purchases (O15 art. 54, domain §2.5)."""
    return is_food(document) and document.get("venue") in UNMANNED_VENUES


def is_oil(document: Document) -> bool:
    """An oil form (成品油抽样), domain §2.3.4."""
    return bool(value_at(document, "/check/result_kind") == OIL_RESULT)


def has(section: str) -> Rule:
    """The fields of a part that may be left out whole."""
    return Rule("填写该部分时必填", "when this part of the form is filled", lambda d: d.get(section) is not None)


def _in_farm_market(document: Document) -> bool:
    return value_at(document, "/food/sample_type") == "食用农产品" and document.get("venue") in FARM_MARKETS


def _has_uscc(document: Document) -> bool:
    return is_given(value_at(document, "/sampled_party/uscc"))


def _is_packed_at_home(document: Document) -> bool:
    is_industrial = value_at(document, "/food/sample_type") == "工业加工食品" and value_at(document, "/food/packing_class") == "预包装"
    return is_industrial and value_at(document, "/food/imported") is not True and document.get("producer") is not None


def _is_controlled(document: Document) -> bool:
    return value_at(document, "/product/control_type") not in (None, "无")


STALL = Rule("农产品市场抽样须填摊位号或姓名", "at farm-produce markets", _in_farm_market)
ID_NUMBER = Rule(
    "农产品市场的无照经营者须填身份证号", "at farm-produce markets, from a seller without a code", lambda d: _in_farm_market(d) and not _has_uscc(d)
)
LICENCE_TYPE = Rule("填写许可证号时必填", "when a licence number is given", lambda d: is_given(value_at(d, "/sampled_party/licence_no")))
SC_LICENCE = Rule("国产预包装工业加工食品须填生产许可证号", "for packed industrial food made in the country", _is_packed_at_home)
PRODUCED = Rule("工业加工食品须填生产日期", "for industrial food", lambda d: is_food(d) and value_at(d, "/food/sample_type") == "工业加工食品")
IMPORTED = Rule("进口食品须填原产地", "for imported food", lambda d: value_at(d, "/food/imported") is True)
CONTROLLED = Rule("生产许可证、CCC 产品须填证书编号", "for licensed or CCC products", _is_controlled)
BOUGHT = Rule("买样时必填", "when the sample was bought", lambda d: value_at(d, "/check/mode") in BOUGHT_MODES)
RETURNED = Rule("需要退样时必填", "when the sample goes back", lambda d: value_at(d, "/purchase/return_needed") is True)
ONLINE = Rule(
    "网络抽样、食品无人售货抽样必填", "for online sampling (O18 art. 25, O15 art. 18), and food from a machine (O15 art. 54)",
    lambda d: is_online(d) or is_unmanned(d),
)  # fmt: skip
SHIPPED = Rule("网络抽样必填", "for online sampling (O18 art. 25, O15 art. 18)", is_online)
UNMANNED = Rule("自动售货机、无人售货商店必填", "for food from a vending machine or an unmanned shop (O15 art. 54)", is_unmanned)
OIL = Rule("成品油抽样必填", "for oil sampling", is_oil)
THIRD_PARTY = Rule("存在第三方企业时必填", "when there is a third party", lambda d: d.get("consignor") is not None)
PRODUCER = Rule("有标识生产企业时必填", "when a producer is labelled", lambda d: d.get("producer") is not None)
NO_RESERVE = Rule(
    "监督抽检无备样须写明原因", "for supervision sampling without a reserve",
    lambda d: str(d.get("reserve_quantity")) in ("0", "0.0") and value_at(d, "/food/task_category") in (None, "监督抽检"),
)  # fmt: skip

"""Sums of items, components and open ends in test schemes: what may be drafted, and that judges are told of it."""

import pytest

from planning.rpc import _item
from planning.rules.schemes import Item, Microbe, Sum, check_items


def item(name, **more):
    """A numeric item with an upper limit."""
    fields = {
        "item": name, "methods": ["GB 1"], "kind": "numeric", "min": None, "max": "1.0", "unit": "g/kg", "limit_source": "GB 2760-2014", "grade": "B",
        "rounding_places": -1, "microbe": Microbe(None, None, None, None),
    }  # fmt: skip
    return Item(**(fields | more))


def total(of, kind="ratio", below=None, **more):
    return item("比例之和", max="1", unit="", sum=Sum(of, kind, below), **more)


A, B = item("山梨酸"), item("苯甲酸")
PART = item("黄曲霉毒素B2", kind="component", max=None)


@pytest.mark.parametrize(
    ("items", "codes"),
    [
        ([A, B, total(["山梨酸", "苯甲酸"])], []),
        ([A, PART, total(["山梨酸", "黄曲霉毒素B2"], "total", "zero")], []),
        ([A, total(["山梨酸", "没有"])], [("sum_member", "/items/1/sum_of/1")]),
        ([A, B, total(["山梨酸", "比例之和"])], [("sum_member", "/items/2/sum_of/1")]),
        ([A, item("感官", kind="qualitative", max=None, unit=None), total(["山梨酸", "感官"])], [("sum_member", "/items/2/sum_of/1")]),
        ([A, PART, total(["山梨酸", "黄曲霉毒素B2"])], [("sum_member_limit", "/items/2/sum_of/1")]),
        ([A, item("零", max="0"), total(["山梨酸", "零"])], [("sum_member_limit", "/items/2/sum_of/1")]),
        ([A, total(["山梨酸"])], [("sum_incomplete", "/items/1/sum_of")]),
        ([A, total(["山梨酸", "山梨酸"])], [("sum_incomplete", "/items/1/sum_of")]),
        ([A, B, total(["山梨酸", "苯甲酸"], None)], [("sum_incomplete", "/items/2/sum_of")]),
        ([A, item("乙", sum=Sum([], None, "zero"))], [("sum_incomplete", "/items/1/sum_of")]),
        ([A, PART], [("component_alone", "/items/1/kind")]),
        ([item("甲", max_exclusive=True, min="0.1", min_exclusive=True)], []),
        ([item("甲", min_exclusive=True)], [("limit_exclusive", "/items/0/max_exclusive")]),
        ([item("甲", kind="not_detected", max=None, max_exclusive=True)], [("limit_exclusive", "/items/0/max_exclusive")]),
    ],
)
def test_what_a_sum_may_be(items, codes):
    assert [(fault.code, fault.pointer) for fault in check_items(items)] == codes


BODY = {
    "scheme_no": "S-SUM", "product_code": "0101", "name": "细则", "programme": "食品", "valid_from": "2020-01-01",
    "items": [
        {"item": name, "methods": ["GB 5009.28"], "kind": "numeric", "max": "1.0", "unit": "g/kg", "limit_source": "GB 2760", "grade": "B",
         "max_exclusive": name == "苯甲酸"} for name in ("山梨酸", "苯甲酸")
    ] + [
        {"item": "比例之和", "methods": ["计算"], "kind": "numeric", "max": "1", "unit": "", "limit_source": "GB 2760", "grade": "B",
         "sum_of": ["山梨酸", "苯甲酸"], "sum_kind": "ratio", "sum_below": "zero"}
    ],
}  # fmt: skip


async def test_a_sum_is_drafted_shown_and_told(platform):
    planner = platform.client("planner", "planner", region="6201")
    answer = await planner.post("/v1/schemes", json=BODY)
    assert answer.status_code == 201, answer.text
    shown = (await planner.get(f"/v1/schemes/{answer.json()['id']}")).json()["items"]
    assert [(i["sum_of"], i["sum_kind"], i["sum_below"], i["max_exclusive"]) for i in shown] == [
        ([], None, None, False), ([], None, None, True), (["山梨酸", "苯甲酸"], "ratio", "zero", False),
    ]  # fmt: skip
    bad = BODY | {"items": [BODY["items"][0], BODY["items"][2]]}
    assert (await planner.post("/v1/schemes", json=bad)).json()["code"] == "sum_member"


def test_the_contract_carries_the_sum():
    class Row:
        item, methods, kind, min, max, unit, limit_source, grade, rounding_places = "x", ["M"], "numeric", None, "1", "", "GB", "B", -1
        microbe_n = microbe_c = microbe_m = microbe_cap = None
        min_exclusive, max_exclusive, sum_of, sum_kind, sum_below = False, True, ["a", "b"], "ratio", None

    told = _item(Row())
    assert (list(told.sum_of), told.sum_kind, told.sum_below, told.max_exclusive) == (["a", "b"], "ratio", "", True)

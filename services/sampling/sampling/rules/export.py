"""Exports of forms (抽样数据导出): the food system's columns in the order of domain §5.1, and the product form in the order of §2.3.2.

§5.1 has 77 in its heading and 78 in its groups: 10 (listed) + 9 + 16 + 16 + 27. The groups are taken at their word, and 是否出口, the sample's 27th,
comes last, so that the first 77 stand where they stood for whoever counts to 77. The sample's date carries its kind.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date
from functools import partial

from sampling.rules.field import SLASH, Document, Source, is_given, value_at
from sampling.rules.fields import FORMS
from sampling.rules.printing import Facts, bureau_name, by_pointer, label_of, place_names, text_of

MAX_ROWS = 50_000
Cell = Callable[[Document, Facts], str]
_FOOD = by_pointer(FORMS["food"].fields)
# Columns that are one field: heading, pointer.
_BASIS = (("抽样类型", "/food/sampling_type"), ("抽样环节", "/stage"), ("抽样地点", "/venue"), ("食品分类", "/food/food_class"),
          ("抽样单编号", "/sample_no"), ("检验目的/任务类别", "/food/task_category"))  # fmt: skip
_BODY = (("抽样单位名称", "/sampling_body"), ("抽样单位级别", "/team/level"), ("抽样单位地址", "/team/address"), ("抽样单位邮编", "/team/post_code"),
         ("抽样单位传真", "/team/fax"), ("抽样人员", "/samplers"), ("抽样人员电话", "/team/phone"), ("抽样单位负责人", "/team/leader"),
         ("抽样单位电子邮箱", "/team/email"))  # fmt: skip
_PARTY = (("被抽样单位地址", "address"), ("区域类型", "area_type"), ("社会信用代码/营业执照号", "uscc"), ("许可证类型", "licence_type"),
          ("许可证号", "licence_no"), ("法定代表人(负责人)", "legal_person"), ("被抽样单位联系人", "contact"), ("被抽样单位电话", "phone"),
          ("年销售额", "annual_sales"), ("被抽样单位传真", "fax"), ("被抽样单位邮编", "post_code"), ("摊位号或姓名", "stall"))  # fmt: skip
_MAKER = (("生产许可证号", "licence_no"), ("生产企业联系人", "contact"), ("生产企业联系电话", "phone"))
_THIRD = (("第三方企业名称", "name"), ("第三方企业地址", "address"), ("第三方企业统一社会信用代码", "uscc"), ("第三方企业许可证号", "licence_no"),
          ("第三方企业联系人", "contact"), ("第三方企业电话", "phone"), ("第三方企业性质", "nature"))  # fmt: skip
_GOODS_1 = (("样品名称", "/product/name"), ("商标", "/product/brand"), ("样品条码", "/product/barcode"), ("样品类型", "/food/sample_type"),
            ("样品来源", "/origin"), ("样品属性", "/food/attribute"), ("包装分类", "/food/packing_class"))  # fmt: skip
_GOODS_2 = (("保质期", "/food/shelf_life"), ("样品批号", "/product/lot_no"), ("规格型号", "/product/spec"), ("质量等级", "/product/grade"),
            ("单价", "/product/unit_price_fen"), ("是否进口", "/food/imported"), ("原产地", "/food/origin_place"), ("抽样日期", "/sampled_on"),
            ("抽样方式", "/food/sampling_way"), ("样品形态", "/food/sample_form"), ("样品包装", "/food/packing"), ("储存条件", "/food/storage"),
            ("抽样基数", "/base_quantity"), ("抽样数量", "/quantity"), ("备样数量", "/reserve_quantity"), ("抽样数量单位", "/unit"),
            ("执行标准/技术文件", "/product/standard"), ("备注", "/remark"))  # fmt: skip


def _plain(pointer: str) -> Cell:
    return text_of(_FOOD[pointer])


def _place(section: str, step: int, document: Document, facts: Facts) -> str:
    code = value_at(document, f"/{section}/division_code")
    return place_names(code)[step] or SLASH if is_given(code) else SLASH


def _fields(rows: Sequence[tuple[str, str]], section: str = "") -> tuple[tuple[str, Cell], ...]:
    return tuple((heading, _plain(f"/{section}/{pointer}" if section else pointer)) for heading, pointer in rows)


def _places(section: str, who: str) -> tuple[tuple[str, Cell], ...]:
    return tuple((f"{who}所在{level}", partial(_place, section, step)) for step, level in enumerate("省市县"))


_CLASS_A, _CLASS_B, _MADE_ON = _plain("/food/reporting_class_a"), _plain("/food/reporting_class_b"), _plain("/product/production_date")


def _classes(document: Document, facts: Facts) -> str:
    return f"{_CLASS_A(document, facts)}/{_CLASS_B(document, facts)}"


def _dated(document: Document, facts: Facts) -> str:
    kind = value_at(document, "/product/date_kind") or "生产日期"
    day = _MADE_ON(document, facts)
    return day if day == SLASH or kind == "生产日期" else f"{day}({kind})"


def _has_third(document: Document, facts: Facts) -> str:
    return "是" if document.get("consignor") else "否"


FOOD_COLUMNS: tuple[tuple[str, Cell], ...] = (
    ("任务来源", _plain("/task_source")), ("报送分类", _classes), ("检验机构名称", _plain("/laboratory_code")),
    ("部署机构", lambda document, facts: bureau_name(facts.source)), *_fields(_BASIS),
    *_fields(_BODY),
    ("被抽样单位名称", _plain("/sampled_party/name")), *_places("sampled_party", "被抽样单位"), *_fields(_PARTY, "sampled_party"),
    ("生产企业名称", _plain("/producer/name")), ("生产企业地址", _plain("/producer/address")), *_places("producer", "生产企业"),
    *_fields(_MAKER, "producer"), ("是否存在第三方企业", _has_third), *_fields(_THIRD, "consignor"),
    *_fields(_GOODS_1), ("生产(加工、购进、检疫)日期", _dated), *_fields(_GOODS_2),
    ("是否出口", _plain("/food/exported")),
)  # fmt: skip
_PRODUCT_FIELDS = tuple(field for field in FORMS["product"].fields if field.source is not Source.EVIDENCE and field.pointer != "/task_id")
PRODUCT_COLUMNS: tuple[tuple[str, Cell], ...] = tuple((label_of(f), text_of(f)) for f in _PRODUCT_FIELDS)
COLUMNS = {"食品": FOOD_COLUMNS, "产品": PRODUCT_COLUMNS}


def headings(programme: str) -> list[str]:
    return [heading for heading, _ in COLUMNS[programme]]


def row_of(programme: str, document: Document, facts: Facts) -> list[str]:
    """One form as a row."""
    return [cell(document, facts) for _, cell in COLUMNS[programme]]


_UNSAFE = re.compile(r'[\\/:*?"<>|\s]+')


def file_name(programme: str, task: str, on: date, ending: str) -> str:
    """Name of the file, for products as domain §5.2 tells: 产品抽查_{任务}_{yyyymmdd}.xlsx."""
    kind = "产品抽查" if programme == "产品" else "食品抽检"
    return f"{kind}_{_UNSAFE.sub('-', task)[:60]}_{on:%Y%m%d}.{ending}"

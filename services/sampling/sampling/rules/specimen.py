"""A batch that never was (样例): what templates are tried with, and what a page looks like before it is used."""

from __future__ import annotations

from datetime import date
from typing import Any

from sampling.rules.document_facts import Heading, Subject, facts_of, report_facts
from sampling.rules.documents import CODE_ALPHABET, CODE_LENGTH, DocumentKind, Shape, number_of

ON = date(2021, 2, 1)
_FIRM = {
    "uscc": "91620102MA700000XE",
    "division_code": "620102",
    "legal_person": "张某",
    "contact": "王某",
    "phone": "13800001234",
    "licence_no": "/",
}
_FORM: dict[str, Any] = {
    "programme": "产品", "stage": "流通", "place": "建材专业市场 B 区 12 号",
    "quantity": "4", "reserve_quantity": "2", "base_quantity": "100", "unit": "张",
    "reserve_place": "检验机构", "origin": "外购", "sampled_on": "2021-02-01", "officers": ["Z001"], "remark": "样例",
    "sampled_party": _FIRM | {"name": "兰州市城关区样例建材经营部", "address": "兰州市城关区样例路 1 号"},
    "producer": _FIRM | {"name": "酒泉样例板业有限公司", "address": "酒泉市肃州区样例路 2 号", "division_code": "620902"}, "consignor": None,
    "product": {"name": "刨花板", "brand": "样例", "spec": "1220×2440×18mm", "production_date": "2021-01-04", "lot_no": "20210104", "grade": "E1",
                "standard": "GB/T 4897-2015", "catalogue_code": "HD-01", "control_type": "无", "certificate_no": "/", "unit_price_fen": 9800},
    "samplers": [{"name": "抽样员甲", "certificate_no": "S001"}, {"name": "抽样员乙", "certificate_no": "S002"}],
}  # fmt: skip
_FOOD = {"food": {"food_class": ["粮食加工品", "小麦粉"], "task_category": "监督抽检"}, "programme": "食品"}
_REPORT = {"report_no": "GSZJ-2021-000123", "verdict": "不合格", "conclusion": "不符合要求", "issued_on": ON}
_ITEMS = [
    {"item": "甲醛释放量", "result": "0.21", "unit": "mg/m³", "limit": "≤0.124 mg/m³", "method": "GB/T 17657-2013 4.60", "judgement": "不合格项"}
]


def specimen_of(kind: DocumentKind, owner: str, programme: str = "产品") -> dict[str, Any]:
    """Facts of a document of this kind, with every answer given."""
    form = _FORM | (_FOOD if programme == "食品" else {})
    columns = {
        "programme": programme, "sample_no": "SCP21620102A00100001", "product_name": "刨花板", "product_code": "HD-01", "state": "NON_CONFORMING",
        "sampled_on": ON, "sealed_on": ON, "seal_no": "F000001", "reserve_seal_no": "F000002", "received_on": ON, "laboratory_code": "L01",
        "ended_on": ON, "ended_reason": "无正当理由拒绝", "ended_note": "",
    }  # fmt: skip
    subject = Subject(owner, "62", columns, form, report_facts(_REPORT, _ITEMS))
    heading = Heading(kind, number_of(kind, ON.year, owner.ljust(6, "0"), 1), CODE_ALPHABET[:CODE_LENGTH], ON)
    answers = {each.name: ON.isoformat() if each.shape is Shape.DAY else f"样例{each.label}" for each in kind.asks}
    return facts_of(heading, subject, answers)

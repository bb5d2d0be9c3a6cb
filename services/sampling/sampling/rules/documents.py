"""Kinds of documents (文书种类, domain.md 2.3.3 and 2.7.1): what each is called, what must be said for it, and when it can be issued.

A kind is one row here and one template `sampling/templates/<template>.typ`. Facts come from the batch by themselves (`document_facts`); what only the
person knows who issues it is asked by `asks`. Kinds of objection and re-inspection are rows of the same table.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from sampling.rules.problem import Problem

MAX_TEXT, MAX_LINE = 2000, 300
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
CODE_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # no 0/O, 1/I: people type it from paper
CODE_LENGTH = 16


class Shape(StrEnum):
    """What an answer looks like."""

    LINE = "line"
    TEXT = "text"
    DAY = "date"


@dataclass(frozen=True, slots=True)
class Asked:
    """Something that the batch does not tell."""

    name: str
    label: str
    need: bool = False
    shape: Shape = Shape.LINE


class Need(StrEnum):
    """What must have happened before."""

    SEAL = "封样"
    REPORT = "检验报告"
    REFUSAL = "拒抽"
    ABSENCE = "未抽到样品"
    PRODUCER = "标称生产者"


@dataclass(frozen=True, slots=True)
class DocumentKind:
    """One kind of document; `short` goes into its number."""

    code: str
    title: str
    short: str
    asks: tuple[Asked, ...] = ()
    needs: Need | None = None
    template: str = ""
    food_title: str = ""

    @property
    def file(self) -> str:
        return f"{self.template or self.code}.typ"

    def title_of(self, programme: str) -> str:
        return self.food_title if self.food_title and programme == "食品" else self.title


_PHONE = Asked("bureau_phone", "本局联系电话")
_ADDRESS = Asked("bureau_address", "本局地址")
_SAMPLING = (
    DocumentKind(
        "sampling_notice", "产品质量监督抽查通知书", "抽知",
        (Asked("plan_name", "抽查计划名称"), Asked("items", "检验项目", shape=Shape.TEXT), _PHONE),
        food_title="食品安全抽样检验告知书",
    ),
    DocumentKind(
        "authorisation", "抽样检验授权委托书", "抽委",
        (Asked("body", "受委托抽样机构", True), Asked("valid_from", "委托期限自", True, Shape.DAY), Asked("valid_to", "委托期限至", True, Shape.DAY),
         Asked("scope", "委托事项", shape=Shape.TEXT)),
    ),
    DocumentKind("sampling_form", "产品质量监督抽查抽样单", "抽样", food_title="食品安全抽样检验抽样单"),
    DocumentKind("seal", "封条", "封条", needs=Need.SEAL),
    DocumentKind(
        "purchase_cost", "样品购置费用告知书", "购样",
        (Asked("amount", "样品购置费用(元)", True), Asked("payee", "收款单位"), Asked("way", "支付方式"),
         Asked("pay_by", "支付期限", shape=Shape.DAY), _PHONE),
    ),
    DocumentKind("conduct_feedback", "抽样工作质量及工作纪律反馈单", "反馈", (_PHONE, _ADDRESS)),
    DocumentKind(
        "refusal", "拒绝抽样认定书", "拒抽", (Asked("facts", "拒绝抽样的事实经过", True, Shape.TEXT), Asked("witness", "见证人")), Need.REFUSAL,
    ),
    DocumentKind("not_sampled", "未抽到样品记录", "未抽", (Asked("facts", "现场情况", shape=Shape.TEXT), Asked("witness", "见证人")), Need.ABSENCE),
    DocumentKind(
        "handover", "样品移交确认单", "移交",
        (Asked("handed_by", "移交人", True), Asked("handed_on", "移交日期", True, Shape.DAY), Asked("received_by", "接收人"),
         Asked("condition", "样品及封条状态"), Asked("temperature", "运输温度(℃)")),
        Need.SEAL,
    ),
    DocumentKind(
        "registration", "样品信息登记表", "登记",
        (Asked("kept_at", "存放地点"), Asked("registered_by", "登记人"), Asked("registered_on", "登记日期", shape=Shape.DAY)), Need.SEAL,
    ),
    DocumentKind(
        "result_notice", "产品质量监督抽查结果通知书", "结通",
        (Asked("addressee", "受送达人", True), Asked("role", "受送达人身份"), Asked("objection_until", "异议、复检申请截止日期", shape=Shape.DAY),
         Asked("method", "送达方式"), Asked("served_on", "送达日期", shape=Shape.DAY), Asked("signed_by", "签收人"), _PHONE, _ADDRESS),
        Need.REPORT, food_title="食品安全抽样检验结果通知书",
    ),
    DocumentKind(
        "authenticity_notice", "样品确认通知书", "确认", (Asked("reply_by", "回复截止日期", shape=Shape.DAY), _PHONE, _ADDRESS), Need.PRODUCER,
    ),
)  # fmt: skip
_BASIC = (Asked("addressee", "受送达人", True), Asked("reason", "理由与依据", shape=Shape.TEXT), _PHONE, _ADDRESS)
_RECEIVED = Asked("received_on", "收到申请日期", True, Shape.DAY)
_CONCLUSION, _LABORATORY = Asked("conclusion", "结论", True, Shape.TEXT), Asked("laboratory", "复检机构")


def _decision(code: str, title: str, short: str, *asks: Asked) -> DocumentKind:
    """A decision on an objection or a request for re-inspection (O18 arts. 35-42, O15 arts. 30-36)."""
    return DocumentKind(code, title, short, (*_BASIC, *asks), Need.REPORT, "decision")


_OBJECTION = (
    _decision("objection_accepted", "异议受理通知书", "异受", _RECEIVED),
    _decision("objection_refused", "异议不予受理通知书", "异拒", _RECEIVED),
    _decision("objection_conclusion", "异议审核结论通知书", "异结", _CONCLUSION),
    _decision("reinspection_accepted", "复检受理通知书", "复受", Asked("items", "复检项目", True), _LABORATORY),
    _decision("reinspection_refused", "复检不予受理通知书", "复拒", _RECEIVED),
    _decision("reinspection_conclusion", "复检结论通知书", "复结", _LABORATORY, _CONCLUSION, Asked("fee", "复检费用承担")),
)
KINDS: Mapping[str, DocumentKind] = {kind.code: kind for kind in (*_SAMPLING, *_OBJECTION)}


def check_fields(kind: DocumentKind, given: Mapping[str, Any]) -> list[Problem]:
    """Every answer is asked for, every question that must be answered is, and each has its shape."""
    asked = {each.name: each for each in kind.asks}
    problems = []
    for name, value in given.items():
        if name not in asked:
            problems.append(_fault("document_field_unknown", name, "该文书没有这一项", "this document asks for no such thing"))
        elif not isinstance(value, str) or not _fits(asked[name].shape, value):
            zh = f"「{asked[name].label}」格式不正确"
            problems.append(_fault("document_field_format", name, zh, f"not a {asked[name].shape}"))
    missing = [each for each in kind.asks if each.need and not str(given.get(each.name) or "").strip()]
    return problems + [_fault("document_field_missing", each.name, f"缺少「{each.label}」", "this must be filled in") for each in missing]


def _fault(code: str, name: str, zh: str, en: str) -> Problem:
    return Problem(code, f"/fields/{name[:40]}", zh, en)


def _fits(shape: Shape, value: str) -> bool:
    if any(not c.isprintable() and not (c == "\n" and shape is Shape.TEXT) for c in value):
        return False
    if shape is Shape.DAY:
        return value == "" or (bool(_DAY.fullmatch(value)) and _is_day(value))
    return len(value) <= (MAX_TEXT if shape is Shape.TEXT else MAX_LINE)


def _is_day(value: str) -> bool:
    try:
        return date.fromisoformat(value).year >= 1990
    except ValueError:
        return False


def check_ready(kind: DocumentKind, have: frozenset[Need]) -> list[Problem]:
    """`document_not_ready` until that has happened which the document tells of."""
    if kind.needs is None or kind.needs in have:
        return []
    return [Problem("document_not_ready", "/kind", f"尚无{kind.needs.value},不能出具《{kind.title}》", f"not before: {kind.needs.name.lower()}")]


def check_issued_on(issued_on: date, sampled_on: date, kind: DocumentKind, today: date) -> list[Problem]:
    """Not ahead of us, and a document about a sample not before it was taken; a notice or an authorisation may be older than the sample."""
    if issued_on > today:
        return [Problem("date_future", "/issued_on", "签发日期晚于今日", "issued in the future")]
    if kind.needs in (Need.SEAL, Need.REPORT) and issued_on < sampled_on:
        return [Problem("date_order", "/issued_on", "签发日期早于抽样日期", "issued before the sample was taken")]
    return []


def number_of(kind: DocumentKind, year: int, division: str, serial: int) -> str:
    """文书编号: without gaps per bureau, kind and year, e.g. 抽知〔2021〕620102-00001号."""
    return f"{kind.short}〔{year}〕{division}-{serial:05d}号"


def read_code(text: str) -> str | None:
    """A verification code as it was typed: dashes, blanks and case do not matter."""
    plain = re.sub(r"[\s\-]", "", text).upper()
    return plain if len(plain) == CODE_LENGTH and set(plain) <= set(CODE_ALPHABET) else None


def shown_code(code: str) -> str:
    """In groups of four."""
    return "-".join(code[i : i + 4] for i in range(0, CODE_LENGTH, 4))

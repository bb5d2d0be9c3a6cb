"""What is printed on a document (文书内容): the batch, its form, its report and the answers of the person who issues it, all as plain text.

Texts go to the template as data and never as source. Personal numbers come masked out of the stored form and are masked again here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sampling.rules.codes import LISTS
from sampling.rules.divisions import COUNTIES, PREFECTURES
from sampling.rules.documents import DocumentKind, Need, Shape, shown_code
from sampling.rules.field import Field, Kind, Source, value_at
from sampling.rules.fields import list_fields
from sampling.rules.personal import masked_form
from sampling.rules.samples import SampleState

LAWS = {
    "产品": ("《中华人民共和国产品质量法》《产品质量监督抽查管理暂行办法》", "异议或者复检申请", "自收到本通知书之日起十五日内"),
    "食品": ("《中华人民共和国食品安全法》《食品安全抽样检验管理办法》", "异议或者复检申请", "自收到本通知书之日起七个工作日内"),
}
_LONG = re.compile(r"[!-~]{18,}")
_OFFICE = "市场监督管理局"


@dataclass(frozen=True, slots=True)
class Subject:
    """The batch as its row tells it."""

    owner: str
    source: str
    columns: Mapping[str, Any]
    form: Mapping[str, Any]
    report: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Heading:
    """What makes one document itself."""

    kind: DocumentKind
    number: str
    code: str
    issued_on: date


def bureau_name(code: str) -> str:
    """The bureau's name, e.g. 兰州市城关区市场监督管理局."""
    if len(code) == 2:
        return f"甘肃省{_OFFICE}"
    # a zone that joined at run time stands by its code: a paper must never name the superior as the bureau that issued it
    place = PREFECTURES.get(code[:4], "") + (COUNTIES.get(code, code) if len(code) == 6 else "")
    return f"{place or code}{_OFFICE}"


def facts_of(heading: Heading, subject: Subject, fields: Mapping[str, str]) -> dict[str, Any]:
    """Everything that a template may print."""
    programme, form = str(subject.columns["programme"]), masked_form(subject.form)
    body = printed(form.get("sampling_body")) if form.get("sampling_body") else bureau_name(subject.owner)
    source = bureau_name(subject.source)
    basis, right, term = LAWS.get(programme, LAWS["产品"])
    return {
        "kind": heading.kind.code, "title": heading.kind.title_of(programme), "number": heading.number, "code": shown_code(heading.code),
        "issued_on": day(heading.issued_on), "bureau": bureau_name(subject.owner), "source_bureau": source,
        "programme": programme, "basis": basis, "right": right, "term": term,
        "sample": _sample(subject.columns), "product": _texts(form.get("product")), "food": _texts(form.get("food")),
        "amount": _amounts(form), "place": printed(form.get("place")), "stage": printed(form.get("stage")),
        "sampled": _firm(form.get("sampled_party")), "producer": _firm(form.get("producer")), "consignor": _firm(form.get("consignor")),
        "samplers": [_texts(person) for person in form.get("samplers") or ()], "officers": [printed(o) for o in form.get("officers") or ()],
        "sampling_body": body,
        "remark": printed(form.get("remark")), "groups": _groups(form, {**subject.columns, "task_source": source, "sampling_body": body}),
        "report": dict(subject.report) if subject.report else None,
        "fields": {each.name: _answer(each.shape, fields.get(each.name)) for each in heading.kind.asks},
    }  # fmt: skip


def _answer(shape: Shape, value: str | None) -> str:
    if not value or not value.strip():
        return ""
    return day(date.fromisoformat(value)) if shape is Shape.DAY else breakable(value.strip())


def day(value: Any) -> str:
    """2021年2月1日."""
    found = date.fromisoformat(value[:10]) if isinstance(value, str) and re.match(r"\d{4}-\d{2}-\d{2}", value) else value
    return f"{found.year}年{found.month}月{found.day}日" if isinstance(found, date) else "/"


def printed(value: Any) -> str:
    """A value as it stands on paper; `/` for none."""
    if value is None or value == "" or value == [] or value == {}:
        return "/"
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, date):
        return day(value)
    if isinstance(value, list | tuple):
        return "、".join(printed(each) for each in value)
    if isinstance(value, Mapping):
        return " ".join(printed(each) for each in value.values() if each)
    return breakable(str(value))


def breakable(text: str) -> str:
    """Long words of letters get places to break, or they would run out of their cell."""
    return _LONG.sub(lambda match: "\u200b".join(match[0][i : i + 8] for i in range(0, len(match[0]), 8)), text)


def _texts(section: Any) -> dict[str, str]:
    found = section if isinstance(section, Mapping) else {}
    dated = {name: day(value) if name.endswith(("_date", "_on")) and value else printed(value) for name, value in found.items()}
    return dated | ({"unit_price": money(found["unit_price_fen"])} if found.get("unit_price_fen") else {})


def _firm(section: Any) -> dict[str, str] | None:
    if not isinstance(section, Mapping) or not section.get("name"):
        return None
    empty = dict.fromkeys(("uscc", "address", "legal_person", "contact", "phone", "licence_no"), "/")
    return empty | _texts(section)


def money(fen: Any) -> str:
    """Fen as yuan."""
    return f"{Decimal(int(fen)) / 100:,.2f}元"


def _amounts(form: Mapping[str, Any]) -> dict[str, str]:
    unit = str(form.get("unit") or "")
    names = {"base": "base_quantity", "quantity": "quantity", "reserve": "reserve_quantity"}
    found = {name: f"{form[key]}{unit}" if form.get(key) is not None else "/" for name, key in names.items()}
    whole, reserve = form.get("quantity"), form.get("reserve_quantity")
    test = Decimal(str(whole)) - Decimal(str(reserve)) if whole is not None and reserve is not None else None
    return found | {"test": f"{test:f}{unit}" if test is not None else "/"}


def _sample(columns: Mapping[str, Any]) -> dict[str, str]:
    names = ("sample_no", "product_name", "product_code", "seal_no", "reserve_seal_no", "laboratory_code", "ended_reason", "ended_note")
    found = {name: printed(columns.get(name)) for name in names}
    found |= {name: day(columns.get(name)) for name in ("sampled_on", "sealed_on", "received_on", "ended_on")}
    return found | {"state": SampleState[str(columns["state"])].value}


def _groups(form: Mapping[str, Any], columns: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The whole form by its declarative description: groups of labels and values (打印视图)."""
    groups: dict[str, list[list[str]]] = {}
    for field in list_fields(form):
        if field.source is Source.EVIDENCE or field.kind is Kind.ID or (field.section and not form.get(field.section)):
            continue
        raw = value_at(form, field.pointer)
        value = columns.get(field.name) if field.source is Source.PLATFORM or raw is None else raw
        groups.setdefault(field.group, []).append([field.label.replace("(分)", "(元)"), _cell(field, value)])
    return [{"name": name, "rows": rows} for name, rows in groups.items()]


def _cell(field: Field, value: Any) -> str:
    if value is None or value == "":
        return "/"
    if field.kind is Kind.FEN:
        return money(value)
    if field.kind is Kind.DAY:
        return day(value)
    if field.kind is Kind.DIVISION:
        return _division(str(value))
    if field.kind is Kind.PERSONS and isinstance(value, list | tuple):
        return "、".join(f"{p.get('name', '')}({p.get('certificate_no', '')})" for p in value)
    if field.codes in LISTS:
        return next((code.zh for code in LISTS[field.codes].codes if code.code == value), printed(value))
    return printed(value)


def _division(code: str) -> str:
    name = PREFECTURES.get(code[:4], "") + COUNTIES.get(code, "")
    return f"{name}({code})" if name else code


def report_facts(report: Mapping[str, Any], items: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The effective report; failed items first told apart."""
    shown = [
        {
            "item": printed(i["item"]), "result": printed(i["result"]), "unit": printed(i["unit"]) if i["unit"] else "",
            "limit": printed(i["limit"]), "method": printed(i["method"]), "failed": i["judgement"] in ("不合格项", "问题项"),
        }
        for i in items
    ]  # fmt: skip
    head = {"report_no": printed(report["report_no"]), "verdict": report["verdict"], "conclusion": printed(report["conclusion"])}
    return head | {
        "issued_on": day(report["issued_on"]),
        "items": [i for i in shown if i["failed"]] or shown,
        "has_failed": any(i["failed"] for i in shown),
    }


def have_needs(subject: Subject) -> frozenset[Need]:
    """What has happened to the batch so far."""
    state = subject.columns["state"]
    found = {
        Need.SEAL: subject.columns.get("seal_no"), Need.REPORT: subject.report, Need.REFUSAL: state == "REFUSED",
        Need.ABSENCE: state == "NOT_SAMPLED", Need.PRODUCER: _firm(subject.form.get("producer")),
    }  # fmt: skip
    return frozenset(need for need, there in found.items() if there)

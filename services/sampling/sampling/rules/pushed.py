"""What a laboratory sends (检验报告上传): the strict shape of one report, its canonical hash, and each fault with its pointer."""

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal

import msgspec

from sampling.rules.problem import Problem, shown

MAX_REPORTS = 1000
MAX_ITEMS = 300
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=300)]
Name = Annotated[str, msgspec.Meta(max_length=60)]
Unit = Annotated[str, msgspec.Meta(max_length=40)]


# Unknown fields are refused everywhere; what is null or an empty default is left out of the canonical form.
class PushedFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """The report's file (报告文件): its hash and its name, kept as facts."""

    sha256: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=r"^[^/\\]+$")]


class PushedItem(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """One item (检验项目), every number a string."""

    item: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    result: Annotated[str, msgspec.Meta(max_length=1000)]
    judgement: Name
    method: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    limit_source: Text | None = None
    unit: Unit | None = None
    min: Name | None = None
    max: Annotated[str, msgspec.Meta(max_length=120)] | None = None
    limit_unit: Unit | None = None
    lod: Name | None = None
    lod_unit: Unit | None = None


class PushedReport(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """One report (检验报告)."""

    sample_no: Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
    report_no: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    replaces: Annotated[str, msgspec.Meta(min_length=1, max_length=200)] | None = None
    report_class: Name
    cma_no: Name
    received_on: date
    tested_from: date
    tested_to: date
    issued_on: date
    tested_by: Annotated[tuple[Name, ...], msgspec.Meta(max_length=20)]
    reviewed_by: Name
    approved_by: Name
    conclusion: Annotated[str, msgspec.Meta(max_length=4000)] = ""
    verdict: Name
    seal_state: Name = ""
    sample_state: Name = ""
    items: Annotated[tuple[PushedItem, ...], msgspec.Meta(min_length=1, max_length=MAX_ITEMS)]
    file: PushedFile | None = None


class Envelope(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """The call around the reports; each report is read on its own."""

    mode: Literal["partial", "atomic"] = "partial"
    dry_run: bool = False
    reports: Annotated[list[Any], msgspec.Meta(min_length=1, max_length=MAX_REPORTS)]


def read_envelope(body: Any) -> Envelope | Problem:
    """The call's own fields."""
    try:
        return msgspec.convert(body, Envelope)
    except msgspec.ValidationError as error:
        return fault(str(error))


def read_report(raw: Any) -> PushedReport | Problem:
    """One report, or the first fault of its shape; pointers inside the report."""
    try:
        found = msgspec.convert(raw, PushedReport)
    except msgspec.ValidationError as error:
        return fault(str(error))
    return _text_fault(found) or found


_CANONICAL = msgspec.json.Encoder(order="sorted")


def content_sha256(report: PushedReport) -> str:
    """SHA-256 of the report's canonical JSON: RFC 8785 (keys sorted, no blanks, UTF-8), null and empty defaults left out."""
    return hashlib.sha256(_CANONICAL.encode(report)).hexdigest()


_PATH = re.compile(r" - at `\$(.*)`$")
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]")
_FIELD = re.compile(r"^Object (missing required|contains unknown) field `([^`]*)`")
_FAULTS: tuple[tuple[str, str, str, str], ...] = (
    ("Expected `str` of length >=", "text_empty", "不能为空", "must not be empty"),
    ("Expected `str` of length <=", "text_length", "文字过长", "text too long"),
    ("Expected `array` of length", "list_length", "条目数不在允许范围内", "too few or too many entries"),
    ("Expected `str` matching", "format", "格式不正确", "does not have the required format"),
    ("Invalid RFC3339 encoded date", "date_format", "日期须写作 YYYY-MM-DD,且确有此日", "a date is YYYY-MM-DD and must exist"),
    ("Invalid enum value", "value_unknown", "不在允许的取值范围内", "not one of the allowed values"),
)


def fault(message: str) -> Problem:
    """msgspec's words as a problem of ours."""
    path = _PATH.search(message)
    pointer = "".join(f"/{name or index}" for name, index in _STEP.findall(path[1])) if path else ""
    field = _FIELD.match(message)
    if field is not None:
        at = f"{pointer}/{field[2].replace('~', '~0').replace('/', '~1')}"
        if field[1] == "missing required":
            return Problem("field_missing", at, "缺少必填项", "required field is missing")
        return Problem("field_unknown", at, "不认识的字段", "unknown field")
    for start, code, zh, en in _FAULTS:
        if message.startswith(start):
            return Problem(code, pointer, zh, en)
    return Problem("field_type", pointer, "类型不正确", f"wrong type: {message.partition(' - at ')[0]}")


_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")


def _text_fault(report: PushedReport) -> Problem | None:
    """Control and direction characters in what people will read; the items' other texts have grammars of their own."""
    texts: Mapping[str, str] = {
        "/sample_no": report.sample_no, "/conclusion": report.conclusion, "/seal_state": report.seal_state,
        "/sample_state": report.sample_state, "/reviewed_by": report.reviewed_by, "/approved_by": report.approved_by,
        "/file/name": report.file.name if report.file else "",
    }  # fmt: skip
    for pointer, text in texts.items():
        if not text.isprintable() and not _is_plain(text, "\n\t" if pointer == "/conclusion" else ""):
            return _control(pointer)
    for index, name in enumerate(report.tested_by):
        if not name.isprintable() and not _is_plain(name, ""):
            return _control(f"/tested_by/{index}")
    for index, item in enumerate(report.items):
        source = item.limit_source
        if source is not None and not source.isprintable() and not _is_plain(source, ""):
            return _control(f"/items/{index}/limit_source")
    return None


def _is_plain(text: str, allowed: str) -> bool:
    return not any(c in _BIDI or (unicodedata.category(c) in {"Cc", "Cs", "Co"} and c not in allowed) for c in text)


def _control(pointer: str) -> Problem:
    return Problem("text_control", pointer, "含有控制字符或方向字符", "control or direction characters")


def report_no_of(raw: Any) -> str | None:
    """The number to answer with when the report could not be read."""
    number = raw.get("report_no") if isinstance(raw, dict) else None
    return shown(number) if isinstance(number, str) else None

"""The import sheet of forms (抽样单导入表): one column per field of the body, read back into the body's shape."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from common.errors import Invalid
from sampling.rules.codes import LISTS
from sampling.rules.field import SLASH, Field, Kind, Need, Source
from sampling.rules.fields import FORMS
from sampling.rules.printing import label_of

MAX_ROWS, MAX_COLUMNS = 500, 200
PARTS = {"food": ("food", "online"), "product": ("product", "oil", "online")}
_PROGRAMMES = {"food": "食品", "product": "产品"}
_YUAN = re.compile(r"[0-9]{1,10}(?:\.[0-9]{1,2})?")
_FORMULA = tuple("=+-@")
_NOTES = {
    Kind.DAY: "日期,YYYY-MM-DD", Kind.MOMENT: "时间,YYYY-MM-DDThh:mm:ss+08:00", Kind.DECIMAL: "数值", Kind.FEN: "金额,元", Kind.BOOL: "是/否",
    Kind.CLASSES: "大类>亚类>次亚类>细类", Kind.DIVISION: "6 位行政区划代码", Kind.PERSONS: "姓名 证号;姓名 证号", Kind.TEXTS: "以分号分隔",
    Kind.USCC: "18 位代码", Kind.ID: "任务标识(UUID)",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class SheetColumn:
    """A column: its heading, the note under it, and the values to choose from."""

    field: Field
    heading: str
    note: str
    choices: tuple[str, ...]


def columns_of(kind: str) -> list[SheetColumn]:
    """The columns of a form's sheet, in the order of the form; the programme is said by the sheet itself."""
    fields = [field for part in PARTS[kind] for field in FORMS[part].fields if field.source is Source.FORM and field.pointer != "/programme"]
    return [SheetColumn(field, label_of(field), _note(field), _choices(field)) for field in fields]


def _note(field: Field) -> str:
    need = {Need.REQUIRED: "必填", Need.OPTIONAL: "选填", Need.CONDITIONAL: f"条件必填:{field.rule.zh if field.rule else ''}"}[field.need]
    length = f"{field.size} 字以内" if field.kind in (Kind.TEXT, Kind.PARAGRAPH) else ""
    parts = [need, _NOTES.get(field.kind, length), "可填 /" if field.slash else ""]
    return ";".join(part for part in parts if part)


def _choices(field: Field) -> tuple[str, ...]:
    if field.kind is Kind.BOOL:
        return ("是", "否")
    if field.kind is not Kind.ENUM:
        return ()
    names = tuple(dict.fromkeys(code.zh for code in LISTS[field.codes].codes))
    return (*names, SLASH) if field.slash else names


def read_heading(kind: str, cells: Sequence[str]) -> list[SheetColumn | None]:
    """The column of each cell of the first row; columns may be left out or moved, not invented."""
    known = {column.heading: column for column in columns_of(kind)}
    names = [cell.strip() for cell in cells]
    while names and not names[-1]:
        names.pop()
    unknown = next((name for name in names if name not in known), None)
    if unknown is not None:
        raise Invalid("column_unknown", f"不认识的列:{unknown[:40]}", f"unknown column: {unknown[:40]}")
    if len(set(names)) != len(names):
        raise Invalid("column_repeated", "列名重复", "a column stands twice")
    return [known[name] for name in names]


def read_row(kind: str, columns: Sequence[SheetColumn | None], cells: Sequence[str]) -> dict[str, Any]:
    """One row as the body of POST /v1/samples; a cell that cannot be read stays as it is, so that its fault is told in its place."""
    body: dict[str, Any] = {"programme": _PROGRAMMES[kind], "sampled_party": {}, "product": {}} | ({"food": {}} if kind == "food" else {})
    for column, cell in zip(columns, cells, strict=False):
        text = cell.strip()
        if column is None or not text:
            continue
        part = body.setdefault(column.field.section, {}) if column.field.section else body
        part[column.field.name] = _value(column.field, text)
    return body


def _value(field: Field, text: str) -> Any:
    if field.kind is Kind.BOOL:
        return {"是": True, "否": False}.get(text, text)
    if field.kind is Kind.FEN:
        return _fen(text)
    if field.kind is Kind.ENUM:
        return next((code.code for code in LISTS[field.codes].codes if text in (code.code, code.zh)), text)
    if field.kind is Kind.CLASSES:
        return [part.strip() for part in text.split(">")]
    if field.kind is Kind.TEXTS:
        return _parts(text)
    if field.kind is Kind.PERSONS:
        return [dict(zip(("name", "certificate_no"), part.split(maxsplit=1), strict=False)) for part in _parts(text)]
    return text


def _fen(text: str) -> Any:
    if not _YUAN.fullmatch(text):
        return text
    yuan, _, rest = text.partition(".")
    return int(yuan) * 100 + int(f"{rest:0<2}" if rest else 0)


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.replace("；", ";").split(";") if part.strip()]


def is_formula(text: str) -> bool:
    """Whether a cell would run in the next sheet that it is copied to; numbers with a sign are none."""
    return text.startswith(_FORMULA) and not re.fullmatch(r"[+-]?[0-9.]+", text)


def heading_at(columns: Sequence[SheetColumn | None], pointer: str) -> str | None:
    """The heading of the column that a pointer of the body lies in."""
    found = [column for column in columns if column is not None and (pointer + "/").startswith(column.field.pointer + "/")]
    return max(found, key=lambda column: len(column.field.pointer)).heading if found else None

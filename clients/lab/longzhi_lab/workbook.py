"""A laboratory's sheet as reports: one row an item, what the report itself says in its first row. Judging is the platform's, not ours."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook

from longzhi_lab.columns import COLUMNS, HEAD_COLUMNS, ITEM_COLUMNS, KEPT_COLUMNS, PROBLEM_COLUMN, REPORT_NO, SAMPLE_NO, SHEET
from longzhi_lab.errors import SourceError

MAX_ROWS, MAX_COLUMNS, MAX_FILE = 400_000, 100, 64 * 1024 * 1024
_NAMES = re.compile(r"[、;；]")
_NOTHING = frozenset({"", "/"})
_MAY_BE_SLASH = ("替代报告编号", "报告文件名", "报告文件SHA-256")


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its number as Excel shows it, and its cells as text by header."""

    number: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A name, where each header stands (columns from 0), the rows below, and how many results were typed as numbers."""

    name: str
    columns: Mapping[str, int]
    rows: Sequence[Row]
    numeric: int = 0


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a report stands: its rows in the sheet; `head` is the row that has each cell of the report's own."""

    sheet: Sheet
    rows: tuple[Row, ...]
    head: Mapping[str, Row]


def read_workbook(path: Path) -> tuple[list[tuple[Any, Origin]], list[tuple[str, str]]]:
    """Reports with their origin, in the order in which they begin, and notes for the laboratory in Chinese and English."""
    if path.stat().st_size > MAX_FILE:
        raise SourceError(f"文件超过 64 MB:{path}", f"more than 64 MB: {path}")
    try:
        book = CalamineWorkbook.from_path(str(path))
        name = SHEET if SHEET in book.sheet_names else book.sheet_names[0]
        sheet = _sheet(_cells(book, name), name)
    except (CalamineError, OSError, IndexError) as error:
        raise SourceError(f"工作簿无法读取:{path}({error})", f"cannot read the workbook {path}: {error}") from error
    found: dict[tuple[str, str], list[Row]] = {}
    for row in sheet.rows:
        found.setdefault((row.cells.get(SAMPLE_NO, ""), row.cells.get(REPORT_NO, "")), []).append(row)
    return [_report(sheet, key, tuple(rows)) for key, rows in found.items()], _notes(sheet)


def _cells(book: CalamineWorkbook, name: str) -> list[list[Any]]:
    """All cells from A1 on, so that rows and columns are numbered as Excel shows them."""
    sheet = book.get_sheet_by_name(name)
    if sheet.total_height > MAX_ROWS or sheet.total_width > MAX_COLUMNS:
        zh = f"工作表「{name}」超过 {MAX_ROWS} 行或 {MAX_COLUMNS} 列"
        raise SourceError(zh, f"sheet {name} has more than {MAX_ROWS} rows or {MAX_COLUMNS} columns")
    return list(sheet.to_python(skip_empty_area=False))


def _sheet(cells: list[list[Any]], name: str) -> Sheet:
    """Rows below the first row that has every needed header."""
    top, found = _heading(cells, name)
    rows, numeric, result = [], 0, found["检验结果"]
    for number, row in enumerate(cells[top + 1 :], start=top + 2):
        texts = {header: text for header, place in found.items() if (text := text_of(row[place] if place < len(row) else ""))}
        if set(texts) - {PROBLEM_COLUMN}:
            rows.append(Row(number, texts))
            numeric += result < len(row) and isinstance(row[result], int | float)
    return Sheet(name, found, rows, numeric)


def _heading(cells: list[list[Any]], name: str) -> tuple[int, dict[str, int]]:
    """The header row and where each known header stands in it; a `*` marks needed columns in the platform's template."""
    needed = [column.header for column in COLUMNS if column.needed]
    known = {column.header for column in COLUMNS} | {PROBLEM_COLUMN}
    best: set[str] = set()
    for top, row in enumerate(cells[:10]):
        names = [str(cell).strip().replace("*", "") for cell in row]
        found = {header: place for place, header in enumerate(names) if header in known}
        if set(needed) <= set(found):
            return top, found
        best = max(best, set(found), key=len)
    missing = "、".join(header for header in needed if header not in best)
    zh = f"工作表「{name}」缺少列:{missing}(可用 longzhi-lab template 取得模板)"
    raise SourceError(zh, f"columns missing in sheet {name}: {missing} (see `longzhi-lab template`)")


def text_of(cell: Any) -> str:
    """A cell as the text that is sent: numbers without exponent, days as YYYY-MM-DD."""
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else format(Decimal(repr(cell)), "f")
    return str(cell).strip()


def _report(sheet: Sheet, key: tuple[str, str], rows: tuple[Row, ...]) -> tuple[Any, Origin]:
    """The JSON of one report; empty cells are left out, and the platform names what is missing."""
    head = {column.header: row for column in HEAD_COLUMNS for row in reversed(rows) if row.cells.get(column.header)}
    found: dict[str, Any] = {name: text for name, text in zip(("sample_no", "report_no"), key, strict=True) if text}
    for column in HEAD_COLUMNS:
        text = head[column.header].cells[column.header] if column.header in head else ""
        if text and not (column.header in _MAY_BE_SLASH and text in _NOTHING):
            found[column.field] = text
    file = {name.removeprefix("file/"): found.pop(name) for name in ("file/name", "file/sha256") if name in found}
    found["tested_by"] = [name.strip() for name in _NAMES.split(found.get("tested_by", "")) if name.strip()]
    found["items"] = [{column.field: row.cells[column.header] for column in ITEM_COLUMNS if column.header in row.cells} for row in rows]
    return found | ({"file": file} if file else {}), Origin(sheet, rows, head)


def _notes(sheet: Sheet) -> list[tuple[str, str]]:
    """What the laboratory should know, in Chinese and English."""
    notes = []
    if sheet.numeric:
        zh = f"有 {sheet.numeric} 个检验结果是数值单元格,末尾的 0 可能已被 Excel 去掉(如 0.20 变成 0.2);请将该列设为文本"
        notes.append((zh, f"{sheet.numeric} results are numeric cells: Excel may have dropped trailing zeros; make that column text"))
    kept = [column.header for column in KEPT_COLUMNS if column.header != "样品名称"]
    unsent = "、".join(header for header in kept if any(header in row.cells for row in sheet.rows))
    if unsent:
        notes.append((f"以下各列只留在本地,不上传:{unsent}", f"these columns stay here and are not sent: {unsent}"))
    return notes

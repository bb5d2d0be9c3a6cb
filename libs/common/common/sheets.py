"""Sheets in and out: what an officer uploads (CSV or XLSX, read in a child process) as rows of text, and long lists written as XLSX or CSV."""

import asyncio
import contextlib
import csv
import io
import json
import sys
import zipfile
from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import IO, Any
from xml.sax.saxutils import escape

from common.errors import Malformed, TooLarge, Unsupported

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv"
MAX_ROWS = 50_000
MAX_COLUMNS = 60
_READER = "common.workbook"  # by name: importing it here would load the parser into every service
_WALL_SECONDS = 30
_FIELD_LIMIT = 10_000
_FORMULA = tuple("=+-@\t\r")


async def read_sheet(body: bytes, media: str, rows: int = MAX_ROWS, columns: int = MAX_COLUMNS) -> list[list[str]]:
    """Rows of an uploaded sheet, the heading first; TooLarge beyond `rows` below the heading, Malformed when it cannot be read."""
    if media == CSV:
        found = await asyncio.to_thread(read_csv, body, rows)
    elif media == XLSX:
        found = await _read_workbook(body, rows, columns)
    else:
        raise Unsupported("media_type", "请提交 CSV 或 XLSX 文件", "send CSV or XLSX")
    if len(found) > rows + 1:
        raise TooLarge("rows_too_many", f"一次最多导入 {rows} 行", f"at most {rows} rows at once")
    return found


def read_csv(body: bytes, rows: int = MAX_ROWS) -> list[list[str]]:
    """CSV in UTF-8 (with or without BOM) or GB 18030, as Excel writes it here."""
    if b"\x00" in body:
        raise Malformed("sheet_unreadable", "文件含有空字符(NUL)", "the file has NUL characters")
    csv.field_size_limit(_FIELD_LIMIT)
    try:
        found = csv.reader(io.StringIO(_decode(body), newline=""), strict=True)
        return [row for row, _ in zip(found, range(rows + 2), strict=False)]
    except (csv.Error, UnicodeDecodeError) as error:
        raise Malformed("sheet_unreadable", "文件不是有效的 CSV(UTF-8 或 GB 18030)", "not valid CSV in UTF-8 or GB 18030") from error


def _decode(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return body.decode("gb18030")


async def _read_workbook(body: bytes, rows: int, columns: int) -> list[list[str]]:
    pipe, limits = asyncio.subprocess.PIPE, (str(rows), str(columns))
    child = await asyncio.create_subprocess_exec(sys.executable, "-m", _READER, *limits, stdin=pipe, stdout=pipe, stderr=asyncio.subprocess.DEVNULL)
    try:
        out, _ = await asyncio.wait_for(child.communicate(body), _WALL_SECONDS)
    except TimeoutError:
        raise _too_large() from None
    finally:
        if child.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                child.kill()
            await child.wait()
    if child.returncode == 4:
        raise Malformed("sheet_unreadable", "文件不是有效的 XLSX 工作簿", "not a readable XLSX workbook")
    if child.returncode != 0:
        raise _too_large()
    found: list[list[str]] = json.loads(out)
    return found


def _too_large() -> TooLarge:
    return TooLarge("workbook_too_large", "工作簿解压后过大(上限 200 MB)或过于复杂", "the workbook unpacks to more than 200 MB or is too complex")


_PARTS = {
    "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels"'
    ' ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml"'
    f' ContentType="{XLSX}.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml"'
    ' ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>',
    "_rels/.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1"'
    ' Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/_rels/workbook.xml.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1"'
    ' Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
}
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
_MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


class XlsxWriter:
    """One sheet of text, row after row, in constant memory; ten times as fast as a library that also knows formats. No cell can be a formula."""

    def __init__(self, out: IO[bytes], title: str) -> None:
        self._zip, self._rows = zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1), 0
        for name, body in _PARTS.items():
            self._zip.writestr(name, _HEAD + body)
        relation = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
        sheets = f'<sheets><sheet name="{escape(title[:31])}" sheetId="1" r:id="rId1"/></sheets>'
        self._zip.writestr("xl/workbook.xml", f"{_HEAD}<workbook {_MAIN} {relation}>{sheets}</workbook>")
        self._sheet = self._zip.open("xl/worksheets/sheet1.xml", "w", force_zip64=True)
        frozen = '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
        views = f'<sheetViews><sheetView workbookViewId="0">{frozen}</sheetView></sheetViews>'
        self._sheet.write(f"{_HEAD}<worksheet {_MAIN}>{views}<sheetData>".encode())

    def __enter__(self) -> "XlsxWriter":
        return self

    def write(self, rows: Iterable[Sequence[str]]) -> None:
        """More rows; call it from a thread when there are many."""
        parts = []
        for cells in rows:
            self._rows += 1
            parts.append(_xml_row(self._rows, cells))
        self._sheet.write("".join(parts).encode())

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._sheet.write(b"</sheetData></worksheet>")
        self._sheet.close()
        self._zip.close()


def _column(place: int) -> str:
    high, low = divmod(place, 26)
    return (_column(high - 1) if high else "") + chr(65 + low)


_COLUMNS = [_column(place) for place in range(256)]


def _xml_row(row: int, cells: Sequence[str]) -> str:
    start, end = 't="inlineStr"><is><t xml:space="preserve">', "</t></is></c>"
    body = [f'<c r="{column}{row}" {start}{escape(cell)}{end}' for column, cell in zip(_COLUMNS, cells, strict=False) if cell]
    return f'<row r="{row}">{"".join(body)}</row>'


class CsvWriter:
    """CSV in UTF-8 with a BOM, as Excel here reads it; a cell that looks like a formula gets an apostrophe before it."""

    def __init__(self, out: IO[bytes], title: str) -> None:
        self._text = io.TextIOWrapper(out, "utf-8-sig", newline="", write_through=True)
        self._csv: Any = csv.writer(self._text)

    def __enter__(self) -> "CsvWriter":
        return self

    def write(self, rows: Iterable[Sequence[str]]) -> None:
        """More rows."""
        self._csv.writerows([[f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in row] for row in rows])

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._text.detach()

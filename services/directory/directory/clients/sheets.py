"""Reads what an officer uploads, CSV or XLSX, into rows of text."""

import asyncio
import contextlib
import csv
import io
import json
import sys

from common.errors import Malformed, TooLarge, Unsupported
from directory.clients import reader
from directory.rules.sheet import MAX_ROWS

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv"
_WALL_SECONDS = 30
_FIELD_LIMIT = 10_000


async def read_sheet(body: bytes, media: str) -> list[list[str]]:
    """Rows of an uploaded sheet, the heading first; TooLarge beyond 50,000 rows, Malformed when it cannot be read."""
    if media == CSV:
        rows = await asyncio.to_thread(read_csv, body)
    elif media == XLSX:
        rows = await _read_workbook(body)
    else:
        raise Unsupported("media_type", "请提交 CSV 或 XLSX 文件", "send CSV or XLSX")
    if len(rows) > MAX_ROWS + 1:
        raise TooLarge("rows_too_many", f"一次最多导入 {MAX_ROWS} 行", f"at most {MAX_ROWS} rows at once")
    return rows


def read_csv(body: bytes) -> list[list[str]]:
    """CSV in UTF-8 (with or without BOM) or GB 18030, as Excel writes it here."""
    if b"\x00" in body:
        raise Malformed("sheet_unreadable", "文件含有空字符(NUL)", "the file has NUL characters")
    csv.field_size_limit(_FIELD_LIMIT)
    try:
        found = csv.reader(io.StringIO(_decode(body), newline=""), strict=True)
        return [row for row, _ in zip(found, range(MAX_ROWS + 2), strict=False)]
    except (csv.Error, UnicodeDecodeError) as error:
        raise Malformed("sheet_unreadable", "文件不是有效的 CSV(UTF-8 或 GB 18030)", "not valid CSV in UTF-8 or GB 18030") from error


def _decode(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return body.decode("gb18030")


async def _read_workbook(body: bytes) -> list[list[str]]:
    pipe = asyncio.subprocess.PIPE
    child = await asyncio.create_subprocess_exec(sys.executable, "-m", reader.__name__, stdin=pipe, stdout=pipe, stderr=asyncio.subprocess.DEVNULL)
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
    rows: list[list[str]] = json.loads(out)
    return rows


def _too_large() -> TooLarge:
    return TooLarge("workbook_too_large", "工作簿解压后过大(上限 200 MB)或过于复杂", "the workbook unpacks to more than 200 MB or is too complex")

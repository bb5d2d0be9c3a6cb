"""Program of the child process: a workbook on standard input, its first sheet as JSON rows on standard output.

`python -m common.workbook ROWS COLUMNS`. Limits: 512 MB of address space, 20 s of processor time, 200 MB unpacked as the zip's own directory says.
Exit 0 = rows, 3 = too large, 4 = unreadable; anything else (killed by a limit) is too large as well.
"""

import datetime
import io
import json
import resource
import sys
import zipfile
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import python_calamine

MAX_UNPACKED = 200 * 1024 * 1024
MAX_MEMORY = 512 * 1024 * 1024
MAX_SECONDS = 20
MIDNIGHT = datetime.time()


def is_too_large(body: bytes) -> bool:
    """Whether the zip's directory already tells of more than may be unpacked."""
    with zipfile.ZipFile(io.BytesIO(body)) as packed:
        return sum(entry.file_size for entry in packed.infolist()) > MAX_UNPACKED


def text_of(cell: Any) -> str:
    """A cell as a person sees it: numbers in plain digits, dates as YYYY-MM-DD, with the time of day only where there is one."""
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else f"{Decimal(repr(cell)):f}"
    if isinstance(cell, datetime.datetime):
        return cell.date().isoformat() if cell.time() == MIDNIGHT else cell.isoformat(timespec="seconds")
    return str(cell)


def rows_of(body: bytes, rows: int, columns: int) -> Iterator[list[str]]:
    """Rows of the first sheet; one more than allowed is enough to know that there are too many."""
    sheet = python_calamine.load_workbook(io.BytesIO(body)).get_sheet_by_index(0)
    if sheet.total_width > columns or sheet.total_height > 2 * rows + 2:
        raise MemoryError("a sheet of this size is none of ours")
    for number, row in enumerate(sheet.iter_rows()):
        if number > rows + 1:
            return
        yield [text_of(cell) for cell in row]


def main(rows: int, columns: int) -> int:
    """Read, limit, answer."""
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_SECONDS, MAX_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    body = sys.stdin.buffer.read()
    try:
        if is_too_large(body):
            return 3
        json.dump(list(rows_of(body, rows, columns)), sys.stdout, ensure_ascii=False, separators=(",", ":"))
    except MemoryError:
        return 3
    except Exception:  # whatever a broken workbook can make a parser say
        return 4
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2])))

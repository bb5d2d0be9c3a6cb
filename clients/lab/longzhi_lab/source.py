"""What is to be pushed: reports from JSON or from a workbook, what is wrong before anything is sent, and where each pointer stands."""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from longzhi_lab.canonical import compact
from longzhi_lab.columns import HEADERS, REPORT_NO, SAMPLE_NO
from longzhi_lab.errors import SourceError
from longzhi_lab.outcome import REJECTED, Problem, Result
from longzhi_lab.workbook import Origin, read_workbook

_POINTER = re.compile(r"^/items/(\d+)(?:/([a-z_]+))?")


@dataclass(frozen=True, slots=True)
class Source:
    """Reports in order; `origins` only for a workbook; `mode` where a JSON file says it; `faults` were found here and are not sent."""

    reports: Sequence[Any]
    origins: Sequence[Origin] = ()
    faults: Sequence[Result] = ()
    notes: Sequence[tuple[str, str]] = ()
    mode: str | None = None
    path: Path | None = None

    @property
    def sound(self) -> list[int]:
        """Places of the reports that are sent."""
        faulty = {fault.place for fault in self.faults}
        return [place for place in range(len(self.reports)) if place not in faulty]

    @property
    def sha256(self) -> str:
        return hashlib.sha256(compact(list(self.reports))).hexdigest()


def number_of(report: Any) -> str | None:
    number = report.get("report_no") if isinstance(report, dict) else None
    return number if isinstance(number, str) else None


def read_source(path: Path) -> Source:
    """The reports of a file (.json, or .xlsx and what else a spreadsheet may be called); SourceError when it is none."""
    if not path.is_file():
        raise SourceError(f"没有这个文件:{path}", f"no such file: {path}")
    found = _from_workbook(path) if path.suffix.lower() in (".xlsx", ".xlsm", ".xls", ".ods") else _from_json(path)
    if not found.reports:
        raise SourceError(f"文件中没有报告:{path}", f"no reports in {path}")
    return found


def _from_json(path: Path) -> Source:
    try:
        body = json.loads(path.read_bytes(), parse_constant=_no_constant)
    except (OSError, ValueError, RecursionError) as error:
        raise SourceError(f"不是有效的 JSON:{path}({error})", f"not valid JSON: {path}: {error}") from error
    reports = body.get("reports") if isinstance(body, dict) else body
    if not isinstance(reports, list):
        raise SourceError("JSON 须为报告数组,或含 reports 数组的对象", "the JSON must be a list of reports or an object with `reports`")
    mode = body.get("mode") if isinstance(body, dict) else None
    return Source(reports, mode=mode if isinstance(mode, str) else None, path=path)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _from_workbook(path: Path) -> Source:
    pairs, notes = read_workbook(path)
    reports, origins = [report for report, _ in pairs], [origin for _, origin in pairs]
    faults = [fault for place, pair in enumerate(pairs) for fault in _faults(place, *pair)]
    return Source(reports, origins, faults, notes, path=path)


def _faults(place: int, report: Any, origin: Origin) -> list[Result]:
    """What only a sheet can have wrong: rows without a number, and rows that say otherwise than the first of their report."""
    problems = [
        Problem("cell_empty", f"/{field}", f"{header}不能为空(must not be empty)", _cell(origin, origin.rows[0].number, header))
        for field, header in (("sample_no", SAMPLE_NO), ("report_no", REPORT_NO))
        if field not in report
    ]
    for header, first in origin.head.items():
        other = next((row for row in origin.rows if row.cells.get(header, first.cells[header]) != first.cells[header]), None)
        if other is not None:
            detail = f"同一报告的「{header}」前后不一致(differs from the first row of this report)"
            problems.append(Problem("head_differs", "", detail, _cell(origin, other.number, header)))
    return [Result(place, number_of(report), REJECTED, problems=tuple(problems))] if problems else []


def locate(source: Source, result: Result) -> Result:
    """The result with sheet and cell of each problem, where the source is a sheet."""
    if not source.origins:
        return result
    origin = source.origins[result.place]
    return result.with_places([problem.place or place_of(origin, problem.pointer) for problem in result.problems])


def place_of(origin: Origin, pointer: str) -> str:
    """A pointer inside the report as `sheet!cell(column)`."""
    item = _POINTER.match(pointer)
    if item is not None and int(item[1]) < len(origin.rows):
        return _cell(origin, origin.rows[int(item[1])].number, HEADERS.get(item[2] or "item", HEADERS["item"]))
    name = pointer.removeprefix("/")
    fallback = "item" if name.startswith("items") else "file/name" if name.startswith("file") else "report_no"
    header = HEADERS.get(name) or HEADERS.get(name.partition("/")[0]) or HEADERS[fallback]
    row = origin.head.get(header, origin.rows[0])
    return _cell(origin, row.number, header)


def _cell(origin: Origin, row: int, header: str) -> str:
    column = origin.sheet.columns.get(header)
    where = f"第{row}行" if column is None else f"{letters(column)}{row}"
    return f"{origin.sheet.name}!{where}({header})"


def letters(column: int) -> str:
    """A column counted from 0 as Excel names it: A, B, …, Z, AA."""
    text = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        text = chr(65 + rest) + text
    return text

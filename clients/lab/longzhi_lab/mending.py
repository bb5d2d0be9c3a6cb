"""What was rejected, as files that can be mended and pushed again; an existing file, perhaps half mended, is never overwritten."""

import csv
import io
import json
import re
from pathlib import Path

from longzhi_lab.outcome import Outcome
from longzhi_lab.sheets import write_rejected
from longzhi_lab.source import Source
from longzhi_lab.state import write_whole

_REJECTED = re.compile(r"\.rejected(?:-\d+)?$")
_HEADERS = ("报告书编号", "位置", "指针", "代码", "说明")


def free_name(path: Path, suffix: str) -> Path:
    """`results.rejected.xlsx`, then `results.rejected-2.xlsx`, …, beside the source."""
    stem = _REJECTED.sub("", path.stem)
    number = 1
    while (found := path.with_name(f"{stem}.rejected{'' if number == 1 else f'-{number}'}{suffix}")).exists():
        number += 1
    return found


def write_mending(source: Source, outcome: Outcome, mode: str) -> list[Path]:
    """The rejected reports in the form in which they came, and a list of their problems (UTF-8 CSV that Excel opens)."""
    rejected = outcome.rejected
    if not rejected or source.path is None:
        return []
    if source.origins:
        path = free_name(source.path, ".xlsx")
        write_rejected(path, rejected, source.origins)
    else:
        path = free_name(source.path, ".json")
        body = {"mode": mode, "reports": [source.reports[result.place] for result in rejected]}
        write_whole(path, json.dumps(body, ensure_ascii=False, indent=1).encode())
    listed = path.with_suffix(".problems.csv")
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(_HEADERS)
    writer.writerows([r.report_no or "", p.place, p.pointer, p.code, p.detail] for r in rejected for p in r.problems)
    write_whole(listed, out.getvalue().encode("utf-8-sig"))
    return [path, listed]

"""What became of an imported sheet."""

from typing import Literal
from uuid import UUID

from pydantic import Field

from common.strict import Schema
from sampling.actions.sheets import Imported
from sampling.rules.decisions import ACCEPTED, REJECTED, UNCHANGED
from sampling.rules.sheets import SHEET
from sampling.schemas.reports import PushResultOut
from sampling.schemas.samples import FaultOut

MOST = 2000


class CellOut(Schema):
    """One wrong cell (单元格问题): 1-based row of the sheet, the heading being row 1, and the column's name."""

    sheet: str
    row: int
    column: str
    report_no: str
    code: str
    detail: str


class ImportedOut(Schema):
    """The answer of an import: as that of a push, and every problem at its cell."""

    dry_run: bool
    accepted: int
    unchanged: int
    rejected: int
    batch_id: UUID | None
    receipt: str | None
    results: list[PushResultOut]
    problems: list[CellOut]
    more_problems: int = Field(description="未列出的问题数")

    @classmethod
    def of(cls, done: Imported, dry_run: bool, english: bool) -> "ImportedOut":
        shown = [
            CellOut(sheet=SHEET, row=f.row, column=f.column, report_no=f.report_no, code=f.code, detail=f.en if english else f.zh)
            for f in done.faults[:MOST]
        ]
        results = [
            PushResultOut(
                report_no=d.report_no, status=_status(d.status), report_id=d.report_id, version=d.version,
                problems=[FaultOut(code=p.code, pointer=p.pointer, detail=p.en if english else p.zh) for p in d.problems],
            )
            for d in done.pushed.decisions
        ]  # fmt: skip
        counts = {status: done.pushed.count(status) for status in (ACCEPTED, UNCHANGED, REJECTED)}
        return cls(
            dry_run=dry_run, **counts, batch_id=done.pushed.batch_id, receipt=done.pushed.receipt, results=results, problems=shown,
            more_problems=max(0, len(done.faults) - MOST),
        )  # fmt: skip


def _status(told: str) -> Literal["accepted", "unchanged", "rejected"]:
    return "accepted" if told == ACCEPTED else "unchanged" if told == UNCHANGED else "rejected"

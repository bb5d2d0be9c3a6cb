"""Published history."""

from datetime import date
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from common.strict import Schema
from sampling.actions.history import SHOWN, Imported


class RefusedRow(Schema):
    """A row that was not kept, and why; rows are counted from 1 after the header."""

    row: int
    code: str
    pointer: str = Field(description="列名")
    detail: str


class ImportOut(Schema):
    """What became of a file (导入结果)."""

    source: str
    rows: int
    imported: int
    unchanged: int
    refused: int
    by_owner: dict[str, int] = Field(description="各归属单位的行数")
    problems: list[RefusedRow] = Field(description=f"前 {SHOWN} 个被拒绝的行")

    @classmethod
    def of(cls, done: Imported, english: bool) -> "ImportOut":
        problems = [
            RefusedRow(row=row, code=p.code, pointer=p.pointer, detail=p.en if english else p.zh) for row, p in done.refused[:SHOWN]
        ]  # fmt: skip
        return cls(
            source=done.source, rows=done.rows, imported=done.imported, unchanged=done.unchanged, refused=len(done.refused),
            by_owner=done.by_owner, problems=problems,
        )  # fmt: skip


class HistoryOut(Schema):
    """One published result, with the row as it was published (`original`)."""

    id: UUID
    region_code: str
    kind: Literal["product", "food"]
    source: str
    product_name: str
    sampled_party: str
    producer: str
    verdict: str
    failed_items: str
    published_on: date | None
    doubt: str
    original: dict[str, Any]

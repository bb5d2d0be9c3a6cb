"""Reports: the set-based statements of the push, and reading."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select, text
from sqlmodel import col

from common.db import Session
from common.errors import not_found
from sampling.models import PushBatch, Report, ReportItem, Sample
from sampling.store import search

# One index probe per number (LATERAL): with `= ANY(…)` the planner underrates the policy's own `laboratory_code = …` branch and reads all
# samples that the laboratory ever had. Numbers come sorted, so that all pushes lock in one order.
_GIVEN = "FROM unnest(CAST(:numbers AS text[])) AS given(number) CROSS JOIN LATERAL"
_MINE = "WHERE laboratory_code = :laboratory AND sample_no = given.number"
_LOCK = text(
    f"SELECT found.* {_GIVEN} (SELECT id, region_code, source_region_code, sample_no, programme, task_id, plan_id, product_code, product_name,"
    f" stage, sampled_on, period, state, laboratory_code, effective_report_id, CAST(form AS text) AS form FROM sample {_MINE} FOR UPDATE) AS found"
)
_KNOWN = text(
    f"SELECT found.* {_GIVEN} (SELECT id, sample_id, report_no, version, content_sha256 FROM report"
    " WHERE laboratory_code = :laboratory AND report_no = given.number ORDER BY version) AS found"
)


async def lock_samples(session: Session, laboratory: str, numbers: Sequence[str]) -> list[Any]:
    """The laboratory's samples with these numbers, locked in one order for all pushes."""
    return list((await session.execute(_LOCK, {"laboratory": laboratory, "numbers": list(numbers)})).all())


async def find_reports(session: Session, laboratory: str, numbers: Sequence[str]) -> list[Any]:
    """All versions that the laboratory has stored under these numbers."""
    return list((await session.execute(_KNOWN, {"laboratory": laboratory, "numbers": list(numbers)})).all())


class NewReport(NamedTuple):
    """One accepted version as it is staged; `place` joins its items, `next_state` is where it takes the sample."""

    place: int
    next_state: str
    id: UUID
    region_code: str
    sample_id: UUID
    laboratory_code: str
    report_no: str
    version: int
    replaces_id: UUID | None
    content_sha256: str
    report_class: str
    cma_no: str
    verdict: str
    serious: bool
    received_on: date
    tested_from: date
    tested_to: date
    issued_on: date
    reported_on: date
    persons: str
    conclusion: str
    lab_verdict: str
    seal_state: str
    sample_state: str
    file_sha256: str | None
    file_name: str | None
    item_count: int
    scheme_id: str
    batch_id: UUID


# One item as it is staged (owner, sample and laboratory come from its report): a plain tuple in the order of _ITEM_KINDS, for ten thousand
# named ones cost five times as much.
NewItem = tuple[int, int, str, str, str | None, str, str, str | None, str | None, str | None, str | None, str | None, str | None, str]
_ITEM_KINDS = {
    "place": int, "position": int, "item": str, "result": str, "unit": str, "judgement": str, "method": str, "limit_source": str, "min": str,
    "max": str, "limit_unit": str, "lod": str, "lod_unit": str, "explanation": str,
}  # fmt: skip


_KINDS: dict[Any, str] = {UUID: "uuid", UUID | None: "uuid", int: "int", bool: "boolean", date: "date"}


def _stage(table: str, row: dict[str, Any]) -> str:
    columns = ", ".join(f"{name} {_KINDS.get(kind, 'text')}" for name, kind in row.items())
    return f"CREATE TEMP TABLE IF NOT EXISTS {table} ({columns}) ON COMMIT DELETE ROWS"


_STAGES = f"{_stage('staged_report', NewReport.__annotations__)}; {_stage('staged_item', _ITEM_KINDS)}"
_REPORT_COLUMNS, _ITEM_COLUMNS = NewReport._fields[2:], list(_ITEM_KINDS)[1:]
_COPIED = ", ".join("CAST(persons AS jsonb)" if name == "persons" else name for name in _REPORT_COLUMNS)
_PART = "place >= CAST(:first AS int)"
# One statement, so that Python can prepare the facts while the database works.
_SETTLE = text(
    f"WITH reports AS (INSERT INTO report ({', '.join(_REPORT_COLUMNS)}, state) SELECT {_COPIED}, 'ACCEPTED' FROM staged_report WHERE {_PART}),"
    f" items AS (INSERT INTO report_item (region_code, report_id, sample_id, laboratory_code, {', '.join(_ITEM_COLUMNS)})"
    f" SELECT r.region_code, r.id, r.sample_id, r.laboratory_code, {', '.join(f'i.{name}' for name in _ITEM_COLUMNS)}"
    f" FROM staged_item i JOIN staged_report r USING (place) WHERE {_PART})"
    " UPDATE sample s SET state = r.next_state, effective_report_id = r.id, revision = s.revision + 1, updated_at = now()"
    f" FROM staged_report r WHERE s.id = r.sample_id AND {_PART}"
)
_REPLACE = text("UPDATE report SET state = 'REPLACED' WHERE id = ANY(CAST(:ids AS uuid[]))")


async def stage_reports(session: Session, reports: Sequence[NewReport], items: Sequence[NewItem]) -> None:
    """Copy accepted versions and their items to temporary tables: COPY into the real ones is refused under row-level security, and
    arrays cost three times the CPU (performance.md section 1; measured again here, see README)."""
    connection: Any = (await (await session.connection()).get_raw_connection()).driver_connection
    await connection.execute(_STAGES)
    await connection.copy_records_to_table("staged_report", records=reports)
    await connection.copy_records_to_table("staged_item", records=items)


async def settle_staged(session: Session, first: int) -> None:
    """Store what is staged from this place on and point the samples to their reports."""
    await session.execute(_SETTLE, {"first": first})


async def replace(session: Session, ids: Iterable[UUID]) -> None:
    """Older versions that no longer count."""
    listed = list(ids)
    if listed:
        await session.execute(_REPLACE, {"ids": listed})


def add_batch(session: Session, batch: PushBatch) -> None:
    session.add(batch)


async def find_report(session: Session, report_id: UUID) -> Report:
    """A report in the caller's reach."""
    found = await session.get(Report, report_id)
    if found is None:
        raise not_found("报告", "report")
    return found


async def list_items(session: Session, report: Report) -> list[ReportItem]:
    """The report's items in order."""
    mine = (col(ReportItem.region_code) == report.region_code, col(ReportItem.report_id) == report.id)
    return list((await session.execute(select(ReportItem).where(*mine).order_by(col(ReportItem.position)))).scalars())


async def list_versions(session: Session, sample_id: UUID) -> list[Report]:
    """All versions of a sample's report, oldest first; NotFound when the sample is not there."""
    seen = (await session.execute(select(col(Sample.id)).where(col(Sample.id) == sample_id))).first()
    if seen is None:
        raise not_found("样品", "sample")
    return list((await session.execute(select(Report).where(col(Report.sample_id) == sample_id).order_by(col(Report.id)))).scalars())


@dataclass(frozen=True, slots=True)
class ReportFilter:
    """What a list of reports is narrowed to; days are days of issue."""

    verdict: str | None = None
    laboratory: str | None = None
    state: str | None = None
    issued_from: date | None = None
    issued_to: date | None = None


async def list_reports(session: Session, wanted: ReportFilter, before: UUID | None, limit: int) -> list[Report]:
    """Newest first."""
    query = select(Report).order_by(col(Report.id).desc()).limit(limit)
    for column, value in {Report.verdict: wanted.verdict, Report.laboratory_code: wanted.laboratory, Report.state: wanted.state}.items():
        if value is not None:
            query = query.where(col(column) == value)
    if before is not None:
        query = query.where(col(Report.id) < before)
    if wanted.issued_from is not None:
        query = query.where(col(Report.issued_on) >= wanted.issued_from)
    if wanted.issued_to is not None:
        query = query.where(col(Report.issued_on) <= wanted.issued_to)
    await search.plan_by_value(session)
    return list((await session.execute(query)).scalars())

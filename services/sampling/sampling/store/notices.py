"""Notices of a sample, and who still has to be told."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import exists, or_, select, text
from sqlmodel import col

from common.db import Session
from sampling.models import Notice, Renotice, Report, Sample


async def list_notices(session: Session, sample_id: UUID, report_id: UUID | None = None) -> list[Notice]:
    """Notices of a sample in the caller's reach, oldest first; of one report version when it is named."""
    query = select(Notice).where(col(Notice.sample_id) == sample_id).order_by(col(Notice.id))
    if report_id is not None:
        query = query.where(col(Notice.report_id) == report_id)
    return list((await session.execute(query)).scalars())


def add(session: Session, row: Notice | Renotice) -> None:
    session.add(row)


async def find_renotice(session: Session, sample_id: UUID, report_id: UUID) -> Renotice | None:
    """Whether a report version takes the place of one that was served already."""
    query = select(Renotice).where(col(Renotice.sample_id) == sample_id, col(Renotice.report_id) == report_id)
    return (await session.execute(query)).scalar_one_or_none()


async def started_on(session: Session, sample_id: UUID, role: str) -> date | None:
    """The day from which the party's time runs by its latest notice."""
    query = select(col(Notice.started_on)).where(col(Notice.sample_id) == sample_id, col(Notice.party_role) == role)
    return (await session.execute(query.order_by(col(Notice.id).desc()).limit(1))).scalar_one_or_none()


# Market organisers and platforms may still wait when every liable party is served; only such forms name them.
_OTHERS = text("(sample.form -> 'market' IS NOT NULL OR sample.form -> 'online' IS NOT NULL OR sample.form -> 'platform' IS NOT NULL)")


async def list_unserved(session: Session, scope: str, after: list[Any] | None, limit: int) -> list[tuple[Sample, Report]]:
    """Batches whose effective report fails and is not served on everybody, in scope, oldest report first."""
    waiting = exists().where(col(Notice.report_id) == Report.id, col(Notice.party_role).in_(("market", "platform")))
    query = (
        select(Sample, Report)
        .join(Report, col(Report.id) == Sample.effective_report_id)
        .where(col(Report.region_code) >= scope, col(Report.region_code) < scope + "~")
        .where(text("report.verdict = '不合格' AND report.state = 'ACCEPTED'"))  # the words of the partial index
        .where(or_(col(Sample.state) == "NON_CONFORMING", _OTHERS & ~waiting))
    )
    if after:
        query = query.where(text("(report.reported_on, report.id) > (:after_day, :after_id)")).params(after_day=after[0], after_id=after[1])
    query = query.order_by(col(Report.reported_on), col(Report.id)).limit(limit)
    return [(row[0], row[1]) for row in await session.execute(query)]


_LAPSED = text(
    "SELECT DISTINCT region_code, sample_id FROM (SELECT region_code, sample_id FROM notice WHERE lapsed_on IS NULL AND objection_until < :on"
    " AND region_code >= :lo AND region_code < :lo || '~' ORDER BY objection_until LIMIT :limit) AS passed ORDER BY region_code, sample_id"
)


async def list_lapsed(session: Session, scope: str, on: date, limit: int) -> list[tuple[str, UUID]]:
    """Owner and batch of notices whose last day has passed and whose lapse nobody has seen, the oldest first, in the order of their owners."""
    rows = await session.execute(_LAPSED, {"lo": scope, "on": on, "limit": limit})
    return [(row.region_code, row.sample_id) for row in rows]


async def served_roles(session: Session, report_ids: Sequence[UUID]) -> dict[UUID, set[str]]:
    """Which roles have been served with each of the reports."""
    found: dict[UUID, set[str]] = {}
    if report_ids:
        query = select(col(Notice.report_id), col(Notice.party_role)).where(col(Notice.report_id).in_(report_ids))
        for report_id, role in await session.execute(query):
            found.setdefault(report_id, set()).add(role)
    return found

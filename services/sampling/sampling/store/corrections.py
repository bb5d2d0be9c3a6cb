"""Requests to correct reports, quality events, and the effective versions that they are about."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlmodel import col

from common.db import Session
from common.errors import not_found
from sampling.models import Correction, QualityEvent

# One probe per sample; few samples of a push are replaced.
_STANDINGS = text(
    "SELECT r.sample_id, r.id AS report_id, r.verdict, r.issued_on, c.id AS correction_id, c.report_id AS corrected_id, c.verdict_after"
    " FROM unnest(CAST(:ids AS uuid[])) AS given(id) JOIN sample s ON s.id = given.id AND s.laboratory_code = :laboratory"
    " JOIN report r ON r.id = s.effective_report_id"
    " LEFT JOIN correction c ON c.sample_id = s.id AND c.state = 'APPROVED'"
)


async def find_standings(session: Session, laboratory: str, sample_ids: Sequence[UUID]) -> list[Any]:
    """The effective report of each sample of the laboratory, with the approved request, if there is one."""
    return list((await session.execute(_STANDINGS, {"laboratory": laboratory, "ids": list(sample_ids)})).all())


async def find_open(session: Session, sample_id: UUID) -> Correction | None:
    """The request of a sample that is neither refused nor done, locked."""
    query = select(Correction).where(col(Correction.sample_id) == sample_id, col(Correction.state).in_(("REQUESTED", "APPROVED")))
    return (await session.execute(query.with_for_update())).scalar_one_or_none()


async def lock_decidable(session: Session, correction_id: UUID, bureau: str) -> Correction:
    """A request of a batch that the bureau executes or organised, locked; a superior that did neither only reads."""
    mine = (col(Correction.region_code) == bureau) | (col(Correction.source_region_code) == bureau)
    query = select(Correction).where(col(Correction.id) == correction_id, mine).with_for_update()
    found = (await session.execute(query)).scalar_one_or_none()
    if found is None:
        raise not_found("更正申请", "correction")
    return found


async def list_of_sample(session: Session, sample_id: UUID) -> list[Correction]:
    """Requests of one sample, oldest first."""
    query = select(Correction).where(col(Correction.sample_id) == sample_id).order_by(col(Correction.id))
    return list((await session.execute(query)).scalars())


async def list_corrections(session: Session, state: str | None, before: UUID | None, limit: int) -> list[Correction]:
    """Requests in reach, newest first."""
    query = select(Correction).order_by(col(Correction.id).desc()).limit(limit)
    if state is not None:
        query = query.where(col(Correction.state) == state)
    if before is not None:
        query = query.where(col(Correction.id) < before)
    return list((await session.execute(query)).scalars())


async def lock_event(session: Session, event_id: UUID, bureau: str) -> QualityEvent:
    """A quality event of a batch that the bureau executes or organised, locked."""
    mine = (col(QualityEvent.region_code) == bureau) | (col(QualityEvent.source_region_code) == bureau)
    query = select(QualityEvent).where(col(QualityEvent.id) == event_id, mine).with_for_update()
    found = (await session.execute(query)).scalar_one_or_none()
    if found is None:
        raise not_found("质量事件", "quality event")
    return found


async def list_events(session: Session, laboratory: str | None, before: UUID | None, limit: int) -> list[QualityEvent]:
    """Quality events in reach, newest first."""
    query = select(QualityEvent).order_by(col(QualityEvent.id).desc()).limit(limit)
    if laboratory is not None:
        query = query.where(col(QualityEvent.laboratory_code) == laboratory)
    if before is not None:
        query = query.where(col(QualityEvent.id) < before)
    return list((await session.execute(query)).scalars())

"""Publicity records."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import func, text, update
from sqlmodel import col, select

from common.db import Session
from common.duties import OFFICE, Horizon
from common.errors import not_found
from common.region import Region
from credit.models import Record
from credit.rules.publicity import State

OPEN = (State.DUE, State.PROPOSED, State.APPROVED, State.REJECTED)
_DUTIES = text(
    "SELECT clock_id AS clock, left(region_code, 4) AS prefecture, count(*) FILTER (WHERE due_on < :today) AS overdue,"
    " count(*) FILTER (WHERE due_on >= :today) AS soon FROM publicity_record"
    " WHERE state IN ('DUE', 'PROPOSED', 'APPROVED', 'REJECTED') AND due_on <= :soon AND clock_id = ANY(CAST(:office AS text[])) GROUP BY 1, 2"
)


async def flush(session: Session) -> None:
    """Send what was added or changed, so that rows that refer to it may follow."""
    await session.flush()


async def get_record(session: Session, record_id: UUID) -> Record:
    found: Record | None = (await session.execute(select(Record).where(col(Record.id) == record_id))).scalar_one_or_none()
    if found is None:
        raise not_found("公示记录", "publicity record")
    return found


async def lock_record(session: Session, owner: Region, record_id: UUID) -> Record:
    """The owner's record, locked."""
    return (await lock_records(session, owner, [record_id]))[0]


async def lock_records(session: Session, owner: Region, ids: Sequence[UUID]) -> list[Record]:
    """The owner's records in the order asked for; NotFound when one of them is not there."""
    query = select(Record).where(col(Record.region_code) == owner.code, col(Record.id).in_(ids)).order_by(col(Record.id)).with_for_update()
    found = {row.id: row for row in (await session.execute(query.execution_options(populate_existing=True))).scalars()}
    if len(found) < len(set(ids)):
        raise not_found("公示记录", "publicity record")
    return [found[each] for each in dict.fromkeys(ids)]


async def lock_batch_records(session: Session, owner: Region, sample_id: UUID) -> list[Record]:
    """All records of one batch, locked."""
    query = select(Record).where(col(Record.region_code) == owner.code, col(Record.sample_id) == sample_id).order_by(col(Record.id))
    return list((await session.execute(query.with_for_update().execution_options(populate_existing=True))).scalars())


async def lock_due(session: Session, owner: Region, by: date, period: str | None, limit: int) -> list[Record]:
    """The owner's records that may be proposed by the day."""
    query = select(Record).where(col(Record.region_code) == owner.code, col(Record.state) == State.DUE, col(Record.eligible_on) <= by)
    if period is not None:
        query = query.where(col(Record.period) == period)
    return list((await session.execute(query.order_by(col(Record.id)).limit(limit).with_for_update())).scalars())


async def lock_proposal(session: Session, owner: Region, proposal_id: UUID) -> list[Record]:
    """What is left of a proposal; NotFound when there is none."""
    query = select(Record).where(col(Record.region_code) == owner.code, col(Record.proposal_id) == proposal_id).order_by(col(Record.id))
    found = list((await session.execute(query.with_for_update())).scalars())
    if not found:
        raise not_found("提请", "proposal")
    return found


async def lock_approved(session: Session, owner: Region, limit: int) -> list[Record]:
    """The owner's approved records, oldest first."""
    query = select(Record).where(col(Record.region_code) == owner.code, col(Record.state) == State.APPROVED)
    return list((await session.execute(query.order_by(col(Record.id)).limit(limit).with_for_update())).scalars())


async def count_in(session: Session, owner: Region, state: State, by: date | None = None, period: str | None = None) -> int:
    """How many records of the owner are in a state (and eligible by a day, in a period)."""
    query = select(func.count()).select_from(Record).where(col(Record.region_code) == owner.code, col(Record.state) == state)
    query = query if by is None else query.where(col(Record.eligible_on) <= by)
    query = query if period is None else query.where(col(Record.period) == period)
    return int((await session.execute(query)).scalar_one())


async def change(session: Session, owner: Region, records: Sequence[Record], **values: Any) -> None:
    """One statement for many records; their revision grows."""
    query = update(Record).where(col(Record.region_code) == owner.code, col(Record.id).in_([r.id for r in records]))
    await session.execute(query.values(revision=col(Record.revision) + 1, **values).execution_options(synchronize_session=False))


async def list_records(session: Session, filters: dict[str, Any], after: list[Any] | None, limit: int) -> Sequence[Record]:
    """Records in reach in the order of their ids; `filters`: state, verdict, period, sample_id, due_before."""
    query = select(Record)
    for name in ("state", "verdict", "period", "sample_id"):
        if filters.get(name) is not None:
            query = query.where(col(getattr(Record, name)) == filters[name])
    if filters.get("due_before") is not None:
        query = query.where(col(Record.due_on) < filters["due_before"])
    if after:
        query = query.where(col(Record.id) > after[0])
    return (await session.execute(query.order_by(col(Record.id)).limit(limit))).scalars().all()


async def list_due(session: Session, as_of: date, after: list[Any] | None, limit: int) -> Sequence[Record]:
    """What may be public on the day and is not, the most urgent first."""
    query = select(Record).where(col(Record.state).in_(OPEN), col(Record.eligible_on) <= as_of)
    if after:
        last_due, last_id = after
        query = query.where((col(Record.due_on) > last_due) | ((col(Record.due_on) == last_due) & (col(Record.id) > last_id)))
    return (await session.execute(query.order_by(col(Record.due_on), col(Record.id)).limit(limit))).scalars().all()


async def list_of_sample(session: Session, sample_id: UUID) -> Sequence[Record]:
    """Records of one batch in reach, oldest first."""
    return (await session.execute(select(Record).where(col(Record.sample_id) == sample_id).order_by(col(Record.id)))).scalars().all()


async def count_duties(session: Session, horizon: Horizon) -> Sequence[Any]:
    """Publicity that is over its last day or soon will be (公示期限预警), by clock and prefecture."""
    values = {"today": horizon.today, "soon": horizon.soon, "office": list(OFFICE)}
    return (await session.execute(_DUTIES, values)).all()

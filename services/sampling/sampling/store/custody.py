"""Custody: events, dispatch, notices of special paths."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select, text

from common.db import Session
from common.errors import not_found
from sampling.models import CustodyEvent, Dispatch, SpecialNotice

_EVENT_SAMPLE: Any = CustodyEvent.sample_id
_EVENT_SUBJECT: Any = CustodyEvent.subject
_EVENT_ID: Any = CustodyEvent.id
_EVENT_ACT: Any = CustodyEvent.act
_DISPATCH_SAMPLE: Any = Dispatch.sample_id
_DISPATCH_OWNER: Any = Dispatch.region_code
_NOTICE_ID: Any = SpecialNotice.id
_NOTICE_KIND: Any = SpecialNotice.kind
_NOTICE_SAMPLE: Any = SpecialNotice.sample_id
_NOTICE_TO: Any = SpecialNotice.to_region_code
_ACKNOWLEDGED: Any = SpecialNotice.acknowledged_at
_ARRIVE = text(
    "UPDATE dispatch d SET arrived_on = t.arrived_on FROM unnest(CAST(:samples AS uuid[]), CAST(:days AS date[])) AS t(sample_id, arrived_on)"
    " WHERE d.sample_id = t.sample_id AND d.arrived_on IS NULL"
)


def add(session: Session, *rows: Any) -> None:
    """Store new rows with the next flush."""
    session.add_all(rows)


async def list_events(session: Session, sample_id: UUID, subject: str | None = None) -> list[CustodyEvent]:
    """What happened to a sample (or its reserve), oldest first."""
    query = select(CustodyEvent).where(sample_id == _EVENT_SAMPLE).order_by(_EVENT_ID)
    if subject is not None:
        query = query.where(subject == _EVENT_SUBJECT)
    return list((await session.execute(query)).scalars())


async def find_event(session: Session, sample_id: UUID, act: str) -> CustodyEvent | None:
    """The latest event of one kind."""
    query = select(CustodyEvent).where(sample_id == _EVENT_SAMPLE, act == _EVENT_ACT).order_by(_EVENT_ID.desc()).limit(1)
    return (await session.execute(query)).scalar_one_or_none()


async def find_dispatch(session: Session, sample_id: UUID) -> Dispatch | None:
    """How the sample travels, where that was recorded."""
    return (await session.execute(select(Dispatch).where(sample_id == _DISPATCH_SAMPLE))).scalar_one_or_none()


async def lock_dispatch(session: Session, sample_id: UUID, owner: str) -> Dispatch:
    """The bureau's own dispatch, locked."""
    query = select(Dispatch).where(sample_id == _DISPATCH_SAMPLE, owner == _DISPATCH_OWNER).with_for_update()
    found = (await session.execute(query)).scalar_one_or_none()
    if found is None:
        raise not_found("送样记录", "dispatch")
    return found


async def arrive(session: Session, arrivals: Sequence[tuple[UUID, date]]) -> None:
    """Samples under way have come."""
    if arrivals:
        samples, days = zip(*arrivals, strict=True)
        await session.execute(_ARRIVE, {"samples": list(samples), "days": list(days)})


async def list_notices(session: Session, wanted: dict[str, Any], before: UUID | None, limit: int) -> list[SpecialNotice]:
    """Notices in reach, newest first."""
    query = select(SpecialNotice).order_by(_NOTICE_ID.desc()).limit(limit)
    for column, value in ((_NOTICE_KIND, wanted.get("kind")), (_NOTICE_SAMPLE, wanted.get("sample_id"))):
        if value is not None:
            query = query.where(column == value)
    if wanted.get("open"):
        query = query.where(_ACKNOWLEDGED.is_(None))
    if before is not None:
        query = query.where(before > _NOTICE_ID)
    return list((await session.execute(query)).scalars())


async def lock_notice(session: Session, notice_id: UUID, addressee: str) -> SpecialNotice:
    """A notice to this bureau, locked."""
    query = select(SpecialNotice).where(notice_id == _NOTICE_ID, addressee == _NOTICE_TO).with_for_update()
    found = (await session.execute(query)).scalar_one_or_none()
    if found is None:
        raise not_found("通报", "notice")
    return found

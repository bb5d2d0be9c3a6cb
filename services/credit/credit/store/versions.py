"""Versions on their way to the receiver, and the batches that they leave in."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import func, text
from sqlmodel import col, select

from common.db import Session
from common.errors import not_found
from common.region import Region
from credit.models import ExportBatch, Version
from credit.rules.delivery import Answer, Delivery, pause

CHANNEL = "credit_work"
_READY = "state = 'QUEUED' AND next_attempt_at <= clock_timestamp() AND (lease_until IS NULL OR lease_until < clock_timestamp())"
_OWNERS = text(
    f"SELECT region_code FROM publicity_version WHERE region_code >= :lo AND region_code < :hi AND {_READY}"
    " GROUP BY region_code ORDER BY min(next_attempt_at)"
)
_CLAIM = text(
    "UPDATE publicity_version v SET attempts = attempts + 1, lease_until = clock_timestamp() + make_interval(secs => :lease)"
    f" FROM (SELECT id FROM publicity_version WHERE region_code = :owner AND {_READY} ORDER BY next_attempt_at, id LIMIT :limit"
    "       FOR UPDATE SKIP LOCKED) ready, publicity_record r"
    " WHERE v.id = ready.id AND r.region_code = v.region_code AND r.id = v.record_id"
    " RETURNING v.id, v.record_id, v.idempotency_key, v.body, v.attempts, r.traceparent"
)
_SETTLE = text(
    "UPDATE publicity_version v SET state = n.state, lease_until = NULL,"
    " receipt_no = CASE WHEN n.state = 'ACKNOWLEDGED' THEN n.words END,"
    " acknowledged_at = CASE WHEN n.state = 'ACKNOWLEDGED' THEN clock_timestamp() END,"
    " last_error = CASE WHEN n.state = 'ACKNOWLEDGED' THEN '' ELSE n.words END,"
    " next_attempt_at = clock_timestamp() + make_interval(secs => n.pause)"
    " FROM unnest(CAST(:ids AS uuid[]), CAST(:states AS text[]), CAST(:words AS text[]), CAST(:pauses AS float8[])) n (id, state, words, pause)"
    " WHERE v.region_code = :owner AND v.id = n.id AND v.state = 'QUEUED' RETURNING v.id, v.state"
)


@dataclass(frozen=True, slots=True)
class Claimed:
    """A version that this worker may send until its lease ends."""

    id: UUID
    record_id: UUID
    key: UUID
    body: dict[str, Any]
    attempts: int
    traceparent: str


def add(session: Session, *rows: Version | ExportBatch) -> None:
    session.add_all(rows)


async def wake_worker(session: Session) -> None:
    """Tell the worker, when this commits, that there is something to send."""
    await session.execute(text(f"SELECT pg_notify('{CHANNEL}', '')"))


async def owners_with_work(session: Session, province: Region) -> list[Region]:
    """Owners with versions that are ready to be sent, the longest waiting first."""
    found = await session.execute(_OWNERS, {"lo": province.code, "hi": province.code + "~"})
    return [Region(code) for code in found.scalars()]


async def claim(session: Session, owner: Region, limit: int, lease_seconds: int) -> list[Claimed]:
    """Take versions for a while; another worker skips them, and gets them when this one dies."""
    rows = await session.execute(_CLAIM, {"owner": owner.code, "limit": limit, "lease": lease_seconds})
    return [Claimed(r.id, r.record_id, r.idempotency_key, r.body, r.attempts, r.traceparent) for r in rows]


async def settle(session: Session, owner: Region, answers: Sequence[tuple[Claimed, Answer]]) -> list[Version]:
    """Store answers; the versions that were settled by this call, not those that another worker had settled before."""
    values = {
        "owner": owner.code, "ids": [c.id for c, _ in answers], "states": [a.state for _, a in answers],
        "words": [a.words for _, a in answers], "pauses": [pause(c.attempts) for c, _ in answers],
    }  # fmt: skip
    changed = [row.id for row in await session.execute(_SETTLE, values) if row.state != Delivery.QUEUED]
    query = select(Version).where(col(Version.region_code) == owner.code, col(Version.id).in_(changed)).order_by(col(Version.id))
    return list((await session.execute(query.execution_options(populate_existing=True))).scalars()) if changed else []


async def lock_queued(session: Session, owner: Region, record_id: UUID) -> Version | None:
    """The record's version on its way, locked."""
    query = select(Version).where(col(Version.region_code) == owner.code, col(Version.record_id) == record_id, col(Version.state) == Delivery.QUEUED)
    return (await session.execute(query.with_for_update().execution_options(populate_existing=True))).scalar_one_or_none()


async def get_shown(session: Session, owner: Region, record_id: UUID, version: int) -> Version:
    """The version that the receiver shows."""
    query = select(Version).where(col(Version.region_code) == owner.code, col(Version.record_id) == record_id, col(Version.version) == version)
    found: Version = (await session.execute(query)).scalar_one()
    return found


async def list_versions(session: Session, record_id: UUID) -> Sequence[Version]:
    """A record's versions, oldest first."""
    return (await session.execute(select(Version).where(col(Version.record_id) == record_id).order_by(col(Version.version)))).scalars().all()


async def get_export(session: Session, export_id: UUID) -> ExportBatch:
    found: ExportBatch | None = (await session.execute(select(ExportBatch).where(col(ExportBatch.id) == export_id))).scalar_one_or_none()
    if found is None:
        raise not_found("报送批次", "export")
    return found


async def list_exports(session: Session, after: list[Any] | None, limit: int) -> Sequence[ExportBatch]:
    """Exports in reach in the order of their ids."""
    query = select(ExportBatch)
    if after:
        query = query.where(col(ExportBatch.id) > after[0])
    return (await session.execute(query.order_by(col(ExportBatch.id)).limit(limit))).scalars().all()


async def count_states(session: Session, exports: Sequence[ExportBatch]) -> dict[UUID, dict[str, int]]:
    """Per export, how many of its versions are in which state."""
    owners, ids = {e.region_code for e in exports}, [e.id for e in exports]
    query = select(Version.export_id, Version.state, func.count()).where(col(Version.region_code).in_(owners), col(Version.export_id).in_(ids))
    found: dict[UUID, dict[str, int]] = {each: {} for each in ids}
    for export_id, state, count in await session.execute(query.group_by(col(Version.export_id), col(Version.state))):
        found[export_id][state] = count
    return found


async def list_export_versions(session: Session, export: ExportBatch) -> Sequence[Version]:
    """What left in one export, in the order of its making."""
    query = select(Version).where(col(Version.region_code) == export.region_code, col(Version.export_id) == export.id)
    return (await session.execute(query.order_by(col(Version.id)))).scalars().all()

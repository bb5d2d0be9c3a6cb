"""Samples one by one, and the quotas of tasks."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text
from sqlmodel import col

from common.db import Session
from common.errors import not_found
from sampling.models import Sample


async def find_sample(session: Session, sample_id: UUID) -> Sample:
    """A sample in the caller's reach."""
    found = (await session.execute(select(Sample).where(col(Sample.id) == sample_id))).scalar_one_or_none()
    if found is None:
        raise not_found("样品", "sample")
    return found


async def lock_own(session: Session, sample_id: UUID, owner: str) -> Sample:
    """The bureau's own sample, locked; a superior's reading right does not lock it."""
    return await _lock(session, sample_id, col(Sample.region_code) == owner)


async def lock_assigned(session: Session, sample_id: UUID, laboratory: str) -> Sample:
    """A sample assigned to the laboratory, locked."""
    return await _lock(session, sample_id, col(Sample.laboratory_code) == laboratory)


async def _lock(session: Session, sample_id: UUID, whose: Any) -> Sample:
    query = select(Sample).where(col(Sample.id) == sample_id, whose).with_for_update()
    found = (await session.execute(query)).scalar_one_or_none()
    if found is None:
        raise not_found("样品", "sample")
    return found


async def lock_assigned_many(session: Session, ids: list[UUID], laboratory: str) -> dict[UUID, Sample]:
    """Several samples of the laboratory, locked in one order for all callers."""
    query = select(Sample).where(col(Sample.id).in_(ids), col(Sample.laboratory_code) == laboratory).order_by(col(Sample.id)).with_for_update()
    return {sample.id: sample for sample in (await session.execute(query)).scalars()}


def add(session: Session, row: Any) -> None:
    """Store a new row with the next flush."""
    session.add(row)


def touch(sample: Sample) -> None:
    """A change of the sample that others must notice."""
    sample.revision += 1
    sample.updated_at = func.now()  # type: ignore[assignment]


async def flush(session: Session, *rows: Any) -> None:
    """Write now, and read back what the database sets."""
    await session.flush()
    for row in rows:
        await session.refresh(row)


_TAKE = text(
    "INSERT INTO task_progress (region_code, task_id, laboratory_code, quota, taken) VALUES (:owner, :task, :laboratory, :quota, 1)"
    " ON CONFLICT (region_code, task_id) DO UPDATE SET taken = task_progress.taken + 1, quota = excluded.quota,"
    " laboratory_code = excluded.laboratory_code, updated_at = now() WHERE task_progress.taken < excluded.quota RETURNING taken"
)
_RELEASE = text(
    "UPDATE task_progress p SET taken = greatest(taken - freed.n, 0), updated_at = now()"
    " FROM (SELECT region, task, count(*) AS n FROM unnest(CAST(:owners AS text[]), CAST(:tasks AS uuid[])) AS t(region, task)"
    ' GROUP BY 1, 2 ORDER BY 1, 2) AS freed WHERE p.region_code = freed.region COLLATE "C" AND p.task_id = freed.task'
)


@dataclass(frozen=True, slots=True)
class Slot:
    """One batch of a task's quota."""

    owner: str
    task_id: UUID
    laboratory: str
    quota: int


async def take_slot(session: Session, slot: Slot) -> bool:
    """Take one batch of the quota; False when none is left. The row stays locked, so two samplers never share the last one."""
    values = {"owner": slot.owner, "task": slot.task_id, "laboratory": slot.laboratory, "quota": slot.quota}
    return slot.quota > 0 and (await session.execute(_TAKE, values)).first() is not None


async def count_taken(session: Session, owner: str) -> dict[UUID, int]:
    """How many batches of each task the bureau has taken."""
    rows = await session.execute(text("SELECT task_id, taken FROM task_progress WHERE region_code = :owner"), {"owner": owner})
    return {row.task_id: row.taken for row in rows}


async def release_slots(session: Session, slots: list[tuple[str, UUID]]) -> None:
    """Give batches back to the quota, so that a replacement can be drawn."""
    if slots:
        owners, tasks = zip(*slots, strict=True)
        await session.execute(_RELEASE, {"owners": list(owners), "tasks": list(tasks)})

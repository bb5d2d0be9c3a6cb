"""Tasks."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select
from sqlmodel import col

from common.db import Session
from common.errors import not_found
from common.region import Region
from planning.models import Task


async def add_tasks(session: Session, tasks: Sequence[dict[str, Any]]) -> None:
    """Store a plan's tasks in one batch, without reading them back."""
    await session.execute(insert(Task.__table__), list(tasks))  # type: ignore[attr-defined]


async def lock_task(session: Session, owner: Region, task_id: UUID) -> Task:
    """The owner's own task, locked; NotFound for another's."""
    query = select(Task).where(col(Task.id) == task_id, col(Task.region_code) == owner.code)
    found = (await session.scalars(query.with_for_update())).first()
    if found is None:
        raise not_found("任务", "task")
    return found


async def get_task(session: Session, task_id: UUID) -> Task:
    found = (await session.scalars(select(Task).where(col(Task.id) == task_id))).first()
    if found is None:
        raise not_found("任务", "task")
    return found


async def list_tasks(session: Session, wanted: Mapping[str, Any], after: list[Any] | None, limit: int) -> list[Task]:
    """Visible tasks, oldest first."""
    query = select(Task)
    for name, value in wanted.items():
        if value is not None:
            query = query.where(getattr(Task, name) == value)
    if after:
        query = query.where(col(Task.id) > after[0])
    return list((await session.scalars(query.order_by(col(Task.id)).limit(limit))).all())

"""Requests for replacements."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlmodel import col

from common.db import Session
from common.errors import not_found
from common.region import Region
from planning.models import Replacement


async def add_request(session: Session, values: Mapping[str, Any]) -> bool:
    """Keep a request; False when the sample has one already."""
    statement = upsert(Replacement.__table__).values(**values).on_conflict_do_nothing()  # type: ignore[attr-defined]
    return (await session.execute(statement.returning(col(Replacement.id)))).first() is not None


async def lock_request(session: Session, source: Region, replacement_id: UUID) -> Replacement:
    """A request that this bureau, as the organiser, has to answer; locked."""
    query = select(Replacement).where(col(Replacement.id) == replacement_id, col(Replacement.source_region_code) == source.code)
    found = (await session.scalars(query.with_for_update())).first()
    if found is None:
        raise not_found("补抽申请", "replacement")
    return found


async def list_requests(session: Session, wanted: Mapping[str, Any], after: list[Any] | None, limit: int) -> list[Replacement]:
    """Visible requests, oldest first."""
    query = select(Replacement)
    for name, value in wanted.items():
        if value is not None:
            query = query.where(getattr(Replacement, name) == value)
    if after:
        query = query.where(col(Replacement.id) > after[0])
    return list((await session.scalars(query.order_by(col(Replacement.id)).limit(limit))).all())

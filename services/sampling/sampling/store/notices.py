"""Notices of a sample."""

from typing import Any
from uuid import UUID

from sqlalchemy import select

from common.db import Session
from sampling.models import Notice


async def list_notices(session: Session, sample_id: UUID, report_id: UUID | None = None) -> list[Notice]:
    """Notices of a sample in the caller's reach, oldest first; of one report version when it is named."""
    sample: Any = Notice.sample_id
    report: Any = Notice.report_id
    order: Any = Notice.id
    query = select(Notice).where(sample == sample_id).order_by(order)
    if report_id is not None:
        query = query.where(report == report_id)
    return list((await session.execute(query)).scalars())


def add(session: Session, notice: Notice) -> None:
    session.add(notice)

"""Remarks and files of reports, and the samples that they are about."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from common.db import Session
from sampling.models import Report, ReportFile, ReportRemark, Sample


async def add_remarks(session: Session, remarks: Iterable[ReportRemark]) -> None:
    """Store remarks with the reports that they belong to."""
    session.add_all(remarks)
    await session.flush()


async def list_remarks(session: Session, report_ids: Sequence[UUID]) -> list[ReportRemark]:
    """Remarks of reports."""
    query = select(ReportRemark).where(col(ReportRemark.report_id).in_(report_ids)).order_by(col(ReportRemark.report_id), col(ReportRemark.position))
    return list((await session.execute(query)).scalars())


async def list_numbered(session: Session, report_ids: Sequence[UUID]) -> dict[UUID, tuple[str, str]]:
    """Number and product name of the sample of each report."""
    query = select(col(Report.id), col(Sample.sample_no), col(Sample.product_name)).join(Sample, col(Sample.id) == col(Report.sample_id))
    rows: Any = await session.execute(query.where(col(Report.id).in_(report_ids)))
    return {row[0]: (row[1], row[2]) for row in rows}


async def find_file(session: Session, owner: str, report_id: UUID) -> ReportFile | None:
    """The kept file of a report."""
    return await session.get(ReportFile, (owner, report_id))


async def add_file(session: Session, kept: ReportFile) -> None:
    session.add(kept)
    await session.flush()
    await session.refresh(kept)

"""Stored reports with samples and items, to look at them again."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from common.db import Session
from sampling.models import Report, ReportItem, Sample


async def list_of_product(session: Session, product_code: str, days: tuple[date, date], limit: int) -> list[Report]:
    """Effective reports of a product issued in a period, oldest first."""
    query = (
        select(Report)
        .join(Sample, (col(Sample.id) == col(Report.sample_id)) & (col(Sample.effective_report_id) == col(Report.id)))
        .where(col(Sample.product_code) == product_code, col(Report.issued_on) >= days[0], col(Report.issued_on) <= days[1])
    )
    return list((await session.execute(query.order_by(col(Report.issued_on), col(Report.id)).limit(limit))).scalars())


async def samples_of(session: Session, reports: Sequence[Report]) -> dict[UUID, Sample]:
    """The samples of reports by id."""
    query = select(Sample).where(col(Sample.id).in_({report.sample_id for report in reports}))
    return {sample.id: sample for sample in (await session.execute(query)).scalars()}


async def items_of(session: Session, reports: Sequence[Report]) -> dict[UUID, list[ReportItem]]:
    """Items of reports in their order; the owners are named because the items' key begins with them."""
    found: dict[UUID, list[ReportItem]] = {report.id: [] for report in reports}
    owners = {report.region_code for report in reports}
    query = select(ReportItem).where(col(ReportItem.region_code).in_(owners), col(ReportItem.report_id).in_(found))
    for item in (await session.execute(query.order_by(col(ReportItem.report_id), col(ReportItem.position)))).scalars():
        found[item.report_id].append(item)
    return found

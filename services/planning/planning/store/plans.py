"""Plans, their lines and quotas."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select, text
from sqlmodel import col

from common.db import Session
from common.errors import not_found
from common.region import Region
from planning.models import LineQuota, Plan, PlanLine
from planning.store.catalogue import above

_PUT_QUOTAS = text(
    "INSERT INTO line_quota (region_code, line_id, division_code, batches)"
    " SELECT :owner, :line, d, b FROM unnest(CAST(:divisions AS text[]), CAST(:batches AS int[])) AS t (d, b)"
)
_NUMBERS = text("SELECT pg_advisory_xact_lock(hashtext('line serial'), hashtext(:owner || :year))")
_LAST_SERIAL = text(
    "SELECT coalesce(max(l.serial), 0) FROM plan_line l JOIN plan p ON (p.region_code, p.id) = (l.region_code, l.plan_id)"
    " WHERE l.region_code = :owner AND p.year = :year"
)


async def add_plan(session: Session, plan: Plan, lines: Sequence[PlanLine]) -> None:
    session.add(plan)
    await session.flush()
    session.add_all(lines)
    await session.flush()


async def lock_plan(session: Session, owner: Region, plan_id: UUID) -> Plan:
    """The owner's own plan, locked; NotFound for another's."""
    query = select(Plan).where(col(Plan.id) == plan_id, col(Plan.region_code) == owner.code)
    found = (await session.scalars(query.with_for_update())).first()
    if found is None:
        raise not_found("计划", "plan")
    return found


async def get_plan(session: Session, plan_id: UUID) -> Plan:
    found = (await session.scalars(select(Plan).where(col(Plan.id) == plan_id))).first()
    if found is None:
        raise not_found("计划", "plan")
    return found


async def list_plans(session: Session, wanted: Mapping[str, Any], after: list[Any] | None, limit: int) -> list[Plan]:
    """Visible plans, oldest first."""
    query = select(Plan)
    for name, value in wanted.items():
        if value is not None:
            query = query.where(getattr(Plan, name) == value)
    if after:
        query = query.where(col(Plan.id) > after[0])
    return list((await session.scalars(query.order_by(col(Plan.id)).limit(limit))).all())


async def lines_of(session: Session, plan_id: UUID) -> list[PlanLine]:
    """Lines of a plan in the order of their numbers."""
    return list((await session.scalars(select(PlanLine).where(col(PlanLine.plan_id) == plan_id).order_by(col(PlanLine.line_no)))).all())


async def get_line(session: Session, plan_id: UUID, line_id: UUID) -> PlanLine:
    found = (await session.scalars(select(PlanLine).where(col(PlanLine.id) == line_id, col(PlanLine.plan_id) == plan_id))).first()
    if found is None:
        raise not_found("计划条目", "plan line")
    return found


async def quotas_of(session: Session, line_ids: Sequence[UUID]) -> dict[UUID, dict[str, int]]:
    """Quotas by line, in the order of the divisions."""
    found: dict[UUID, dict[str, int]] = {line_id: {} for line_id in line_ids}
    query = select(col(LineQuota.line_id), col(LineQuota.division_code), col(LineQuota.batches)).where(col(LineQuota.line_id).in_(line_ids))
    for line_id, division, batches in await session.execute(query.order_by(col(LineQuota.division_code))):
        found[line_id][division] = batches
    return found


async def batches_of(session: Session, plan_ids: Sequence[UUID]) -> dict[UUID, int]:
    """Planned batches of each plan."""
    query = select(col(PlanLine.plan_id), func.sum(col(PlanLine.batches))).where(col(PlanLine.plan_id).in_(plan_ids)).group_by(col(PlanLine.plan_id))
    return {plan_id: int(total) for plan_id, total in await session.execute(query)}


async def put_quotas(session: Session, owner: Region, line_id: UUID, quotas: Mapping[str, int]) -> None:
    """Replace the quotas of a line; a division with none has no row."""
    await drop_quotas(session, [line_id])
    shared = {code: batches for code, batches in quotas.items() if batches}
    await session.execute(_PUT_QUOTAS, {"owner": owner.code, "line": line_id, "divisions": list(shared), "batches": list(shared.values())})


async def drop_quotas(session: Session, line_ids: Sequence[UUID]) -> None:
    await session.execute(delete(LineQuota).where(col(LineQuota.line_id).in_(line_ids)))


async def drop_lines(session: Session, line_ids: Sequence[UUID]) -> None:
    await session.execute(delete(PlanLine).where(col(PlanLine.id).in_(line_ids)))


async def add_lines(session: Session, lines: Sequence[PlanLine]) -> None:
    session.add_all(lines)
    await session.flush()


async def superior_lines(session: Session, owner: Region, year: int, product_codes: Sequence[str]) -> list[tuple[str, int, str, str, str]]:
    """Published lines of the bureaus above: product, quarter, stage, plan number, owner."""
    query = (
        select(col(PlanLine.product_code), col(PlanLine.quarter), col(PlanLine.stage), col(Plan.plan_no), col(Plan.region_code))
        .join(Plan, (col(Plan.id) == col(PlanLine.plan_id)) & (col(Plan.region_code) == col(PlanLine.region_code)))
        .where(
            col(PlanLine.plan_state) == "PUBLISHED", col(PlanLine.product_code).in_(product_codes), col(Plan.year) == year,
            col(PlanLine.region_code).in_([code for code in above(owner) if code != owner.code]),
        )
        .order_by(col(Plan.region_code), col(PlanLine.line_no))
    )  # fmt: skip
    return [(row[0], row[1], row[2], row[3], row[4]) for row in await session.execute(query)]


async def last_serial(session: Session, owner: Region, year: int) -> int:
    """The highest number that a published line of the owner's year has; publications of one year wait for each other."""
    await session.execute(_NUMBERS, {"owner": owner.code, "year": str(year)})
    return int((await session.execute(_LAST_SERIAL, {"owner": owner.code, "year": year})).scalar_one())

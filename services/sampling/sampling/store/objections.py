"""Applications of parties with their clocks, re-inspections, draws and ties."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel import col, select

from common.db import Session
from common.errors import not_found
from sampling.models import LaboratoryDraw, LaboratoryTie, ObjectionCase, ObjectionClock, Reinspection
from sampling.rules.objections import CaseState, Kind

_CLOCK = (
    "region_code, objection_id, clock_id, sample_id, laboratory_code, trigger_on, legal_on, target_on, provisional, proof, extensions, pauses,"
    " agreed_days"
)
_SET = ", ".join(f"{name} = excluded.{name}" for name in _CLOCK.replace(",", " ").split()[4:])
_START = text(
    f"INSERT INTO objection_clock ({_CLOCK}) VALUES (:region_code, :objection_id, :clock_id, :sample_id, :laboratory_code, :trigger_on, :legal_on,"
    " :target_on, :provisional, CAST(:proof AS jsonb), '[]', '[]', :agreed_days)"
    f" ON CONFLICT (region_code, objection_id, clock_id) DO UPDATE SET {_SET}, done_on = NULL"
)
_DONE = text("UPDATE objection_clock SET done_on = :on WHERE objection_id = :id AND clock_id = ANY(CAST(:clocks AS text[])) AND done_on IS NULL")


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """What a list of applications is narrowed to."""

    state: str | None = None
    kind: str | None = None
    sample_id: UUID | None = None
    is_open: bool | None = None


async def find_case(session: Session, case_id: UUID) -> ObjectionCase:
    """An application in the caller's reach."""
    found: ObjectionCase | None = (await session.execute(select(ObjectionCase).where(col(ObjectionCase.id) == case_id))).scalar_one_or_none()
    if found is None:
        raise not_found("异议申请", "objection")
    return found


async def lock_case(session: Session, case_id: UUID, owner: str) -> ObjectionCase:
    """The bureau's own application, locked."""
    query = select(ObjectionCase).where(col(ObjectionCase.id) == case_id, col(ObjectionCase.region_code) == owner)
    found: ObjectionCase | None = (await session.execute(query.with_for_update().execution_options(populate_existing=True))).scalar_one_or_none()
    if found is None:
        raise not_found("异议申请", "objection")
    return found


async def list_cases(session: Session, wanted: CaseFilter, before: UUID | None, limit: int) -> Sequence[ObjectionCase]:
    """Newest first."""
    query = select(ObjectionCase).order_by(col(ObjectionCase.id).desc()).limit(limit)
    exact = {ObjectionCase.state: wanted.state, ObjectionCase.kind: wanted.kind, ObjectionCase.sample_id: wanted.sample_id}
    query = query.where(*(col(column) == value for column, value in exact.items() if value is not None))
    if wanted.is_open is not None:
        query = query.where(col(ObjectionCase.outcome).is_(None) if wanted.is_open else col(ObjectionCase.outcome).is_not(None))
    if before is not None:
        query = query.where(col(ObjectionCase.id) < before)
    return (await session.execute(query)).scalars().all()


async def cases_of(session: Session, sample_id: UUID) -> Sequence[ObjectionCase]:
    """All applications about a batch, oldest first."""
    query = select(ObjectionCase).where(col(ObjectionCase.sample_id) == sample_id).order_by(col(ObjectionCase.id))
    return (await session.execute(query)).scalars().all()


async def open_stages(session: Session, sample_id: UUID) -> list[tuple[Kind, CaseState]]:
    """Kind and state of the applications about a batch that count: open, and nothing stands against them."""
    return [(Kind(case.kind), CaseState[case.state]) for case in await cases_of(session, sample_id) if case.outcome is None and not case.findings]


async def add(session: Session, *rows: Any) -> None:
    """Insert new rows now, so that a refusal of the database comes here."""
    session.add_all(rows)
    await session.flush()


async def refresh(session: Session, *rows: Any) -> None:
    """Write now, and read back what the database sets."""
    await session.flush()
    for row in rows:
        await session.refresh(row)


async def start_clock(session: Session, values: dict[str, Any]) -> None:
    """Let a limit run in a case; one that ran before (for another laboratory) runs anew."""
    await session.execute(_START, values)


async def end_clocks(session: Session, case_id: UUID, clocks: Iterable[str], on: date) -> None:
    """The duties are done."""
    await session.execute(_DONE, {"id": case_id, "clocks": list(clocks), "on": on})


async def clocks_of(session: Session, case_ids: Sequence[UUID]) -> dict[UUID, list[ObjectionClock]]:
    """The limits of some cases by case, the next one first."""
    found: dict[UUID, list[ObjectionClock]] = {case_id: [] for case_id in case_ids}
    if case_ids:
        query = select(ObjectionClock).where(col(ObjectionClock.objection_id).in_(case_ids)).order_by(col(ObjectionClock.legal_on))
        for clock in (await session.execute(query.execution_options(populate_existing=True))).scalars():
            found[clock.objection_id].append(clock)
    return found


async def find_clock(session: Session, case_id: UUID, clock_id: str) -> ObjectionClock | None:
    return next((clock for clock in (await clocks_of(session, [case_id]))[case_id] if clock.clock_id == clock_id), None)


async def reinspections_of(session: Session, case_ids: Sequence[UUID]) -> dict[UUID, Reinspection]:
    """The re-inspections of some cases, by case."""
    if not case_ids:
        return {}
    rows = (await session.execute(select(Reinspection).where(col(Reinspection.objection_id).in_(case_ids)))).scalars()
    return {row.objection_id: row for row in rows}


async def lock_reinspection_of(session: Session, case_id: UUID) -> Reinspection:
    """The re-inspection of a case, locked."""
    query = select(Reinspection).where(col(Reinspection.objection_id) == case_id).with_for_update()
    found: Reinspection | None = (await session.execute(query.execution_options(populate_existing=True))).scalar_one_or_none()
    if found is None:
        raise not_found("复检", "re-inspection")
    return found


async def lock_drawn(session: Session, reinspection_id: UUID, laboratory: str) -> Reinspection:
    """A re-inspection that the laboratory was drawn for, locked; any other is not there."""
    query = select(Reinspection).where(col(Reinspection.id) == reinspection_id, col(Reinspection.laboratory_code) == laboratory)
    found: Reinspection | None = (await session.execute(query.with_for_update())).scalar_one_or_none()
    if found is None:
        raise not_found("复检任务", "re-inspection")
    return found


async def list_reinspections(session: Session, before: UUID | None, limit: int) -> Sequence[Reinspection]:
    """In reach, newest first: of a bureau's cases, or those that the laboratory was drawn for."""
    query = select(Reinspection).order_by(col(Reinspection.id).desc()).limit(limit)
    if before is not None:
        query = query.where(col(Reinspection.id) < before)
    return (await session.execute(query)).scalars().all()


async def draws_of(session: Session, case_id: UUID) -> Sequence[LaboratoryDraw]:
    """All draws of a case, the first one first."""
    query = select(LaboratoryDraw).where(col(LaboratoryDraw.objection_id) == case_id).order_by(col(LaboratoryDraw.round))
    return (await session.execute(query)).scalars().all()


async def ties_with(session: Session, uscc: str, name: str, on: date) -> dict[str, str]:
    """Laboratories that declared a tie with a party, with the relation."""
    query = select(LaboratoryTie).where(col(LaboratoryTie.until) >= on)
    rows = (await session.execute(query)).scalars()
    return {row.laboratory_code: row.relation for row in rows if (uscc and row.party_uscc == uscc) or row.party_name == name}


async def list_ties(session: Session, after: UUID | None, limit: int) -> Sequence[LaboratoryTie]:
    """Ties in reach, newest first: all of them for a bureau, its own for a laboratory."""
    query = select(LaboratoryTie).order_by(col(LaboratoryTie.id).desc()).limit(limit)
    if after is not None:
        query = query.where(col(LaboratoryTie.id) < after)
    return (await session.execute(query)).scalars().all()

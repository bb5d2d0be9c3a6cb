"""Every SQL statement of disposal. Row-level security decides what is seen; `lock_leg` finds only the caller's own."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import or_, text
from sqlalchemy.orm import defer
from sqlmodel import col, select

from common.db import Session
from common.duties import OFFICE, Horizon
from common.errors import not_found
from common.region import Region
from disposal.models import BatchDispute, Extension, FinalResult, Five, Leg, LegClock, Measure, Supervision, SupervisionAnswer
from disposal.rules.batch import Report
from disposal.rules.disputes import Dispute
from disposal.rules.indicators import Fact

_LEG = (
    "id, region_code, origin_region_code, sample_id, sample_no, report_id, report_no, report_version, programme, product_code, product_name,"
    " spec, brand, lot, stage, period, issued_on, reported_on, failed_items, serious, party_role, party_name, party_uscc, party_address,"
    " division_code, outbound, state, start_due_on, legal_on, target_on, due_on, next_due_on, ground, article, lead"
)
_CLOCK = (
    "id, region_code, origin_region_code, leg_id, clock_id, trigger_on, opens_on, raw_on, legal_on, target_on, provisional, calendar_version, proof"
)
_DUTIES = text(
    "SELECT c.clock_id AS clock, left(c.region_code, 4) AS prefecture, count(*) FILTER (WHERE c.legal_on < :today) AS overdue,"
    " count(*) FILTER (WHERE c.legal_on >= :today) AS soon FROM leg l JOIN leg_clock c ON c.region_code = l.region_code AND c.leg_id = l.id"
    " WHERE l.state NOT IN ('CLOSED', 'HALTED') AND l.next_due_on <= :soon AND c.done_on IS NULL AND c.legal_on <= :soon"
    " AND c.clock_id = ANY(CAST(:office AS text[])) GROUP BY 1, 2"
)
_NOTE = text(
    "INSERT INTO batch_report (region_code, sample_id, version, report_id, verdict) VALUES (:owner, :sample, :version, :report, :verdict)"
    " ON CONFLICT (region_code, sample_id) DO UPDATE SET version = excluded.version, report_id = excluded.report_id,"
    " verdict = excluded.verdict WHERE batch_report.version < excluded.version RETURNING 1"
)
_OPEN = text(
    f"INSERT INTO leg ({_LEG}) SELECT {_LEG} FROM jsonb_populate_recordset(NULL::leg, CAST(:rows AS jsonb))"
    " ON CONFLICT (sample_id, party_role) WHERE state <> 'HALTED' DO NOTHING RETURNING id"
)
_START = text(f"INSERT INTO leg_clock ({_CLOCK}) SELECT {_CLOCK} FROM jsonb_populate_recordset(NULL::leg_clock, CAST(:rows AS jsonb))")
_HALT = text("SELECT leg_id, owner, old_report_id FROM leg_halt(:sample, CAST(:keep AS text[]), :day, :why)")
_NOTE_DISPUTE = text(
    "INSERT INTO batch_dispute AS known (region_code, case_id, sample_id, report_id, party_role, state, outcome, decided_on)"
    " VALUES (:owner, :case, :sample, :report, :role, :state, :outcome, :on) ON CONFLICT (region_code, case_id) DO UPDATE SET"
    " state = excluded.state, outcome = excluded.outcome, decided_on = excluded.decided_on WHERE known.state = 'OPEN'"
)
_FLAG = text("SELECT leg_dispute(:sample, :flag)")
_NOTE_FINAL = text(
    "INSERT INTO final_result (region_code, sample_id, report_id, final_on) VALUES (:owner, :sample, :report, :day) ON CONFLICT DO NOTHING"
)
_FINAL = text("SELECT leg_final(:sample, :report, :day)")
_REBASE = text("SELECT leg_rebase(:sample, CAST(:report AS jsonb))")
_ROLES = text("SELECT party_role FROM leg WHERE sample_id = :sample AND state <> 'HALTED'")
_SETTLE = text(
    "INSERT INTO five (region_code, leg_id, part, state, settled_on, evidence, reason, recorded_by)"
    " VALUES (:region_code, :leg_id, :part, :state, :settled_on, CAST(:evidence AS text[]), :reason, :recorded_by)"
    " ON CONFLICT (region_code, leg_id, part) DO UPDATE SET state = excluded.state, settled_on = excluded.settled_on,"
    " evidence = excluded.evidence, reason = excluded.reason, recorded_by = excluded.recorded_by, approved_by = NULL, approved_on = NULL"
)
#: An extension counts from the day of its approval, so that last quarter's figures stay what they were.
_FACTS = text(
    "SELECT l.id, l.region_code, l.outbound, l.received_on, l.closed_on, l.halted_on, l.start_due_on, l.legal_on, coalesce((SELECT max(e.due_on)"
    " FROM extension e WHERE e.region_code = l.region_code AND e.leg_id = l.id AND e.approved_on <= :as_of), l.legal_on) AS due_on"
    " FROM leg l WHERE l.region_code >= :scope AND l.region_code < :scope || '~' AND l.reported_on <= :as_of AND l.ground = 'result'"
    " AND (CAST(:programme AS text) IS NULL OR l.programme = :programme) ORDER BY l.id"
)


@dataclass(frozen=True, slots=True)
class Case:
    """What hangs on a leg: the case file."""

    clocks: list[LegClock]
    measures: list[Measure]
    five: dict[str, Five]
    extensions: list[Extension]
    supervisions: list[Supervision]
    answers: list[SupervisionAnswer]


@dataclass(frozen=True, slots=True)
class Filter:
    """What the work queue is asked for."""

    scope: str
    states: tuple[str, ...] = ()
    due_before: date | None = None
    party_role: str | None = None
    outbound: bool | None = None
    programme: str | None = None
    sample_id: UUID | None = None
    ground: str | None = None
    elsewhere: bool = False


async def note_report(session: Session, owner: Region, report: Report) -> bool:
    """Remember the version that counts; False when this or a newer one is known already."""
    values = {"owner": owner.code, "sample": report.sample_id, "version": report.version, "report": report.report_id, "verdict": report.verdict}
    return (await session.execute(_NOTE, values)).first() is not None


async def open_legs(session: Session, rows: Sequence[Mapping[str, Any]]) -> set[UUID]:
    """Insert legs, wherever they are handled; the ids of those that were not open already."""
    found = await session.execute(_OPEN, {"rows": json.dumps(rows, ensure_ascii=False, default=str)})
    return set(found.scalars())


async def start_clocks(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert clocks with their proofs."""
    if rows:
        await session.execute(_START, {"rows": json.dumps(rows, ensure_ascii=False, default=str)})


async def halt_legs(session: Session, report: Report, keep: list[str], why: str) -> list[tuple[UUID, str, UUID]]:
    """Halt the batch's legs other than those to keep (role@bureau); (leg, bureau, report that had it open) of each."""
    values = {"sample": report.sample_id, "keep": keep, "day": report.reported_on, "why": why}
    return [(row.leg_id, row.owner, row.old_report_id) for row in await session.execute(_HALT, values)]


async def halt_sample(session: Session, sample_id: UUID, keep: list[str], because: tuple[date, str]) -> list[tuple[UUID, str, UUID]]:
    """The same by the batch's id, for an objection that was decided."""
    values = {"sample": sample_id, "keep": keep, "day": because[0], "why": because[1]}
    return [(row.leg_id, row.owner, row.old_report_id) for row in await session.execute(_HALT, values)]


async def note_dispute(session: Session, owner: Region, dispute: Dispute) -> None:
    """Remember what was told of an application; one that has ended stays ended."""
    await session.execute(_NOTE_DISPUTE, {
        "owner": owner.code, "case": dispute.case_id, "sample": dispute.sample_id, "report": dispute.report_id, "role": dispute.party_role,
        "state": "ENDED" if dispute.outcome else "OPEN", "outcome": dispute.outcome, "on": dispute.decided_on,
    })  # fmt: skip


async def disputes_of(session: Session, owner: Region, sample_id: UUID) -> list[Dispute]:
    """What is known of a batch's applications."""
    query = select(BatchDispute).where(col(BatchDispute.region_code) == owner.code, col(BatchDispute.sample_id) == sample_id)
    rows = (await session.execute(query)).scalars()
    return [Dispute(row.case_id, row.sample_id, row.report_id, row.party_role, row.outcome, row.decided_on) for row in rows]


async def flag_legs(session: Session, sample_id: UUID, disputed: bool) -> None:
    """Flag the batch's legs, wherever they are handled."""
    await session.execute(_FLAG, {"sample": sample_id, "flag": disputed})


async def finalise_legs(session: Session, sample_id: UUID, report_id: UUID, on: date) -> None:
    """Let the batch's legs under this report, wherever they are handled, know since when its result is final."""
    await session.execute(_FINAL, {"sample": sample_id, "report": report_id, "day": on})


async def note_final(session: Session, owner: Region, sample_id: UUID, report_id: UUID, on: date) -> None:
    """Remember since when a report's result is final; the first telling counts."""
    await session.execute(_NOTE_FINAL, {"owner": owner.code, "sample": sample_id, "report": report_id, "day": on})


async def find_final(session: Session, owner: Region, sample_id: UUID, report_id: UUID) -> date | None:
    """Since when it is, if that has been heard."""
    known = await session.get(FinalResult, (owner.code, sample_id, report_id))
    return known.final_on if known else None


async def rebase_legs(session: Session, report: Report) -> set[UUID]:
    """Let the batch's open legs name the report that counts now; their ids."""
    body = {
        "report_id": report.report_id, "report_no": report.report_no, "version": report.version, "serious": report.serious,
        "failed_items": report.failed_items,
    }  # fmt: skip
    found = await session.execute(_REBASE, {"sample": report.sample_id, "report": json.dumps(body, ensure_ascii=False, default=str)})
    return set(found.scalars())


async def open_roles(session: Session, sample_id: UUID) -> set[str]:
    """The roles of a batch that have a leg in the caller's reach."""
    return set((await session.execute(_ROLES, {"sample": sample_id})).scalars())


async def get_leg(session: Session, leg_id: UUID) -> Leg:
    """A leg in the caller's reach: handled there or below, or opened elsewhere for a batch of theirs."""
    found: Leg | None = (await session.execute(select(Leg).where(col(Leg.id) == leg_id))).scalar_one_or_none()
    if found is None:
        raise not_found("处置分支", "leg")
    return found


async def lock_leg(session: Session, owner: Region, leg_id: UUID) -> Leg:
    """The caller's own leg, locked; a leg that is only visible is not found."""
    query = select(Leg).where(col(Leg.id) == leg_id, col(Leg.region_code) == owner.code).with_for_update()
    found: Leg | None = (await session.execute(query)).scalar_one_or_none()
    if found is None:
        raise not_found("处置分支", "leg")
    return found


async def load_case(session: Session, leg: Leg, *, with_proof: bool = False) -> Case:
    """Everything that hangs on the leg; the proofs only where they are shown."""
    clocks = select(LegClock).where(col(LegClock.region_code) == leg.region_code, col(LegClock.leg_id) == leg.id).order_by(col(LegClock.legal_on))
    if not with_proof:
        clocks = clocks.options(defer(col(LegClock.proof)))  # type: ignore[arg-type]
    answers = (await session.execute(select(SupervisionAnswer).where(col(SupervisionAnswer.leg_id) == leg.id))).scalars().all()
    return Case(
        clocks=list((await session.execute(clocks)).scalars()),
        measures=await _children(session, Measure, leg),
        five={one.part: one for one in await _children(session, Five, leg)},
        extensions=await _children(session, Extension, leg),
        supervisions=await supervisions_of(session, leg),
        answers=list(answers),
    )


async def _children(session: Session, kind: Any, leg: Leg) -> list[Any]:
    order = kind.part if kind is Five else kind.id
    query = select(kind).where(kind.region_code == leg.region_code, kind.leg_id == leg.id).order_by(order)
    return list((await session.execute(query)).scalars())


async def supervisions_of(session: Session, leg: Leg) -> list[Supervision]:
    """Superiors' records about a leg, oldest first."""
    of_leg = (col(Supervision.leg_region_code) == leg.region_code, col(Supervision.leg_id) == leg.id)
    return list((await session.execute(select(Supervision).where(*of_leg).order_by(col(Supervision.id)))).scalars())


async def oversight(session: Session, leg_ids: Sequence[UUID]) -> tuple[list[Supervision], set[UUID]]:
    """Superiors' records about some legs, and the ids of those answered."""
    if not leg_ids:
        return [], set()
    rows = (await session.execute(select(Supervision).where(col(Supervision.leg_id).in_(leg_ids)))).scalars().all()
    answered = select(SupervisionAnswer.supervision_id).where(col(SupervisionAnswer.leg_id).in_(leg_ids))
    return list(rows), set((await session.execute(answered)).scalars()) if rows else set()


async def list_legs(session: Session, wanted: Filter, after: list[Any] | None, limit: int) -> Sequence[Leg]:
    """The work queue by next due date: legs handled in the scope, or with `elsewhere` those that its bureaus opened outside it."""
    bureau = col(Leg.origin_region_code if wanted.elsewhere else Leg.region_code)
    query = select(Leg).where(bureau >= wanted.scope, bureau < wanted.scope + "~")
    if wanted.elsewhere:
        query = query.where(or_(col(Leg.region_code) < wanted.scope, col(Leg.region_code) >= wanted.scope + "~"))
    is_open = text("leg.state NOT IN ('CLOSED', 'HALTED')")  # the words of the partial index, so that the planner knows it
    query = query.where(col(Leg.state).in_(wanted.states) if wanted.states else is_open)
    if wanted.due_before:
        query = query.where(col(Leg.next_due_on) < wanted.due_before)
    exact = {Leg.party_role: wanted.party_role, Leg.outbound: wanted.outbound, Leg.programme: wanted.programme, Leg.sample_id: wanted.sample_id,
             Leg.ground: wanted.ground}  # fmt: skip
    query = query.where(*(col(column) == value for column, value in exact.items() if value is not None))
    if after:
        query = query.where(text("(leg.next_due_on, leg.id) > (:after_day, :after_id)")).params(after_day=after[0], after_id=after[1])
    return (await session.execute(query.order_by(col(Leg.next_due_on), col(Leg.id)).limit(limit))).scalars().all()


async def legs_of_sample(session: Session, sample_id: UUID) -> Sequence[Leg]:
    """The legs of one batch in the caller's reach, oldest first."""
    return (await session.execute(select(Leg).where(col(Leg.sample_id) == sample_id).order_by(col(Leg.id)))).scalars().all()


async def add(session: Session, *rows: Any) -> None:
    """Insert new rows now, so that a refusal of the database comes here."""
    session.add_all(rows)
    await session.flush()


async def settle_five(session: Session, leg: Leg, values: Mapping[str, Any]) -> None:
    """Set one of the five; an approval of what it said before is gone."""
    await session.execute(_SETTLE, {"region_code": leg.region_code, "leg_id": leg.id, **values})


async def find_supervision(session: Session, leg: Leg, supervision_id: UUID) -> Supervision:
    """One superior's record about this leg."""
    found = next((one for one in await supervisions_of(session, leg) if one.id == supervision_id), None)
    if found is None:
        raise not_found("督办记录", "supervision")
    return found


def find(rows: Iterable[Extension], extension_id: UUID) -> Extension:
    """One application among those of a leg."""
    found = next((one for one in rows if one.id == extension_id), None)
    if found is None:
        raise not_found("延期申请", "extension")
    return found


async def facts(session: Session, scope: Region, as_of: date, programme: str | None) -> list[Fact]:
    """What the indicators need of every leg that the scope's bureaus handle."""
    rows = await session.execute(_FACTS, {"scope": scope.code, "as_of": as_of, "programme": programme})
    return [Fact(*row) for row in rows]


async def count_duties(session: Session, horizon: Horizon) -> Sequence[Any]:
    """Clocks of open legs that are over or soon will be (期限预警), by clock and prefecture; read by the index of the queue."""
    values = {"today": horizon.today, "soon": horizon.soon, "office": list(OFFICE)}
    return (await session.execute(_DUTIES, values)).all()

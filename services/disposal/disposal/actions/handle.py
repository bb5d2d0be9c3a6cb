"""The handling bureau's acts on its own leg: sign for it, take measures, put the five in place, close."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from uuid import UUID

from longzhi.disposal.v1.events_pb2 import LegClosed, MeasureTaken
from uuid_utils.compat import uuid7

from common import audit, outbox
from common.caller import Caller
from common.clocks import Deadline, national_calendar
from common.db import Session
from common.errors import Refused
from common.today import check_not_before
from disposal import store
from disposal.actions.follow import TOPIC, clock_row
from disposal.models import Extension, Five, Leg, LegClock, Measure
from disposal.rules import cases, disputes, limits, machine, measures
from disposal.rules import five as fives
from disposal.rules.batch import Programme
from disposal.rules.cases import Ground
from disposal.rules.five import Part, Settlement
from disposal.rules.machine import State, Step
from disposal.rules.measures import Kind, Taken
from disposal.store import Case


@dataclass(frozen=True, slots=True)
class Act:
    """Who acts, on which day, and the check of the revision that they saw (If-Match)."""

    caller: Caller
    today: date
    match: Callable[[int], None]


async def begin(session: Session, act: Act, leg_id: UUID, step: Step) -> Leg:
    """The caller's own leg, locked, in a state and at a revision that allow the step."""
    leg = await store.lock_leg(session, act.caller.bureau, leg_id)
    act.match(leg.revision)
    machine.check_act(step, leg.state, outbound=leg.outbound)
    return leg


async def receive(session: Session, act: Act, leg_id: UUID, received_on: date) -> Leg:
    """Sign for the leg (签收): the 90 days run from here (F24); a proposed case keeps its clock, which runs since the bureau was told (C01)."""
    leg = await begin(session, act, leg_id, Step.RECEIVE)
    machine.check_day(received_on, act.today, leg.reported_on, "/received_on")
    case = await store.load_case(session, leg)
    leg.received_on = received_on
    if leg.ground == Ground.RESULT:
        deadline = limits.completing(received_on, (), national_calendar())
        leg.legal_on = deadline.legal
        recount(leg, case, deadline)
    refresh(leg, case)
    audit.record(session, act.caller.bureau, "leg.receive", leg.id, {"received_on": received_on, "due_on": leg.due_on})
    return leg


async def take_measure(session: Session, act: Act, leg_id: UUID, taken: Taken, *, details: str, evidence: Sequence[str]) -> tuple[Leg, Measure]:
    """Record a measure; an order to correct starts P10 and P11, an announcement P13."""
    leg = await begin(session, act, leg_id, Step.MEASURE)
    measures.check_content(taken)
    cases.check_measure(leg.ground, taken.kind, leg.filed_on)
    for day, pointer in ((taken.taken_on, "/taken_on"), (taken.served_on, "/served_on")):
        if day is not None:
            machine.check_day(day, act.today, leg.reported_on, pointer)
    case, programme = await store.load_case(session, leg), Programme(leg.programme)
    before = taken_of(case)
    opens_on = next((clock.opens_on for clock in case.clocks if clock.clock_id == limits.SECOND_RECHECK), None)
    measures.check_sequence(taken, before, programme, opens_on)
    violation = measures.violation(taken, before, programme)
    row = Measure(
        id=uuid7(), region_code=leg.region_code, leg_id=leg.id, details=details, evidence=list(evidence), violation=violation,
        recorded_by=act.caller.subject, **asdict(taken),
    )  # fmt: skip
    clocks = [LegClock(**clock_row(leg.id, leg.region_code, leg.origin_region_code, one)) for one in _started(taken, leg)]
    await store.add(session, row, *clocks)
    case.measures.append(row)
    case.clocks.extend(clocks)
    refresh(leg, case)
    told = MeasureTaken(leg_id=str(leg.id), measure=taken.kind.value, taken_on=taken.taken_on.isoformat())
    outbox.record(session, TOPIC, told, owner=act.caller.bureau, key=leg.id)
    audit.record(session, act.caller.bureau, "leg.measure", leg.id, {"kind": taken.kind, "taken_on": taken.taken_on, "violation": violation})
    return leg, row


def _started(taken: Taken, leg: Leg) -> tuple[Deadline, ...]:
    return limits.started_by(taken, Programme(leg.programme), national_calendar())


async def settle_part(session: Session, act: Act, leg_id: UUID, part: Part, settlement: Settlement) -> tuple[Leg, Five]:
    """Say how one of the five stands; not applicable then waits for the head."""
    leg = await begin(session, act, leg_id, Step.SETTLE)
    fives.check_settlement(settlement)
    cases.check_part(leg.ground, part, leg.filed_on)
    disputes.check_public(part, settlement.state, leg.disputed)
    if settlement.on is not None:
        machine.check_day(settlement.on, act.today, leg.reported_on, "/on")
    values = {"state": settlement.state, "settled_on": settlement.on, "evidence": list(settlement.evidence), "reason": settlement.reason}
    await store.settle_five(session, leg, {"part": part.value, "recorded_by": act.caller.subject, **values})
    case = await store.load_case(session, leg)
    refresh(leg, case)
    audit.record(session, act.caller.bureau, "leg.five", leg.id, {"part": part.value, **values})
    return leg, case.five[part]


async def approve_part(session: Session, act: Act, leg_id: UUID, part: Part, approved_on: date) -> tuple[Leg, Five]:
    """The head agrees that a part is not applicable."""
    leg = await begin(session, act, leg_id, Step.SETTLE)
    case = await store.load_case(session, leg)
    settlement = settlements(case).get(part)
    fives.check_approval(settlement, act.caller.subject)
    machine.check_day(approved_on, act.today, leg.reported_on, "/approved_on")
    row = case.five[part]
    check_not_before(approved_on, row.settled_on, "/approved_on")
    row.approved_by, row.approved_on = act.caller.subject, approved_on
    refresh(leg, case)
    audit.record(session, act.caller.bureau, "leg.five.approve", leg.id, {"part": part.value, "approved_on": approved_on})
    return leg, row


async def close(session: Session, act: Act, leg_id: UUID, closed_on: date) -> Leg:
    """Close the leg (办结) when the five are in place, a product has passed its re-check, and no return waits for an answer."""
    leg = await begin(session, act, leg_id, Step.CLOSE)
    machine.check_day(closed_on, act.today, leg.reported_on, "/closed_on")
    case = await store.load_case(session, leg)
    parts, taken = settlements(case), taken_of(case)
    fives.check_all_in_place(parts, cases.NEEDED[Ground(leg.ground)])
    measures.check_rechecked(taken, Programme(leg.programme))
    check_answered(case)
    for day in (leg.received_on, *(one.on for one in parts.values())):
        check_not_before(closed_on, day, "/closed_on")
    done = Part.RECTIFICATION in parts and parts[Part.RECTIFICATION].state == "done"
    rectified = measures.rectified(Programme(leg.programme), done, taken)
    leg.closure = {"rectified": rectified, **measures.case_summary(taken)}
    finish(session, act, leg, case, closed_on)
    return leg


async def acknowledge(session: Session, act: Act, leg_id: UUID, acknowledged_on: date, by: str) -> Leg:
    """Another province has acknowledged the letter (回执): the outbound leg counts as closed."""
    leg = await begin(session, act, leg_id, Step.ACKNOWLEDGE)
    machine.check_day(acknowledged_on, act.today, leg.reported_on, "/acknowledged_on")
    case = await store.load_case(session, leg)
    check_answered(case)
    leg.acknowledged_by = by
    leg.closure = {"rectified": False, **measures.case_summary(())}
    finish(session, act, leg, case, acknowledged_on)
    return leg


def finish(session: Session, act: Act, leg: Leg, case: Case, closed_on: date) -> None:
    """The leg is closed, and told so."""
    leg.closed_on = closed_on
    refresh(leg, case)
    leg.state, leg.next_due_on = State.CLOSED.value, leg.due_on
    told = LegClosed(
        leg_id=str(leg.id), report_id=str(leg.report_id or ""), sample_id=str(leg.sample_id), party_role=leg.party_role, ground=leg.ground,
        closed_on=closed_on.isoformat(), on_time=closed_on <= leg.due_on, rectified=bool((leg.closure or {}).get("rectified")),
        origin_region_code=leg.origin_region_code,
    )  # fmt: skip
    outbox.record(session, TOPIC, told, owner=act.caller.bureau, key=leg.id)
    audit.record(session, act.caller.bureau, "leg.close", leg.id, {"closed_on": closed_on, "on_time": told.on_time, "outbound": leg.outbound})


def check_answered(case: Case) -> None:
    """A leg that a superior returned is not closed before the answer."""
    answered = {one.supervision_id for one in case.answers}
    if any(one.kind == "return" and one.id not in answered for one in case.supervisions):
        raise Refused("leg_returned", "上级退回尚未反馈,不能办结", "a superior's return has not been answered")


def taken_of(case: Case) -> list[Taken]:
    """The measures of a case as rules know them."""
    return [
        Taken(Kind(m.kind), m.taken_on, m.served_on, m.result, m.quantity, m.unit, m.amount_fen, m.case_no)
        for m in case.measures
    ]  # fmt: skip


def settlements(case: Case) -> dict[Part, Settlement]:
    """The five of a case as rules know them."""
    return {
        Part(part): Settlement(one.state, one.settled_on, tuple(one.evidence), one.reason, one.recorded_by, one.approved_by)
        for part, one in case.five.items()
    }


def recount(leg: Leg, case: Case, deadline: Deadline) -> None:
    """Put newly counted dates on the leg and on the clock that has them."""
    leg.target_on, leg.due_on = deadline.target, deadline.legal
    clock = next(one for one in case.clocks if one.clock_id == deadline.limit_id)
    clock.trigger_on, clock.raw_on, clock.legal_on, clock.target_on = deadline.trigger, deadline.raw, deadline.legal, deadline.target
    clock.provisional, clock.calendar_version = deadline.provisional, deadline.calendar_version
    clock.proof = limits.proof_of(deadline)


def refresh(leg: Leg, case: Case) -> None:
    """State, clocks and place in the queue follow from the file; every change counts as a revision."""
    parts, taken = settlements(case), taken_of(case)
    done = limits.done_days(limits.Days(leg.received_on, leg.filed_on, leg.closed_on), parts, taken)
    for clock in case.clocks:
        clock.done_on = done.get(clock.clock_id)
    leg.state = _progress(leg, parts, taken).value
    leg.next_due_on = limits.next_due((one.legal_on for one in case.clocks if one.done_on is None), leg.due_on)
    leg.revision += 1


def _progress(leg: Leg, parts: Mapping[Part, Settlement], taken: Sequence[Taken]) -> State:
    received = leg.received_on is not None
    if leg.ground == Ground.RESULT:
        return machine.progress(received, parts, taken)
    return cases.progress(received, leg.filed_on is not None, parts, taken)


def main_clock(leg: Leg) -> tuple[str, date]:
    """The clock that an extension moves, and its first day: F24, or of a proposed case C01 until it is filed and C02 from then on."""
    if leg.ground == Ground.RESULT:
        return limits.COMPLETE, leg.received_on or leg.reported_on
    return (limits.FILE, leg.reported_on) if leg.filed_on is None else (limits.DECIDE, leg.filed_on)


def approved_of(extensions: Sequence[Extension], clock_id: str) -> list[limits.Approved]:
    """The approved extensions of a clock, in the order of their approval."""
    approved = [
        limits.Approved(one.days, one.approved_on, one.approver or "")
        for one in extensions if one.approved_on is not None and one.clock_id == clock_id
    ]  # fmt: skip
    return sorted(approved, key=lambda one: one.approved_on)

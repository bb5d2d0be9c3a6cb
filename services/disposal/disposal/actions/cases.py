"""The handling bureau's acts on a proposed case: file it, or not (立案、不予立案)."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from longzhi.disposal.v1.events_pb2 import CaseFiled

from common import audit, outbox
from common.clocks import national_calendar
from common.db import Session
from common.today import check_not_before
from disposal import store
from disposal.actions.follow import TOPIC, clock_row
from disposal.actions.handle import Act, begin, check_answered, finish, refresh
from disposal.models import Leg, LegClock
from disposal.rules import cases, limits, machine, measures
from disposal.rules.machine import Step


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the head of the bureau decides on a lead, and when: the number of the case, or why there is none."""

    on: date
    case_no: str = ""
    reason: str = ""


async def file_case(session: Session, act: Act, leg_id: UUID, verdict: Verdict) -> Leg:
    """File the case (立案): C01 is done, and the ninety days for the decision run (C02, APL art. 60)."""
    leg = await _begin(session, act, leg_id, (verdict.on, "/filed_on"))
    case = await store.load_case(session, leg)
    deadline = limits.deciding(verdict.on, national_calendar())
    clock = LegClock(**clock_row(leg.id, leg.region_code, leg.origin_region_code, deadline))
    await store.add(session, clock)
    case.clocks.append(clock)
    leg.filed_on, leg.case_no = verdict.on, verdict.case_no
    leg.legal_on, leg.target_on, leg.due_on = deadline.legal, deadline.target, deadline.legal
    refresh(leg, case)
    told = CaseFiled(leg_id=str(leg.id), sample_id=str(leg.sample_id), ground=leg.ground, case_no=verdict.case_no, filed_on=verdict.on.isoformat())
    outbox.record(session, TOPIC, told, owner=act.caller.bureau, key=leg.id)
    audit.record(session, act.caller.bureau, "leg.file", leg.id, {"filed_on": verdict.on, "case_no": verdict.case_no, "due_on": leg.due_on})
    return leg


async def dismiss_case(session: Session, act: Act, leg_id: UUID, verdict: Verdict) -> Leg:
    """No case (不予立案): the leg is closed with the reason."""
    leg = await _begin(session, act, leg_id, (verdict.on, "/dismissed_on"))
    case = await store.load_case(session, leg)
    check_answered(case)
    leg.dismissal = verdict.reason
    leg.closure = {"rectified": False, **measures.case_summary(()), "case_results": [cases.NOT_FILED]}
    audit.record(session, act.caller.bureau, "leg.dismiss", leg.id, {"dismissed_on": verdict.on, "reason": verdict.reason})
    finish(session, act, leg, case, verdict.on)
    return leg


async def _begin(session: Session, act: Act, leg_id: UUID, day: tuple[date, str]) -> Leg:
    leg = await begin(session, act, leg_id, Step.FILE)
    cases.check_proposed(leg.ground, leg.filed_on)
    machine.check_day(day[0], act.today, leg.reported_on, day[1])
    check_not_before(day[0], leg.received_on, day[1])
    return leg

"""The head's extensions (延期) and a superior's oversight (督办、退回), which is a record of its own and never edits the leg."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from uuid_utils.compat import uuid7

from common import audit
from common.clocks import national_calendar
from common.db import Session
from common.errors import Refused
from common.today import check_not_before
from disposal import store
from disposal.actions.handle import Act, approved_of, begin, main_clock, recount, refresh
from disposal.models import Extension, Leg, Supervision, SupervisionAnswer
from disposal.rules import five as fives
from disposal.rules import limits, machine
from disposal.rules.machine import Step


@dataclass(frozen=True, slots=True)
class Words:
    """What is said, and on which day."""

    text: str
    on: date


async def apply_extension(session: Session, act: Act, leg_id: UUID, days: int, wanted: Words) -> tuple[Leg, Extension]:
    """The officer asks for more time; nothing moves until the head approves."""
    leg = await begin(session, act, leg_id, Step.EXTEND)
    machine.check_day(wanted.on, act.today, leg.reported_on, "/applied_on")
    check_not_before(wanted.on, leg.received_on, "/applied_on")
    case = await store.load_case(session, leg)
    if any(one.state == "APPLIED" for one in case.extensions):
        raise Refused("extension_pending", "已有延期申请待批准", "an application waits for its approval already")
    row = Extension(
        id=uuid7(), region_code=leg.region_code, leg_id=leg.id, clock_id=main_clock(leg)[0], applied_on=wanted.on, days=days, reason=wanted.text,
        applicant=act.caller.subject,
    )  # fmt: skip
    await store.add(session, row)
    leg.revision += 1
    audit.record(session, act.caller.bureau, "leg.extension.apply", leg.id, {"days": days, "applied_on": wanted.on})
    return leg, row


async def approve_extension(session: Session, act: Act, leg_id: UUID, extension_id: UUID, approved_on: date) -> tuple[Leg, Extension]:
    """The head approves in writing before expiry (O15 art. 45); afterwards it is refused and the leg stays late."""
    leg = await begin(session, act, leg_id, Step.EXTEND)
    case = await store.load_case(session, leg)
    row = store.find(case.extensions, extension_id)
    if row.state != "APPLIED":
        raise Refused("extension_decided", "该延期申请已批准", "the application has been approved already")
    fives.check_second_person(row.applicant, act.caller.subject)
    machine.check_day(approved_on, act.today, leg.reported_on, "/approved_on")
    check_not_before(approved_on, row.applied_on, "/approved_on")
    granted = limits.Approved(row.days, approved_on, act.caller.name)
    clock_id, trigger = main_clock(leg)
    if row.clock_id != clock_id:
        raise Refused("extension_invalid", "所延期限已经办结", "the limit that it would extend is done")
    deadline = limits.extended(clock_id, trigger, [*approved_of(case.extensions, clock_id), granted], national_calendar())
    row.state, row.approved_on, row.approver, row.due_on = "APPROVED", approved_on, act.caller.subject, deadline.legal
    recount(leg, case, deadline)
    refresh(leg, case)
    audit.record(session, act.caller.bureau, "leg.extension.approve", leg.id, {"approved_on": approved_on, "days": row.days, "due_on": leg.due_on})
    return leg, row


async def supervise(session: Session, act: Act, leg_id: UUID, kind: str, words: Words) -> Supervision:
    """A superior urges or returns a leg of a bureau below it."""
    leg = await store.get_leg(session, leg_id)
    bureau = act.caller.bureau
    if not leg.region_code.startswith(bureau.code) or leg.region_code == bureau.code:
        raise Refused("not_superior", "只有上级部门可以督办或退回", "only a superior bureau may supervise")
    machine.check_act(Step.SUPERVISE, leg.state, outbound=leg.outbound)
    machine.check_day(words.on, act.today, leg.reported_on, "/supervised_on")
    row = Supervision(
        id=uuid7(), region_code=bureau.code, leg_region_code=leg.region_code, leg_id=leg.id, kind=kind, text=words.text,
        supervised_on=words.on, supervised_by=act.caller.subject,
    )  # fmt: skip
    await store.add(session, row)
    audit.record(session, bureau, f"leg.{kind}", leg.id, {"leg_region_code": leg.region_code, "supervised_on": words.on})
    return row


async def answer(session: Session, act: Act, leg_id: UUID, supervision_id: UUID, words: Words) -> tuple[Supervision, SupervisionAnswer]:
    """The handling bureau answers a superior's record, once."""
    leg = await begin(session, act, leg_id, Step.ANSWER)
    asked = await store.find_supervision(session, leg, supervision_id)
    case = await store.load_case(session, leg)
    if any(one.supervision_id == asked.id for one in case.answers):
        raise Refused("already_answered", "该督办已反馈", "this has been answered already")
    machine.check_day(words.on, act.today, leg.reported_on, "/answered_on")
    check_not_before(words.on, asked.supervised_on, "/answered_on")
    row = SupervisionAnswer(
        region_code=leg.region_code, leg_id=leg.id, supervision_id=asked.id, supervisor_region_code=asked.region_code, text=words.text,
        answered_on=words.on, answered_by=act.caller.subject,
    )  # fmt: skip
    await store.add(session, row)
    leg.revision += 1
    audit.record(session, act.caller.bureau, "leg.answer", leg.id, {"supervision_id": str(asked.id), "answered_on": words.on})
    return asked, row

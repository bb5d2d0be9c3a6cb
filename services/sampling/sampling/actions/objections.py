"""Objections of parties (异议): filed, completed, accepted or refused in writing, decided (O18 arts. 35-36, O15 arts. 37-39)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from uuid_utils.compat import uuid7

from common import audit
from common.caller import Caller
from common.db import Session
from common.errors import Invalid, Refused
from common.today import check_not_before, check_not_future
from sampling.actions import objection_clocks as clocks
from sampling.actions.facts import refuse_act, refuse_input
from sampling.actions.objection_ends import end_case, raise_case
from sampling.actions.objection_view import application_of, asking_party, new_task, seal_person, situation
from sampling.models import ObjectionCase, Reinspection, Sample
from sampling.rules import objections as rules
from sampling.rules.objections import Application, CaseState, Finding, Kind, Outcome
from sampling.rules.samples import Programme
from sampling.store import objections as store
from sampling.store import samples as sample_store

Match = Callable[[int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filing:
    """An application as it was handed in (异议申请书)."""

    asked: Application
    reason: str
    contact: str | None = None
    phone: str | None = None
    evidence: tuple[str, ...] = ()
    lodged_at: str | None = None


@dataclass(frozen=True, slots=True)
class Act:
    """Who acts on which application on which day, and the revision that they saw (If-Match)."""

    caller: Caller
    case_id: UUID
    on: date
    today: date
    match: Match


async def file_case(session: Session, caller: Caller, sample_id: UUID, filing: Filing, *, root: str, today: date) -> ObjectionCase:
    """Keep an application with what stands against it. One in time and with standing stops publication from now on; the others wait for the written
    refusal and stop nothing."""
    sample = await sample_store.lock_own(session, sample_id, caller.bureau.code)
    asked = filing.asked
    check_not_future(asked.applied_on, today, "/applied_on")
    if asked.applied_on < sample.sampled_on:
        raise Invalid("date_order", "申请日期早于抽样日期", "applied before the sample was taken", pointer="/applied_on")
    party = asking_party(sample, asked.party_role)
    known = await situation(session, sample, asked, asked.applied_on)
    refuse_input(rules.check_items(asked, known.failed))
    findings = rules.find_exclusions(asked, known)
    programme = Programme(sample.programme)
    case = ObjectionCase(
        id=uuid7(), region_code=sample.region_code, sample_id=sample.id, report_id=sample.effective_report_id, party_role=asked.party_role,
        applicant=party.name, applicant_uscc=party.uscc, kind=asked.kind.value, items=list(asked.items), reason=filing.reason,
        via="party" if "party" in caller.roles else "officer", lodged_at=_lodged_at(sample, filing), evidence=list(filing.evidence),
        applied_on=asked.applied_on, materials_on=asked.applied_on, state=CaseState.FILED.name, findings=[one.as_json() for one in findings],
        urgent_by=rules.urgent_by(programme, asked.applied_on, known.expires_on) if asked.kind is Kind.REINSPECTION else None,
        created_by=caller.subject,
    )  # fmt: skip
    seal_person(case, root, filing.contact, filing.phone)
    await _refuse_twin(session, case)
    await store.add(session, case)
    asks = "F17" if programme is Programme.FOOD and asked.kind is not Kind.REINSPECTION else None
    await clocks.start_named(session, case, [rules.ruling_clock(programme, asked.kind), asks], asked.applied_on)
    details = {"sample_id": str(sample.id), "kind": case.kind, "party_role": case.party_role, "applied_on": case.applied_on, "via": case.via}
    audit.record(session, caller.bureau, "objection.file", case.id, details | {"findings": [one.code for one in findings]})
    if not findings:
        await raise_case(session, sample, case)
    await store.refresh(session, case)
    return case


def _lodged_at(sample: Sample, filing: Filing) -> str:
    allowed = rules.authorities(Programme(sample.programme), filing.asked.kind, sample.region_code, sample.source_region_code)
    if filing.lodged_at is not None and filing.lodged_at not in allowed:
        zh = f"应向下列部门之一提出：{'、'.join(allowed)}"
        raise Invalid("authority_wrong", zh, f"to be lodged at one of {', '.join(allowed)}", pointer="/lodged_at")
    return filing.lodged_at or allowed[0]


async def _refuse_twin(session: Session, case: ObjectionCase) -> None:
    for other in await store.cases_of(session, case.sample_id):
        if other.outcome is None and (other.party_role, other.kind) == (case.party_role, case.kind):
            raise Refused("objection_open", "该当事人同类申请尚未办结", "this party's application of this kind is still open")


async def begin(session: Session, act: Act, step: str) -> tuple[Sample, ObjectionCase]:
    """The bureau's own application and its batch, locked in one order for all, where this step belongs."""
    found = await store.find_case(session, act.case_id)
    sample = await sample_store.lock_own(session, found.sample_id, act.caller.bureau.code)
    case = await store.lock_case(session, act.case_id, act.caller.bureau.code)
    act.match(case.revision)
    refuse_act(rules.check_act(step, CaseState[case.state], Kind(case.kind)))
    check_not_future(act.on, act.today, "/on")
    if act.on < case.applied_on:
        raise Invalid("date_order", "日期早于申请日期", "the date lies before the application", pointer="/on")
    case.revision += 1
    return sample, case


async def ask_materials(session: Session, act: Act, missing: str) -> ObjectionCase:
    """One request for what is missing (一次告知补正, F17); asked late or twice, the materials count as complete."""
    _, case = await begin(session, act, "ask")
    clock = await store.find_clock(session, case.id, "F17")
    if case.asked_on is not None:
        raise Refused("supplement_once", "补正只能告知一次，视为材料齐全", "what is missing is asked for once only")
    if clock is not None and act.on > clock.legal_on:
        zh = f"一次告知补正期限（F17）已于{clock.legal_on}届满，视为材料齐全"
        proof = [{"code": "supplement_late", "pointer": "/on", "detail": zh, "limit": {"until": clock.legal_on.isoformat(), "proof": clock.proof}}]
        raise Refused("supplement_late", zh, f"F17 ended on {clock.legal_on}; the materials count as complete", problems=proof)
    case.state, case.missing, case.asked_on = CaseState.INCOMPLETE.name, missing, act.on
    await store.end_clocks(session, case.id, ["F17"], act.on)
    audit.record(session, act.caller.bureau, "objection.ask", case.id, {"on": act.on, "missing": missing})
    await store.refresh(session, case)
    return case


async def complete_materials(session: Session, act: Act, evidence: tuple[str, ...]) -> ObjectionCase:
    """The materials are complete; the time for acceptance runs from their receipt."""
    sample, case = await begin(session, act, "complete")
    case.state, case.materials_on = CaseState.FILED.name, act.on
    case.evidence = list(dict.fromkeys([*case.evidence, *evidence]))
    await clocks.start_named(session, case, [rules.ruling_clock(Programme(sample.programme), Kind(case.kind))], act.on)
    audit.record(session, act.caller.bureau, "objection.complete", case.id, {"on": act.on})
    await store.refresh(session, case)
    return case


async def accept(session: Session, act: Act) -> ObjectionCase:
    """Accept in writing (受理); what stands against it is looked at again on the day, and said with the clock's proof."""
    sample, case = await begin(session, act, "accept")
    asked = application_of(case)
    findings = rules.find_exclusions(asked, await situation(session, sample, asked, act.on))
    if findings:
        raise refused_for(findings)
    if case.findings:  # what stood against it when it was filed does no longer
        case.findings = []
        await raise_case(session, sample, case)
    case.state, case.ruled_on = CaseState.ACCEPTED.name, act.on
    programme, kind = Programme(sample.programme), Kind(case.kind)
    await store.end_clocks(session, case.id, ["F09", "F18", "F17"], act.on)
    await clocks.start_named(session, case, [rules.deciding_clock(programme, kind)], act.on)
    if kind is Kind.REINSPECTION:
        await store.add(session, await _reinspection(session, sample, case))
    audit.record(session, act.caller.bureau, "objection.accept", case.id, {"on": act.on})
    await raise_case(session, sample, case, told=True)
    await store.refresh(session, case)
    return case


async def _reinspection(session: Session, sample: Sample, case: ObjectionCase) -> Reinspection:
    return Reinspection(
        id=uuid7(), region_code=case.region_code, sample_id=case.sample_id, objection_id=case.id, first_laboratory=sample.laboratory_code or "",
        task=await new_task(session, sample, case), state="WAITING", handover={}, report={},
    )  # fmt: skip


def refused_for(findings: list[Finding]) -> Refused:
    """The refusal with every reason, its article and the clock's proof."""
    first = findings[0]
    return Refused(first.code, first.zh, first.en, problems=[one.as_json() for one in findings])


async def refuse(session: Session, act: Act, grounds: str) -> ObjectionCase:
    """Refuse in writing (不予受理) with the reasons found, or with others that the bureau names."""
    sample, case = await begin(session, act, "refuse")
    asked = application_of(case)
    findings = rules.find_exclusions(asked, await situation(session, sample, asked, act.on))
    if not findings and not grounds:
        raise Invalid("grounds_missing", "须写明不予受理的理由", "a refusal names its reasons", pointer="/grounds")
    case.ruled_on, case.grounds = act.on, grounds or "；".join(one.zh for one in findings)
    await end_case(session, sample, case, Outcome.REFUSED, act.on)
    audit.record(session, act.caller.bureau, "objection.refuse", case.id, {"on": act.on, "codes": [one.code for one in findings]})
    await store.refresh(session, case)
    return case


async def withdraw(session: Session, act: Act, grounds: str) -> ObjectionCase:
    """The applicant takes it back (撤回)."""
    sample, case = await begin(session, act, "withdraw")
    case.grounds = grounds
    await end_case(session, sample, case, Outcome.WITHDRAWN, act.on)
    audit.record(session, act.caller.bureau, "objection.withdraw", case.id, {"on": act.on})
    await store.refresh(session, case)
    return case


@dataclass(frozen=True, slots=True)
class Decision:
    """What the bureau decides on an accepted objection (审核结论)."""

    sustained: bool
    grounds: str
    counterfeit: bool = False


async def decide(session: Session, act: Act, decision: Decision) -> ObjectionCase:
    """Decide (F19, F20): not sustained the result stands; a producer whose product it is not goes free alone (scenario 15)."""
    sample, case = await begin(session, act, "decide")
    check_not_before(act.on, case.ruled_on, "/on")
    sampled = asking_party(sample, None).role
    outcome = rules.outcome_of(Kind(case.kind), decision.sustained, case.party_role, sampled)
    if decision.counterfeit and outcome is not Outcome.NOT_OWN_PRODUCT:
        zh, en = "只有认定非其生产时才有假冒线索", "a counterfeit lead needs a product that is not the applicant's"
        raise Invalid("counterfeit_outcome", zh, en, pointer="/counterfeit")
    case.grounds, case.counterfeit = decision.grounds, decision.counterfeit
    await store.end_clocks(session, case.id, ["F19", "F20"], act.on)
    await end_case(session, sample, case, outcome, act.on)
    details = {"on": act.on, "outcome": outcome.name, "counterfeit": decision.counterfeit}
    audit.record(session, act.caller.bureau, "objection.decide", case.id, details)
    await store.refresh(session, case)
    return case


async def consult(session: Session, act: Act, until: date, body: str) -> ObjectionCase:
    """Time spent on consulting other bodies is not counted (商请其他部门, O15 art. 39): both days included."""
    _, case = await begin(session, act, "consult")
    clock = await clocks.running(session, case, "F20")
    clocks.recount(clock, pause={"start": act.on.isoformat(), "end": until.isoformat(), "reason": body})
    audit.record(session, act.caller.bureau, "objection.consult", case.id, {"from": act.on, "to": until, "body": body, "due": clock.legal_on})
    await store.refresh(session, case)
    return case


async def extend(session: Session, act: Act, clock_id: str, days: int, *, grounds: str) -> ObjectionCase:
    """Extend F10 (the applicant is told why) or F12 (the organiser agrees), once, before the end."""
    _, case = await begin(session, act, "extend")
    clock = await clocks.running(session, case, clock_id)
    approved = {"length": days, "approved_on": act.on.isoformat(), "approved_by": act.caller.name, "document": grounds}
    clocks.recount(clock, extension=approved)
    audit.record(session, act.caller.bureau, "objection.extend", case.id, {"clock": clock_id, "days": days, "due": clock.legal_on})
    await store.refresh(session, case)
    return case


async def tell_applicant(session: Session, act: Act) -> ObjectionCase:
    """The applicant and its bureau have been told of the conclusion (F14)."""
    _, case = await begin(session, act, "tell")
    check_not_before(act.on, case.decided_on, "/on")
    if case.told_on is not None:
        raise Refused("applicant_told", "结论已告知申请人", "the applicant has been told already")
    case.told_on = act.on
    await store.end_clocks(session, case.id, ["F14"], act.on)
    audit.record(session, act.caller.bureau, "objection.tell", case.id, {"on": act.on})
    await store.refresh(session, case)
    return case

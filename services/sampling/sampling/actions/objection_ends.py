"""What opening and ending an application does to the batch, its reserve sample and those who hear of it."""

from datetime import date

from longzhi.sampling.v1.events_pb2 import ObjectionDecided, ObjectionRaised, ReinspectionDecided

from common import audit, outbox
from common.db import Session
from common.region import Region
from sampling.actions import reserve
from sampling.actions.facts import OBJECTION_TOPIC
from sampling.actions.finality import Cause, Ended, tell_final
from sampling.models import ObjectionCase, Reinspection, Sample
from sampling.rules.objections import OPEN, CaseState, Kind, Outcome, batch_state, strongest
from sampling.rules.samples import SampleState
from sampling.store import notices as notice_store
from sampling.store import objections as store
from sampling.store import samples as sample_store

_STATES = {Outcome.REFUSED: CaseState.REFUSED, Outcome.WITHDRAWN: CaseState.WITHDRAWN}


async def raise_case(session: Session, sample: Sample, case: ObjectionCase, *, told: bool = False) -> None:
    """From now on nothing of the batch is published and its reserve sample is held."""
    if not told:
        fact = ObjectionRaised(
            case_id=str(case.id), sample_id=str(case.sample_id), report_id=str(case.report_id or ""), party_role=case.party_role, kind=case.kind,
            applied_on=case.applied_on.isoformat(),
        )  # fmt: skip
        outbox.record(session, OBJECTION_TOPIC, fact, owner=Region(case.region_code), key=case.sample_id)
        await reserve.hold(session, sample, held_for(case))
    await _settle(session, sample, case.applied_on)


async def end_case(session: Session, sample: Sample, case: ObjectionCase, outcome: Outcome, on: date) -> None:
    """Close an application: state, fact, the batch's final conclusion, and the reserve sample when nothing else holds it."""
    was_raised = not case.findings
    case.state, case.outcome, case.decided_on = _STATES.get(outcome, CaseState.DECIDED).name, outcome.name, on
    await store.end_clocks(session, case.id, ["F09", "F17", "F18", "F10", "P06", "P07", "F19", "F20"], on)
    if was_raised:
        _tell(session, case, await _test_of(session, case))
        await _settle(session, sample, on)
        await reserve.release(session, sample, held_for(case))


async def end_moot(session: Session, sample: Sample, on: date) -> None:
    """A corrected report no longer fails the batch: open applications have lost their object."""
    for case in await store.cases_of(session, sample.id):
        if case.outcome is None:
            case.grounds = "检验报告已更正为合格，申请已无对象"
            await end_case(session, sample, case, Outcome.WITHDRAWN, max(on, case.applied_on))


def held_for(case: ObjectionCase) -> str:
    """The reason that holds the reserve sample while an application is open (异议、复检期间不得处置备样)."""
    return f"{case.kind} {case.id}"


async def _test_of(session: Session, case: ObjectionCase) -> Reinspection | None:
    return (await store.reinspections_of(session, [case.id])).get(case.id)


def _tell(session: Session, case: ObjectionCase, test: Reinspection | None) -> None:
    common = {
        "case_id": str(case.id), "sample_id": str(case.sample_id), "report_id": str(case.report_id or ""), "party_role": case.party_role,
        "outcome": case.outcome, "decided_on": case.decided_on.isoformat() if case.decided_on else "",
    }  # fmt: skip
    fact: ObjectionDecided | ReinspectionDecided
    if case.kind == Kind.REINSPECTION and case.outcome not in (Outcome.REFUSED.name, Outcome.WITHDRAWN.name):
        code = (test.laboratory_code if test and test.report_no else "") or ""
        bearer, report_no = (test.bearer or "", test.report_no or "") if test else ("", "")
        fact = ReinspectionDecided(**common, laboratory_code=code, report_no=report_no, items=case.items, fee_bearer=bearer)
    else:
        fact = ObjectionDecided(**common, kind=case.kind, counterfeit=case.counterfeit)
    outbox.record(session, OBJECTION_TOPIC, fact, owner=Region(case.region_code), key=case.sample_id)


async def _settle(session: Session, sample: Sample, on: date) -> None:
    """Bring the batch to where its applications put it."""
    await sample_store.flush(session)
    cases = await store.cases_of(session, sample.id)
    counting = [case for case in cases if not case.findings]
    outcomes = [Outcome[case.outcome] for case in counting if case.outcome is not None]
    best = strongest(outcomes)
    if best is not None and best.name != sample.final_conclusion:
        sample.final_conclusion, sample.concluded_on = best.name, on
        audit.record(session, Region(sample.region_code), "sample.conclude", sample.id, {"conclusion": best.name, "on": on})
    tested = any(case.kind == Kind.REINSPECTION and case.state == CaseState.DECIDED.name for case in counting)
    notices = await notice_store.list_notices(session, sample.id, sample.effective_report_id)
    until = max((notice.objection_until for notice in notices), default=None)
    decided, over = best is Outcome.OVERTURNED or tested, until is not None and until < on
    now = SampleState[sample.state]
    stages = [(Kind(case.kind), CaseState[case.state]) for case in counting if CaseState[case.state] in OPEN]
    to = batch_state(now, stages, final=decided or over)
    if to is not now:
        sample.state = to.name
        if to is SampleState.FINAL:
            tell_final(session, sample, Ended(on, Cause.DECISION) if decided else Ended(on, Cause.LAPSE, until))
        elif to is SampleState.NOTIFIED:  # somebody's time may have passed meanwhile: the sweep looks again
            for notice in notices:
                notice.lapsed_on = None
        sample_store.touch(sample)
        await sample_store.flush(session)

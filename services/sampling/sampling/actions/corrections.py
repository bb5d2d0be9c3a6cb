"""Corrected reports (更正报告): asked for by the laboratory, approved by the organiser where the result has been told, settled with the push."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from longzhi.sampling.v1.events_pb2 import QualityEventOpened
from uuid_utils.compat import uuid7

from common import audit, outbox
from common.caller import Caller
from common.db import Database, Scope, Session, enter
from common.errors import Forbidden, Refused
from common.region import Region
from sampling.actions import notices
from sampling.actions.facts import REPORT_TOPIC, refuse_act
from sampling.models import Correction, QualityEvent, Sample
from sampling.rules.corrections import (
    Allowance,
    CorrectionState,
    Standing,
    check_decision,
    check_request,
    is_quality_event,
    is_told,
)
from sampling.rules.decisions import ACCEPTED, Decision
from sampling.rules.samples import APPROVED_CORRECTION, SampleState
from sampling.store import corrections as store
from sampling.store import reports as report_store
from sampling.store import samples as sample_store


@dataclass(frozen=True, slots=True)
class Wish:
    """What a laboratory wants to correct: the new verdict, why, and who at the laboratory answers for it."""

    verdict: str
    reason: str
    approver: str


async def load_allowances(session: Session, laboratory: str, sample_ids: Sequence[UUID]) -> dict[UUID, Standing]:
    """For the samples whose reports a push wants to replace: the effective version and the approval, for `rules.corrections.check_replacement`."""
    if not sample_ids:
        return {}
    found = {}
    for row in await store.find_standings(session, laboratory, sample_ids):
        allowance = Allowance(row.correction_id, row.corrected_id, row.verdict_after) if row.correction_id else None
        found[row.sample_id] = Standing(row.report_id, row.verdict, row.issued_on, allowance)
    return found


async def request_correction(session: Session, caller: Caller, sample_id: UUID, wish: Wish, today: date) -> Correction:
    """Ask to correct a report; before the result is told nobody has to agree, and the request is only the reason on record."""
    if caller.laboratory is None:
        raise Forbidden("laboratory_only", "仅限检验机构", "only a laboratory may ask for a correction")
    sample = await sample_store.lock_assigned(session, sample_id, caller.laboratory)
    standing = (await load_allowances(session, caller.laboratory, [sample.id])).get(sample.id)
    if standing is None:
        raise Refused("report_missing", "样品尚无检验报告", "the sample has no report yet")
    refuse_act(check_request(SampleState[sample.state], standing, wish.verdict))
    if await store.find_open(session, sample.id) is not None:
        raise Refused("correction_open", "该样品已有未办结的更正申请", "a correction of this sample is open already")
    correction = _correction(sample, standing, wish, today)
    correction.created_by = caller.subject
    sample_store.add(session, correction)
    audit.record(session, Region(sample.region_code), "correction.request", correction.id, {
        "sample_id": str(sample.id), "report_id": str(standing.report_id), "before": standing.verdict, "after": wish.verdict, "told": correction.told,
    })  # fmt: skip
    await sample_store.flush(session, correction)
    return correction


def _correction(sample: Sample, standing: Standing, wish: Wish, today: date) -> Correction:
    told = is_told(SampleState[sample.state], standing, wish.verdict, today)
    state = CorrectionState.REQUESTED if told else CorrectionState.APPROVED
    return Correction(
        id=uuid7(), region_code=sample.region_code, source_region_code=sample.source_region_code, sample_id=sample.id,
        laboratory_code=sample.laboratory_code or "", report_id=standing.report_id, verdict_before=standing.verdict, verdict_after=wish.verdict,
        told=told, reason=wish.reason, laboratory_approver=wish.approver, requested_on=today, state=state.name, decision_note="", revision=1,
        created_by="",
    )  # fmt: skip


async def decide_correction(session: Session, caller: Caller, correction_id: UUID, decision: tuple[bool, str], today: date) -> Correction:
    """Approve or refuse; an approved change of verdict opens the laboratory's quality event (domain §2.6, third row)."""
    approved, note = decision
    correction = await store.lock_decidable(session, correction_id, caller.bureau.code)
    refuse_act(check_decision(correction.state, caller.subject, correction.created_by))
    correction.state = (CorrectionState.APPROVED if approved else CorrectionState.REFUSED).name
    correction.decided_by, correction.decided_on, correction.decision_note = caller.subject, today, note
    correction.revision += 1
    if approved and is_quality_event(correction.verdict_before, correction.verdict_after):
        _open_event(session, correction, today)
    act = "correction.approve" if approved else "correction.refuse"
    details = {"sample_id": str(correction.sample_id), "note": note, "after": correction.verdict_after}
    audit.record(session, Region(correction.region_code), act, correction.id, details)
    await sample_store.flush(session, correction)
    return correction


def _open_event(session: Session, correction: Correction, today: date) -> None:
    owner = Region(correction.region_code)
    detail = f"结果告知后结论由「{correction.verdict_before}」更正为「{correction.verdict_after}」:{correction.reason}"
    event = QualityEvent(
        id=uuid7(), region_code=correction.region_code, source_region_code=correction.source_region_code, sample_id=correction.sample_id,
        laboratory_code=correction.laboratory_code, correction_id=correction.id, kind="VERDICT_CHANGED", detail=detail, opened_on=today, state="OPEN",
    )  # fmt: skip
    sample_store.add(session, event)
    fact = QualityEventOpened(
        event_id=str(event.id), laboratory_code=event.laboratory_code, sample_id=str(event.sample_id), kind=event.kind, opened_on=today.isoformat(),
        detail=detail,
    )  # fmt: skip
    outbox.record(session, REPORT_TOPIC, fact, owner=owner, key=event.sample_id)
    audit.record(session, owner, "quality_event.open", event.id, {"laboratory": event.laboratory_code, "correction_id": str(correction.id)})


async def close_event(session: Session, caller: Caller, event_id: UUID, finding: str, today: date) -> QualityEvent:
    """Close a quality event with what the investigation found (调查结论)."""
    event = await store.lock_event(session, event_id, caller.bureau.code)
    if event.state != "OPEN":
        raise Refused("event_closed", "该质量事件已办结", "this quality event is closed already")
    event.state, event.finding, event.closed_by, event.closed_on = "CLOSED", finding, caller.subject, today
    audit.record(session, Region(event.region_code), "quality_event.close", event.id, {"finding": finding})
    await sample_store.flush(session, event)
    return event


async def settle(session: Session, db: Database, caller: Caller, decisions: Sequence[Decision], today: date) -> None:
    """After a push: requests that it used are done, and who had been told of the old version is told again.

    Notices are the owner's, not the laboratory's: its rows are written in the owner's scope, in the same transaction."""
    for decision in decisions:
        if decision.status != ACCEPTED or decision.replaced is None or decision.sample is None or decision.report_id is None:
            continue
        correction = await store.find_open(session, decision.sample.id)
        restarts = None
        if decision.sample.state in APPROVED_CORRECTION:
            await enter(db, session, Scope(region=Region(decision.sample.region_code), subject=caller.subject))
            sample = await sample_store.find_sample(session, decision.sample.id)
            restarts = await notices.reopen(session, sample, await report_store.find_report(session, decision.report_id))
            await enter(db, session, caller.scope)
        if correction is not None:
            correction.state, correction.new_report_id, correction.done_on = CorrectionState.DONE.name, decision.report_id, today
            correction.restarts, correction.revision = restarts, correction.revision + 1
            owner = Region(correction.region_code)
            audit.record(session, owner, "correction.done", correction.id, {"report_id": str(decision.report_id), "restarts": restarts})
    await session.flush()

"""Facts of sampling and disposal that decide about publicity. They may come in any order; handlers only keep and re-evaluate."""

import re
from datetime import date
from typing import Any
from uuid import UUID

from longzhi.disposal.v1.events_pb2 import LegClosed, LegHalted, LegOpened
from longzhi.event.v1.event_pb2 import Envelope
from longzhi.sampling.v1.events_pb2 import (
    ObjectionDecided,
    ObjectionRaised,
    ReinspectionDecided,
    ReportAccepted,
    ReportReplaced,
    ResultFinal,
    ResultNotified,
)

from common import telemetry
from common.db import Session
from common.inbox import Handlers, Poison, Reaction
from common.region import Region
from common.today import SHANGHAI
from credit.actions import hearing
from credit.actions.hearing import Party, Report
from credit.rules.body import failed_items
from credit.rules.disputes import OUTCOMES, Dispute
from credit.rules.publicity import FAILED, PUBLIC_VERDICTS, LegState

ROLES = frozenset({"seller", "producer", "consignor", "platform"})
LAPSE = "LAPSE"
_USCC = re.compile(r"[0-9A-HJ-NPQRTUWXY]{18}", re.ASCII)
_VERDICTS = PUBLIC_VERDICTS | {"问题"}


async def on_report_accepted(session: Session, fact: ReportAccepted, envelope: Envelope) -> None:
    """A report was accepted: one record per party with a code."""
    await hearing.hear_report(session, _report(fact, envelope))


async def on_report_replaced(session: Session, fact: ReportReplaced, envelope: Envelope) -> None:
    """A newer version counts now; also when its own ReportAccepted has not been heard."""
    await hearing.hear_report(session, _report(fact.current, envelope))


async def on_result_notified(session: Session, fact: ResultNotified, envelope: Envelope) -> None:
    """The last party was served: from now on the end of the objection period is known."""
    await _hear_final(session, fact, envelope, "notice")


async def on_result_final(session: Session, fact: ResultFinal, envelope: Envelope) -> None:
    """The parties' time has passed: it says once more from when on the result may be public, should the notice not have been heard."""
    await _hear_final(session, fact, envelope, "final result")


async def _hear_final(session: Session, fact: ResultNotified | ResultFinal, envelope: Envelope, what: str) -> None:
    try:
        sample_id, report_id, final_after = UUID(fact.sample_id), UUID(fact.report_id), date.fromisoformat(fact.final_after)
    except ValueError as error:
        raise Poison(f"unreadable {what}: {error}") from error
    await hearing.hear_final(session, Region(envelope.region_code), sample_id, report_id, final_after)


async def on_leg_opened(session: Session, fact: LegOpened, envelope: Envelope) -> None:
    """Tells which party a leg is about; its halting does not repeat it."""
    await hearing.hear_leg(session, _leg(envelope, fact, LegState.OPEN) | _party(fact))


async def on_leg_closed(session: Session, fact: LegClosed, envelope: Envelope) -> None:
    """Closed; when rectified, the record says corrected (A → E)."""
    leg = _leg(envelope, fact, LegState.CLOSED) | _party(fact)
    try:
        leg |= {"rectified": fact.rectified, "ended_on": date.fromisoformat(fact.closed_on)}
    except ValueError as error:
        raise Poison(f"unreadable leg: {error}") from error
    await hearing.hear_leg(session, leg)


async def on_leg_halted(session: Session, fact: LegHalted, envelope: Envelope) -> None:
    """Halted: the party has nothing to answer for; the fact has no business date, so the day it was told counts."""
    told_on = envelope.occurred_at.ToDatetime(SHANGHAI).date()
    await hearing.hear_leg(session, _leg(envelope, fact, LegState.HALTED) | {"ended_on": told_on})


async def on_objection_raised(session: Session, fact: ObjectionRaised, envelope: Envelope) -> None:
    """A party objects: nothing of the batch is published from now on."""
    await hearing.hear_dispute(session, Region(envelope.region_code), _dispute(fact))


async def on_objection_decided(session: Session, fact: ObjectionDecided | ReinspectionDecided, envelope: Envelope) -> None:
    """An application ended."""
    if fact.outcome not in OUTCOMES:
        raise Poison(f"unknown outcome: {fact.outcome}")
    await hearing.hear_dispute(session, Region(envelope.region_code), _dispute(fact, fact.outcome, fact.decided_on))


def _dispute(fact: Any, outcome: str = "", decided_on: str | None = None) -> Dispute:
    if fact.party_role not in ROLES:
        raise Poison(f"unknown party: {fact.party_role}")
    try:
        report_id = UUID(fact.report_id) if fact.report_id else None
        on = date.fromisoformat(decided_on) if decided_on is not None else None
        return Dispute(UUID(fact.case_id), UUID(fact.sample_id), report_id, fact.party_role, outcome, on)
    except ValueError as error:
        raise Poison(f"unreadable objection: {error}") from error


def _leg(envelope: Envelope, fact: Any, state: LegState) -> dict[str, Any]:
    nothing = {"origin_region_code": None, "sample_id": None, "party_role": None, "rectified": False, "ended_on": None}
    try:
        told = {"leg_id": UUID(fact.leg_id), "report_id": UUID(fact.report_id)}
    except ValueError as error:
        raise Poison(f"unreadable leg: {error}") from error
    return nothing | told | {"region_code": envelope.region_code, "state": state.value}


def _party(fact: LegOpened | LegClosed) -> dict[str, Any]:
    if fact.party_role not in ROLES:
        raise Poison(f"unknown party: {fact.party_role}")
    try:
        return {"origin_region_code": Region(fact.origin_region_code).code, "sample_id": UUID(fact.sample_id), "party_role": fact.party_role}
    except ValueError as error:
        raise Poison(f"unreadable leg: {error}") from error


def _report(fact: ReportAccepted, envelope: Envelope) -> Report:
    batch, owner = fact.batch, Region(envelope.region_code)
    if fact.verdict not in _VERDICTS:
        raise Poison(f"unknown verdict: {fact.verdict}")
    if not batch.source_region_code or not owner.code.startswith(batch.source_region_code):
        raise Poison(f"owner {owner} was not organised by {batch.source_region_code}")
    shared = {
        "source_region_code": batch.source_region_code, "sample_no": batch.sample_no, "report_no": fact.report_no, "plan_id": batch.plan_id,
        "task_id": batch.task_id, "programme": batch.programme, "period": batch.period, "product_name": batch.product_name,
        "spec": batch.spec, "brand": batch.brand, "lot": batch.lot, "stage": batch.stage,
        "failed_items": failed_items(fact.failed_items) if fact.verdict == FAILED else [],
    }  # fmt: skip
    try:
        days = date.fromisoformat(fact.issued_on), date.fromisoformat(fact.reported_on)
        return Report(
            owner, UUID(batch.sample_id), UUID(fact.report_id), fact.version, fact.verdict, *days, shared, _parties(fact),
            telemetry.traceparent() or envelope.traceparent,
        )  # fmt: skip
    except ValueError as error:
        raise Poison(f"unreadable report: {error}") from error


def _parties(fact: ReportAccepted) -> tuple[Party, ...]:
    """Parties with a code, one per role; phone, contact and address never get in here."""
    unknown = {party.role for party in fact.batch.parties} - ROLES
    if unknown:
        raise Poison(f"unknown party: {sorted(unknown)}")
    coded = [Party(p.role, p.name, p.uscc, p.division_code) for p in fact.batch.parties if _USCC.fullmatch(p.uscc)]
    return tuple({party.role: party for party in reversed(coded)}.values())


def _is_of_report(fact: LegOpened | LegClosed) -> bool:
    """A proposed case (拒抽、涉嫌违法) has no result to publish; code 8 waits for its decision and is entered by hand until then [D]."""
    return not fact.ground or fact.ground == "result"


HANDLERS: Handlers = {
    ReportAccepted: Reaction(on_report_accepted),
    ReportReplaced: Reaction(on_report_replaced),
    ResultNotified: Reaction(on_result_notified, lambda fact: fact.all_served),
    ObjectionRaised: Reaction(on_objection_raised),
    ObjectionDecided: Reaction(on_objection_decided),
    ReinspectionDecided: Reaction(on_objection_decided),
    ResultFinal: Reaction(on_result_final, lambda fact: fact.cause == LAPSE),
    LegOpened: Reaction(on_leg_opened, _is_of_report),
    LegClosed: Reaction(on_leg_closed, _is_of_report),
    LegHalted: Reaction(on_leg_halted),
}

"""What disposal hears: reports of non-conforming batches, newer versions of reports, objections of parties, refusals and stops of sampling."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from longzhi.event.v1.event_pb2 import Envelope
from longzhi.sampling.v1.events_pb2 import (
    BatchFacts,
    ObjectionDecided,
    ObjectionRaised,
    ReinspectionDecided,
    ReportAccepted,
    ReportReplaced,
    ResultFinal,
    SampleRefused,
    SampleStopped,
)

from common.db import Session
from common.inbox import Handlers, Poison, Reaction
from common.region import Region
from common.today import SHANGHAI
from disposal.actions.dispute import hear_dispute, hear_final
from disposal.actions.follow import follow_report
from disposal.actions.propose import propose_case
from disposal.rules.batch import NON_CONFORMING, Contradiction, Party, Programme, Report, Role
from disposal.rules.cases import Ground, Lead
from disposal.rules.disputes import OUTCOMES, Dispute

_PRODUCT = ("sample_no", "product_code", "product_name", "spec", "brand", "lot", "stage", "period")


async def on_report_accepted(session: Session, fact: ReportAccepted, envelope: Envelope) -> None:
    """A batch failed: every liable party gets a leg."""
    await _follow(session, fact, envelope)


async def on_report_replaced(session: Session, fact: ReportReplaced, envelope: Envelope) -> None:
    """A newer version counts: legs follow it, or end when it no longer fails the batch (改判)."""
    await _follow(session, fact.current, envelope)


async def _follow(session: Session, fact: ReportAccepted, envelope: Envelope) -> None:
    try:
        await follow_report(session, Region(envelope.region_code), read_report(fact))
    except ValueError as error:  # Contradiction, or a date, id or role that cannot be read
        raise Poison(str(error)) from error


def read_report(fact: ReportAccepted) -> Report:
    """The fact as rules know it; ValueError when a value is none."""
    batch = fact.batch
    if fact.version < 1:
        raise Contradiction(f"version {fact.version}")
    return Report(
        report_id=UUID(fact.report_id), report_no=fact.report_no, version=fact.version, verdict=fact.verdict, serious=fact.serious,
        issued_on=date.fromisoformat(fact.issued_on), reported_on=date.fromisoformat(fact.reported_on), sample_id=UUID(batch.sample_id),
        programme=Programme(batch.programme), source_region_code=batch.source_region_code,
        parties=_parties(batch),
        failed_items=tuple({"item": i.item, "result": i.result, "limit": i.limit, "unit": i.unit} for i in fact.failed_items),
        product={name: getattr(batch, name) for name in _PRODUCT},
    )  # fmt: skip


def _parties(batch: BatchFacts) -> tuple[Party, ...]:
    return tuple(Party(Role(p.role), p.name, p.uscc, p.division_code, p.address) for p in batch.parties)


async def on_sample_refused(session: Session, fact: SampleRefused, envelope: Envelope) -> None:
    """A party refused to be sampled (拒抽): a case is proposed to the bureau at its place."""
    await _propose(session, fact, envelope, Ground.REFUSAL)


async def on_sample_stopped(session: Session, fact: SampleStopped, envelope: Envelope) -> None:
    """Sampling or testing ended because illegal production is evident (终止抽样): likewise."""
    await _propose(session, fact, envelope, Ground.ILLEGAL)


async def _propose(session: Session, fact: Any, envelope: Envelope, ground: Ground) -> None:
    try:
        await propose_case(session, Region(envelope.region_code), read_lead(fact, ground))
    except ValueError as error:
        raise Poison(str(error)) from error


def read_lead(fact: Any, ground: Ground) -> Lead:
    """A refusal or a stop as rules know it; ValueError when a value is none."""
    batch, details = fact.batch, {"reason": fact.reason, "note": fact.note}
    if ground is Ground.REFUSAL:
        happened_on = datetime.fromisoformat(fact.refused_at).astimezone(SHANGHAI).date()
    else:
        happened_on = date.fromisoformat(fact.on)
        details |= {"licence_no": fact.licence_no, "at_laboratory": fact.at_laboratory}
    return Lead(
        ground=ground, sample_id=UUID(batch.sample_id), programme=Programme(batch.programme), source_region_code=batch.source_region_code,
        parties=_parties(batch), party_role=fact.party_role, happened_on=happened_on, details=details,
        product={name: getattr(batch, name) for name in _PRODUCT},
    )  # fmt: skip


async def on_result_final(session: Session, fact: ResultFinal, envelope: Envelope) -> None:
    """The parties' time has passed, or a decision made the result final."""
    try:
        sample_id, report_id, on = UUID(fact.sample_id), UUID(fact.report_id), date.fromisoformat(fact.final_on)
    except ValueError as error:
        raise Poison(str(error)) from error
    await hear_final(session, Region(envelope.region_code), sample_id, report_id, on)


async def on_objection_raised(session: Session, fact: ObjectionRaised, envelope: Envelope) -> None:
    """A party objects: the batch's legs are flagged."""
    await _dispute(session, fact, envelope, ("", None))


async def on_objection_decided(session: Session, fact: ObjectionDecided | ReinspectionDecided, envelope: Envelope) -> None:
    """An application ended: the flag goes when none is open; legs end when their ground is gone (改判、非其生产)."""
    if fact.outcome not in OUTCOMES:
        raise Poison(f"unknown outcome: {fact.outcome}")
    await _dispute(session, fact, envelope, (fact.outcome, fact.decided_on))


async def _dispute(session: Session, fact: Any, envelope: Envelope, ended: tuple[str, str | None]) -> None:
    outcome, on = ended
    try:
        report_id = UUID(fact.report_id) if fact.report_id else None
        decided_on = date.fromisoformat(on) if on is not None else None
        dispute = Dispute(UUID(fact.case_id), UUID(fact.sample_id), report_id, Role(fact.party_role).value, outcome, decided_on)
    except ValueError as error:
        raise Poison(str(error)) from error
    await hear_dispute(session, Region(envelope.region_code), dispute)


HANDLERS: Handlers = {
    ReportAccepted: Reaction(on_report_accepted, lambda fact: fact.verdict == NON_CONFORMING),
    ReportReplaced: Reaction(on_report_replaced),
    ObjectionRaised: Reaction(on_objection_raised),
    ObjectionDecided: Reaction(on_objection_decided),
    ReinspectionDecided: Reaction(on_objection_decided),
    ResultFinal: Reaction(on_result_final),
    SampleRefused: Reaction(on_sample_refused),
    SampleStopped: Reaction(on_sample_stopped),
}

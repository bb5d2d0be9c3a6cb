"""What facts of other services do to records."""

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any
from uuid import UUID

from uuid_utils.compat import uuid7

from common.db import Session
from common.region import Region
from credit.actions.reconcile import placed, reconcile
from credit.models import Record
from credit.rules.codes import CURRENT
from credit.rules.disputes import Dispute
from credit.rules.publicity import CONFORMING, PUBLIC_VERDICTS, Facts, evaluate
from credit.store import facts as store
from credit.store import records as record_store
from credit.store import versions as version_store


@dataclass(frozen=True, slots=True)
class Party:
    """A party that answers for the batch and has a code under which a record can stand."""

    role: str
    name: str
    uscc: str
    division_code: str


@dataclass(frozen=True, slots=True)
class Report:
    """A report version as it was told; `batch` are the columns that all its records share."""

    owner: Region
    sample_id: UUID
    report_id: UUID
    version: int
    verdict: str
    issued_on: date
    reported_on: date
    batch: dict[str, Any]
    parties: tuple[Party, ...]
    traceparent: str


async def hear_report(session: Session, report: Report) -> None:
    """One record per party with a code (生产者、销售者分别立记录); a newer version changes them, an older one nothing."""
    known = {
        "region_code": report.owner.code, "sample_id": report.sample_id, "version": report.version, "report_id": report.report_id,
        "verdict": report.verdict,
    }  # fmt: skip
    if report.verdict == CONFORMING and await store.open_batch(session, known, [_columns(report, party) for party in report.parties]):
        return
    await store.lock_batch(session, report.sample_id)
    if not await store.note_report(session, known):
        return
    await _bring_up(session, report)
    await reconcile(session, report.owner, report.sample_id)


async def _bring_up(session: Session, report: Report) -> None:
    """Every record gets the version's facts; new parties get a record, parties that dropped out no longer answer."""
    stored = {record.party_role: record for record in await record_store.lock_batch_records(session, report.owner, report.sample_id)}
    answering = {party.role: party for party in report.parties}
    for role, record in stored.items():
        columns = _facts_of(report) | (_party_of(answering[role]) if role in answering else {})
        for name, value in (columns | {"answers": role in answering, "withheld": "", "withheld_on": None}).items():
            setattr(record, name, value)
    fresh = [party for role, party in answering.items() if role not in stored]
    if report.verdict in PUBLIC_VERDICTS:
        session.add_all([Record(**_columns(report, party)) for party in fresh])
    await record_store.flush(session)


def _columns(report: Report, party: Party) -> dict[str, Any]:
    """A whole new row, placed as if nothing else were known yet."""
    facts = Facts(report.report_id, report.verdict, report.issued_on, report.reported_on, True, "", None, None)
    return {
        "id": uuid7(), "region_code": report.owner.code, "sample_id": report.sample_id, "answers": True, "code_version": CURRENT,
        "traceparent": report.traceparent,
    } | _facts_of(report) | _party_of(party) | placed(report.report_id, evaluate(facts, None))  # fmt: skip


def _facts_of(report: Report) -> dict[str, Any]:
    return report.batch | {
        "report_id": report.report_id, "report_version": report.version, "verdict": report.verdict, "issued_on": report.issued_on,
        "reported_on": report.reported_on, "checked_on": report.issued_on, "traceparent": report.traceparent,
    }  # fmt: skip


def _party_of(party: Party) -> dict[str, Any]:
    return {f"party_{name}": value for name, value in asdict(party).items()}


async def hear_final(session: Session, owner: Region, sample_id: UUID, report_id: UUID, final_after: date) -> None:
    """Every party was served: from the day after the last objection day on the result may be public (domain.md 0.2 trap 5)."""
    await store.lock_batch(session, sample_id)
    await store.note_final(session, owner, sample_id, report_id, final_after)
    await reconcile(session, owner, sample_id)


async def hear_dispute(session: Session, owner: Region, dispute: Dispute) -> None:
    """An objection was raised or ended: records are withheld, withdrawn (C09) or go on."""
    await store.lock_batch(session, dispute.sample_id)
    await store.note_dispute(session, owner, dispute)
    await reconcile(session, owner, dispute.sample_id)


async def hear_leg(session: Session, leg: dict[str, Any]) -> None:
    """Keep what the handling bureau tells; the batch's owner follows in its own scope (`follow_legs`)."""
    await store.note_leg(session, leg)
    await version_store.wake_worker(session)


async def follow_legs(session: Session, owner: Region, limit: int) -> int:
    """In the owner's scope: bring records to what legs told, here or in another bureau; how many legs were news."""
    news = await store.claim_news(session, owner, limit)
    for sample_id in dict.fromkeys(sample for _, sample in news):
        await store.lock_batch(session, sample_id)
        await reconcile(session, owner, sample_id)
    if news:
        await store.mark_followed(session, owner, [leg for leg, _ in news])
    return len(news)

"""The laboratory push (检验报告上传): judged as a set, stored as a set, in the caller's one transaction (design.md section 6)."""

import asyncio
import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import msgspec
from longzhi.sampling.v1.events_pb2 import FailedItem, ReportAccepted, ReportReplaced
from uuid_utils.compat import uuid7

from common import audit, grants, outbox, telemetry
from common.caller import Caller
from common.db import Session
from common.region import Region
from sampling.actions.facts import FAILED, REPORT_TOPIC, batch_facts, limit_words
from sampling.actions.receipts import sign_receipt
from sampling.clients import Clients, fetch_certificates, fetch_schemes
from sampling.models import PushBatch
from sampling.rules import decisions as rules
from sampling.rules.assessment import Verdict
from sampling.rules.decisions import ACCEPTED, REJECTED, UNCHANGED, Decision
from sampling.rules.problem import Problem
from sampling.rules.pushed import Envelope, PushedReport, content_sha256, read_report, report_no_of
from sampling.rules.samples import SampleState
from sampling.rules.stored import list_liable, read_form
from sampling.store import reports as store

BASES = {"产品": "O18 art. 43", "食品": "O15 art. 28"}
GRANT_DAYS = 730
_JSON = msgspec.json.Encoder()


@dataclass(frozen=True, slots=True)
class Pushed:
    """What became of a call."""

    batch_id: UUID | None
    receipt: str | None
    decisions: Sequence[Decision]

    def count(self, status: str) -> int:
        return sum(decision.status == status for decision in self.decisions)


async def push_reports(session: Session, clients: Clients, caller: Caller, call: tuple[Envelope, bytes], today: date) -> Pushed:
    """Judge every report of the call and store those that hold; a repeated report changes nothing."""
    envelope, body = call
    with telemetry.span("push.read"):
        read = [_read(raw) for raw in envelope.reports]
    decided, rows = await _judge(session, clients, caller, read, today)
    if envelope.mode == "atomic" and any(d.status == REJECTED for d in decided):
        rules.refuse_all(decided)
    if envelope.dry_run:
        return Pushed(None, None, decided)
    laboratory, batch_id = caller.laboratory or "", uuid7()
    accepted = [decision for decision in decided if decision.status == ACCEPTED]
    if accepted:
        with telemetry.span("push.store"):
            await _store(session, laboratory, batch_id, accepted)
            settling = asyncio.create_task(store.settle_staged(session))
            await asyncio.sleep(0)  # the statement is sent; what follows is Python's work, and the session is not touched
            try:
                given = _tell(session, accepted, rows, today)
            finally:
                await settling
            await grants.give(session, given)
    body_sha256 = hashlib.sha256(body).hexdigest()
    receipt = sign_receipt(clients, laboratory, batch_id, body_sha256, decided)
    result = Pushed(batch_id, receipt, decided)
    batch = PushBatch(
        id=batch_id, laboratory_code=laboratory, body_sha256=body_sha256, receipt=receipt, accepted=len(accepted),
        unchanged=result.count(UNCHANGED), rejected=result.count(REJECTED),
    )  # fmt: skip
    store.add_batch(session, batch)
    return result


def _read(raw: Any) -> Decision:
    """A report that could not be read is a rejection already; else its content, hashed."""
    found = read_report(raw)
    if isinstance(found, Problem):
        return rules.rejected(report_no_of(raw), found)
    return Decision(ACCEPTED, found.report_no, sha256=content_sha256(found), pushed=found)


async def _judge(session: Session, clients: Clients, caller: Caller, read: Sequence[Decision], today: date) -> tuple[list[Decision], dict[UUID, Any]]:
    laboratory = caller.laboratory or ""
    good = [decision.pushed for decision in read if decision.pushed is not None]
    numbers = sorted({pushed.sample_no for pushed in good})
    certificates = await fetch_certificates(clients, caller)
    schemes = await fetch_schemes(clients, caller, await store.list_products(session, laboratory, numbers))
    with telemetry.span("push.lock"):
        rows = await store.lock_samples(session, laboratory, numbers)
        reports = await store.find_reports(session, laboratory, _report_numbers(good))
    with telemetry.span("push.judge"):
        world = rules.World(today, certificates, _samples(rows), _reports(reports), schemes)
        decided = [rules.decide(d.pushed, d.sha256, world) if d.pushed else d for d in read]
        rules.refuse_twins(decided)
    return decided, {row.id: row for row in rows}


def _report_numbers(good: Sequence[PushedReport]) -> list[str]:
    return sorted({number for pushed in good for number in (pushed.report_no, pushed.replaces) if number is not None})


def _samples(rows: Sequence[Any]) -> dict[str, list[rules.KnownSample]]:
    found: dict[str, list[rules.KnownSample]] = defaultdict(list)
    for row in rows:
        known = rules.KnownSample(
            row.id, row.region_code, row.sample_no, SampleState[row.state], row.product_code, row.effective_report_id, read_form(row.form)
        )
        found[row.sample_no].append(known)
    return found


def _reports(rows: Sequence[Any]) -> dict[str, list[rules.KnownReport]]:
    found: dict[str, list[rules.KnownReport]] = defaultdict(list)
    for row in rows:
        found[row.report_no].append(rules.KnownReport(row.id, row.sample_id, row.report_no, row.version, row.content_sha256))
    return found


async def _store(session: Session, laboratory: str, batch_id: UUID, accepted: Sequence[Decision]) -> None:
    reports: list[store.NewReport] = []
    items: list[store.NewItem] = []
    for place, decision in enumerate(accepted):
        decision.report_id = uuid7()
        reports.append(_report_row(decision, place, laboratory, batch_id))
        items.extend(_item_rows(decision, place))
    await store.replace(session, [d.replaced.id for d in accepted if d.replaced])
    await store.stage_reports(session, reports, items)


def _verdict(decision: Decision) -> Verdict:
    assert decision.assessment is not None and decision.assessment.verdict is not None
    return decision.assessment.verdict


def _told_verdict(verdict: Verdict) -> str:
    """合格, 不合格 or 问题; that it is serious is told beside it."""
    return Verdict.UNQUALIFIED.value if verdict is Verdict.SERIOUS else verdict.value


def _report_row(decision: Decision, place: int, laboratory: str, batch_id: UUID) -> store.NewReport:
    pushed, sample, verdict = decision.pushed, decision.sample, _verdict(decision)
    assert pushed and sample and decision.report_id and decision.version and decision.scheme
    persons = {"tested_by": pushed.tested_by, "reviewed_by": pushed.reviewed_by, "approved_by": pushed.approved_by}
    return store.NewReport(
        place=place, next_state=rules.state_after(verdict).name, id=decision.report_id, region_code=sample.region_code, sample_id=sample.id,
        laboratory_code=laboratory, report_no=pushed.report_no,
        version=decision.version, replaces_id=decision.replaced.id if decision.replaced else None, content_sha256=decision.sha256,
        report_class=pushed.report_class, cma_no=pushed.cma_no, verdict=_told_verdict(verdict), serious=verdict is Verdict.SERIOUS,
        received_on=pushed.received_on, tested_from=pushed.tested_from, tested_to=pushed.tested_to, issued_on=pushed.issued_on,
        reported_on=pushed.issued_on, persons=_JSON.encode(persons).decode(), conclusion=pushed.conclusion, lab_verdict=pushed.verdict,
        seal_state=pushed.seal_state, sample_state=pushed.sample_state, file_sha256=pushed.file.sha256 if pushed.file else None,
        file_name=pushed.file.name if pushed.file else None, item_count=len(pushed.items), scheme_id=decision.scheme.scheme_id, batch_id=batch_id,
    )  # fmt: skip


def _item_rows(decision: Decision, place: int) -> list[store.NewItem]:
    assert decision.pushed and decision.assessment
    return [
        store.NewItem(
            place, position, i.item, i.result, i.unit, i.judgement, i.method, i.limit_source, i.min, i.max, i.limit_unit, i.lod, i.lod_unit,
            judged.explanation if judged else "",
        )
        for position, (i, judged) in enumerate(zip(decision.pushed.items, decision.assessment.items, strict=True), start=1)
    ]  # fmt: skip


def _tell(session: Session, accepted: Sequence[Decision], rows: dict[UUID, Any], today: date) -> list[grants.Grant]:
    """Note audit entries and facts, which leave with the commit; the grants that the facts call for."""
    given: list[grants.Grant] = []
    for decision in accepted:
        assert decision.sample and decision.report_id and decision.pushed
        owner, row = Region(decision.sample.region_code), rows[decision.sample.id]
        verdict = _told_verdict(_verdict(decision))
        audit.record(session, owner, "report.accept", decision.report_id, {
            "report_no": decision.report_no, "version": decision.version, "verdict": verdict, "sample_id": str(row.id),
            "content_sha256": decision.sha256,
        })  # fmt: skip
        fact = _fact(decision, row, verdict)
        told = ReportReplaced(old_report_id=str(decision.replaced.id), current=fact) if decision.replaced else fact
        outbox.record(session, REPORT_TOPIC, told, owner=owner, key=row.id)
        if verdict != Verdict.QUALIFIED:
            given.extend(_grants(decision, owner, today))
    return given


def _fact(decision: Decision, row: Any, verdict: str) -> ReportAccepted:
    pushed, sample = decision.pushed, decision.sample
    assert pushed and sample
    batch = batch_facts(row, sample.form)
    return ReportAccepted(
        report_id=str(decision.report_id), report_no=pushed.report_no, version=decision.version, verdict=verdict,
        serious=_verdict(decision) is Verdict.SERIOUS, issued_on=pushed.issued_on.isoformat(), reported_on=pushed.issued_on.isoformat(),
        batch=batch, failed_items=_failed(decision), item_count=len(pushed.items),
    )  # fmt: skip


def _failed(decision: Decision) -> list[FailedItem]:
    assert decision.pushed and decision.assessment
    return [
        FailedItem(item=i.item, result=i.result, limit=limit_words(judged.explanation), unit=i.unit or "")
        for i, judged in zip(decision.pushed.items, decision.assessment.items, strict=True)
        if judged is not None and judged.judgement in FAILED
    ]


def _grants(decision: Decision, owner: Region, today: date) -> list[grants.Grant]:
    """The batch crosses the border to the bureaus of liable parties elsewhere in the province."""
    sample = decision.sample
    assert sample is not None
    bureaus = {Region.of_division(party.division_code) for party in list_liable(sample.form)}
    basis, until = BASES[sample.form.programme], today + timedelta(days=GRANT_DAYS)
    elsewhere = sorted(b for b in bureaus if b.code[:2] == owner.code[:2] and not b.covers(owner))
    return [(owner, "sample", sample.id, bureau, basis, "*", until) for bureau in elsewhere]

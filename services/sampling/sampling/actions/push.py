"""The laboratory push (检验报告上传): judged as a set, stored as a set, in the caller's one transaction (design.md section 6)."""

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from uuid_utils.compat import uuid7

from common import grants, telemetry
from common.caller import Caller
from common.db import Session
from sampling.actions import corrections, storing
from sampling.actions.receipts import sign_receipt
from sampling.clients import Clients, fetch_certificates, fetch_schemes
from sampling.models import PushBatch
from sampling.rules import decisions as rules
from sampling.rules.decisions import ACCEPTED, REJECTED, UNCHANGED, Decision
from sampling.rules.problem import Problem
from sampling.rules.pushed import Envelope, PushedReport, content_sha256, read_report, report_no_of
from sampling.rules.samples import SampleState
from sampling.rules.stored import read_form
from sampling.store import reports as store

PART = 250


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
    world, rows = await _gather(session, clients, caller, read, today)
    shelf = storing.Shelf(session, caller.laboratory or "", uuid7(), rows, today)
    try:
        decided = await _decide(envelope, read, world, None if envelope.dry_run else shelf)
    finally:
        await storing.finish(shelf)
    if envelope.dry_run:
        return Pushed(None, None, decided)
    await grants.give(session, shelf.given)
    body_sha256 = hashlib.sha256(body).hexdigest()
    receipt = sign_receipt(clients, shelf.laboratory, shelf.batch_id, body_sha256, decided)
    result = Pushed(shelf.batch_id, receipt, decided)
    batch = PushBatch(
        id=shelf.batch_id, laboratory_code=shelf.laboratory, body_sha256=body_sha256, receipt=receipt, accepted=result.count(ACCEPTED),
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


async def _decide(envelope: Envelope, read: Sequence[Decision], world: rules.World, shelf: storing.Shelf | None) -> list[Decision]:
    """Part by part, each on its way to the shelf when it is decided; an atomic call is one part, since its last report may refuse its first."""
    is_atomic = envelope.mode == "atomic"
    size = len(read) if is_atomic else PART
    decided: list[Decision] = []
    taken = rules.Taken()
    for start in range(0, len(read), size):
        with telemetry.span("push.judge"):
            part = rules.decide_all(read[start : start + size], world, taken)
            if is_atomic and any(d.status == REJECTED for d in part):
                rules.refuse_all(part)
        decided += part
        accepted = [decision for decision in part if decision.status == ACCEPTED]
        if shelf and accepted:
            with telemetry.span("push.store"):
                await storing.put(shelf, accepted)
    return decided


async def _gather(session: Session, clients: Clients, caller: Caller, read: Sequence[Decision], today: date) -> tuple[rules.World, dict[UUID, Any]]:
    """All that the reports are judged by; the samples are locked."""
    laboratory = caller.laboratory or ""
    good = [decision.pushed for decision in read if decision.pushed is not None]
    numbers = sorted({pushed.sample_no for pushed in good})
    certificates = await fetch_certificates(clients, caller)
    with telemetry.span("push.lock"):
        rows = await store.lock_samples(session, laboratory, numbers)
        reports = await store.find_reports(session, laboratory, _report_numbers(good))
        corrected = {pushed.sample_no for pushed in good if pushed.replaces is not None}
        standings = await corrections.load_allowances(session, laboratory, [row.id for row in rows if row.sample_no in corrected])
    schemes = await fetch_schemes(clients, caller, {row.product_code for row in rows})
    return rules.World(today, certificates, _samples(rows), _reports(reports), schemes, standings), {row.id: row for row in rows}


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

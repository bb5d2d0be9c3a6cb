"""Accepted reports on their way to the tables: rows staged and settled, facts, audit entries and grants noted, one part after the other."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import msgspec
from longzhi.sampling.v1.events_pb2 import FailedItem, ReportAccepted, ReportReplaced
from uuid_utils.compat import uuid7

from common import audit, grants, outbox
from common.db import Session
from common.region import Region
from sampling.actions.facts import FAILED, REPORT_TOPIC, batch_facts, limit_words
from sampling.rules import decisions as rules
from sampling.rules.assessment import Verdict
from sampling.rules.decisions import Decision
from sampling.rules.stored import list_liable
from sampling.store import reports as store

BASES = {"产品": "O18 art. 43", "食品": "O15 art. 28"}
GRANT_DAYS = 730
_JSON = msgspec.json.Encoder()


@dataclass(slots=True)
class Shelf:
    """Where the accepted reports of one call go, and the database's work on them that is under way."""

    session: Session
    laboratory: str
    batch_id: UUID
    rows: dict[UUID, Any]
    today: date
    placed: int = 0
    settling: asyncio.Task[None] | None = None
    given: list[grants.Grant] = field(default_factory=list)


async def put(shelf: Shelf, accepted: Sequence[Decision]) -> None:
    """Store one part. It returns while the database still works on it: Python goes on with the next part, and no one touches the session."""
    reports: list[store.NewReport] = []
    items: list[store.NewItem] = []
    first = shelf.placed
    for place, decision in enumerate(accepted, start=first):
        decision.report_id = uuid7()
        reports.append(_report_row(decision, place, shelf))
        items.extend(_item_rows(decision, place))
    shelf.placed += len(accepted)
    await finish(shelf)
    await store.replace(shelf.session, [d.replaced.id for d in accepted if d.replaced])
    await store.stage_reports(shelf.session, reports, items)
    shelf.settling = asyncio.create_task(_settle(shelf.session, first))
    await asyncio.sleep(0)  # the statement is sent
    _tell(shelf, accepted)


async def finish(shelf: Shelf) -> None:
    """Wait for the part that is under way; to be called in any case, since the session is busy until then."""
    running, shelf.settling = shelf.settling, None
    if running is not None:
        await running


async def _settle(session: Session, first: int) -> None:
    await store.settle_staged(session, first)
    await outbox.send(session)


def _verdict(decision: Decision) -> Verdict:
    assert decision.assessment is not None and decision.assessment.verdict is not None
    return decision.assessment.verdict


def _told_verdict(verdict: Verdict) -> str:
    """合格, 不合格 or 问题; that it is serious is told beside it."""
    return Verdict.UNQUALIFIED.value if verdict is Verdict.SERIOUS else verdict.value


def _report_row(decision: Decision, place: int, shelf: Shelf) -> store.NewReport:
    pushed, sample, verdict = decision.pushed, decision.sample, _verdict(decision)
    assert pushed and sample and decision.report_id and decision.version and decision.scheme
    persons = {"tested_by": pushed.tested_by, "reviewed_by": pushed.reviewed_by, "approved_by": pushed.approved_by}
    return store.NewReport(
        place=place, next_state=rules.state_after(verdict).name, id=decision.report_id, region_code=sample.region_code, sample_id=sample.id,
        laboratory_code=shelf.laboratory, report_no=pushed.report_no,
        version=decision.version, replaces_id=decision.replaced.id if decision.replaced else None, content_sha256=decision.sha256,
        report_class=pushed.report_class, cma_no=pushed.cma_no, verdict=_told_verdict(verdict), serious=verdict is Verdict.SERIOUS,
        received_on=pushed.received_on, tested_from=pushed.tested_from, tested_to=pushed.tested_to, issued_on=pushed.issued_on,
        reported_on=pushed.issued_on, persons=_JSON.encode(persons).decode(), conclusion=pushed.conclusion, lab_verdict=pushed.verdict,
        seal_state=pushed.seal_state, sample_state=pushed.sample_state, file_sha256=pushed.file.sha256 if pushed.file else None,
        file_name=pushed.file.name if pushed.file else None, item_count=len(pushed.items), scheme_id=decision.scheme.scheme_id,
        batch_id=shelf.batch_id,
    )  # fmt: skip


def _item_rows(decision: Decision, place: int) -> list[store.NewItem]:
    assert decision.pushed and decision.assessment
    return [
        (
            place, position, i.item, i.result, i.unit, i.judgement, i.method, i.limit_source, i.min, i.max, i.limit_unit, i.lod, i.lod_unit,
            judged.explanation if judged else "",
        )
        for position, (i, judged) in enumerate(zip(decision.pushed.items, decision.assessment.items, strict=True), start=1)
    ]  # fmt: skip


def _tell(shelf: Shelf, accepted: Sequence[Decision]) -> None:
    """Note audit entries and facts, which leave with the commit, and the grants that the facts call for."""
    for decision in accepted:
        assert decision.sample and decision.report_id and decision.pushed
        owner, row = Region(decision.sample.region_code), shelf.rows[decision.sample.id]
        verdict = _told_verdict(_verdict(decision))
        audit.record(shelf.session, owner, "report.accept", decision.report_id, {
            "report_no": decision.report_no, "version": decision.version, "verdict": verdict, "sample_id": str(row.id),
            "content_sha256": decision.sha256,
        })  # fmt: skip
        fact = _fact(decision, row, verdict)
        told = ReportReplaced(old_report_id=str(decision.replaced.id), current=fact) if decision.replaced else fact
        outbox.record(shelf.session, REPORT_TOPIC, told, owner=owner, key=row.id)
        if verdict != Verdict.QUALIFIED:
            shelf.given.extend(_grants(decision, owner, shelf.today))


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

"""Serving a result on a party (结果告知): the served date starts the party's right to object (O18 arts. 34-35, O15 arts. 29-30)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from longzhi.sampling.v1.events_pb2 import ResultNotified
from uuid_utils.compat import uuid7

from common import audit, outbox
from common.caller import Caller
from common.db import Session
from common.errors import Invalid, Refused
from common.region import Region
from sampling.actions.facts import NOTICE_TOPIC, refuse_act, refuse_input
from sampling.actions.objection_ends import end_moot
from sampling.models import Notice, Renotice, Report, ReportItem, Sample
from sampling.rules import notices as rules
from sampling.rules.notices import Recipient, Served, check_service, final_after, objection_until, proof_of, restarts_clocks, serving_due
from sampling.rules.objections import batch_state
from sampling.rules.samples import Programme, SampleState, check_move
from sampling.rules.stored import form_from, list_liable
from sampling.store import notices as notice_store
from sampling.store import objections as case_store
from sampling.store import reports as report_store
from sampling.store import samples as store

NOT_OVER = frozenset({SampleState.NOTIFIED.name, SampleState.OBJECTED.name, SampleState.REINSPECTING.name, SampleState.FINAL.name})


@dataclass(frozen=True, slots=True)
class Service:
    """How and when a party got the result (送达)."""

    party_role: str
    served: Served
    evidence_id: UUID | None = None
    addressee: str | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """A batch that somebody still has to be told of."""

    sample: Sample
    report: Report
    clock: str
    target_on: date
    due_on: date
    late: bool
    missing: tuple[Recipient, ...]


def recipients_of(sample: Sample) -> tuple[Recipient, ...]:
    """Everybody who must be told of a batch's result."""
    return rules.recipients(Programme(sample.programme), list_liable(form_from(sample.form)), sample.form)


async def serve_notice(session: Session, caller: Caller, sample_id: UUID, service: Service, today: date) -> Notice:
    """Record the service on one party; the batch is notified when every party that answers for it has been served."""
    sample = await store.lock_own(session, sample_id, caller.bureau.code)
    report = await _report_to_serve(session, sample)
    told = recipients_of(sample)
    party = next((one for one in told if one.role == service.party_role), None) or rules.named_by_hand(service.party_role, service.addressee)
    if party is None:
        raise Invalid("party_unknown", "该批次没有这一责任主体", "the batch has no such party", pointer="/party_role")
    served = {n.party_role: n.objection_until for n in await notice_store.list_notices(session, sample.id, report.id)}
    if party.role in served:
        raise Refused("party_served", "该当事人已送达", "this party has been served already")
    refuse_input(check_service(service.served, report.issued_on, today))
    notice = await _notice(session, sample, report, party, service=service)
    notice.created_by = caller.subject
    notice_store.add(session, notice)
    liable = [one.role for one in told if one.answers]
    final = final_after(liable, served | {party.role: notice.objection_until})
    if final is not None and sample.state not in NOT_OVER:
        refuse_act(check_move(SampleState[sample.state], SampleState.NOTIFIED))
        sample.state = SampleState.NOTIFIED.name
        sample.state = batch_state(SampleState.NOTIFIED, await case_store.open_stages(session, sample.id)).name
        store.touch(sample)
    _tell(session, caller, notice, final)
    await store.flush(session, notice)
    return notice


async def _report_to_serve(session: Session, sample: Sample) -> Report:
    if sample.effective_report_id is None:
        raise Refused("report_missing", "样品尚无检验报告", "the sample has no report yet")
    if sample.state in (SampleState.CONFORMING.name, SampleState.PROBLEM.name):
        raise Refused("notice_not_needed", "合格或监测问题样品不需告知", "only a non-conforming result is served")
    return await report_store.find_report(session, sample.effective_report_id)


async def _notice(session: Session, sample: Sample, report: Report, party: Recipient, *, service: Service) -> Notice:
    programme, served = Programme(sample.programme), service.served
    started_on, renewal = served.served_on, await notice_store.find_renotice(session, sample.id, report.id)
    if renewal is not None and not renewal.restarts:
        started_on = await notice_store.started_on(session, sample.id, party.role) or served.served_on
    objection, duty = objection_until(programme, started_on), serving_due(programme, report.reported_on)
    return Notice(
        id=uuid7(), region_code=sample.region_code, sample_id=sample.id, report_id=report.id, party_role=party.role, addressee=party.name,
        method=served.method, served_on=served.served_on, receipt_no=served.receipt_no, signed_by=served.signed_by, clock=objection.clock,
        objection_until=objection.until, provisional=objection.provisional, proof=objection.proof, revision=1, created_by="",
        started_on=started_on, evidence_id=service.evidence_id, announced_on=served.announced_on, serve_clock=duty.limit_id,
        serve_by=duty.legal, serve_late=served.served_on > duty.legal, serve_proof=proof_of(duty), renewed=renewal is not None,
    )  # fmt: skip


def _tell(session: Session, caller: Caller, notice: Notice, final: date | None) -> None:
    audit.record(session, caller.bureau, "notice.serve", notice.id, {
        "sample_id": str(notice.sample_id), "report_id": str(notice.report_id), "party_role": notice.party_role, "served_on": notice.served_on,
        "objection_until": notice.objection_until, "serve_by": notice.serve_by, "late": notice.serve_late,
    })  # fmt: skip
    fact = ResultNotified(
        notice_id=str(notice.id), sample_id=str(notice.sample_id), report_id=str(notice.report_id), party_role=notice.party_role,
        served_on=notice.served_on.isoformat(), objection_until=notice.objection_until.isoformat(), all_served=final is not None,
        final_after=final.isoformat() if final else "",
    )  # fmt: skip
    outbox.record(session, NOTICE_TOPIC, fact, owner=caller.bureau, key=notice.sample_id)


async def list_due(session: Session, scope: str, after: list[Any] | None, limit: int, *, today: date) -> list[Due]:
    """Batches in scope that somebody still has to be told of, oldest report first, with the bureau's limit (F06, P04)."""
    rows = await notice_store.list_unserved(session, scope, after, limit)
    served = await notice_store.served_roles(session, [report.id for _, report in rows])
    return [_due(sample, report, served.get(report.id, set()), today) for sample, report in rows]


def _due(sample: Sample, report: Report, served: set[str], today: date) -> Due:
    limit = serving_due(Programme(sample.programme), report.reported_on)
    missing = tuple(one for one in recipients_of(sample) if one.role not in served)
    return Due(sample, report, limit.limit_id, limit.target, limit.legal, today > limit.legal, missing)


async def reopen(session: Session, sample: Sample, report: Report) -> bool:
    """A corrected report after the notice (更正报告): everybody is told again when it still fails. True when the parties' time starts anew,
    that is when items, values or basis changed (domain §2.6). The caller has locked the sample and stored the report."""
    old = await report_store.find_report(session, report.replaces_id) if report.replaces_id else None
    was = await report_store.list_items(session, old) if old else []
    restarts = restarts_clocks(map(_content, was), map(_content, await report_store.list_items(session, report)))
    renewal = Renotice(id=uuid7(), region_code=sample.region_code, sample_id=sample.id, report_id=report.id, restarts=restarts)
    notice_store.add(session, renewal)
    if report.verdict == "不合格":
        sample.state = SampleState.NON_CONFORMING.name
    else:
        await end_moot(session, sample, report.reported_on)
    audit_details = {"sample_id": str(sample.id), "replaces": str(report.replaces_id or ""), "restarts": restarts, "verdict": report.verdict}
    audit.record(session, Region(sample.region_code), "notice.reopen", report.id, audit_details)
    await store.flush(session)
    return restarts


def _content(item: ReportItem) -> Sequence[str]:
    values = (item.item, item.result, item.unit, item.judgement, item.method, item.limit_source, item.min, item.max, item.limit_unit)
    return [value or "" for value in values]

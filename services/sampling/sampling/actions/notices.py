"""Serving a result on a party (结果告知): the served date starts the party's right to object (O18 arts. 34-35, O15 arts. 29-30)."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from longzhi.sampling.v1.events_pb2 import ResultNotified
from uuid_utils.compat import uuid7

from common import audit, outbox
from common.caller import Caller
from common.db import Session
from common.errors import Invalid, Refused
from sampling.actions.facts import NOTICE_TOPIC, refuse_act, refuse_input
from sampling.models import Notice, Report, Sample
from sampling.rules.notices import check_service, final_after, objection_until
from sampling.rules.samples import Programme, SampleState, check_move
from sampling.rules.stored import Liable, form_from, list_liable
from sampling.store import notices as notice_store
from sampling.store import reports as report_store
from sampling.store import samples as store


@dataclass(frozen=True, slots=True)
class Service:
    """How and when a party got the result (送达)."""

    party_role: str
    method: str
    served_on: date
    receipt_no: str | None
    signed_by: str | None


async def serve_notice(session: Session, caller: Caller, sample_id: UUID, service: Service, today: date) -> Notice:
    """Record the service on one party; the batch is notified when every party that answers for it has been served."""
    sample = await store.lock_own(session, sample_id, caller.bureau.code)
    report = await _report_to_serve(session, sample)
    parties = {party.role: party for party in list_liable(form_from(sample.form))}
    party = parties.get(service.party_role)
    if party is None:
        raise Invalid("party_unknown", "该批次没有这一责任主体", "the batch has no such party", pointer="/party_role")
    served = {n.party_role: n.objection_until for n in await notice_store.list_notices(session, sample.id, report.id)}
    if party.role in served:
        raise Refused("party_served", "该当事人已送达", "this party has been served already")
    refuse_input(check_service(service.served_on, report.issued_on, today, service.method, service.signed_by))
    notice = _notice(sample, report, party, service, caller.subject)
    notice_store.add(session, notice)
    final = final_after(list(parties), served | {party.role: notice.objection_until})
    if final is not None:
        refuse_act(check_move(SampleState[sample.state], SampleState.NOTIFIED))
        sample.state = SampleState.NOTIFIED.name
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


def _notice(sample: Sample, report: Report, party: Liable, service: Service, subject: str) -> Notice:
    objection = objection_until(Programme(sample.programme), service.served_on)
    return Notice(
        id=uuid7(), region_code=sample.region_code, sample_id=sample.id, report_id=report.id, party_role=party.role, addressee=party.name,
        method=service.method, served_on=service.served_on, receipt_no=service.receipt_no, signed_by=service.signed_by, clock=objection.clock,
        objection_until=objection.until, provisional=objection.provisional, proof=objection.proof, revision=1, created_by=subject,
    )  # fmt: skip


def _tell(session: Session, caller: Caller, notice: Notice, final: date | None) -> None:
    audit.record(session, caller.bureau, "notice.serve", notice.id, {
        "sample_id": str(notice.sample_id), "report_id": str(notice.report_id), "party_role": notice.party_role, "served_on": notice.served_on,
        "objection_until": notice.objection_until,
    })  # fmt: skip
    fact = ResultNotified(
        notice_id=str(notice.id), sample_id=str(notice.sample_id), report_id=str(notice.report_id), party_role=notice.party_role,
        served_on=notice.served_on.isoformat(), objection_until=notice.objection_until.isoformat(), all_served=final is not None,
        final_after=final.isoformat() if final else "",
    )  # fmt: skip
    outbox.record(session, NOTICE_TOPIC, fact, owner=caller.bureau, key=notice.sample_id)

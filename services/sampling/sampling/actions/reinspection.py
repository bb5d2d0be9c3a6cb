"""Re-inspection (复检): formalities, the laboratory by lot, the reserve sample, its report, the conclusion and the fee (O18 37-42, O15 32-36)."""

import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any
from uuid import UUID

from uuid_utils.compat import uuid7

from common import audit
from common.caller import Caller
from common.db import Session
from common.errors import Invalid, Refused
from common.region import Region
from common.today import check_not_future
from sampling.actions import objection_clocks as clocks
from sampling.actions import reserve
from sampling.actions.facts import refuse_act, refuse_input
from sampling.actions.objection_ends import end_case
from sampling.actions.objections import Act, begin
from sampling.clients import Clients, fetch_certificates, fetch_laboratories, fetch_schemes
from sampling.models import LaboratoryDraw, ObjectionCase, Reinspection, Sample
from sampling.rules import reinspection as rules
from sampling.rules import reinspection_draw as drawing
from sampling.rules.decisions import find_scheme
from sampling.rules.objections import CaseState, Outcome
from sampling.rules.problem import Problem
from sampling.rules.pushed import PushedReport, content_sha256
from sampling.rules.reinspection import EndReason, Step
from sampling.rules.report_checks import ReportContext, check_report, find_certificate
from sampling.rules.samples import Programme
from sampling.store import objections as store


def _at(test: Reinspection, *allowed: Step) -> None:
    refuse_act(rules.check_step(Step[test.state], allowed))


def _late(clock: Any, on: date, code: str, zh: str) -> Refused:
    proof = [{"code": code, "pointer": "/on", "detail": zh, "limit": {"clock": clock.clock_id, "until": str(clock.legal_on), "proof": clock.proof}}]
    return Refused(code, zh, f"{clock.clock_id} ended on {clock.legal_on}", problems=proof)


async def do_formalities(session: Session, act: Act, fee_fen: int) -> ObjectionCase:
    """The applicant did the formalities and paid first (办理复检手续、先行垫付; P06 for products)."""
    sample, case = await begin(session, act, "formalities")
    test = await store.lock_reinspection_of(session, case.id)
    limit = await store.find_clock(session, case.id, "P06")
    if limit is not None and act.on > limit.legal_on:
        raise _late(limit, act.on, "formalities_late", f"办理复检手续期限（P06）已于{limit.legal_on}届满，视为放弃复检")
    test.formalities_on, test.fee_fen, test.revision = act.on, fee_fen, test.revision + 1
    await store.end_clocks(session, case.id, ["P06"], act.on)
    if sample.programme == Programme.PRODUCT:
        await clocks.start(session, case, rules.steps(Programme.PRODUCT, "formalities", act.on))
    audit.record(session, act.caller.bureau, "reinspection.formalities", case.id, {"on": act.on, "fee_fen": fee_fen})
    await store.refresh(session, case)
    return case


async def draw_laboratory(session: Session, clients: Clients, act: Act, excluded: Mapping[str, str]) -> LaboratoryDraw:
    """Draw the laboratory by lot (F10, P07) and keep the protocol; after a laboratory that cannot do it, draw again without it."""
    sample, case = await begin(session, act, "draw")
    test = await store.lock_reinspection_of(session, case.id)
    _at(test, Step.WAITING, Step.DECLINED)
    programme = Programme(sample.programme)
    if programme is Programme.PRODUCT and test.formalities_on is None:
        raise Refused("formalities_missing", "申请人尚未办理复检手续", "the applicant has not done the formalities yet")
    before = await store.draws_of(session, case.id)
    tied = await store.ties_with(session, case.applicant_uscc, case.applicant, act.on)
    terms = drawing.Terms(
        request_id=str(case.id), programme=programme, first_laboratory=test.first_laboratory,
        items=tuple((one["item"], one["method"]) for one in test.task["items"]), tied=dict(excluded) | tied,
        declined=tuple(one.drawn for one in before), drawn_on=act.on,
    )  # fmt: skip
    laboratories = await fetch_laboratories(clients, act.caller)
    seed, entries = secrets.token_bytes(32), drawing.consider(laboratories, terms)
    sole = any(drawing.is_qualified(one, terms) for one in laboratories if one.code == test.first_laboratory)
    drawn = drawing.draw(seed, entries, programme, sole_first=sole)
    if isinstance(drawn, Problem):
        raise Refused(drawn.code, drawn.zh, drawn.en)
    list_hash = drawing.candidates_hash(entries)
    row = LaboratoryDraw(
        id=uuid7(), region_code=case.region_code, sample_id=case.sample_id, objection_id=case.id, round=len(before) + 1, drawn_on=act.on, seed=seed,
        candidates_hash=list_hash, commitment=drawing.commitment(seed, list_hash), protocol=drawing.protocol_of(terms, entries, drawn),
        drawn=drawn.code, drawn_by=act.caller.subject,
    )  # fmt: skip
    await _take_on(session, act, case, test, row)
    return row


async def _take_on(session: Session, act: Act, case: ObjectionCase, test: Reinspection, row: LaboratoryDraw) -> None:
    test.laboratory_code, test.round, test.drawn_on, test.state = row.drawn, row.round, act.on, Step.DRAWN.name
    test.declined_on, test.decline_reason, test.revision = None, "", test.revision + 1
    case.state = CaseState.DRAWN.name
    await store.add(session, row)
    await store.end_clocks(session, case.id, ["F10", "P07"], act.on)
    await clocks.start(session, case, rules.steps(Programme(test.task["programme"]), "drawn", act.on), row.drawn)
    details = {"round": row.round, "drawn": row.drawn, "commitment": row.commitment, "candidates_hash": row.candidates_hash}
    audit.record(session, act.caller.bureau, "reinspection.draw", case.id, details)


async def decline(session: Session, caller: Caller, reinspection_id: UUID, on: date, *, reason: str, today: date) -> Reinspection:
    """The laboratory says in writing that it cannot do it (F11); the bureau draws again."""
    test = await store.lock_drawn(session, reinspection_id, caller.laboratory or "")
    _at(test, Step.DRAWN)
    check_not_future(on, today, "/on")
    if test.drawn_on is not None and on < test.drawn_on:
        raise Invalid("date_order", "日期早于确定机构的日期", "before the laboratory was drawn", pointer="/on")
    test.state, test.declined_on, test.decline_reason, test.revision = Step.DECLINED.name, on, reason, test.revision + 1
    await store.end_clocks(session, test.objection_id, ["F11"], on)
    audit.record(session, Region(test.region_code), "reinspection.decline", test.objection_id, {"on": on, "laboratory": caller.laboratory})
    await store.refresh(session, test)
    return test


@dataclass(frozen=True, slots=True)
class Handover:
    """The reserve sample as it was handed over (备样移交): seal, state, photos, agreed days for the test."""

    seal_no: str
    seal_intact: bool
    note: str
    photos: tuple[str, ...]
    test_days: int | None = None


async def hand_over(session: Session, act: Act, given: Handover) -> ObjectionCase:
    """Hand the reserve sample to the laboratory drawn (F12); with a broken seal the re-inspection ends and the first conclusion stands."""
    sample, case = await begin(session, act, "handover")
    test = await store.lock_reinspection_of(session, case.id)
    _at(test, Step.DRAWN)
    problem = await reserve.is_usable(session, sample, act.on)
    if problem is not None:
        raise Refused(problem.code, problem.zh, problem.en)
    test.handed_on, test.seal_no, test.seal_intact = act.on, given.seal_no, given.seal_intact
    test.handover, test.revision = {"note": given.note, "photos": list(given.photos)}, test.revision + 1
    await store.end_clocks(session, case.id, ["F11", "F12"], act.on)
    audit.record(session, act.caller.bureau, "reinspection.handover", case.id, {"on": act.on, **asdict(given)})
    if not given.seal_intact or given.seal_no != (sample.reserve_seal_no or ""):
        await _finish(session, sample, case, test, (Outcome.REINSPECTION_ENDED, EndReason.SEAL_BROKEN.value, act.on))
    else:
        terms = reserve.Terms(act.on, test.laboratory_code or "", given.seal_no, given.seal_intact, given.photos)
        await reserve.transfer(session, act.caller, sample, terms)
        test.state, case.state = Step.TESTING.name, CaseState.TESTING.name
        started = rules.steps(Programme(sample.programme), "handed", act.on, agreed_days=given.test_days)
        await clocks.start(session, case, started, test.laboratory_code)
    await store.refresh(session, case)
    return case


async def enter_report(
    session: Session, clients: Clients, caller: Caller, reinspection_id: UUID, report: PushedReport, *, today: date
) -> Reinspection:
    """The re-inspection report (F13): disputed items only, judged by the same rules as the first; the same report again changes nothing."""
    test = await store.lock_drawn(session, reinspection_id, caller.laboratory or "")
    sha256 = content_sha256(report)
    if test.report.get("content_sha256") == sha256:
        return test
    _at(test, Step.TESTING)
    certificates = await fetch_certificates(clients, caller)
    schemes = await fetch_schemes(clients, caller, [test.task["product_code"]])
    scheme = find_scheme(schemes[test.task["product_code"]], date.fromisoformat(test.task["judged_on"]))
    if scheme is None:
        raise Refused("scheme_missing", "没有有效的实施细则，无法判定", "no test scheme is in force")
    programme = Programme(test.task["programme"])
    handed = test.handed_on or date.fromisoformat(test.task["sampled_on"])
    context = ReportContext(
        today=today, programme=programme, sampled_on=handed, samplers=frozenset(), cma=find_certificate(certificates, report.cma_no, report.issued_on)
    )
    judged = rules.judge(scheme.supervision, test.task["items"], report.items, report.verdict)
    refuse_input([*_wrong_sample(test, report), *check_report(report, context), *judged.problems])
    test.report_no, test.verdict, test.same, test.reported_on = report.report_no, judged.verdict, judged.same, report.issued_on
    test.report = {
        "content_sha256": sha256, "items": [_row(item) for item in report.items], "explanations": list(judged.explanations),
        "issued_on": report.issued_on.isoformat(), "cma_no": report.cma_no, "conclusion": report.conclusion,
        "persons": {"tested_by": list(report.tested_by), "reviewed_by": report.reviewed_by, "approved_by": report.approved_by},
        "file": {"sha256": report.file.sha256, "name": report.file.name} if report.file else None,
    }  # fmt: skip
    test.state, test.bearer, test.revision = Step.REPORTED.name, rules.bearer(judged.same), test.revision + 1
    await store.end_clocks(session, test.objection_id, ["F13", "P08"], report.issued_on)
    await clocks.start(session, test, rules.steps(programme, "reported", today), caller.laboratory)
    details = {"report_no": report.report_no, "verdict": judged.verdict, "sha256": sha256}
    audit.record(session, Region(test.region_code), "reinspection.report", test.objection_id, details)
    await store.refresh(session, test)
    return test


def _wrong_sample(test: Reinspection, report: PushedReport) -> list[Problem]:
    found = []
    if report.sample_no != test.task["sample_no"]:
        found.append(Problem("sample_unknown", "/sample_no", "抽样单编号与复检任务不符", "not the sample of this re-inspection"))
    if report.replaces is not None:
        found.append(Problem("replaces_unknown", "/replaces", "复检报告不替代初检报告", "a re-inspection report replaces nothing"))
    return found


def _row(item: Any) -> dict[str, Any]:
    return {name: getattr(item, name) for name in item.__struct_fields__}


async def conclude(session: Session, act: Act) -> ObjectionCase:
    """Make the re-inspection's conclusion the batch's final one (复检结论为最终检验结论)."""
    sample, case = await begin(session, act, "conclude")
    test = await store.lock_reinspection_of(session, case.id)
    _at(test, Step.REPORTED)
    if test.reported_on is not None and act.on < test.reported_on:
        raise Invalid("date_order", "日期早于复检报告", "before the re-inspection report", pointer="/on")
    outcome = rules.conclude(test.verdict or "", case.items, test.task["all_failed"])
    await _finish(session, sample, case, test, (outcome, "", act.on))
    audit.record(session, act.caller.bureau, "reinspection.conclude", case.id, {"on": act.on, "outcome": outcome.name, "bearer": test.bearer})
    await store.refresh(session, case)
    return case


async def end(session: Session, act: Act, reason: EndReason) -> ObjectionCase:
    """End without a test (终止复检): the first conclusion stands and the applicant bears what it cost (O18 arts. 37, 39)."""
    sample, case = await begin(session, act, "end")
    test = await store.lock_reinspection_of(session, case.id)
    limit = await store.find_clock(session, case.id, "P06")
    if reason is EndReason.GIVEN_UP and (limit is None or limit.done_on is not None or act.on <= limit.legal_on):
        raise Refused("formalities_running", "办理复检手续期限尚未届满或者手续已办理", "the time for the formalities still runs, or they are done")
    await _finish(session, sample, case, test, (Outcome.REINSPECTION_ENDED, reason.value, act.on))
    audit.record(session, act.caller.bureau, "reinspection.end", case.id, {"on": act.on, "reason": reason.name})
    await store.refresh(session, case)
    return case


async def _finish(session: Session, sample: Sample, case: ObjectionCase, test: Reinspection, end_of: tuple[Outcome, str, date]) -> None:
    outcome, why, on = end_of
    ended = outcome is Outcome.REINSPECTION_ENDED
    test.state = (Step.ENDED if ended else Step.CONCLUDED).name
    if ended:
        test.bearer = rules.APPLICANT
    case.grounds = why
    await store.end_clocks(session, case.id, ["F11", "F12", "F13", "P08"], on)
    await end_case(session, sample, case, outcome, on)

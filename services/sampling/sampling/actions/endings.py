"""Ends of a batch without a report (拒抽、未抽到、终止抽样、无法检验), and the analysis of a problem sample."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID

from longzhi.sampling.v1.events_pb2 import SampleRefused, SampleStopped, SampleUnavailable, SampleUntestable

from common import audit, outbox
from common.caller import Caller
from common.db import Session
from common.region import Region
from sampling.actions.facts import SAMPLE_TOPIC, batch_facts, refuse_act, refuse_input
from sampling.actions.happened import moment, record_event
from sampling.actions.special import Occasion, addressees, tell
from sampling.models import Sample
from sampling.rules.custody import check_absence
from sampling.rules.problem import Problem
from sampling.rules.samples import Programme, SampleState, check_move
from sampling.rules.special import Refusal, Stop, check_refusal, check_stop, notify_by, suspect
from sampling.rules.stored import StoredForm, form_from, list_liable
from sampling.store import evidence
from sampling.store import samples as store


@dataclass(frozen=True, slots=True)
class Ending:
    """Why there is no sample (未抽到), or no result (无法检验)."""

    on: date
    reason: str
    note: str


def _move(sample: Sample, to: SampleState) -> None:
    refuse_act(check_move(SampleState[sample.state], to, Programme(sample.programme)))


def _end(sample: Sample, to: SampleState, ending: Ending) -> None:
    sample.state, sample.ended_on, sample.ended_reason, sample.ended_note = to.name, ending.on, ending.reason, ending.note
    store.touch(sample)


async def _give_back(session: Session, sample: Sample) -> None:
    """The quota gets its batch back, so that a replacement can be drawn."""
    await store.release_slots(session, [(sample.region_code, sample.task_id)])


async def refuse_sample(session: Session, caller: Caller, sample_id: UUID, refusal: Refusal, today: date) -> Sample:
    """The party refused (拒抽): evidence and two signatures; organiser and county are told with the same act (O18 art. 20, O15 art. 21)."""
    sample = await store.lock_own(session, sample_id, caller.bureau.code)
    _move(sample, SampleState.REFUSED)
    form = form_from(sample.form)
    refuse_input(check_refusal(refusal, form, await evidence.list_kinds(session, sample.id), today))
    at = moment(refusal.on, refusal.refused_at)
    _end(sample, SampleState.REFUSED, Ending(refusal.on, refusal.reason.value, refusal.note))
    await _give_back(session, sample)
    words = {
        "reason": refusal.reason.value, "note": refusal.note, "signers": list(refusal.signers), "witness": refusal.witness,
        "asked_price_fen": refusal.asked_price_fen, "marked_price_fen": form.product.unit_price_fen,
    }  # fmt: skip
    record_event(session, sample, "refuse", at, words, actor=caller.subject, laboratory=False)
    occasion = Occasion("refusal", at, notify_by(at), words)
    tell(session, sample, form, occasion, addressees(sample, form.sampled_party.division_code))
    audit.record(session, caller.bureau, "sample.refused", sample.id, {"on": refusal.on, "reason": refusal.reason.value})
    fact = SampleRefused(
        batch=batch_facts(sample, form), reason=refusal.reason.value, refused_at=at.isoformat(), notify_by=notify_by(at).isoformat(),
        note=refusal.note, party_role=list_liable(form)[0].role,
    )  # fmt: skip
    outbox.record(session, SAMPLE_TOPIC, fact, owner=caller.bureau, key=sample.id)
    await store.flush(session, sample)
    return sample


async def mark_unavailable(session: Session, caller: Caller, sample_id: UUID, ending: Ending, today: date) -> Sample:
    """Nothing could be sampled (未抽到样品): terminal, and planning hears that a replacement is wanted (O18 arts. 17, 19)."""
    sample = await store.lock_own(session, sample_id, caller.bureau.code)
    _move(sample, SampleState.NOT_SAMPLED)
    refuse_input(check_absence(ending.on, ending.reason, ending.note, today))
    _end(sample, SampleState.NOT_SAMPLED, ending)
    await _give_back(session, sample)
    audit.record(session, caller.bureau, "sample.not_sampled", sample.id, {"on": ending.on, "reason": ending.reason})
    fact = SampleUnavailable(batch=batch_facts(sample, form_from(sample.form)), reason=ending.reason, on=ending.on.isoformat(), note=ending.note)
    outbox.record(session, SAMPLE_TOPIC, fact, owner=caller.bureau, key=sample.id)
    await store.flush(session, sample)
    return sample


async def stop_sample(session: Session, caller: Caller, sample_id: UUID, stop: Stop, today: date) -> Sample:
    """Illegal production is evident (终止抽样): samplers stop before the seals, for products the laboratory before its report (O18 arts. 16, 29)."""
    at_laboratory = caller.laboratory is not None
    if at_laboratory:
        sample = await store.lock_assigned(session, sample_id, caller.laboratory or "")
    else:
        sample = await store.lock_own(session, sample_id, caller.bureau.code)
        refuse_act(_not_at_laboratory(sample))
    _move(sample, SampleState.STOPPED_ILLEGAL)
    refuse_input(check_stop(stop, sample.sampled_on, today))
    form = form_from(sample.form)
    _end(sample, SampleState.STOPPED_ILLEGAL, Ending(stop.on, stop.reason.value, stop.note))
    await _give_back(session, sample)
    _tell_stop(session, sample, form, (stop, at_laboratory), caller.subject)
    await store.flush(session, sample)
    return sample


def _not_at_laboratory(sample: Sample) -> list[Problem]:
    """What lies at the laboratory is stopped there."""
    if sample.state in (SampleState.RECEIVED.name, SampleState.TESTING.name):
        zh = "样品已在承检机构，由承检机构停止检验并报告（《产品质量监督抽查管理暂行办法》第二十九条）"
        return [Problem("stop_at_laboratory", "/state", zh, "the laboratory that has the sample stops the test")]
    return []


def _tell_stop(session: Session, sample: Sample, form: StoredForm, told: tuple[Stop, bool], actor: str) -> None:
    stop, at_laboratory = told
    maker, who = form.producer or form.sampled_party, suspect(stop.reason, list_liable(form))
    at, owner = moment(stop.on), Region(sample.region_code)
    words = {"reason": stop.reason.value, "licence_no": stop.licence_no, "note": stop.note}
    record_event(session, sample, "stop", at, words, actor=actor, laboratory=at_laboratory)
    occasion = Occasion("illegal", at, None, words | {"producer": maker.name}, at_laboratory)
    tell(session, sample, form, occasion, addressees(sample, who.division_code))
    audit.record(session, owner, "sample.stopped", sample.id, {"on": stop.on, "reason": stop.reason.value})
    fact = SampleStopped(
        batch=batch_facts(sample, form), reason=stop.reason.value, on=stop.on.isoformat(), licence_no=stop.licence_no or "", note=stop.note,
        at_laboratory=at_laboratory, party_role=who.role,
    )  # fmt: skip
    outbox.record(session, SAMPLE_TOPIC, fact, owner=owner, key=sample.id)


async def give_up_test(session: Session, caller: Caller, sample_id: UUID, ending: Ending, today: date) -> Sample:
    """The laboratory cannot test it (无法检验): terminal, a replacement is wanted (O18 art. 30, O15 art. 23)."""
    sample = await store.lock_assigned(session, sample_id, caller.laboratory or "")
    _move(sample, SampleState.TEST_IMPOSSIBLE)
    refuse_input(_day_of_test(sample, ending.on, today))
    _end(sample, SampleState.TEST_IMPOSSIBLE, ending)
    await _give_back(session, sample)
    owner = Region(sample.region_code)
    audit.record(session, owner, "sample.test_impossible", sample.id, {"on": ending.on, "reason": ending.reason})
    record_event(session, sample, "test_impossible", moment(ending.on), {"reason": ending.reason, "note": ending.note}, actor=caller.subject)
    fact = SampleUntestable(batch=batch_facts(sample, form_from(sample.form)), reason=ending.reason, on=ending.on.isoformat())
    outbox.record(session, SAMPLE_TOPIC, fact, owner=owner, key=sample.id)
    await store.flush(session, sample)
    return sample


async def start_test(session: Session, caller: Caller, sample_id: UUID, on: date, today: date) -> Sample:
    """The laboratory begins (检验中): licence or certificate of a product is verified before it (O18 art. 29)."""
    sample = await store.lock_assigned(session, sample_id, caller.laboratory or "")
    _move(sample, SampleState.TESTING)
    refuse_input(_day_of_test(sample, on, today))
    sample.state = SampleState.TESTING.name
    store.touch(sample)
    audit.record(session, Region(sample.region_code), "sample.testing", sample.id, {"on": on})
    record_event(session, sample, "testing", moment(on), {}, actor=caller.subject)
    await store.flush(session, sample)
    return sample


def _day_of_test(sample: Sample, on: date, today: date) -> list[Problem]:
    problems = []
    if on > today:
        problems.append(Problem("date_future", "/on", "日期晚于今日", "in the future"))
    if sample.received_on is not None and on < sample.received_on:
        problems.append(Problem("date_order", "/on", "日期早于接样日期", "before the sample was received"))
    return problems


@dataclass(frozen=True, slots=True)
class Analysis:
    """What the experts made of a problem sample (监测问题专家分析)."""

    on: date
    conclusion: str
    experts: tuple[str, ...]


async def analyse_problem(session: Session, caller: Caller, sample_id: UUID, analysis: Analysis, today: date) -> Sample:
    """A problem of risk monitoring is analysed, not punished: no notice, no re-inspection, no publicity (O15 art. 41)."""
    sample = await store.lock_own(session, sample_id, caller.bureau.code)
    _move(sample, SampleState.ANALYSED)
    refuse_input(_day_of_test(sample, analysis.on, today))
    sample.state = SampleState.ANALYSED.name
    store.touch(sample)
    words = {"conclusion": analysis.conclusion, "experts": list(analysis.experts), "recorded_at": datetime.now(UTC).isoformat(timespec="seconds")}
    record_event(session, sample, "analysis", moment(analysis.on), words, actor=caller.subject, laboratory=False)
    audit.record(session, caller.bureau, "sample.analysed", sample.id, {"on": analysis.on})
    await store.flush(session, sample)
    return sample

"""From the blank form to the sealed sample (抽样、封样), or to its end without one."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from longzhi.sampling.v1.events_pb2 import SampleSealed
from uuid_utils.compat import uuid7

from common import audit, outbox
from common.caller import Caller
from common.db import Session
from common.errors import Invalid, Refused
from common.region import Region
from sampling.actions.facts import SAMPLE_TOPIC, batch_facts, refuse_act, refuse_input
from sampling.clients import Clients, fetch_task
from sampling.models import Sample
from sampling.rules.custody import Seals, check_ending, check_seals
from sampling.rules.form_checks import check_form
from sampling.rules.problem import Problem
from sampling.rules.samples import SampleState, check_move, product_no
from sampling.rules.stored import StoredForm, form_from, in_api_words, rules_form
from sampling.rules.tasks import BODY, AssignedTask, check_fit, level_of, number_prefix
from sampling.store import samples as store

SPECIMEN = "SCP00000000A00100001"  # stands in the checks for the number that is not yet issued


@dataclass(frozen=True, slots=True)
class Draft:
    """A form as it came in: the plain document that is stored, and what decides about it."""

    document: dict[str, Any]
    task_id: UUID
    sample_no: str | None


@dataclass(frozen=True, slots=True)
class Ending:
    """Why there is no sample (拒抽、未抽到)."""

    state: SampleState
    on: date
    reason: str
    note: str


async def create_sample(session: Session, clients: Clients, caller: Caller, draft: Draft, today: date) -> Sample:
    """A checked form within the task's quota; a product gets its number here (O18 arts. 15-18, O15 arts. 14-20)."""
    task = await fetch_task(clients, caller, draft.task_id)
    form = form_from(draft.document)
    _check(form, task, draft.sample_no, today)
    slot = store.Slot(caller.bureau.code, task.task_id, task.laboratory_code, task.quota)
    if not await store.take_slot(session, slot):
        raise Refused("task_quota_full", f"任务 {task.task_no} 的批次数已满", "the task's quota is used up")
    number = draft.sample_no or await _issue_number(session, caller.bureau, task, form)
    sample = Sample(
        id=uuid7(), region_code=caller.bureau.code, source_region_code=task.source_region_code, task_id=task.task_id, plan_id=task.plan_id,
        sample_no=number, number_issued=draft.sample_no is None, product_code=task.product_code, period=task.period, created_by=caller.subject,
        assigned_laboratory=task.laboratory_code, state=SampleState.PLANNED.name, revision=1, **_written(form, draft.document),
    )  # fmt: skip
    store.add(session, sample)
    audit.record(session, caller.bureau, "sample.create", sample.id, {"sample_no": number, "task_id": str(task.task_id)})
    await store.flush(session, sample)
    return sample


def _check(form: StoredForm, task: AssignedTask, sample_no: str | None, today: date) -> None:
    misfits = check_fit(form, task, sample_no)
    faults = check_form(rules_form(form, sample_no or SPECIMEN, task.task_no, task.source_region_code), today)
    refuse_input([*misfits, *in_api_words(faults)])


def _written(form: StoredForm, document: dict[str, Any]) -> dict[str, Any]:
    """The columns that follow from the form."""
    return {
        "programme": form.programme, "form": document, "product_name": form.product.name, "stage": form.stage, "sampled_on": form.sampled_on,
        "place_region_code": Region.of_division(form.sampled_party.division_code).code,
    }  # fmt: skip


async def _issue_number(session: Session, owner: Region, task: AssignedTask, form: StoredForm) -> str:
    prefix = number_prefix(task, form.sampled_on.year, owner.division)
    serial = await store.next_serial(session, owner.code, prefix)
    if serial > 99_999:
        raise Refused("numbers_exhausted", "本年度抽样单编号已用完", "the year's sample numbers are used up")
    return product_no(level_of(task.source_region_code), form.sampled_on.year, owner.division, BODY, serial)


async def change_sample(session: Session, clients: Clients, caller: Caller, sample: Sample, draft: Draft, *, today: date) -> Sample:
    """Another form for a locked sample that is not sealed; task, programme and an issued number stay."""
    refuse_act(_not_planned(sample))
    if draft.task_id != sample.task_id:
        raise Invalid("task_fixed", "不能更换任务", "the task of a form cannot be changed", pointer="/task_id")
    task = await fetch_task(clients, caller, draft.task_id)
    form = form_from(draft.document)
    if sample.number_issued and draft.sample_no == sample.sample_no:
        draft = Draft(draft.document, draft.task_id, None)
    _check(form, task, draft.sample_no, today)
    if not sample.number_issued and draft.sample_no:
        sample.sample_no = draft.sample_no
    for name, value in _written(form, draft.document).items():
        setattr(sample, name, value)
    store.touch(sample)
    audit.record(session, caller.bureau, "sample.change", sample.id, {"revision": sample.revision})
    await store.flush(session, sample)
    return sample


async def seal_sample(session: Session, caller: Caller, sample_id: UUID, seals: Seals, today: date) -> Sample:
    """The form is signed and the seals are set (封样): from now on the assigned laboratory sees the sample (O18 art. 21, O15 art. 19)."""
    sample = await store.lock_own(session, sample_id, caller.bureau.code)
    refuse_act(check_move(SampleState[sample.state], SampleState.SAMPLED))
    form = form_from(sample.form)
    refuse_input(check_seals(seals, form, today))
    sample.state, sample.laboratory_code = SampleState.SAMPLED.name, sample.assigned_laboratory
    sample.sealed_on, sample.seal_no, sample.reserve_seal_no = seals.sealed_on, seals.seal_no, seals.reserve_seal_no
    store.touch(sample)
    audit.record(session, caller.bureau, "sample.seal", sample.id, {"sealed_on": seals.sealed_on, "seal_no": seals.seal_no})
    outbox.record(session, SAMPLE_TOPIC, SampleSealed(batch=batch_facts(sample, form)), owner=caller.bureau, key=sample.id)
    await store.flush(session, sample)
    return sample


async def end_sample(session: Session, caller: Caller, sample_id: UUID, ending: Ending, today: date) -> Sample:
    """Refused (拒抽, O18 art. 20, O15 art. 21) or not available (未抽到): terminal, and the quota gets its batch back."""
    sample = await store.lock_own(session, sample_id, caller.bureau.code)
    refuse_act(check_move(SampleState[sample.state], ending.state))
    refuse_input(check_ending(ending.on, ending.reason, ending.note, today))
    sample.state, sample.ended_on, sample.ended_reason, sample.ended_note = ending.state.name, ending.on, ending.reason, ending.note
    store.touch(sample)
    await store.release_slots(session, [(sample.region_code, sample.task_id)])
    audit.record(session, caller.bureau, f"sample.{ending.state.name.lower()}", sample.id, {"on": ending.on, "reason": ending.reason})
    await store.flush(session, sample)
    return sample


def _not_planned(sample: Sample) -> list[Problem]:
    if sample.state == SampleState.PLANNED.name:
        return []
    zh = f"样品状态为「{SampleState[sample.state].value}」,抽样单不能再改"
    return [Problem("sample_state", "/state", zh, "the form is signed and cannot be changed")]

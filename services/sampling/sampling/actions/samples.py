"""The form while it is written (抽样单)."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from uuid_utils.compat import uuid7

from common import audit
from common.caller import Caller
from common.db import Session
from common.errors import Invalid, Refused
from common.region import Region
from sampling.actions.facts import refuse_act, refuse_input
from sampling.actions.numbers import accept_number, issue_number
from sampling.actions.personal import open_values, seal_values
from sampling.clients import Clients, fetch_task
from sampling.models import Sample
from sampling.rules.form_sense import check_document
from sampling.rules.personal import kept_values, masked_form, opened_form, personal_values
from sampling.rules.problem import Problem
from sampling.rules.samples import Programme, SampleState
from sampling.rules.stored import StoredForm, form_from
from sampling.rules.tasks import AssignedTask, check_fit
from sampling.store import samples as store
from sampling.store import search

SPECIMEN = "SCP00000000A00100001"  # stands in the checks for the number that is not yet issued


@dataclass(frozen=True, slots=True)
class Draft:
    """A form as it came in: the plain document in clear, and what decides about it."""

    document: dict[str, Any]
    task_id: UUID
    sample_no: str | None


@dataclass(frozen=True, slots=True)
class Desk:
    """Who writes forms and with what: peers, caller, the day, and the root of the owners' keys for personal fields."""

    clients: Clients
    caller: Caller
    today: date
    root: str

    @property
    def owner(self) -> Region:
        return self.caller.bureau


async def create_sample(session: Session, desk: Desk, draft: Draft) -> Sample:
    """A checked form within the task's quota; a product gets its number here (O18 arts. 15-18, O15 arts. 14-20)."""
    task = await fetch_task(desk.clients, desk.caller, draft.task_id)
    form = form_from(draft.document)
    refuse_input(find_faults(desk, draft, form, task))
    return await store_form(session, desk, draft, form, task)


def find_faults(desk: Desk, draft: Draft, form: StoredForm, task: AssignedTask) -> list[Problem]:
    """Everything that is wrong with a form, and where."""
    misfits = check_fit(form, task, draft.sample_no, desk.owner.division)
    return [*misfits, *check_document(draft.document, form, draft.sample_no or SPECIMEN, desk.today)]


async def store_form(session: Session, desk: Desk, draft: Draft, form: StoredForm, task: AssignedTask) -> Sample:
    """Take a batch of the quota and keep a form that has no fault; personal fields are sealed, the form keeps their masks."""
    slot = store.Slot(desk.owner.code, task.task_id, task.laboratory_code, task.quota)
    if not await store.take_slot(session, slot):
        raise Refused("task_quota_full", f"任务 {task.task_no} 的批次数已满", "the task's quota is used up")
    number, is_own = await _number(session, desk, draft, form, task)
    sample = Sample(
        id=uuid7(), region_code=desk.owner.code, source_region_code=task.source_region_code, task_id=task.task_id, plan_id=task.plan_id,
        sample_no=number, number_issued=is_own, product_code=task.product_code, period=task.period, created_by=desk.caller.subject,
        assigned_laboratory=task.laboratory_code, state=SampleState.PLANNED.name, revision=1, **_written(form, draft.document),
    )  # fmt: skip
    sample.personal = seal_values(desk.root, desk.owner, sample.id, personal_values(draft.document))
    store.add(session, sample)
    audit.record(session, desk.owner, "sample.create", sample.id, {"sample_no": number, "task_id": str(task.task_id)})
    await store.flush(session, sample)
    await search.remember(session, sample)
    return sample


async def _number(session: Session, desk: Desk, draft: Draft, form: StoredForm, task: AssignedTask) -> tuple[str, bool]:
    """The form's number, and whether it is one of ours."""
    if task.programme is Programme.FOOD:
        return draft.sample_no or "", False
    if draft.sample_no is None:
        return await issue_number(session, desk.owner, task, form), True
    return await accept_number(session, desk.owner, draft.sample_no), True


def _written(form: StoredForm, document: dict[str, Any]) -> dict[str, Any]:
    """The columns that follow from the form."""
    return {
        "programme": form.programme, "form": masked_form(document), "product_name": form.product.name, "party_name": form.sampled_party.name,
        "stage": form.stage, "sampled_on": form.sampled_on, "place_region_code": Region.of_division(form.sampled_party.division_code).code,
    }  # fmt: skip


async def change_sample(session: Session, desk: Desk, sample: Sample, draft: Draft) -> Sample:
    """Another form for a locked sample that is not sealed; task, programme and an issued number stay."""
    refuse_act(_not_planned(sample))
    if draft.task_id != sample.task_id:
        raise Invalid("task_fixed", "不能更换任务", "the task of a form cannot be changed", pointer="/task_id")
    if sample.number_issued and draft.sample_no not in (None, sample.sample_no):
        raise Invalid("number_fixed", "不能更换平台编号", "a number of ours cannot be changed", pointer="/sample_no")
    task = await fetch_task(desk.clients, desk.caller, draft.task_id)
    values = kept_values(draft.document, sample.form, open_values(desk.root, sample))
    draft = Draft(opened_form(draft.document, values), draft.task_id, None if sample.number_issued else draft.sample_no)
    form = form_from(draft.document)
    refuse_input(find_faults(desk, draft, form, task))
    for name, value in _written(form, draft.document).items():
        setattr(sample, name, value)
    sample.sample_no, sample.personal = draft.sample_no or sample.sample_no, seal_values(desk.root, desk.owner, sample.id, values)
    store.touch(sample)
    audit.record(session, desk.owner, "sample.change", sample.id, {"revision": sample.revision})
    await store.flush(session, sample)
    await search.remember(session, sample)
    return sample


def _not_planned(sample: Sample) -> list[Problem]:
    if sample.state == SampleState.PLANNED.name:
        return []
    zh = f"样品状态为「{SampleState[sample.state].value}」,抽样单不能再改"
    return [Problem("sample_state", "/state", zh, "the form is signed and cannot be changed")]

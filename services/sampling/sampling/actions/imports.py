"""Forms from a sheet (抽样单导入): every row is checked as a single form would be; good rows are stored, the others explained cell by cell."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from common import audit
from common.db import Session
from common.errors import NotFound, Problem
from sampling.actions.numbers import accept_number
from sampling.actions.samples import Desk, Draft, find_faults, store_form
from sampling.clients import fetch_task
from sampling.models import Sample
from sampling.rules import problem
from sampling.rules.samples import Programme
from sampling.rules.stored import StoredForm, form_from
from sampling.rules.tasks import AssignedTask
from sampling.store import numbers
from sampling.store import samples as store


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One row: its number in the sheet, and the form that it tells, or why it tells none."""

    number: int
    draft: Draft | None
    faults: tuple[problem.Problem, ...] = ()


@dataclass(slots=True)
class Imported:
    """What became of a sheet: faults by row, and the forms that were stored."""

    read: int
    faults: list[tuple[int, problem.Problem]] = field(default_factory=list)
    stored: list[tuple[int, Sample]] = field(default_factory=list)
    good: int = 0


@dataclass(slots=True)
class _Seen:
    """What earlier rows of the sheet have taken already."""

    numbers: set[str]
    tasks: Counter[UUID] = field(default_factory=Counter)


async def import_forms(session: Session, desk: Desk, rows: Sequence[SheetRow], dry_run: bool) -> Imported:
    """Check all rows; unless it is a trial, store the good ones."""
    done = Imported(len(rows))
    given = [row.draft.sample_no for row in rows if row.draft is not None and row.draft.sample_no]
    seen = _Seen(await numbers.find_numbers(session, desk.owner.code, given))
    taken = await store.count_taken(session, desk.owner.code)
    for row in rows:
        faults = list(row.faults) or await _check(session, desk, row.draft, seen, taken)
        done.faults += [(row.number, fault) for fault in faults]
        if faults or row.draft is None:
            continue
        done.good += 1
        if not dry_run:
            task = await fetch_task(desk.clients, desk.caller, row.draft.task_id)
            done.stored.append((row.number, await store_form(session, desk, row.draft, form_from(row.draft.document), task)))
    if not dry_run:
        audit.record(session, desk.owner, "sample.import", desk.owner.code, {"read": done.read, "stored": len(done.stored)})
    return done


async def _check(session: Session, desk: Desk, draft: Draft | None, seen: _Seen, taken: dict[UUID, int]) -> list[problem.Problem]:
    assert draft is not None
    try:
        task = await fetch_task(desk.clients, desk.caller, draft.task_id)
    except NotFound:
        return [problem.Problem("task_unknown", "/task_id", "本局没有这项任务", "no such task of this bureau")]
    form = form_from(draft.document)
    faults = find_faults(desk, draft, form, task) or await _check_number(session, desk, draft, form, seen)
    return faults or _check_quota(task, seen, taken)


async def _check_number(session: Session, desk: Desk, draft: Draft, form: StoredForm, seen: _Seen) -> list[problem.Problem]:
    number = draft.sample_no
    if number is None:
        return []
    if number in seen.numbers:
        return [problem.Problem("number_used", "/sample_no", f"编号 {number} 已有抽样单使用或在表中重复", "the number is used already")]
    if form.programme == Programme.PRODUCT:
        try:
            await accept_number(session, desk.owner, number)
        except Problem as refusal:
            return [problem.Problem(refusal.code, "/sample_no", refusal.zh, refusal.en)]
    seen.numbers.add(number)
    return []


def _check_quota(task: AssignedTask, seen: _Seen, taken: dict[UUID, int]) -> list[problem.Problem]:
    if taken.get(task.task_id, 0) + seen.tasks[task.task_id] >= task.quota:
        return [problem.Problem("task_quota_full", "/task_id", f"任务 {task.task_no} 的批次数已满", "the task's quota is used up")]
    seen.tasks[task.task_id] += 1
    return []

"""Tasks: made with a plan's publication, accepted by the bureau that executes them."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from longzhi.planning.v1.events_pb2 import TaskAssigned
from uuid_utils.compat import uuid7

from common import audit, outbox
from common.caller import Caller
from common.db import Session
from common.region import Region
from planning import store
from planning.models import Plan, PlanLine, Task
from planning.rules.plans import TaskState, check_accept, task_number
from planning.rules.quota import deal


async def assign_tasks(session: Session, source: Region, plan: Plan, lines: Sequence[PlanLine]) -> int:
    """One task for each line and division, its laboratory dealt from the line's; each is told to the bureau that owns it."""
    quotas = await store.plans.quotas_of(session, [line.id for line in lines])
    last = await store.plans.last_serial(session, source, plan.year)
    tasks: list[dict[str, Any]] = []
    for serial, line in enumerate(lines, start=last + 1):
        line.serial = serial
        dealt = deal(quotas[line.id], line.laboratory_codes)
        tasks += [_task(source, plan, line, (code, batches, dealt[code])) for code, batches in quotas[line.id].items()]
    await store.tasks.add_tasks(session, tasks)
    for task in tasks:
        outbox.record(session, "planning.task.v1", _told(task), owner=Region(task["region_code"]), key=task["id"])
    return len(tasks)


def _task(source: Region, plan: Plan, line: PlanLine, share: tuple[str, int, str]) -> dict[str, Any]:
    owner, quota, laboratory = share
    copied = ("line_no", "quarter", "product_code", "product_name", "stage", "tags", "sampling_due", "test_due")
    return {name: getattr(line, name) for name in copied} | {
        "id": uuid7(), "region_code": owner, "source_region_code": source.code,
        "task_no": task_number(plan.year, source, line.serial or 0, Region(owner)), "plan_id": plan.id, "plan_no": plan.plan_no,
        "line_id": line.id, "programme": plan.programme, "year": plan.year, "laboratory_code": laboratory, "quota": quota,
    }  # fmt: skip


def _told(task: dict[str, Any]) -> TaskAssigned:
    return TaskAssigned(
        task_id=str(task["id"]), task_no=task["task_no"], plan_id=str(task["plan_id"]), source_region_code=task["source_region_code"],
        laboratory_code=task["laboratory_code"], product_code=task["product_code"], quarter=task["quarter"], quota=task["quota"],
    )  # fmt: skip


async def accept_task(session: Session, caller: Caller, task_id: UUID) -> Task:
    """Accept a task (签收任务); only the bureau that executes it does."""
    task = await store.tasks.lock_task(session, caller.bureau, task_id)
    check_accept(task.state)
    task.state, task.accepted_by, task.accepted_at = TaskState.ACCEPTED, caller.subject, datetime.now(UTC)
    task.revision += 1
    audit.record(session, caller.bureau, "task.accept", task.id, {"task_no": task.task_no})
    return task

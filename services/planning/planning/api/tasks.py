"""Tasks (任务): bureaus and laboratories see their own."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from common.caller import Caller
from common.http import CallerDep, PageDep, PageOf, SessionDep, allow, etag, page_of, router
from common.http.paging import keyset
from planning import store
from planning.actions import tasks as actions
from planning.rules.plans import TaskState
from planning.schemas.plans import TaskOut
from planning.schemas.queries import CodeText

api: APIRouter = router(tags=["task"])


@api.get("/tasks")
async def list_tasks(
    session: SessionDep, page: PageDep, caller: CallerDep, quarter: Annotated[int | None, Query(ge=1, le=4)] = None,
    state: TaskState | None = None, product_code: Annotated[CodeText | None, Query()] = None, plan_id: UUID | None = None,
) -> PageOf[TaskOut]:  # fmt: skip
    wanted = {"quarter": quarter, "state": state, "product_code": product_code, "plan_id": plan_id}
    rows = await store.tasks.list_tasks(session, wanted, keyset(page, [UUID]), page.limit)
    return page_of(rows, page, lambda row: (row.id,), TaskOut.model_validate)


@api.get("/tasks/{task_id}")
async def show_task(task_id: UUID, session: SessionDep, response: Response, caller: CallerDep) -> TaskOut:
    task = await store.tasks.get_task(session, task_id)
    response.headers["ETag"] = etag(task.revision)
    return TaskOut.model_validate(task)


@api.post("/tasks/{task_id}/accept")
async def accept_task(task_id: UUID, session: SessionDep, response: Response, caller: Caller = allow("officer")) -> TaskOut:
    task = await actions.accept_task(session, caller, task_id)
    response.headers["ETag"] = etag(task.revision)
    return TaskOut.model_validate(task)

"""Plans (抽检计划) from draft to publication."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from common.caller import Caller
from common.http import PageDep, PageOf, SessionDep, TodayDep, allow, check_match, etag, page_of, router
from common.http.paging import keyset
from common.today import check_not_future
from planning import store
from planning.actions import plans as actions
from planning.models import Plan
from planning.rules.plans import PlanState
from planning.schemas.plans import LineOut, PlanHeadOut, PlanIn, PlanMovedOut, PlanOut, PlanPublishedOut, PublishIn, RemarkIn

api: APIRouter = router(tags=["plan"])

READERS = ("planner", "approver", "officer", "chief", "sampler", "credit", "registrar", "expert_admin", "auditor")


async def shown(session: SessionDep, caller: Caller, plan: Plan, response: Response) -> PlanOut:
    """A plan with its lines and quotas as this caller may see them, and its ETag."""
    lines = await store.plans.lines_of(session, plan.id)
    quotas = await store.plans.quotas_of(session, [line.id for line in lines])
    response.headers["ETag"] = etag(plan.revision)
    return PlanOut.of_lines(plan, [LineOut.of(line, quotas[line.id], caller.bureau) for line in lines])


@api.post("/plans", status_code=201)
async def create_plan(body: PlanIn, session: SessionDep, response: Response, caller: Caller = allow("planner")) -> PlanOut:
    plan = await actions.create_plan(session, caller, body.to_head(), [line.to_line() for line in body.lines])
    return await shown(session, caller, plan, response)


@api.put("/plans/{plan_id}")
async def replace_plan(
    plan_id: UUID, body: PlanIn, request: Request, session: SessionDep, response: Response, caller: Caller = allow("planner")
) -> PlanOut:
    plan = await store.plans.lock_plan(session, caller.bureau, plan_id)
    check_match(request, plan.revision)
    plan = await actions.replace_plan(session, caller, plan, body.to_head(), [line.to_line() for line in body.lines])
    return await shown(session, caller, plan, response)


@api.get("/plans")
async def list_plans(
    session: SessionDep, page: PageDep, caller: Caller = allow(*READERS), year: Annotated[int | None, Query(ge=2000, le=2100)] = None,
    state: PlanState | None = None,
) -> PageOf[PlanHeadOut]:  # fmt: skip
    rows = await store.plans.list_plans(session, {"year": year, "state": state}, keyset(page, [UUID]), page.limit)
    return page_of(rows, page, lambda row: (row.id,), PlanHeadOut.model_validate)


@api.get("/plans/{plan_id}")
async def show_plan(plan_id: UUID, session: SessionDep, response: Response, caller: Caller = allow(*READERS)) -> PlanOut:
    return await shown(session, caller, await store.plans.get_plan(session, plan_id), response)


@api.post("/plans/{plan_id}/submit")
async def submit_plan(plan_id: UUID, session: SessionDep, caller: Caller = allow("planner")) -> PlanMovedOut:
    return PlanMovedOut.of(*await actions.submit_plan(session, caller, plan_id))


@api.post("/plans/{plan_id}/approve")
async def approve_plan(plan_id: UUID, session: SessionDep, caller: Caller = allow("approver")) -> PlanMovedOut:
    return PlanMovedOut.of(*await actions.approve_plan(session, caller, plan_id))


@api.post("/plans/{plan_id}/return")
async def return_plan(plan_id: UUID, body: RemarkIn, session: SessionDep, caller: Caller = allow("approver")) -> PlanHeadOut:
    return PlanHeadOut.model_validate(await actions.return_plan(session, caller, plan_id, body.remark))


@api.post("/plans/{plan_id}/cancel")
async def cancel_plan(plan_id: UUID, body: RemarkIn, session: SessionDep, caller: Caller = allow("planner")) -> PlanHeadOut:
    return PlanHeadOut.model_validate(await actions.cancel_plan(session, caller, plan_id, body.remark))


@api.post("/plans/{plan_id}/publish")
async def publish_plan(
    plan_id: UUID, body: PublishIn, session: SessionDep, today: TodayDep, caller: Caller = allow("planner", "approver")
) -> PlanPublishedOut:
    check_not_future(body.published_on, today, "/published_on")
    plan, number = await actions.publish_plan(session, caller, plan_id, body.published_on)
    return PlanPublishedOut(plan=PlanHeadOut.model_validate(plan), tasks=number)

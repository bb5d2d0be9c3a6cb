"""Quotas (区域配额) and expert panels (专家评审) of plan lines."""

from uuid import UUID

from fastapi import APIRouter, Request, Response

from common.caller import Caller
from common.http import RuntimeDep, SessionDep, TodayDep, allow, check_match, etag, router
from common.today import check_not_future
from planning import store
from planning.actions import lines as actions
from planning.models import Plan
from planning.rules.quota import check_weights
from planning.schemas.plans import AllocateIn, LineOut, PanelIn, QuotasIn

api: APIRouter = router(tags=["plan line"])


async def _locked(request: Request, session: SessionDep, caller: Caller, plan_id: UUID) -> Plan:
    plan = await store.plans.lock_plan(session, caller.bureau, plan_id)
    check_match(request, plan.revision)
    return plan


@api.post("/plans/{plan_id}/lines/{line_id}/quotas:allocate")
async def allocate_quotas(
    plan_id: UUID, line_id: UUID, body: AllocateIn, request: Request, session: SessionDep, runtime: RuntimeDep, response: Response,
    caller: Caller = allow("planner"),
) -> LineOut:  # fmt: skip
    plan, weights = await _locked(request, session, caller, plan_id), check_weights(body.basis, body.pairs())
    line, quotas = await actions.allocate_quotas(
        session, caller, plan, line_id, clients=runtime.clients, basis=body.basis, weights=weights, minimum=body.minimum
    )
    response.headers["ETag"] = etag(plan.revision)
    return LineOut.of(line, quotas, caller.bureau)


@api.put("/plans/{plan_id}/lines/{line_id}/quotas")
async def set_quotas(
    plan_id: UUID, line_id: UUID, body: QuotasIn, request: Request, session: SessionDep, response: Response, caller: Caller = allow("planner")
) -> LineOut:
    plan = await _locked(request, session, caller, plan_id)
    line, quotas = await actions.set_quotas(session, caller, plan, line_id, body.pairs())
    response.headers["ETag"] = etag(plan.revision)
    return LineOut.of(line, quotas, caller.bureau)


@api.post("/plans/{plan_id}/lines/{line_id}/panel")
async def draw_panel(
    plan_id: UUID, line_id: UUID, body: PanelIn, request: Request, session: SessionDep, runtime: RuntimeDep, response: Response, today: TodayDep,
    caller: Caller = allow("planner"),
) -> LineOut:  # fmt: skip
    check_not_future(body.drawn_on, today, "/drawn_on")
    plan = await _locked(request, session, caller, plan_id)
    line = await actions.draw_panel(session, caller, plan, line_id, clients=runtime.clients, **body.model_dump())
    response.headers["ETag"] = etag(plan.revision)
    return LineOut.of(line, (await store.plans.quotas_of(session, [line.id]))[line.id], caller.bureau)


@api.post("/plans/{plan_id}/lines/{line_id}/panel/refresh")
async def refresh_panel(
    plan_id: UUID, line_id: UUID, request: Request, session: SessionDep, runtime: RuntimeDep, response: Response, caller: Caller = allow("planner")
) -> LineOut:
    plan = await _locked(request, session, caller, plan_id)
    line = await actions.refresh_panel(session, caller, plan, line_id, clients=runtime.clients)
    response.headers["ETag"] = etag(plan.revision)
    return LineOut.of(line, (await store.plans.quotas_of(session, [line.id]))[line.id], caller.bureau)

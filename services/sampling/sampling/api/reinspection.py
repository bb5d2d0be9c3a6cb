"""Re-inspection: formalities, draw, hand-over, report, conclusion; and the ties that laboratories declare."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response

from common.caller import Caller
from common.errors import Forbidden, Invalid
from common.http import CallerDep, PageDep, PageOf, RuntimeDep, SessionDep, TodayDep, allow, etag, page_of, raw_json, router
from common.http.paging import keyset
from sampling.actions import reinspection, ties
from sampling.api.objections import DeskDep, WindowDep
from sampling.rules.problem import Problem
from sampling.rules.pushed import read_report
from sampling.schemas.objections import (
    DeclineIn,
    DrawIn,
    DrawOut,
    DrawsOut,
    EndIn,
    FormalitiesIn,
    HandoverIn,
    ObjectionOut,
    OnIn,
    ReinspectionOut,
    TieIn,
    TieOut,
)
from sampling.schemas.reports import push_schema
from sampling.store import objections as store

routes: APIRouter = router(tags=["reinspection"])
_REPORT: dict[str, Any] = {
    "requestBody": {"required": True, "content": {"application/json": {"schema": push_schema()["properties"]["reports"]["items"]}}}
}


@routes.post("/objections/{case_id}/formalities")
async def do_formalities(case_id: UUID, body: FormalitiesIn, desk: DeskDep) -> ObjectionOut:
    """The applicant did the formalities and paid first (办理复检手续)."""
    return await desk.shown(await reinspection.do_formalities(desk.session, desk.act(case_id, body), body.fee_fen))


@routes.post("/objections/{case_id}/draw-laboratory", status_code=201)
async def draw_laboratory(case_id: UUID, body: DrawIn, desk: DeskDep) -> DrawOut:
    """Draw the re-inspection laboratory by lot (随机确定复检机构)."""
    return DrawOut.of(await reinspection.draw_laboratory(desk.session, desk.runtime.clients, desk.act(case_id, body), body.tied))


@routes.get("/objections/{case_id}/draws")
async def list_draws(case_id: UUID, desk: WindowDep) -> DrawsOut:
    """Every draw with seed and list, so that it can be replayed (抽取记录)."""
    await store.find_case(desk.session, case_id)
    return DrawsOut(items=[DrawOut.of(draw) for draw in await store.draws_of(desk.session, case_id)])


@routes.post("/objections/{case_id}/handover")
async def hand_over(case_id: UUID, body: HandoverIn, desk: DeskDep) -> ObjectionOut:
    """The reserve sample goes to the laboratory drawn (备样移交)."""
    return await desk.shown(await reinspection.hand_over(desk.session, desk.act(case_id, body), body.to_handover()))


@routes.post("/objections/{case_id}/conclude")
async def conclude(case_id: UUID, body: OnIn, desk: DeskDep) -> ObjectionOut:
    """The re-inspection's conclusion becomes final (复检结论)."""
    return await desk.shown(await reinspection.conclude(desk.session, desk.act(case_id, body)))


@routes.post("/objections/{case_id}/end")
async def end(case_id: UUID, body: EndIn, desk: DeskDep) -> ObjectionOut:
    """End the re-inspection without a test (终止复检)."""
    return await desk.shown(await reinspection.end(desk.session, desk.act(case_id, body), body.reason))


@routes.get("/reinspections")
async def list_reinspections(session: SessionDep, caller: CallerDep, page: PageDep) -> PageOf[ReinspectionOut]:
    """Re-inspections in reach, newest first: for a laboratory those it was drawn for (复检任务)."""
    before = keyset(page, [UUID])
    rows = await store.list_reinspections(session, before[0] if before else None, page.limit)
    return page_of(rows, page, lambda row: (row.id,), lambda row: ReinspectionOut.of(row, caller))


@routes.post("/reinspections/{reinspection_id}/decline")
async def decline(
    reinspection_id: UUID, body: DeclineIn, session: SessionDep, today: TodayDep, response: Response, caller: Caller = allow("laboratory")
) -> ReinspectionOut:
    """The laboratory drawn cannot do it (书面说明不能承担)."""
    test = await reinspection.decline(session, caller, reinspection_id, body.on, reason=body.reason, today=today)
    response.headers["ETag"] = etag(test.revision)
    return ReinspectionOut.of(test, caller)


@routes.post("/reinspections/{reinspection_id}/report", openapi_extra=_REPORT)
async def enter_report(
    reinspection_id: UUID, request: Request, runtime: RuntimeDep, session: SessionDep, today: TodayDep, caller: Caller = allow("laboratory")
) -> ReinspectionOut:
    """The re-inspection report, in the shape of one report of the push (复检报告)."""
    if caller.laboratory is None:
        raise Forbidden("laboratory_only", "仅限检验机构", "only a laboratory may enter a re-inspection report")
    report = read_report(raw_json(request))
    if isinstance(report, Problem):
        raise Invalid(report.code, report.zh, report.en, pointer=report.pointer)
    return ReinspectionOut.of(await reinspection.enter_report(session, runtime.clients, caller, reinspection_id, report, today=today), caller)


@routes.post("/laboratory-ties", status_code=201)
async def declare_tie(body: TieIn, runtime: RuntimeDep, session: SessionDep, caller: Caller = allow("laboratory")) -> TieOut:
    """Declare a business tie (申报利害关系): this laboratory is not drawn for the party."""
    declared = ties.Declared(body.party_name, body.party_uscc, body.relation, body.until)
    return TieOut.of(await ties.declare(session, caller, runtime.settings.province, declared))


@routes.get("/laboratory-ties")
async def list_ties(session: SessionDep, page: PageDep) -> PageOf[TieOut]:
    """Declared ties in reach, newest first (利害关系清单)."""
    after = keyset(page, [UUID])
    rows = await store.list_ties(session, after[0] if after else None, page.limit)
    return page_of(rows, page, lambda row: (row.id,), TieOut.of)

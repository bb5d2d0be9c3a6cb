"""HTTP routes. Dates are business dates; the future is refused."""

from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from common.caller import Caller
from common.db import Session
from common.http import PageDep, PageOf, SessionDep, TodayDep, allow, check_match, etag, page_of
from common.http import router as new_router
from common.http.paging import keyset
from common.strict import Day
from credit import schemas
from credit.actions import approval, exports, withdrawal
from credit.actions.withdrawal import Target
from credit.models import Record
from credit.store import records as store
from credit.store import versions as version_store

router: APIRouter = new_router(tags=["credit"])
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _match(request: Request) -> Callable[[int], None]:
    return partial(check_match, request)


def _target(record_id: UUID, match: Annotated[Callable[[int], None], Depends(_match)]) -> Target:
    return Target(record_id, match)


TargetDep = Annotated[Target, Depends(_target)]
READER, PROPOSER, APPROVER = allow(*schemas.READERS), allow("credit"), allow("chief")


@router.get("/records", summary="公示记录")
async def list_records(
    session: SessionDep,
    page: PageDep,
    state: schemas.StateName | None = None,
    verdict: schemas.Verdict | None = None,
    period: Annotated[str | None, Query(pattern=r"^[0-9]{4}Q[1-4]$")] = None,
    due_before: Day | None = None,
    sample_id: UUID | None = None,
    caller: Caller = READER,
) -> PageOf[schemas.RecordOut]:
    filters = {"state": state, "verdict": verdict, "period": period, "due_before": due_before, "sample_id": sample_id}
    rows = await store.list_records(session, filters, keyset(page, [UUID]), page.limit)
    return page_of(rows, page, lambda row: (row.id,), schemas.RecordOut.model_validate)


@router.get("/records/{record_id}", summary="公示记录详情与报送版本")
async def show_record(record_id: UUID, session: SessionDep, response: Response, caller: Caller = READER) -> schemas.RecordDetail:
    return await _detail(session, response, await store.get_record(session, record_id))


@router.get("/due", summary="待公示记录及其期限")
async def list_due(
    session: SessionDep,
    page: PageDep,
    today: TodayDep,
    as_of: Day | None = None,
    caller: Caller = READER,
) -> PageOf[schemas.DueOut]:
    day = as_of or today
    rows = await store.list_due(session, day, keyset(page, [date.fromisoformat, UUID]), page.limit)
    return page_of(rows, page, lambda row: (row.due_on, row.id), lambda row: schemas.DueOut.of(row, day))


@router.post("/records:propose", summary="提请公示")
async def propose(body: schemas.ProposeIn, session: SessionDep, today: TodayDep, caller: Caller = PROPOSER) -> schemas.ProposedOut:
    done = await approval.propose(session, caller, body.to_selection(), body.proposed_on, today)
    return schemas.ProposedOut.of(done)


@router.post("/records:approve", summary="批准公示")
async def approve(body: schemas.ApproveIn, session: SessionDep, today: TodayDep, caller: Caller = APPROVER) -> schemas.ApprovedOut:
    wanted = body.record_ids if body.record_ids is not None else body.proposal_id
    return schemas.ApprovedOut(approved=await approval.approve(session, caller, wanted or [], body.approved_on, today))


@router.post("/exports", status_code=201, summary="报送")
async def export(body: schemas.ExportIn, session: SessionDep, today: TodayDep, caller: Caller = PROPOSER) -> schemas.ExportOut:
    return schemas.ExportOut.made(await exports.export(session, caller, body.record_ids, body.exported_on, today))


@router.get("/exports", summary="报送批次")
async def list_exports(session: SessionDep, page: PageDep, caller: Caller = READER) -> PageOf[schemas.ExportOut]:
    rows = await version_store.list_exports(session, keyset(page, [UUID]), page.limit)
    states = await version_store.count_states(session, rows)
    return page_of(rows, page, lambda row: (row.id,), lambda row: schemas.ExportOut.of(row, states[row.id]))


@router.get("/exports/{export_id}", summary="报送批次进度")
async def show_export(export_id: UUID, session: SessionDep, caller: Caller = READER) -> schemas.ExportOut:
    batch = await version_store.get_export(session, export_id)
    states = await version_store.count_states(session, [batch])
    return schemas.ExportOut.of(batch, states[batch.id])


_FILES: dict[int | str, dict[str, Any]] = {200: {"model": schemas.ExportFileOut, "content": {XLSX: {}}}}


@router.get("/exports/{export_id}/file", summary="报送文件", response_class=Response, responses=_FILES)
async def export_file(export_id: UUID, session: SessionDep, format: Literal["xlsx", "json"] = "xlsx", caller: Caller = READER) -> Response:
    batch = await version_store.get_export(session, export_id)
    versions = await version_store.list_export_versions(session, batch)
    headers = {"Content-Disposition": f'attachment; filename="export-{batch.id}.{format}"'}
    if format == "xlsx":
        return Response(exports.workbook(versions), headers=headers, media_type=XLSX)
    states = await version_store.count_states(session, [batch])
    shown = schemas.ExportFileOut(export=schemas.ExportOut.of(batch, states[batch.id]), records=[version.body for version in versions])
    return Response(shown.model_dump_json(), headers=headers, media_type="application/json")


@router.post("/records/{record_id}/withdraw", summary="撤回公示")
async def withdraw(
    body: schemas.WithdrawIn,
    target: TargetDep,
    session: SessionDep,
    today: TodayDep,
    response: Response,
    caller: Caller = APPROVER,
) -> schemas.RecordDetail:
    record = await withdrawal.withdraw(session, caller, target, body.to_grounds(), today)
    return await _detail(session, response, record)


@router.post("/records/{record_id}/resubmit", summary="退回后更正重报")
async def resubmit(
    body: schemas.ResubmitIn,
    target: TargetDep,
    session: SessionDep,
    today: TodayDep,
    response: Response,
    caller: Caller = PROPOSER,
) -> schemas.RecordDetail:
    record = await withdrawal.resubmit(session, caller, target, body.to_correction(), today)
    return await _detail(session, response, record)


async def _detail(session: Session, response: Response, record: Record) -> schemas.RecordDetail:
    response.headers["ETag"] = etag(record.revision)
    return schemas.RecordDetail.of(record, list(await version_store.list_versions(session, record.id)))

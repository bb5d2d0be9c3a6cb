"""Sheets of results: template, import, export."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from common.caller import Caller
from common.http import PageDep, RuntimeDep, SessionDep, TodayDep, allow, router
from common.http.paging import keyset
from common.http.problems import wants_english
from common.sheets import CSV, XLSX, read_sheet
from common.strict import Day
from sampling.actions import sheets
from sampling.rules.sheets import COLUMNS
from sampling.schemas.sheets import ImportedOut
from sampling.store import reports as store

routes: APIRouter = router(tags=["report"])
_FILE: dict[str, Any] = {XLSX: {"schema": {"type": "string", "format": "binary"}}}
_SHEET = {"requestBody": {"required": True, "content": _FILE | {CSV: {"schema": {"type": "string"}}}}}
_OUT: dict[int | str, dict[str, Any]] = {200: {"content": _FILE, "description": "XLSX"}}


def _download(body: bytes, name: str) -> Response:
    return Response(body, media_type=XLSX, headers={"Content-Disposition": f'attachment; filename="{name}"'})


@routes.get("/reports/template", response_class=Response, responses=_OUT)
async def show_template(_: Caller = allow("laboratory", "officer", "chief", "planner", "auditor")) -> Response:
    """The empty sheet of results with its code lists (导入模板)."""
    return _download(sheets.template(), "longzhi-reports-template.xlsx")


@routes.post("/reports:import", openapi_extra=_SHEET)
async def import_reports(
    request: Request, runtime: RuntimeDep, session: SessionDep, today: TodayDep, dry_run: bool = False,
    mode: Literal["partial", "atomic"] = "partial", caller: Caller = allow("laboratory"),
) -> ImportedOut:  # fmt: skip
    """Import a sheet of results (检验结果导入), XLSX or CSV: the same rules as the push, every problem at its cell."""
    body = await request.body()
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    rows = await read_sheet(body, media, columns=len(COLUMNS) + 10)
    desk = sheets.Desk(runtime.db, runtime.clients, caller, today)
    done = await sheets.import_reports(session, desk, rows, body, mode=mode, dry_run=dry_run)
    return ImportedOut.of(done, dry_run, wants_english(request))


@routes.get("/reports:export", response_class=Response, responses=_OUT)
async def export_reports(
    session: SessionDep, page: PageDep, verdict: Literal["合格", "不合格", "问题"] | None = None,
    issued_from: Annotated[Day | None, Query(alias="from")] = None, issued_to: Annotated[Day | None, Query(alias="to")] = None,
    laboratory: Annotated[str | None, Query(max_length=40)] = None, state: Literal["ACCEPTED", "REPLACED"] = "ACCEPTED",
    _: Caller = allow("laboratory", "officer", "chief", "planner", "auditor"),
) -> Response:  # fmt: skip
    """Reports in reach as a sheet of the template's columns, newest first, at most 2,000 (检验结果导出)."""
    before = keyset(page, [UUID])
    wanted = store.ReportFilter(verdict, laboratory, state, issued_from, issued_to)
    rows = await store.list_reports(session, wanted, before[0] if before else None, sheets.MAX_EXPORTED)
    return _download(await sheets.export_reports(session, rows), "longzhi-reports.xlsx")

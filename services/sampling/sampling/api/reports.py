"""The laboratory push, reports, receipt keys and grants."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from common import grants
from common.caller import Caller
from common.errors import Forbidden, Invalid, TooLarge
from common.http import PageDep, PageOf, RuntimeDep, SessionDep, TodayDep, allow, open_router, page_of, raw_json, router
from common.http.paging import keyset
from common.http.problems import wants_english
from common.strict import Day
from sampling.actions import corrections, push
from sampling.actions.receipts import key_set
from sampling.rules.problem import Problem
from sampling.rules.pushed import MAX_REPORTS, Envelope, read_envelope
from sampling.schemas.reports import (
    GrantOut,
    KeysOut,
    PushOut,
    ReportOut,
    ReportsOut,
    ReportWithItems,
    push_body,
    push_schema,
)
from sampling.store import reports as store

routes: APIRouter = router(tags=["report"])
open_keys: APIRouter = open_router(tags=["report"])
_PUSH = {"requestBody": {"required": True, "content": {"application/json": {"schema": push_schema()}}}}
_KEY = {"name": "Idempotency-Key", "in": "header", "required": True, "schema": {"type": "string", "pattern": "^[!-~]{1,200}$"}}


def _call(request: Request, caller: Caller) -> Envelope:
    if caller.laboratory is None:
        raise Forbidden("laboratory_only", "仅限检验机构", "only a laboratory may push reports")
    if "idempotency-key" not in request.headers:
        raise Invalid("idempotency_key_required", "须提供 Idempotency-Key", "Idempotency-Key is required")
    body: Any = raw_json(request)
    if isinstance(body, dict) and isinstance(body.get("reports"), list) and len(body["reports"]) > MAX_REPORTS:
        raise TooLarge("batch_too_large", f"一次最多 {MAX_REPORTS} 份报告", f"at most {MAX_REPORTS} reports a call", pointer="/reports")
    found = read_envelope(body)
    if isinstance(found, Problem):
        raise Invalid(found.code, found.zh, found.en, pointer=found.pointer)
    return found


@routes.post("/reports:batch", response_model=PushOut, openapi_extra=_PUSH | {"parameters": [_KEY]})
async def push_reports(request: Request, runtime: RuntimeDep, session: SessionDep, today: TodayDep, caller: Caller = allow("laboratory")) -> Response:
    """Up to 1,000 reports (检验报告上传): partial or atomic, repeatable, each fault with its pointer, a signed receipt."""
    envelope = _call(request, caller)
    done = await push.push_reports(session, runtime.clients, caller, (envelope, await request.body()), today)
    await corrections.settle(session, runtime.db, caller, done.decisions, today)
    return Response(push_body(done, wants_english(request)), media_type="application/json")


@open_keys.get("/receipts/keys")
async def show_receipt_keys(runtime: RuntimeDep) -> KeysOut:
    """Public keys that check receipts (回执公钥)."""
    return KeysOut.model_validate(key_set(runtime.clients))


@routes.get("/reports")
async def list_reports(
    session: SessionDep, page: PageDep, verdict: Literal["合格", "不合格", "问题"] | None = None,
    issued_from: Annotated[Day | None, Query(alias="from")] = None, issued_to: Annotated[Day | None, Query(alias="to")] = None,
    laboratory: Annotated[str | None, Query(max_length=40)] = None, state: Literal["ACCEPTED", "REPLACED"] | None = None,
) -> PageOf[ReportOut]:  # fmt: skip
    """Reports in reach, newest first; days are days of issue (报告列表)."""
    before = keyset(page, [UUID])
    wanted = store.ReportFilter(verdict, laboratory, state, issued_from, issued_to)
    rows = await store.list_reports(session, wanted, before[0] if before else None, page.limit)
    return page_of(rows, page, lambda row: (row.id,), ReportOut.of)


@routes.get("/reports/{report_id}")
async def show_report(report_id: UUID, session: SessionDep) -> ReportWithItems:
    """One report with its items and why each was judged so (报告详情)."""
    report = await store.find_report(session, report_id)
    return ReportWithItems.with_items(report, await store.list_items(session, report))


@routes.get("/samples/{sample_id}/reports")
async def list_versions(sample_id: UUID, session: SessionDep) -> ReportsOut:
    """All versions of a sample's report (报告版本)."""
    return ReportsOut(items=[ReportOut.of(report) for report in await store.list_versions(session, sample_id)])


@routes.get("/grants")
async def list_grants(session: SessionDep, page: PageDep, basis: Annotated[str | None, Query(max_length=100)] = None) -> PageOf[GrantOut]:
    """Grants in reach by lawful basis (数据授权清单)."""
    after = keyset(page, [UUID])
    rows = await grants.list_grants(session, basis, after[0] if after else None, page.limit)
    return page_of(rows, page, lambda row: (row["id"],), GrantOut.model_validate)

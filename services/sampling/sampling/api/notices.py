"""Notices: service of the result, and who still has to be told."""

from datetime import date
from uuid import UUID

from fastapi import APIRouter

from common.caller import Caller
from common.http import PageDep, PageOf, SessionDep, TodayDep, allow, page_of, router
from common.http.paging import keyset
from sampling.actions import notices
from sampling.schemas.notices import NoticeDueOut, NoticeIn, NoticeOut, NoticesOut
from sampling.store import notices as store
from sampling.store import samples as sample_store

routes: APIRouter = router(tags=["notice"])


@routes.post("/samples/{sample_id}/notices", status_code=201)
async def serve_notice(sample_id: UUID, body: NoticeIn, session: SessionDep, today: TodayDep, caller: Caller = allow("officer")) -> NoticeOut:
    """Record the service of the result on one party (结果告知)."""
    return NoticeOut.of(await notices.serve_notice(session, caller, sample_id, body.to_service(), today))


@routes.get("/samples/{sample_id}/notices")
async def list_notices(sample_id: UUID, session: SessionDep) -> NoticesOut:
    """Notices of a sample (告知记录)."""
    await sample_store.find_sample(session, sample_id)
    return NoticesOut(items=[NoticeOut.of(notice) for notice in await store.list_notices(session, sample_id)])


@routes.get("/notices:due")
async def list_due(
    session: SessionDep, today: TodayDep, page: PageDep, caller: Caller = allow("officer", "chief", "auditor")
) -> PageOf[NoticeDueOut]:
    """Who still has to be told, until when (待告知清单): oldest report first, in the caller's scope."""
    after = keyset(page, [date.fromisoformat, UUID])
    rows = await notices.list_due(session, caller.bureau.code, after, page.limit, today=today)
    return page_of(rows, page, lambda row: (row.report.reported_on, row.report.id), NoticeDueOut.of)

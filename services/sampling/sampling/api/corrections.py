"""Corrected reports: the laboratory asks, the organiser decides; quality events that follow."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query

from common.caller import Caller
from common.http import PageDep, PageOf, SessionDep, TodayDep, allow, page_of, router
from common.http.paging import keyset
from sampling.actions import corrections
from sampling.schemas.corrections import CorrectionIn, CorrectionOut, CorrectionsOut, DecisionIn, FindingIn, QualityEventOut
from sampling.store import corrections as store
from sampling.store import samples as sample_store

routes: APIRouter = router(tags=["correction"])


@routes.post("/samples/{sample_id}/corrections", status_code=201)
async def request_correction(
    sample_id: UUID, body: CorrectionIn, session: SessionDep, today: TodayDep, caller: Caller = allow("laboratory")
) -> CorrectionOut:
    """Ask to correct the effective report (更正申请); approved at once while the result has not been told."""
    return CorrectionOut.of(await corrections.request_correction(session, caller, sample_id, body.to_wish(), today))


@routes.get("/samples/{sample_id}/corrections")
async def list_of_sample(sample_id: UUID, session: SessionDep) -> CorrectionsOut:
    """Requests of one sample (更正记录)."""
    await sample_store.find_sample(session, sample_id)
    return CorrectionsOut(items=[CorrectionOut.of(row) for row in await store.list_of_sample(session, sample_id)])


@routes.get("/corrections")
async def list_corrections(
    session: SessionDep, page: PageDep, state: Literal["REQUESTED", "APPROVED", "REFUSED", "DONE"] | None = None
) -> PageOf[CorrectionOut]:
    """Requests in reach, newest first (更正申请列表)."""
    before = keyset(page, [UUID])
    rows = await store.list_corrections(session, state, before[0] if before else None, page.limit)
    return page_of(rows, page, lambda row: (row.id,), CorrectionOut.of)


@routes.post("/corrections/{correction_id}/approve")
async def approve_correction(
    correction_id: UUID, body: DecisionIn, session: SessionDep, today: TodayDep, caller: Caller = allow("officer", "chief")
) -> CorrectionOut:
    """Approve as the bureau that executes or organised the check (批准更正)."""
    return CorrectionOut.of(await corrections.decide_correction(session, caller, correction_id, (True, body.note), today))


@routes.post("/corrections/{correction_id}/refuse")
async def refuse_correction(
    correction_id: UUID, body: DecisionIn, session: SessionDep, today: TodayDep, caller: Caller = allow("officer", "chief")
) -> CorrectionOut:
    """Refuse a correction (不批准更正)."""
    return CorrectionOut.of(await corrections.decide_correction(session, caller, correction_id, (False, body.note), today))


@routes.get("/quality-events")
async def list_events(session: SessionDep, page: PageDep, laboratory: Annotated[str | None, Query(max_length=40)] = None) -> PageOf[QualityEventOut]:
    """Quality events in reach, newest first (承检机构质量事件)."""
    before = keyset(page, [UUID])
    rows = await store.list_events(session, laboratory, before[0] if before else None, page.limit)
    return page_of(rows, page, lambda row: (row.id,), QualityEventOut.of)


@routes.post("/quality-events/{event_id}/close")
async def close_event(
    event_id: UUID, body: FindingIn, session: SessionDep, today: TodayDep, caller: Caller = allow("officer", "chief")
) -> QualityEventOut:
    """Close a quality event with its finding (质量事件办结)."""
    return QualityEventOut.of(await corrections.close_event(session, caller, event_id, body.finding, today))

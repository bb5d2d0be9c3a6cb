"""Replacements (补抽), and whether a product may be checked again (六个月规则)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from common.caller import Caller
from common.http import CallerDep, PageDep, PageOf, SessionDep, TodayDep, allow, etag, page_of, router
from common.http.paging import keyset
from common.strict import Day
from planning import store
from planning.actions import repeats
from planning.actions import replacements as actions
from planning.rules.repeats import Product
from planning.schemas.queries import Fragment
from planning.schemas.replacements import AnswerIn, RepeatOut, ReplacementOut, ReplacementState

api: APIRouter = router(tags=["replacement"])


@api.get("/replacements")
async def list_replacements(
    session: SessionDep, page: PageDep, caller: CallerDep, state: ReplacementState | None = None, task_id: UUID | None = None,
) -> PageOf[ReplacementOut]:  # fmt: skip
    """Requests in reach, oldest first; the organiser's planner answers them."""
    rows = await store.replacements.list_requests(session, {"state": state, "task_id": task_id}, keyset(page, [UUID]), page.limit)
    return page_of(rows, page, lambda row: (row.id,), ReplacementOut.model_validate)


@api.post("/replacements/{replacement_id}/answer")
async def answer_replacement(
    replacement_id: UUID, body: AnswerIn, session: SessionDep, response: Response, caller: Caller = allow("planner")
) -> ReplacementOut:
    """Grant another draw, or decline it with the reason."""
    row = await actions.answer_request(session, caller, replacement_id, body.to_answer())
    response.headers["ETag"] = etag(row.revision)
    return ReplacementOut.model_validate(row)


@api.get("/repeats")
async def show_repeat(
    session: SessionDep, today: TodayDep, producer_name: Annotated[Fragment, Query()], standard: Annotated[Fragment, Query()],
    spec: Annotated[Fragment, Query()], brand: Annotated[Fragment, Query()] = "/", producer_uscc: Annotated[Fragment, Query()] = "",
    on: Day | None = None, caller: Caller = allow("planner", "officer", "sampler"),
) -> RepeatOut:  # fmt: skip
    """Whether this bureau may check the product on a day, before a draw or a visit (O18 art. 7)."""
    product = Product(producer_uscc, producer_name, standard, brand, spec)
    return RepeatOut.of(await repeats.check_repeat(session, caller, product, on or today, (caller.bureau.code, None)))

"""Test schemes (实施细则)."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from common.caller import Caller
from common.http import CallerDep, PageDep, PageOf, SessionDep, allow, page_of, router
from common.http.paging import keyset
from common.strict import Day
from planning import store
from planning.actions import schemes as actions
from planning.schemas.queries import CodeText, word
from planning.schemas.schemes import SchemeHeadOut, SchemeIn, SchemeOut

api: APIRouter = router(tags=["scheme"])


@api.post("/schemes", status_code=201)
async def draft_scheme(body: SchemeIn, session: SessionDep, caller: Caller = allow("planner")) -> SchemeOut:
    scheme, items = await actions.draft_scheme(session, caller, body.to_head(), [item.to_item() for item in body.items])
    return SchemeOut.of(scheme, items)


@api.post("/schemes/{scheme_id}/publish")
async def publish_scheme(scheme_id: UUID, session: SessionDep, caller: Caller = allow("approver")) -> SchemeHeadOut:
    return SchemeHeadOut.model_validate(await actions.publish_scheme(session, caller, scheme_id))


@api.get("/schemes")
async def list_schemes(
    session: SessionDep, page: PageDep, caller: CallerDep, product_code: Annotated[CodeText, Query()] = "",
    on: Annotated[Day | None, Query(description="生产日期")] = None,
) -> PageOf[SchemeHeadOut]:  # fmt: skip
    after = keyset(page, [word, date.fromisoformat, UUID])
    rows = await store.schemes.list_schemes(session, {"product_code": product_code, "on": on}, after, page.limit)
    return page_of(rows, page, lambda row: (row.product_code, row.valid_from, row.id), SchemeHeadOut.model_validate)


@api.get("/schemes/{scheme_id}")
async def show_scheme(scheme_id: UUID, session: SessionDep, caller: CallerDep) -> SchemeOut:
    scheme = await store.schemes.get_scheme(session, scheme_id)
    return SchemeOut.of(scheme, (await store.schemes.items_of(session, [scheme.id]))[scheme.id])

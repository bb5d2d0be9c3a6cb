"""Published history."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request

from common.caller import Caller
from common.errors import Unsupported
from common.http import PageDep, PageOf, SessionDep, allow, page_of, router
from common.http.paging import keyset
from common.http.problems import wants_english
from sampling.actions.history import import_history
from sampling.schemas.history import HistoryOut, ImportOut
from sampling.store import history as store

routes: APIRouter = router(tags=["history"])
_CSV = {"requestBody": {"required": True, "content": {"text/csv": {"schema": {"type": "string"}}}}}


@routes.post("/history:import", openapi_extra=_CSV)
async def import_results(kind: Literal["product", "food"], request: Request, session: SessionDep, caller: Caller = allow("registrar")) -> ImportOut:
    """A published file (CSV, UTF-8, at most 30,000 rows) into the history (历史公布结果导入)."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "text/csv":
        raise Unsupported("media_type", "请以 text/csv 提交", "send text/csv")
    return ImportOut.of(await import_history(session, caller, kind, await request.body()), wants_english(request))


@routes.get("/history")
async def list_history(
    session: SessionDep, page: PageDep, q: Annotated[str | None, Query(min_length=1, max_length=60)] = None,
    verdict: Literal["合格", "不合格"] | None = None,
) -> PageOf[HistoryOut]:  # fmt: skip
    """Published results in reach, by a fragment of product, party or producer (历史公布结果)."""
    before = keyset(page, [UUID])
    rows = await store.list_results(session, q, verdict, before[0] if before else None, page.limit)
    return page_of(rows, page, lambda row: (row.id,), HistoryOut.model_validate)

"""Forms as descriptions, code lists, import sheets, and blocks of numbers."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response

from common import sheets
from common.caller import Caller
from common.http import PageDep, PageOf, SessionDep, TodayDep, allow, open_router, page_of, router
from common.http.paging import keyset
from common.strict import Day
from sampling.actions import form_sheet, numbers
from sampling.rules.codes import LISTS
from sampling.rules.fields import FORMS
from sampling.schemas.forms import CodesOut, FormOut, ListOut, ListsOut
from sampling.schemas.numbers import BlockDetail, BlockIn, BlockOut
from sampling.store import numbers as store

routes: APIRouter = router(tags=["number"])
open_forms: APIRouter = open_router(tags=["form"])
KindIn = Literal["food", "product", "oil", "online"]
ListName = StrEnum("ListName", {name: name for name in LISTS})  # type: ignore[misc]
On = Annotated[Day | None, Query(alias="on", description="哪一天有效,不填为今天")]
_SHEET: dict[int | str, dict[str, Any]] = {
    200: {"content": {sheets.XLSX: {"schema": {"type": "string", "format": "binary"}}}, "description": "工作簿"}
}
_HOLDERS = ("sampler", "officer", "chief", "auditor")


def _day(on: date | None, today: date) -> date:
    return on or today


@open_forms.get("/forms/{kind}")
async def show_form(kind: KindIn, today: TodayDep, on: On = None) -> FormOut:
    """One form (抽样单栏目): fields with labels, needs, lists of a day, and JSON Schema."""
    return FormOut.of(FORMS[kind], _day(on, today))


@open_forms.get("/forms/{kind}/template", response_class=Response, responses=_SHEET)
async def show_template(kind: Literal["food", "product"]) -> Response:
    """The sheet for POST /v1/samples:import (导入模板), with notes and drop-down lists."""
    headers = {"Content-Disposition": f'attachment; filename="{kind}.xlsx"'}
    return Response(form_sheet.template(kind), media_type=sheets.XLSX, headers=headers)


@open_forms.get("/codes")
async def list_code_lists() -> ListsOut:
    """All code lists (代码表目录)."""
    return ListsOut(items=[ListOut(name=found.name, title=found.title, source=found.source) for found in LISTS.values()])


@open_forms.get("/codes/{name}")
async def show_codes(name: Annotated[ListName, Path(description="代码表")], today: TodayDep, on: On = None) -> CodesOut:
    """One code list as it is on a day (代码表)."""
    return CodesOut.of(str(name), _day(on, today))


@routes.post("/number-blocks", status_code=201)
async def reserve_block(body: BlockIn, session: SessionDep, today: TodayDep, caller: Caller = allow("sampler")) -> BlockDetail:
    """Consecutive product numbers for one device (离线号段预留), at most 200 at once."""
    return BlockDetail.with_unused(await numbers.reserve_block(session, caller, body.to_order(), today))


@routes.get("/number-blocks")
async def list_blocks(
    session: SessionDep, page: PageDep, device: Annotated[str | None, Query(max_length=60)] = None, caller: Caller = allow(*_HOLDERS)
) -> PageOf[BlockOut]:
    """Blocks in reach, newest first (号段列表)."""
    before = keyset(page, [UUID])
    rows = await store.list_blocks(session, device, before[0] if before else None, page.limit)
    return page_of(rows, page, lambda row: (row.id,), BlockOut.of)


@routes.get("/number-blocks/{block_id}")
async def show_block(block_id: UUID, session: SessionDep, caller: Caller = allow(*_HOLDERS)) -> BlockDetail:
    """One block with its numbers that no form has."""
    return BlockDetail.with_unused(await numbers.view_block(session, await store.find_block(session, block_id)))


@routes.post("/number-blocks/{block_id}/return")
async def return_block(block_id: UUID, session: SessionDep, caller: Caller = allow("sampler")) -> BlockDetail:
    """Give a block back (退回号段): what was not used is void; again changes nothing."""
    return BlockDetail.with_unused(await numbers.return_block(session, caller, block_id))

"""Samples: the form, and what is read of batches. Sealing, endings, transport, receipt and reserve are in custody."""

from typing import Annotated, Any, Literal
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import StreamingResponse

from common import sheets
from common.caller import Caller
from common.http import CallerDep, PageDep, PageOf, RuntimeDep, SessionDep, TodayDep, allow, check_match, etag, no_key, page_of, router
from common.http.paging import keyset
from common.http.problems import wants_english
from common.region import PREFIX
from common.strict import Day
from sampling.actions import export, imports, personal, samples
from sampling.models import Sample
from sampling.rules.fields import form_of
from sampling.rules.form_sheet import MAX_COLUMNS, MAX_ROWS
from sampling.schemas.forms import ImportOut, PersonalOut, PrintOut, ReasonIn, SampleIn, draft_of, sheet_drafts
from sampling.schemas.samples import ProgrammeIn, SampleOut, StageIn, StateIn
from sampling.store import samples as store
from sampling.store import search

routes: APIRouter = router(tags=["sample"])
Code = Annotated[str | None, Query(max_length=40)]
Under = Annotated[str | None, Query(pattern=rf"^{PREFIX}$", description="机关代码或其前缀")]
_FILE: dict[str, Any] = {"schema": {"type": "string", "format": "binary"}}
_SHEET = {"requestBody": {"required": True, "content": {sheets.XLSX: _FILE, sheets.CSV: {"schema": {"type": "string"}}}}}
_EXPORT: dict[int | str, dict[str, Any]] = {200: {"content": {sheets.XLSX: _FILE, sheets.CSV: {"schema": {"type": "string"}}}, "description": "文件"}}
_READERS = ("officer", "chief", "sampler", "planner", "approver", "auditor", "credit")
_EXPORTERS = ("officer", "chief", "planner", "approver")


def _desk(runtime: RuntimeDep, today: TodayDep, caller: Caller = allow("sampler")) -> samples.Desk:
    return samples.Desk(runtime.clients, caller, today, runtime.settings.contact_key)


def _wanted(
    state: StateIn | None = None, product_code: Code = None, laboratory: Code = None, programme: ProgrammeIn | None = None,
    stage: StageIn | None = None, task_id: UUID | None = None, sample_no: Code = None, sampled_from: Day | None = None,
    sampled_to: Day | None = None, q: Annotated[str | None, Query(min_length=1, max_length=60, description="产品、单位名称片段,或编号开头")] = None,
    region: Under = None, source: Under = None, period: Annotated[str | None, Query(pattern=r"^20[0-9]{2}Q[1-4]$")] = None,
) -> search.SampleFilter:  # fmt: skip
    return search.SampleFilter(
        state=state, product_code=product_code, laboratory=laboratory, programme=programme, stage=stage, task_id=task_id, sample_no=sample_no,
        sampled_from=sampled_from, sampled_to=sampled_to, q=q, region=region, source=source, period=period,
    )  # fmt: skip


DeskDep = Annotated[samples.Desk, Depends(_desk)]
FilterDep = Annotated[search.SampleFilter, Depends(_wanted)]


def _shown(sample: Sample, caller: Caller, response: Response) -> SampleOut:
    response.headers["ETag"] = etag(sample.revision)
    return SampleOut.of(sample, caller)


@routes.post("/samples", status_code=201)
async def create_sample(desk: DeskDep, body: SampleIn, session: SessionDep, response: Response) -> SampleOut:
    """A new form (新建抽样单) within the task's quota; a product's number is issued here, or is one of the bureau's own block."""
    return _shown(await samples.create_sample(session, desk, draft_of(body)), desk.caller, response)


@routes.get("/samples")
async def list_samples(session: SessionDep, caller: CallerDep, page: PageDep, wanted: FilterDep) -> PageOf[SampleOut]:
    """Samples in reach, newest first (批次列表)."""
    before = keyset(page, [UUID])
    rows = await search.list_samples(session, wanted, before[0] if before else None, page.limit, caller.region)
    return page_of(rows, page, lambda row: (row.id,), lambda row: SampleOut.of(row, caller))


@routes.get("/samples:export", response_class=StreamingResponse, responses=_EXPORT)
async def export_samples(
    runtime: RuntimeDep, session: SessionDep, today: TodayDep, wanted: FilterDep, programme: ProgrammeIn,
    ending: Annotated[Literal["xlsx", "csv"], Query(alias="format")] = "xlsx", caller: Caller = allow(*_EXPORTERS),
) -> StreamingResponse:  # fmt: skip
    """Forms of one programme as a file (抽样数据导出): the national 78 columns for food, all fields for products; at most 50,000 rows."""
    done = await export.export_samples(session, runtime.clients, caller, wanted, ending, today=today)
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(done.name)}", "Cache-Control": "no-store"}
    return StreamingResponse(done.chunks(), media_type=sheets.XLSX if ending == "xlsx" else sheets.CSV, headers=headers)


@routes.post("/samples:import", openapi_extra=_SHEET)
async def import_samples(desk: DeskDep, kind: Literal["food", "product"], request: Request, session: SessionDep, dry_run: bool = False) -> ImportOut:
    """Forms from a sheet (抽样单导入), at most 500 rows: good rows become forms, every wrong cell is told; a trial stores nothing."""
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    rows, columns = sheet_drafts(kind, await sheets.read_sheet(await request.body(), media, MAX_ROWS, MAX_COLUMNS))
    done = await imports.import_forms(session, desk, rows, dry_run)
    return ImportOut.of(done, columns, dry_run=dry_run, english=wants_english(request))


@routes.get("/samples/{sample_id}")
async def show_sample(sample_id: UUID, session: SessionDep, response: Response, caller: CallerDep) -> SampleOut:
    """One sample (批次)."""
    return _shown(await store.find_sample(session, sample_id), caller, response)


@routes.get("/samples/{sample_id}/print")
async def print_sample(sample_id: UUID, session: SessionDep, caller: Caller = allow(*_READERS)) -> PrintOut:
    """The form as a table of labels and values (抽样单打印视图)."""
    sample = await store.find_sample(session, sample_id)
    groups = [{"name": name, "lines": [line._asdict() for line in lines]} for name, lines in export.view_form(sample)]
    title = form_of(sample.form).title
    return PrintOut.model_validate({"sample_id": sample.id, "sample_no": sample.sample_no, "title": title, "groups": groups})


@routes.post("/samples/{sample_id}/unmask", dependencies=[Depends(no_key)])
async def unmask_sample(
    sample_id: UUID, body: ReasonIn, runtime: RuntimeDep, session: SessionDep, response: Response,
    caller: Caller = allow("officer", "chief", "sampler"),
) -> PersonalOut:  # fmt: skip
    """Personal fields in clear (查看个人信息), for a reason that the owner's audit trail keeps."""
    response.headers["Cache-Control"] = "no-store"
    values = await personal.unmask(session, caller, sample_id, body.reason, runtime.settings.contact_key)
    return PersonalOut(sample_id=sample_id, values=values)


@routes.put("/samples/{sample_id}")
async def change_sample(desk: DeskDep, sample_id: UUID, body: SampleIn, request: Request, session: SessionDep, response: Response) -> SampleOut:
    """Another form before it is signed (修改未封样的抽样单); personal fields sent back masked stay as they are."""
    sample = await store.lock_own(session, sample_id, desk.owner.code)
    check_match(request, sample.revision)
    return _shown(await samples.change_sample(session, desk, sample, draft_of(body)), desk.caller, response)

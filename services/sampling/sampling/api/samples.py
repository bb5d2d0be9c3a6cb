"""Samples: form, seal, endings, receipt at the laboratory."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from common.caller import Caller
from common.http import CallerDep, PageDep, PageOf, RuntimeDep, SessionDep, TodayDep, allow, check_match, etag, page_of, router
from common.http.paging import keyset
from common.http.problems import wants_english
from common.strict import Day
from sampling.actions import custody, samples
from sampling.models import Sample
from sampling.schemas.samples import (
    AbsenceIn,
    ProgrammeIn,
    ReceiptIn,
    ReceiptResultOut,
    ReceiptsIn,
    ReceiptsOut,
    RefusalIn,
    SampleIn,
    SampleOut,
    SealIn,
    StageIn,
    StateIn,
)
from sampling.store import samples as store

routes: APIRouter = router(tags=["sample"])
Code = Annotated[str | None, Query(max_length=40)]


def _shown(sample: Sample, caller: Caller, response: Response) -> SampleOut:
    response.headers["ETag"] = etag(sample.revision)
    return SampleOut.of(sample, caller)


@routes.post("/samples", status_code=201)
async def create_sample(
    body: SampleIn, runtime: RuntimeDep, session: SessionDep, today: TodayDep, response: Response, caller: Caller = allow("sampler")
) -> SampleOut:
    """A new form (新建抽样单) within the task's quota; a product's number is issued here."""
    sample = await samples.create_sample(session, runtime.clients, caller, body.to_draft(), today)
    return _shown(sample, caller, response)


@routes.get("/samples")
async def list_samples(
    session: SessionDep, caller: CallerDep, page: PageDep, state: StateIn | None = None, product_code: Code = None, laboratory: Code = None,
    programme: ProgrammeIn | None = None, stage: StageIn | None = None, task_id: UUID | None = None, sample_no: Code = None,
    sampled_from: Day | None = None, sampled_to: Day | None = None,
) -> PageOf[SampleOut]:  # fmt: skip
    """Samples in reach, newest first (批次列表)."""
    wanted = store.SampleFilter(state, product_code, laboratory, programme, stage, task_id, sample_no, sampled_from, sampled_to)
    before = keyset(page, [UUID])
    rows = await store.list_samples(session, wanted, before[0] if before else None, page.limit)
    return page_of(rows, page, lambda row: (row.id,), lambda row: SampleOut.of(row, caller))


@routes.get("/samples/{sample_id}")
async def show_sample(sample_id: UUID, session: SessionDep, response: Response, caller: CallerDep) -> SampleOut:
    """One sample (批次)."""
    return _shown(await store.find_sample(session, sample_id), caller, response)


@routes.put("/samples/{sample_id}")
async def change_sample(
    sample_id: UUID, body: SampleIn, request: Request, runtime: RuntimeDep, session: SessionDep, today: TodayDep, response: Response,
    caller: Caller = allow("sampler"),
) -> SampleOut:  # fmt: skip
    """Another form before it is signed (修改未封样的抽样单)."""
    sample = await store.lock_own(session, sample_id, caller.bureau.code)
    check_match(request, sample.revision)
    return _shown(await samples.change_sample(session, runtime.clients, caller, sample, body.to_draft(), today=today), caller, response)


@routes.post("/samples/{sample_id}/seal")
async def seal_sample(
    sample_id: UUID, body: SealIn, session: SessionDep, today: TodayDep, response: Response, caller: Caller = allow("sampler")
) -> SampleOut:
    """Sign the form and set the seals (封样)."""
    return _shown(await samples.seal_sample(session, caller, sample_id, body.to_seals(), today), caller, response)


@routes.post("/samples/{sample_id}/refuse")
async def refuse_sample(
    sample_id: UUID, body: RefusalIn, session: SessionDep, today: TodayDep, response: Response, caller: Caller = allow("sampler")
) -> SampleOut:
    """The party refused (拒抽)."""
    return _shown(await samples.end_sample(session, caller, sample_id, body.to_ending(), today), caller, response)


@routes.post("/samples/{sample_id}/not-available")
async def mark_not_available(
    sample_id: UUID, body: AbsenceIn, session: SessionDep, today: TodayDep, response: Response, caller: Caller = allow("sampler")
) -> SampleOut:
    """Nothing could be sampled (未抽到样品)."""
    return _shown(await samples.end_sample(session, caller, sample_id, body.to_ending(), today), caller, response)


@routes.post("/samples/{sample_id}/receipt")
async def receive_sample(
    sample_id: UUID, body: ReceiptIn, session: SessionDep, today: TodayDep, response: Response, caller: Caller = allow("laboratory")
) -> SampleOut:
    """The laboratory takes the sample in, or rejects it (接样、拒收)."""
    return _shown(await custody.receive_sample(session, caller, sample_id, body.to_arrival(), today), caller, response)


@routes.post("/receipts:batch")
async def receive_samples(
    body: ReceiptsIn, request: Request, session: SessionDep, today: TodayDep, caller: Caller = allow("laboratory")
) -> ReceiptsOut:
    """Up to 500 receipts; good ones are stored, the others explained (批量接样)."""
    arrivals = [(receipt.sample_id, receipt.to_arrival()) for receipt in body.receipts]
    results = await custody.receive_many(session, caller, arrivals, today)
    return ReceiptsOut(results=[ReceiptResultOut.of(result, wants_english(request)) for result in results])

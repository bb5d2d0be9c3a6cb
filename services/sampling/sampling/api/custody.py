"""From the seals to the laboratory's bench, and the ends without a report: seal, refusal, absence, stop, transport, receipt."""

from uuid import UUID

from fastapi import APIRouter, Request, Response

from common.caller import Caller
from common.http import RuntimeDep, SessionDep, TodayDep, allow, etag, router
from common.http.problems import wants_english
from sampling.actions import custody, endings, sealing, transport
from sampling.models import Sample
from sampling.rules.receipt import delivery_clock
from sampling.rules.samples import Programme
from sampling.schemas.custody import (
    AbsenceIn,
    AnalysisIn,
    CustodyOut,
    DispatchIn,
    DispatchOut,
    EventOut,
    ReceiptIn,
    ReceiptResultOut,
    ReceiptsIn,
    ReceiptsOut,
    RefusalIn,
    SealIn,
    StopIn,
    TestImpossibleIn,
    TestStartIn,
    WaypointIn,
    delivery_out,
)
from sampling.schemas.samples import SampleOut
from sampling.store import custody as store
from sampling.store import samples as sample_store

routes: APIRouter = router(tags=["custody"])


def _shown(sample: Sample, caller: Caller, response: Response) -> SampleOut:
    response.headers["ETag"] = etag(sample.revision)
    return SampleOut.of(sample, caller)


@routes.post("/samples/{sample_id}/seal")
async def seal_sample(
    sample_id: UUID, body: SealIn, runtime: RuntimeDep, session: SessionDep, today: TodayDep, response: Response, caller: Caller = allow("sampler")
) -> SampleOut:
    """Sign the form and set the seals (封样); licence and six-month rule are asked on the day."""
    given = (body.to_seals(), body.to_circumstances(), today)
    return _shown(await sealing.seal_sample(session, runtime.clients, caller, sample_id, given), caller, response)


@routes.post("/samples/{sample_id}/refuse")
async def refuse_sample(
    sample_id: UUID, body: RefusalIn, session: SessionDep, today: TodayDep, response: Response, caller: Caller = allow("sampler")
) -> SampleOut:
    """The party refused (拒抽): evidence first, two samplers sign; organiser and county are told with the same act."""
    return _shown(await endings.refuse_sample(session, caller, sample_id, body.to_refusal(), today), caller, response)


@routes.post("/samples/{sample_id}/not-available")
async def mark_not_available(
    sample_id: UUID, body: AbsenceIn, session: SessionDep, today: TodayDep, response: Response, caller: Caller = allow("sampler")
) -> SampleOut:
    """Nothing could be sampled (未抽到样品); planning hears that a replacement is wanted."""
    return _shown(await endings.mark_unavailable(session, caller, sample_id, body.to_ending(), today), caller, response)


@routes.post("/samples/{sample_id}/stop")
async def stop_sample(
    sample_id: UUID, body: StopIn, session: SessionDep, today: TodayDep, response: Response, caller: Caller = allow("sampler", "laboratory")
) -> SampleOut:
    """Illegal production is evident without a test (终止抽样): samplers before the seals, the laboratory before the report."""
    return _shown(await endings.stop_sample(session, caller, sample_id, body.to_stop(), today), caller, response)


@routes.post("/samples/{sample_id}/dispatch", status_code=201)
async def dispatch_sample(
    sample_id: UUID, body: DispatchIn, runtime: RuntimeDep, session: SessionDep, today: TodayDep, caller: Caller = allow("sampler")
) -> DispatchOut:
    """The sealed sample goes on its way (送样)."""
    row = await transport.dispatch_sample(session, runtime.clients, caller, sample_id, (body.to_leaving(), today))
    return DispatchOut.model_validate({name: getattr(row, name) for name in DispatchOut.model_fields})


@routes.post("/samples/{sample_id}/tracking", status_code=201)
async def add_waypoint(sample_id: UUID, body: WaypointIn, session: SessionDep, caller: Caller = allow("sampler")) -> EventOut:
    """Something heard of a sample under way (物流轨迹、温度)."""
    return EventOut.of(await transport.add_waypoint(session, caller, sample_id, body.to_waypoint()))


@routes.get("/samples/{sample_id}/custody")
async def show_custody(sample_id: UUID, session: SessionDep) -> CustodyOut:
    """The way of a sample (样品流转): F01 with its proof, dispatch, and everything that happened."""
    sample = await sample_store.find_sample(session, sample_id)
    sent = await store.find_dispatch(session, sample_id)
    clock = delivery_clock(Programme(sample.programme), sample.sealed_on) if sample.sealed_on else None
    return CustodyOut(
        sample_id=sample.id, state=sample.state, delivery=delivery_out(clock) if clock else None,
        dispatch=DispatchOut.model_validate({name: getattr(sent, name) for name in DispatchOut.model_fields}) if sent else None,
        events=[EventOut.of(event) for event in await store.list_events(session, sample_id)],
    )  # fmt: skip


@routes.post("/samples/{sample_id}/receipt")
async def receive_sample(
    sample_id: UUID, body: ReceiptIn, runtime: RuntimeDep, session: SessionDep, today: TodayDep, response: Response,
    caller: Caller = allow("laboratory"),
) -> SampleOut:  # fmt: skip
    """The laboratory takes the sample in, or rejects it (接样、拒收)."""
    sample = await custody.receive_sample(session, caller, sample_id, (body.to_arrival(), today), runtime.settings.contact_key)
    return _shown(sample, caller, response)


@routes.post("/receipts:batch")
async def receive_samples(
    body: ReceiptsIn, request: Request, runtime: RuntimeDep, session: SessionDep, today: TodayDep, caller: Caller = allow("laboratory")
) -> ReceiptsOut:
    """Up to 500 receipts; good ones are stored, the others explained (批量接样)."""
    arrivals = [(receipt.sample_id, receipt.to_arrival()) for receipt in body.receipts]
    results = await custody.receive_many(session, caller, arrivals, today, runtime.settings.contact_key)
    return ReceiptsOut(results=[ReceiptResultOut.of(result, wants_english(request)) for result in results])


@routes.post("/samples/{sample_id}/testing")
async def start_test(
    sample_id: UUID, body: TestStartIn, session: SessionDep, today: TodayDep, response: Response, caller: Caller = allow("laboratory")
) -> SampleOut:
    """The laboratory begins (开始检验); optional, a report may follow the receipt at once."""
    return _shown(await endings.start_test(session, caller, sample_id, body.on, today), caller, response)


@routes.post("/samples/{sample_id}/test-impossible")
async def give_up_test(
    sample_id: UUID, body: TestImpossibleIn, session: SessionDep, today: TodayDep, response: Response, caller: Caller = allow("laboratory")
) -> SampleOut:
    """The laboratory cannot test it (无法检验)."""
    return _shown(await endings.give_up_test(session, caller, sample_id, body.to_ending(), today), caller, response)


@routes.post("/samples/{sample_id}/analysis")
async def analyse_problem(
    sample_id: UUID, body: AnalysisIn, session: SessionDep, today: TodayDep, response: Response, caller: Caller = allow("officer")
) -> SampleOut:
    """Experts analysed a problem of risk monitoring (监测问题专家分析)."""
    return _shown(await endings.analyse_problem(session, caller, sample_id, body.to_analysis(), today), caller, response)

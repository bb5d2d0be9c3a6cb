"""gRPC: what is known of a batch and its report, decided on the forwarded user's token."""

from uuid import UUID

import grpc
from longzhi.sampling.v1.sampling_service_pb2 import GetReportRequest, GetReportResponse, GetSampleRequest, GetSampleResponse
from longzhi.sampling.v1.sampling_service_pb2_grpc import SamplingServiceServicer, add_SamplingServiceServicer_to_server

from common import rpc
from common.errors import Invalid, not_found
from common.runtime import Runtime
from sampling.actions.facts import batch_facts, report_fact
from sampling.rules.stored import form_from
from sampling.store import reports, samples


class SamplingServicer(SamplingServiceServicer):
    """Answers in the caller's scope."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime

    async def GetSample(self, request: GetSampleRequest, context: grpc.aio.ServicerContext) -> GetSampleResponse:
        async with rpc.unit(self.runtime, context) as (caller, session):
            sample = await samples.find_sample(session, _id(request.sample_id))
            batch = batch_facts(sample, form_from(sample.form))
            if caller.region is None:
                batch.ClearField("parties")  # laboratories work blind
            return GetSampleResponse(batch=batch, region_code=sample.region_code, state=sample.state)

    async def GetReport(self, request: GetReportRequest, context: grpc.aio.ServicerContext) -> GetReportResponse:
        async with rpc.unit(self.runtime, context) as (caller, session):
            sample = await samples.find_sample(session, _id(request.sample_id))
            if sample.effective_report_id is None:
                raise not_found("报告", "report")
            report = await reports.find_report(session, sample.effective_report_id)
            batch = batch_facts(sample, form_from(sample.form))
            if caller.region is None:
                batch.ClearField("parties")
            return GetReportResponse(report=report_fact(report, await reports.list_items(session, report), batch))


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise Invalid("uuid_format", "编号格式不正确", "not a UUID") from error


def add(runtime: Runtime, server: grpc.aio.Server) -> None:
    """Put the servicer on a server."""
    add_SamplingServiceServicer_to_server(SamplingServicer(runtime), server)  # type: ignore[no-untyped-call]

"""gRPC on a real server with the user's own token."""

import grpc
import pytest
from longzhi.sampling.v1.sampling_service_pb2 import GetReportRequest, GetSampleRequest
from longzhi.sampling.v1.sampling_service_pb2_grpc import SamplingServiceStub

from common import rpc as edge
from common.testing import token
from sampling import rpc


@pytest.fixture
async def stub(platform):
    server = grpc.aio.server()
    rpc.add(platform.runtime, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    channel = edge.channel(f"127.0.0.1:{port}")
    yield SamplingServiceStub(channel)
    await channel.close()
    await server.stop(None)


def as_user(region=None, laboratory=None):
    signed = token("u", "officer" if region else "laboratory", region=region, laboratory=laboratory)
    return {"timeout": 5, "metadata": (("authorization", f"Bearer {signed}"),)}


async def test_a_sample_is_told_to_those_in_reach(stub, batch):
    sample = await batch.failed()
    for region in ("620102", "6201", "62", "620902"):
        answer = await stub.GetSample(GetSampleRequest(sample_id=sample["id"]), **as_user(region))
        assert (answer.region_code, answer.state, answer.batch.sample_no) == ("620102", "NON_CONFORMING", sample["sample_no"])
        assert [p.role for p in answer.batch.parties] == ["seller", "producer"]
    blind = await stub.GetSample(GetSampleRequest(sample_id=sample["id"]), **as_user(laboratory="L01"))
    assert list(blind.batch.parties) == []


async def test_the_effective_report_is_told_as_it_was(stub, batch):
    sample = await batch.failed()
    report = (await stub.GetReport(GetReportRequest(sample_id=sample["id"]), **as_user("620102"))).report
    assert (report.report_id, report.verdict, report.serious, report.item_count) == (sample["report_id"], "不合格", True, 2)
    assert [(f.item, f.limit) for f in report.failed_items] == [("甲醛释放量", "≤0.124 mg/m³")]
    blind = await stub.GetReport(GetReportRequest(sample_id=sample["id"]), **as_user(laboratory="L01"))
    assert list(blind.report.batch.parties) == []


@pytest.mark.parametrize("region", ["620103", "620602"])
async def test_a_stranger_gets_not_found(stub, batch, region):
    sample = await batch.failed()
    for method, request in ((stub.GetSample, GetSampleRequest), (stub.GetReport, GetReportRequest)):
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await method(request(sample_id=sample["id"]), **as_user(region))
        assert refused.value.code() is grpc.StatusCode.NOT_FOUND


async def test_no_report_no_token_and_no_uuid_are_refused(stub, batch):
    sample = await batch.draft()
    for request, metadata, status in (
        (GetReportRequest(sample_id=sample["id"]), as_user("620102"), grpc.StatusCode.NOT_FOUND),
        (GetReportRequest(sample_id=sample["id"]), {"timeout": 5}, grpc.StatusCode.UNAUTHENTICATED),
        (GetReportRequest(sample_id="x"), as_user("620102"), grpc.StatusCode.INVALID_ARGUMENT),
    ):
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await stub.GetReport(request, **metadata)
        assert refused.value.code() is status

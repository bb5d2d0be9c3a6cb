"""Other services ask whether a batch is public, as the user who asked them."""

import grpc
import pytest
from longzhi.credit.v1 import credit_service_pb2 as pb
from longzhi.credit.v1.credit_service_pb2_grpc import CreditServiceStub

from common import rpc
from common.testing import token
from credit import rpc as ours


@pytest.fixture
async def stub(platform):
    server = grpc.aio.server()
    ours.add(platform.runtime, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with rpc.channel(f"127.0.0.1:{port}") as channel:
        yield CreditServiceStub(channel)
    await server.stop(None)


def as_user(*roles, region="620102"):
    return (("authorization", f"Bearer {token('user', *roles, region=region)}"),)


async def refusal(call):
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return caught.value.code().name, dict(caught.value.trailing_metadata())["problem-code"]


async def test_publicity_of_a_batch(credit, stub, make):
    batch = make.batch(verdict="不合格")
    await credit.hear(batch.accepted())
    ask = pb.GetPublicityRequest(sample_id=batch.sample_id)
    found = (await stub.GetPublicity(ask, timeout=5, metadata=as_user("officer"))).records
    assert {(r.party_role, r.state, r.due_on) for r in found} == {("seller", "PENDING", ""), ("producer", "PENDING", "")}
    await credit.hear(batch.notified())
    found = (await stub.GetPublicity(ask, timeout=5, metadata=as_user("auditor", region="62"))).records
    assert {(r.state, r.due_on) for r in found} == {("DUE", "2021-04-16")}
    assert list((await stub.GetPublicity(ask, timeout=5, metadata=as_user("officer", region="620103"))).records) == []


async def test_refusals(stub):
    ask = pb.GetPublicityRequest(sample_id="x")
    assert await refusal(stub.GetPublicity(ask, timeout=5, metadata=as_user("officer"))) == ("NOT_FOUND", "not_found")
    assert await refusal(stub.GetPublicity(ask, timeout=5, metadata=as_user("sampler"))) == ("PERMISSION_DENIED", "role_missing")
    assert await refusal(stub.GetPublicity(ask, timeout=5)) == ("UNAUTHENTICATED", "token_invalid")

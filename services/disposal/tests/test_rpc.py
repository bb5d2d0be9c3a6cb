"""gRPC over a real server: legs of a batch in the caller's reach."""

import pytest
from longzhi.disposal.v1 import disposal_service_pb2 as pb
from longzhi.disposal.v1 import disposal_service_pb2_grpc as stubs

from common import rpc, testing
from common.errors import Forbidden, Invalid
from disposal import rpc as servicer


@pytest.fixture
async def stub(platform, unused_tcp_port):
    server = await rpc.serve(f"127.0.0.1:{unused_tcp_port}", platform.runtime, servicer.add)
    channel = rpc.channel(f"127.0.0.1:{unused_tcp_port}")
    yield stubs.DisposalServiceStub(channel)
    await channel.close()
    await server.stop(None)


async def ask(stub, sample_id, who):
    return (await rpc.ask(stub.ListLegs, pb.ListLegsRequest(sample_id=str(sample_id)), who, 5)).legs


async def test_each_bureau_sees_the_legs_in_its_reach(world, parties, stub):
    fact = world.report(parties["seller"], parties["producer"])
    await world.hear(fact)
    seen = {
        region: [leg.region_code for leg in await ask(stub, fact.batch.sample_id, testing.caller("o", "officer", region=region))]
        for region in ("62", "620102", "620902", "620602")
    }
    assert seen == {"62": ["620102", "620902"], "620102": ["620102", "620902"], "620902": ["620902"], "620602": []}


async def test_a_closed_leg_tells_its_state_and_days(world, stub):
    leg = await world.closed()
    (told,) = await ask(stub, leg["sample_id"], testing.caller("s", "sampler", region="620102"))
    assert (told.leg_id, told.party_role, told.state) == (str(leg["id"]), "seller", "CLOSED")
    assert (told.due_on, told.closed_on) == ("2026-04-07", "2026-01-30")


async def test_a_bad_id_and_a_wrong_role_are_refused(stub):
    with pytest.raises(Invalid) as bad:
        await ask(stub, "x", testing.caller("o", "officer", region="62"))
    assert bad.value.code == "uuid_format"
    with pytest.raises(Forbidden):
        await ask(stub, "x", testing.caller("l", "laboratory", laboratory="L01"))

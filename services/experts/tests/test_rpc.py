"""Other services draw and read panels as the user who asked."""

import grpc
import pytest
from longzhi.experts.v1 import experts_service_pb2 as pb
from longzhi.experts.v1.experts_service_pb2_grpc import ExpertsServiceStub

from common import rpc
from common.testing import token
from experts import rpc as ours
from experts.main import SERVICE


@pytest.fixture
async def stub(platform):
    server = grpc.aio.server()
    ours.add(platform.runtime, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with rpc.channel(f"127.0.0.1:{port}") as channel:
        yield ExpertsServiceStub(channel)
    await server.stop(None)


def as_user(*roles, region="620102"):
    return (("authorization", f"Bearer {token('user', *roles, region=region)}"),)


PLANNER = as_user("planner")


def wanted(make, **changes):
    return pb.DrawPanelRequest(**make.request(**changes))


async def refusal(call):
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return caught.value.code().name, dict(caught.value.trailing_metadata())["problem-code"]


async def test_a_panel_is_drawn_once_per_request(platform, stub, pool, make):
    first = (await stub.DrawPanel(wanted(make), timeout=5, metadata=PLANNER)).draw
    again = (await stub.DrawPanel(wanted(make), timeout=5, metadata=PLANNER)).draw
    assert first == again
    assert [p.spare for p in first.panellists] == [False] * 3 + [True] * 3
    assert {p.expert_id for p in first.panellists} <= set(pool)
    assert all(p.name and p.unit for p in first.panellists)
    read = (await stub.GetDraw(pb.GetDrawRequest(draw_id=first.draw_id), timeout=5, metadata=PLANNER)).draw
    assert read == first


async def test_opinions_and_replacements_are_seen(platform, stub, pool, make):
    draw = (await stub.DrawPanel(wanted(make), timeout=5, metadata=PLANNER)).draw
    chief = platform.client("chief", "chief", region="620102")
    one, two = [f"/v1/draws/{draw.draw_id}/members/{p.expert_id}" for p in draw.panellists[:2]]
    await chief.post(f"{one}/declare", json={"declared_on": "2021-01-06", "has_interest": False})
    await chief.post(f"{one}/opinion", json={"opinion": "disagree", "given_on": "2021-01-06"})
    await chief.post(f"{two}/declare", json={"declared_on": "2021-01-06", "has_interest": True})
    read = (await stub.GetDraw(pb.GetDrawRequest(draw_id=draw.draw_id), timeout=5, metadata=PLANNER)).draw
    assert [p.spare for p in read.panellists] == [False] * 3 + [True] * 2
    assert [p.opinion for p in read.panellists] == ["disagree", "", "", "", ""]
    assert draw.panellists[1].expert_id not in {p.expert_id for p in read.panellists}


async def test_refusals_keep_their_code(stub, pool, make):
    assert await refusal(stub.DrawPanel(wanted(make, size=5), timeout=5, metadata=PLANNER)) == ("FAILED_PRECONDITION", "candidates_short")
    assert await refusal(stub.DrawPanel(wanted(make, pool="NONE"), timeout=5, metadata=PLANNER)) == ("INVALID_ARGUMENT", "value_unknown")
    assert await refusal(stub.DrawPanel(wanted(make, drawn_on="2021-1-5"), timeout=5, metadata=PLANNER)) == ("INVALID_ARGUMENT", "date_format")
    assert await refusal(stub.DrawPanel(wanted(make), timeout=5, metadata=as_user("sampler"))) == ("PERMISSION_DENIED", "role_missing")
    assert await refusal(stub.DrawPanel(wanted(make), timeout=5)) == ("UNAUTHENTICATED", "token_invalid")


async def test_a_neighbours_draw_is_not_there(stub, pool, make):
    draw = (await stub.DrawPanel(wanted(make), timeout=5, metadata=PLANNER)).draw
    ask = pb.GetDrawRequest(draw_id=draw.draw_id)
    assert await refusal(stub.GetDraw(ask, timeout=5, metadata=as_user("planner", region="620103"))) == ("NOT_FOUND", "not_found")
    assert await refusal(stub.GetDraw(pb.GetDrawRequest(draw_id="x"), timeout=5, metadata=PLANNER)) == ("NOT_FOUND", "not_found")
    assert (await stub.GetDraw(ask, timeout=5, metadata=as_user("auditor", region="62"))).draw.draw_id == draw.draw_id


def test_the_service_names_itself():
    assert SERVICE.name == "experts"

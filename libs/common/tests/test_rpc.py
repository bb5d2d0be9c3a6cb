"""gRPC: the user's token and a deadline on every call; problems travel with their code."""

import grpc
import pytest
from longzhi.planning.v1 import planning_service_pb2 as pb
from longzhi.planning.v1 import planning_service_pb2_grpc as stubs
from sqlalchemy import text

from common import rpc, testing
from common.errors import NotFound, Refused, Unavailable, not_found


class Servicer(stubs.PlanningServiceServicer):
    def __init__(self, runtime):
        self.runtime = runtime

    async def GetTask(self, request, context):
        async with rpc.unit(self.runtime, context) as (caller, session):
            if request.task_id == "refuse":
                raise Refused("task_closed", "任务已关闭", "the task is closed")
            if request.task_id == "bug":
                raise ZeroDivisionError
            count = (await session.execute(text("SELECT count(*) FROM note"))).scalar_one()
            if not count:
                raise not_found("任务", "task")
            return pb.GetTaskResponse(task=pb.Task(task_id=request.task_id, quota=count, region_code=str(caller.region)))


@pytest.fixture
async def stub(platform, unused_tcp_port):
    def add(runtime, server):
        stubs.add_PlanningServiceServicer_to_server(Servicer(runtime), server)

    server = await rpc.serve(f"127.0.0.1:{unused_tcp_port}", platform.runtime, add)
    channel = rpc.channel(f"127.0.0.1:{unused_tcp_port}")
    yield stubs.PlanningServiceStub(channel)
    await channel.close()
    await server.stop(None)


def ask(stub, task, who):
    return rpc.ask(stub.GetTask, pb.GetTaskRequest(task_id=task), who, 5)


async def test_the_second_service_decides_on_the_user(platform, stub):
    officer = platform.client("o", "officer", region="620102")
    await officer.post("/v1/notes", json={"title": "x"})
    assert (await ask(stub, "t", testing.caller("o", region="620102"))).task.quota == 1
    with pytest.raises(NotFound) as absent:
        await ask(stub, "t", testing.caller("n", region="620103"))
    assert absent.value.zh == "任务不存在"


async def test_a_refusal_keeps_its_code_and_words(stub):
    with pytest.raises(Refused) as refused:
        await ask(stub, "refuse", testing.caller("o", region="620102"))
    assert (refused.value.code, refused.value.zh) == ("task_closed", "任务已关闭")


async def test_without_token_or_deadline_nobody_gets_in(stub):
    request = pb.GetTaskRequest(task_id="t")
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await stub.GetTask(request, timeout=5)
    assert error.value.code() == grpc.StatusCode.UNAUTHENTICATED
    metadata = (("authorization", f"Bearer {testing.token('o', region='62')}"),)
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await stub.GetTask(request, metadata=metadata)
    assert dict(error.value.trailing_metadata())["problem-code"] == "deadline_missing"


async def test_a_bug_and_an_absent_peer_are_unavailable_to_the_caller(stub, unused_tcp_port_factory):
    with pytest.raises(Unavailable):
        await ask(stub, "bug", testing.caller("o", region="620102"))
    channel = rpc.channel(f"127.0.0.1:{unused_tcp_port_factory()}")
    with pytest.raises(Unavailable):
        await ask(stubs.PlanningServiceStub(channel), "t", testing.caller("o", region="62"))
    await channel.close()

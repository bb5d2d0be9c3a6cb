"""gRPC: tasks in the caller's reach, published schemes for every known caller."""

from dataclasses import replace

import pytest
from longzhi.planning.v1 import planning_service_pb2 as pb
from longzhi.planning.v1.planning_service_pb2_grpc import PlanningServiceStub

from common import rpc, testing
from common.errors import NotFound, Unauthenticated
from planning.rpc import add

LAB = testing.caller("lab", "laboratory", laboratory="L01")


@pytest.fixture
async def stub(platform, unused_tcp_port):
    server = await rpc.serve(f"127.0.0.1:{unused_tcp_port}", platform.runtime, add)
    async with rpc.channel(f"127.0.0.1:{unused_tcp_port}") as channel:
        yield PlanningServiceStub(channel)
    await server.stop(None)


async def test_a_task_is_given_to_its_bureau_its_superior_and_its_laboratory(make, stub):
    ids = await make.task()
    for who in (LAB, testing.caller("s", "sampler", region="620102"), testing.caller("o", "officer", region="62")):
        task = (await rpc.ask(stub.GetTask, pb.GetTaskRequest(task_id=ids["task_id"]), who, 5)).task
        assert (task.task_no, task.region_code, task.source_region_code) == ("T21620100-0001-620102", "620102", "6201")
        assert (task.programme, task.year, task.quarter, task.product_code, task.laboratory_code) == ("产品", 2021, 1, "FR-01", "L01")
        assert (task.quota, task.stage, task.sampling_due, task.test_due) == (5, "生产", "2021-03-25", "2021-04-20")
        assert (task.plan_id, task.line_id) == (ids["plan_id"], ids["line_id"])


@pytest.mark.parametrize("task_id", ["own", "01900000-0000-7000-8000-000000000000", "nonsense", ""])
async def test_no_task_for_a_neighbour_another_laboratory_or_a_bad_id(make, stub, task_id):
    ids = await make.task()
    asked = pb.GetTaskRequest(task_id=ids["task_id"] if task_id == "own" else task_id)
    for who in (testing.caller("n", "officer", region="620103"), testing.caller("l", "laboratory", laboratory="L02")):
        with pytest.raises(NotFound):
            await rpc.ask(stub.GetTask, asked, who, 5)


async def test_laboratories_get_published_schemes_oldest_first(make, stub):
    plate = {"kind": "microbe", "max": None, "unit": "CFU/g", "microbe_n": 5, "microbe_c": 2, "microbe_m": "1000", "microbe_cap": "2.3×10⁴"}
    await make.published_scheme(items=[make.item(), make.item("菌落总数", **plate)])
    await make.published_scheme(valid_from="2021-06-01")
    await make.drafted_scheme(valid_from="2022-06-01")
    first, second = (await rpc.ask(stub.ListSchemes, pb.ListSchemesRequest(product_code="FR-01"), LAB, 5)).schemes
    assert (first.version, first.valid_from, first.valid_to, second.version, second.valid_to) == (1, "2017-04-19", "2021-05-31", 2, "")
    limit, plate = first.items
    assert (limit.item, limit.min, limit.max, limit.unit, limit.rounding_places, list(limit.methods)) == (
        "溶剂残留总量", "", "5.0", "mg/m²", -1, ["GB/T 10004-2008 6.6.17"],
    )  # fmt: skip
    assert (plate.kind, plate.microbe_n, plate.microbe_c, plate.microbe_m, plate.microbe_cap) == ("microbe", 5, 2, "1000", "2.3×10⁴")
    assert list((await rpc.ask(stub.ListSchemes, pb.ListSchemesRequest(product_code="X"), LAB, 5)).schemes) == []


async def test_nobody_gets_nothing(stub):
    with pytest.raises(Unauthenticated):
        await rpc.ask(stub.ListSchemes, pb.ListSchemesRequest(), replace(LAB, token="bad"), 5)

"""The six-month rule (O18 art. 7): what is the same product, who stands in whose way, until when. Scenario 22 of domain.md."""

from datetime import date

import pytest
from longzhi.planning.v1 import planning_service_pb2 as pb
from longzhi.planning.v1.planning_service_pb2_grpc import PlanningServiceStub
from longzhi.sampling.v1.events_pb2 import SampleRejected, SampleSealed
from planning_facts import batch_facts
from uuid_utils import uuid7

from common import rpc, testing
from common.errors import Forbidden, Invalid
from planning.rpc import add
from planning.rules.repeats import Checked, Product, find_repeat, fingerprint

ASKED = {"producer_uscc": "91620902MA7100000G", "producer_name": "某厂", "standard": "GB/T 10004-2008", "brand": "陇", "spec": "200mm×300mm"}
PRODUCT = Product(**ASKED)


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({}, True),
        ({"producer_name": "改名后的厂"}, True),
        ({"spec": " 200MM×300mm "}, True),
        ({"standard": "GB/T 10004-2008"}, True),
        ({"spec": "160mm×240mm"}, False),
        ({"brand": "别的"}, False),
        ({"standard": "GB/T 21302-2007"}, False),
        ({"producer_uscc": "91620102MA700000XE"}, False),
    ],
)
def test_the_same_product_is_producer_standard_brand_and_specification(change, same):
    assert (fingerprint(Product(**(ASKED | change))) == fingerprint(PRODUCT)) is same


@pytest.mark.parametrize("change", [{"spec": "/"}, {"spec": ""}, {"producer_uscc": "/", "producer_name": "/"}])
def test_what_is_not_told_cannot_be_the_same(change):
    assert fingerprint(Product(**(ASKED | change))) is None


def test_without_a_code_the_name_decides():
    assert fingerprint(Product(**(ASKED | {"producer_uscc": "/"}))) == fingerprint(Product(**(ASKED | {"producer_uscc": ""})))


@pytest.mark.parametrize(
    ("source", "organiser", "on", "superior"),
    [
        ("62", "6204", date(2026, 6, 10), True),  # scenario 22: the province checked, the city draws
        ("6204", "6204", date(2026, 6, 10), False),
        ("62", "62", date(2026, 7, 20), False),  # the last day of the ban
        ("62", "6204", date(2026, 7, 21), None),
        ("6204", "62", date(2026, 6, 10), None),  # an inferior's check does not bind its superior
        ("6203", "6204", date(2026, 6, 10), None),  # nor a neighbour's
        ("62", "6204", date(2026, 1, 19), None),  # nor one that had not happened yet
    ],
)
def test_who_stands_in_whose_way(source, organiser, on, superior):
    found = find_repeat([Checked(date(2026, 1, 20), source)], organiser, on)
    assert (found.superior if found else None) == superior
    if found:
        assert found.clock.legal == date(2026, 7, 20)


def test_the_latest_check_counts():
    found = find_repeat([Checked(date(2026, 1, 20), "62"), Checked(date(2026, 3, 2), "62")], "62", date(2026, 4, 1))
    assert found is not None and found.clock.legal == date(2026, 9, 2)


@pytest.fixture
async def stub(platform, unused_tcp_port):
    server = await rpc.serve(f"127.0.0.1:{unused_tcp_port}", platform.runtime, add)
    async with rpc.channel(f"127.0.0.1:{unused_tcp_port}") as channel:
        yield PlanningServiceStub(channel)
    await server.stop(None)


async def sealed(platform, owner="620402", **more):
    sample = str(uuid7())
    await platform.hear(SampleSealed(batch=batch_facts(str(uuid7()), sample, **({"sampled_on": "2026-01-20", "source_region_code": "62"} | more))),
                        owner=owner, key=sample)  # fmt: skip
    return sample


async def ask(stub, region, **more):
    request = pb.CheckRepeatRequest(**(ASKED | {"on": "2026-06-10", "source_region_code": region[:4]} | more))
    return await rpc.ask(stub.CheckRepeat, request, testing.caller("s", "sampler", region=region), 5)


async def test_scenario_22_a_city_does_not_repeat_what_the_province_checked(platform, stub):
    sample = await sealed(platform, "620102")
    found = await ask(stub, "620402")
    assert (found.found, found.checked_on, found.source_region_code, found.superior, found.until) == (True, "2026-01-20", "62", True, "2026-07-20")
    assert not (await ask(stub, "620402", spec="型号Z")).found, "another model is another product"
    assert not (await ask(stub, "620402", on="2026-07-21")).found
    assert not (await ask(stub, "620402", sample_id=sample)).found, "a sample is not its own repetition"


async def test_a_rejected_sample_was_no_check(platform, stub):
    sample = await sealed(platform)
    await platform.hear(SampleRejected(sample_id=sample, reasons=["封条破损"]), owner="620402", key=sample)
    assert not (await ask(stub, "620402")).found


async def test_food_and_unlabelled_producers_are_not_kept(platform):
    await sealed(platform, programme="食品")
    await sealed(platform, parties=[])
    await sealed(platform, spec="/")
    assert await platform.rows("SELECT 1 FROM product_check") == []


async def test_a_sealed_sample_told_twice_is_one_check_and_a_malformed_one_is_parked(platform):
    sample = str(uuid7())
    fact = SampleSealed(batch=batch_facts(str(uuid7()), sample))
    await platform.hear(fact, owner="620102", key=sample)
    await platform.hear(fact, owner="620102", key=sample)
    assert len(await platform.rows("SELECT 1 FROM product_check")) == 1
    await sealed(platform, sampled_on="gestern")
    assert len(await platform.rows("SELECT 1 FROM dead_letter")) == 1


async def test_nobody_asks_in_the_name_of_a_stranger_and_bad_days_are_refused(stub):
    with pytest.raises(Forbidden) as refused:
        await ask(stub, "620402", source_region_code="6201")
    assert refused.value.code == "region_outside"
    with pytest.raises(Invalid):
        await ask(stub, "620402", on="gestern")


async def test_what_is_kept_names_no_firm(platform):
    await sealed(platform)
    [row] = await platform.rows("SELECT CAST(to_jsonb(p) AS text) AS kept FROM product_check p")
    assert "某厂" not in row["kept"] and "91620902MA7100000G" not in row["kept"]


async def test_a_planner_asks_before_a_draw_and_gets_the_proof(platform):
    await sealed(platform, "620102")
    params = {name: ASKED[name] for name in ASKED} | {"on": "2026-06-10"}
    found = (await platform.client("p", "planner", region="6204").get("/v1/repeats", params=params)).json()
    assert (found["found"], found["until"], found["superior"]) == (True, "2026-07-20", True)
    assert "满6个月" in found["proof"]
    free = (await platform.client("p", "planner", region="6204").get("/v1/repeats", params=params | {"spec": "型号Z"})).json()
    assert free["found"] is False


async def test_a_task_tells_the_group_of_its_product(make, stub):
    ids = await make.task()
    answer = await rpc.ask(stub.GetTask, pb.GetTaskRequest(task_id=ids["task_id"]), testing.caller("s", "sampler", region="620102"), 5)
    assert answer.task.product_group == "FOOD_RELATED"

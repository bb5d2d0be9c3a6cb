"""The six-month rule (O18 art. 7): what is the same product, who stands in whose way, until when. Scenario 22 of domain.md."""

import asyncio
from datetime import date

import pytest
from longzhi.planning.v1 import planning_service_pb2 as pb
from longzhi.planning.v1.planning_service_pb2_grpc import PlanningServiceStub
from longzhi.sampling.v1.events_pb2 import SampleRefused, SampleRejected, SampleSealed, SampleStopped, SampleUnavailable
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


async def sealed(platform, owner="620402", sample=None, **more):
    sample = sample or str(uuid7())
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


async def reserve(stub, region="620402", **more):
    return await ask(stub, region, **({"reserve": True, "sample_id": str(uuid7())} | more))


async def test_two_seals_at_once_do_not_both_find_the_product_free(platform, stub):
    first, second = str(uuid7()), str(uuid7())
    answers = await asyncio.gather(*(reserve(stub, sample_id=one) for one in (first, second)))
    assert sorted(answer.found for answer in answers) == [False, True]
    winner, loser = (first, second) if not answers[0].found else (second, first)
    assert not (await reserve(stub, sample_id=winner)).found, "asking again for the same sample is no repetition"
    refused = await reserve(stub, sample_id=loser)
    assert (refused.found, refused.checked_on, refused.until) == (True, "2026-06-10", "2026-12-10")
    assert (await ask(stub, "620402")).found, "a planner sees it too"
    await sealed(platform, sampled_on="2026-06-10", sample=winner)
    [kept] = await platform.rows("SELECT sample_id, reserved_until, void FROM product_check")
    assert (str(kept["sample_id"]), kept["reserved_until"], kept["void"]) == (winner, None, False)


async def test_asking_alone_keeps_nothing_and_a_seal_that_never_came_is_forgotten_within_the_hour(platform, stub):
    await ask(stub, "620402", sample_id=str(uuid7()))
    assert await platform.rows("SELECT 1 FROM product_check") == []
    await reserve(stub)
    [row] = await platform.rows("SELECT reserved_until - now() <= interval '1 hour' AS short, reserved_until > now() AS yet FROM product_check")
    assert row["short"] and row["yet"]
    await platform.rows("UPDATE product_check SET reserved_until = now() - interval '1 second'")
    assert not (await reserve(stub)).found


@pytest.mark.parametrize("kind", [SampleRefused, SampleStopped, SampleUnavailable])
async def test_a_batch_that_ends_otherwise_gives_the_product_free(platform, stub, make, kind):
    task, kept = (await make.task())["task_id"], str(uuid7())
    more = {"on": "2026-06-10"} if kind is not SampleRefused else {}
    await reserve(stub, "620102", sample_id=kept)
    await platform.hear(kind(batch=batch_facts(task, kept), reason="x", **more), owner="620102", key=kept)
    assert not (await ask(stub, "620102")).found
    done = await sealed(platform, "620102")
    await platform.hear(kind(batch=batch_facts(task, done), reason="x", **more), owner="620102", key=done)
    assert (await ask(stub, "620102")).found, "what was sealed was a check"


async def test_only_a_sampler_with_a_sample_keeps_a_product(stub):
    with pytest.raises(Invalid) as refused:
        await reserve(stub, sample_id="")
    assert refused.value.code == "sample_missing"
    request = pb.CheckRepeatRequest(**(ASKED | {"on": "2026-06-10", "reserve": True, "sample_id": str(uuid7())}))
    with pytest.raises(Forbidden):
        await rpc.ask(stub.CheckRepeat, request, testing.caller("p", "planner", region="620402"), 5)

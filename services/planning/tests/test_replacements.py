"""Replacements (补抽): heard from sampling, seen and answered by the organiser's planner; once, twice, malformed."""

import pytest
from longzhi.planning.v1.events_pb2 import ReplacementAnswered
from longzhi.sampling.v1.events_pb2 import SampleRejected, SampleUnavailable, SampleUntestable
from planning_facts import batch_facts
from uuid_utils import uuid7

URL = "/v1/replacements"


async def listed(client, **params):
    return (await client.get(URL, params=params)).json()["items"]


async def test_the_organiser_and_the_executing_bureau_see_the_request_and_others_do_not(platform, make):
    ids = await make.replacement()
    seen = {region: len(await listed(platform.client("o", "officer", region=region))) for region in ("62", "6201", "620102", "620103", "6202")}
    assert seen == {"62": 1, "6201": 1, "620102": 1, "620103": 0, "6202": 0}
    [row] = await listed(make.planner, state="REQUESTED", task_id=ids["task_id"])
    assert (row["cause"], row["reason"], row["note"], row["happened_on"]) == ("NOT_SAMPLED", "转产", "只做来料加工", "2021-02-01")
    assert (row["region_code"], row["source_region_code"], row["party_name"], row["task_no"]) == ("620102", "6201", "某厂", "T21620100-0001-620102")
    assert await listed(platform.client("l", "laboratory", laboratory="L01")) == []


async def test_the_organisers_planner_answers_once(platform, make):
    ids = await make.replacement()
    url = f"{URL}/{ids['replacement_id']}/answer"
    grant = {"decision": "grant", "drawn_name": "另一厂", "drawn_division_code": "620102"}
    for region in ("62", "620102"):
        assert (await platform.client("p", "planner", region=region).post(url, json=grant)).status_code == 404, "only who organised decides"
    answered = (await make.planner.post(url, json=grant)).json()
    assert (answered["state"], answered["drawn_name"], answered["answered_by"], answered["revision"]) == ("GRANTED", "另一厂", "planner", 2)
    again = await make.planner.post(url, json=grant)
    assert (again.status_code, again.json()["code"]) == (409, "replacement_state")
    [fact] = await platform.facts(ReplacementAnswered)
    assert (fact.state, fact.task_id) == ("GRANTED", ids["task_id"])


async def test_a_refusal_to_replace_says_why(make):
    ids = await make.replacement()
    url = f"{URL}/{ids['replacement_id']}/answer"
    assert (await make.planner.post(url, json={"decision": "decline"})).status_code == 422
    declined = (await make.planner.post(url, json={"decision": "decline", "answer": "辖区内已无生产企业"})).json()
    assert (declined["state"], declined["answer"]) == ("DECLINED", "辖区内已无生产企业")


@pytest.mark.parametrize(
    ("make_fact", "cause", "reason"),
    [
        (lambda b: SampleRejected(sample_id=b.sample_id, reasons=["封条破损", "数量不足"], batch=b), "SAMPLE_REJECTED", "封条破损、数量不足"),
        (lambda b: SampleUntestable(batch=b, reason="样品量不足以检验", on="2021-02-09"), "TEST_IMPOSSIBLE", "样品量不足以检验"),
    ],
)
async def test_a_rejected_or_untestable_sample_asks_for_a_replacement_too(platform, make, make_fact, cause, reason):
    ids = await make.task()
    await platform.hear(make_fact(batch_facts(ids["task_id"], str(uuid7()))), owner="620102", key="s")
    [row] = await listed(make.planner)
    assert (row["cause"], row["reason"]) == (cause, reason)


async def test_the_same_fact_twice_is_one_request(platform, make):
    ids = await make.task()
    sample = str(uuid7())
    fact = SampleUnavailable(batch=batch_facts(ids["task_id"], sample), reason="转产", on="2021-02-01")
    event = await platform.hear(fact, owner="620102", key=sample)
    await platform.hear(fact, owner="620102", key=sample, event_id=event)
    await platform.hear(fact, owner="620102", key=sample)
    assert len(await listed(make.planner)) == 1


async def test_a_batch_of_an_unknown_task_or_a_malformed_one_is_parked(platform, make):
    await make.task()
    for task_id, on in ((make.ABSENT, "2021-02-01"), ("nonsense", "2021-02-01"), (make.ABSENT, "gestern")):
        await platform.hear(SampleUnavailable(batch=batch_facts(task_id, str(uuid7())), reason="转产", on=on), owner="620102", key=task_id + on)
    assert len(await platform.rows("SELECT 1 FROM dead_letter")) == 3
    assert await platform.rows("SELECT 1 FROM replacement") == []


async def test_an_old_rejection_without_its_batch_asks_for_nothing(platform, make):
    await make.task()
    await platform.hear(SampleRejected(sample_id=str(uuid7()), reasons=["封条破损"]), owner="620102", key="s")
    assert await platform.rows("SELECT 1 FROM replacement") == await platform.rows("SELECT 1 FROM dead_letter") == []

"""NOTIFIED becomes FINAL when everybody's time has passed (期限届满), whoever presses nothing; a decision does so too, and is told alike."""

from datetime import date, timedelta

import pytest
from longzhi.sampling.v1.events_pb2 import ResultFinal
from objection_cases import DENIAL
from sampling_cases import NEIGHBOUR

from sampling.actions.finality import sweep

AFTER = date(2021, 4, 30)


async def state_of(batch, made):
    found = (await batch.officer().get(f"/v1/samples/{made['id']}")).json()
    return found["state"], found["final_conclusion"], found["concluded_on"]


async def until_of(batch, made):
    notices = (await batch.officer().get(f"/v1/samples/{made['id']}/notices")).json()
    rows = notices["items"] if isinstance(notices, dict) else notices
    return max(date.fromisoformat(one["objection_until"]) for one in rows)


@pytest.fixture
async def told(batch):
    """A failed batch of which both parties have been served."""
    return await batch.told()


async def test_the_last_day_is_the_parties_and_the_next_day_makes_it_final_once(platform, batch, told):
    last = await until_of(batch, told)
    assert await sweep(platform.runtime, last) == 0
    assert (await state_of(batch, told))[0] == "NOTIFIED"
    assert [await sweep(platform.runtime, last + timedelta(days=1)) for _ in range(2)] == [1, 0]
    assert await state_of(batch, told) == ("FINAL", "UPHELD", str(last + timedelta(days=1)))
    [fact] = await platform.facts(ResultFinal)
    assert (fact.sample_id, fact.cause, fact.final_after, fact.final_on) == (told["id"], "LAPSE", str(last), str(last + timedelta(days=1)))
    acts = await platform.rows("SELECT actor, act FROM audit_entry WHERE act = 'sample.final'")
    assert [tuple(act.values()) for act in acts] == [("worker:sampling", "sample.final")]
    assert (await batch.officer(NEIGHBOUR).get(f"/v1/samples/{told['id']}")).status_code == 404


async def test_food_has_seven_working_days(platform, batch):
    made = await batch.food_told()
    last = await until_of(batch, made)
    product = await batch.told()
    assert last < await until_of(batch, product)
    assert await sweep(platform.runtime, last + timedelta(days=1)) == 1
    assert ((await state_of(batch, made))[0], (await state_of(batch, product))[0]) == ("FINAL", "NOTIFIED")


async def test_nothing_becomes_final_while_somebody_has_not_been_told(platform, batch):
    sample = await batch.failed(report_no="F-1")
    body = {"party_role": "seller", "method": "直接送达", "served_on": "2021-03-02", "signed_by": "李四"}
    assert (await batch.officer().post(f"/v1/samples/{sample['id']}/notices", json=body)).status_code == 201
    assert await sweep(platform.runtime, AFTER) == 0
    assert (await state_of(batch, sample))[0] == "NON_CONFORMING"
    late = body | {"party_role": "producer", "served_on": "2021-04-28"}
    assert (await batch.officer().post(f"/v1/samples/{sample['id']}/notices", json=late)).status_code == 201
    assert await sweep(platform.runtime, AFTER) == 0, "the producer's time has just begun"
    assert await sweep(platform.runtime, date(2021, 6, 1)) == 1


async def test_an_open_application_holds_it_and_its_end_sets_it_free(platform, batch):
    made = await batch.admitted()
    assert await sweep(platform.runtime, AFTER) == 0
    assert (await state_of(batch, made))[0] == "OBJECTED"
    # entered later, but dated before the parties' time was over: the day of the decision alone does not make it final
    await batch.step(made, "decide", on="2021-03-10", sustained=False, grounds="样品来源可溯")
    assert (await state_of(batch, made))[:2] == ("NOTIFIED", "UPHELD")
    assert await platform.facts(ResultFinal) == []
    assert await sweep(platform.runtime, AFTER) == 1
    assert (await state_of(batch, made))[0] == "FINAL"


async def test_an_application_in_time_that_is_entered_late_reopens_it(platform, batch, told):
    await sweep(platform.runtime, AFTER)
    assert (await state_of(batch, told))[0] == "FINAL"
    made = await batch.objected(DENIAL, told)
    assert (await state_of(batch, told))[0] == "OBJECTED"
    await batch.step(made, "accept", on="2021-03-09")
    await batch.step(made, "decide", on="2021-04-21", sustained=False, grounds="样品来源可溯")
    assert (await state_of(batch, told))[0] == "FINAL"
    assert [fact.cause for fact in await platform.facts(ResultFinal)] == ["LAPSE", "LAPSE"]


async def test_a_decision_that_ends_it_is_told_as_one(platform, batch):
    made = await batch.answered("0.30")
    await batch.step(made, "conclude", on="2021-03-17")
    [fact] = await platform.facts(ResultFinal)
    assert (fact.cause, fact.final_on, fact.final_after) == ("DECISION", "2021-03-17", "")
    assert await sweep(platform.runtime, AFTER) == 0


async def test_a_day_counted_before_the_holidays_were_known_is_counted_again(platform, batch, told):
    await platform.rows("UPDATE notice SET provisional = true, objection_until = '2021-03-05'")
    assert await sweep(platform.runtime, date(2021, 3, 8)) == 0, "the true day is later"
    assert await sweep(platform.runtime, AFTER) == 1
    assert [row["provisional"] for row in await platform.rows("SELECT provisional FROM notice")] == [False, False]


async def test_a_batch_that_cannot_be_read_does_not_hold_up_the_others(platform, batch, told):
    await platform.rows("UPDATE sample SET form = '{}' WHERE id = $1", told["id"])
    other = await batch.told()
    assert await sweep(platform.runtime, AFTER) == 1
    assert (await state_of(batch, other))[0] == "FINAL"

"""Objections and re-inspections: legs are flagged while one is open, and end when it takes their ground away."""

from datetime import date
from uuid import uuid4

import pytest
from longzhi.disposal.v1.events_pb2 import LegHalted
from longzhi.sampling.v1.events_pb2 import ObjectionDecided, ObjectionRaised, ReinspectionDecided

from common.errors import Refused
from disposal.rules.disputes import Dispute, check_public, is_disputed, is_freed
from disposal.rules.five import Part

CASE = str(uuid4())


def raised(fact, role="producer", case=CASE):
    return ObjectionRaised(
        case_id=case, sample_id=fact.batch.sample_id, report_id=fact.report_id, party_role=role, kind="样品真实性", applied_on="2026-03-06"
    )


def decided(fact, outcome, role="producer", case=CASE, on="2026-04-21"):
    return ObjectionDecided(
        case_id=case, sample_id=fact.batch.sample_id, report_id=fact.report_id, party_role=role, kind="样品真实性", outcome=outcome, decided_on=on
    )


def retested(fact, outcome, case=CASE, on="2026-04-21"):
    return ReinspectionDecided(
        case_id=case, sample_id=fact.batch.sample_id, report_id=fact.report_id, party_role="seller", outcome=outcome, decided_on=on
    )


async def tell(platform, *facts, owner="620102"):
    for fact in facts:
        await platform.hear(fact, owner=owner, key=fact.sample_id, topic="sampling.objection.v1")


async def states(world, fact):
    return {leg["party_role"]: (leg["state"], leg["disputed"]) for leg in await world.legs(fact)}


@pytest.fixture
async def two(world, parties):
    fact = world.report(parties["seller"], parties["producer"])
    await world.hear(fact)
    return fact


async def test_an_open_objection_flags_every_leg_and_its_end_takes_the_flag_away(world, platform, two):
    await tell(platform, raised(two))
    assert await states(world, two) == {"seller": ("OPENED", True), "producer": ("OPENED", True)}
    leg = next(leg for leg in await world.legs(two) if leg["party_role"] == "producer")
    assert "DISPUTED" in (await world.show(leg))["marks"]
    await tell(platform, decided(two, "UPHELD"), raised(two))
    assert await states(world, two) == {"seller": ("OPENED", False), "producer": ("OPENED", False)}, "what was told twice, or late, opens nothing"


async def test_nothing_is_disclosed_while_an_objection_is_open(world, platform, parties):
    leg = await world.received(parties["seller"])
    [row] = await platform.rows("SELECT sample_id::text, report_id::text FROM leg")
    fact = world.report(sample_id=row["sample_id"])
    fact.report_id = row["report_id"]
    await tell(platform, raised(fact, "seller"))
    refused = await world.five(leg, "disclosure")
    assert (refused.status_code, refused.json()["code"]) == (409, "objection_open")
    assert (await world.five(leg, "risk_control")).status_code == 200, "the party's duties go on (O15 art. 40)"
    await tell(platform, decided(fact, "UPHELD", "seller"))
    assert (await world.five(leg, "disclosure")).status_code == 200


async def test_scenario_15_only_the_producers_leg_halts_and_leaves_the_indicators(world, platform, two):
    await tell(platform, raised(two), decided(two, "NOT_OWN_PRODUCT"))
    legs = {leg["party_role"]: leg for leg in await world.legs(two)}
    assert (legs["producer"]["state"], str(legs["producer"]["halted_on"])) == ("HALTED", "2026-04-21")
    assert legs["seller"]["state"] == "OPENED"
    [told] = await platform.facts(LegHalted)
    assert (told.leg_id, told.report_id) == (str(legs["producer"]["id"]), two.report_id)
    table = (await world.who("officer", "62").get("/v1/indicators?as_of=2026-11-01")).json()["groups"][0]["indicators"]
    assert {one["id"]: one["denominator"] for one in table if one["id"] in ("K5", "K6")} == {"K5": 1, "K6": 1}


async def test_an_overturned_result_halts_every_leg(world, platform, two):
    await tell(platform, retested(two, "OVERTURNED"))
    assert {state for state, _ in (await states(world, two)).values()} == {"HALTED"}
    assert len(await platform.facts(LegHalted)) == 2


@pytest.mark.parametrize("outcome", ["UPHELD", "REINSPECTION_ENDED"])
async def test_a_conclusion_that_stands_leaves_the_legs(world, platform, two, outcome):
    await tell(platform, retested(two, outcome))
    assert await states(world, two) == {"seller": ("OPENED", False), "producer": ("OPENED", False)}


async def test_a_decision_heard_before_the_report_counts_as_well(world, platform, parties):
    fact = world.report(parties["seller"], parties["producer"])
    await tell(platform, decided(fact, "NOT_OWN_PRODUCT"), raised(fact, "seller", case=str(uuid4())))
    await world.hear(fact)
    assert await states(world, fact) == {"seller": ("OPENED", True)}
    overturned = world.report(parties["seller"])
    await tell(platform, retested(overturned, "OVERTURNED", case=str(uuid4())))
    await world.hear(overturned)
    assert await world.legs(overturned) == []


async def test_a_newer_report_is_not_covered_by_the_older_ones_overturning(world, platform, two):
    await tell(platform, retested(two, "OVERTURNED"))
    await world.hear(world.replaced(two))
    open_legs = [leg for leg in await world.legs(two) if leg["state"] == "OPENED"]
    assert {leg["party_role"] for leg in open_legs} == {"seller", "producer"}


async def test_an_unreadable_fact_is_parked(world, platform, two):
    await tell(platform, decided(two, "PERHAPS"))
    [letter] = await platform.rows("SELECT cause FROM dead_letter")
    assert "PERHAPS" in letter["cause"]


def test_rules_free_the_party_or_everybody():
    sample, report = uuid4(), uuid4()
    own = Dispute(uuid4(), sample, report, "producer", "NOT_OWN_PRODUCT", date(2026, 4, 21))
    all_of = Dispute(uuid4(), sample, report, "seller", "OVERTURNED", date(2026, 4, 21))
    assert (is_freed("producer", report, [own]), is_freed("seller", report, [own])) == (True, False)
    assert (is_freed("seller", report, [all_of]), is_freed("seller", uuid4(), [all_of])) == (True, False)
    assert is_disputed([own]) is False and is_disputed([Dispute(uuid4(), sample, report, "seller")])
    with pytest.raises(Refused, match="objection_open"):
        check_public(Part.DISCLOSURE, "done", disputed=True)
    check_public(Part.CAUSE, "done", disputed=True)

"""What disposal hears: once, twice, out of order, contradictory, and never for conforming batches."""

import pytest
from longzhi.disposal.v1.events_pb2 import LegHalted, LegOpened

from disposal.events import HANDLERS


async def test_scenario_14_seller_and_producer_get_a_leg_each_in_their_own_bureau(world, parties, platform):
    fact = world.report(parties["seller"], parties["producer"], reported_on="2026-01-05")
    await world.hear(fact)
    legs = {leg["party_role"]: leg for leg in await world.legs(fact)}
    assert {role: leg["region_code"] for role, leg in legs.items()} == {"seller": "620102", "producer": "620902"}
    assert {leg["origin_region_code"] for leg in legs.values()} == {"620102"}
    for role, bureau in (("seller", "620102"), ("producer", "620902")):
        await world.post("officer", legs[role], "receive", received_on={"620102": "2026-01-05", "620902": "2026-01-07"}[bureau])
    seller, producer = await world.show(legs["seller"]), await world.show(legs["producer"])
    assert (seller["due_on"], producer["due_on"]) == ("2026-04-07", "2026-04-07"), "90 days from 5 and 7 January, the second on a working day"
    absent = await world.who("officer", "620602").get(f"/v1/legs/{legs['producer']['id']}")
    assert absent.status_code == 404
    province = (await world.who("officer", "62").get("/v1/legs")).json()["items"]
    assert {leg["id"] for leg in province} == {str(leg["id"]) for leg in legs.values()}
    wanliang = (await world.who("officer", "620602").get("/v1/legs")).json()["items"]
    assert wanliang == []
    table = (await world.who("officer", "62").get("/v1/indicators?as_of=2026-11-01")).json()["groups"][0]["indicators"]
    assert {one["id"]: one["denominator"] for one in table}["K5"] == 2
    opened = [(e.region_code, e.key) for e in await platform.facts() if e.type.endswith("LegOpened")]
    assert sorted(opened) == sorted((leg["region_code"], str(leg["id"])) for leg in legs.values())
    told = (await platform.facts(LegOpened))[1]
    assert (told.party_role, told.origin_region_code, told.outbound) == ("producer", "620102", False)


async def test_a_fact_heard_twice_opens_one_leg(world):
    fact = world.report()
    event = await world.hear(fact)
    await world.hear(fact, event_id=event)
    await world.hear(fact)  # told again under another id
    assert len(await world.legs(fact)) == 1
    assert len(await world.platform.facts(LegOpened)) == 1


def test_a_conforming_fact_is_dismissed_without_a_transaction(world):
    concerns = {kind.DESCRIPTOR.name: reaction.concerns for kind, reaction in HANDLERS.items()}["ReportAccepted"]
    assert [concerns(world.report(verdict=verdict)) for verdict in ("合格", "问题", "不合格")] == [False, False, True]


async def test_a_conforming_fact_leaves_nothing(world, platform):
    await world.hear(world.report(verdict="合格"))
    assert await platform.rows("SELECT 1 FROM inbox") == []
    assert await platform.rows("SELECT 1 FROM batch_report") == []


@pytest.mark.parametrize(
    ("division", "bureau", "outbound"),
    [("620900", "6209", False), ("620200", "6202", False), ("620000", "62", False), ("620902", "620902", False), ("110105", "620102", True)],
)
async def test_the_division_of_the_party_decides_the_bureau(world, parties, division, bureau, outbound):
    leg = await world.opened(parties["producer"] | {"division_code": division})
    assert (leg["region_code"], leg["outbound"]) == (bureau, outbound)


async def test_a_verdict_turned_to_conforming_halts_the_legs_in_every_bureau(world, parties, platform):
    fact = world.report(parties["seller"], parties["producer"])
    await world.hear(fact)
    await world.hear(world.replaced(fact, verdict="合格"))
    legs = await world.legs(fact)
    assert {(leg["state"], str(leg["halted_on"])) for leg in legs} == {("HALTED", "2026-02-02")}
    halted = [e for e in await platform.facts() if e.type.endswith("LegHalted")]
    assert {(e.region_code, e.key) for e in halted} == {(leg["region_code"], str(leg["id"])) for leg in legs}
    assert {one.report_id for one in await platform.facts(LegHalted)} == {fact.report_id}
    acts = await platform.rows("SELECT region_code, act FROM audit_entry ORDER BY region_code, seq")
    assert [(one["region_code"], one["act"]) for one in acts] == [
        ("620102", "leg.open"), ("620102", "leg.halt"), ("620902", "leg.open"), ("620902", "leg.halt"),
    ]  # fmt: skip


async def test_a_batch_that_stays_non_conforming_keeps_its_legs_under_the_new_report(world, parties, platform):
    fact = world.report(parties["seller"], parties["producer"])
    await world.hear(fact)
    before = await world.legs(fact)
    newer = world.replaced(fact, serious=True, report_no="R2")
    await world.hear(newer)
    after = await world.legs(fact)
    assert [(leg["id"], leg["state"]) for leg in after] == [(leg["id"], "OPENED") for leg in before]
    assert {(str(leg["report_id"]), leg["report_no"], leg["serious"]) for leg in after} == {(newer.current.report_id, "R2", True)}
    assert len(await platform.facts(LegOpened)) == 2
    assert await platform.facts(LegHalted) == []


async def test_a_verdict_turned_to_non_conforming_opens_legs(world, parties):
    fact = world.report(parties["seller"], verdict="合格")
    await world.hear(world.replaced(fact))
    assert [leg["state"] for leg in await world.legs(fact)] == ["OPENED"]


async def test_a_verdict_turned_twice_opens_new_legs_beside_the_halted(world):
    fact = world.report()
    await world.hear(fact)
    second = world.replaced(fact, verdict="合格")
    await world.hear(second)
    await world.hear(world.replaced(second.current, verdict="不合格"))
    assert [leg["state"] for leg in await world.legs(fact)] == ["HALTED", "OPENED"]


async def test_an_older_version_heard_late_changes_nothing(world, platform):
    fact = world.report()
    await world.hear(world.replaced(fact, verdict="合格"))
    await world.hear(fact)
    assert await world.legs(fact) == []


async def test_a_party_corrected_to_another_county_moves_the_leg(world, parties):
    fact = world.report(parties["seller"], parties["producer"])
    await world.hear(fact)
    await world.hear(world.replaced(fact, parties["seller"], parties["producer"] | {"division_code": "620921"}))
    legs = [(leg["party_role"], leg["region_code"], leg["state"]) for leg in await world.legs(fact)]
    assert legs == [("seller", "620102", "OPENED"), ("producer", "620902", "HALTED"), ("producer", "620921", "OPENED")]


async def test_a_closed_leg_is_halted_too_when_the_verdict_falls(world, platform):
    leg = await world.closed()
    fact = world.report(sample_id=leg["sample_id"])
    await world.hear(world.replaced(fact, verdict="合格"))
    assert [one["state"] for one in await world.legs(fact)] == ["HALTED"]
    table = (await world.who("officer", "620102").get("/v1/indicators?as_of=2026-11-01")).json()["groups"][0]["indicators"]
    assert [(one["denominator"], one["percent"]) for one in table] == [(0, None)] * 4


BROKEN = {
    "no parties": lambda fact: fact.batch.ClearField("parties"),
    "two sellers": lambda fact: fact.batch.parties.extend(list(fact.batch.parties)),
    "unknown role": lambda fact: setattr(fact.batch.parties[0], "role", "owner"),
    "no division": lambda fact: setattr(fact.batch.parties[0], "division_code", ""),
    "unknown programme": lambda fact: setattr(fact.batch, "programme", "药品"),
    "organiser elsewhere": lambda fact: setattr(fact.batch, "source_region_code", "6209"),
    "bad day": lambda fact: setattr(fact, "reported_on", "2026-02-30"),
    "bad sample": lambda fact: setattr(fact.batch, "sample_id", "x"),
    "no version": lambda fact: setattr(fact, "version", 0),
}


@pytest.mark.parametrize("fault", BROKEN)
async def test_a_contradictory_fact_is_parked_and_opens_nothing(world, platform, fault):
    fact = world.report()
    BROKEN[fault](fact)
    await world.hear(fact)
    letters = await platform.rows("SELECT cause FROM dead_letter")
    assert len(letters) == 1 and letters[0]["cause"].startswith("Poison"), letters
    assert await platform.rows("SELECT 1 FROM leg UNION ALL SELECT 1 FROM leg_clock UNION ALL SELECT 1 FROM batch_report") == []


async def test_another_owners_fact_cannot_touch_the_legs_of_a_batch(world, platform):
    fact = world.report()
    await world.hear(fact)
    await world.hear(fact, owner="620902")
    await world.hear(world.replaced(fact, verdict="合格"), owner="620902")
    assert [leg["state"] for leg in await world.legs(fact)] == ["OPENED"]
    assert "another owner" in (await platform.rows("SELECT cause FROM dead_letter ORDER BY seq"))[0]["cause"]

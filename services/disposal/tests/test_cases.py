"""Proposed cases (立案建议): a refusal or a stop opens a leg with clock and article, filed or not, decided, and outside K4 to K6."""

from datetime import date
from uuid import uuid4

import pytest
from longzhi.disposal.v1.events_pb2 import CaseFiled, LegClosed, LegOpened
from longzhi.sampling.v1.events_pb2 import BatchFacts, Party, ResultFinal, SampleRefused, SampleStopped

from disposal.events import read_lead
from disposal.rules.cases import ARTICLES, Ground, check_measure, check_part, check_proposed, progress
from disposal.rules.five import Part, Settlement
from disposal.rules.measures import Kind, Taken

EVIDENCE = "ab" * 32
DONE = Settlement("done", date(2026, 2, 1))


def lead(kind, *parties, **changes):
    """A refusal (or a stop) of a product batch of 620102, organised by the province, unless changed."""
    batch = BatchFacts(
        sample_id=str(changes.pop("sample_id", uuid4())), sample_no="SCP1", programme=changes.pop("programme", "产品"),
        source_region_code=changes.pop("source_region_code", "62"), product_code="CABLE", product_name="电线", stage="流通", period="2026Q1",
        parties=[Party(**party) for party in parties],
    )  # fmt: skip
    values = {"refused_at": "2026-01-05T23:30:00+08:00", "reason": "无正当理由拒绝"}
    if kind is SampleStopped:
        values = {"on": "2026-01-05", "reason": "无生产许可证", "licence_no": "XK01", "at_laboratory": True}
    return kind(batch=batch, **(values | {"note": "经过"} | changes))


async def told(world, fact, owner="620102", **more):
    await world.platform.hear(fact, owner=owner, key=fact.batch.sample_id, topic="sampling.sample.v1", **more)
    return await world.legs(fact)


@pytest.fixture
async def proposed(world, parties):
    """A refusal's leg, signed for on the day."""
    [leg] = await told(world, lead(SampleRefused, parties["seller"]))
    assert (await world.post("officer", leg, "receive", received_on="2026-01-06")).status_code == 200
    return leg


async def test_a_refusal_proposes_a_case_to_the_county_of_the_party_that_refused(world, parties):
    [leg] = await told(world, lead(SampleRefused, parties["seller"], parties["producer"]))
    shown = await world.show(leg)
    assert (leg["region_code"], shown["ground"], shown["party_role"], shown["report_id"], shown["state"]) == (
        "620102", "refusal", "seller", None, "OPENED",
    )  # fmt: skip
    assert "第二十条" in shown["article"] and "《产品质量法》第五十六条" in shown["article"]
    assert shown["lead"] == {"reason": "无正当理由拒绝", "note": "经过"}
    [clock] = shown["clocks"]
    assert (clock["clock_id"], clock["trigger_on"], clock["legal_on"]) == ("C01", "2026-01-05", "2026-01-26"), "15 working days"
    assert [one["part"] for one in shown["five"]] == ["penalty", "disclosure"]
    queue = (await world.who("officer", "620102").get("/v1/legs?ground=refusal")).json()["items"]
    assert [one["id"] for one in queue] == [str(leg["id"])]
    assert (await world.who("officer", "620102").get("/v1/legs?ground=result")).json()["items"] == []


async def test_a_stop_goes_to_whom_it_is_about_and_crosses_to_that_bureau_only(world, parties, platform):
    [leg] = await told(world, lead(SampleStopped, parties["seller"], parties["producer"], party_role="producer"))
    assert (leg["region_code"], leg["origin_region_code"], leg["party_name"]) == ("620902", "620102", parties["producer"]["name"])
    statuses = {
        region: (await world.who("officer", region).get(f"/v1/legs/{leg['id']}")).status_code
        for region in ("620902", "6209", "62", "620102", "620602")
    }
    assert statuses == {"620902": 200, "6209": 200, "62": 200, "620102": 200, "620602": 404}
    seen = await world.show(leg, "620102")
    assert (seen["view"], seen["ground"]) == ("summary", "illegal") and "lead" not in seen
    above = await world.show(leg, "6209")
    assert above["lead"]["licence_no"] == "XK01" and above["lead"]["at_laboratory"] is True
    [opened] = await platform.facts(LegOpened)
    assert (opened.ground, opened.report_id, opened.party_role, opened.origin_region_code) == ("illegal", "", "producer", "620102")


async def test_a_fact_heard_twice_proposes_one_case_and_another_owners_none(world, parties, platform):
    fact = lead(SampleRefused, parties["seller"])
    await told(world, fact)
    await told(world, fact)
    assert len(await told(world, fact, owner="620902")) == 1
    assert len(await platform.facts(LegOpened)) == 1
    assert "another owner" in (await platform.rows("SELECT cause FROM dead_letter"))[0]["cause"]


async def test_a_party_in_another_province_gets_a_letter(world, parties):
    [leg] = await told(world, lead(SampleStopped, parties["seller"], parties["outsider"], party_role="producer"))
    assert (leg["region_code"], leg["outbound"]) == ("620102", True)
    done = await world.post("officer", leg, "acknowledge", acknowledged_on="2026-01-20", by="北京市朝阳区市场监管局")
    assert done.json()["state"] == "CLOSED"


@pytest.mark.parametrize(
    "change",
    [{"programme": "药品"}, {"refused_at": "gestern"}, {"party_role": "producer"}, {"source_region_code": "6209"}, {"sample_id": "x"}],
)
async def test_a_contradictory_refusal_is_parked(world, parties, platform, change):
    await platform.hear(lead(SampleRefused, parties["seller"], **change), owner="620102", key="k", topic="sampling.sample.v1")
    assert len(await platform.rows("SELECT 1 FROM dead_letter")) == 1
    assert await platform.rows("SELECT 1 FROM leg") == []


def test_the_day_of_a_refusal_is_shanghais(parties):
    fact = lead(SampleRefused, parties["seller"], refused_at="2026-01-05T16:30:00+00:00")
    assert read_lead(fact, Ground.REFUSAL).happened_on == date(2026, 1, 6)


async def test_a_case_is_filed_decided_published_and_closed(world, proposed, platform):
    early = await world.post("officer", proposed, "measures", kind="FINE", taken_on="2026-01-10", amount_fen=3000000, case_no="肃1")
    assert (early.status_code, early.json()["code"]) == (409, "case_not_filed")
    assert (await world.five(proposed, "penalty")).json()["code"] == "case_not_filed"
    assert (await world.five(proposed, "cause")).json()["code"] == "part_not_needed"
    filed = await world.post("chief", proposed, "file", filed_on="2026-01-12", case_no="城市监立〔2026〕1号")
    assert filed.status_code == 200, filed.text
    body = filed.json()
    assert (body["state"], body["filed_on"], body["due_on"]) == ("FILED", "2026-01-12", "2026-04-13"), "90 days from filing, Sunday rolled"
    clocks = {one["clock_id"]: (one["done_on"], one["late"]) for one in (await world.show(proposed))["clocks"]}
    assert clocks == {"C01": ("2026-01-12", False), "C02": (None, None)}
    assert (await world.post("officer", proposed, "close", closed_on="2026-02-12")).json()["code"] == "five_missing"
    fine = {"kind": "FINE", "taken_on": "2026-02-10", "amount_fen": 3000000, "case_no": "城市监罚〔2026〕1号"}
    assert (await world.post("officer", proposed, "measures", **fine)).status_code == 201
    states = []
    for part in ("penalty", "disclosure"):
        assert (await world.five(proposed, part, on="2026-02-11")).status_code == 200
        states.append((await world.show(proposed))["state"])
    assert states == ["PENALTY_DECIDED", "PUBLISHED"]
    closed = (await world.post("officer", proposed, "close", closed_on="2026-02-12")).json()
    assert (closed["state"], closed["closure"]["amount_fen"], closed["closure"]["rectified"]) == ("CLOSED", 3000000, False)
    [told_filed] = await platform.facts(CaseFiled)
    assert (told_filed.ground, told_filed.case_no, told_filed.filed_on) == ("refusal", "城市监立〔2026〕1号", "2026-01-12")
    [told_closed] = await platform.facts(LegClosed)
    assert (told_closed.ground, told_closed.report_id, told_closed.on_time) == ("refusal", "", True)


async def test_no_case_closes_the_leg_with_its_reason(world, proposed):
    done = await world.post("chief", proposed, "dismiss", dismissed_on="2026-01-12", reason="系临时停业,未拒绝")
    assert done.status_code == 200, done.text
    shown = await world.show(proposed)
    assert (shown["state"], shown["dismissal"], shown["closure"]["case_results"]) == ("CLOSED", "系临时停业,未拒绝", ["NOT_FILED"])
    assert [one["done_on"] for one in shown["clocks"]] == ["2026-01-12"]
    assert (await world.post("chief", proposed, "file", filed_on="2026-01-13", case_no="1")).json()["code"] == "leg_ended"


async def test_filing_comes_once_after_the_signing_and_only_for_a_proposed_case(world, parties, proposed):
    fresh = (await told(world, lead(SampleRefused, parties["seller"])))[0]
    assert (await world.post("chief", fresh, "file", filed_on="2026-01-06", case_no="1")).json()["code"] == "leg_not_received"
    assert (await world.post("chief", proposed, "file", filed_on="2026-01-05", case_no="1")).json()["code"] == "date_order"
    assert (await world.post("officer", proposed, "file", filed_on="2026-01-06", case_no="1")).status_code == 403
    assert (await world.post("chief", proposed, "file", filed_on="2026-01-06", case_no="1")).status_code == 200
    again = await world.post("chief", proposed, "file", filed_on="2026-01-06", case_no="1")
    assert (again.status_code, again.json()["code"]) == (409, "case_filed")
    result = await world.received()
    assert (await world.post("chief", result, "file", filed_on="2026-01-06", case_no="1")).json()["code"] == "leg_not_case"


async def extend(world, leg, days, applied_on="2026-01-20"):
    made = await world.post("officer", leg, "extensions", applied_on=applied_on, days=days, reason="案情复杂")
    return await world.post("chief", leg, f"extensions/{made.json()['id']}/approve", approved_on=applied_on)


async def test_filing_is_extended_by_fifteen_working_days_once_and_the_decision_by_thirty_days(world, proposed):
    assert (await extend(world, proposed, 30)).json()["code"] == "extension_invalid"


async def test_an_extension_moves_the_clock_that_runs(world, proposed):
    moved = await extend(world, proposed, 15)
    assert moved.json()["clock_id"] == "C01", moved.text
    shown = await world.show(proposed)
    assert shown["due_on"] > "2026-02-05" and "EXTENDED" in shown["marks"]
    await world.post("chief", proposed, "file", filed_on="2026-01-22", case_no="1")
    before = (await world.show(proposed))["due_on"]
    assert (await extend(world, proposed, 30, "2026-01-30")).json()["clock_id"] == "C02"
    assert (await world.show(proposed))["due_on"] > before


async def test_proposed_cases_are_outside_the_indicators_of_disposal(world, proposed):
    table = (await world.who("officer", "62").get("/v1/indicators?as_of=2026-11-01")).json()["groups"][0]["indicators"]
    assert [one["denominator"] for one in table] == [0, 0, 0, 0]


async def test_a_final_result_is_seen_on_the_legs_whichever_is_heard_first(world, parties):
    def final(fact, on):
        return ResultFinal(sample_id=fact.batch.sample_id, report_id=fact.report_id, final_on=on, cause="LAPSE")

    first, late = world.report(parties["seller"], parties["producer"]), world.report()
    await world.hear(first)
    for fact, on in ((first, "2026-01-20"), (late, "2026-01-21"), (late, "2026-01-30")):
        await world.platform.hear(final(fact, on), owner="620102", key=fact.batch.sample_id, topic="sampling.objection.v1")
    await world.hear(late)
    assert {str(leg["final_on"]) for leg in await world.legs(first)} == {"2026-01-20"}
    assert [str(leg["final_on"]) for leg in await world.legs(late)] == ["2026-01-21"]
    await world.hear(world.replaced(late))
    assert [leg["final_on"] for leg in await world.legs(late)] == [None], "another report is not final yet"
    await world.platform.hear(final(first, "gestern"), owner="620102", key="k", topic="sampling.objection.v1")
    assert len(await world.platform.rows("SELECT 1 FROM dead_letter")) == 1


@pytest.mark.parametrize(
    ("received", "filed", "five", "taken", "state"),
    [
        (False, False, {}, [], "OPENED"),
        (True, False, {}, [], "RECEIVED"),
        (True, True, {}, [], "FILED"),
        (True, True, {Part.PENALTY: DONE}, [Kind.FINE], "PENALTY_DECIDED"),
        (True, True, {Part.PENALTY: DONE}, [Kind.NO_PENALTY], "NO_PENALTY"),
        (True, True, {Part.DISCLOSURE: DONE}, [], "FILED"),
        (True, True, {Part.PENALTY: DONE, Part.DISCLOSURE: DONE}, [], "PUBLISHED"),
    ],
)
def test_how_far_a_proposed_case_is(received, filed, five, taken, state):
    assert progress(received, filed, five, [Taken(kind, date(2026, 2, 1)) for kind in taken]) == state


def test_every_ground_has_its_articles_in_both_programmes_and_a_result_leg_is_bound_by_none_of_this():
    assert {ground for ground, _ in ARTICLES} == {Ground.REFUSAL, Ground.ILLEGAL} and len(ARTICLES) == 4
    check_measure("result", Kind.FINE, None)
    for part in Part:
        check_part("result", part, None)
    check_proposed("refusal", None)

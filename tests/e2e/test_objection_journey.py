"""Objection and re-inspection with real tokens through every service: a result falls, another stands, a producer goes free, late stays late."""

import asyncio
from datetime import date, timedelta

import pytest
from own_batches import (
    FOOD,
    NEIGHBOUR,
    ORGANISER,
    OWNER,
    PRODUCT,
    Own,
    a_few_days_ago,
    filed,
    problem,
    publish_tasks,
    report_again,
    second_report,
)

from common.today import today
from sampling.rules import reinspection_draw

RETEST, DENIAL = "检验结论(复检)", "样品真实性"
SORBIC, COUNT, CREEPAGE = "山梨酸及其钾盐(以山梨酸计)", "菌落总数", "爬电距离"


@pytest.fixture(scope="module")
def tasks(world):
    return asyncio.run(publish_tasks(world))


@pytest.fixture
def own(world, gateway, tasks):
    return Own(world, gateway, tasks)


async def page(own, link, path="", method="GET", code=None, **request):
    """The party's page: no token, its link and its code."""
    return await own.ask(None, method, f"/sampling/v1/party/{link['token']}{path}", headers={"X-Party-Code": code or link["code"]}, **request)


async def draw_and_hand_over(own, batch, case_id, on):
    """The laboratory drawn and the reserve sample at its door; anybody can replay the draw."""
    drawn = await own.case(case_id, "draw-laboratory", on=str(on))
    replayed = reinspection_draw.replay(bytes.fromhex(drawn["seed"]), drawn["protocol"])
    assert replayed == (drawn["candidates_hash"], drawn["commitment"], drawn["drawn"])
    reasons = {one["code"]: one["reason"] for one in drawn["protocol"]["candidates"]}
    first = own.first_lab(batch).removeprefix("lab-")
    assert (drawn["drawn"] != first, reasons[first], reasons[drawn["drawn"]]) == (True, "FIRST", "")
    handed = await own.case(case_id, "handover", on=str(on), seal_no=batch.reserve_seal, seal_intact=True, note="封条完好", photos=[])
    assert (handed["state"], handed["reinspection"]["state"]) == ("TESTING", "TESTING")
    return drawn["drawn"], handed["reinspection"]["id"]


async def nothing_is_published(own, batch):
    """Records wait, and nobody can propose them."""
    records = await own.until(own.records, batch, {"seller": "PENDING", "producer": "PENDING"})
    body = {"record_ids": [row["id"] for row in records.values()], "proposed_on": str(today())}
    answer = await own.ask(f"credit.{OWNER}", "POST", "/credit/v1/records:propose", json=body)
    assert answer.status_code == 409, answer.text


async def test_a_result_that_the_second_laboratory_does_not_confirm_falls_everywhere(own, world):
    """The party asks on its page today; every clock runs from today."""
    day, served = today(), a_few_days_ago()
    batch = await own.reported(own.draft(PRODUCT, served - timedelta(days=12), (CREEPAGE,)))
    await own.until(own.legs, batch, {"seller": "OPENED", "producer": "OPENED"})
    assert {role: leg["region_code"] for role, leg in (await own.legs(batch)).items()} == {"seller": OWNER, "producer": batch.producer_county}
    for role in ("seller", "producer"):
        notice = await own.serve(batch, role, served)
        assert (notice["clock"], notice["objection_until"] > str(day), len(notice["proof"]) > 0) == ("P05", True, True)
    assert await own.state(batch) == "NOTIFIED"

    link = await own.act("officer", batch, "party-links", {"party_role": "producer"})
    assert problem(await page(own, link, code="AAAAAAAA")) == (404, "party_link")
    shown = (await page(own, link)).json()
    assert (shown["party_name"], [row["item"] for row in shown["result"]["items"]]) == (batch.plan.producer.name, [CREEPAGE])
    assert batch.plan.sampled_party.name not in str({**shown, "place": ""}), "nothing of the other party"
    assert {right["kind"]: right["allowed"] for right in shown["rights"]}[RETEST] is True
    wish = {"kind": RETEST, "items": [CREEPAGE], "reason": "本企业检验合格", "contact": "李某", "phone": "13900005678"}
    asked = await page(own, link, "/objections", "POST", json=wish)
    assert (asked.status_code, asked.json()["state"], asked.json()["findings"]) == (201, "FILED", []), asked.text
    case_id = asked.json()["id"]
    assert await own.state(batch) == "OBJECTED"
    await nothing_is_published(own, batch)

    seen = await own.must(f"officer.{OWNER}", "GET", f"/sampling/v1/objections/{case_id}")
    assert (seen["via"], seen["contact"], seen["phone"]) == ("party", "李某", "139****5678")
    assert (await own.ask(f"officer.{NEIGHBOUR}", "GET", f"/sampling/v1/objections/{case_id}")).status_code == 404
    await own.case(case_id, "accept", on=str(day))
    await own.case(case_id, "formalities", on=str(day), fee_fen=120_000)
    destroyed = await own.ask(own.first_lab(batch), "POST", f"/sampling/v1/samples/{batch.id}/reserve/destroy", json={"on": str(day), "note": "到期"})
    assert problem(destroyed) == (409, "reserve_held")
    laboratory, test_id = await draw_and_hand_over(own, batch, case_id, day)
    assert await own.state(batch) == "REINSPECTING"
    wish = {"verdict": "合格", "reason": "称量记录有误", "approver": batch.plan.testers[2]}
    corrected = await own.ask(own.first_lab(batch), "POST", f"/sampling/v1/samples/{batch.id}/corrections", json=wish)
    assert problem(corrected) == (409, "correction_disputed")
    assert test_id not in [test["id"] for test in await own.gateway.every(own.first_lab(batch), "/sampling/v1/reinspections")]
    [task] = [t for t in await own.gateway.every(f"lab-{laboratory}", "/sampling/v1/reinspections") if t["id"] == test_id]
    assert batch.plan.producer.name not in str(task), "the second laboratory works blind"
    await report_again(own, laboratory, test_id, second_report(own, batch, laboratory, day, fails=False))
    await nothing_is_published(own, batch)
    done = await own.case(case_id, "conclude", on=str(day))
    assert (done["outcome"], done["reinspection"]["bearer"]) == ("OVERTURNED", "organiser")

    await own.until(own.legs, batch, {"seller": "HALTED", "producer": "HALTED"})
    await own.until(own.records, batch, {"seller": "WITHDRAWN", "producer": "WITHDRAWN"})
    assert await own.state(batch) == "FINAL"
    assert (await page(own, link)).json()["conclusion"] == "OVERTURNED"
    letter = await own.must(f"officer.{OWNER}", "POST", f"/sampling/v1/objections/{case_id}/documents", json={"paper": "conclusion"})
    assert letter["kind"] == "reinspection_conclusion"


async def test_scenarios_1_and_7_late_and_microbial_applications_are_refused_and_the_one_in_time_is_tested(own):
    batch = await own.reported(own.draft(FOOD, date(2026, 1, 26), (SORBIC, COUNT), issued_on=date(2026, 2, 10)))
    notice = await own.serve(batch, "seller", date(2026, 2, 11))
    assert (notice["clock"], notice["objection_until"]) == ("F08", "2026-02-27")
    await own.serve(batch, "producer", date(2026, 2, 12))
    late = await filed(own, batch, "seller", RETEST, "2026-02-28", items=[SORBIC])
    [finding] = late["findings"]
    counted = [step["on"] for step in finding["limit"]["proof"] if step["kind"] == "counted"]
    assert (finding["code"], finding["limit"]["until"], finding["article"]) == ("objection_late", "2026-02-27", "O15 art. 31")
    assert counted == [f"2026-02-{day}" for day in (12, 13, 14, 24, 25, 26, 27)]
    refused = await own.ask(f"officer.{OWNER}", "POST", f"/sampling/v1/objections/{late['id']}/accept", json={"on": "2026-03-02"})
    assert problem(refused) == (409, "objection_late")
    kept = await own.case(late["id"], "refuse", on="2026-03-02", grounds="逾期")
    assert (kept["state"], kept["outcome"]) == ("REFUSED", "REFUSED")

    microbes = await filed(own, batch, "seller", RETEST, "2026-02-27", items=[COUNT])
    assert [one["code"] for one in microbes["findings"]] == ["reinspection_microbial"]
    await own.case(microbes["id"], "refuse", on="2026-03-02")
    case = await filed(own, batch, "seller", RETEST, "2026-02-27", items=[SORBIC])
    assert case["findings"] == []
    await own.case(case["id"], "accept", on="2026-03-03")
    await own.case(case["id"], "formalities", on="2026-03-04", fee_fen=80_000)
    laboratory, test_id = await draw_and_hand_over(own, batch, case["id"], date(2026, 3, 5))
    report = second_report(own, batch, laboratory, date(2026, 3, 9), fails=True)
    report["items"] = [row for row in report["items"] if row["item"] == SORBIC]
    await report_again(own, laboratory, test_id, report)
    done = await own.case(case["id"], "conclude", on="2026-03-10")
    assert (done["outcome"], done["reinspection"]["bearer"]) == ("UPHELD", "applicant")
    legs = await own.legs(batch)
    assert {role: leg["state"] for role, leg in legs.items()} == {"seller": "OPENED", "producer": "OPENED"}
    assert await own.state(batch) == "FINAL"


async def test_scenarios_2_14_and_15_a_producer_who_proves_that_it_is_not_its_own_goes_free_alone(own):
    batch = await own.reported(own.draft(FOOD, date(2026, 2, 2), (SORBIC,), issued_on=date(2026, 2, 12)))
    await own.until(own.legs, batch, {"seller": "OPENED", "producer": "OPENED"})
    served = [await own.serve(batch, role, on) for role, on in (("seller", date(2026, 2, 26)), ("producer", date(2026, 2, 27)))]
    assert [(notice["serve_clock"], notice["serve_by"], notice["serve_late"]) for notice in served] == [
        ("F06", "2026-02-26", False), ("F06", "2026-02-26", True),
    ]  # fmt: skip
    case = await filed(own, batch, "producer", DENIAL, "2026-03-06", contact="李某", phone="13900005678")
    assert case["findings"] == []
    await nothing_is_published(own, batch)
    accepted = await own.case(case["id"], "accept", on="2026-03-09")
    [clock] = [one for one in accepted["clocks"] if one["clock_id"] == "F20"]
    assert clock["legal_on"] == "2026-04-21"
    decided = await own.case(case["id"], "decide", on="2026-04-21", sustained=True, grounds="系假冒该企业产品", counterfeit=True)
    assert (decided["outcome"], decided["counterfeit"]) == ("NOT_OWN_PRODUCT", True)
    assert [one["late"] for one in decided["clocks"] if one["clock_id"] == "F20"] == [False]
    await own.until(own.legs, batch, {"seller": "OPENED", "producer": "HALTED"})
    records = await own.until(own.records, batch, {"seller": "DUE", "producer": "WITHDRAWN"})
    assert records["producer"]["party_name"] == batch.plan.producer.name
    assert (await own.ask(f"officer.{NEIGHBOUR}", "GET", f"/sampling/v1/samples/{batch.id}/rights")).status_code == 404
    above = await own.must(f"officer.{ORGANISER}", "GET", f"/sampling/v1/samples/{batch.id}/rights")
    assert above["final_conclusion"] == "NOT_OWN_PRODUCT"


async def test_scenario_3_the_same_day_of_service_ends_later_for_a_product_than_for_food(own):
    product = await own.reported(own.draft(PRODUCT, date(2026, 1, 12), (CREEPAGE,)))
    food = await own.reported(own.draft(FOOD, date(2026, 1, 12), (SORBIC,)))
    ends = [(await own.serve(batch, "producer", date(2026, 2, 2)))["objection_until"] for batch in (product, food)]
    assert ends == ["2026-02-24", "2026-02-11"]


async def test_the_ledger_holds_after_the_disputes(world):
    found = await world.ledger()
    assert found.holds, found.text()

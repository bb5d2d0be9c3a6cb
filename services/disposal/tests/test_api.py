"""The handling bureau's work over HTTP: from the queue to the closed leg, and every refusal on the way."""

from datetime import date

import pytest
from longzhi.disposal.v1.events_pb2 import LegClosed, MeasureTaken

EVIDENCE = "ab" * 32


def code(answer):
    return answer.status_code, answer.json()["code"]


async def test_a_product_leg_goes_from_receipt_to_closing_and_tells_each_step(world, parties, platform):
    leg = await world.opened(parties["producer"], programme="产品")
    states = [(await world.show(leg))["state"]]

    async def step(done):
        assert done.status_code in (200, 201), done.text
        states.append((await world.show(leg))["state"])

    await step(await world.post("officer", leg, "receive", received_on="2026-01-06"))
    await step(await world.post("officer", leg, "measures", kind="SEAL", taken_on="2026-01-06", quantity="120.5", unit="kg"))
    await step(await world.five(leg, "risk_control", on="2026-01-07"))
    await step(await world.five(leg, "cause", on="2026-01-12"))
    await step(await world.post("officer", leg, "measures", kind="ORDER_CORRECT", taken_on="2026-01-12", served_on="2026-01-13"))
    await step(await world.five(leg, "rectification", on="2026-02-02"))
    await step(await world.post("officer", leg, "measures", kind="RECHECK", taken_on="2026-02-09", result="conforming"))
    await step(await world.post("officer", leg, "measures", kind="FINE", taken_on="2026-02-10", amount_fen=500000, case_no="肃市监罚〔2026〕1号"))
    await step(await world.five(leg, "penalty", on="2026-02-10"))
    await step(await world.five(leg, "disclosure", on="2026-02-11"))
    await step(await world.post("officer", leg, "close", closed_on="2026-02-12"))
    assert states == [
        "OPENED", "RECEIVED", "RECEIVED", "CONTROLLED", "CAUSE_FOUND", "RECTIFYING", "RECTIFYING", "RECHECK", "RECHECK", "PENALTY_DECIDED",
        "PUBLISHED", "CLOSED",
    ]  # fmt: skip
    (told,) = await platform.facts(LegClosed)
    assert (told.leg_id, told.closed_on, told.on_time, told.rectified, told.origin_region_code) == (
        str(leg["id"]), "2026-02-12", True, True, "620102",
    )  # fmt: skip
    measures = [one.measure for one in await platform.facts(MeasureTaken)]
    assert measures == ["SEAL", "ORDER_CORRECT", "RECHECK", "FINE"]
    assert {envelope.region_code for envelope in await platform.facts()} == {"620902"}
    file = await world.show(leg)
    assert {one["clock_id"]: one["done_on"] for one in file["clocks"]} == {
        "F22": "2026-01-06", "F24": "2026-02-12", "P10": "2026-02-02", "P11": "2026-02-09",
    }  # fmt: skip
    assert file["measures"][0]["quantity"] == "120.5"
    acts = [row["act"] for row in await platform.rows("SELECT act FROM audit_entry WHERE region_code = '620902' ORDER BY seq")]
    assert (acts[0], acts[1], acts[-1], len(acts)) == ("leg.open", "leg.receive", "leg.close", 12)


async def test_the_origin_of_the_batch_sees_status_and_closure_summary_only(world, parties):
    leg = await world.closed(parties["producer"])
    seen = await world.show(leg, "620102")
    assert (seen["view"], seen["state"], seen["closed_on"]) == ("summary", "CLOSED", "2026-01-30")
    assert seen["closure"] == {"rectified": True, "case_no": "", "case_results": [], "amount_fen": 0}
    assert not {"measures", "five", "clocks", "extensions", "failed_items"} & set(seen)
    above = await world.show(leg, "6209")
    assert (above["view"], len(above["five"])) == ("file", 5)


async def test_scenario_17_an_order_to_correct_starts_its_two_clocks_and_resuming_early_is_a_breach(world, parties):
    leg = await world.received(parties["producer"], programme="产品")
    await world.post("officer", leg, "measures", kind="ORDER_CORRECT", taken_on="2026-03-01", served_on="2026-03-02")
    clocks = {one["clock_id"]: one for one in (await world.show(leg))["clocks"]}
    assert (clocks["P10"]["raw_on"], clocks["P10"]["legal_on"]) == ("2026-05-01", "2026-05-06")
    recheck = clocks["P11"]
    assert (recheck["raw_on"], recheck["legal_on"], recheck["target_on"]) == ("2026-05-16", "2026-05-18", "2026-05-15")
    assert len([step for step in recheck["proof"] if step["kind"] == "counted"]) == 75
    early = await world.post("officer", leg, "measures", kind="RESUME", taken_on="2026-04-01")
    assert early.status_code == 201 and "第49条" in early.json()["violation"]
    await world.post("officer", leg, "measures", kind="RECHECK", taken_on="2026-05-15", result="conforming")
    later = await world.post("officer", leg, "measures", kind="RESUME", taken_on="2026-05-16")
    assert later.json()["violation"] == ""


async def test_scenario_19_an_extension_before_expiry_counts_in_k6_and_not_in_k6b(world):
    leg = await world.received(reported_on="2026-01-05", on="2026-01-05")
    shown = await world.show(leg)
    (clock,) = [one for one in shown["clocks"] if one["clock_id"] == "F24"]
    assert (clock["raw_on"], clock["legal_on"], clock["target_on"]) == ("2026-04-05", "2026-04-07", "2026-04-03")
    asked = await world.post("officer", leg, "extensions", applied_on="2026-04-01", days=30, reason="需跨区取证")
    path = f"extensions/{asked.json()['id']}/approve"
    late = await world.post("chief", leg, path, approved_on="2026-04-08")
    assert code(late) == (409, "extension_late")
    granted = await world.post("chief", leg, path, approved_on="2026-04-02")
    assert granted.json()["due_on"] == "2026-05-06"
    shown = await world.show(leg)
    (clock,) = [one for one in shown["clocks"] if one["clock_id"] == "F24"]
    assert (clock["raw_on"], shown["due_on"], shown["legal_on"], shown["marks"]) == ("2026-05-05", "2026-05-06", "2026-04-07", ["EXTENDED"])
    for part in ("risk_control", "cause", "rectification", "penalty", "disclosure"):
        await world.five(leg, part)
    assert (await world.post("officer", leg, "close", closed_on="2026-04-30")).status_code == 200
    assert await percents(world, "2026-06-01") == {"K4": "100.00", "K5": "100.00", "K6": "100.00", "K6b": "0.00"}


async def test_scenario_19_an_extension_after_expiry_is_refused_and_k6_falls(world):
    leg = await world.ready()
    asked = await world.post("officer", leg, "extensions", applied_on="2026-04-01", reason="需跨区取证")
    late = await world.post("chief", leg, f"extensions/{asked.json()['id']}/approve", approved_on="2026-04-08")
    assert code(late) == (409, "extension_late")
    assert (await world.post("officer", leg, "close", closed_on="2026-04-30")).status_code == 200
    assert await percents(world, "2026-06-01") == {"K4": "100.00", "K5": "100.00", "K6": "0.00", "K6b": "0.00"}


async def percents(world, as_of, query=""):
    answer = await world.who("officer", "62").get(f"/v1/indicators?as_of={as_of}{query}")
    assert answer.status_code == 200, answer.text
    return {one["id"]: one["percent"] for one in answer.json()["groups"][0]["indicators"]}


async def test_an_extension_has_one_open_application_and_two_persons(world, platform):
    leg = await world.received()
    asked = await world.post("officer", leg, "extensions", applied_on="2026-02-01", reason="x")
    again = await world.post("officer", leg, "extensions", applied_on="2026-02-02", reason="x")
    assert code(again) == (409, "extension_pending")
    both = platform.client("officer.620102", "officer", "chief", region="620102")
    path = f"/v1/legs/{leg['id']}/extensions/{asked.json()['id']}/approve"
    assert code(await both.post(path, json={"approved_on": "2026-02-03"})) == (409, "same_person")
    chief = world.who("chief", "620102")
    assert (await chief.post(path, json={"approved_on": "2026-02-03"})).status_code == 200
    assert code(await chief.post(path, json={"approved_on": "2026-02-03"})) == (409, "extension_decided")
    unknown = f"/v1/legs/{leg['id']}/extensions/{leg['id']}/approve"
    assert code(await chief.post(unknown, json={"approved_on": "2026-02-03"})) == (404, "not_found")


async def test_a_leg_does_not_close_before_the_five_are_in_place(world):
    leg = await world.received()
    await world.five(leg, "risk_control")
    await world.five(leg, "cause", state="not_applicable", evidence=[], reason="经营者已注销")
    answer = await world.post("officer", leg, "close", closed_on="2026-01-30")
    assert code(answer) == (409, "five_missing")
    assert [one["pointer"] for one in answer.json()["problems"]] == ["/five/cause", "/five/rectification", "/five/penalty", "/five/disclosure"]
    assert (await world.post("chief", leg, "five/cause/approve", approved_on="2026-01-21")).json()["in_place"] is True
    again = await world.post("chief", leg, "five/cause/approve")
    assert code(again) == (409, "nothing_to_approve")
    for part in ("rectification", "penalty", "disclosure"):
        await world.five(leg, part)
    early = await world.post("officer", leg, "close", closed_on="2026-01-19")
    assert code(early) == (422, "date_order")
    assert (await world.post("officer", leg, "close", closed_on="2026-01-30")).status_code == 200


async def test_an_officer_cannot_approve_what_the_officer_declared(world, platform):
    leg = await world.received()
    await world.five(leg, "cause", state="not_applicable", evidence=[], reason="经营者已注销")
    both = platform.client("officer.620102", "officer", "chief", region="620102")
    assert code(await both.post(f"/v1/legs/{leg['id']}/five/cause/approve")) == (409, "same_person")
    await world.post("chief", leg, "five/cause/approve", approved_on="2026-01-21")
    changed = await world.five(leg, "cause", state="not_applicable", evidence=[], reason="另一理由")
    assert changed.json()["in_place"] is False, "what was approved is no longer what is said"


async def test_a_product_under_order_closes_only_after_a_passed_recheck(world, parties):
    leg = await world.ready(parties["producer"], programme="产品")
    await world.post("officer", leg, "measures", kind="ORDER_CORRECT", taken_on="2026-01-12", served_on="2026-01-13")
    assert code(await world.post("officer", leg, "close", closed_on="2026-02-20")) == (409, "recheck_missing")
    await world.post("officer", leg, "measures", kind="RECHECK", taken_on="2026-02-09", result="nonconforming")
    assert code(await world.post("officer", leg, "close", closed_on="2026-02-20")) == (409, "recheck_missing")
    await world.post("officer", leg, "measures", kind="ANNOUNCE", taken_on="2026-02-20")
    (clock,) = [one for one in (await world.show(leg))["clocks"] if one["clock_id"] == "P13"]
    assert (clock["opens_on"], clock["legal_on"]) == ("2026-04-22", "2026-05-20")
    early = await world.post("officer", leg, "measures", kind="RECHECK", taken_on="2026-04-21", result="conforming")
    assert code(early) == (409, "recheck_too_early")
    await world.post("officer", leg, "measures", kind="RECHECK", taken_on="2026-04-22", result="conforming")
    assert (await world.post("officer", leg, "close", closed_on="2026-04-23")).json()["state"] == "CLOSED"


async def test_measures_of_a_product_keep_their_order(world, parties):
    leg = await world.received(parties["producer"], programme="产品")
    first = await world.post("officer", leg, "measures", kind="RECHECK", taken_on="2026-01-20", result="conforming")
    assert code(first) == (409, "order_missing")
    order = {"kind": "ORDER_CORRECT", "taken_on": "2026-01-12", "served_on": "2026-01-13"}
    assert (await world.post("officer", leg, "measures", **order)).status_code == 201
    assert code(await world.post("officer", leg, "measures", **order)) == (409, "order_exists")
    assert code(await world.post("officer", leg, "measures", kind="ANNOUNCE", taken_on="2026-01-20")) == (409, "recheck_not_failed")


async def test_a_letter_to_another_province_closes_with_its_acknowledgement(world, parties, platform):
    leg = await world.opened(parties["outsider"])
    assert (leg["region_code"], leg["outbound"]) == ("620102", True)
    assert code(await world.post("officer", leg, "receive", received_on="2026-01-06")) == (409, "leg_outbound")
    done = await world.post("officer", leg, "acknowledge", acknowledged_on="2026-02-02", by="北京市朝阳区市场监管局")
    assert (done.json()["state"], done.json()["closed_on"]) == ("CLOSED", "2026-02-02")
    (told,) = await platform.facts(LegClosed)
    assert (told.on_time, told.rectified) == (True, False)
    assert await percents(world, "2026-06-01") == {"K4": None, "K5": "100.00", "K6": "100.00", "K6b": "100.00"}
    other = await world.opened()
    assert code(await world.post("officer", other, "acknowledge", acknowledged_on="2026-02-02", by="x")) == (409, "leg_not_outbound")


async def test_acts_need_the_state_that_they_come_from(world):
    leg = await world.opened()
    assert code(await world.post("officer", leg, "measures", kind="SEAL", taken_on="2026-01-06")) == (409, "leg_not_received")
    assert code(await world.five(leg, "cause")) == (409, "leg_not_received")
    closed = await world.closed()
    assert code(await world.post("officer", closed, "receive", received_on="2026-01-06")) == (409, "leg_ended")
    again = await world.received()
    assert code(await world.post("officer", again, "receive", received_on="2026-01-06")) == (409, "leg_received")


async def test_a_superior_urges_and_returns_and_never_edits(world):
    leg = await world.ready()
    province = world.who("officer", "62")
    urged = await province.post(f"/v1/legs/{leg['id']}/supervise", json={"kind": "urge", "text": "请抓紧", "supervised_on": "2026-01-25"})
    assert urged.status_code == 201, urged.text
    back = await province.post(f"/v1/legs/{leg['id']}/supervise", json={"kind": "return", "text": "原因排查不清", "supervised_on": "2026-01-25"})
    queue = (await world.who("officer", "620102").get("/v1/legs")).json()["items"]
    assert queue[0]["marks"] == ["RETURNED", "SUPERVISED"]
    assert code(await world.post("officer", leg, "close", closed_on="2026-01-30")) == (409, "leg_returned")
    path = f"supervisions/{back.json()['id']}/answer"
    answered = await world.post("officer", leg, path, text="已补充", answered_on="2026-01-26")
    assert (answered.status_code, answered.json()["answer"]) == (201, "已补充")
    assert code(await world.post("officer", leg, path, text="已补充", answered_on="2026-01-26")) == (409, "already_answered")
    assert code(await world.post("officer", leg, f"supervisions/{leg['id']}/answer", text="x")) == (404, "not_found")
    assert (await world.post("officer", leg, "close", closed_on="2026-01-30")).json()["marks"] == ["SUPERVISED"]
    own = await world.post("officer", leg, "supervise", kind="urge", text="x")
    assert code(own) == (409, "not_superior")
    assert code(await province.post(f"/v1/legs/{leg['id']}/supervise", json={"kind": "urge", "text": "x"})) == (409, "leg_ended")


async def test_the_queue_comes_by_nearest_due_date_and_pages_without_gaps(world, parties):
    for day in ("2026-03-02", "2026-01-05", "2026-02-02"):
        await world.opened(parties["seller"], reported_on=day, issued_on=day)
    officer, seen, token = world.who("officer", "620102"), [], ""
    while token is not None:
        page = (await officer.get("/v1/legs", params={"page_size": 1} | ({"page_token": token} if token else {}))).json()
        seen += [leg["reported_on"] for leg in page["items"]]
        token = page["next_page_token"]
    assert seen == ["2026-01-05", "2026-02-02", "2026-03-02"]
    early = (await officer.get("/v1/legs?due_before=2026-02-01")).json()["items"]
    assert [leg["next_due_on"] for leg in early] == ["2026-01-12"], "F22: raw 10 January, a Saturday, rolls to Monday"


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 2), ("?party_role=producer", 1), ("?party_role=seller", 1), ("?outbound=true", 1), ("?outbound=false", 1), ("?state=OPENED", 2),
        ("?state=CLOSED&state=HALTED", 0), ("?programme=产品", 0), ("?elsewhere=true", 1),
    ],
)  # fmt: skip
async def test_the_queue_is_filtered(world, parties, query, count):
    await world.opened(parties["seller"], parties["outsider"], parties["producer"] | {"role": "consignor"})
    found = await world.who("officer", "620102").get(f"/v1/legs{query}")
    assert (found.status_code, len(found.json()["items"])) == (200, count)


async def test_a_change_against_an_older_revision_is_stale(world):
    leg = await world.opened()
    officer = world.who("officer", "620102")
    seen = await officer.get(f"/v1/legs/{leg['id']}")
    path, body = f"/v1/legs/{leg['id']}/receive", {"received_on": "2026-01-06"}
    assert code(await officer.post(path, json=body, headers={"If-Match": 'W/"7"'})) == (412, "stale")
    done = await officer.post(path, json=body, headers={"If-Match": seen.headers["etag"]})
    assert (done.status_code, done.headers["etag"]) == (200, 'W/"2"')


async def test_a_repeated_act_with_its_key_happens_once(world, platform):
    leg = await world.received()
    officer, body = world.who("officer", "620102"), {"kind": "SEAL", "taken_on": "2026-01-06"}
    answers = [await officer.post(f"/v1/legs/{leg['id']}/measures", json=body, headers={"Idempotency-Key": "k"}) for _ in range(2)]
    assert answers[0].text == answers[1].text
    assert len(await platform.rows("SELECT 1 FROM measure")) == 1


async def test_indicators_group_and_lead_to_their_legs(world, parties):
    closed = await world.closed(parties["producer"])
    late = await world.opened(parties["seller"])
    province = world.who("officer", "62")
    groups = (await province.get("/v1/indicators?as_of=2026-06-01&group_by=prefecture&programme=食品")).json()["groups"]
    told = {group["region_code"]: {one["id"]: (one["numerator"], one["denominator"]) for one in group["indicators"]} for group in groups}
    assert told == {
        "6201": {"K4": (0, 1), "K5": (0, 1), "K6": (0, 1), "K6b": (0, 1)}, "6209": {"K4": (1, 1), "K5": (1, 1), "K6": (1, 1), "K6b": (1, 1)},
    }  # fmt: skip
    legs = (await province.get("/v1/indicators/K5/legs?as_of=2026-06-01")).json()["items"]
    assert {(one["leg_id"], one["counted"]) for one in legs} == {(str(closed["id"]), True), (str(late["id"]), False)}
    missing = (await province.get("/v1/indicators/K5/legs?as_of=2026-06-01&counted=false")).json()["items"]
    assert [one["leg_id"] for one in missing] == [str(late["id"])]
    grouped = (await province.get("/v1/indicators/K5/legs?as_of=2026-06-01&group_by=prefecture&group=6209")).json()["items"]
    assert [one["leg_id"] for one in grouped] == [str(closed["id"])]
    pages = (await province.get("/v1/indicators/K5/legs?as_of=2026-06-01&page_size=1")).json()
    rest = (await province.get(f"/v1/indicators/K5/legs?as_of=2026-06-01&page_token={pages['next_page_token']}")).json()
    assert [one["leg_id"] for one in pages["items"] + rest["items"]] == [one["leg_id"] for one in legs]
    assert code(await province.get("/v1/indicators?as_of=2099-01-01")) == (422, "date_future")
    assert await percents(world, "2026-01-06") == {"K4": "100.00", "K5": None, "K6": None, "K6b": None}


async def test_a_limit_that_ends_in_an_unannounced_year_is_provisional(world):
    leg = await world.received(reported_on="2026-11-02", issued_on="2026-11-02", on="2026-11-03")
    clocks = {one["clock_id"]: one["provisional"] for one in (await world.show(leg))["clocks"]}
    assert clocks == {"F22": False, "F23": False, "F24": True}
    assert date.fromisoformat((await world.show(leg))["due_on"]) >= date(2027, 2, 1)

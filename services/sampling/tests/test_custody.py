"""The way to the laboratory and its door: dispatch, temperatures, F01 with its proof, every check of the receipt. Scenario 4."""

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from longzhi.sampling.v1.events_pb2 import SampleDispatched, SampleRejected
from sampling_cases import CHECKS, FOOD_FORM, FORM, RECEIPT, TASK, TASKS, task

from common.clocks import render
from common.region import Region
from common.vault import keys_of, unseal
from sampling.rules.custody import Journey, Way, check_journey
from sampling.rules.receipt import Receipt, RejectionReason, Sealed, check_receipt, delivery_clock, is_overdue, list_rejection_reasons
from sampling.rules.samples import Programme

COURIER = {"way": "快递", "dispatched_on": "2021-02-01", "courier": "顺丰", "tracking_no": "SF1234567890"}
REJECT = RECEIPT | {"decision": "reject"}
FULL = RECEIPT | {
    "arrived_on": "2021-02-02", "seal_no": "F001", "quantity_found": "4", "temperature": "4.5", "appearance_note": "完好", "checker": "检验员甲",
    "checker_phone": "13900005678", "photos": ["01900000-0000-7000-8000-0000000000ee"],
}  # fmt: skip


def codes(answer):
    body = answer.json()
    return answer.status_code, body["code"], body.get("pointer")


async def post(client, sample, what, body):
    return await client.post(f"/v1/samples/{sample['id']}/{what}", json=body)


# ---- F01 ----


def test_scenario_4_a_food_sample_of_30_april_2026_is_due_on_11_may():
    clock = delivery_clock(Programme.FOOD, date(2026, 4, 30))
    assert clock is not None and clock.legal == date(2026, 5, 11)
    counted = [step.on for step in clock.proof if step.kind.value == "counted"]
    assert counted == [date(2026, 5, day) for day in (6, 7, 8, 9, 11)], "Saturday 9 May is a working day"
    assert not is_overdue(date(2026, 5, 11), clock) and is_overdue(date(2026, 5, 12), clock)
    assert "2026-05-09" in render(clock.proof)


def test_products_have_no_days_for_the_way():
    assert delivery_clock(Programme.PRODUCT, date(2026, 4, 30)) is None
    assert not is_overdue(date(2027, 1, 1), None)


async def test_scenario_4_a_late_sample_is_taken_with_the_proof_or_rejected(batch):
    food = FOOD_FORM | {"product": FOOD_FORM["product"] | {"production_date": "2026-04-01"}, "sampled_on": "2026-04-30"}
    for number, decision in ((1, "accept"), (2, "reject")):
        sample = await batch.draft(food | {"sample_no": f"XBJ2662010200001000{number}"})
        sealed = await post(batch.sampler(), sample, "seal", {"sealed_on": "2026-04-30", "seal_no": "F1", "reserve_seal_no": "F2"})
        assert sealed.status_code == 200, sealed.text
        shown = (await batch.officer().get(f"/v1/samples/{sample['id']}/custody")).json()
        assert (shown["delivery"]["clock"], shown["delivery"]["due_on"]) == ("F01", "2026-05-11")
        late = RECEIPT | {"received_on": "2026-05-12", "decision": decision, "reasons": ["超过送样时限"] if decision == "reject" else []}
        taken = await post(batch.lab(), sample, "receipt", late)
        assert taken.status_code == 200, taken.text
        assert taken.json()["receipt"]["late"]["due_on"] == "2026-05-11"
        [event] = (await batch.officer().get(f"/v1/samples/{sample['id']}/custody")).json()["events"]
        assert event["act"] == "late" and any("2026-05-09" in line for line in event["details"]["proof"])
    punctual = await batch.draft(food | {"sample_no": "XBJ26620102000010003"})
    await post(batch.sampler(), punctual, "seal", {"sealed_on": "2026-04-30", "seal_no": "F1", "reserve_seal_no": "F2"})
    wrong = await post(batch.lab(), punctual, "receipt", REJECT | {"received_on": "2026-05-11", "reasons": ["超过送样时限"]})
    assert codes(wrong) == (422, "receipt_reasons", "/reasons") and "2026-05-11" in wrong.json()["detail"]


# ---- dispatch ----


async def test_a_sealed_sample_goes_on_its_way_and_arrives(platform, batch):
    sample = await batch.sealed()
    sent = await post(batch.sampler(), sample, "dispatch", COURIER | {"temperatures": [{"at": "2021-02-01T09:00:00+08:00", "celsius": "4.0"}]})
    assert (sent.status_code, sent.json()["tracking_no"], sent.json()["due_on"]) == (201, "SF1234567890", None)
    assert (await batch.officer().get(f"/v1/samples/{sample['id']}")).json()["state"] == "IN_TRANSIT"
    [fact] = await platform.facts(SampleDispatched)
    assert (fact.way, fact.dispatched_on) == ("快递", "2021-02-01")
    point = {"at": "2021-02-01T15:00:00+08:00", "place": "定西转运中心", "note": "已发出", "celsius": "-1.5"}
    assert (await post(batch.sampler(), sample, "tracking", point)).json()["details"]["celsius"] == "-1.5"
    assert (await post(batch.lab(), sample, "receipt", FULL)).status_code == 200
    shown = (await batch.lab().get(f"/v1/samples/{sample['id']}/custody")).json()
    assert [reading["celsius"] for reading in shown["dispatch"]["temperatures"]] == ["4.0", "-1.5"]
    assert (shown["dispatch"]["arrived_on"], [event["act"] for event in shown["events"]]) == ("2021-02-02", ["waypoint", "receive"])
    gone = await post(batch.sampler(), sample, "tracking", point)
    assert codes(gone)[:2] == (409, "sample_not_under_way")
    assert codes(await post(batch.sampler(), sample, "dispatch", COURIER))[:2] == (409, "sample_state")


async def test_a_draft_does_not_travel_and_what_was_received_neither(batch):
    for sample in (await batch.draft(), await batch.received()):
        refused = await post(batch.sampler(), sample, "dispatch", COURIER)
        assert codes(refused)[:2] == (409, "sample_state") and "第二十三条" in refused.json()["detail"]


async def test_dangerous_goods_do_not_travel_by_courier(batch):
    said = await batch.draft()
    sealing = {"sealed_on": "2021-02-01", "seal_no": "F1", "reserve_seal_no": "F2", "dangerous": True}
    assert (await post(batch.sampler(), said, "seal", sealing)).status_code == 200
    assert codes(await post(batch.sampler(), said, "dispatch", COURIER)) == (422, "dispatch_dangerous", "/way")
    own = await post(batch.sampler(), said, "dispatch", {"way": "自送", "dispatched_on": "2021-02-01"})
    assert own.status_code == 201


async def test_the_catalogue_tells_that_goods_are_dangerous(batch, monkeypatch):
    monkeypatch.setitem(TASKS, str(TASK), task(TASK, product_group="HAZCHEM"))
    sample = await batch.sealed()
    assert codes(await post(batch.sampler(), sample, "dispatch", COURIER)) == (422, "dispatch_dangerous", "/way")
    lorry = {"way": "专用运输", "dispatched_on": "2021-02-01"}
    assert codes(await post(batch.sampler(), sample, "dispatch", lorry)) == (422, "dispatch_vehicle", "/vehicle")
    assert (await post(batch.sampler(), sample, "dispatch", lorry | {"vehicle": "甘A12345"})).status_code == 201


JOURNEY = Journey(Way.COURIER, date(2021, 2, 1), "顺丰", "SF1", None, 0)


@pytest.mark.parametrize(
    ("change", "more", "found"),
    [
        ({}, {}, []),
        ({"dispatched_on": date(2021, 1, 31)}, {}, ["date_order"]),
        ({"dispatched_on": date(2021, 3, 2)}, {}, ["date_future"]),
        ({"tracking_no": None}, {}, ["dispatch_tracking"]),
        ({"courier": None}, {}, ["dispatch_tracking"]),
        ({}, {"dangerous": True}, ["dispatch_dangerous"]),
        ({"way": Way.OWN, "courier": None, "tracking_no": None}, {"dangerous": True}, []),
        ({"way": Way.SPECIAL}, {}, ["dispatch_vehicle"]),
        ({}, {"storage": "冷藏(0-4℃)"}, ["temperature_missing"]),
        ({"temperatures": 1}, {"storage": "冷冻"}, []),
        ({}, {"storage": "常温"}, []),
    ],
)
def test_a_journey_is_as_the_goods_need_it(change, more, found):
    told = {"dangerous": False, "storage": ""} | more
    assert [p.code for p in check_journey(replace(JOURNEY, **change), date(2021, 2, 1), date(2021, 3, 1), **told)] == found


# ---- receipt ----

SEALED = Sealed(date(2021, 2, 1), Decimal(4), "F001", date(2021, 6, 1))
GOOD = Receipt(date(2021, 2, 3), True, True, Decimal(4), True, True, True, True, "F001", True)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"seal_intact": False}, "封条破损"),
        ({"reserve_sealed": False}, "封条破损"),
        ({"packing_intact": False}, "包装破损"),
        ({"quantity": Decimal("3.9")}, "数量不足"),
        ({"information_matches": False}, "信息不符"),
        ({"seal_number": "F009"}, "信息不符"),
        ({"storage_right": False}, "储运条件不符"),
        ({"appearance_right": False}, "储运条件不符"),
        ({"received_on": date(2021, 6, 2)}, "超过保质期"),
        ({"papers_complete": False}, "文书缺失"),
    ],
)
def test_every_check_that_fails_is_a_reason_of_the_list(change, reason):
    receipt = replace(GOOD, **change)
    assert list_rejection_reasons(receipt, SEALED) == (RejectionReason(reason),)
    assert [p.code for p in check_receipt(receipt, SEALED, date(2021, 7, 1))] == ["receipt_must_reject"]
    rejected = replace(receipt, accepted=False, reasons=(RejectionReason(reason),))
    assert check_receipt(rejected, SEALED, date(2021, 7, 1)) == ()


@pytest.mark.parametrize(
    ("change", "code", "pointer"),
    [
        ({"checks": CHECKS | {"reserve": "fault"}}, "receipt_must_reject", "/decision"),
        ({"checks": CHECKS | {"papers": "fault"}}, "receipt_must_reject", "/decision"),
        ({"checks": CHECKS | {"appearance": "fault"}}, "receipt_must_reject", "/decision"),
        ({"seal_no": "F009"}, "receipt_must_reject", "/decision"),
        ({"quantity_found": "3"}, "receipt_must_reject", "/decision"),
        ({"arrived_on": "2021-02-04"}, "date_order", "/arrived_on"),
        ({"arrived_on": "2021-01-31"}, "date_order", "/arrived_on"),
        ({"temperature": "warm"}, "format", "/temperature"),
        ({"decision": "reject", "reasons": ["超过送样时限"]}, "receipt_reasons", "/reasons"),
        ({"photos": ["x"]}, "uuid_format", "/photos/0"),
    ],
)
async def test_a_receipt_that_cannot_be_is_refused(batch, change, code, pointer):
    sample = await batch.sealed()
    assert codes(await post(batch.lab(), sample, "receipt", RECEIPT | change)) == (422, code, pointer)


async def test_the_whole_receipt_is_kept_and_the_telephone_only_sealed(platform, batch):
    sample = await batch.sealed()
    taken = (await post(batch.lab(), sample, "receipt", FULL)).json()
    kept = taken["receipt"]
    assert (kept["arrived_on"], kept["temperature"], kept["checker"], kept["quantity_found"]) == ("2021-02-02", "4.5", "检验员甲", "4")
    assert "13900005678" not in str(taken)
    [row] = await platform.rows("SELECT id, phone_sealed, CAST(to_jsonb(c) - 'phone_sealed' AS text) AS rest FROM custody_event c")
    assert "13900005678" not in row["rest"]
    assert unseal(keys_of("cd" * 32, Region("620102")), f"{row['id']}:phone", row["phone_sealed"]) == "13900005678"
    [event] = (await batch.officer().get(f"/v1/samples/{sample['id']}/custody")).json()["events"]
    assert event["has_phone"] is True and "13900005678" not in str(event)


async def test_the_small_receipt_stays_what_it_was_and_repeats_unchanged(platform, batch):
    small, full = await batch.sealed(), await batch.sealed()
    receipts = [RECEIPT | {"sample_id": small["id"]}, FULL | {"sample_id": full["id"]}]
    first = (await batch.lab().post("/v1/receipts:batch", json={"receipts": receipts})).json()["results"]
    assert [(r["status"], r["state"]) for r in first] == [("done", "RECEIVED")] * 2
    again = (await batch.lab().post("/v1/receipts:batch", json={"receipts": receipts})).json()["results"]
    assert [r["status"] for r in again] == ["unchanged", "unchanged"]
    other = (await batch.lab().post("/v1/receipts:batch", json={"receipts": [receipts[1] | {"temperature": "9.0"}]})).json()["results"]
    assert [r["status"] for r in other] == ["refused"]
    [row] = await platform.rows("SELECT receipt FROM sample WHERE id = $1", small["id"])
    assert set(json.loads(row["receipt"])) == set(CHECKS) | {"accept", "received_on", "reasons"}
    assert len(await platform.rows("SELECT 1 FROM custody_event")) == 1, "a bare check list makes no event"


async def test_what_is_past_its_shelf_life_is_rejected(batch):
    short = FOOD_FORM | {"food": FOOD_FORM["food"] | {"shelf_life": "29天"}}
    sample = await batch.sealed(short)
    assert codes(await post(batch.lab(), sample, "receipt", RECEIPT)) == (422, "receipt_must_reject", "/decision"), "29 days end on 2 February"
    told = REJECT | {"reasons": ["超过保质期"]}
    assert (await post(batch.lab(), sample, "receipt", told)).json()["state"] == "SAMPLE_REJECTED"


async def test_a_rejected_sample_tells_its_batch_for_the_replacement(platform, batch):
    sample = await batch.dispatched()
    told = REJECT | {"checks": CHECKS | {"papers": "fault"}, "reasons": ["文书缺失"]}
    assert (await post(batch.lab(), sample, "receipt", told)).json()["state"] == "SAMPLE_REJECTED"
    [fact] = await platform.facts(SampleRejected)
    assert (fact.batch.task_id, list(fact.reasons)) == (FORM["task_id"], ["文书缺失"])


async def test_custody_is_for_those_in_reach(batch):
    sample = await batch.dispatched()
    url = f"/v1/samples/{sample['id']}/custody"
    assert (await batch.lab("L02").get(url)).status_code == 404
    assert (await batch.officer("620103").get(url)).status_code == 404
    assert (await batch.officer("62").get(url)).json()["state"] == "IN_TRANSIT"

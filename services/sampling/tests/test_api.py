"""Forms, seals, endings, receipts and notices through the public API: who may, who may not, what is refused."""

import asyncio

import pytest
from longzhi.sampling.v1.events_pb2 import ResultNotified, SampleReceived, SampleRejected, SampleSealed
from sampling_cases import (
    CHECKS,
    ELSEWHERE,
    FOOD_FORM,
    FORM,
    NEIGHBOUR,
    NOTICE,
    PREFECTURE,
    RECEIPT,
    REFUSAL,
    SEAL,
    SMALL_TASK,
    failed_report,
    food_report,
)

ABSENCE = {"on": "2021-02-01", "reason": "停产/停业", "note": ""}


async def test_a_product_form_gets_the_next_number_of_its_county(platform, batch):
    first, second = await batch.draft(), await batch.draft()
    assert (first["sample_no"], second["sample_no"]) == ("SCP21620102A00100001", "SCP21620102A00100002")
    assert (first["state"], first["revision"], first["period"], first["product_code"]) == ("PLANNED", 1, "2021Q1", "HD-01")
    assert (first["region_code"], first["source_region_code"], first["laboratory_code"]) == ("620102", "62", None)
    assert [p["role"] for p in first["parties"]] == ["seller", "producer"]
    assert await platform.rows("SELECT taken, quota FROM task_progress") == [{"taken": 2, "quota": 5000}]


async def test_a_food_form_keeps_its_national_number_once_per_owner(batch):
    food = await batch.draft(FOOD_FORM)
    assert food["sample_no"] == "XBJ21620102000010001"
    again = await batch.sampler().post("/v1/samples", json=FOOD_FORM)
    assert (again.status_code, again.json()["code"]) == (409, "already_exists")


async def test_the_quota_is_kept_and_an_ending_gives_its_batch_back(platform, batch):
    form = FORM | {"task_id": str(SMALL_TASK)}
    sample = await batch.refusable(form)
    full = await batch.sampler().post("/v1/samples", json=form)
    assert (full.status_code, full.json()["code"]) == (409, "task_quota_full")
    ended = await batch.sampler().post(f"/v1/samples/{sample['id']}/refuse", json=REFUSAL)
    assert (ended.json()["state"], ended.json()["ended_reason"]) == ("REFUSED", "无正当理由拒绝")
    second = await batch.draft(form)
    gone = await batch.sampler().post(f"/v1/samples/{second['id']}/not-available", json=ABSENCE)
    assert gone.json()["state"] == "NOT_SAMPLED"
    third = await batch.sealed(form)
    rejected = RECEIPT | {"checks": CHECKS | {"seal": "fault"}, "decision": "reject", "reasons": ["封条破损"]}
    assert (await batch.lab().post(f"/v1/samples/{third['id']}/receipt", json=rejected)).json()["state"] == "SAMPLE_REJECTED"
    await batch.draft(form)
    assert await platform.rows("SELECT taken FROM task_progress") == [{"taken": 1}]
    [fact] = await platform.facts(SampleRejected)
    assert list(fact.reasons) == ["封条破损"]
    again = await batch.sampler().post(f"/v1/samples/{sample['id']}/seal", json=SEAL)
    assert (again.status_code, again.json()["code"]) == (409, "sample_state")


async def test_another_bureaus_task_is_not_there(batch):
    for client in (batch.sampler(NEIGHBOUR), batch.sampler("62")):
        assert (await client.post("/v1/samples", json=FORM)).status_code == 404
    missing = FORM | {"task_id": "01900000-0000-7000-8000-00000000ffff"}
    assert (await batch.sampler().post("/v1/samples", json=missing)).status_code == 404


async def test_a_draft_changes_only_while_nobody_else_changed_it(batch):
    sample = await batch.draft()
    url = f"/v1/samples/{sample['id']}"
    changed = await batch.sampler().put(url, json=FORM | {"unit": "块"}, headers={"If-Match": 'W/"1"'})
    assert (changed.status_code, changed.json()["form"]["unit"], changed.headers["etag"]) == (200, "块", 'W/"2"')
    assert changed.json()["sample_no"] == sample["sample_no"]
    stale = await batch.sampler().put(url, json=FORM, headers={"If-Match": 'W/"1"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "stale")
    same_number = FORM | {"sample_no": sample["sample_no"]}
    assert (await batch.sampler().put(url, json=same_number)).status_code == 200, "the form may be sent back as it was read"
    other = await batch.sampler().put(url, json=FORM | {"task_id": str(SMALL_TASK)})
    assert (other.status_code, other.json()["code"]) == (422, "task_fixed")
    await batch.sampler().post(f"{url}/seal", json=SEAL)
    late = await batch.sampler().put(url, json=FORM)
    assert (late.status_code, late.json()["code"]) == (409, "sample_state")


async def test_a_food_draft_may_correct_its_number(batch):
    sample = await batch.draft(FOOD_FORM)
    changed = await batch.sampler().put(f"/v1/samples/{sample['id']}", json=FOOD_FORM | {"sample_no": "XBJ21620102000010002"})
    assert changed.json()["sample_no"] == "XBJ21620102000010002"


async def test_sealing_tells_the_batch_and_shows_it_to_its_laboratory(platform, batch):
    draft = await batch.draft()
    assert (await batch.lab().get(f"/v1/samples/{draft['id']}")).status_code == 404
    sealed = await batch.sampler().post(f"/v1/samples/{draft['id']}/seal", json=SEAL)
    assert (sealed.json()["state"], sealed.json()["laboratory_code"]) == ("SAMPLED", "L01")
    [fact] = await platform.facts(SampleSealed)
    assert (fact.batch.sample_id, fact.batch.laboratory_code, fact.batch.lot, fact.batch.spec) == (draft["id"], "L01", "20210104", "1220×2440×18mm")
    assert (await batch.lab("L02").get(f"/v1/samples/{draft['id']}")).status_code == 404


async def test_a_laboratory_works_blind_and_bureaus_see_masked_telephones(batch):
    sample = await batch.failed()
    seen = (await batch.lab().get(f"/v1/samples/{sample['id']}")).json()
    assert seen["parties"] == [] and seen["form"]["product"]["name"] == "刨花板"
    text = str(seen)
    assert "城关区某建材店" not in text and "13800001234" not in text and "抽样员丁" not in text
    phones = {}
    for client, who in ((batch.officer(), "own"), (batch.officer("62"), "province"), (batch.officer(ELSEWHERE), "granted")):
        phones[who] = (await client.get(f"/v1/samples/{sample['id']}")).json()["form"]["sampled_party"]["phone"]
    assert phones == dict.fromkeys(("own", "province", "granted"), "138****1234")


async def test_lists_show_what_is_in_reach_newest_first(batch):
    first, second = await batch.draft(), await batch.sealed()
    for region, expected in (("62", 2), (PREFECTURE, 2), ("620102", 2), (NEIGHBOUR, 0)):
        assert len((await batch.officer(region).get("/v1/samples")).json()["items"]) == expected
    officer = batch.officer()
    assert [s["id"] for s in (await officer.get("/v1/samples")).json()["items"]] == [second["id"], first["id"]]
    for query, expected in (
        ({"state": "SAMPLED"}, [second["id"]]),
        ({"laboratory": "L01"}, [second["id"]]),
        ({"product_code": "HD-01", "programme": "产品", "stage": "流通", "task_id": FORM["task_id"]}, [second["id"], first["id"]]),
        ({"sample_no": first["sample_no"]}, [first["id"]]),
        ({"sampled_from": "2021-02-02"}, []),
        ({"sampled_to": "2021-02-01", "page_size": 1}, [second["id"]]),
    ):
        assert [s["id"] for s in (await officer.get("/v1/samples", params=query)).json()["items"]] == expected, query
    page = (await officer.get("/v1/samples", params={"page_size": 1})).json()
    rest = (await officer.get("/v1/samples", params={"page_size": 1, "page_token": page["next_page_token"]})).json()
    assert [s["id"] for s in rest["items"]] == [first["id"]] and rest["next_page_token"] is None
    assert (await officer.get("/v1/samples", params={"page_token": "xx"})).json()["code"] == "page_token"
    assert [s["id"] for s in (await batch.lab().get("/v1/samples", params={"state": "SAMPLED"})).json()["items"]] == [second["id"]]


async def test_receipt_takes_the_sample_in_once(platform, batch):
    sample = await batch.sealed()
    url = f"/v1/samples/{sample['id']}/receipt"
    assert (await batch.lab("L02").post(url, json=RECEIPT)).status_code == 404
    assert (await batch.sampler().post(url, json=RECEIPT)).status_code == 403
    assert (await batch.lab().post(url, json=RECEIPT)).json()["state"] == "RECEIVED"
    assert (await batch.lab().post(url, json=RECEIPT)).json()["code"] == "sample_state"
    [fact] = await platform.facts(SampleReceived)
    assert (fact.sample_id, fact.received_on) == (sample["id"], "2021-02-03")
    [envelope] = [e for e in await platform.facts() if e.type.endswith("SampleReceived")]
    assert (envelope.region_code, envelope.actor) == ("620102", "lab-L01")


async def test_many_receipts_are_taken_in_at_once_and_faults_explained(platform, batch):
    one, two = await batch.sealed(), await batch.sealed()
    absent = "01900000-0000-7000-8000-00000000ffff"
    rows = [RECEIPT | {"sample_id": s} for s in (one["id"], two["id"], absent, two["id"])]
    rows[1] = rows[1] | {"checks": CHECKS | {"packing": "fault"}}
    rows[3] = rows[3] | {"received_on": "2021-02-04"}
    results = (await batch.lab().post("/v1/receipts:batch", json={"receipts": rows})).json()["results"]
    assert [(r["status"], [p["code"] for p in r["problems"]]) for r in results] == [
        ("done", []), ("refused", ["receipt_must_reject"]), ("refused", ["sample_unknown"]), ("done", []),
    ]  # fmt: skip
    again = (await batch.lab().post("/v1/receipts:batch", json={"receipts": [rows[0], rows[1], rows[3]]})).json()["results"]
    assert [r["status"] for r in again] == ["unchanged", "refused", "unchanged"]
    twice = (await batch.lab().post("/v1/receipts:batch", json={"receipts": [RECEIPT | {"sample_id": (await batch.sealed())["id"]}] * 2})).json()
    assert [r["status"] for r in twice["results"]] == ["done", "refused"]
    assert twice["results"][1]["problems"][0]["code"] == "sample_twice"
    assert len(await platform.facts(SampleReceived)) == 3


async def test_the_result_is_final_after_the_last_party_was_served(platform, batch):
    sample = await batch.failed()
    url = f"/v1/samples/{sample['id']}/notices"
    first = await batch.officer().post(url, json=NOTICE)
    assert first.status_code == 201, first.text
    notice = first.json()
    assert (notice["clock"], notice["objection_until"], notice["addressee"]) == ("P05", "2021-03-16", "城关区某建材店")
    assert notice["proof"][0]["on"] == "2021-03-01" and notice["provisional"] is False
    assert (await batch.officer().get(f"/v1/samples/{sample['id']}")).json()["state"] == "NON_CONFORMING"
    post = NOTICE | {"party_role": "producer", "method": "邮寄送达", "served_on": "2021-03-08", "signed_by": None}
    assert (await batch.officer().post(url, json=post)).json()["objection_until"] == "2021-03-23"
    assert (await batch.officer().get(f"/v1/samples/{sample['id']}")).json()["state"] == "NOTIFIED"
    told = await platform.facts(ResultNotified)
    assert [(f.party_role, f.all_served, f.final_after) for f in told] == [("seller", False, ""), ("producer", True, "2021-03-23")]
    assert {(e.key, e.region_code) for e in await platform.facts() if e.type.endswith("ResultNotified")} == {(sample["id"], "620102")}
    for client, status in ((batch.officer(), 200), (batch.officer("62"), 200), (batch.officer(ELSEWHERE), 200), (batch.officer(NEIGHBOUR), 404)):
        answer = await client.get(url)
        assert answer.status_code == status
    assert [n["party_role"] for n in (await batch.officer(ELSEWHERE).get(url)).json()["items"]] == ["seller", "producer"]
    assert (await batch.lab().get(url)).json()["items"] == [], "laboratories have no part in notices"


async def test_food_counts_seven_working_days(batch):
    sample = await batch.failed(FOOD_FORM, food_report)
    notice = NOTICE | {"served_on": "2021-04-01"}  # Tomb-sweeping 3-5 April
    answer = await batch.officer().post(f"/v1/samples/{sample['id']}/notices", json=notice)
    assert (answer.json()["clock"], answer.json()["objection_until"]) == ("F08", "2021-04-13")


@pytest.mark.parametrize(
    ("changes", "status", "code", "pointer"),
    [
        ({"served_on": "2021-02-09"}, 422, "date_order", "/served_on"),
        ({"served_on": "2099-01-01"}, 422, "date_future", "/served_on"),
        ({"signed_by": None}, 422, "signature_missing", "/signed_by"),
        ({"party_role": "consignor"}, 422, "party_unknown", "/party_role"),
        ({"method": "口头"}, 422, "value_unknown", "/method"),
    ],
)
async def test_a_notice_that_cannot_be_right_is_refused(platform, batch, changes, status, code, pointer):
    sample = await batch.failed()
    answer = await batch.officer().post(f"/v1/samples/{sample['id']}/notices", json=NOTICE | changes)
    assert (answer.status_code, answer.json()["code"], answer.json()["pointer"]) == (status, code, pointer)
    assert await platform.rows("SELECT 1 FROM notice") == []


async def test_only_a_non_conforming_result_is_served_and_once(batch):
    waiting, good, bad = await batch.received(), await batch.conforming(), await batch.received(FORM)
    officer = batch.officer()
    assert (await officer.post(f"/v1/samples/{waiting['id']}/notices", json=NOTICE)).json()["code"] == "report_missing"
    assert (await officer.post(f"/v1/samples/{good['id']}/notices", json=NOTICE)).json()["code"] == "notice_not_needed"
    await batch.push(failed_report(bad["sample_no"]))
    assert (await officer.post(f"/v1/samples/{bad['id']}/notices", json=NOTICE)).status_code == 201
    again = await officer.post(f"/v1/samples/{bad['id']}/notices", json=NOTICE)
    assert (again.status_code, again.json()["code"]) == (409, "party_served")


async def test_a_neighbours_sample_answers_like_an_absent_one(batch):
    sample = await batch.draft()
    absent = "01900000-0000-7000-8000-00000000ffff"
    for region in (NEIGHBOUR, ELSEWHERE):
        seen = (await batch.sampler(region).post(f"/v1/samples/{sample['id']}/seal", json=SEAL)).json()
        none = (await batch.sampler(region).post(f"/v1/samples/{absent}/seal", json=SEAL)).json()
        seen.pop("trace_id"), none.pop("trace_id")
        assert seen == none and seen["code"] == "not_found"
    assert (await batch.sampler("6201").post(f"/v1/samples/{sample['id']}/seal", json=SEAL)).status_code == 404, "a superior reads, it does not write"


async def test_the_years_numbers_end_at_99999(platform, batch):
    await batch.draft()
    await platform.rows("UPDATE sample_counter SET last = 99999")
    answer = await batch.sampler().post("/v1/samples", json=FORM)
    assert (answer.status_code, answer.json()["code"]) == (409, "numbers_exhausted")
    assert await platform.rows("SELECT taken FROM task_progress") == [{"taken": 1}], "the refused form took nothing"


async def test_two_samplers_never_share_the_last_batch_of_a_quota(platform, batch):
    form = FORM | {"task_id": str(SMALL_TASK)}
    answers = await asyncio.gather(*(batch.sampler().post("/v1/samples", json=form) for _ in range(4)))
    assert sorted(a.status_code for a in answers) == [201, 409, 409, 409]

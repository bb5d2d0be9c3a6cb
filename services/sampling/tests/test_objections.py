"""Notices and objections through the public API: who may, until when, what is refused with which proof, and who hears of it."""

from uuid import uuid4

import pytest
from longzhi.sampling.v1.events_pb2 import ObjectionDecided, ObjectionRaised, ResultNotified
from objection_cases import DENIAL, DRAW_ID, RETEST, SERVED
from sampling_cases import FOOD_FORM, FORM, NEIGHBOUR, PREFECTURE, food_report
from sqlalchemy import text

from common.testing import caller
from sampling.actions import notices as notice_actions
from sampling.actions.objection_view import unseal_person
from sampling.models import Report
from sampling.store import objections as store
from sampling.store import samples as sample_store


async def state_of(batch, made):
    return (await batch.officer().get(f"/v1/samples/{made['id']}")).json()["state"]


async def show(batch, made):
    answer = await batch.officer().get(f"/v1/objections/{made['case_id']}")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def refused(batch, made, what, **body):
    answer = await batch.officer().post(f"/v1/objections/{made['case_id']}/{what}", json=body)
    assert answer.status_code in (409, 422), answer.text
    return answer.json()


# ---- notices ----
async def test_a_notice_carries_the_bureaus_own_limit_and_says_when_it_was_late(batch, platform):
    sample = await batch.failed()
    await platform.rows("UPDATE report SET reported_on = '2021-02-18'")
    url = f"/v1/samples/{sample['id']}/notices"
    first = (await batch.officer().post(url, json=SERVED | {"party_role": "seller", "served_on": "2021-02-24"})).json()
    assert (first["serve_clock"], first["serve_by"], first["serve_late"]) == ("P04", "2021-02-24", False)
    assert [step["on"] for step in first["serve_proof"] if step["kind"] == "counted"][-1] == "2021-02-24"
    late = (await batch.officer().post(url, json=SERVED | {"party_role": "producer"})).json()
    assert (late["serve_late"], late["renewed"], late["objection_until"]) == (True, False, "2021-03-16")


async def test_who_still_has_to_be_told_and_until_when(batch, platform):
    sample = await batch.failed()
    await platform.rows("UPDATE report SET reported_on = '2021-02-18'")
    for client in (batch.officer(), batch.officer("62"), batch.officer(PREFECTURE)):
        [due] = (await client.get("/v1/notices:due")).json()["items"]
        assert (due["sample_id"], due["clock"], due["due_on"], due["late"]) == (sample["id"], "P04", "2021-02-24", True)
        assert [one["role"] for one in due["missing"]] == ["seller", "producer"]
    assert (await batch.officer(NEIGHBOUR).get("/v1/notices:due")).json()["items"] == []
    await batch.act(batch.officer(), sample, "notices", SERVED | {"party_role": "seller"})
    [due] = (await batch.officer().get("/v1/notices:due")).json()["items"]
    assert [one["role"] for one in due["missing"]] == ["producer"]
    await batch.act(batch.officer(), sample, "notices", SERVED | {"party_role": "producer"})
    assert (await batch.officer().get("/v1/notices:due")).json()["items"] == []


async def test_the_due_list_goes_page_by_page(batch):
    for number in (1, 2, 3):
        await batch.failed(report_no=f"P-{number}")
    officer = batch.officer()
    first = (await officer.get("/v1/notices:due?page_size=2")).json()
    rest = (await officer.get(f"/v1/notices:due?page_size=2&page_token={first['next_page_token']}")).json()
    assert len({one["sample_id"] for one in first["items"] + rest["items"]}) == 3 and rest["next_page_token"] is None


async def test_a_market_or_platform_is_told_and_has_no_time_of_its_own(batch, platform):
    sample = await batch.told()
    told = await batch.act(
        batch.officer(), sample, "notices", SERVED | {"party_role": "market", "addressee": "东方农贸市场", "served_on": "2021-03-03"}
    )
    assert (told["addressee"], await state_of(batch, sample)) == ("东方农贸市场", "NOTIFIED")
    unnamed = await batch.officer().post(f"/v1/samples/{sample['id']}/notices", json=SERVED | {"party_role": "platform"})
    assert (unnamed.status_code, unnamed.json()["code"]) == (422, "party_unknown")
    assert [fact.final_after for fact in await platform.facts(ResultNotified)] == ["", "2021-03-16", "2021-03-16"]


@pytest.mark.parametrize(
    ("body", "code"),
    [({"method": "电子送达"}, "eservice_not_agreed"), ({"method": "公告送达"}, "announcement_missing"),
     ({"method": "公告送达", "announced_on": "2021-02-20"}, "announcement_running"),
     ({"method": "留置送达", "receipt_no": None}, "service_proof_missing")],
)  # fmt: skip
async def test_each_way_of_service_wants_its_own_proof(batch, body, code):
    sample = await batch.failed()
    answer = await batch.officer().post(f"/v1/samples/{sample['id']}/notices", json=SERVED | {"party_role": "seller"} | body)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


@pytest.mark.parametrize(("changed", "restarts", "until"), [(False, False, "2021-03-16"), (True, True, "2021-04-16")])
async def test_a_corrected_report_is_served_again_and_starts_the_clocks_only_with_new_content(batch, platform, changed, restarts, until):
    sample = await batch.told()
    async with platform.session(batch_caller()) as session:
        row = await sample_store.lock_own(session, sample["id"], "620102")
        old = await session.get(Report, row.effective_report_id)
        new = Report(**(old.model_dump() | {"id": uuid4(), "version": 2, "replaces_id": old.id, "content_sha256": "x", "state": "ACCEPTED"}))
        old.state = "REPLACED"
        session.add(new)
        await session.flush()
        row.effective_report_id = new.id
        await session.execute(copy_items(old.id, new.id, "0.22" if changed else None))
        assert await notice_actions.reopen(session, row, new) is restarts
    [due] = (await batch.officer().get("/v1/notices:due")).json()["items"]
    assert [one["role"] for one in due["missing"]] == ["seller", "producer"]
    again = await batch.act(batch.officer(), sample, "notices", SERVED | {"party_role": "seller", "served_on": "2021-04-01"})
    assert (again["renewed"], again["objection_until"]) == (True, until)


async def test_a_corrected_report_that_conforms_takes_the_object_of_every_application(batch, platform):
    made = await batch.objected()
    async with platform.session(batch_caller()) as session:
        row = await sample_store.lock_own(session, made["id"], "620102")
        old = await session.get(Report, row.effective_report_id)
        new = Report(**(old.model_dump() | {"id": uuid4(), "version": 2, "replaces_id": old.id, "content_sha256": "x", "verdict": "合格"}))
        old.state = "REPLACED"
        session.add(new)
        row.effective_report_id, row.state = new.id, "CONFORMING"
        await session.flush()
        await notice_actions.reopen(session, row, new)
    [fact] = await platform.facts(ObjectionDecided)
    case = await show(batch, made)
    assert (case["state"], fact.outcome, await state_of(batch, made)) == ("WITHDRAWN", "WITHDRAWN", "CONFORMING")


def batch_caller():
    return caller("officer", "officer", region="620102")


def copy_items(old, new, formaldehyde):
    result = f"CASE WHEN item = '甲醛释放量' THEN '{formaldehyde}' ELSE result END" if formaldehyde else "result"
    names = "sample_id, laboratory_code, item, unit, judgement, method, limit_source, min, max, limit_unit, lod, lod_unit, explanation"
    return text(
        f"INSERT INTO report_item (region_code, report_id, position, result, {names})"
        f" SELECT region_code, '{new}', position, {result}, {names} FROM report_item WHERE report_id = '{old}'"
    )


# ---- filing ----
async def test_an_application_in_time_stops_publication_and_holds_the_reserve(batch, platform):
    made = await batch.objected(RETEST)
    case = made["case"]
    assert (case["state"], case["findings"], case["lodged_at"], case["via"]) == ("FILED", [], "62", "officer")
    assert await state_of(batch, made) == "OBJECTED"
    [fact] = await platform.facts(ObjectionRaised)
    assert (fact.case_id, fact.sample_id, fact.party_role, fact.kind) == (case["id"], made["id"], "seller", "检验结论(复检)")
    [reserve] = await platform.rows("SELECT holds FROM reserve_sample")
    assert case["id"] in reserve["holds"]
    [envelope] = [e for e in await platform.facts() if e.type.endswith("ObjectionRaised")]
    assert (envelope.region_code, envelope.key) == ("620102", made["id"])
    acts = {row["act"] for row in await platform.rows("SELECT act FROM audit_entry")}
    assert {"notice.serve", "objection.file"} <= acts


async def test_a_late_application_is_kept_stops_nothing_and_is_refused_with_the_clocks_proof(batch, platform):
    made = await batch.objected(RETEST | {"applied_on": "2021-03-17"})
    [finding] = made["case"]["findings"]
    assert (finding["code"], finding["article"], finding["limit"]["until"]) == ("objection_late", "O18 art. 35", "2021-03-16")
    assert await state_of(batch, made) == "NOTIFIED" and await platform.facts(ObjectionRaised) == []
    problem = await refused(batch, made, "accept", on="2021-03-18")
    assert problem["code"] == "objection_late" and problem["problems"][0]["limit"]["proof"][0]["on"] == "2021-03-01"
    done = await batch.step(made, "refuse", on="2021-03-18")
    assert (done["state"], done["outcome"]) == ("REFUSED", "REFUSED") and "2021-03-16" in done["grounds"]
    assert await platform.facts(ObjectionDecided) == [], "nobody was told of it, so nobody is told of its end"
    assert await state_of(batch, made) == "NOTIFIED"


async def test_a_refusal_of_an_admissible_application_names_its_reasons_and_is_told(batch, platform):
    made = await batch.objected()
    assert (await refused(batch, made, "refuse", on="2021-03-08"))["code"] == "grounds_missing"
    done = await batch.step(made, "refuse", on="2021-03-08", grounds="申请人未能证明身份")
    [fact] = await platform.facts(ObjectionDecided)
    assert (done["outcome"], fact.outcome, fact.decided_on) == ("REFUSED", "REFUSED", "2021-03-08")
    assert await state_of(batch, made) == "NOTIFIED"
    [reserve] = await platform.rows("SELECT holds FROM reserve_sample")
    assert reserve["holds"] == "[]"


async def test_the_same_party_applies_once_at_a_time(batch):
    made = await batch.objected()
    again = await batch.officer().post(f"/v1/samples/{made['id']}/objections", json=DENIAL)
    assert (again.status_code, again.json()["code"]) == (409, "objection_open")
    other = await batch.officer().post(f"/v1/samples/{made['id']}/objections", json=RETEST)
    assert other.status_code == 201, "another party, another kind"


@pytest.mark.parametrize(
    ("changes", "code"),
    [({"lodged_at": "6209"}, "authority_wrong"), ({"applied_on": "2021-01-31"}, "date_order"), ({"applied_on": "2099-01-01"}, "date_future"),
     ({"party_role": "consignor"}, "party_unknown"), ({"kind": "检验结论(复检)"}, "items_missing"),
     ({"kind": "检验结论(复检)", "items": ["含水率"]}, "item_not_failed"), ({"reason": ""}, "text_empty"), ({"kind": "其他"}, "value_unknown"),
     ({"unknown": 1}, "field_unknown")],
)  # fmt: skip
async def test_a_bad_application_leaves_nothing(batch, platform, changes, code):
    sample = await batch.told()
    answer = await batch.officer().post(f"/v1/samples/{sample['id']}/objections", json=DENIAL | changes)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert await platform.rows("SELECT 1 FROM objection") == []


async def test_a_process_objection_needs_no_notice_and_a_food_one_runs_from_the_sampling(batch):
    sample = await batch.failed(FOOD_FORM, food_report)
    body = {"party_role": "seller", "kind": "抽样过程", "reason": "抽样人员仅一名", "applied_on": "2021-02-09"}
    case = await batch.act(batch.officer(), sample, "objections", body)
    assert case["findings"] == [] and case["lodged_at"] == "620102"
    assert {clock["clock_id"] for clock in case["clocks"]} == {"F17", "F18"}
    assert await state_of(batch, sample) == "NON_CONFORMING"
    for role in ("seller", "producer"):
        await batch.act(batch.officer(), sample, "notices", SERVED | {"party_role": role})
    assert await state_of(batch, sample) == "OBJECTED", "notified, and disputed already"


async def test_contact_and_telephone_are_sealed_and_shown_masked_to_the_owner_only(batch, platform):
    made = await batch.objected()
    assert (made["case"]["contact"], made["case"]["phone"]) == ("李某", "139****5678")
    above = (await batch.officer("62").get(f"/v1/objections/{made['case_id']}")).json()
    assert (above["contact"], above["phone"]) == (None, None)
    [row] = await platform.rows("SELECT contact, phone FROM objection")
    assert b"13900005678" not in row["phone"] and "李某".encode() not in row["contact"]
    async with platform.session(batch_caller()) as session:
        case = await store.find_case(session, made["case_id"])
        assert unseal_person(case, "cd" * 32) == ("李某", "13900005678")
        with pytest.raises(ValueError, match="another key"):
            unseal_person(case, "ef" * 32)


# ---- materials, acceptance, decision ----
async def test_what_is_missing_is_asked_for_once_and_in_time(batch, platform):
    sample = await batch.failed(FOOD_FORM, food_report)
    for role in ("seller", "producer"):
        await batch.act(batch.officer(), sample, "notices", SERVED | {"party_role": role})
    made = await batch.objected(DENIAL, sample)
    late = await refused(batch, made, "ask", on="2021-03-15", missing="营业执照")
    assert late["code"] == "supplement_late" and late["problems"][0]["limit"]["until"] == "2021-03-12"
    asked = await batch.step(made, "ask", on="2021-03-12", missing="营业执照")
    assert (asked["state"], asked["missing"]) == ("INCOMPLETE", "营业执照")
    assert (await refused(batch, made, "accept", on="2021-03-13"))["code"] == "objection_state"
    back = await batch.step(made, "complete", on="2021-03-16", evidence=[str(uuid4())])
    clocks = {clock["clock_id"]: clock for clock in back["clocks"]}
    assert (back["state"], clocks["F18"]["trigger_on"], clocks["F18"]["legal_on"]) == ("FILED", "2021-03-16", "2021-03-23")
    assert (await refused(batch, made, "ask", on="2021-03-17", missing="再来"))["code"] == "supplement_once"
    accepted = await batch.step(made, "accept", on="2021-03-24")
    clocks = {clock["clock_id"]: clock for clock in accepted["clocks"]}
    assert clocks["F18"]["late"] and clocks["F20"]["trigger_on"] == "2021-03-24"


async def test_scenario_15_the_producer_goes_free_alone(batch, platform):
    made = await batch.admitted()
    assert (await refused(batch, made, "decide", on="2021-03-08", sustained=True, grounds="假冒"))["code"] == "date_order"
    done = await batch.step(made, "decide", on="2021-04-21", sustained=True, grounds="包装、喷码不符", counterfeit=True)
    assert (done["state"], done["outcome"], done["counterfeit"]) == ("DECIDED", "NOT_OWN_PRODUCT", True)
    [fact] = await platform.facts(ObjectionDecided)
    assert (fact.outcome, fact.party_role, fact.counterfeit) == ("NOT_OWN_PRODUCT", "producer", True)
    rights = (await batch.officer().get(f"/v1/samples/{made['id']}/rights")).json()
    assert (rights["state"], rights["final_conclusion"], rights["concluded_on"]) == ("FINAL", "NOT_OWN_PRODUCT", "2021-04-21")


async def test_a_rejected_denial_leaves_the_result_and_the_others_their_time(batch, platform):
    made = await batch.admitted()
    done = await batch.step(made, "decide", on="2021-03-12", sustained=False, grounds="来源可溯")
    assert done["outcome"] == "UPHELD" and await state_of(batch, made) == "NOTIFIED", "the seller's time still runs"
    told = await batch.step(made, "tell", on="2021-03-15")
    assert told["told_on"] == "2021-03-15"
    assert (await refused(batch, made, "tell", on="2021-03-15"))["code"] == "applicant_told"
    again = await batch.objected(DENIAL, made)
    assert [one["code"] for one in again["case"]["findings"]] == ["objection_decided"]


async def test_a_counterfeit_needs_a_product_that_is_not_its_own(batch):
    made = await batch.admitted()
    problem = await refused(batch, made, "decide", on="2021-03-12", sustained=False, grounds="来源可溯", counterfeit=True)
    assert problem["code"] == "counterfeit_outcome"


async def test_a_sustained_objection_to_the_method_takes_the_result_away(batch, platform):
    made = await batch.admitted({"party_role": "seller", "kind": "检验方法", "reason": "方法不适用", "applied_on": "2021-03-05"})
    await batch.step(made, "decide", on="2021-03-12", sustained=True, grounds="方法不适用")
    rights = (await batch.officer().get(f"/v1/samples/{made['id']}/rights")).json()
    assert (rights["state"], rights["final_conclusion"]) == ("FINAL", "OVERTURNED")


async def test_consulting_stops_the_thirty_days_and_only_those(batch):
    sample = await batch.failed(FOOD_FORM, food_report)
    for role in ("seller", "producer"):
        await batch.act(batch.officer(), sample, "notices", SERVED | {"party_role": role})
    made = await batch.objected(DENIAL, sample)
    accepted = await batch.step(made, "accept", on="2021-03-09")
    before = next(clock for clock in accepted["clocks"] if clock["clock_id"] == "F20")
    paused = await batch.step(made, "consult", on="2021-03-15", until="2021-03-19", body="省标准化研究院")
    after = next(clock for clock in paused["clocks"] if clock["clock_id"] == "F20")
    assert (before["legal_on"], after["legal_on"]) == ("2021-04-21", "2021-04-27") and len(after["pauses"]) == 1
    assert any(step["kind"] == "paused" for step in after["proof"])


async def test_an_objection_of_a_product_has_no_clock_to_stop(batch):
    made = await batch.admitted()
    assert (await refused(batch, made, "consult", on="2021-03-15", until="2021-03-19", body="院"))["code"] == "clock_not_running"


async def test_experts_are_drawn_with_every_party_recused(batch, platform):
    made = await batch.admitted()
    drawn = await batch.step(made, "panel", on="2021-03-10", size=3, specialities=["建材"])
    assert drawn["panel_draw_id"] == str(DRAW_ID)
    [asked] = platform.runtime.clients.experts.asked
    assert (asked.pool, list(asked.recuse_regions), asked.request_id) == ("PRODUCT", ["6209"], f"objection:{made['case_id']}")
    assert sorted(asked.recuse_usccs) == sorted([FORM["sampled_party"]["uscc"], FORM["producer"]["uscc"]])
    assert (await refused(batch, made, "panel", on="2021-03-10", size=3, specialities=["建材"]))["code"] == "panel_drawn"


async def test_an_application_made_too_early_is_accepted_once_the_party_is_served(batch, platform):
    sample = await batch.failed()
    made = await batch.objected(DENIAL, sample)
    assert [one["code"] for one in made["case"]["findings"]] == ["not_notified"] and await platform.facts(ObjectionRaised) == []
    for role in ("seller", "producer"):
        await batch.act(batch.officer(), sample, "notices", SERVED | {"party_role": role})
    accepted = await batch.step(made, "accept", on="2021-03-09")
    assert (accepted["state"], accepted["findings"], len(await platform.facts(ObjectionRaised))) == ("ACCEPTED", [], 1)
    assert await state_of(batch, made) == "OBJECTED"


async def test_the_applicant_may_take_it_back(batch, platform):
    made = await batch.objected()
    done = await batch.step(made, "withdraw", on="2021-03-08", grounds="已和解")
    [fact] = await platform.facts(ObjectionDecided)
    assert (done["state"], fact.outcome, await state_of(batch, made)) == ("WITHDRAWN", "WITHDRAWN", "NOTIFIED")


async def test_two_officers_cannot_overwrite_each_other(batch):
    made = await batch.objected()
    url = f"/v1/objections/{made['case_id']}/accept"
    seen = await batch.officer().get(f"/v1/objections/{made['case_id']}")
    first = await batch.officer().post(url, json={"on": "2021-03-09"}, headers={"If-Match": seen.headers["etag"]})
    second = await batch.officer().post(url, json={"on": "2021-03-09"}, headers={"If-Match": seen.headers["etag"]})
    assert (first.status_code, second.status_code, second.json()["code"]) == (200, 412, "stale")
    dated = await batch.officer().post(f"/v1/objections/{made['case_id']}/withdraw", json={"on": "2021-03-01"})
    assert (dated.status_code, dated.json()["code"]) == (422, "date_order")


async def test_lists_narrow_by_state_kind_and_batch(batch):
    made = await batch.objected()
    officer = batch.officer()
    for query, expected in (("", 1), ("?open=true", 1), ("?open=false", 0), ("?state=ACCEPTED", 0), (f"?sample_id={made['id']}", 1),
                            ("?kind=样品真实性", 1), ("?kind=抽样过程", 0)):  # fmt: skip
        assert len((await officer.get(f"/v1/objections{query}")).json()["items"]) == expected, query
    assert len((await batch.officer("62").get("/v1/objections")).json()["items"]) == 1
    assert (await batch.officer(NEIGHBOUR).get("/v1/objections")).json()["items"] == []


async def test_rights_say_what_each_party_may_still_do(batch):
    sample = await batch.told()
    rights = (await batch.officer().get(f"/v1/samples/{sample['id']}/rights")).json()
    seller, producer = rights["parties"]
    assert {one["kind"]: one["until"] for one in seller["rights"]} == dict.fromkeys(
        ("抽样过程", "样品真实性", "检验方法", "标准适用", "检验结论(复检)"), "2021-03-16"
    )
    assert all(not one["allowed"] and one["findings"][0]["code"] == "objection_late" for one in seller["rights"]), "years ago"
    assert [one["findings"][0]["code"] for one in producer["rights"] if one["kind"] == "抽样过程"] == ["process_sampled_party"]


async def test_a_conforming_or_unreported_batch_has_no_objection_to_its_result(batch):
    sample = await batch.conforming()
    case = await batch.act(batch.officer(), sample, "objections", DENIAL)
    assert {one["code"] for one in case["findings"]} == {"result_not_failing", "not_notified"}

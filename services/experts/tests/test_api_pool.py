"""Experts enter a pool, move and leave; who sees and changes them."""

from common import vault
from common.region import Region

ABSENT = "01900000-0000-7000-8000-000000000000"


async def enter(client, *applications):
    made = await client.post("/v1/experts:batch", json={"experts": list(applications)})
    assert made.status_code == 201, made.text
    return [each["id"] for each in made.json()["items"]]


def said(answer):
    return answer.status_code, answer.json().get("code")


async def acts_of(platform):
    return [row["act"] for row in await platform.rows("SELECT act FROM audit_entry WHERE region_code = '62' ORDER BY seq")]


async def test_an_application_becomes_an_active_expert_through_review_and_notice(platform, admin, make):
    [expert_id] = await enter(admin, make.application(1))
    for step, body in (("review", {"reviewed_on": "2020-12-01"}), ("notice", {"from": "2020-12-14"}), ("activate", {"on": "2020-12-22"})):
        done = await admin.post(f"/v1/experts/{expert_id}/{step}", json=body)
        assert done.status_code == 200, done.text
    found = (await admin.get(f"/v1/experts/{expert_id}")).json()
    assert (found["state"], found["notice_until"], found["term_from"], found["term_to"]) == ("ACTIVE", "2020-12-21", "2020-12-22", "2023-12-21")
    assert done.headers["etag"] == 'W/"4"'
    assert await acts_of(platform) == ["expert.apply", "expert.reviewed", "expert.public_notice", "expert.active"]


async def test_steps_are_refused_out_of_turn_and_before_the_notice_is_over(admin, make):
    [expert_id] = await enter(admin, make.application(1))
    url = f"/v1/experts/{expert_id}"
    assert said(await admin.post(f"{url}/activate", json={"on": "2020-12-22"})) == (409, "expert_state")
    await admin.post(f"{url}/review", json={"reviewed_on": "2020-12-01"})
    assert said(await admin.post(f"{url}/notice", json={"from": "2020-11-30"})) == (422, "date_order")
    await admin.post(f"{url}/notice", json={"from": "2020-12-14"})
    assert said(await admin.post(f"{url}/activate", json={"on": "2020-12-21"})) == (409, "notice_running")
    assert said(await admin.post(f"{url}/activate", json={"on": "2099-12-21"})) == (422, "date_future")


async def test_a_batch_is_stored_whole_or_not_at_all(platform, admin, make):
    await enter(admin, make.application(1))
    taken = await admin.post("/v1/experts:batch", json={"experts": [make.application(2), make.application(1)]})
    assert (*said(taken), taken.json()["pointer"]) == (409, "expert_number_taken", "/experts/1/number")
    twice = await admin.post("/v1/experts:batch", json={"experts": [make.application(3), make.application(3)]})
    assert said(twice) == (409, "expert_number_taken")
    assert len(await platform.rows("SELECT 1 FROM expert")) == 1


async def test_an_act_on_many_does_nothing_when_one_is_not_there(platform, admin, make):
    ids = await enter(admin, make.application(1))
    assert said(await admin.post("/v1/experts:review-batch", json={"ids": [*ids, ABSENT], "reviewed_on": "2020-12-01"})) == (404, "not_found")
    assert await platform.rows("SELECT state FROM expert") == [{"state": "APPLIED"}]


async def test_every_county_sees_active_experts_without_their_private_side(platform, pool, admin, make):
    await enter(admin, make.application(99, interests=[{"uscc": "91620102MA700000XE", "until": "2023-01-01"}]))
    county = platform.client("o", "officer", region="620102")
    seen = (await county.get("/v1/experts")).json()["items"]
    assert sorted(each["id"] for each in seen) == sorted(pool)
    assert len((await admin.get("/v1/experts")).json()["items"]) == 9
    detail = (await county.get(f"/v1/experts/{pool[0]}")).json()
    assert (detail["phone_masked"], detail["interests"], detail["scores"]) == (None, [], [])
    own = (await admin.get(f"/v1/experts/{pool[0]}")).json()
    assert own["phone_masked"] == "138****0001"


async def test_an_applicant_is_not_there_for_others(platform, admin, make):
    [expert_id] = await enter(admin, make.application(1))
    county = platform.client("o", "officer", region="620102")
    assert said(await county.get(f"/v1/experts/{expert_id}")) == said(await county.get(f"/v1/experts/{ABSENT}")) == (404, "not_found")


async def test_experts_are_found_by_pool_state_and_speciality(admin, pool, make):
    await enter(admin, make.application(50, pool="FOOD", specialities=["毒理"]))
    counts = {}
    for query in ("pool=FOOD", "pool=PRODUCT", "state=APPLIED", "speciality=毒理", "speciality=纺织&page_size=200", "speciality=无"):
        counts[query] = len((await admin.get(f"/v1/experts?{query}")).json()["items"])
    assert list(counts.values()) == [1, 8, 1, 1, 8, 0]
    assert said(await admin.get("/v1/experts?state=GONE")) == (422, "value_unknown")


async def test_pages_of_experts_follow_each_other(admin, pool):
    first = (await admin.get("/v1/experts?page_size=5")).json()
    second = (await admin.get("/v1/experts", params={"page_size": 5, "page_token": first["next_page_token"]})).json()
    assert [each["id"] for each in first["items"] + second["items"]] == sorted(pool)
    assert second["next_page_token"] is None


async def test_telephone_numbers_are_sealed_and_every_look_is_noted(platform, admin, pool):
    [row] = await platform.rows("SELECT * FROM expert_private WHERE expert_id::text = $1", pool[0])
    assert b"13893100001" not in row["phone_sealed"]
    assert vault.unseal(vault.keys_of("cd" * 32, Region("62")), f"{pool[0]}:phone", row["phone_sealed"]) == "13893100001"
    shown = await admin.post(f"/v1/experts/{pool[0]}/phone:unmask", json={"reason": "通知评审会"})
    assert (shown.json(), shown.headers["cache-control"]) == ({"phone": "13893100001"}, "no-store")
    [entry] = await platform.rows("SELECT actor, details->>'reason' AS why FROM audit_entry WHERE act = 'expert.phone_unmask'")
    assert entry == {"actor": "experts.62", "why": "通知评审会"}
    assert not [row for row in await platform.rows("SELECT details::text AS d FROM audit_entry") if "13893100001" in row["d"]]


async def test_a_number_in_clear_is_not_kept_for_repetition(platform, admin, pool):
    kept = await admin.post(f"/v1/experts/{pool[0]}/phone:unmask", json={"reason": "x"}, headers={"Idempotency-Key": "k"})
    assert said(kept) == (422, "idempotency_key")
    assert await platform.rows("SELECT 1 FROM idempotency_key") == []


async def test_suspended_experts_vanish_for_counties_and_come_back(platform, admin, pool):
    url, county = f"/v1/experts/{pool[0]}", platform.client("o", "officer", region="620102")
    assert (await admin.post(f"{url}/suspend", json={"on": "2021-01-10", "reason": "单位变更"})).json()["state"] == "SUSPENDED"
    assert (await county.get(url)).status_code == 404
    assert (await admin.post(f"{url}/activate", json={"on": "2021-02-01"})).json()["term_to"] == "2023-12-21"
    assert (await county.get(url)).status_code == 200


async def test_whoever_was_removed_for_a_leak_is_barred_also_under_a_new_number(admin, pool, make):
    gone = await admin.post(f"/v1/experts/{pool[0]}/remove", json={"on": "2021-03-01", "cause": "LEAK", "reason": "泄露抽查结果"})
    assert (gone.json()["state"], gone.json()["barred_until"]) == ("REMOVED", "2026-03-01")
    [again] = await enter(admin, make.application(77, name="专家0"))
    assert said(await admin.post(f"/v1/experts/{again}/review", json={"reviewed_on": "2022-01-04"})) == (409, "expert_barred")
    assert said(await admin.post(f"/v1/experts/{pool[0]}/activate", json={"on": "2022-01-04"})) == (409, "expert_state")


async def test_a_year_is_scored_once_and_low_marks_suspend(platform, admin, pool):
    marks = {"year": 2021, "attendance": 20, "quality": 25, "discipline": 10, "scored_on": "2022-01-10"}
    assert (await admin.post(f"/v1/experts/{pool[0]}/scores", json=marks)).json()["total"] == 55
    assert said(await admin.post(f"/v1/experts/{pool[0]}/scores", json=marks)) == (409, "year_scored")
    assert (await admin.post(f"/v1/experts/{pool[1]}/scores", json=marks | {"quality": 40})).status_code == 201
    states = [(await admin.get(f"/v1/experts/{each}")).json()["state"] for each in pool[:2]]
    assert states == ["SUSPENDED", "ACTIVE"]
    assert (await acts_of(platform))[-3:] == ["expert.score", "expert.suspended", "expert.score"]


async def test_ended_terms_are_closed_together(admin, pool):
    assert (await admin.post("/v1/experts:expire", json={"on": "2023-12-21"})).json()["items"] == []
    closed = (await admin.post("/v1/experts:expire", json={"on": "2023-12-22"})).json()["items"]
    assert {each["state"] for each in closed} == {"EXPIRED"}
    assert len(closed) == 8


async def test_licence_assessors_serve_as_long_as_their_certificate(admin, fill, make):
    [expert_id] = await fill(admin, [make.application(1, pool="LICENCE", certificate_until="2024-06-30")])
    assert (await admin.get(f"/v1/experts/{expert_id}")).json()["term_to"] == "2024-06-30"
    bad = await admin.post("/v1/experts:batch", json={"experts": [make.application(2, pool="LICENCE")]})
    assert (*said(bad), bad.json()["pointer"]) == (422, "certificate", "/experts/0/certificate_until")


async def test_the_old_are_not_admitted_and_stale_acts_are_refused(admin, make):
    [old, other] = await enter(admin, make.application(1, birth_year=1950), make.application(2))
    assert said(await admin.post(f"/v1/experts/{old}/review", json={"reviewed_on": "2020-12-01"})) == (409, "expert_age")
    done = await admin.post(f"/v1/experts/{other}/review", json={"reviewed_on": "2020-12-01"}, headers={"If-Match": 'W/"1"'})
    assert done.headers["etag"] == 'W/"2"'
    stale = await admin.post(f"/v1/experts/{other}/notice", json={"from": "2020-12-14"}, headers={"If-Match": 'W/"1"'})
    assert said(stale) == (412, "stale")

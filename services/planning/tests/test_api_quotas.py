"""Quotas by population, enterprises, weights and hand."""

import pytest


async def code_of(answer):
    return answer.status_code, answer.json().get("code")


async def allocated(make, ids, body):
    line = await make.ok(make.planner, "POST", f"/plans/{ids['plan_id']}/lines/{ids['line_id']}/quotas:allocate", body)
    return {quota["region_code"]: quota["batches"] for quota in line["quotas"]}


async def populate(make, year, people):
    rows = [{"code": code, "people": number} for code, number in people.items()]
    await make.ok(make.at("62").planner, "POST", "/populations:batch", {"year": year, "source": "普查", "populations": rows})


LANZHOU = ["620102", "620103", "620104", "620105", "620111", "620121", "620122", "620123"]


async def test_by_population_of_the_latest_count_before_the_plan(make):
    ids = await make.drafted()
    await populate(make, 2020, dict.fromkeys(LANZHOU, 0) | {"620102": 700, "620103": 300})
    await populate(make, 2010, dict.fromkeys(LANZHOU, 100))
    await populate(make, 2022, dict.fromkeys(LANZHOU, 100))
    assert await allocated(make, ids, {"basis": "population"}) == {"620102": 7, "620103": 3}


async def test_without_populations_no_allocation_by_them(make):
    ids = await make.drafted()
    await populate(make, 2020, {"620102": 700})
    url = f"/v1/plans/{ids['plan_id']}/lines/{ids['line_id']}/quotas:allocate"
    assert await code_of(await make.planner.post(url, json={"basis": "population"})) == (409, "population_missing")


async def test_by_enterprises_as_the_directory_counts_them_for_the_user(make, fake_clients):
    ids = await make.drafted()
    assert await allocated(make, ids, {"basis": "enterprises"}) == {"620102": 8, "620103": 2}
    assert await allocated(make, ids, {"basis": "enterprises", "minimum": 1}) == dict.fromkeys(LANZHOU, 1) | {"620102": 3}
    assert fake_clients.directory.asked[0] == ("6201", "FR-01", "Bearer ")
    fake_clients.directory.counts = {}
    url = f"/v1/plans/{ids['plan_id']}/lines/{ids['line_id']}/quotas:allocate"
    assert await code_of(await make.planner.post(url, json={"basis": "enterprises"})) == (409, "weights_zero")
    assert await code_of(await make.planner.post(url, json={"basis": "enterprises", "minimum": 2})) == (409, "minimum_too_high")


async def test_a_new_allocation_replaces_the_old_one(platform, make):
    ids = await make.allocated()
    assert await allocated(make, ids, {"basis": "weights", "weights": [{"region_code": "620123", "weight": 1}]}) == {"620123": 10}
    assert [(r["division_code"], r["batches"]) for r in await platform.rows("SELECT * FROM line_quota")] == [("620123", 10)]


async def test_a_prefecture_without_counties_executes_itself(make):
    city = make.at("6202")
    ids = await city.drafted()
    weights = {"basis": "weights", "weights": [{"region_code": "6202", "weight": 1}]}
    assert await allocated(city, ids, weights) == {"6202": 10}


@pytest.mark.parametrize("code", ["6201", "620902", "620199", "62"])
async def test_quotas_go_to_executing_bureaus_of_the_own_area_only(make, code):
    ids = await make.drafted()
    url = f"/v1/plans/{ids['plan_id']}/lines/{ids['line_id']}/quotas"
    assert await code_of(await make.planner.put(url, json={"quotas": [{"region_code": code, "batches": 10}]})) == (409, "division_outside")
    body = {"basis": "weights", "weights": [{"region_code": code, "weight": 1}]}
    assert await code_of(await make.planner.post(url + ":allocate", json=body)) == (409, "division_outside")


async def test_quotas_by_hand_are_kept_when_they_add_up(make):
    ids = await make.drafted()
    url = f"/v1/plans/{ids['plan_id']}/lines/{ids['line_id']}/quotas"
    good = [{"region_code": "620102", "batches": 9}, {"region_code": "620103", "batches": 1}, {"region_code": "620104", "batches": 0}]
    answer = await make.planner.put(url, json={"quotas": good}, headers={"If-Match": 'W/"1"'})
    assert [(q["region_code"], q["batches"]) for q in answer.json()["quotas"]] == [("620102", 9), ("620103", 1)]
    assert answer.headers["etag"] == 'W/"2"'
    assert await code_of(await make.planner.put(url, json={"quotas": good[:1]})) == (409, "quota_total")
    assert await code_of(await make.planner.put(url, json={"quotas": good}, headers={"If-Match": 'W/"1"'})) == (412, "stale")
    twice = [{"region_code": "620102", "batches": 5}, {"region_code": "620102", "batches": 5}]
    assert await code_of(await make.planner.put(url, json={"quotas": twice})) == (409, "division_twice")


async def test_a_line_of_another_plan_is_not_there(make):
    ids = await make.drafted()
    other = await make.ok(make.planner, "POST", "/plans", make.plan(plan_no="B"))
    url = f"/v1/plans/{other['id']}/lines/{ids['line_id']}/quotas:allocate"
    assert await code_of(await make.planner.post(url, json=make.EQUAL)) == (404, "not_found")

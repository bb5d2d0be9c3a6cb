"""Plans from draft to published tasks over HTTP."""

import pytest
from longzhi.planning.v1.events_pb2 import PlanPublished, TaskAssigned


async def code_of(answer):
    return answer.status_code, answer.json().get("code")


async def test_a_plan_goes_from_draft_to_tasks_and_tells_it_in_one_transaction(platform, make):
    ids = await make.published(make.line(), make.line("Q1-002", batches=3))
    assert (make.told["plan"]["state"], make.told["tasks"]) == ("PUBLISHED", 6)
    [told] = await platform.facts(PlanPublished)
    assert (told.plan_id, told.plan_no, told.year, told.batches) == (ids["plan_id"], "SCP-2021", 2021, 13)
    tasks = await platform.rows("SELECT * FROM task ORDER BY task_no")
    assert [(t["task_no"], t["quota"], t["laboratory_code"]) for t in tasks] == [
        ("T21620100-0001-620102", 5, "L01"), ("T21620100-0001-620103", 3, "L09"), ("T21620100-0001-620104", 2, "L09"),
        ("T21620100-0002-620102", 1, "L01"), ("T21620100-0002-620103", 1, "L09"), ("T21620100-0002-620104", 1, "L01"),
    ]  # fmt: skip
    assigned = await platform.facts(TaskAssigned)
    envelopes = [e for e in await platform.facts() if e.type.endswith("TaskAssigned")]
    assert {(f.task_id, f.task_no, f.quota, f.source_region_code) for f in assigned} == {
        (str(t["id"]), t["task_no"], t["quota"], "6201") for t in tasks
    }
    assert {(e.key, e.region_code) for e in envelopes} == {(str(t["id"]), t["region_code"]) for t in tasks}
    acts = [row["act"] for row in await platform.rows("SELECT act FROM audit_entry WHERE act LIKE 'plan.%' ORDER BY seq")]
    assert acts == ["plan.draft", "plan.quota", "plan.quota", "plan.submitted", "plan.approved", "plan.published"]


async def test_line_numbers_of_a_year_run_on_over_plans(platform, make):
    await make.published()
    await make.ok(make.planner, "POST", "/plans", make.plan(plan_no="SECOND"))
    [plan] = [p for p in (await make.planner.get("/v1/plans")).json()["items"] if p["plan_no"] == "SECOND"]
    [line] = (await make.planner.get(f"/v1/plans/{plan['id']}")).json()["lines"]
    await make.ok(make.planner, "POST", f"/plans/{plan['id']}/lines/{line['id']}/quotas:allocate", make.EQUAL)
    await make.ok(make.planner, "POST", f"/plans/{plan['id']}/submit")
    await make.ok(make.approver, "POST", f"/plans/{plan['id']}/approve")
    await make.ok(make.planner, "POST", f"/plans/{plan['id']}/publish", {"published_on": "2021-01-05"})
    assert (await platform.rows("SELECT max(task_no) AS last FROM task"))[0]["last"] == "T21620100-0002-620104"


async def test_a_plan_shows_its_lines_and_quotas(make):
    ids = await make.allocated()
    shown = (await make.planner.get(f"/v1/plans/{ids['plan_id']}")).json()
    assert (shown["source_level"], shown["batches"], shown["state"], shown["revision"]) == ("市", 10, "PLAN_DRAFT", 2)
    line = shown["lines"][0]
    assert (line["product_code"], line["product_name"], line["unit_price_fen"]) == ("FR-01", "食品用塑料复合膜、袋", 80000)
    expected = [("620102", 5), ("620103", 3), ("620104", 2)]
    assert [(q["region_code"], q["batches"]) for q in line["quotas"]] == expected


async def test_a_draft_stays_with_its_owner_and_its_superior(platform, make):
    ids = await make.drafted()
    url = f"/v1/plans/{ids['plan_id']}"
    for region, status in (("6201", 200), ("62", 200), ("620102", 404), ("6209", 404)):
        assert (await platform.client("o", "officer", region=region).get(url)).status_code == status
    assert (await platform.client("l", "laboratory", laboratory="L01").get(url)).status_code == 403


async def test_a_published_plan_is_read_below_but_neither_beside_nor_with_its_prices(platform, make):
    ids = await make.published()
    url = f"/v1/plans/{ids['plan_id']}"
    county = (await platform.client("o", "officer", region="620105").get(url)).json()
    assert (county["lines"][0]["unit_price_fen"], county["lines"][0]["quotas"]) == (None, [])
    assert (await platform.client("o", "officer", region="62").get(url)).json()["lines"][0]["unit_price_fen"] == 80000
    assert (await platform.client("o", "officer", region="6209").get(url)).status_code == 404
    assert (await platform.client("o", "officer", region="620902").get("/v1/plans")).json()["items"] == []


async def test_a_draft_is_rewritten_and_keeps_what_still_holds(platform, make):
    ids = await make.allocated(make.line(), make.line("Q1-002"), make.line("Q1-003"))
    url = f"/v1/plans/{ids['plan_id']}"
    body = make.plan(make.line(stage="流通"), make.line("Q1-002", batches=7), make.line("Q1-004"), name="新名")
    seen = (await make.planner.get(url)).headers["etag"]
    changed = await make.planner.put(url, json=body, headers={"If-Match": seen})
    assert changed.status_code == 200, changed.text
    lines = changed.json()["lines"]
    assert [(line["line_no"], len(line["quotas"]), line["stage"]) for line in lines] == [
        ("Q1-001", 3, "流通"),
        ("Q1-002", 0, "生产"),
        ("Q1-004", 0, "生产"),
    ]
    assert lines[0]["id"] == ids["line_id"]
    assert changed.json()["name"] == "新名"
    assert await code_of(await make.planner.put(url, json=body, headers={"If-Match": seen})) == (412, "stale")
    assert len(await platform.rows("SELECT 1 FROM line_quota")) == 3


async def test_plan_numbers_are_unique_per_owner_only(make):
    await make.drafted()
    assert await code_of(await make.planner.post("/v1/plans", json=make.plan())) == (409, "already_exists")
    assert (await make.at("62").planner.post("/v1/plans", json=make.plan(make.line(catalogue_code=None, reason_without_entry="舆情",
            product_code="X", product_name="乙")))).status_code == 201  # fmt: skip


async def test_a_catalogue_holds_for_the_bureaus_below_and_not_for_others(make):
    await make.published_catalogue()
    assert (await make.at("620102").planner.post("/v1/plans", json=make.plan())).status_code == 201
    for other in ("62", "6209"):
        refused = await make.at(other).planner.post("/v1/plans", json=make.plan())
        assert (refused.status_code, refused.json()["code"], refused.json()["pointer"]) == (422, "entry_unknown", "/lines/0/catalogue_code")


async def test_submission_needs_every_batch_shared_out(make):
    ids = await make.drafted()
    assert await code_of(await make.planner.post(f"/v1/plans/{ids['plan_id']}/submit")) == (409, "quota_incomplete")
    assert (await make.planner.get(f"/v1/plans/{ids['plan_id']}")).json()["state"] == "PLAN_DRAFT"


async def test_neither_drafter_nor_submitter_approves(platform, make):
    ids = await make.submitted()
    both = platform.client("planner", "planner", "approver", region="6201")
    assert await code_of(await both.post(f"/v1/plans/{ids['plan_id']}/approve")) == (409, "same_person")
    assert (await make.approver.post(f"/v1/plans/{ids['plan_id']}/approve")).status_code == 200
    assert await code_of(await make.approver.post(f"/v1/plans/{ids['plan_id']}/approve")) == (409, "plan_state")


async def test_without_a_scheme_in_force_no_approval(make):
    odd = make.line("Q1-002", catalogue_code=None, reason_without_entry="舆情提示", product_code="CS-99", product_name="磁力珠")
    ids = await make.submitted(make.line(), odd)
    refused = await make.approver.post(f"/v1/plans/{ids['plan_id']}/approve")
    assert await code_of(refused) == (409, "scheme_missing")
    assert "Q1-002" in refused.json()["detail"] and "Q1-001" not in refused.json()["detail"]


async def test_a_risky_line_waits_for_the_agreeing_majority_of_its_panel(make, fake_clients):
    ids = await make.risky()
    plan, line = f"/v1/plans/{ids['plan_id']}", f"/v1/plans/{ids['plan_id']}/lines/{ids['line_id']}"
    assert await code_of(await make.approver.post(plan + "/approve")) == (409, "expert_review_missing")
    assert await code_of(await make.planner.post(line + "/panel/refresh")) == (409, "panel_missing")
    wish = {"size": 3, "specialities": ["危险化学品"], "recuse_usccs": ["91620100MA7100000G"], "drawn_on": "2021-01-04"}
    drawn = await make.planner.post(line + "/panel", json=wish)
    assert (drawn.status_code, drawn.json()["expert_draw_id"]) == (200, "draw-1")
    [asked] = fake_clients.experts.asked
    assert (asked.pool, asked.purpose, asked.size, asked.drawn_on) == ("PRODUCT", f"plan-line:{ids['line_id']}", 3, "2021-01-04")
    assert (list(asked.specialities), list(asked.recuse_usccs)) == (["危险化学品"], ["91620100MA7100000G"])
    assert await code_of(await make.planner.post(line + "/panel", json=wish)) == (409, "panel_exists")
    fake_clients.experts.opinions = ["agree", "", "disagree"]
    assert (await make.planner.post(line + "/panel/refresh")).json()["expert_opinion"] == {"agree": 1, "disagree": 1, "abstain": 0, "size": 3}
    assert await code_of(await make.approver.post(plan + "/approve")) == (409, "expert_review_missing")
    fake_clients.experts.opinions = ["agree", "agree", "disagree"]
    assert (await make.planner.post(line + "/panel/refresh")).status_code == 200
    assert (await make.approver.post(plan + "/approve")).status_code == 200
    assert await code_of(await make.planner.post(line + "/panel/refresh")) == (409, "plan_state")


async def test_a_line_that_is_not_risky_gets_no_panel(make):
    ids = await make.drafted()
    answer = await make.planner.post(f"/v1/plans/{ids['plan_id']}/lines/{ids['line_id']}/panel", json={"size": 3, "drawn_on": "2021-01-04"})
    assert await code_of(answer) == (409, "line_not_risky")


async def test_another_product_needs_another_panel(make):
    ids = await make.drawn()
    await make.ok(make.approver, "POST", f"/plans/{ids['plan_id']}/return", {"remark": "换产品"})
    body = make.plan(make.line(risky=True, catalogue_code=None, reason_without_entry="舆情", product_code="X", product_name="乙"))
    assert (await make.ok(make.planner, "PUT", f"/plans/{ids['plan_id']}", body))["lines"][0]["expert_draw_id"] is None


async def test_repeating_a_superiors_published_line_is_a_warning(make):
    await make.published()
    county = make.at("620102")
    made = await make.ok(county.planner, "POST", "/plans", make.plan(make.line(batches=4), make.line("Q2-001", quarter=2, sampling_due="2021-06-25",
                         test_due="2021-07-20")))  # fmt: skip
    for line in made["lines"]:
        await make.ok(
            county.planner,
            "PUT",
            f"/plans/{made['id']}/lines/{line['id']}/quotas",
            {"quotas": [{"region_code": "620102", "batches": line["batches"]}]},
        )
    await make.ok(county.planner, "POST", f"/plans/{made['id']}/submit")
    moved = await make.ok(county.approver, "POST", f"/plans/{made['id']}/approve")
    assert moved["plan"]["state"] == "PLAN_APPROVED"
    assert [(w["code"], w["line_no"], w["plan_no"], w["region_code"]) for w in moved["warnings"]] == [
        ("superior_overlap", "Q1-001", "SCP-2021", "6201")
    ]


async def test_a_submitted_plan_is_sent_back_with_a_reason_and_an_unpublished_one_given_up(make):
    ids = await make.submitted()
    back = await make.ok(make.approver, "POST", f"/plans/{ids['plan_id']}/return", {"remark": "批次过少"})
    assert (back["state"], back["remark"], back["submitted_by"]) == ("PLAN_DRAFT", "批次过少", None)
    assert (await make.ok(make.planner, "POST", f"/plans/{ids['plan_id']}/cancel", {"remark": "不再安排"}))["state"] == "CANCELLED"
    assert await code_of(await make.planner.post(f"/v1/plans/{ids['plan_id']}/submit")) == (409, "plan_state")


async def test_a_published_plan_is_neither_changed_nor_cancelled(make):
    ids = await make.published()
    url = f"/v1/plans/{ids['plan_id']}"
    assert await code_of(await make.planner.put(url, json=make.plan())) == (409, "plan_state")
    assert await code_of(await make.planner.post(url + "/cancel", json={"remark": "x"})) == (409, "plan_state")
    assert await code_of(await make.planner.post(url + f"/lines/{ids['line_id']}/quotas:allocate", json=make.EQUAL)) == (409, "plan_state")
    assert await code_of(await make.approver.post(url + "/publish", json={"published_on": "2021-01-05"})) == (409, "plan_state")


@pytest.mark.parametrize("state", ["drafted", "submitted"])
async def test_only_an_approved_plan_is_published(platform, make, state):
    ids = await getattr(make, state)()
    answer = await make.approver.post(f"/v1/plans/{ids['plan_id']}/publish", json={"published_on": "2021-01-05"})
    assert await code_of(answer) == (409, "plan_state")
    assert await platform.rows("SELECT 1 FROM task") == [] == await platform.facts()


async def test_plans_are_listed_by_year_and_state(make):
    await make.drafted()
    await make.ok(make.planner, "POST", "/plans", make.plan(plan_no="B"))

    async def numbers(**params):
        return [p["plan_no"] for p in (await make.planner.get("/v1/plans", params=params)).json()["items"]]

    assert await numbers(year=2021, state="PLAN_DRAFT") == ["SCP-2021", "B"]
    assert await numbers(year=2020) == await numbers(state="PUBLISHED") == []
    page = (await make.planner.get("/v1/plans", params={"page_size": 1})).json()
    assert await numbers(page_size=1, page_token=page["next_page_token"]) == ["B"]

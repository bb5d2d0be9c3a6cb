"""Special paths: refusal, nothing to sample, stop for illegal production, six months, online purchase, kept at the firm. Scenarios 22 and 24."""

from datetime import date

import pytest
from evidence_files import jpeg
from longzhi.directory.v1.directory_service_pb2 import Licence
from longzhi.planning.v1.planning_service_pb2 import CheckRepeatResponse
from longzhi.sampling.v1.events_pb2 import SampleRefused, SampleStopped, SampleUnavailable, SampleUntestable
from sampling_cases import ELSEWHERE, FOOD_FORM, FOOD_TASK, FORM, NEIGHBOUR, PRODUCER, REFUSAL, SEAL, report

from sampling.rules.form import TaskCategory
from sampling.rules.samples import Programme
from sampling.rules.special import RIGHTS, Circumstances, check_purchase, licence_question, repeat_question, rights_of
from sampling.rules.stored import form_from
from sampling.rules.tasks import AssignedTask, check_fit

LICENSED = FORM["product"] | {"control_type": "生产许可证", "certificate_no": "(甘)XK16-204-00001"}
HELD = Licence(kind="XK", number="（甘）XK16-204-00001", valid_from="2018-01-01", valid_to="2023-01-01", status="有效")


def codes(answer):
    body = answer.json()
    return answer.status_code, body["code"], body.get("pointer")


async def seal(batch, sample, **more):
    return await batch.sampler().post(f"/v1/samples/{sample['id']}/seal", json=SEAL | more)


# ---- refusal ----


async def test_scenario_24_a_firm_that_asks_9000_for_a_90_yuan_kettle_has_refused(platform, batch):
    kettle = FORM["product"] | {"name": "电热水壶", "spec": "1.7L", "unit_price_fen": 9000}
    one = await batch.sampler().post("/v1/samples", json=FORM | {"product": kettle, "samplers": FORM["samplers"][:1]})
    assert one.status_code == 422 and "samplers_count" in one.text, "one person samples nothing"
    sample = await batch.draft(FORM | {"product": kettle})
    refusal = REFUSAL | {"reason": "样品价格明显不合理", "asked_price_fen": 900_000, "note": "标价90元,要价9000元"}
    url = f"/v1/samples/{sample['id']}/refuse"
    assert codes(await batch.sampler().post(url, json=refusal)) == (422, "refusal_evidence", "/evidence")
    assert (await batch.photo(sample["id"], "店面", jpeg())).status_code == 201
    assert codes(await batch.sampler().post(url, json=refusal)) == (422, "refusal_evidence", "/evidence"), "a photo of the shop is no proof"
    assert (await batch.photo(sample["id"], "拒抽照片", jpeg(shade=30))).status_code == 201
    refused = (await batch.sampler().post(url, json=refusal)).json()
    assert (refused["state"], refused["ended_reason"]) == ("REFUSED", "样品价格明显不合理")
    [fact] = await platform.facts(SampleRefused)
    assert (fact.batch.sample_id, fact.reason) == (sample["id"], "样品价格明显不合理") and fact.notify_by > fact.refused_at
    notices = (await batch.officer("62").get("/v1/special-notices")).json()["items"]
    assert {(n["to_role"], n["to_region_code"], n["kind"]) for n in notices} == {("organiser", "62", "refusal"), ("county", "620102", "refusal")}
    assert notices[0]["details"]["asked_price_fen"] == 900_000 and notices[0]["due_at"] > notices[0]["happened_at"]
    again = await batch.sampler().post(url, json=refusal)
    assert codes(again)[:2] == (409, "sample_state") and "第二十条" in again.json()["detail"]


@pytest.mark.parametrize(
    ("change", "code", "pointer"),
    [
        ({"signers": ["S001"]}, "refusal_signatures", "/signers"),
        ({"signers": ["S001", "S001"]}, "refusal_signatures", "/signers"),
        ({"signers": []}, "refusal_signatures", "/signers"),
        ({"signers": ["S001", "S999"]}, "refusal_signer", "/signers/1"),
        ({"reason": "拒绝签字盖章"}, "refusal_not_enough", "/reason"),
        ({"reason": "样品价格明显不合理"}, "refusal_price", "/asked_price_fen"),
        ({"on": "2021-01-31"}, "date_order", "/on"),
        ({"on": "2099-01-01"}, "date_future", "/on"),
        ({"reason": "不想抽"}, "value_unknown", "/reason"),
        ({"refused_at": "2021-02-01T09:00:00"}, "field_type", "/refused_at"),
    ],
)
async def test_a_refusal_that_is_none_is_refused(platform, batch, change, code, pointer):
    sample = await batch.refusable()
    answer = await batch.sampler().post(f"/v1/samples/{sample['id']}/refuse", json=REFUSAL | change)
    assert codes(answer) == (422, code, pointer)
    assert await platform.rows("SELECT 1 FROM special_notice") == [] == await platform.facts(SampleRefused)


async def test_a_notice_is_late_after_its_hour_and_is_acknowledged_once(batch):
    sample = await batch.refusable()
    await batch.act(batch.sampler(), sample, "refuse", REFUSAL | {"refused_at": "2021-02-01T09:30:00+08:00"})
    [notice] = (await batch.officer("62").get("/v1/special-notices", params={"sample_id": sample["id"], "kind": "refusal"})).json()["items"][:1]
    assert (notice["due_at"], notice["late"]) == ("2021-02-01T02:30:00Z", True)
    told = [n for n in (await batch.officer("62").get("/v1/special-notices")).json()["items"] if n["to_region_code"] == "62"]
    url = f"/v1/special-notices/{told[0]['id']}/acknowledge"
    assert (await batch.officer("62").post(url)).json()["acknowledged_by"] == "officer"
    assert codes(await batch.officer("62").post(url))[:2] == (409, "notice_acknowledged")
    left = (await batch.officer("62").get("/v1/special-notices", params={"open_only": True})).json()["items"]
    assert [n["to_region_code"] for n in left] == ["620102"]


async def test_who_would_not_sign_took_part_all_the_same(platform, batch):
    sample = await batch.draft()
    sealed = await seal(batch, sample, unsigned={"note": "负责人拒绝签字", "witness": "社区工作人员赵某"})
    assert sealed.json()["state"] == "SAMPLED"
    events = (await batch.officer().get(f"/v1/samples/{sample['id']}/custody")).json()["events"]
    assert events[0]["details"]["unsigned"]["witness"] == "社区工作人员赵某"
    assert (await batch.lab().get(f"/v1/samples/{sample['id']}/custody")).json()["events"] == [], "laboratories work blind"


# ---- nothing to sample, no test ----


async def test_nothing_to_sample_asks_planning_for_a_replacement(platform, batch):
    sample = await batch.draft()
    told = {"on": "2021-02-01", "reason": "无库存或数量不足", "note": "仅剩两张"}
    assert (await batch.act(batch.sampler(), sample, "not-available", told))["state"] == "NOT_SAMPLED"
    [fact] = await platform.facts(SampleUnavailable)
    assert (fact.batch.task_id, fact.reason, fact.on, fact.note) == (FORM["task_id"], "无库存或数量不足", "2021-02-01", "仅剩两张")
    assert await platform.rows("SELECT taken FROM task_progress") == [{"taken": 0}]


async def test_a_test_that_cannot_be_done_ends_the_batch(platform, batch):
    sample = await batch.received()
    impossible = {"on": "2021-02-05", "reason": "样品量不足"}
    early = await batch.lab().post(f"/v1/samples/{sample['id']}/test-impossible", json=impossible)
    assert codes(early)[:2] == (409, "sample_state"), "only what is being tested can prove untestable"
    assert codes(await batch.lab().post(f"/v1/samples/{sample['id']}/testing", json={"on": "2021-02-02"})) == (422, "date_order", "/on")
    assert codes(await batch.lab().post(f"/v1/samples/{sample['id']}/testing", json={"on": "2099-02-02"})) == (422, "date_future", "/on")
    await batch.act(batch.lab(), sample, "testing", {"on": "2021-02-04"})
    assert (await batch.act(batch.lab(), sample, "test-impossible", impossible))["state"] == "TEST_IMPOSSIBLE"
    [fact] = await platform.facts(SampleUntestable)
    assert fact.reason == "样品量不足"


async def test_a_sample_being_tested_takes_its_report(batch):
    sample = await batch.testing()
    answer = await batch.push(report(sample["sample_no"]))
    assert answer.json()["accepted"] == 1, answer.text


# ---- illegal production ----

RENEWED = (("过期", "2012-09-05"), ("有效", "2017-09-05"))


@pytest.mark.parametrize(
    ("licences", "expected"),
    [
        ({PRODUCER["uscc"]: [HELD]}, (200, None)),
        ({}, (200, None)),  # a firm that the directory does not know proves nothing
        ({PRODUCER["uscc"]: []}, (409, "licence_absent")),
        ({PRODUCER["uscc"]: [Licence(kind="SC", number=HELD.number, status="有效")]}, (409, "licence_absent")),
        ({PRODUCER["uscc"]: [Licence(kind="XK", number=HELD.number, status="吊销")]}, (409, "licence_invalid")),
        ({PRODUCER["uscc"]: [Licence(kind="XK", number=HELD.number, status="过期")]}, (409, "licence_invalid")),
        (  # renewed under the same number: the old term is over, the new one holds
            {PRODUCER["uscc"]: [Licence(kind="XK", number=HELD.number, status=status, valid_from=day) for status, day in RENEWED]},
            (200, None),
        ),
    ],
)
async def test_the_licence_is_asked_of_the_directory_on_the_day(batch, fake_clients, licences, expected):
    fake_clients.directory.licences = licences
    sample = await batch.draft(FORM | {"product": LICENSED})
    answer = await seal(batch, sample)
    assert (answer.status_code, answer.json().get("code")) == expected
    assert fake_clients.directory.licences_asked == [(PRODUCER["uscc"], "2021-01-04")], "a product on a shelf is judged on its production date"
    if expected[1]:
        assert "第十六条" in answer.json()["detail"] and f"/v1/samples/{sample['id']}/stop" in answer.text
        stopped = await batch.act(batch.sampler(), sample, "stop", {"on": "2021-02-01", "reason": "无生产许可证", "licence_no": HELD.number})
        assert stopped["state"] == "STOPPED_ILLEGAL"


def test_at_the_producers_the_day_of_the_visit_counts():
    maker = PRODUCER | {"licence_no": "SC10162010200018"}
    made = FORM | {"stage": "生产", "sampled_party": maker, "producer": None, "product": LICENSED}
    asked = licence_question(form_from(made), made)
    assert asked is not None and (asked.uscc, asked.kind, asked.on) == (PRODUCER["uscc"], "XK", date(2021, 2, 1))
    food = FOOD_FORM | {"stage": "生产", "sampled_party": maker, "producer": None}
    asked = licence_question(form_from(food), food)
    assert asked is not None and (asked.kind, asked.number) == ("SC", "SC10162010200018")
    unlicensed = FORM | {"product": FORM["product"] | {"control_type": "CCC", "certificate_no": "2021010101000001"}}
    assert licence_question(form_from(unlicensed), unlicensed) is None


async def test_the_samplers_stop_and_organiser_and_the_makers_county_are_told(platform, batch):
    sample = await batch.draft()
    bad = await batch.sampler().post(f"/v1/samples/{sample['id']}/stop", json={"on": "2021-02-01", "reason": "其他涉嫌违法"})
    assert codes(bad) == (422, "note_missing", "/note")
    for on, code in (("2021-01-31", "date_order"), ("2099-01-01", "date_future")):
        assert codes(await batch.sampler().post(f"/v1/samples/{sample['id']}/stop", json={"on": on, "reason": "无营业执照"}))[1] == code
    await batch.act(batch.sampler(), sample, "stop", {"on": "2021-02-01", "reason": "许可证已过期"})
    [fact] = await platform.facts(SampleStopped)
    assert (fact.reason, fact.at_laboratory) == ("许可证已过期", False)
    told = (await batch.officer(ELSEWHERE).get("/v1/special-notices", params={"kind": "illegal"})).json()["items"]
    assert [(n["to_role"], n["to_region_code"]) for n in told] == [("county", ELSEWHERE)]
    assert (await batch.officer(NEIGHBOUR).get("/v1/special-notices")).json()["items"] == []


async def test_the_laboratory_stops_a_product_before_its_report_and_no_food(platform, batch):
    for sample in (await batch.received(), await batch.testing()):
        by_bureau = await batch.sampler().post(f"/v1/samples/{sample['id']}/stop", json={"on": "2021-02-05", "reason": "无生产许可证"})
        assert codes(by_bureau)[:2] == (409, "stop_at_laboratory")
        stopped = await batch.act(batch.lab(), sample, "stop", {"on": "2021-02-05", "reason": "无生产许可证", "note": "证书查无"})
        assert stopped["state"] == "STOPPED_ILLEGAL"
    assert {fact.at_laboratory for fact in await platform.facts(SampleStopped)} == {True}
    seen = (await batch.lab().get("/v1/special-notices")).text + (await batch.lab().get(f"/v1/samples/{sample['id']}/custody")).text
    assert "证书查无" in seen and PRODUCER["name"] not in seen and "城关区某建材店" not in seen, "laboratories work blind"
    assert PRODUCER["name"] in (await batch.officer(ELSEWHERE).get("/v1/special-notices")).text
    food = await batch.received(FOOD_FORM)
    refused = await batch.lab().post(f"/v1/samples/{food['id']}/stop", json={"on": "2021-02-05", "reason": "无生产许可证"})
    assert codes(refused)[:2] == (409, "sample_state") and "《食品安全抽样检验管理办法》第二十一条" in refused.json()["detail"]


# ---- six months ----


async def test_scenario_22_what_the_province_checked_is_not_checked_again(batch, fake_clients):
    fake_clients.planning.repeat = CheckRepeatResponse(
        found=True, checked_on="2021-01-20", source_region_code="62", superior=True, until="2021-07-20"
    )
    sample = await batch.draft()
    refused = await seal(batch, sample)
    assert codes(refused) == (409, "repeat_within_six_months", "/product")
    told = refused.json()
    assert "2021-07-20" in told["detail"] and "第七条" in told["detail"] and "上级部门" in told["detail"]
    assert any("满6个月" in problem["detail"] for problem in told["problems"]), "the clock's proof"
    [asked] = fake_clients.planning.repeats_asked
    assert (asked.producer_uscc, asked.spec, asked.standard, asked.on) == (PRODUCER["uscc"], "1220×2440×18mm", "GB 18580-2017", "2021-02-01")
    assert (asked.source_region_code, asked.sample_id) == ("62", sample["id"])
    follow_up = await seal(batch, sample, repeat={"kind": "不合格产品跟踪抽查", "paper": "GSZJ-2020-000123"})
    assert follow_up.json()["state"] == "SAMPLED", "a follow-up of a non-conforming product is allowed"
    [event] = (await batch.officer().get(f"/v1/samples/{sample['id']}/custody")).json()["events"]
    assert event["details"]["repeat"]["paper"] == "GSZJ-2020-000123"


@pytest.mark.parametrize(
    "form",
    [FOOD_FORM, FORM | {"product": FORM["product"] | {"spec": "/"}}, FORM | {"check": {"task_kind": "11"}}],
)
def test_food_what_has_no_specification_and_risk_monitoring_are_not_asked_for(form):
    assert repeat_question(Circumstances(), form_from(form), form, ("62", "x")) is None


# ---- online, at the firm, rights ----

ONLINE = {
    "buyers": [{"name": "买样员", "certificate_no": "B1"}],
    "unpackers": [{"name": "抽样员丁", "certificate_no": "S001"}, {"name": "抽样员戊", "certificate_no": "S002"}],
}


@pytest.mark.parametrize(
    ("change", "form", "found"),
    [
        ({}, {}, []),
        ({"buyers": [{"name": "抽样员丁", "certificate_no": "S001"}]}, {}, ["buyer_unpacks"]),
        ({"unpackers": ONLINE["unpackers"][:1]}, {}, ["unpackers_count"]),
        ({"unpackers": [ONLINE["unpackers"][0]] * 2}, {}, ["unpackers_count"]),
        ({}, {"reserve_quantity": "0"}, ["purchase_reserve"]),
        ({"buyers": [{"name": "抽样员丁"}], "unpackers": [{"name": "抽样员丁"}, {"name": "抽样员戊"}]}, {}, ["buyer_unpacks"]),
    ],
)
def test_who_bought_online_does_not_unpack(change, form, found):
    assert [p.code for p in check_purchase(ONLINE | change, form_from(FORM | form))] == found


async def test_a_sample_that_stays_at_the_firm_is_marked_and_the_firm_told(batch):
    kept = {"seal_mark": "封存标记01", "keeper": "王某", "told_liable": True}
    product = await batch.draft()
    assert codes(await seal(batch, product, kept=kept | {"told_liable": False})) == (422, "kept_not_told", "/kept/told_liable")
    assert (await seal(batch, product, kept=kept)).json()["state"] == "SAMPLED"
    food = await batch.draft(FOOD_FORM)
    assert codes(await seal(batch, food, kept=kept)) == (422, "kept_food", "/kept")


@pytest.mark.parametrize(
    ("category", "fails_as", "may_reinspect", "counts", "bound"),
    [
        ("监督抽检", "NON_CONFORMING", True, True, True),
        ("抽检监测", "NON_CONFORMING", True, True, True),
        ("风险监测", "PROBLEM", False, True, False),
        ("评价性抽检", "NON_CONFORMING", True, False, True),
    ],
)
def test_each_kind_of_sampling_has_its_rights(category, fails_as, may_reinspect, counts, bound):
    rights = RIGHTS[TaskCategory(category)]
    assert (rights.fails_as, rights.may_reinspect, rights.counts_as_found, rights.needs_licence) == (fails_as, may_reinspect, counts, bound)
    assert rights.bound_by_quantity is rights.bound_by_place is bound


@pytest.mark.parametrize(("category", "found"), [("监督抽检", ["task_stage"]), ("风险监测", [])])
def test_risk_monitoring_is_bound_to_no_place(category, found):
    form = form_from(FOOD_FORM | {"stage": "餐饮", "food": FOOD_FORM["food"] | {"task_category": category}})
    task = AssignedTask(
        task_id=FOOD_TASK, task_no="T", plan_id=None, region_code="620102", source_region_code="62", programme=Programme.FOOD, period="2021Q1",
        product_code="0101", laboratory_code="L01", quota=1, stage="流通",
    )  # fmt: skip
    assert [p.code for p in check_fit(form, task, FOOD_FORM["sample_no"], "620102")] == found


def test_an_emergency_is_bound_by_neither_quantity_nor_licence():
    document = FOOD_FORM | {"food": FOOD_FORM["food"] | {"sampling_type": "应急抽样"}}
    rights = rights_of(form_from(document), document)
    assert (rights.needs_licence, rights.bound_by_quantity, rights.fails_as, rights.may_reinspect) == (False, False, "NON_CONFORMING", True)
    assert licence_question(form_from(document), document) is None


async def test_a_problem_of_risk_monitoring_is_analysed_and_never_served(batch):
    sample = await batch.problem()
    assert (await batch.officer().get(f"/v1/samples/{sample['id']}")).json()["state"] == "PROBLEM"
    analysed = await batch.act(batch.officer(), sample, "analysis", {"on": "2021-03-01", "conclusion": "原料带入", "experts": ["专家甲"]})
    assert analysed["state"] == "ANALYSED"
    failed = await batch.failed()
    refused = await batch.officer().post(
        f"/v1/samples/{failed['id']}/analysis", json={"on": "2021-03-01", "conclusion": "原料带入", "experts": ["专家甲"]}
    )
    assert codes(refused)[:2] == (409, "sample_state")

"""What goes another way than most, with real tokens: bought online, kept at the firm, dangerous, turned away, broken seals, risk monitoring."""

import asyncio
from datetime import date

import pytest
from own_batches import (
    FOOD,
    NEIGHBOUR,
    ORGANISER,
    OWNER,
    PRODUCT,
    Own,
    file,
    filed,
    number,
    photo,
    problem,
    publish_tasks,
    replacement,
    second_report,
    unseen,
)  # fmt: skip

from demo import play
from demo.forms import report_of

SAMPLER, OFFICER = f"sampler.{OWNER}", f"officer.{OWNER}"
VISIT, RETEST = date(2026, 6, 10), "检验结论(复检)"
SORBIC, CREEPAGE = "山梨酸及其钾盐(以山梨酸计)", "爬电距离"
PLATFORM = "6202"  # 嘉峪关: the bureau of the platform's place


@pytest.fixture(scope="module")
def tasks(world):
    return asyncio.run(publish_tasks(world))


@pytest.fixture
def own(world, gateway, tasks):
    return Own(world, gateway, tasks)


def purchase(draft):
    """What an online purchase adds to the form (网络抽样): who bought, who unpacked, shop, order, platform."""
    unpackers = draft.form["samplers"][:2]
    return {
        "platform_name": "某网络科技公司", "platform_uscc": "91620200MA72000015", "platform_division_code": "620200",
        "platform_address": "嘉峪关市某路3号", "shop_name": "某旗舰店", "url": "https://example.com/item?id=1", "goods_id": "1",
        "order_no": f"2026{number()}", "ordered_at": "2026-06-03T10:00:00+08:00", "paid_at": "2026-06-03T10:01:00+08:00",
        "signed_at": "2026-06-08T09:00:00+08:00", "pay_account": "6222000000001234", "account": "buyer20260603",
        "ship_to": "白银市白银区某路9号收发室", "phone": "13900005678", "buyers": [{"name": "买样员己", "certificate_no": "M003"}],
        "unpackers": unpackers, "shipped_from": "330106", "carrier": "某快递", "tracking_no": "YT0001", "packing_check": "外箱完好,常温运输",
        "seal_no": draft.plan.seal_no, "reserve_seal_no": draft.reserve_seal,
    }  # fmt: skip


@pytest.mark.parametrize(("line", "fails"), [(PRODUCT, CREEPAGE), (FOOD, SORBIC)])
async def test_what_is_bought_online_is_unpacked_by_two_others_and_the_platforms_bureau_is_told(own, line, fails):
    draft = own.draft(line, VISIT, (fails,))
    bought = purchase(draft)
    draft.form |= {"online": bought, "venue": "网购" if line == FOOD else "电商"}
    if line == PRODUCT:
        draft.form |= {"check": {"mode": "3"}, "purchase": {"invoice_no": number(), "issuer": "某旗舰店", "price_paid_fen": 39200}}
    for unpackers, code in (([bought["unpackers"][0], bought["buyers"][0]], "buyer_unpacks"), (bought["unpackers"][:1], "list_length")):
        bad = await own.ask(SAMPLER, "POST", "/sampling/v1/samples", json=draft.form | {"online": bought | {"unpackers": unpackers}})
        assert (bad.status_code, code in bad.text) == (422, True), bad.text
    batch = await own.sealed(draft)

    told = (await own.must(f"officer.{PLATFORM}", "GET", "/sampling/v1/special-notices", params={"sample_id": batch.id}))["items"]
    assert [(notice["kind"], notice["to_role"], notice["to_region_code"]) for notice in told] == [("online", "platform", PLATFORM)]
    assert (told[0]["details"]["order_no"], told[0]["details"]["platform_name"]) == (bought["order_no"], bought["platform_name"])
    assert bought["pay_account"] not in str(told), "what the buyer paid with is nobody's business"
    path = f"/sampling/v1/special-notices/{told[0]['id']}/acknowledge"
    assert (await own.ask(f"officer.{NEIGHBOUR}", "POST", path)).status_code == 404
    assert (await own.must(f"officer.{PLATFORM}", "POST", path))["acknowledged_at"]
    assert (await own.ask(f"officer.{PLATFORM}", "GET", f"/sampling/v1/samples/{batch.id}")).status_code == 404, "told of it, no more"
    kinds = (await own.must(OFFICER, "GET", f"/sampling/v1/samples/{batch.id}/evidence"))["missing"]
    assert {"网页截图-订单", "网页截图-支付记录", "拆封"} <= set(kinds)
    await file(own, batch, "拆封", photo())
    shown = await own.must(OFFICER, "GET", f"/sampling/v1/samples/{batch.id}")
    assert [value for value in (bought["pay_account"], bought["ship_to"], bought["phone"]) if value in str(shown)] == [], "masked"

    await own.must(own.first_lab(batch), "POST", f"/sampling/v1/samples/{batch.id}/receipt", json=own.receipt(batch))
    await own.push(batch, report_of(batch.plan, batch.sample_no))
    roles = ("seller", "producer", "platform")
    served = {role: await own.serve(batch, role, date(2026, 6, 16)) for role in roles}
    assert served["platform"]["addressee"] == bought["platform_name"]
    assert await own.state(batch) == "NOTIFIED"
    await own.until(own.legs, batch, {"seller": "OPENED", "producer": "OPENED"})  # the platform is told and answers for nothing


async def test_a_laboratory_turns_a_sample_away_with_its_reasons_and_another_is_drawn(own):
    batch = await own.sealed(own.draft(PRODUCT, VISIT))
    lab, path = own.first_lab(batch), f"/sampling/v1/samples/{batch.id}/receipt"
    faults = own.receipt(batch, checks=play.GOOD_SAMPLE | {"packing": "fault", "quantity": "fault"})
    assert problem(await own.ask(lab, "POST", path, json=faults)) == (422, "receipt_must_reject")
    for reasons in ([], ["包装破损"], ["超过送样时限", "包装破损", "数量不足"]):
        unsaid = await own.ask(lab, "POST", path, json=faults | {"decision": "reject", "reasons": reasons})
        assert problem(unsaid) == (422, "receipt_reasons"), reasons
    strange = await own.ask(lab, "POST", path, json=faults | {"decision": "reject", "reasons": ["不想做"]})
    assert problem(strange) == (422, "value_unknown")
    assert (await own.ask("lab-L01", "POST", path, json=faults)).status_code == 404, "only the laboratory of the task"
    turned_away = faults | {"decision": "reject", "reasons": ["包装破损", "数量不足"]}
    assert (await own.must(lab, "POST", path, json=turned_away))["state"] == "SAMPLE_REJECTED"

    late = await own.try_push(batch, report_of(batch.plan, batch.sample_no))
    assert [found["code"] for found in late["problems"]] == ["sample_state"]
    queue = await own.gateway.every(lab, "/sampling/v1/queue")
    assert batch.id not in [one["sample_id"] for one in queue]
    shown = await own.must(OFFICER, "GET", f"/sampling/v1/samples/{batch.id}")
    assert "包装破损" in str(shown), "the officer reads why"
    row = await replacement(own, batch)
    assert (row["cause"], row["region_code"], row["source_region_code"]) == ("SAMPLE_REJECTED", OWNER, ORGANISER)
    grant = {"decision": "grant", "drawn_name": "另一门店", "drawn_division_code": OWNER}
    assert (await own.must("planner.62", "POST", f"/planning/v1/replacements/{row['id']}/answer", json=grant))["state"] == "GRANTED"
    assert (await own.legs(batch), await own.records(batch)) == ({}, {}), "nobody answers for what was not tested"
    await unseen(own, f"/sampling/v1/samples/{batch.id}/custody")


async def test_a_seal_that_is_broken_or_not_ours_is_never_taken_in(own):
    for fault, reason in (
        ({"checks": play.GOOD_SAMPLE | {"seal": "fault"}}, "封条破损"),
        ({"checks": play.GOOD_SAMPLE | {"reserve": "fault"}}, "封条破损"),
        ({"seal_no": "F000000000"}, "信息不符"),
    ):
        batch = await own.sealed(own.draft(PRODUCT, VISIT))
        lab, path = own.first_lab(batch), f"/sampling/v1/samples/{batch.id}/receipt"
        taken = await own.ask(lab, "POST", path, json=own.receipt(batch, **fault))
        assert problem(taken) == (422, "receipt_must_reject") and reason in taken.text
        refused = own.receipt(batch, **fault) | {"decision": "reject", "reasons": [reason]}
        assert (await own.must(lab, "POST", path, json=refused))["state"] == "SAMPLE_REJECTED"
        assert (await replacement(own, batch))["reason"] == reason


async def applied(own):
    """A food batch whose seller asked for a re-inspection in time, accepted and paid."""
    batch = await own.reported(own.draft(FOOD, date(2026, 1, 26), (SORBIC,), issued_on=date(2026, 2, 10)))
    for role in ("seller", "producer"):
        await own.serve(batch, role, date(2026, 2, 11))
    case = await filed(own, batch, "seller", RETEST, "2026-02-27", items=[SORBIC])
    await own.case(case["id"], "accept", on="2026-03-03")
    await own.case(case["id"], "formalities", on="2026-03-04", fee_fen=80_000)
    return batch, case["id"]


async def test_a_reserve_whose_seal_is_broken_at_the_handover_ends_the_reinspection(own):
    batch, case_id = await applied(own)
    drawn = await own.case(case_id, "draw-laboratory", on="2026-03-05")
    handed = await own.case(case_id, "handover", on="2026-03-06", seal_no=batch.reserve_seal, seal_intact=False, note="封条一角撕开", photos=[])
    assert (handed["outcome"], handed["grounds"], handed["reinspection"]["bearer"]) == ("REINSPECTION_ENDED", "备样封条破损", "applicant")
    test_id = handed["reinspection"]["id"]
    report = second_report(own, batch, drawn["drawn"], date(2026, 3, 9), fails=False)
    late = await own.ask(f"lab-{drawn['drawn']}", "POST", f"/sampling/v1/reinspections/{test_id}/report", json=report)
    assert problem(late) == (409, "reinspection_state"), "what came out of a broken seal is no result"
    assert await own.state(batch) == "FINAL"
    await own.until(own.legs, batch, {"seller": "OPENED", "producer": "OPENED"})
    await own.until(own.records, batch, {"seller": "DUE", "producer": "DUE"})
    again = await filed(own, batch, "seller", RETEST, "2026-02-27", items=[SORBIC])
    assert again["findings"], "the first conclusion is the last one"


async def test_a_laboratory_that_cannot_reinspect_says_why_and_is_not_drawn_again(own):
    batch, case_id = await applied(own)
    first = (await own.case(case_id, "draw-laboratory", on="2026-03-05"))["drawn"]
    test_id = (await own.must(OFFICER, "GET", f"/sampling/v1/objections/{case_id}"))["reinspection"]["id"]
    path, words = f"/sampling/v1/reinspections/{test_id}/decline", {"on": "2026-03-05", "reason": "主要设备故障,期限内不能完成"}
    assert (await own.ask(own.first_lab(batch), "POST", path, json=words)).status_code == 404, "only the one that was drawn"
    assert problem(await own.ask(f"lab-{first}", "POST", path, json={"on": "2026-03-05"})) == (422, "field_missing"), "in writing"
    declined = await own.must(f"lab-{first}", "POST", path, json=words)
    assert (declined["state"], declined["decline_reason"]) == ("DECLINED", words["reason"])
    assert problem(await own.ask(f"lab-{first}", "POST", path, json=words)) == (409, "reinspection_state")
    again = await own.ask(OFFICER, "POST", f"/sampling/v1/objections/{case_id}/draw-laboratory", json={"on": "2026-03-05"})
    assert problem(again) == (409, "laboratories_none"), "of the two that can, one tested first and one has declined"
    ended = await own.case(case_id, "end", on="2026-03-06", reason="没有可承担复检的机构")
    assert (ended["outcome"], ended["grounds"], await own.state(batch)) == ("REINSPECTION_ENDED", "没有可承担复检的机构", "FINAL")
    await own.until(own.legs, batch, {"seller": "OPENED", "producer": "OPENED"})


async def test_scenario_9_a_reserve_near_its_shelf_life_is_urgent_and_one_past_it_is_not_tested(own):
    draft = own.draft(FOOD, date(2026, 2, 25), (SORBIC,), issued_on=date(2026, 3, 10))
    draft.form["food"] = draft.form["food"] | {"shelf_life": f"{(date(2026, 3, 20) - draft.plan.produced_on).days}天"}
    batch = await own.reported(draft)
    ends = [(await own.serve(batch, role, date(2026, 3, 12)))["objection_until"] for role in ("seller", "producer")]
    assert ends == ["2026-03-23", "2026-03-23"]
    early = await filed(own, batch, "seller", RETEST, "2026-03-16", items=[SORBIC])
    assert (early["findings"], early["urgent_by"]) == ([], "2026-03-20")
    await own.case(early["id"], "accept", on="2026-03-16")
    late = await filed(own, batch, "producer", RETEST, "2026-03-23", items=[SORBIC])
    assert [(found["code"], found["article"]) for found in late["findings"]] == [("reserve_expired", "O15 art. 31")]
    accept = await own.ask(OFFICER, "POST", f"/sampling/v1/objections/{late['id']}/accept", json={"on": "2026-03-23"})
    assert problem(accept) == (409, "reserve_expired")
    lab, path = own.first_lab(batch), f"/sampling/v1/samples/{batch.id}/reserve"
    assert (await own.must(OFFICER, "GET", path))["keeping"]["until"] == "2026-03-20"
    gone = {"on": "2026-03-24", "note": "粉碎"}
    assert problem(await own.ask(lab, "POST", f"{path}/destroy", json=gone)) == (409, "reserve_held"), "while a re-inspection is open"
    await own.case(late["id"], "refuse", on="2026-03-24")
    await own.case(early["id"], "withdraw", on="2026-03-24")
    assert (await own.must(lab, "POST", f"{path}/destroy", json=gone))["state"] == "DESTROYED"


async def test_scenario_12_the_same_report_pushed_three_times_is_one_report(own):
    batch = await own.received(own.draft(PRODUCT, VISIT, (CREEPAGE,)))
    report = report_of(batch.plan, batch.sample_no)
    answers = [await own.try_push(batch, report) for _ in range(3)]
    assert [answer["status"] for answer in answers] == ["accepted", "unchanged", "unchanged"]
    assert len({answer["report_id"] for answer in answers}) == 1
    other = await own.try_push(batch, report | {"issued_on": "2026-06-15"})
    assert [found["code"] for found in other["problems"]] == ["report_conflict"], "another content and nothing it replaces"
    [version] = (await own.must(OFFICER, "GET", f"/sampling/v1/samples/{batch.id}/reports"))["items"]
    assert (version["version"], version["state"]) == (1, "ACCEPTED")
    await own.until(own.legs, batch, {"seller": "OPENED", "producer": "OPENED"})


async def test_risk_monitoring_finds_problems_that_experts_analyse_and_nobody_answers_for(own):
    draft = own.draft(FOOD, VISIT, (SORBIC,))
    draft.form["food"] = draft.form["food"] | {"task_category": "风险监测"}
    draft.form |= {"stage": "餐饮", "venue": "小型餐馆"}  # the task says 流通: risk monitoring is bound to no place
    batch = await own.received(draft)
    report = report_of(batch.plan, batch.sample_no)
    wrong = await own.try_push(batch, report)
    assert "verdict_mismatch" in {found["code"] for found in wrong["problems"]}, "不合格 is a word of supervision"
    for row in report["items"]:
        row["judgement"] = {"不合格项": "问题项"}.get(row["judgement"], row["judgement"])
    await own.push(batch, report | {"verdict": "问题", "report_class": "一般问题报告"})
    assert await own.state(batch) == "PROBLEM"

    service = {"party_role": "seller", "method": "直接送达", "served_on": "2026-06-16", "receipt_no": number(), "signed_by": "签收人"}
    path = f"/sampling/v1/samples/{batch.id}"
    assert problem(await own.ask(OFFICER, "POST", f"{path}/notices", json=service)) == (409, "notice_not_needed")
    rights = await own.must(OFFICER, "GET", f"{path}/rights")
    assert [right["kind"] for party in rights["parties"] for right in party["rights"] if right["allowed"]] == []
    unfit = {"party_role": "seller", "kind": RETEST, "reason": "自检合格", "applied_on": "2026-06-17", "items": [SORBIC]}
    assert problem(await own.ask(OFFICER, "POST", f"{path}/objections", json=unfit)) == (422, "item_not_failed")
    wish = await filed(own, batch, "seller", "样品真实性", "2026-06-17")
    assert wish["findings"][0]["code"] == "monitoring_excluded"
    refused = await own.ask(OFFICER, "POST", f"/sampling/v1/objections/{wish['id']}/accept", json={"on": "2026-06-18"})
    assert problem(refused) == (409, "monitoring_excluded")
    await own.case(wish["id"], "refuse", on="2026-06-18")
    analysed = await own.act("officer", batch, "analysis", {"on": "2026-07-01", "conclusion": "原料带入", "experts": ["专家甲", "专家乙"]})
    assert analysed["state"] == "ANALYSED"
    assert (await own.legs(batch), await own.records(batch)) == ({}, {}), "no leg, no publication"


async def test_a_sample_kept_at_the_firm_is_the_firms_to_answer_for(own):
    kept = {"seal_mark": "封存标记01", "keeper": "王某", "told_liable": True}
    food = await own.written(own.draft(FOOD, VISIT))
    refused = await own.ask(SAMPLER, "POST", f"/sampling/v1/samples/{food.id}/seal", json=own.seals(food) | {"kept": kept})
    assert problem(refused) == (422, "kept_food")
    batch = await own.written(own.draft(PRODUCT, VISIT, (CREEPAGE,)))
    path = f"/sampling/v1/samples/{batch.id}/seal"
    untold = await own.ask(SAMPLER, "POST", path, json=own.seals(batch) | {"kept": kept | {"told_liable": False}})
    assert problem(untold) == (422, "kept_not_told") and "第二十三条" in untold.text
    assert (await own.must(SAMPLER, "POST", path, json=own.seals(batch) | {"kept": kept}))["state"] == "SAMPLED"
    [event] = (await own.must(OFFICER, "GET", f"/sampling/v1/samples/{batch.id}/custody"))["events"]
    assert event["details"]["kept"] == kept
    await own.must(own.first_lab(batch), "POST", f"/sampling/v1/samples/{batch.id}/receipt", json=own.receipt(batch))
    await own.push(batch, report_of(batch.plan, batch.sample_no))
    for role in ("seller", "producer"):
        await own.serve(batch, role, date(2026, 6, 16))
    sold = {"on": "2026-06-20", "cause": "当事人销售", "note": "封存样品已售出"}
    await own.act("officer", batch, "reserve/loss", sold)
    wish = await filed(own, batch, "producer", RETEST, "2026-06-22", items=[CREEPAGE])
    assert [(found["code"], found["article"]) for found in wish["findings"]] == [("reserve_moved", "O18 art. 39")]
    refused = await own.ask(OFFICER, "POST", f"/sampling/v1/objections/{wish['id']}/accept", json={"on": "2026-06-23"})
    assert problem(refused) == (409, "reserve_moved")
    await own.case(wish["id"], "refuse", on="2026-06-23")


async def test_dangerous_goods_go_by_no_courier(own):
    batch = await own.written(own.draft(PRODUCT, VISIT))
    await own.act("sampler", batch, "seal", own.seals(batch) | {"dangerous": True})
    path = f"/sampling/v1/samples/{batch.id}/dispatch"
    by_post = {"way": "快递", "dispatched_on": str(VISIT), "courier": "顺丰", "tracking_no": f"SF{number()}"}
    refused = await own.ask(SAMPLER, "POST", path, json=by_post)
    assert problem(refused) == (422, "dispatch_dangerous") and "第二十三条" in refused.text
    special = {"way": "专用运输", "dispatched_on": str(VISIT)}
    assert problem(await own.ask(SAMPLER, "POST", path, json=special)) == (422, "dispatch_vehicle")
    sent = await own.must(SAMPLER, "POST", path, json=special | {"vehicle": "甘D12345", "storage": "防火防静电"})
    assert (sent["way"], sent["vehicle"], sent["due_on"], await own.state(batch)) == ("专用运输", "甘D12345", None, "IN_TRANSIT")
    taken = await own.must(own.first_lab(batch), "POST", f"/sampling/v1/samples/{batch.id}/receipt", json=own.receipt(batch))
    assert taken["state"] == "RECEIVED"


async def test_the_ledger_holds_after_the_other_ways(world):
    found = await world.ledger()
    assert found.holds, found.text()

"""Re-inspection through the public API: formalities, the laboratory by lot, the reserve sample, the report, the conclusion and the fee."""

import pytest
from longzhi.sampling.v1.events_pb2 import ReinspectionDecided
from objection_cases import HANDOVER, RETEST, SERVED, second_report
from sampling_cases import FOOD_FORM, FORM, METHOD_ASH, food_report

from sampling.rules import reinspection_draw


async def show(batch, made):
    return (await batch.officer().get(f"/v1/objections/{made['case_id']}")).json()


async def refused(batch, made, what, **body):
    answer = await batch.officer().post(f"/v1/objections/{made['case_id']}/{what}", json=body)
    assert answer.status_code in (409, 422), answer.text
    return answer.json()


async def rights(batch, made):
    return (await batch.officer().get(f"/v1/samples/{made['id']}/rights")).json()


def clocks_of(case):
    return {clock["clock_id"]: clock for clock in case["clocks"]}


async def test_a_product_pays_and_does_the_formalities_within_seven_days(batch):
    made = await batch.admitted(RETEST)
    case = await show(batch, made)
    assert (case["state"], case["reinspection"]["state"]) == ("ACCEPTED", "WAITING")
    assert clocks_of(case)["P06"]["legal_on"] == "2021-03-16"
    assert (await refused(batch, made, "draw-laboratory", on="2021-03-11"))["code"] == "formalities_missing"
    late = await refused(batch, made, "formalities", on="2021-03-17", fee_fen=1)
    assert late["code"] == "formalities_late" and late["problems"][0]["limit"]["until"] == "2021-03-16"
    assert (await refused(batch, made, "end", on="2021-03-16", reason="逾期未办理复检手续，视为放弃"))["code"] == "formalities_running"
    done = await batch.step(made, "end", on="2021-03-17", reason="逾期未办理复检手续，视为放弃")
    assert (done["outcome"], done["reinspection"]["state"], done["reinspection"]["bearer"]) == ("REINSPECTION_ENDED", "ENDED", "applicant")
    assert (await rights(batch, made))["final_conclusion"] == "REINSPECTION_ENDED"


async def test_the_laboratory_is_drawn_by_lot_and_everybody_may_replay_it(batch):
    made = await batch.lotted()
    case = await show(batch, made)
    assert (case["state"], case["reinspection"]["laboratory_code"]) == ("DRAWN", "L02")
    assert {"P07", "F11"} <= set(clocks_of(case)) and clocks_of(case)["P07"]["done_on"] == "2021-03-11"
    [draw] = (await batch.officer().get(f"/v1/objections/{made['case_id']}/draws")).json()["items"]
    replayed = reinspection_draw.replay(bytes.fromhex(draw["seed"]), draw["protocol"])
    assert replayed == (draw["candidates_hash"], draw["commitment"], "L02")
    assert {one["code"]: one["reason"] for one in draw["protocol"]["candidates"]} == {"L01": "FIRST", "L02": ""}
    assert (await refused(batch, made, "draw-laboratory", on="2021-03-11"))["code"] == "reinspection_state"


async def test_a_laboratory_that_cannot_do_it_is_drawn_no_more(batch, platform):
    made = await batch.lotted()
    platform.runtime.clients.directory.codes = ("L01", "L02", "L03")
    url = f"/v1/reinspections/{made['reinspection_id']}/decline"
    assert (await batch.lab("L03").post(url, json={"on": "2021-03-12", "reason": "x"})).status_code == 404
    early = await batch.lab("L02").post(url, json={"on": "2021-03-10", "reason": "设备检修"})
    assert (early.status_code, early.json()["code"]) == (422, "date_order")
    done = await batch.lab("L02").post(url, json={"on": "2021-03-12", "reason": "设备检修"})
    assert (done.status_code, done.json()["state"]) == (200, "DECLINED")
    assert clocks_of(await show(batch, made))["F11"]["done_on"] == "2021-03-12"
    again = await batch.lab("L02").post(url, json={"on": "2021-03-12", "reason": "设备检修"})
    assert (again.status_code, again.json()["code"]) == (409, "reinspection_state")
    drawn = await batch.step(made, "draw-laboratory", on="2021-03-13")
    assert (drawn["drawn"], drawn["round"]) == ("L03", 2)
    assert (await batch.lab("L02").get("/v1/reinspections")).json()["items"] == []
    assert len((await batch.lab("L03").get("/v1/reinspections")).json()["items"]) == 1


async def test_a_declared_tie_leaves_a_laboratory_out(batch, platform):
    seller = FORM["sampled_party"]
    tie = {"party_name": seller["name"], "party_uscc": seller["uscc"], "relation": "年度委托检验", "until": "2022-12-31"}
    assert (await batch.lab("L02").post("/v1/laboratory-ties", json=tie)).status_code == 201
    assert (await batch.lab("L02").post("/v1/laboratory-ties", json=tie)).json()["code"] == "already_exists"
    assert len((await batch.officer().get("/v1/laboratory-ties")).json()["items"]) == 1
    assert (await batch.lab("L03").get("/v1/laboratory-ties")).json()["items"] == []
    platform.runtime.clients.directory.codes = ("L01", "L02", "L03", "L04")
    made = await batch.retested()
    drawn = await batch.step(made, "draw-laboratory", on="2021-03-11", tied={"L04": "申请人声明有业务往来"})
    reasons = {one["code"]: one["reason"] for one in drawn["protocol"]["candidates"]}
    assert (drawn["drawn"], reasons) == ("L03", {"L01": "FIRST", "L02": "TIE", "L03": "", "L04": "TIE"})


async def test_only_the_first_laboratory_qualified(batch, platform):
    platform.runtime.clients.directory.codes = ("L01",)
    made = await batch.retested()
    drawn = await batch.step(made, "draw-laboratory", on="2021-03-11")
    assert (drawn["drawn"], drawn["protocol"]["exception"]) == ("L01", "O18 第38条：仅有一家检验机构具备资质")


async def test_nobody_may_do_it(batch, platform):
    platform.runtime.clients.directory.codes = ("L02",)
    made = await batch.retested()
    assert (await refused(batch, made, "draw-laboratory", on="2021-03-11", tied={"L02": "股东"}))["code"] == "laboratories_none"
    done = await batch.step(made, "end", on="2021-03-12", reason="没有可承担复检的机构")
    assert done["outcome"] == "REINSPECTION_ENDED"


async def test_the_laboratory_drawn_sees_its_task_and_no_names(batch):
    made = await batch.handed()
    [task] = (await batch.lab("L02").get("/v1/reinspections")).json()["items"]
    assert (task["state"], task["task"]["sample_no"], [one["item"] for one in task["task"]["items"]]) == (
        "TESTING",
        made["sample_no"],
        ["甲醛释放量"],
    )
    shown = str(task)
    assert "城关区某建材店" not in shown and "0.21" not in shown and task["fee_fen"] is None
    assert (await batch.lab("L01").get("/v1/reinspections")).json()["items"] == [], "the first laboratory sees nothing of it"
    for client in (batch.lab("L02"), batch.lab("L01")):
        assert (await client.get(f"/v1/objections/{made['case_id']}")).status_code == 403


async def test_a_different_result_overturns_the_first_and_the_organiser_pays(batch, platform):
    made = await batch.answered("0.10")
    case = await show(batch, made)
    assert (case["reinspection"]["state"], case["reinspection"]["verdict"], case["reinspection"]["bearer"]) == ("REPORTED", "合格", "organiser")
    assert (await rights(batch, made))["state"] == "REINSPECTING"
    assert (await refused(batch, made, "conclude", on="2021-03-15"))["code"] == "date_order"
    done = await batch.step(made, "conclude", on="2021-03-17")
    assert (done["outcome"], done["reinspection"]["state"]) == ("OVERTURNED", "CONCLUDED")
    [fact] = await platform.facts(ReinspectionDecided)
    assert (fact.outcome, fact.laboratory_code, list(fact.items), fact.fee_bearer) == ("OVERTURNED", "L02", ["甲醛释放量"], "organiser")
    known = await rights(batch, made)
    assert (known["state"], known["final_conclusion"], known["concluded_on"]) == ("FINAL", "OVERTURNED", "2021-03-17")
    [reserve] = await platform.rows("SELECT holds FROM reserve_sample")
    assert reserve["holds"] == "[]"


async def test_the_same_result_stands_and_the_applicant_pays(batch, platform):
    made = await batch.answered("0.25")
    done = await batch.step(made, "conclude", on="2021-03-17")
    assert (done["outcome"], done["reinspection"]["bearer"], done["reinspection"]["same"]) == ("UPHELD", "applicant", True)
    told = await batch.step(made, "tell", on="2021-03-18")
    assert clocks_of(told)["F14"]["done_on"] == "2021-03-18"
    again = await batch.objected(RETEST, made)
    assert [one["code"] for one in again["case"]["findings"]] == ["reinspection_done"]


@pytest.mark.parametrize(
    ("changes", "code", "pointer"),
    [({"sample_no": "SCP21620102A00199999"}, "sample_unknown", "/sample_no"), ({"replaces": "GS-1"}, "replaces_unknown", "/replaces"),
     ({"cma_no": "111111111111"}, "cma_number", "/cma_no"), ({"verdict": "不合格", "report_class": "一般不合格报告"}, "verdict_mismatch", "/verdict"),
     ({"tested_from": "2021-03-01"}, "date_order", "/tested_from"), ({"items": []}, "list_length", "/items"),
     ({"extra": 1}, "field_unknown", "/extra")],
)  # fmt: skip
async def test_a_wrong_report_is_refused_with_its_pointer(batch, changes, code, pointer):
    made = await batch.handed()
    body = second_report(made["sample_no"]) | changes
    answer = await batch.lab("L02").post(f"/v1/reinspections/{made['reinspection_id']}/report", json=body)
    found = answer.json()
    assert (answer.status_code, found["code"], found["pointer"]) == (422, code, pointer)


async def test_only_disputed_items_by_the_first_method(batch):
    made = await batch.handed()
    url = f"/v1/reinspections/{made['reinspection_id']}/report"
    body = second_report(made["sample_no"])
    other = body["items"][0] | {
        "item": "含水率",
        "result": "8",
        "unit": "%",
        "min": "3.0",
        "max": "13.0",
        "limit_unit": "%",
        "lod": None,
        "lod_unit": None,
    }
    both = (await batch.lab("L02").post(url, json=body | {"items": [body["items"][0], other]})).json()
    assert "item_not_disputed" in {one["code"] for one in both["problems"]}
    method = (await batch.lab("L02").post(url, json=body | {"items": [body["items"][0] | {"method": "GB 1-2000"}]})).json()
    assert "reinspection_method" in {one["code"] for one in method["problems"]}


async def test_the_same_report_twice_is_one_and_another_one_is_refused(batch):
    made = await batch.handed()
    url, body = f"/v1/reinspections/{made['reinspection_id']}/report", second_report(made["sample_no"])
    first, second = [await batch.lab("L02").post(url, json=body) for _ in range(2)]
    assert (first.status_code, second.status_code, first.json()) == (200, 200, second.json())
    third = await batch.lab("L02").post(url, json=second_report(made["sample_no"], "0.11"))
    assert (third.status_code, third.json()["code"]) == (409, "reinspection_state")
    for client, status in ((batch.lab("L01"), 404), (batch.officer(), 403), (batch.platform.client("x", "laboratory", region="620102"), 403)):
        assert (await client.post(url, json=body)).status_code == status


@pytest.mark.parametrize("given", [{"seal_intact": False}, {"seal_no": "F999"}])
async def test_a_broken_or_strange_seal_ends_it_and_the_first_conclusion_stands(batch, platform, given):
    made = await batch.lotted()
    done = await batch.step(made, "handover", **(HANDOVER | given))
    assert (done["state"], done["outcome"], done["grounds"]) == ("DECIDED", "REINSPECTION_ENDED", "备样封条破损")
    [fact] = await platform.facts(ReinspectionDecided)
    assert (fact.outcome, fact.laboratory_code, fact.fee_bearer) == ("REINSPECTION_ENDED", "", "applicant")
    assert (await rights(batch, made))["state"] == "FINAL"


async def test_a_reserve_that_the_party_sold_ends_it(batch, platform):
    made = await batch.lotted()
    await platform.rows("UPDATE reserve_sample SET state = 'LOST', ended_reason = '当事人销售', ended_on = '2021-03-11'")
    assert (await refused(batch, made, "handover", **HANDOVER))["code"] == "reserve_unusable"
    done = await batch.step(made, "end", on="2021-03-12", reason="当事人转移、销售备样")
    assert (done["outcome"], (await rights(batch, made))["final_conclusion"]) == ("REINSPECTION_ENDED", "REINSPECTION_ENDED")


async def test_a_reserve_sold_before_the_application_excludes_it(batch, platform):
    sample = await batch.told()
    await platform.rows("UPDATE reserve_sample SET state = 'LOST', ended_reason = '当事人销售', ended_on = '2021-03-02'")
    made = await batch.objected(RETEST, sample)
    assert [one["code"] for one in made["case"]["findings"]] == ["reserve_moved"]
    assert (await refused(batch, made, "accept", on="2021-03-09"))["code"] == "reserve_moved"


async def test_nobody_destroys_the_reserve_during_a_dispute(batch):
    made = await batch.objected(RETEST)
    answer = await batch.lab().post(f"/v1/samples/{made['id']}/reserve/destroy", json={"on": "2021-10-01", "note": "到期"})
    if answer.status_code != 404:
        assert (answer.status_code, answer.json()["code"]) == (409, "reserve_held")


# ---- food ----
FOOD_RETEST = RETEST | {"items": ["灰分"]}


@pytest.fixture
async def food(batch, platform):
    """A food batch whose request for re-inspection is accepted."""
    sample = await batch.failed(FOOD_FORM, food_report)
    for role in ("seller", "producer"):
        await batch.act(batch.officer(), sample, "notices", SERVED | {"party_role": role})
    made = await batch.objected(FOOD_RETEST, sample)
    await batch.step(made, "accept", on="2021-03-08")
    return made


async def test_the_clocks_of_a_food_re_inspection_and_their_extensions(batch, food, platform):
    clocks = clocks_of(await show(batch, food))
    assert (clocks["F09"]["done_on"], clocks["F10"]["trigger_on"], clocks["F10"]["legal_on"]) == ("2021-03-08", "2021-03-08", "2021-03-15")
    longer = await batch.step(food, "extend", on="2021-03-12", clock="F10", days=5, grounds="名录机构正在核实")
    assert clocks_of(longer)["F10"]["legal_on"] == "2021-03-22"
    for body, code in (
        ({"on": "2021-03-15", "days": 1}, "extension_exhausted"),
        ({"on": "2021-03-15", "days": 1, "clock": "F12"}, "clock_not_running"),
    ):
        assert (await refused(batch, food, "extend", **({"clock": "F10", "grounds": "再延"} | body)))["code"] == code


async def test_a_food_extension_after_the_end_is_void(batch, food):
    assert (await refused(batch, food, "extend", on="2021-03-16", clock="F10", days=5, grounds="晚了"))["code"] == "extension_after_expiry"


async def test_a_food_re_inspection_from_draw_to_conclusion(batch, food, platform):
    platform.runtime.clients.directory.codes = ("L01",)
    assert (await refused(batch, food, "draw-laboratory", on="2021-03-10"))["code"] == "laboratories_none"
    platform.runtime.clients.directory.codes = ("L01", "L02")
    platform.runtime.clients.directory.method = METHOD_ASH
    assert (await batch.step(food, "draw-laboratory", on="2021-03-10"))["drawn"] == "L02"
    handed = await batch.step(food, "handover", **(HANDOVER | {"on": "2021-03-12", "test_days": 8}))
    clocks = clocks_of(handed)
    assert (clocks["F12"]["legal_on"], clocks["F12"]["late"], clocks["F13"]["legal_on"]) == ("2021-03-15", False, "2021-03-24")
    item = {"item": "灰分", "result": "0.60", "unit": "g/100g", "judgement": "合格项", "method": METHOD_ASH, "max": "0.70", "limit_unit": "g/100g"}
    body = second_report(food["sample_no"], items=[item])
    answer = await batch.lab("L02").post(f"/v1/reinspections/{handed['reinspection']['id']}/report", json=body)
    assert answer.status_code == 200, answer.text
    assert (await batch.step(food, "conclude", on="2021-03-17"))["outcome"] == "OVERTURNED"


async def test_the_applicant_gets_its_letters(batch):
    made = await batch.objected(RETEST)
    url = f"/v1/objections/{made['case_id']}/documents"
    early = await batch.officer().post(url, json={"paper": "accepted"})
    assert (early.status_code, early.json()["code"]) == (409, "paper_not_ready")
    await batch.step(made, "accept", on="2021-03-09")
    letter = await batch.officer().post(url, json={"paper": "accepted"})
    assert (letter.status_code, letter.json()["kind"]) == (201, "reinspection_accepted"), letter.text
    refused_one = await batch.objected({"party_role": "producer", "kind": "检验方法", "reason": "x", "applied_on": "2021-03-20"}, made)
    await batch.step(refused_one, "refuse", on="2021-03-22")
    no = await batch.officer().post(f"/v1/objections/{refused_one['case_id']}/documents", json={"paper": "refused"})
    assert (no.status_code, no.json()["kind"]) == (201, "objection_refused"), no.text
    await batch.step(made, "end", on="2021-03-22", reason="备样毁损、灭失")
    last = await batch.officer().post(url, json={"paper": "conclusion"})
    assert (last.status_code, last.json()["kind"]) == (201, "reinspection_conclusion"), last.text
    listed = (await batch.officer().get(f"/v1/samples/{made['id']}/documents")).json()["items"]
    assert len(listed) == 3

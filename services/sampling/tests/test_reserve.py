"""The reserve sample's life: made with the seals, kept until F25 or P14, held in a dispute, transferred, lost. Scenarios 9 and 10."""

from datetime import date

import pytest
from sampling_cases import ELSEWHERE, FOOD_FORM, FORM, TRANSFER, food_report

from common.caller import Caller
from common.region import Region
from sampling.actions import reserve as actions
from sampling.rules.reserve import (
    NEXT,
    Conclusion,
    Held,
    LossCause,
    ReserveState,
    check_end,
    check_reserve_move,
    expiry_of,
    keeping_of,
    shelf_life_end,
    unusable,
)
from sampling.rules.samples import Programme, SampleState
from sampling.rules.stored import form_from
from sampling.store import samples as sample_store

FOOD, PRODUCT = Programme.FOOD, Programme.PRODUCT
OFFICER = Caller("officer", "officer", frozenset({"officer"}), Region("620102"), None)


def codes(answer):
    body = answer.json()
    return answer.status_code, body["code"]


async def show(client, sample):
    answer = await client.get(f"/v1/samples/{sample['id']}/reserve")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def post(client, sample, what, body):
    return await client.post(f"/v1/samples/{sample['id']}/reserve/{what}", json=body)


# ---- until when ----


@pytest.mark.parametrize(
    ("programme", "conclusion", "expires_on", "until", "clock"),
    [
        (FOOD, Conclusion("合格", date(2026, 1, 15)), None, date(2026, 4, 15), "F25a"),
        (FOOD, Conclusion("不合格", date(2026, 3, 2)), None, date(2026, 9, 2), "F25b"),  # scenario 10 after the correction
        (FOOD, Conclusion("问题", date(2026, 3, 2)), None, date(2026, 9, 2), "F25b"),
        (FOOD, Conclusion("不合格", date(2026, 3, 10)), date(2026, 3, 20), date(2026, 3, 20), "F25c"),  # scenario 9
        (FOOD, Conclusion("合格", date(2026, 1, 15)), date(2027, 1, 1), date(2026, 4, 15), "F25a"),
        (FOOD, Conclusion("不合格", date(2026, 3, 10), date(2026, 10, 12)), None, date(2026, 10, 12), "F25b"),
        (PRODUCT, Conclusion("不合格", date(2026, 3, 2)), None, date(2026, 9, 2), "F25b"),
        (PRODUCT, Conclusion("合格", date(2026, 3, 2)), None, date(2026, 3, 17), "P14"),
        (PRODUCT, Conclusion("合格", date(2026, 3, 2), date(2026, 3, 25)), None, date(2026, 3, 25), "P14"),
        (PRODUCT, Conclusion("合格", date(2026, 3, 2)), date(2026, 3, 10), date(2026, 3, 10), "F25c"),
        (FOOD, Conclusion("合格", date(2026, 11, 30)), None, date(2027, 2, 28), "F25a"),
    ],
)
def test_a_reserve_is_kept_until_its_date_with_the_proof(programme, conclusion, expires_on, until, clock):
    keeping = keeping_of(programme, conclusion, expires_on)
    assert (keeping.until, keeping.clock) == (until, clock)
    assert keeping.proof and any("不计入" in line for line in keeping.proof)


def test_a_free_conforming_product_is_given_back_within_ten_working_days_after_the_objection_period():
    keeping = keeping_of(PRODUCT, Conclusion("合格", date(2026, 3, 2)), None)
    assert keeping.return_by == date(2026, 3, 31)
    assert "推定" in keeping.proof[0], "without a record of service the period is presumed from the conclusion"


@pytest.mark.parametrize(
    ("expires", "produced", "life", "end"),
    [
        (date(2026, 3, 20), date(2025, 1, 1), "12个月", date(2026, 3, 20)),
        (None, date(2025, 8, 31), "6个月", date(2026, 2, 28)),
        (None, date(2025, 1, 1), "180天", date(2025, 6, 30)),
        (None, date(2025, 1, 1), "2年", date(2027, 1, 1)),
        (None, date(2025, 1, 1), "1周", date(2025, 1, 8)),
        (None, date(2025, 1, 1), "72小时", None),
        (None, date(2025, 1, 1), "见包装", None),
        (None, None, "12个月", None),
        (None, date(2025, 1, 1), None, None),
    ],
)
def test_shelf_life_ends_as_printed_or_counted_from_plain_words(expires, produced, life, end):
    assert shelf_life_end(expires, produced, life) == end


def test_a_foods_shelf_life_ends_by_its_printed_period_and_a_products_by_its_printed_day():
    assert expiry_of(form_from(FOOD_FORM), FOOD_FORM) == date(2022, 1, 4), "12个月 from 2021-01-04"
    printed = FORM | {"product": FORM["product"] | {"expires_on": "2024-01-04"}}
    assert expiry_of(form_from(printed), printed) == date(2024, 1, 4)
    assert expiry_of(form_from(FORM), FORM) is None


# ---- what may end it ----

KEPT = {
    "state": ReserveState.KEPT, "programme": FOOD, "free": False, "expires_on": date(2026, 3, 20), "holds": (),
    "sample_state": SampleState.NON_CONFORMING,
}  # fmt: skip
SCENARIO_9 = keeping_of(FOOD, Conclusion("不合格", date(2026, 3, 10)), date(2026, 3, 20))


@pytest.mark.parametrize(
    ("change", "keeping", "to", "on", "found"),
    [
        ({}, SCENARIO_9, "DESTROYED", date(2026, 3, 21), []),  # scenario 9: after 03-20, not after six months
        ({}, SCENARIO_9, "DESTROYED", date(2026, 3, 20), ["reserve_keep"]),
        ({"holds": ("复检",)}, SCENARIO_9, "DESTROYED", date(2026, 3, 21), ["reserve_held"]),  # never while a re-inspection is open
        ({"sample_state": SampleState.REINSPECTING}, SCENARIO_9, "DESTROYED", date(2026, 3, 21), ["reserve_held"]),
        ({"sample_state": SampleState.OBJECTED}, SCENARIO_9, "DESTROYED", date(2026, 3, 21), ["reserve_held"]),
        ({"sample_state": SampleState.TESTING}, None, "DESTROYED", date(2026, 3, 21), ["reserve_no_conclusion"]),
        ({"sample_state": SampleState.SAMPLE_REJECTED}, None, "DESTROYED", date(2026, 3, 1), []),
        ({"sample_state": SampleState.STOPPED_ILLEGAL}, None, "DESTROYED", date(2026, 3, 1), []),
        ({}, SCENARIO_9, "RETURNED", date(2026, 3, 21), ["reserve_not_free"]),
        ({"free": True}, SCENARIO_9, "RETURNED", date(2026, 3, 21), []),
        ({"state": ReserveState.DESTROYED}, SCENARIO_9, "DESTROYED", date(2026, 3, 21), ["reserve_state"]),
    ],
)
def test_a_reserve_ends_only_after_its_date_and_never_in_a_dispute(change, keeping, to, on, found):
    problems = check_end(ReserveState[to], Held(**(KEPT | change)), keeping, on)
    assert [p.code for p in problems] == found
    if found == ["reserve_keep"]:
        assert "2026-03-20" in problems[0].zh and "F25c" in problems[0].zh


@pytest.mark.parametrize("now", ReserveState, ids=lambda state: state.name)
def test_every_move_of_a_reserve_is_in_its_table(now):
    moves = {
        "KEPT": {"IN_TRANSIT", "RETURNED", "DESTROYED", "LOST"}, "IN_TRANSIT": {"TRANSFERRED", "LOST"}, "TRANSFERRED": {"DESTROYED", "LOST"},
    }  # fmt: skip
    for to in ReserveState:
        assert (check_reserve_move(now, to) == []) is (to.name in moves.get(now.name, set()))
    assert set(NEXT) == set(ReserveState)


@pytest.mark.parametrize(
    ("change", "on", "code"),
    [
        ({}, date(2026, 3, 16), None),  # scenario 9 (a)
        ({}, date(2026, 3, 20), None),
        ({}, date(2026, 3, 23), "reserve_expired"),  # scenario 9 (b)
        ({"state": ReserveState.LOST, "loss": "当事人销售"}, date(2026, 3, 16), "reserve_unusable"),
        ({"state": ReserveState.DESTROYED}, date(2026, 3, 16), "reserve_unusable"),
        ({"state": ReserveState.RETURNED}, date(2026, 3, 16), "reserve_unusable"),
        ({"seal_intact": False}, date(2026, 3, 16), "reserve_seal_broken"),
        ({"expires_on": None}, date(2027, 3, 16), None),
    ],
)
def test_a_reinspection_needs_a_reserve_that_can_be_tested(change, on, code):
    problem = unusable(Held(**(KEPT | change)), on)
    assert (problem.code if problem else None) == code


def test_without_a_reserve_there_is_none_to_test():
    assert unusable(None, date(2026, 3, 16)).code == "reserve_none"


# ---- through the API ----


async def test_the_reserve_is_made_with_the_seals(batch):
    product = await show(batch.officer(), await batch.sealed())
    assert (product["state"], product["place"], product["keeper"], product["seal_no"]) == ("KEPT", "检验机构", "L01", "F002")
    assert (product["quantity"], product["unit"], product["free"], product["keeping"], product["holds"]) == ("2", "张", True, None, [])
    food = await show(batch.lab(), await batch.sealed(FOOD_FORM))
    assert (food["free"], food["expires_on"]) == (False, "2022-01-04"), "food is bought; 12个月 from 2021-01-04"
    none = await batch.sealed(FORM | {"reserve_quantity": "0", "reserve_reason": "无法分样"})
    assert (await batch.officer().get(f"/v1/samples/{none['id']}/reserve")).status_code == 404
    at_firm = await show(batch.lab(), await batch.sealed(FORM | {"reserve_place": "受检单位"}))
    assert at_firm["keeper"] == "受检单位", "laboratories work blind"


async def test_a_conforming_food_reserve_is_destroyed_after_three_months(batch):
    sample = await batch.received(FOOD_FORM)
    early = await post(batch.lab(), sample, "destroy", {"on": "2021-02-20", "note": "粉碎"})
    assert codes(early) == (409, "reserve_no_conclusion")
    good = food_report(sample["sample_no"], verdict="合格", report_class="合格报告")
    good["items"][0] |= {"result": "0.60", "judgement": "合格项"}
    assert (await batch.push(good)).json()["accepted"] == 1
    kept = (await show(batch.lab(), sample))["keeping"]
    assert (kept["until"], kept["clock"], kept["return_by"]) == ("2021-05-10", "F25a", None)
    refused = await post(batch.lab(), sample, "destroy", {"on": "2021-05-10", "note": "粉碎"})
    assert codes(refused) == (409, "reserve_keep") and "2021-05-10" in refused.json()["detail"]
    assert any("满3个月" in problem["detail"] for problem in refused.json()["problems"]), "the clock's proof"
    assert codes(await post(batch.lab(), sample, "return", {"on": "2021-05-11", "note": "退"})) == (409, "reserve_not_free")
    done = (await post(batch.lab(), sample, "destroy", {"on": "2021-05-11", "note": "粉碎"})).json()
    assert (done["state"], done["ended_on"], done["ended_reason"], done["keeping"]) == ("DESTROYED", "2021-05-11", "粉碎", None)
    assert codes(await post(batch.lab(), sample, "destroy", {"on": "2021-05-12", "note": "粉碎"})) == (409, "reserve_state")
    assert (await post(batch.lab(), sample, "loss", {"on": "2099-05-12", "cause": "其他"})).json()["code"] == "date_future"


async def test_scenario_10_a_corrected_report_moves_the_date_by_itself(batch):
    sample = await batch.received(FOOD_FORM)
    good = food_report(sample["sample_no"], "V-1", verdict="合格", report_class="合格报告")
    good["items"][0] |= {"result": "0.60", "judgement": "合格项"}
    assert (await batch.push(good)).json()["accepted"] == 1
    assert (await show(batch.officer(), sample))["keeping"]["until"] == "2021-05-10"
    wish = {"verdict": "不合格", "reason": "复核发现称量记录有误", "approver": "签字人丙"}
    asked = await batch.act(batch.lab(), sample, "corrections", wish)
    chief = batch.platform.client("chief", "chief", region="620102")
    assert (await chief.post(f"/v1/corrections/{asked['id']}/approve", json={"note": "同意更正"})).status_code == 200
    worse = food_report(sample["sample_no"], "V-2", replaces="V-1", issued_on="2021-03-02")
    pushed = await batch.push(worse)
    assert pushed.json()["accepted"] == 1, pushed.text
    assert (await show(batch.officer(), sample))["keeping"]["until"] == "2021-09-02"


async def test_a_free_conforming_product_goes_back_to_its_owner(batch):
    sample = await batch.conforming()
    kept = (await show(batch.officer(), sample))["keeping"]
    assert (kept["until"], kept["clock"]) == ("2021-02-25", "P14") and kept["return_by"] is not None
    assert codes(await post(batch.officer(), sample, "return", {"on": "2021-02-25", "note": "王某"})) == (409, "reserve_keep")
    assert (await post(batch.officer(), sample, "return", {"on": "2021-02-26", "note": "王某签收"})).json()["state"] == "RETURNED"


async def test_scenario_9_a_held_reserve_is_not_destroyed_and_an_expired_one_is_not_tested(platform, batch):
    perishable = FOOD_FORM | {"food": FOOD_FORM["food"] | {"shelf_life": "75天"}}
    sample = await batch.received(perishable)
    assert (await batch.push(food_report(sample["sample_no"]))).json()["accepted"] == 1
    assert (await show(batch.lab(), sample))["keeping"]["until"] == "2021-03-20"
    async with platform.session(OFFICER) as session:
        row = await sample_store.find_sample(session, sample["id"])
        assert await actions.is_usable(session, row, date(2021, 3, 16)) is None
        assert (await actions.is_usable(session, row, date(2021, 3, 23))).code == "reserve_expired"
        await actions.hold(session, row, "复检")
        await actions.hold(session, row, "复检")
        await actions.hold(session, row, "异议")
    held = await post(batch.lab(), sample, "destroy", {"on": "2021-03-21", "note": "粉碎"})
    assert codes(held) == (409, "reserve_held") and "复检、异议" in held.json()["detail"]
    async with platform.session(OFFICER) as session:
        assert (await actions.release(session, row, "复检")).holds == ["异议"]
    assert codes(await post(batch.lab(), sample, "destroy", {"on": "2021-03-21", "note": "粉碎"})) == (409, "reserve_held")
    async with platform.session(OFFICER) as session:
        assert (await actions.release(session, row)).holds == []
    assert (await post(batch.lab(), sample, "destroy", {"on": "2021-03-21", "note": "粉碎"})).json()["state"] == "DESTROYED"


async def test_a_batch_without_a_reserve_has_nothing_to_hold(platform, batch):
    sample = await batch.sealed(FORM | {"reserve_quantity": "0", "reserve_reason": "无法分样"})
    async with platform.session(OFFICER) as session:
        row = await sample_store.find_sample(session, sample["id"])
        assert await actions.hold(session, row, "复检") is None is await actions.release(session, row)
        assert (await actions.is_usable(session, row, date(2021, 3, 16))).code == "reserve_none"


async def test_the_reinspection_laboratory_gets_the_reserve_and_the_first_one_loses_sight_of_it(batch):
    sample = await batch.failed()
    wrong = await post(batch.officer(), sample, "transfer", TRANSFER | {"seal_no": "F999"})
    assert codes(wrong) == (409, "reserve_seal")
    assert (await post(batch.officer(), sample, "transfer", TRANSFER | {"photos": []})).status_code == 422, "its state is photographed"
    sent = (await post(batch.officer(), sample, "transfer", TRANSFER)).json()
    assert (sent["state"], sent["keeper"], sent["transfer"]["from"]) == ("IN_TRANSIT", "L02", "L01")
    assert (await batch.lab("L01").get(f"/v1/samples/{sample['id']}/reserve")).status_code == 404
    assert (await batch.lab("L02").get(f"/v1/samples/{sample['id']}")).status_code == 404, "the sample itself stays out of sight"
    arrived = (await post(batch.lab("L02"), sample, "arrival", {"on": "2021-03-11", "seal_no": "F002", "seal_intact": True})).json()
    assert (arrived["state"], arrived["transfer"]["seal_intact"]) == ("TRANSFERRED", True)
    assert codes(await post(batch.lab("L02"), sample, "destroy", {"on": "2022-03-11", "note": "粉碎"})) == (409, "reserve_held")
    assert codes(await post(batch.officer(), sample, "transfer", TRANSFER)) == (409, "reserve_state")
    acts = [event["act"] for event in (await batch.officer().get(f"/v1/samples/{sample['id']}/custody")).json()["events"]]
    assert acts == ["transfer", "arrival"]


async def test_a_broken_seal_at_arrival_cannot_be_tested(platform, batch):
    sample = await batch.transferred()
    await batch.act(batch.lab("L02"), sample, "reserve/arrival", {"on": "2021-03-11", "seal_no": "F003", "seal_intact": True})
    async with platform.session(OFFICER) as session:
        row = await sample_store.find_sample(session, sample["id"])
        assert (await actions.is_usable(session, row, date(2021, 3, 12))).code == "reserve_seal_broken"


@pytest.mark.parametrize(("cause", "by_party"), [("当事人销售", True), ("当事人转移", True), ("意外毁损", False)])
async def test_a_lost_reserve_says_by_whom(platform, batch, cause, by_party):
    sample = await batch.failed(FORM | {"reserve_place": "受检单位"})
    lost = (await post(batch.officer(), sample, "loss", {"on": "2021-03-05", "cause": cause, "note": "现场核查"})).json()
    assert (lost["state"], lost["ended_reason"]) == ("LOST", cause)
    async with platform.session(OFFICER) as session:
        row = await sample_store.find_sample(session, sample["id"])
        assert await actions.was_taken_by_party(session, row) is by_party
        assert (await actions.is_usable(session, row, date(2021, 3, 12))).code == "reserve_unusable"
    assert LossCause(cause)


async def test_others_have_no_part_in_a_reserve(batch):
    sample = await batch.failed()
    for client in (batch.officer("62"), batch.officer("620103"), batch.officer(ELSEWHERE)):
        assert (await post(client, sample, "destroy", {"on": "2022-03-05", "note": "粉碎"})).status_code == 404
    assert (await batch.officer("62").get(f"/v1/samples/{sample['id']}/reserve")).status_code == 200, "a superior reads"
    assert (await batch.lab("L02").get(f"/v1/samples/{sample['id']}/reserve")).status_code == 404

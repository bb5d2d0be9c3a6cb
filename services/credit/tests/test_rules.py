"""Tables of cases for the rules of publicity."""

from dataclasses import replace
from datetime import date
from types import SimpleNamespace
from uuid import UUID

import pytest

from common.errors import Invalid, Refused
from credit.rules import acts, body, codes, delivery
from credit.rules.codes import Outcome
from credit.rules.delivery import Delivery
from credit.rules.publicity import Action, Facts, Leg, LegState, Shown, State, deadline, evaluate

V1, V2 = UUID(int=1), UUID(int=2)
DAY, FINAL, LATER = date(2021, 3, 1), date(2021, 3, 18), date(2021, 3, 25)
GOOD = Facts(V1, "合格", DAY, DAY, True, "", None, None)
BAD = replace(GOOD, verdict="不合格")
BAD_FINAL = replace(BAD, final_after=FINAL)
MENDED, UNMENDED, HALTED = (Leg(LegState.CLOSED, V1, True, LATER), Leg(LegState.CLOSED, V1, False, LATER), Leg(LegState.HALTED, V1, False, LATER))
OPEN = Leg(LegState.OPEN, V1, False, DAY)
SHOWN_GOOD, SHOWN_BAD = Shown(V1, "合格", "1"), Shown(V1, "不合格", "A")

CASES = [
    ("a conforming result is due from its issue", GOOD, None, State.DUE, "1", Action.PUBLISH, DAY),
    ("a failed one waits", BAD, None, State.PENDING, "A", Action.PUBLISH, None),
    ("a final one is due from the day after", BAD_FINAL, None, State.DUE, "A", Action.PUBLISH, date(2021, 3, 19)),
    ("rectified before publication says so at once", replace(BAD_FINAL, legs=(MENDED,)), None, State.DUE, "E", Action.PUBLISH, date(2021, 3, 19)),
    ("closed without rectification stays A", replace(BAD_FINAL, legs=(UNMENDED,)), None, State.DUE, "A", Action.PUBLISH, date(2021, 3, 19)),
    ("rectified does not end the objection period", replace(BAD, legs=(MENDED,)), None, State.PENDING, "E", Action.PUBLISH, None),
    ("halted is void", replace(BAD_FINAL, legs=(HALTED,)), None, State.WITHDRAWN, "", Action.PUBLISH, None),
    ("halted beside an open leg is not", replace(BAD_FINAL, legs=(HALTED, OPEN)), None, State.DUE, "A", Action.PUBLISH, date(2021, 3, 19)),
    ("halted for an older report is not", replace(BAD_FINAL, report_id=V2, legs=(HALTED,)), None, State.DUE, "A", Action.PUBLISH, date(2021, 3, 19)),
    ("halted says nothing of a conforming result", replace(GOOD, legs=(HALTED,)), None, State.DUE, "1", Action.PUBLISH, DAY),
    ("monitoring is never public", replace(GOOD, verdict="问题"), None, State.WITHDRAWN, "", Action.PUBLISH, None),
    ("who no longer answers is void", replace(GOOD, answers=False), None, State.WITHDRAWN, "", Action.PUBLISH, None),
    ("what is shown rests", BAD_FINAL, SHOWN_BAD, State.ACKNOWLEDGED, "A", Action.PUBLISH, None),
    ("rectified after publication is an update", replace(BAD_FINAL, legs=(MENDED,)), SHOWN_BAD, State.DUE, "E", Action.UPDATE, LATER),
    ("halted after publication is withdrawn", replace(BAD_FINAL, legs=(HALTED,)), SHOWN_BAD, State.SENT, "A", Action.WITHDRAW, LATER),
    ("withheld after publication is withdrawn", replace(GOOD, withheld="撤", withheld_on=LATER), SHOWN_GOOD, State.SENT, "1", Action.WITHDRAW, LATER),
    ("turned conforming is withdrawn first", replace(GOOD, report_id=V2), SHOWN_BAD, State.SENT, "A", Action.WITHDRAW, DAY),
    ("turned failed is withdrawn at once", replace(BAD, report_id=V2), SHOWN_GOOD, State.SENT, "1", Action.WITHDRAW, DAY),
    ("failed again, open to objection, is withdrawn", replace(BAD, report_id=V2), SHOWN_BAD, State.SENT, "A", Action.WITHDRAW, DAY),
    ("corrected, same verdict, is an update", replace(GOOD, report_id=V2, reported_on=LATER), SHOWN_GOOD, State.DUE, "1", Action.UPDATE, LATER),
]


@pytest.mark.parametrize(("facts", "shown", "state", "code", "action", "eligible"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_facts_put_a_record_in_its_place(facts, shown, state, code, action, eligible):
    wanted = evaluate(facts, shown)
    assert (wanted.state, wanted.code, wanted.action, wanted.eligible_on) == (state, code, action, eligible)


@pytest.mark.parametrize(
    ("clock", "trigger", "legal"),
    [
        ("C12", date(2021, 3, 1), date(2021, 3, 29)),
        ("C12", date(2021, 2, 5), date(2021, 3, 10)),  # Spring Festival, make-up days 7 and 20 February
        ("C14", date(2021, 4, 20), date(2021, 5, 19)),  # Labour Day, make-up days 25 April and 8 May
        ("C09", date(2021, 4, 30), date(2021, 5, 8)),
    ],
)
def test_clocks_count_working_days_from_the_trigger(clock, trigger, legal):
    assert deadline(clock, trigger).legal == legal
    assert [s.number for s in deadline(clock, trigger).proof][-1] == deadline(clock, trigger).limit.length


def standing(**changes):
    fields = {"state": "DUE", "action": "publish", "eligible_on": DAY, "proposed_by": None, "proposed_on": None, "approved_on": None}
    return SimpleNamespace(**(fields | changes))


PROPOSED = {"state": "PROPOSED", "proposed_by": "a", "proposed_on": LATER}
REFUSALS = [
    (acts.check_proposal, ([standing(state="PENDING", eligible_on=None)], DAY), "not_final"),
    (acts.check_proposal, ([standing(), standing(eligible_on=LATER)], DAY), "not_final"),
    (acts.check_proposal, ([standing(state="SENT")], DAY), "record_state"),
    (acts.check_approval, ([standing(**PROPOSED)], "a", LATER), "same_person"),
    (acts.check_approval, ([standing(**PROPOSED)], "b", date(2021, 3, 20)), "date_order"),
    (acts.check_approval, ([standing()], "b", LATER), "record_state"),
    (acts.check_approval, ([standing(**PROPOSED)], "b", date(2021, 2, 1)), "not_final"),
    (acts.check_export, ([standing()], LATER), "record_state"),
    (acts.check_export, ([standing(state="APPROVED", approved_on=LATER)], DAY), "date_order"),
    (acts.check_withdrawal, (standing(state="SENT"),), "in_flight"),
    (acts.check_withdrawal, (standing(state="WITHDRAWN"),), "withdrawn"),
    (acts.check_resubmission, (standing(),), "not_rejected"),
    (acts.check_resubmission, (standing(state="REJECTED", action="withdraw"),), "not_rejected"),
    (acts.check_not_future, (LATER, DAY, "/on"), "date_future"),
]


@pytest.mark.parametrize(("check", "args", "code"), REFUSALS)
def test_acts_are_refused_with_their_code(check, args, code):
    with pytest.raises((Refused, Invalid)) as caught:
        check(*args)
    assert caught.value.code == code


def test_a_refusal_says_which_record_and_from_when():
    with pytest.raises(Refused) as caught:
        acts.check_proposal([standing(), standing(eligible_on=LATER)], DAY)
    assert caught.value.pointer == "/record_ids/1"
    assert "2021-03-25" in caught.value.zh


ANSWERS = [
    (200, {"accepted": True, "receipt_no": "GS1"}, Delivery.ACKNOWLEDGED, "GS1"),
    (200, {"accepted": True}, Delivery.QUEUED, "HTTP 200"),
    (200, {"accepted": True, "receipt_no": ""}, Delivery.QUEUED, "HTTP 200"),
    (200, {"accepted": "true", "receipt_no": "GS1"}, Delivery.QUEUED, "HTTP 200"),
    (200, ["GS1"], Delivery.QUEUED, "HTTP 200"),
    (422, {"accepted": False, "reason": "缺\u0000字段"}, Delivery.REJECTED, "缺字段"),
    (422, {"detail": "no"}, Delivery.QUEUED, "HTTP 422"),
    (404, {"accepted": False, "reason": "no"}, Delivery.QUEUED, "HTTP 404"),
    (500, {"accepted": True, "receipt_no": "GS1"}, Delivery.QUEUED, "HTTP 500"),
    (503, None, Delivery.QUEUED, "HTTP 503"),
]


@pytest.mark.parametrize(("status", "told", "state", "words"), ANSWERS)
def test_only_a_receipt_acknowledges_and_only_a_reason_rejects(status, told, state, words):
    assert delivery.read_answer(status, told) == delivery.Answer(state, words)


def test_pauses_grow_and_end_at_half_a_minute():
    assert [delivery.pause(n) for n in (0, 1, 2, 3, 7, 500)] == [0.5, 0.5, 1.0, 2.0, 30.0, 30.0]


def test_a_lease_outlives_the_slowest_chunk():
    assert delivery.CHUNK / delivery.CONCURRENCY * delivery.TIMEOUT_SECONDS < delivery.LEASE_SECONDS


def test_codes_are_data_by_version():
    found = {outcome: codes.code_of(outcome) for outcome in Outcome}
    assert (found[Outcome.CONFORMING], found[Outcome.FOUND], found[Outcome.CORRECTED], found[Outcome.REFUSED]) == ("1", "A", "E", "8")
    assert len(set(found.values())) == len(Outcome)
    assert codes.name_of("Z", codes.CURRENT) == ""


def record(**changes):
    fields = {
        "id": V1, "region_code": "6201", "party_uscc": "91", "party_name": "甲", "party_role": "seller", "checked_on": DAY, "result_code": "A",
        "code_version": "2017", "task_id": "t", "report_no": "r", "product_name": "板", "spec": "/", "brand": "", "lot": "1", "verdict": "不合格",
        "failed_items": [{"item": "甲醛", "result": "0.2", "unit": "mg/m³", "limit": ""}], "phone": "13893100001", "approved_by": "王",
    }  # fmt: skip
    return fields | changes


def test_a_body_has_public_fields_only():
    sent = body.body_of(record(), version=1, action=Action.PUBLISH, on=LATER)
    assert sent["body_code"] == "620100"
    assert sent["remark"] == "样品：板；批号：1；检验结论：不合格；不合格项目：甲醛（实测0.2 mg/m³）"
    assert "13893100001" not in str(sent) and "王" not in str(sent)
    assert set(sent) <= {key for _, key in body.COLUMNS}


def test_remarks_are_cut_at_five_hundred():
    assert len(body.remark(record(product_name="长" * 900))) == 500

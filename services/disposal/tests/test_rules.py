"""The trade's rules as tables."""

from datetime import date
from uuid import UUID

import pytest

from common.clocks import national_calendar
from common.errors import Invalid, Refused
from common.region import Region
from disposal.rules import batch, five, indicators, limits, machine, measures
from disposal.rules.batch import Contradiction, Party, Programme, Role
from disposal.rules.five import Part, Settlement
from disposal.rules.indicators import Fact, GroupBy, Indicator
from disposal.rules.machine import State, Step
from disposal.rules.measures import Kind, Taken

CALENDAR = national_calendar()
DAY = date(2026, 2, 1)


def on(month, day):
    return date(2026, month, day)


def settled(*parts, state="done", approved_by=None):
    return {Part(part): Settlement(state, DAY, ("e",), "r", "o", approved_by) for part in parts}


IN_ORDER = list(Part)


@pytest.mark.parametrize(
    ("received", "parts", "kinds", "state"),
    [
        (False, {}, [], State.OPENED),
        (True, {}, [], State.RECEIVED),
        (True, settled("risk_control"), [], State.CONTROLLED),
        (True, settled("cause"), [], State.RECEIVED),
        (True, settled("risk_control", "cause"), [], State.CAUSE_FOUND),
        (True, settled("risk_control", "cause"), [Kind.ORDER_CORRECT], State.RECTIFYING),
        (True, settled("risk_control", "cause"), [Kind.ORDER_CORRECT, Kind.RECHECK], State.RECHECK),
        (True, settled(*IN_ORDER[:3]), [], State.RECTIFYING),
        (True, settled(*IN_ORDER[:3]), [Kind.RECHECK], State.RECHECK),
        (True, settled(*IN_ORDER[:4]), [Kind.FINE], State.PENALTY_DECIDED),
        (True, settled(*IN_ORDER[:4]), [Kind.NO_PENALTY], State.NO_PENALTY),
        (True, settled(*IN_ORDER[:3]) | settled("penalty", state="not_applicable", approved_by="c"), [], State.NO_PENALTY),
        (True, settled(*IN_ORDER[:3]) | settled("penalty", state="not_applicable"), [], State.RECTIFYING),
        (True, settled(*IN_ORDER), [], State.PUBLISHED),
    ],
)
def test_the_first_part_that_is_not_in_place_holds_the_leg(received, parts, kinds, state):
    assert machine.progress(received, parts, [Taken(kind, DAY) for kind in kinds]) is state


@pytest.mark.parametrize(
    ("step", "state", "outbound", "code"),
    [
        (Step.RECEIVE, State.OPENED, False, None),
        (Step.RECEIVE, State.RECEIVED, False, "leg_received"),
        (Step.RECEIVE, State.OPENED, True, "leg_outbound"),
        (Step.MEASURE, State.OPENED, False, "leg_not_received"),
        (Step.MEASURE, State.RECHECK, False, None),
        (Step.SETTLE, State.HALTED, False, "leg_ended"),
        (Step.CLOSE, State.CLOSED, False, "leg_ended"),
        (Step.CLOSE, State.OPENED, True, "leg_outbound"),
        (Step.EXTEND, State.OPENED, False, "leg_not_received"),
        (Step.ACKNOWLEDGE, State.OPENED, True, None),
        (Step.ACKNOWLEDGE, State.RECEIVED, False, "leg_not_outbound"),
        (Step.ACKNOWLEDGE, State.CLOSED, True, "leg_ended"),
        (Step.SUPERVISE, State.OPENED, False, None),
        (Step.SUPERVISE, State.CLOSED, False, "leg_ended"),
    ],
)
def test_a_leg_allows_only_the_steps_of_its_state(step, state, outbound, code):
    if code is None:
        machine.check_act(step, state, outbound=outbound)
        return
    with pytest.raises(Refused) as refused:
        machine.check_act(step, state, outbound=outbound)
    assert refused.value.code == code


def test_every_state_and_step_is_in_the_machine():
    assert set(machine.FROM) == set(Step)
    assert machine.WORKING | {State.OPENED} | machine.ENDED == set(State)


@pytest.mark.parametrize(("day", "code"), [(on(2, 10), None), (on(2, 20), "date_future"), (on(1, 31), "date_before_report")])
def test_a_date_lies_between_the_report_and_today(day, code):
    if code is None:
        machine.check_day(day, on(2, 15), on(2, 1), "/x")
        return
    with pytest.raises(Invalid) as refused:
        machine.check_day(day, on(2, 15), on(2, 1), "/x")
    assert (refused.value.code, refused.value.pointer) == (code, "/x")


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (Settlement("done", DAY, ("e",)), None),
        (Settlement("done", None, ("e",)), "day_missing"),
        (Settlement("done", DAY), "evidence_missing"),
        (Settlement("not_applicable", DAY), "reason_missing"),
        (Settlement("not_applicable", DAY, (), "停业"), None),
        (Settlement("open", DAY), "day_unexpected"),
        (Settlement("open", None), None),
    ],
)
def test_a_part_needs_a_day_and_its_evidence_or_reason(given, code):
    if code is None:
        five.check_settlement(given)
        return
    with pytest.raises(Invalid) as refused:
        five.check_settlement(given)
    assert refused.value.code == code


def test_the_closing_guard_names_what_is_missing_and_not_applicable_counts_only_when_approved():
    parts = settled("risk_control", "cause", "rectification") | settled("penalty", state="not_applicable")
    with pytest.raises(Refused) as refused:
        five.check_all_in_place(parts)
    assert refused.value.code == "five_missing"
    assert [one["pointer"] for one in refused.value.problems] == ["/five/penalty", "/five/disclosure"]
    five.check_all_in_place(parts | settled("penalty", state="not_applicable", approved_by="c") | settled("disclosure"))


@pytest.mark.parametrize(
    ("settlement", "who", "code"),
    [
        (Settlement("not_applicable", DAY, (), "r", "o"), "c", None),
        (Settlement("not_applicable", DAY, (), "r", "o"), "o", "same_person"),
        (Settlement("not_applicable", DAY, (), "r", "o", "c"), "c", "nothing_to_approve"),
        (Settlement("done", DAY, ("e",), "", "o"), "c", "nothing_to_approve"),
        (None, "c", "nothing_to_approve"),
    ],
)
def test_only_a_second_person_approves_and_only_what_is_not_applicable(settlement, who, code):
    if code is None:
        five.check_approval(settlement, who)
        return
    with pytest.raises(Refused) as refused:
        five.check_approval(settlement, who)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("taken", "code", "pointer"),
    [
        (Taken(Kind.SEAL, DAY, quantity=5, unit="kg"), None, ""),
        (Taken(Kind.SEAL, DAY, quantity=5), "quantity_unit", "/unit"),
        (Taken(Kind.SEAL, DAY, unit="kg"), "quantity_unit", "/unit"),
        (Taken(Kind.ORDER_CORRECT, DAY), "measure_incomplete", "/served_on"),
        (Taken(Kind.ORDER_CORRECT, DAY, served_on=on(1, 31)), "date_order", "/served_on"),
        (Taken(Kind.RECHECK, DAY), "measure_incomplete", "/result"),
        (Taken(Kind.SEAL, DAY, result="conforming"), "measure_field", "/result"),
        (Taken(Kind.SEAL, DAY, served_on=DAY), "measure_field", "/served_on"),
        (Taken(Kind.FINE, DAY), "measure_incomplete", "/amount_fen"),
        (Taken(Kind.FINE, DAY, amount_fen=500000), None, ""),
    ],
)
def test_each_measure_has_its_own_fields(taken, code, pointer):
    if code is None:
        measures.check_content(taken)
        return
    with pytest.raises(Invalid) as refused:
        measures.check_content(taken)
    assert (refused.value.code, refused.value.pointer) == (code, pointer)


ORDER = Taken(Kind.ORDER_CORRECT, on(3, 1), served_on=on(3, 2))
FAILED = Taken(Kind.RECHECK, on(4, 1), result="nonconforming")
PASSED = Taken(Kind.RECHECK, on(5, 10), result="conforming")
ANNOUNCED = Taken(Kind.ANNOUNCE, on(4, 20))


@pytest.mark.parametrize(
    ("one", "before", "opens_on", "code"),
    [
        (ORDER, [], None, None),
        (ORDER, [ORDER], None, "order_exists"),
        (PASSED, [], None, "order_missing"),
        (Taken(Kind.RECHECK, on(3, 1), result="conforming"), [ORDER], None, "date_order"),
        (PASSED, [ORDER], None, None),
        (ANNOUNCED, [ORDER], None, "recheck_not_failed"),
        (ANNOUNCED, [ORDER, PASSED], None, "recheck_not_failed"),
        (ANNOUNCED, [ORDER, FAILED], None, None),
        (PASSED, [ORDER, FAILED, ANNOUNCED], on(6, 20), "recheck_too_early"),
    ],
)
def test_order_recheck_announcement_and_second_recheck_follow_each_other(one, before, opens_on, code):
    measures.check_sequence(one, before, Programme.FOOD, opens_on)  # food has no such ladder
    if code is None:
        measures.check_sequence(one, before, Programme.PRODUCT, opens_on)
        return
    with pytest.raises((Refused, Invalid)) as refused:
        measures.check_sequence(one, before, Programme.PRODUCT, opens_on)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("programme", "taken", "refused"),
    [
        (Programme.PRODUCT, [], False),
        (Programme.PRODUCT, [ORDER], True),
        (Programme.PRODUCT, [ORDER, FAILED], True),
        (Programme.PRODUCT, [ORDER, FAILED, PASSED], False),
        (Programme.PRODUCT, [ORDER, FAILED, Taken(Kind.REVOKE_BUSINESS, on(6, 1))], False),
        (Programme.FOOD, [ORDER], False),
    ],
)
def test_after_an_order_to_correct_a_product_closes_only_with_a_passed_recheck(programme, taken, refused):
    if not refused:
        measures.check_rechecked(taken, programme)
        return
    with pytest.raises(Refused) as found:
        measures.check_rechecked(taken, programme)
    assert found.value.code == "recheck_missing"


def test_resuming_before_a_passed_recheck_is_a_breach():
    resumed = Taken(Kind.RESUME, on(5, 11))
    assert measures.violation(resumed, [ORDER], Programme.PRODUCT) == measures.EARLY_RESUMPTION
    assert measures.violation(resumed, [ORDER, PASSED], Programme.PRODUCT) == ""
    assert measures.violation(resumed, [], Programme.FOOD) == ""


def test_another_bureau_learns_number_result_and_amount_of_the_case():
    taken = [Taken(Kind.SEAL, DAY), Taken(Kind.FINE, DAY, amount_fen=5), Taken(Kind.CONFISCATE, DAY, amount_fen=7, case_no="甘市监罚1号")]
    assert measures.case_summary(taken) == {"case_no": "甘市监罚1号", "case_results": ["CONFISCATE", "FINE"], "amount_fen": 12}


def test_scenario_19_the_extension_moves_the_raw_day_and_comes_before_expiry():
    plain = limits.completing(on(1, 5), (), CALENDAR)
    assert (plain.raw, plain.legal, plain.target) == (on(4, 5), on(4, 7), on(4, 3))
    longer = limits.completing(on(1, 5), [limits.Approved(30, on(4, 2), "负责人")], CALENDAR)
    assert (longer.raw, longer.legal) == (on(5, 5), on(5, 6))
    with pytest.raises(Refused) as late:
        limits.completing(on(1, 5), [limits.Approved(30, on(4, 8), "负责人")], CALENDAR)
    assert (late.value.code, late.value.pointer) == ("extension_late", "/approved_on")
    with pytest.raises(Refused) as early:
        limits.completing(on(1, 5), [limits.Approved(30, on(1, 4), "负责人")], CALENDAR)
    assert early.value.code == "extension_early"


def test_scenario_17_the_order_starts_correction_and_recheck():
    correct, recheck = limits.started_by(Taken(Kind.ORDER_CORRECT, on(3, 1), served_on=on(3, 2)), Programme.PRODUCT, CALENDAR)
    assert (correct.raw, correct.legal) == (on(5, 1), on(5, 6))
    assert (recheck.raw, recheck.legal, recheck.target) == (on(5, 16), on(5, 18), on(5, 15))
    assert limits.started_by(ORDER, Programme.FOOD, CALENDAR) == ()


@pytest.mark.parametrize(
    ("programme", "outbound", "ids"),
    [(Programme.FOOD, False, ["F22", "F23", "F24"]), (Programme.PRODUCT, False, ["F22", "F24"]), (Programme.FOOD, True, ["F24"])],
)
def test_the_clocks_at_opening_depend_on_programme_and_place(programme, outbound, ids):
    assert [one.limit_id for one in limits.opening(programme, on(1, 5), CALENDAR, outbound=outbound)] == ids


def test_food_limits_are_defaults_for_products():
    assert [limits.is_default(p, c) for p, c in (("食品", "F24"), ("产品", "F24"), ("食品", "F22"), ("产品", "P10"))] == [False, True, True, False]


@pytest.mark.parametrize(
    ("division", "bureau", "outbound"), [("620902", "620902", False), ("620900", "6209", False), ("620000", "62", False), ("110105", "6201", True)]
)
def test_a_party_outside_the_province_stays_with_the_batch_owner(division, bureau, outbound):
    found = batch.liable_parties(Region("6201"), _report(Party(Role.PRODUCER, "厂", "", division, "")))
    assert [(one.bureau.code, one.outbound) for one in found] == [(bureau, outbound)]


def test_a_batch_without_party_or_division_contradicts_itself():
    for parties in ((), (Party(Role.SELLER, "店", "", "6201", ""),), (Party(Role.SELLER, "店", "", "620102", ""),) * 2):
        with pytest.raises(Contradiction):
            batch.liable_parties(Region("6201"), _report(*parties))


def _report(*parties):
    return batch.Report(UUID(int=1), "R", 1, "不合格", False, DAY, DAY, UUID(int=2), Programme.FOOD, "62", parties, (), {})


def fact(**changes):
    values = {
        "leg_id": UUID(int=1), "region_code": "620102", "outbound": False, "received_on": on(1, 8), "closed_on": None, "halted_on": None,
        "start_due_on": on(1, 12), "legal_on": on(4, 7), "due_on": on(4, 7),
    }  # fmt: skip
    return Fact(**(values | changes))


TABLE = [  # what happened, cut-off, K4, K5, K6, K6b
    ({}, on(1, 7), None, None, None, None),
    ({}, on(1, 8), True, None, None, None),
    ({"received_on": None}, on(1, 11), None, None, None, None),
    ({"received_on": None}, on(1, 12), False, None, None, None),
    ({"received_on": on(1, 13)}, on(1, 12), False, None, None, None),
    ({"received_on": on(1, 13)}, on(2, 1), False, None, None, None),
    ({}, on(4, 7), True, False, False, False),
    ({"closed_on": on(3, 1)}, on(2, 28), True, None, None, None),
    ({"closed_on": on(3, 1)}, on(3, 1), True, True, True, True),
    ({"closed_on": on(4, 8)}, on(4, 7), True, False, False, False),
    ({"closed_on": on(4, 8)}, on(5, 1), True, True, False, False),
    ({"due_on": on(5, 6)}, on(4, 20), True, None, None, False),
    ({"due_on": on(5, 6), "closed_on": on(4, 30)}, on(5, 31), True, True, True, False),
    ({"halted_on": on(2, 1)}, on(5, 1), None, None, None, None),
    ({"halted_on": on(5, 2)}, on(5, 1), True, False, False, False),
    ({"outbound": True, "received_on": None, "start_due_on": None, "closed_on": on(2, 2)}, on(5, 1), None, True, True, True),
]


@pytest.mark.parametrize(("changes", "as_of", "k4", "k5", "k6", "k6b"), TABLE)
def test_each_indicator_judges_a_leg_as_its_formula_says(changes, as_of, k4, k5, k6, k6b):
    judged = [indicators.counts(one, fact(**changes), as_of) for one in Indicator]
    assert judged == [k4, k5, k6, k6b]


@pytest.mark.parametrize(("numerator", "denominator", "percent"), [(0, 0, None), (0, 3, "0.00"), (2, 3, "66.67"), (1, 800, "0.13"), (7, 7, "100.00")])
def test_percentages_have_two_decimals_half_up_and_no_empty_denominator(numerator, denominator, percent):
    assert indicators.Count(numerator, denominator).percent == percent


def test_legs_are_grouped_by_prefecture_or_bureau():
    legs = [fact(region_code=code) for code in ("620902", "620102", "620103", "6201", "62")]
    assert {code: len(found) for code, found in indicators.grouped(legs, GroupBy.PREFECTURE, "62").items()} == {"62": 1, "6201": 3, "6209": 1}
    assert list(indicators.grouped(legs, GroupBy.COUNTY, "62")) == ["62", "6201", "620102", "620103", "620902"]
    assert indicators.grouped([], GroupBy.NONE, "62") == {"62": []}

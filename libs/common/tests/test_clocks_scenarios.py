"""The dates of the acceptance scenarios of domain.md section 9, by number."""

from datetime import UTC, date, datetime

import pytest

from common.clocks import LIMITS, ClockRefused, Extension, StepKind, due, is_late, is_open, kept_until, national_calendar

CALENDAR = national_calendar()


def _on(month: int, day: int) -> date:
    return date(2026, month, day)


def _due(limit_id: str, trigger: date, **changes):
    return due(LIMITS[limit_id], trigger, CALENDAR, **changes)


def test_scenario_1_food_reinspection_is_in_time_until_27_february_and_late_on_the_28th():
    deadline = _due("F08", _on(2, 11))
    assert deadline.legal == _on(2, 27)
    counted = [step.on.day for step in deadline.proof if step.kind is StepKind.COUNTED]
    assert counted == [12, 13, 14, 24, 25, 26, 27]
    assert not is_late(deadline, datetime(2026, 2, 27, 15, 50, tzinfo=UTC)), "23:50 in Shanghai"
    assert is_late(deadline, datetime(2026, 2, 27, 16, 10, tzinfo=UTC)), "00:10 of the 28th in Shanghai"
    assert is_late(deadline, _on(2, 28))


def test_scenario_2_notice_of_a_report_received_12_february_is_due_on_the_26th():
    deadline = _due("F06", _on(2, 12))
    assert deadline.legal == deadline.target == _on(2, 26)
    assert is_late(deadline, _on(2, 27))


def test_scenario_3_product_objection_rolls_over_the_holiday_and_food_counts_working_days():
    product = _due("P05", _on(2, 2))
    assert (product.raw, product.legal, product.target) == (_on(2, 17), _on(2, 24), _on(2, 24))
    assert [step.on.day for step in product.proof if step.kind is StepKind.ROLLED] == [*range(17, 24), 24]
    assert _due("F08", _on(2, 2)).legal == _on(2, 11)


def test_scenario_4_sample_taken_before_labour_day_is_delivered_by_11_may():
    deadline = _due("F01", _on(4, 30))
    assert deadline.legal == _on(5, 11)
    assert [step.on.day for step in deadline.proof if step.kind is StepKind.COUNTED] == [6, 7, 8, 9, 11]


def test_scenario_7_objections_that_remain_run_7_working_days_from_sampling_and_from_the_notice():
    assert _due("F15", _on(3, 2)).legal == _on(3, 11)
    assert _due("F16", _on(3, 12)).legal == _on(3, 23)


def test_scenario_9_reserve_is_kept_to_the_end_of_shelf_life_and_the_right_ends_on_23_march():
    right, reserve = _due("F08", _on(3, 12)), _due("F25b", _on(3, 10))
    assert right.legal == _on(3, 23)
    assert not is_late(right, _on(3, 16)) and not is_late(right, _on(3, 23))
    assert reserve.legal == _on(9, 10)
    assert kept_until(reserve, _on(3, 20)) == _on(3, 20)
    assert kept_until(reserve, None) == _on(9, 10)
    assert is_open(_due("F25c", _on(3, 20)), _on(3, 21)) and not is_open(_due("F25c", _on(3, 20)), _on(3, 20))


def test_scenario_10_reserve_date_moves_from_15_april_to_2_september():
    assert _due("F25a", _on(1, 15)).legal == _on(4, 15)
    assert _due("F25b", _on(3, 2)).legal == _on(9, 2)


def test_scenario_14_producers_bureau_has_the_batch_within_2_working_days_and_each_leg_its_own_90_days():
    assert _due("F07", _on(3, 6)).legal == _on(3, 10)
    seller, producer = _due("F24", _on(3, 6)), _due("F24", _on(3, 10))
    assert (seller.raw, producer.raw) == (_on(6, 4), _on(6, 8))


def test_scenario_15_decision_on_the_30th_working_day_is_on_time_and_withdrawal_takes_3():
    deadline = _due("F20", _on(3, 9))
    assert deadline.legal == _on(4, 21)
    assert [step.number for step in deadline.proof if step.on == _on(4, 21)] == [30]
    assert not is_late(deadline, _on(4, 21)) and is_late(deadline, _on(4, 22))
    assert _due("C09", _on(4, 21)).legal == _on(4, 24)


def test_scenario_17_correction_is_due_6_may_and_the_recheck_keeps_two_dates():
    correction, recheck = _due("P10", _on(3, 2)), _due("P11", _on(3, 2))
    assert (correction.raw, correction.legal) == (_on(5, 1), _on(5, 6))
    assert (recheck.raw, recheck.legal, recheck.target) == (_on(5, 16), _on(5, 18), _on(5, 15))


def test_scenario_19_extension_before_expiry_counts_and_after_expiry_is_refused():
    plain = _due("F24", _on(1, 5))
    assert (plain.raw, plain.legal, plain.target) == (_on(4, 5), _on(4, 7), _on(4, 3))
    longer = _due("F24", _on(1, 5), extensions=[Extension(30, _on(4, 2), "负责人")])
    assert (longer.raw, longer.legal) == (_on(5, 5), _on(5, 6))
    assert not is_late(longer, _on(4, 30)) and is_late(plain, _on(4, 30)), "K6 yes, K6b no"
    with pytest.raises(ClockRefused) as refused:
        _due("F24", _on(1, 5), extensions=[Extension(30, _on(4, 8), "负责人")])
    assert refused.value.code == "extension_after_expiry"


def test_scenario_22_same_product_may_not_be_drawn_again_until_20_july():
    ban = _due("P01", _on(1, 20))
    assert ban.legal == _on(7, 20) and ban.opens == _on(7, 21)
    assert not is_open(ban, _on(6, 10)) and not is_open(ban, _on(7, 20)) and is_open(ban, _on(7, 21))

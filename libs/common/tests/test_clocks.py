"""The counting rules of domain.md 2.12: ends, months, hours, windows, pauses, extensions, traffic light, alerts."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from time import perf_counter

import pytest

from common.clocks import (
    LIMITS,
    ClockRefused,
    Colour,
    Day,
    DayKind,
    Extension,
    Pause,
    PauseKind,
    Roll,
    StepKind,
    add_months,
    alert_dates,
    due,
    is_late,
    is_open,
    national_calendar,
    remaining,
    render,
)

CALENDAR = national_calendar()
SHANGHAI_NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


def _due(limit_id: str, trigger: date, **changes):
    return due(LIMITS[limit_id], trigger, CALENDAR, **changes)


def _code(call) -> str:
    with pytest.raises(ClockRefused) as refused:
        call()
    return refused.value.code


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2026, 8, 31), 6, date(2027, 2, 28)),
        (date(2026, 11, 30), 3, date(2027, 2, 28)),
        (date(2026, 12, 15), 1, date(2027, 1, 15)),
        (date(2026, 8, 31), -6, date(2026, 2, 28)),
        (date(2026, 1, 15), -1, date(2025, 12, 15)),
    ],
)
def test_month_ends_on_the_same_day_or_on_the_last_of_the_month(start, months, end):
    assert add_months(start, months) == end


def test_missing_day_of_the_month_is_explained_in_the_proof():
    assert "无对应日" in _due("F25b", date(2026, 8, 31)).proof[-1].reason
    assert "无对应日" not in _due("F25b", date(2026, 8, 28)).proof[-1].reason


@pytest.mark.parametrize(
    ("limit_id", "trigger", "end"),
    [
        ("F27", datetime(2026, 3, 2, 13, 20, tzinfo=UTC), datetime(2026, 3, 2, 18, 0, tzinfo=UTC)),  # 21:20, from 22:00, over midnight
        ("F27", datetime(2026, 3, 2, 13, 0, tzinfo=UTC), datetime(2026, 3, 2, 18, 0, tzinfo=UTC)),  # on the stroke: next hour
        ("F05", datetime(2026, 2, 28, 15, 59, 59, tzinfo=UTC), datetime(2026, 3, 1, 16, 0, tzinfo=UTC)),
        ("F28-III", datetime(2025, 12, 30, 3, 1, tzinfo=UTC), datetime(2026, 1, 2, 4, 0, tzinfo=UTC)),  # holidays do not matter
    ],
)
def test_hours_count_from_the_next_full_hour_across_midnight_and_holidays(limit_id, trigger, end):
    deadline = _due(limit_id, trigger)
    assert deadline.raw == deadline.legal == deadline.target == end
    assert not is_late(deadline, end) and is_late(deadline, end + timedelta(seconds=1))
    assert deadline.proof[-1].on == end and not deadline.provisional


def test_hours_without_a_time_or_a_zone_are_refused():
    assert _code(lambda: _due("F27", date(2026, 3, 2))) == "needs_time"
    assert _code(lambda: _due("F27", datetime(2026, 3, 2, 8, 0))) == "naive_time"  # noqa: DTZ001
    assert _code(lambda: _due("F08", datetime(2026, 3, 2, 8, 0))) == "naive_time"  # noqa: DTZ001
    assert _code(lambda: is_late(_due("F27", SHANGHAI_NOON), date(2026, 3, 2))) == "needs_time"


def test_a_moment_in_utc_is_taken_as_its_day_in_shanghai():
    assert _due("F08", datetime(2026, 2, 10, 16, 30, tzinfo=UTC)).trigger == date(2026, 2, 11)


def test_weekend_end_rolls_for_a_right_and_splits_in_two_dates_for_a_bureau():
    right, duty = _due("P05", date(2026, 3, 6)), _due("P07", date(2026, 3, 4))
    assert (right.raw.weekday(), right.legal, right.target) == (5, date(2026, 3, 23), date(2026, 3, 23))
    assert (duty.raw.weekday(), duty.legal, duty.target) == (5, date(2026, 3, 16), date(2026, 3, 13))


def test_o18_to_the_letter_rolls_over_holidays_but_not_over_a_plain_weekend():
    letter = replace(LIMITS["P05"], roll=Roll.STATUTORY)
    assert due(letter, date(2026, 3, 6), CALENDAR).legal == date(2026, 3, 21)
    assert due(letter, date(2026, 2, 2), CALENDAR).legal == date(2026, 2, 24)


def test_make_up_saturday_is_a_last_day_that_does_not_roll():
    assert _due("P05", date(2026, 4, 24)).legal == date(2026, 5, 9)


def test_duty_whose_days_are_all_holidays_aims_at_the_legal_day():
    deadline = _due("F22", date(2026, 2, 15))
    assert (deadline.raw, deadline.legal, deadline.target) == (date(2026, 2, 20), date(2026, 2, 24), date(2026, 2, 24))


def test_second_recheck_has_a_window_from_day_61_to_day_89():
    window = _due("P13", date(2026, 3, 2))
    assert (window.opens, window.legal) == (date(2026, 5, 2), date(2026, 5, 30))
    assert [is_open(window, date(2026, 5, day)) for day in (1, 2, 30, 31)] == [False, True, True, False]
    assert window.target == date(2026, 5, 29), "day 89 is a Saturday; it is not rolled past the window"
    assert is_late(window, date(2026, 5, 31))


def test_renewal_is_counted_back_from_the_expiry():
    assert _due("P17", date(2026, 8, 31)).legal == date(2026, 2, 28)
    assert _due("P02", date(2026, 3, 2)).target == date(2026, 2, 28), "the day before is a Sunday, Saturday the 28th is worked"


def test_duty_at_once_is_late_the_next_day():
    deadline = _due("P09", date(2026, 3, 7))
    assert not is_late(deadline, date(2026, 3, 7)) and is_late(deadline, date(2026, 3, 8))


def test_local_holiday_moves_only_a_limit_that_says_so():
    local = CALENDAR.with_days([Day(date(2026, 3, 5), DayKind.REST, "甘南州", 1, "6230", "洛萨节")])
    plain = due(LIMITS["F06"], date(2026, 3, 2), local, prefecture="6230")
    flagged = due(replace(LIMITS["F06"], local_holidays=True), date(2026, 3, 2), local, prefecture="623021")
    assert (plain.legal, flagged.legal) == (date(2026, 3, 9), date(2026, 3, 10))
    assert any("洛萨节" in step.reason and step.kind is StepKind.SKIPPED for step in flagged.proof)


def test_consulting_shifts_f20_by_the_working_days_it_takes():
    pause = Pause(date(2026, 3, 16), date(2026, 3, 22), PauseKind.CONSULTING, "商请农业农村部门")
    deadline = _due("F20", date(2026, 3, 9), pauses=[pause])
    assert deadline.legal == date(2026, 4, 28), "5 working days after 21 April"
    assert [step.on.day for step in deadline.proof if step.kind is StepKind.PAUSED] == [16, 17, 18, 19, 20]


def test_overlapping_pauses_count_once_and_pauses_outside_the_period_not_at_all():
    testing = [Pause(date(2026, 3, 3), date(2026, 3, 6), PauseKind.TESTING), Pause(date(2026, 3, 5), date(2026, 3, 10), PauseKind.TESTING)]
    outside = [Pause(date(2026, 2, 1), date(2026, 3, 2), PauseKind.TESTING), Pause(date(2026, 8, 1), date(2026, 8, 9), PauseKind.TESTING)]
    assert _due("C01", date(2026, 3, 2), pauses=testing).legal == date(2026, 3, 31)
    assert _due("C01", date(2026, 3, 2), pauses=outside).legal == _due("C01", date(2026, 3, 2)).legal == date(2026, 3, 23)


def test_last_day_does_not_roll_onto_a_paused_day():
    flood = Pause(date(2026, 5, 18), date(2026, 5, 19), PauseKind.FORCE_MAJEURE, "洪水")
    deadline = _due("P11", date(2026, 3, 2), pauses=[flood])
    assert (deadline.raw, deadline.legal) == (date(2026, 5, 16), date(2026, 5, 20))


@pytest.mark.parametrize(
    ("limit_id", "kind"),
    [("F08", PauseKind.TESTING), ("C01", PauseKind.CONSULTING), ("F25a", PauseKind.FORCE_MAJEURE), ("P13", PauseKind.FORCE_MAJEURE)],
)
def test_pause_that_the_article_does_not_know_is_refused(limit_id, kind):
    assert _code(lambda: _due(limit_id, date(2026, 3, 2), pauses=[Pause(date(2026, 3, 3), date(2026, 3, 4), kind)])) == "not_pausable"


def test_pause_that_ends_before_it_begins_is_refused():
    pause = Pause(date(2026, 3, 4), date(2026, 3, 3), PauseKind.TESTING)
    assert _code(lambda: _due("C01", date(2026, 3, 2), pauses=[pause])) == "pause_reversed"


@pytest.mark.parametrize(
    ("limit_id", "extensions", "code"),
    [
        ("F24", [Extension(30, date(2026, 4, 8))], "extension_after_expiry"),
        ("F24", [Extension(30, date(2026, 1, 4))], "extension_before_trigger"),
        ("F24", [Extension(0, date(2026, 2, 4))], "bad_length"),
        ("F24", [Extension(30, date(2026, 4, 7)), Extension(30, date(2026, 5, 7))], "extension_after_expiry"),
        ("F10", [Extension(6, date(2026, 1, 7))], "extension_too_long"),
        ("F10", [Extension(5, date(2026, 1, 7)), Extension(5, date(2026, 1, 9))], "extension_exhausted"),
        ("F08", [Extension(5, date(2026, 1, 7))], "not_extendable"),
        ("C02", [Extension(31, date(2026, 2, 1))], "extension_too_long"),
    ],
)
def test_unlawful_extension_is_refused(limit_id, extensions, code):
    assert _code(lambda: _due(limit_id, date(2026, 1, 5), extensions=extensions)) == code


def test_extension_approved_on_the_rolled_last_day_is_in_time_and_a_second_one_starts_from_the_first():
    once = _due("F24", date(2026, 1, 5), extensions=[Extension(30, date(2026, 4, 7))])
    twice = _due("F24", date(2026, 1, 5), extensions=[Extension(30, date(2026, 4, 7)), Extension(10, date(2026, 5, 6))])
    assert (once.raw, twice.raw) == (date(2026, 5, 5), date(2026, 5, 15))


def test_working_day_extension_adds_working_days_and_the_proof_names_who_approved():
    deadline = _due("F10", date(2026, 3, 2), extensions=[Extension(5, date(2026, 3, 9), "城关区局", "〔2026〕7号")])
    extended = [step for step in deadline.proof if step.kind is StepKind.EXTENDED]
    assert deadline.legal == date(2026, 3, 16) and len(extended) == 5
    assert "2026-03-09城关区局批准〔2026〕7号" in extended[0].reason


def test_penalty_decision_is_extended_by_30_days_and_then_as_long_as_decided_together():
    extensions = [Extension(30, date(2026, 3, 31)), Extension(45, date(2026, 4, 30))]
    assert _due("C02", date(2026, 1, 5), extensions=extensions).raw == date(2026, 1, 5) + timedelta(days=165)


@pytest.mark.parametrize(
    ("trigger", "provisional"),
    [(date(2026, 9, 28), False), (date(2026, 10, 1), False), (date(2026, 10, 3), True), (date(2026, 12, 1), True)],
)
def test_calendar_days_are_provisional_only_when_the_end_lies_in_an_unannounced_year(trigger, provisional):
    # 90 days: 27 December is a Sunday that rolls to Monday the 28th; 30 December is known; from 1 January on it is not
    assert _due("F24", trigger).provisional is provisional


def test_working_days_are_provisional_from_the_first_one_of_an_unannounced_year():
    known, unknown = _due("F08", date(2026, 12, 22)), _due("F08", date(2026, 12, 23))
    assert (known.legal, known.provisional) == (date(2026, 12, 31), False)
    assert (unknown.legal, unknown.provisional) == (date(2027, 1, 4), True)


def test_keeping_periods_do_not_lean_on_the_calendar():
    assert _due("F26b", date(2026, 3, 2)).legal == date(2032, 3, 2)
    assert not _due("F26b", date(2026, 3, 2)).provisional


def test_traffic_light_turns_yellow_at_30_percent_and_red_after_the_legal_day():
    deadline = _due("F20", date(2026, 3, 9))
    lights = [(remaining(deadline, on).left, remaining(deadline, on).colour) for on in (date(2026, 4, 8), date(2026, 4, 9), date(2026, 4, 21))]
    assert lights == [(9, Colour.YELLOW), (8, Colour.YELLOW), (0, Colour.YELLOW)]
    assert remaining(deadline, date(2026, 4, 7)).colour is Colour.GREEN
    assert remaining(deadline, date(2026, 4, 22)).colour is Colour.RED
    assert remaining(deadline, date(2026, 4, 22)).left == -1


def test_bureau_past_its_target_is_yellow_until_the_legal_day():
    deadline = _due("F24", date(2026, 1, 5))
    assert remaining(deadline, date(2026, 4, 4)).past_target
    assert remaining(deadline, date(2026, 4, 7)).colour is Colour.YELLOW
    assert remaining(deadline, date(2026, 4, 8)).colour is Colour.RED
    holiday = remaining(_due("F22", date(2026, 2, 13)), date(2026, 2, 16))
    assert (holiday.left, holiday.total, holiday.colour) == (8, 11, Colour.YELLOW), "target was the 14th, most of the time is left"


def test_paused_days_are_not_counted_as_left():
    pause = Pause(date(2026, 3, 16), date(2026, 3, 20), PauseKind.CONSULTING)
    deadline = _due("F20", date(2026, 3, 9), pauses=[pause])
    assert remaining(deadline, date(2026, 3, 9)).left == 30
    assert remaining(deadline, date(2026, 3, 18)).left == remaining(deadline, date(2026, 3, 13)).left == 26


def test_hours_left_have_a_colour():
    deadline = _due("F05", SHANGHAI_NOON)
    assert remaining(deadline, SHANGHAI_NOON + timedelta(hours=2)).colour is Colour.GREEN
    assert remaining(deadline, SHANGHAI_NOON + timedelta(hours=20)).colour is Colour.YELLOW
    assert remaining(deadline, SHANGHAI_NOON + timedelta(hours=26)).colour is Colour.RED


def test_alerts_come_5_3_and_1_working_days_before_the_target():
    alerts = [(alert.label, alert.on) for alert in alert_dates(_due("F24", date(2026, 1, 5)))]
    assert alerts == [("T-5", date(2026, 3, 27)), ("T-3", date(2026, 3, 31)), ("T-1", date(2026, 4, 2)), ("T", date(2026, 4, 3))]
    assert [alert.label for alert in alert_dates(_due("F07", date(2026, 3, 2)))] == ["T-1", "T"], "none on or before the trigger"


def test_a_ban_or_a_keeping_period_cannot_be_late():
    for helper in (lambda it: is_late(it, date(2026, 9, 1)), lambda it: remaining(it, date(2026, 9, 1)), alert_dates):
        assert _code(lambda helper=helper: helper(_due("P01", date(2026, 1, 20)))) == "not_a_deadline"


def test_proof_reads_as_chinese_lines_that_a_person_can_check():
    text = render(_due("F06", date(2026, 2, 12)).proof).split("\n")
    assert text[0] == "2026-02-12　市场监管部门收到不合格报告，起算日不计入"
    assert text[2] == "2026-02-14　第2个工作日（星期六，春节调休上班）"
    assert text[3] == "2026-02-15　春节放假，不计入"
    assert text[-1] == "2026-02-26　第5个工作日（星期四）"


def test_a_due_date_is_cheap_enough_for_hundreds_of_legs():
    limit, trigger = LIMITS["F24"], date(2026, 1, 5)
    best = min(_seconds_for_a_thousand(limit, trigger) for _ in range(5))
    assert best < 0.05, f"{best * 1000:.0f} us each"


def _seconds_for_a_thousand(limit, trigger) -> float:
    began = perf_counter()
    for _ in range(1000):
        due(limit, trigger, CALENDAR)
    return perf_counter() - began

"""Admission, notice, term and dynamic adjustment, as tables."""

from datetime import date

import pytest

from common import today
from common.clocks import national_calendar
from common.errors import Problem
from common.today import check_not_before
from experts.rules import pool
from experts.rules.pool import ExpertState, RemovalCause, Score


def code_of(check, *args):
    """The code with which a check refuses, or None."""
    try:
        check(*args)
    except Problem as problem:
        return problem.code
    return None


ALLOWED = {
    ("APPLIED", "REVIEWED"), ("REVIEWED", "PUBLIC_NOTICE"), ("PUBLIC_NOTICE", "ACTIVE"), ("ACTIVE", "SUSPENDED"), ("SUSPENDED", "ACTIVE"),
    ("ACTIVE", "EXPIRED"), ("SUSPENDED", "EXPIRED"), ("APPLIED", "REMOVED"), ("REVIEWED", "REMOVED"), ("PUBLIC_NOTICE", "REMOVED"),
    ("ACTIVE", "REMOVED"), ("SUSPENDED", "REMOVED"),
}  # fmt: skip


@pytest.mark.parametrize("now", list(ExpertState))
@pytest.mark.parametrize("to", list(ExpertState))
def test_an_expert_moves_only_along_the_table(now, to):
    assert code_of(pool.check_move, now, to) == (None if (now, to) in ALLOWED else "expert_state")


@pytest.mark.parametrize(("born", "on", "code"), [(1955, "2020-12-31", None), (1955, "2021-01-01", "expert_age"), (1990, "2021-01-01", None)])
def test_nobody_older_than_65_is_admitted(born, on, code):
    assert code_of(pool.check_age, born, date.fromisoformat(on)) == code


@pytest.mark.parametrize(
    ("first", "last", "why"),
    [
        ("2020-12-14", "2020-12-21", "five working days after Monday end on Monday"),
        ("2021-09-27", "2021-10-09", "the National Day week does not count, the make-up Saturday does"),
        ("2026-02-13", "2026-02-27", "Spring Festival 2026: 14 and 28 February are worked"),
    ],
)
def test_the_public_notice_lasts_five_working_days(first, last, why):
    found = pool.last_day(pool.NOTICE, date.fromisoformat(first), national_calendar(), "/from")
    assert found == date.fromisoformat(last), why


def test_a_day_that_the_calendar_does_not_know_is_bad_input():
    assert code_of(pool.last_day, pool.NOTICE, date(1991, 1, 1), national_calendar(), "/from") == "date_range"


@pytest.mark.parametrize(("until", "on", "code"), [(None, 21, "notice_running"), (21, 21, "notice_running"), (21, 22, None)])
def test_nobody_enters_while_the_notice_runs(until, on, code):
    assert code_of(pool.check_notice_over, until and date(2020, 12, until), date(2020, 12, on)) == code


@pytest.mark.parametrize(
    ("on", "certificate", "last"),
    [("2020-12-22", None, "2023-12-21"), ("2020-02-29", None, "2023-02-27"), ("2021-01-01", "2024-06-30", "2024-06-30")],
)
def test_a_term_is_three_years_or_as_long_as_the_certificate(on, certificate, last):
    found = pool.term_to(date.fromisoformat(on), certificate and date.fromisoformat(certificate))
    assert found == date.fromisoformat(last)


def test_an_ended_certificate_admits_nobody():
    assert code_of(pool.term_to, date(2021, 1, 2), date(2021, 1, 1)) == "certificate_expired"


@pytest.mark.parametrize(
    ("kind", "until", "code"), [("LICENCE", None, "certificate"), ("FOOD", 1, "certificate"), ("LICENCE", 1, None), ("FOOD", None, None)]
)
def test_only_licence_assessors_have_a_certificate(kind, until, code):
    assert code_of(pool.check_certificate, kind, until and date(2024, 1, until), "/c") == code


@pytest.mark.parametrize("cause", list(RemovalCause))
def test_dishonesty_bars_for_five_years_and_nothing_else_does(cause):
    barred = pool.barred_until(cause, date(2021, 3, 1))
    assert barred == (date(2026, 3, 1) if cause in ("FALSE_OPINION", "LEAK", "CONFLICT_HIDDEN") else None)


@pytest.mark.parametrize(("until", "code"), [(None, None), (date(2021, 3, 1), "expert_barred"), (date(2021, 2, 28), None)])
def test_a_bar_holds_until_its_last_day(until, code):
    assert code_of(pool.check_not_barred, until, date(2021, 3, 1)) == code


@pytest.mark.parametrize(
    ("marks", "refusals", "suspended"),
    [((20, 30, 10), 0, False), ((19, 30, 10), 0, True), ((30, 40, 30), 1, False), ((30, 40, 30), 2, True)],
)
def test_low_marks_or_two_refusals_suspend(marks, refusals, suspended):
    assert pool.is_to_suspend(Score(*marks), refusals) is suspended


def test_dates_are_neither_in_the_future_nor_before_the_step_before():
    day, next_day = date(2021, 1, 1), date(2021, 1, 2)
    assert code_of(today.check_not_future, next_day, day, "/on") == "date_future"
    assert code_of(today.check_not_future, day, day, "/on") is None
    assert code_of(check_not_before, day, next_day, "/on") == "date_order"
    assert code_of(check_not_before, day, None, "/on") is None

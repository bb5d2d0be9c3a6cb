"""The working-day calendar: announced years, make-up days, a prefecture's own days, years without a notice."""

from datetime import date, timedelta

import chinese_calendar
import pytest

from common.clocks import LIMITS, Calendar, ClockRefused, Day, DayKind, due, national_calendar

CALENDAR = national_calendar()
REST, WORK = DayKind.REST, DayKind.WORK


def _run(first: date, last: date) -> list[date]:
    return [first + timedelta(days=offset) for offset in range((last - first).days + 1)]


def test_every_day_of_2004_to_2026_agrees_with_chinesecalendar():
    days = _run(date(2004, 1, 1), date(2026, 12, 31))
    assert [day for day in days if CALENDAR.is_workday(day) != chinese_calendar.is_workday(day)] == []
    assert len(days) == 8401


@pytest.mark.parametrize(
    ("first", "last", "made_up"),
    [
        (date(2020, 1, 24), date(2020, 2, 2), [date(2020, 1, 19)]),  # lengthened by the epidemic notice
        (date(2021, 2, 11), date(2021, 2, 17), [date(2021, 2, 7), date(2021, 2, 20)]),
        (date(2026, 2, 15), date(2026, 2, 23), [date(2026, 2, 14), date(2026, 2, 28)]),
    ],
)
def test_spring_festival_rests_and_its_make_up_weekends_work(first, last, made_up):
    assert not any(CALENDAR.is_workday(day) for day in _run(first, last))
    assert all(CALENDAR.is_workday(day) and day.weekday() >= 5 for day in made_up)
    assert CALENDAR.is_workday(last + timedelta(days=1))


@pytest.mark.parametrize("day", [date(2026, 1, 4), date(2026, 2, 14), date(2026, 5, 9), date(2026, 9, 20), date(2026, 10, 10)])
def test_make_up_day_of_2026_is_worked(day):
    assert CALENDAR.is_workday(day)
    assert CALENDAR.describe(day.toordinal()).endswith("调休上班")


def test_a_notice_replaces_the_assumption_and_leaves_the_old_calendar_alone():
    notice = [Day(date(2027, 1, day), REST, "国办发明电〔2026〕x号", name="元旦") for day in (1, 2, 3)]
    later = CALENDAR.with_days([*notice, Day(date(2027, 1, 9), WORK, "同上", name="元旦")], announced=[2027])
    assert later.is_workday(date(2027, 1, 9)) and not CALENDAR.is_workday(date(2027, 1, 9))
    assert 2027 in later.announced and 2027 not in CALENDAR.announced
    assert later.is_workday(date(2027, 2, 5)) and not CALENDAR.is_workday(date(2027, 2, 5)), "assumed New Year's Eve is gone"
    assert later.version != CALENDAR.version


def test_a_deadline_over_new_year_is_provisional_until_the_notice_is_loaded():
    before = due(LIMITS["F08"], date(2026, 12, 28), CALENDAR)
    notice = [Day(date(2027, 1, 1), REST, "notice", name="元旦"), Day(date(2027, 1, 2), WORK, "notice", name="元旦")]
    after = due(LIMITS["F08"], date(2026, 12, 28), CALENDAR.with_days(notice, announced=[2027]))
    assert (before.provisional, before.legal) == (True, date(2027, 1, 7))
    assert (after.provisional, after.legal) == (False, date(2027, 1, 6))


def test_a_newer_version_of_a_day_wins_whatever_the_order_of_the_rows():
    rows = [Day(date(2026, 11, 25), REST, "v3", 3), Day(date(2026, 11, 25), WORK, "v2", 2)]
    assert not CALENDAR.with_days(rows).is_workday(date(2026, 11, 25))
    assert not CALENDAR.with_days(rows[::-1]).is_workday(date(2026, 11, 25))


def test_local_holiday_counts_in_its_prefecture_only():
    local = CALENDAR.with_days([Day(date(2026, 3, 5), REST, "甘南州", 1, "6230", "洛萨节")])
    assert not local.is_workday(date(2026, 3, 5), "6230")
    assert not local.is_workday(date(2026, 3, 5), "623021"), "a county of Gannan"
    assert local.is_workday(date(2026, 3, 5), "6229") and local.is_workday(date(2026, 3, 5))
    assert not local.is_workday(date(2026, 2, 17), "6230"), "national holidays hold there too"


def test_a_year_declared_announced_without_any_day_off_is_refused():
    with pytest.raises(ClockRefused) as refused:
        CALENDAR.with_days([], announced=[2027])
    assert refused.value.code == "year_without_days"


@pytest.mark.parametrize("day", [date(2003, 12, 31), date(2046, 1, 1)])
def test_a_working_day_outside_the_calendar_is_refused(day):
    with pytest.raises(ClockRefused) as refused:
        CALENDAR.is_workday(day)
    assert refused.value.code == "outside_calendar"


def test_unannounced_years_rest_on_weekends_and_on_the_holidays_that_the_law_names():
    rest = [day for day in _run(date(2027, 1, 1), date(2027, 12, 31)) if day.weekday() < 5 and not CALENDAR.is_workday(day)]
    named = [(1, 1), (2, 5), (2, 8), (4, 5), (6, 9), (9, 15), (10, 1)]  # 2 May, 6-7 Feb and 2-3 Oct fall on weekends
    assert rest == [date(2027, *month_day) for month_day in named]
    assert "推定" in CALENDAR.describe(date(2027, 2, 5).toordinal())
    assert not any(CALENDAR.is_workday(day) for day in _run(date(2027, 1, 1), date(2027, 12, 31)) if day.weekday() >= 5)


def test_two_calendars_do_not_share_state():
    rows = (Day(date(2026, 11, 25), REST, "x"),)
    one = Calendar(rows, [2026], "one")
    assert not one.is_workday(date(2026, 11, 25)) and CALENDAR.is_workday(date(2026, 11, 25))

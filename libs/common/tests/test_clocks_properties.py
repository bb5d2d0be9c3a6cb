"""What holds for every trigger, against an oracle that walks day by day and shares no code with the clocks."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import chinese_calendar
from hypothesis import given, settings
from hypothesis import strategies as st

from common.clocks import LIMITS, Mode, Pause, PauseKind, Roll, StepKind, Unit, Whose, due, national_calendar

CALENDAR = national_calendar()
ONE = timedelta(days=1)
DATED = [limit for limit in LIMITS.values() if limit.length is not None and limit.unit is not Unit.H]
FORWARD = [limit for limit in DATED if limit.mode is not Mode.BEFORE]
ROLLED = [limit for limit in DATED if limit.unit is Unit.CD and limit.roll is Roll.WORKDAY]
HOURLY = [limit for limit in LIMITS.values() if limit.unit is Unit.H]
KNOWN = st.dates(date(2004, 2, 1), date(2026, 8, 1))
ANY = st.dates(date(2004, 2, 1), date(2035, 12, 31))


def _works(day: date) -> bool:
    return chinese_calendar.is_workday(day)


def _walk(start: date, count: int, counts) -> date:
    day = start
    while count:
        day += ONE
        count -= counts(day)
    return day


def _roll(day: date) -> date:
    while not _works(day):
        day += ONE
    return day


@given(st.sampled_from([limit for limit in DATED if limit.unit is Unit.WD]), KNOWN)
def test_working_days_are_those_that_a_slow_walk_finds(limit, trigger):
    deadline = due(limit, trigger, CALENDAR)
    assert deadline.legal == deadline.raw == deadline.target == _walk(trigger, limit.length, _works)


@given(st.sampled_from(ROLLED), KNOWN)
def test_calendar_days_roll_as_a_slow_walk_rolls(limit, trigger):
    deadline = due(limit, trigger, CALENDAR)
    assert deadline.raw == trigger + timedelta(days=limit.length)
    assert deadline.legal == _roll(deadline.raw)


@given(st.sampled_from(["C01", "F24"]), KNOWN, st.lists(st.tuples(st.integers(-9, 60), st.integers(0, 20)), max_size=4))
@settings(max_examples=200)
def test_pauses_shift_as_a_slow_walk_shifts(limit_id, trigger, spans):
    limit = LIMITS[limit_id]
    pauses = [Pause(trigger + ONE * at, trigger + ONE * (at + more), PauseKind.FORCE_MAJEURE) for at, more in spans]

    def paused(day: date) -> bool:
        return any(pause.start <= day <= pause.end for pause in pauses)

    deadline = due(limit, trigger, CALENDAR, pauses=pauses)
    assert deadline.raw == _walk(trigger, limit.length, lambda day: not paused(day) and (limit.unit is Unit.CD or _works(day)))
    assert deadline.legal >= deadline.raw and _works(deadline.legal) and not paused(deadline.legal)


@given(st.sampled_from(FORWARD), ANY)
def test_dates_are_never_before_the_trigger_and_legal_is_never_before_raw(limit, trigger):
    deadline = due(limit, trigger, CALENDAR)
    assert trigger <= deadline.target <= deadline.legal and trigger <= deadline.raw <= deadline.legal


@given(st.sampled_from(DATED), ANY, st.integers(1, 40))
def test_a_later_trigger_never_gives_an_earlier_date(limit, trigger, later):
    first, second = due(limit, trigger, CALENDAR), due(limit, trigger + ONE * later, CALENDAR)
    assert first.raw <= second.raw and first.legal <= second.legal and first.target <= second.target


@given(st.sampled_from([limit for limit in ROLLED if limit.whose is Whose.OFFICE]), KNOWN)
def test_the_target_is_the_last_working_day_not_after_raw(limit, trigger):
    deadline = due(limit, trigger, CALENDAR)
    days = [trigger + ONE * step for step in range((deadline.raw - trigger).days + 1)]
    worked = [day for day in days if _works(day)]
    assert deadline.target == (worked[-1] if worked else deadline.legal)


@given(st.sampled_from(DATED), ANY)
def test_provisional_exactly_when_a_day_that_matters_lies_in_an_unannounced_year(limit, trigger):
    deadline = due(limit, trigger, CALENDAR)
    if limit.unit is Unit.WD:
        expected = deadline.legal.year > 2026
    elif limit.roll is Roll.WORKDAY or (limit.whose is Whose.OFFICE and limit.mode in (Mode.WINDOW, Mode.BEFORE)):
        expected = max(deadline.raw, deadline.legal).year > 2026
    else:
        expected = False
    assert deadline.provisional == expected


@given(st.sampled_from(FORWARD), ANY)
def test_the_proof_counts_to_the_length_and_tells_every_day_once(limit, trigger):
    deadline = due(limit, trigger, CALENDAR)
    steps = deadline.proof
    assert steps[-1].number == limit.length
    if limit.unit in (Unit.WD, Unit.CD):
        assert sum(step.kind is StepKind.COUNTED for step in steps) == limit.length
        days = sorted({step.on for step in steps})
        assert days[0] == trigger and days[-1] == deadline.legal
        assert all(after - before == ONE for before, after in pairwise(days))


@given(st.sampled_from(HOURLY), st.integers(0, 31 * 366 * 86400).map(lambda seconds: datetime(2004, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)))
def test_hours_end_on_a_full_hour_and_give_the_whole_length(limit, trigger):
    deadline = due(limit, trigger, CALENDAR)
    slack = deadline.legal - trigger - timedelta(hours=limit.length)
    assert timedelta(0) < slack <= timedelta(hours=1)
    assert (deadline.legal.minute, deadline.legal.second, deadline.legal.microsecond) == (0, 0, 0)
    assert not deadline.provisional

"""The arithmetic of a limit on ordinals: last day counted, last day after rolling, day to aim at."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date

from common.clocks.calendar import Calendar, DayIndex
from common.clocks.changes import Halt
from common.clocks.model import Extension, Limit, Mode, Roll, Unit, Whose


@dataclass(frozen=True, slots=True)
class Reckoning:
    """Everything that one count stands on; the proof is made from it."""

    limit: Limit
    start: date
    total: int
    calendar: Calendar
    index: DayIndex
    halts: tuple[Halt, ...] = ()
    extensions: tuple[Extension, ...] = ()
    place: str | None = None

    def halt_on(self, day: int) -> Halt | None:
        """The pause that covers the ordinal."""
        return next((halt for halt in self.halts if halt.first <= day <= halt.last), None)


def add_months(start: date, months: int) -> date:
    """The same day `months` later, or the last day of a month that has no such day (民法典 art. 202)."""
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    return date(year, month + 1, min(start.day, monthrange(year, month + 1)[1]))


def raw_day(reckoning: Reckoning) -> int:
    """The last day as counted, before any rolling."""
    limit, start, total = reckoning.limit, reckoning.start, reckoning.total
    signed = -total if limit.mode is Mode.BEFORE else total
    if limit.unit is Unit.WD:
        return _past_halts(reckoning, reckoning.index.add(start.toordinal(), total))
    if limit.unit is Unit.CD:
        return _past_halts(reckoning, start.toordinal() + signed)
    return add_months(start, signed * 12 if limit.unit is Unit.Y else signed).toordinal()


def legal_day(reckoning: Reckoning, raw: int) -> int:
    """The last day on which the act is in time (O18 art. 55, APP, 民法典 art. 203)."""
    if reckoning.limit.roll is Roll.NONE:
        return raw
    day = raw
    while _is_rest(reckoning, day) or reckoning.halt_on(day):
        day += 1
    return day


def target_day(reckoning: Reckoning, raw: int, legal: int) -> int:
    """The last working day not after the raw date for bureaux and laboratories; the legal day where there is none, and for a party."""
    if not has_target(reckoning.limit):
        return legal
    day, earliest = reckoning.index.last(raw), _earliest(reckoning)
    while day >= earliest and reckoning.halt_on(day):
        day = reckoning.index.last(day - 1)
    return day if day >= earliest else legal


def has_target(limit: Limit) -> bool:
    """Whether the limit keeps two dates (domain.md 2.12)."""
    return limit.whose is Whose.OFFICE and limit.mode not in (Mode.BAN, Mode.KEEP) and limit.length != 0


def opening_day(limit: Limit, start: date, raw: int) -> int | None:
    """The first day on which the act is allowed: after a ban or a keeping period, or when a window opens."""
    if limit.mode is Mode.WINDOW:
        return start.toordinal() + limit.opens_after + 1
    return raw + 1 if limit.mode in (Mode.BAN, Mode.KEEP) else None


def _past_halts(reckoning: Reckoning, raw: int) -> int:
    # halts are sorted and apart: each that begins before the end reached so far pushes it by the days it takes away
    for halt in reckoning.halts:
        if halt.first > raw:
            break
        before = max(halt.first - 1, reckoning.start.toordinal())
        if halt.last <= before:
            continue
        in_workdays = reckoning.limit.unit is Unit.WD
        raw = reckoning.index.add(raw, reckoning.index.between(before, halt.last)) if in_workdays else raw + halt.last - before
    return raw


def _is_rest(reckoning: Reckoning, day: int) -> bool:
    if reckoning.limit.roll is Roll.STATUTORY:
        return reckoning.calendar.is_holiday(day)
    return not reckoning.index.works(day)


def _earliest(reckoning: Reckoning) -> int:
    limit, start = reckoning.limit, reckoning.start.toordinal()
    if limit.mode is Mode.BEFORE:
        return 0
    return start + limit.opens_after + 1 if limit.mode is Mode.WINDOW else start

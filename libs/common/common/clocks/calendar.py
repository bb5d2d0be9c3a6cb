"""The working-day calendar (工作日历): chinesecalendar's years, rows of our own, and a prefecture's own days apart."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from importlib.metadata import version as installed_version

from chinese_calendar.constants import holidays, workdays

from common.clocks.assumed import LAST_YEAR, assumed_holidays
from common.clocks.model import ClockRefused

FIRST_YEAR = 2004
_BASE = date(FIRST_YEAR, 1, 1).toordinal()
_SPAN = date(LAST_YEAR, 12, 31).toordinal() - _BASE + 1
_WEEKDAYS = "一二三四五六日"
_NAMES = {
    "New Year's Day": "元旦",
    "Spring Festival": "春节",
    "Tomb-sweeping Day": "清明节",
    "Labour Day": "劳动节",
    "Dragon Boat Festival": "端午节",
    "National Day": "国庆节",
    "Mid-autumn Festival": "中秋节",
    "Anti-Fascist 70th Day": "抗战胜利70周年纪念日",
}


class DayKind(StrEnum):
    """How an announced day differs from the plain week."""

    REST = "rest"  # 放假、调休
    WORK = "work"  # 调休上班


@dataclass(frozen=True, slots=True)
class Day:
    """One row of a notice; `prefecture` (four digits) for a local holiday, None for the State Council's."""

    on: date
    kind: DayKind
    source: str
    version: int = 1
    prefecture: str | None = None
    name: str = ""


class DayIndex:
    """Working days of one place as two arrays, so that counting is a subtraction. Days are ordinals."""

    __slots__ = ("_before", "_nth")

    def __init__(self, working: Iterable[bool]) -> None:
        self._before, self._nth = [0], []
        for offset, works in enumerate(working):
            if works:
                self._nth.append(_BASE + offset)
            self._before.append(len(self._nth))

    def add(self, start: int, count: int) -> int:
        """The count-th working day after `start`, which itself is not counted."""
        at = self.count_to(start) + count - 1
        if at >= len(self._nth):
            raise _outside()
        return self._nth[at] if count else start

    def nth(self, number: int) -> int:
        """The working day with that number from the calendar's beginning, counted from 1."""
        return self._nth[number - 1]

    def count_to(self, day: int) -> int:
        """Working days from the calendar's beginning to `day`, included."""
        if not 0 <= day - _BASE < _SPAN:
            raise _outside()
        return self._before[day - _BASE + 1]

    def between(self, after: int, last: int) -> int:
        """Working days later than `after` and not later than `last`."""
        return self.count_to(last) - self.count_to(after)

    def next(self, day: int) -> int:
        """`day` or the first working day after it."""
        return day if self.works(day) else self.add(day, 1)

    def last(self, day: int) -> int:
        """`day` or the last working day before it."""
        at = self.count_to(day)
        if not at:
            raise _outside()
        return self._nth[at - 1]

    def works(self, day: int) -> bool:
        """Whether `day` is a working day."""
        count = self.count_to(day)
        return count > 0 and self._nth[count - 1] == day


class Calendar:
    """All announced days. Never changed: `with_days` gives a new one. `announced` are the years whose notice is in it."""

    __slots__ = ("_indexes", "_local", "_national", "announced", "days", "version")

    def __init__(self, days: Iterable[Day], announced: Iterable[int], version: str) -> None:
        self.days, self.announced, self.version = tuple(days), frozenset(announced), version
        newest = {(day.on.toordinal(), day.prefecture): day for day in sorted(self.days, key=lambda day: day.version)}
        self._national = {on: day for (on, place), day in newest.items() if place is None}
        self._local = {(on, place): day for (on, place), day in newest.items() if place is not None}
        self._indexes: dict[str | None, DayIndex] = {}
        _check_announced(self.announced, self._national.values())
        for day in assumed_holidays(set(range(FIRST_YEAR, LAST_YEAR + 1)) - self.announced):
            assumed = Day(day.on, DayKind.REST, "推定", 0, None, day.name + "（推定，当年放假安排未公布）")
            self._national.setdefault(day.on.toordinal(), assumed)

    def with_days(self, days: Iterable[Day], *, announced: Iterable[int] = (), version: str = "") -> "Calendar":
        """A calendar with more rows (a newer version of a day wins) and with the years whose notice is now complete."""
        added = tuple(days)
        return Calendar(self.days + added, self.announced | set(announced), version or f"{self.version}+{len(added)}")

    def index(self, prefecture: str | None = None) -> DayIndex:
        """The arrays for a prefecture's own working days, or with None for national limits."""
        place = prefecture[:4] if prefecture else None
        index = self._indexes.get(place)
        if index is None:
            index = self._indexes[place] = DayIndex(self._works(on, place) for on in range(_BASE, _BASE + _SPAN))
        return index

    def is_workday(self, on: date, prefecture: str | None = None) -> bool:
        """Whether people work on that day: nationally, or with `prefecture` there."""
        return self.index(prefecture).works(on.toordinal())

    def is_holiday(self, on: int) -> bool:
        """Whether the ordinal lies in an announced (or assumed) national rest period; a plain weekend does not."""
        day = self._national.get(on)
        return day is not None and day.kind is DayKind.REST

    def unannounced(self, first: int, last: int) -> bool:
        """Whether the stretch of ordinals touches a year without its notice."""
        years = range(date.fromordinal(first).year, date.fromordinal(last).year + 1)
        return any(year not in self.announced for year in years)

    def describe(self, on: int, prefecture: str | None = None) -> str:
        """Why a day is worked or not, in Chinese."""
        day = self._day(on, prefecture[:4] if prefecture else None)
        weekday = "星期" + _WEEKDAYS[(on - 1) % 7]
        if day is None:
            return weekday
        if day.kind is DayKind.WORK:
            return f"{weekday}，{day.name}调休上班"
        return day.name if day.version == 0 else f"{day.name}放假"

    def _day(self, on: int, place: str | None) -> Day | None:
        return self._local.get((on, place or "")) or self._national.get(on)

    def _works(self, on: int, place: str | None) -> bool:
        day = self._day(on, place)
        return (on - 1) % 7 < 5 if day is None else day.kind is DayKind.WORK


def _outside() -> ClockRefused:
    return ClockRefused("outside_calendar", f"日期超出工作日历范围（{FIRST_YEAR}—{LAST_YEAR}年）")


def _check_announced(years: frozenset[int], national: Iterable[Day]) -> None:
    # a year declared complete without a single rest day is a failed import, and would make every date in it wrong
    empty = years - {day.on.year for day in national if day.kind is DayKind.REST}
    if empty:
        raise ClockRefused("year_without_days", f"{min(empty)}年标为已公布，但没有任何放假日")
    if min(years, default=FIRST_YEAR) < FIRST_YEAR or max(years, default=FIRST_YEAR) > LAST_YEAR:
        raise _outside()


@lru_cache(maxsize=1)
def national_calendar() -> Calendar:
    """The calendar that comes with the platform: the State Council's notices as chinesecalendar holds them (2004-2026)."""
    source = f"chinesecalendar {installed_version('chinesecalendar')}"
    rest = (Day(on, DayKind.REST, source, 1, None, _NAMES.get(name, name)) for on, name in holidays.items())
    work = (Day(on, DayKind.WORK, source, 1, None, _NAMES.get(name, name)) for on, name in workdays.items())
    days = sorted((*rest, *work), key=lambda day: day.on)
    return Calendar(days, {on.year for on in holidays if on.month > 1}, source)

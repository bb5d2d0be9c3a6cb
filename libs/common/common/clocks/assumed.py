"""The thirteen holidays that the law fixes in advance (全国年节及纪念日放假办法, 2024-11-10), for years not yet announced.

Only the law's own days: which weekends are bridged or worked is unknown until the State Council's notice, so every
date that leans on them is provisional and is computed again when the notice is loaded.
"""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import NamedTuple

# year: New Year's Eve of the lunar year (除夕), 清明, 端午, 中秋, each as month and day
_LUNAR = {
    2027: ((2, 5), (4, 5), (6, 9), (9, 15)),
    2028: ((1, 25), (4, 4), (5, 28), (10, 3)),
    2029: ((2, 12), (4, 4), (6, 16), (9, 22)),
    2030: ((2, 2), (4, 5), (6, 5), (9, 12)),
    2031: ((1, 22), (4, 5), (6, 24), (10, 1)),
    2032: ((2, 10), (4, 4), (6, 12), (9, 19)),
    2033: ((1, 30), (4, 4), (6, 1), (9, 8)),
    2034: ((2, 18), (4, 5), (6, 20), (9, 27)),
    2035: ((2, 7), (4, 5), (6, 10), (9, 16)),
    2036: ((1, 27), (4, 4), (5, 30), (10, 4)),
    2037: ((2, 14), (4, 4), (6, 18), (9, 24)),
    2038: ((2, 3), (4, 5), (6, 7), (9, 13)),
    2039: ((1, 23), (4, 5), (5, 27), (10, 2)),
    2040: ((2, 11), (4, 4), (6, 14), (9, 20)),
    2041: ((1, 31), (4, 4), (6, 3), (9, 10)),
    2042: ((1, 21), (4, 4), (6, 22), (9, 28)),
    2043: ((2, 9), (4, 5), (6, 11), (9, 17)),
    2044: ((1, 29), (4, 4), (5, 31), (10, 5)),
    2045: ((2, 16), (4, 4), (6, 19), (9, 25)),
}
LAST_YEAR = max(_LUNAR)


class AssumedHoliday(NamedTuple):
    """A day off that the law itself names."""

    on: date
    name: str


def assumed_holidays(years: Iterable[int]) -> Iterator[AssumedHoliday]:
    """The law's own holidays of the years (those before the table have announced calendars and give only fixed days)."""
    for year in years:
        yield AssumedHoliday(date(year, 1, 1), "元旦")
        yield from (AssumedHoliday(date(year, 5, day), "劳动节") for day in (1, 2))
        yield from (AssumedHoliday(date(year, 10, day), "国庆节") for day in (1, 2, 3))
        if year in _LUNAR:
            eve, qingming, duanwu, zhongqiu = (date(year, *month_day) for month_day in _LUNAR[year])
            yield from (AssumedHoliday(eve + timedelta(days=offset), "春节") for offset in range(4))
            yield AssumedHoliday(qingming, "清明节")
            yield AssumedHoliday(duanwu, "端午节")
            yield AssumedHoliday(zhongqiu, "中秋节")

"""The one place that asks the clock which day it is in Shanghai; rules get it as an argument, and refuse what lies ahead of it or out of order."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from common.errors import Invalid

SHANGHAI = ZoneInfo("Asia/Shanghai")


def today() -> date:
    """Today's date in Shanghai."""
    return datetime.now(SHANGHAI).date()


def check_not_future(day: date, today: date, pointer: str) -> None:
    """Entering last week's paper is normal, next week's is not."""
    if day > today:
        raise Invalid("date_future", "日期不能晚于今天", "the date lies in the future", pointer=pointer)


def check_not_before(day: date, earlier: date | None, pointer: str) -> None:
    """An act cannot carry a date before the step that it follows."""
    if earlier is not None and day < earlier:
        raise Invalid("date_order", f"日期不能早于上一环节({earlier})", f"earlier than the step before it ({earlier})", pointer=pointer)

"""The one place that asks the clock which day it is in Shanghai; rules get it as an argument."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


def today() -> date:
    """Today's date in Shanghai."""
    return datetime.now(SHANGHAI).date()

"""What a laboratory's time limits are (F01-F05, P03), when they end, and the share that was kept (K13, domain §3)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Any

from common.clocks import LIMITS, Deadline, Limit, agreed, due, national_calendar, remaining
from sampling.rules.samples import Programme

# O18 art. 32 gives no days for products: the detailed rules or the contract do. This is the default where they are silent [D].
PRODUCT_DAYS = 20
LOOK_BACK_DAYS = 120  # no limit of a report is longer: what was received before is late
LONGEST_PERIOD_DAYS = 366
_CLOCKS: Mapping[str, Limit] = {**LIMITS, "P03": agreed(LIMITS["P03"], PRODUCT_DAYS)}
REPORT_CLOCKS: Mapping[Programme, str] = {Programme.FOOD: "F02", Programme.PRODUCT: "P03"}


@lru_cache(maxsize=8192)
def deadline(clock: str, trigger: date) -> Deadline:
    """The dates of a limit of the laboratory; P03 with the default days. Days repeat, so each is counted once."""
    return due(_CLOCKS[clock], trigger, national_calendar())


def latest_ended(clock: str, on: date, *, within: bool = False) -> date:
    """The latest day of beginning whose limit ended before `on`, or (`within`) not after it: what began by then is due by then."""
    day = on
    while deadline(clock, day).legal > on or (not within and deadline(clock, day).legal == on):
        day -= timedelta(days=1)
    return day


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a duty stands on a day: when it ends, which colour, how it was counted."""

    clock: str
    due: date
    target: date
    late: bool
    colour: str
    left: int
    provisional: bool
    proof: list[dict[str, Any]]


def standing(clock: str, trigger: date, on: date) -> Standing:
    """The duty of a clock that began on `trigger`, seen on `on` (for limits in hours both are moments)."""
    found = deadline(clock, trigger) if not isinstance(trigger, datetime) else due(_CLOCKS[clock], trigger, national_calendar())
    left = remaining(found, on)
    steps = [{"on": step.on.isoformat(), "kind": step.kind.value, "reason": step.reason, "number": step.number} for step in found.proof]
    return Standing(clock, found.legal, found.target, left.left < 0 or on > found.legal, left.colour.value, left.left, found.provisional, steps)


def due_days(clocks: Iterable[str], first: date, last: date) -> dict[str, list[date]]:
    """The days from first to last and, for each clock, the last day when it begins on that day: columns of a table."""
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return {"day": days} | {clock: [deadline(clock, day).legal for day in days] for clock in clocks}


def rate(part: int, whole: int) -> str | None:
    """A percentage to two decimals, half up; None when there is nothing to divide by (domain §3: never 0 or 100 %)."""
    if not whole:
        return None
    return str((Decimal(part) * 100 / Decimal(whole)).quantize(Decimal("0.01"), ROUND_HALF_UP))

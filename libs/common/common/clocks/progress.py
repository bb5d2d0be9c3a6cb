"""Where a limit stands on a given day: late, colour, alerts. The day comes in as an argument."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from common.clocks.counting import Deadline
from common.clocks.model import ClockRefused, Mode, Unit, local_day, local_time

_ALERTS = (5, 3, 1)


class Colour(StrEnum):
    """Traffic light of domain.md 2.12."""

    GREEN = "绿"
    YELLOW = "黄"
    RED = "红"


@dataclass(frozen=True, slots=True)
class Remaining:
    """What is left until the legal end: units of the limit (working days, days or full hours), negative when overdue."""

    colour: Colour
    left: int
    total: int
    past_target: bool


@dataclass(frozen=True, slots=True)
class Alert:
    """A day on which somebody must be told; `label` is T-5, T-3, T-1 or T."""

    label: str
    on: date


def is_late(deadline: Deadline, on: date) -> bool:
    """Whether an act done on `on` is out of time (逾期); the last day counts until 24:00."""
    _check_has_end(deadline)
    return _moment(deadline, on) > deadline.legal


def is_open(deadline: Deadline, on: date) -> bool:
    """Whether the act is allowed on that day: a window has opened and not closed, a ban or a keeping period is over."""
    moment = _moment(deadline, on)
    if deadline.opens is not None and moment < deadline.opens:
        return False
    return deadline.limit.mode in (Mode.BAN, Mode.KEEP) or moment <= deadline.legal


def remaining(deadline: Deadline, on: date) -> Remaining:
    """How much is left and in which colour: green over 30 %, yellow from there or past the target, red overdue."""
    _check_has_end(deadline)
    moment = _moment(deadline, on)
    left, total = _units(deadline, moment, deadline.legal), _units(deadline, _began(deadline), deadline.legal)
    past_target = moment > deadline.target
    if moment > deadline.legal:
        return Remaining(Colour.RED, left, total, past_target)
    plenty = left * 10 > total * 3 and not past_target
    return Remaining(Colour.GREEN if plenty else Colour.YELLOW, left, total, past_target)


def alert_dates(deadline: Deadline) -> tuple[Alert, ...]:
    """T-5, T-3, T-1 working days before the date aimed at, and the day itself; those not after the trigger are left out."""
    _check_has_end(deadline)
    index, goal = deadline.reckoning.index, local_day(deadline.target)
    began = local_day(_began(deadline))
    end = index.count_to(goal.toordinal()) + (not index.works(goal.toordinal()))
    alerts = [Alert(f"T-{days}", date.fromordinal(index.nth(end - days))) for days in _ALERTS if end > days]
    return (*(alert for alert in alerts if alert.on > began), Alert("T", goal))


def kept_until(deadline: Deadline, shelf_life_ends: date | None) -> date:
    """The last day on which a reserve sample must be kept: O15 art. 25, or the end of shelf life if that comes first."""
    if deadline.limit.mode is not Mode.KEEP:
        raise ClockRefused("not_a_keeping_period", f"{deadline.limit_id}不是保存期限")
    return deadline.legal if shelf_life_ends is None else min(deadline.legal, shelf_life_ends)


def _check_has_end(deadline: Deadline) -> None:
    if deadline.limit.mode in (Mode.BAN, Mode.KEEP):
        raise ClockRefused("not_a_deadline", f"{deadline.limit_id}是禁止期或者保持期，没有逾期")


def _moment(deadline: Deadline, on: date) -> date:
    return local_time(on) if isinstance(deadline.legal, datetime) else local_day(on)


def _began(deadline: Deadline) -> date:
    # a period counted backwards begins, for the traffic light, as long before its end as it is itself long
    if deadline.limit.mode is not Mode.BEFORE:
        return deadline.trigger
    return deadline.raw - (deadline.trigger - deadline.raw)


def _units(deadline: Deadline, start: date, end: date) -> int:
    if isinstance(start, datetime) and isinstance(end, datetime):
        return int((end - start).total_seconds() // 3600)
    first, last = start.toordinal(), end.toordinal()
    if last < first:
        return -_units(deadline, end, start)
    halted = sum(_span(deadline, max(first, halt.first - 1), min(last, halt.last)) for halt in deadline.reckoning.halts)
    return _span(deadline, first, last) - halted


def _span(deadline: Deadline, after: int, last: int) -> int:
    if last <= after:
        return 0
    return deadline.reckoning.index.between(after, last) if deadline.limit.unit is Unit.WD else last - after

"""The one function that turns a trigger into dates (domain.md 2.12). No clock of the machine, no I/O."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from common.clocks.calendar import Calendar
from common.clocks.changes import extended_by, merged
from common.clocks.model import ClockRefused, Extension, Limit, Pause, Roll, Step, Unit, local_day, local_time
from common.clocks.proof import prove, prove_hours
from common.clocks.reckoning import Reckoning, has_target, legal_day, opening_day, raw_day, target_day

_LONGEST_AGREED = 1200


@dataclass(frozen=True, slots=True)
class Deadline:
    """A computed limit. Dates are days in Shanghai; of a limit in hours they are aware datetimes.

    `raw` is the last day as counted, `legal` the last day after rolling, `target` the day a bureau or laboratory aims at
    (equal to `legal` for a party). `opens` is the first day on which the act is allowed, where there is such a day.
    """

    limit_id: str
    trigger: date
    raw: date
    legal: date
    target: date
    provisional: bool
    opens: date | None
    reckoning: Reckoning = field(repr=False, compare=False)

    @property
    def proof(self) -> tuple[Step, ...]:
        """The count, day by day, made only when asked for."""
        if self.reckoning.limit.unit is Unit.H:
            return prove_hours(self.reckoning, local_time(self.trigger), local_time(self.raw))
        return prove(self.reckoning, self.raw.toordinal(), self.legal.toordinal())

    @property
    def limit(self) -> Limit:
        """The limit as it was when counted."""
        return self.reckoning.limit

    @property
    def calendar_version(self) -> str:
        """The calendar that the dates stand on."""
        return self.reckoning.calendar.version


def due(
    limit: Limit,
    trigger: date,
    calendar: Calendar,
    *,
    extensions: Sequence[Extension] = (),
    pauses: Sequence[Pause] = (),
    prefecture: str | None = None,
) -> Deadline:
    """The dates of `limit` when its trigger fell on `trigger`, which is not counted (起算日不计入); a datetime must be aware."""
    if limit.length is None:
        raise ClockRefused("no_length", f"{limit.id}{limit.name}：条文没有规定日数，须先约定")
    place = prefecture if limit.local_holidays else None
    reckoning = Reckoning(limit, local_day(trigger), limit.length, calendar, calendar.index(place), place=place)
    if pauses:
        reckoning = replace(reckoning, halts=merged(limit, pauses))
    for number, extension in enumerate(extensions):
        reckoning = _extended(reckoning, number, extension)
    if limit.unit is Unit.H:
        return _in_hours(reckoning, trigger)
    return _in_days(reckoning)


def agreed(limit: Limit, length: int, unit: Unit | None = None) -> Limit:
    """The limit with the length that a contract, the detailed rules or a decision sets (约定期限)."""
    if not limit.agreeable:
        raise ClockRefused("not_agreeable", f"{limit.id}{limit.name}：期限由法规规定，不能约定")
    if not 1 <= length <= _LONGEST_AGREED:
        raise ClockRefused("bad_length", f"约定的期限应在1至{_LONGEST_AGREED}之间")
    return replace(limit, length=length, unit=unit or limit.unit)


def _in_days(reckoning: Reckoning) -> Deadline:
    limit, day = reckoning.limit, date.fromordinal
    raw = raw_day(reckoning)
    legal = legal_day(reckoning, raw)
    target = target_day(reckoning, raw, legal)
    opens = opening_day(limit, reckoning.start, raw)
    return Deadline(
        limit.id,
        reckoning.start,
        day(raw),
        day(legal),
        day(target),
        _leans_on_unannounced(reckoning, min(raw, target), legal),
        None if opens is None else day(opens),
        reckoning,
    )


def _in_hours(reckoning: Reckoning, trigger: date) -> Deadline:
    moment = local_time(trigger)
    # the trigger's hour is not counted: counting starts at the next full hour, also when it fell on the stroke
    first = moment.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    end = first + timedelta(hours=reckoning.total)
    return Deadline(reckoning.limit.id, moment, end, end, end, False, None, reckoning)


def _extended(reckoning: Reckoning, number: int, extension: Extension) -> Reckoning:
    legal = reckoning.start if not reckoning.limit.extensions else date.fromordinal(legal_day(reckoning, raw_day(reckoning)))
    more = extended_by(reckoning.limit, number, extension, reckoning.start, legal)
    return replace(reckoning, total=reckoning.total + more, extensions=(*reckoning.extensions, extension))


def _leans_on_unannounced(reckoning: Reckoning, last_days: int, legal: int) -> bool:
    # working days need the calendar from the first day counted; calendar days only where the end is rolled or aimed
    limit = reckoning.limit
    if limit.unit is Unit.WD:
        return reckoning.calendar.unannounced(reckoning.start.toordinal() + 1, legal)
    if limit.roll is Roll.NONE and not has_target(limit):
        return False
    return reckoning.calendar.unannounced(last_days, legal)

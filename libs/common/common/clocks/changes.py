"""What may move a running limit: pauses (中止) and approved extensions (延期), and when the law refuses them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from common.clocks.model import ClockRefused, Extension, ExtensionRule, Limit, Pause, local_day


@dataclass(frozen=True, slots=True)
class Halt:
    """A stretch of ordinals that does not count; overlapping and touching pauses are one."""

    first: int
    last: int
    reason: str


def merged(limit: Limit, pauses: Iterable[Pause]) -> tuple[Halt, ...]:
    """The pauses as stretches, sorted and apart; a pause that the article does not know is refused."""
    halts: list[Halt] = []
    for pause in sorted(pauses, key=lambda pause: (pause.start, pause.end)):
        halt = _checked(limit, pause)
        if halts and halt.first <= halts[-1].last + 1:
            before = halts.pop()
            halt = Halt(before.first, max(before.last, halt.last), before.reason)
        halts.append(halt)
    return tuple(halts)


def extended_by(limit: Limit, number: int, extension: Extension, start: date, legal: date) -> int:
    """The days that the extension adds, once it is found lawful; `legal` is the date it wants to move."""
    rule = _rule(limit, number)
    approved_on = local_day(extension.approved_on)
    if approved_on > legal:
        raise ClockRefused("extension_after_expiry", f"{limit.id}已于{legal.isoformat()}届满，{approved_on.isoformat()}批准的延期无效")
    if approved_on < start:
        raise ClockRefused("extension_before_trigger", f"{limit.id}自{start.isoformat()}起算，不能在此之前批准延期")
    if extension.length < 1:
        raise ClockRefused("bad_length", "延长的期限至少为1")
    if rule.length is not None and extension.length > rule.length:
        raise ClockRefused("extension_too_long", f"{limit.id}本次最多延长{rule.length}，不能延长{extension.length}")
    return extension.length


def _rule(limit: Limit, number: int) -> ExtensionRule:
    if not limit.extensions:
        raise ClockRefused("not_extendable", f"{limit.id}{limit.name}：不得延期")
    if number < len(limit.extensions):
        return limit.extensions[number]
    if not limit.extensions[-1].repeatable:
        raise ClockRefused("extension_exhausted", f"{limit.id}{limit.name}：已延期{number}次，不得再次延期")
    return limit.extensions[-1]


def _checked(limit: Limit, pause: Pause) -> Halt:
    if not limit.may_pause(pause.kind):
        raise ClockRefused("not_pausable", f"{limit.id}{limit.name}：不因{pause.kind.zh}中止")
    first, last = local_day(pause.start), local_day(pause.end)
    if last < first:
        raise ClockRefused("pause_reversed", f"中止止日{last.isoformat()}早于起日{first.isoformat()}")
    return Halt(first.toordinal(), last.toordinal(), pause.reason or pause.kind.zh)

"""The proof of a count: every day with what was done with it and why, so that a person can check it (计算过程)."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from common.clocks.model import Mode, Step, StepKind, Unit
from common.clocks.reckoning import Reckoning

_PERIOD = {Unit.M: "个月", Unit.Y: "年"}


def prove(reckoning: Reckoning, raw: int, legal: int) -> tuple[Step, ...]:
    """The steps of a limit in days, months or years."""
    by_day = reckoning.limit.unit in (Unit.WD, Unit.CD) and reckoning.limit.mode is not Mode.BEFORE
    counted = _days(reckoning, raw) if by_day else _leap(reckoning, raw)
    return (_start(reckoning), *counted, *_rolled(reckoning, raw, legal))


def prove_hours(reckoning: Reckoning, trigger: datetime, end: datetime) -> tuple[Step, ...]:
    """The steps of a limit in hours."""
    first = end - timedelta(hours=reckoning.total)
    return (
        Step(trigger, StepKind.START, "起算时点所在的小时不计入", 0),
        Step(first, StepKind.COUNTED, "自下一整点起计算", 0),
        Step(end, StepKind.COUNTED, f"满{reckoning.total}小时", reckoning.total),
    )


def render(steps: tuple[Step, ...]) -> str:
    """The proof as lines of Chinese text."""
    return "\n".join(f"{_stamp(step.on)}　{step.reason}" for step in steps)


def _stamp(on: date) -> str:
    return on.strftime("%Y-%m-%d %H:%M") if isinstance(on, datetime) else on.isoformat()


def _start(reckoning: Reckoning) -> Step:
    word = "期日" if reckoning.limit.mode is Mode.BEFORE else "起算日"
    return Step(reckoning.start, StepKind.START, f"{reckoning.limit.trigger}，{word}不计入", 0)


def _leap(reckoning: Reckoning, raw: int) -> Iterator[Step]:
    limit, end = reckoning.limit, date.fromordinal(raw)
    word = "倒推" if limit.mode is Mode.BEFORE else "满"
    missing = "，无对应日，取当月末日" if limit.unit in _PERIOD and end.day != reckoning.start.day else ""
    yield Step(end, StepKind.COUNTED, f"{word}{reckoning.total}{_PERIOD.get(limit.unit, '日')}{missing}", reckoning.total)


def _days(reckoning: Reckoning, raw: int) -> Iterator[Step]:
    number = 0
    for day in range(reckoning.start.toordinal() + 1, raw + 1):
        step = _day(reckoning, day, number + 1)
        number = step.number
        yield step


def _day(reckoning: Reckoning, day: int, number: int) -> Step:
    on, halt, in_workdays = date.fromordinal(day), reckoning.halt_on(day), reckoning.limit.unit is Unit.WD
    known = reckoning.calendar.describe(day, reckoning.place)
    if in_workdays and not reckoning.index.works(day):
        return Step(on, StepKind.SKIPPED, f"{known}，不计入", number - 1)
    if halt:
        return Step(on, StepKind.PAUSED, f"中止：{halt.reason}，不计入", number - 1)
    words = f"第{number}{'个工作日' if in_workdays else '日'}（{known}）"
    if reckoning.limit.mode is Mode.WINDOW:
        words += "，窗口内" if number > reckoning.limit.opens_after else "，窗口未开"
    if number > (reckoning.limit.length or 0):
        return Step(on, StepKind.EXTENDED, f"{words}，{_approval(reckoning, number)}", number)
    return Step(on, StepKind.COUNTED, words, number)


def _approval(reckoning: Reckoning, number: int) -> str:
    reached = reckoning.limit.length or 0
    for extension in reckoning.extensions:
        reached += extension.length
        if number <= reached:
            break
    return f"延期（{extension.approved_on.isoformat()}{extension.approved_by}批准{extension.document}）"


def _rolled(reckoning: Reckoning, raw: int, legal: int) -> Iterator[Step]:
    for day in range(raw, legal):
        halt = reckoning.halt_on(day)
        why = f"中止：{halt.reason}" if halt else reckoning.calendar.describe(day, reckoning.place)
        yield Step(date.fromordinal(day), StepKind.ROLLED, f"末日为{why}，顺延", reckoning.total)
    if legal != raw:
        known = reckoning.calendar.describe(legal, reckoning.place)
        yield Step(date.fromordinal(legal), StepKind.ROLLED, f"顺延至此日届满（{known}）", reckoning.total)

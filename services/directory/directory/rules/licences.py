"""Licences (许可证): their states, which state may follow which, and what holds on a given day."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args

from common.errors import Invalid, Refused

Kind = Literal["SC", "JY", "XK", "CCC", "小作坊"]
Status = Literal["有效", "过期", "注销", "撤销", "吊销", "暂扣"]
STATUSES: tuple[str, ...] = get_args(Status)

#: What may follow; 吊销, 撤销 and 注销 are the end (行政许可法 art. 69, 70). 过期 follows from the last day and is never set by hand.
NEXT = {
    "有效": frozenset({"注销", "撤销", "吊销", "暂扣"}),
    "暂扣": frozenset({"有效", "注销", "撤销", "吊销"}),
    "注销": frozenset[str](),
    "撤销": frozenset[str](),
    "吊销": frozenset[str](),
}
ENDED = frozenset({"注销", "撤销", "吊销"})


@dataclass(frozen=True, slots=True)
class Licence:
    """One licence as it was granted or as a sheet tells it; a renewal with the same number is another licence."""

    kind: str
    number: str
    valid_from: date
    valid_to: date | None
    status: str = "有效"
    scope: str = ""
    issuer: str = ""

    @property
    def key(self) -> tuple[str, str, date]:
        return self.kind, self.number, self.valid_from


def check_period(licence: Licence, today: date) -> None:
    """Refuse a licence that starts in the future or ends before it starts."""
    if licence.valid_from > today:
        raise Invalid("date_future", "许可证起始日期不能晚于今天", "a licence cannot start in the future", pointer="/valid_from")
    if licence.valid_to is not None and licence.valid_to < licence.valid_from:
        raise Invalid("date_order", "许可证截止日期早于起始日期", "the licence ends before it starts", pointer="/valid_to")


def check_move(now: str, since: date, to: str, on: date, today: date) -> None:
    """Refuse a state that cannot follow, or a day that is in the future or before the last change."""
    if to not in NEXT.get(now, frozenset()):
        raise Refused("licence_status", f"许可证状态不能由“{now}”变为“{to}”", f"a licence that is {now} cannot become {to}")
    if on > today:
        raise Invalid("date_future", "日期不能晚于今天", "the day is in the future", pointer="/on")
    if on < since:
        raise Refused("licence_status_order", "日期早于上一次状态变更", "the day is before the last change")


def status_on(valid_from: date, valid_to: date | None, history: Iterable[tuple[date, str]], day: date) -> str:
    """The licence's state (许可证状态) on a day, from its changes in order: 未生效 before it starts, 过期 after its last day."""
    if day < valid_from:
        return "未生效"
    status = "有效"
    for since, changed in history:
        if since <= day:
            status = changed
    return "过期" if status in ("有效", "暂扣") and valid_to is not None and day > valid_to else status

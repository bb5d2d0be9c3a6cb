"""K4, K5, K6 and K6b (domain.md 3): exact counts over facts, each number with the legs behind it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from uuid import UUID


class Indicator(StrEnum):
    """The indicators of disposal."""

    K4 = "K4"
    K5 = "K5"
    K6 = "K6"
    K6B = "K6b"


NAMES: Mapping[Indicator, str] = {
    Indicator.K4: "启动及时率",
    Indicator.K5: "核查处置率",
    Indicator.K6: "按时完成率",
    Indicator.K6B: "未延期按时完成率",
}


class GroupBy(StrEnum):
    """How the legs are grouped."""

    NONE = "none"
    PREFECTURE = "prefecture"
    COUNTY = "county"


@dataclass(frozen=True, slots=True)
class Fact:
    """What the indicators need of one leg. `due_on` has the extensions approved by the cut-off, `legal_on` none."""

    leg_id: UUID
    region_code: str
    outbound: bool
    received_on: date | None
    closed_on: date | None
    halted_on: date | None
    start_due_on: date | None
    legal_on: date
    due_on: date


@dataclass(frozen=True, slots=True)
class Count:
    """Numerator and denominator of one indicator."""

    numerator: int
    denominator: int

    @property
    def percent(self) -> str | None:
        """Two decimals, HALF_UP; None for an empty denominator, never 0 % or 100 %."""
        if not self.denominator:
            return None
        return str((Decimal(self.numerator) * 100 / Decimal(self.denominator)).quantize(Decimal("0.01"), ROUND_HALF_UP))


def counts(indicator: Indicator, fact: Fact, as_of: date) -> bool | None:
    """True: in numerator and denominator; False: only in the denominator; None: not due, halted, or not of this indicator."""
    if fact.halted_on is not None and fact.halted_on <= as_of:
        return None
    return _RULES[indicator](fact, as_of)


def tally(indicator: Indicator, facts: Iterable[Fact], as_of: date) -> Count:
    """The indicator over some legs."""
    found = [counts(indicator, fact, as_of) for fact in facts]
    return Count(sum(one is True for one in found), sum(one is not None for one in found))


def group_key(region_code: str, by: GroupBy, whole: str) -> str:
    """The group of a leg: all in one, its prefecture, or its own bureau."""
    return {GroupBy.NONE: whole, GroupBy.PREFECTURE: region_code[:4], GroupBy.COUNTY: region_code}[by]


def grouped(facts: Iterable[Fact], by: GroupBy, whole: str) -> dict[str, list[Fact]]:
    """The legs by group, in the order of their codes; without groups there is always the one."""
    groups: dict[str, list[Fact]] = {whole: []} if by is GroupBy.NONE else {}
    for fact in facts:
        groups.setdefault(group_key(fact.region_code, by, whole), []).append(fact)
    return dict(sorted(groups.items()))


def _by(day: date | None, as_of: date) -> date | None:
    return day if day is not None and day <= as_of else None


def _started_in_time(fact: Fact, as_of: date) -> bool | None:
    # a letter to another province is not started here
    if fact.outbound or fact.start_due_on is None:
        return None
    received = _by(fact.received_on, as_of)
    if received is None:
        return False if fact.start_due_on <= as_of else None
    return received <= fact.start_due_on


def _disposed(fact: Fact, as_of: date) -> bool | None:
    closed = _by(fact.closed_on, as_of)
    return closed is not None if closed or fact.due_on <= as_of else None


def _closed_by(due_of: Callable[[Fact], date]) -> Callable[[Fact, date], bool | None]:
    def rule(fact: Fact, as_of: date) -> bool | None:
        closed, due_on = _by(fact.closed_on, as_of), due_of(fact)
        return closed is not None and closed <= due_on if closed or due_on <= as_of else None

    return rule


_RULES: Mapping[Indicator, Callable[[Fact, date], bool | None]] = {
    Indicator.K4: _started_in_time,
    Indicator.K5: _disposed,
    Indicator.K6: _closed_by(lambda fact: fact.due_on),
    Indicator.K6B: _closed_by(lambda fact: fact.legal_on),
}

"""A limit on several items together (合计、比例之和): totals, and shares of each one's own maximum (GB 2760: 各自用量占其最大使用量的比例之和 ≤ 1).

The sum is computed here from the members as reported, exactly; the figure that the laboratory prints beside it must be explained by
the rounding of its parts (`sum_mismatch` otherwise) and must judge alike (`sum_undecided` otherwise). What is below a detection limit
counts as the scheme says: as zero, as half of the limit, or (`bounds`, the default) as anything between zero and it, so that a pass
needs the upper end and a failure the lower end. A missing member forbids a pass; it does not hide a failure of the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple

from sampling.rules.judgement import ItemJudgement, Judged, Lod, find_upper_bound, is_within, limit_missing, show_exact, wrong_kind
from sampling.rules.limits import Comparison, Limit, LimitKind
from sampling.rules.numbers import BelowLod, NotDetected, Number, Result
from sampling.rules.problem import Problem, shown
from sampling.rules.rounding import round_places
from sampling.rules.units import find_conversion, unit_mismatch


class SumKind(StrEnum):
    """What is added up: the values (合计), or each value's share of its own maximum (比例之和)."""

    TOTAL = "total"
    RATIO = "ratio"


class BelowAs(StrEnum):
    """How a member below its detection limit counts (小于检出限的处理)."""

    ZERO = "zero"
    HALF = "half"
    BOUNDS = "bounds"

    @property
    def zh(self) -> str:
        """As the explanation says it."""
        return {"zero": "按零计", "half": "按检出限的一半计", "bounds": "按零至检出限计"}[self.value]


@dataclass(frozen=True, slots=True)
class SumRule:
    """Which items of the scheme are added up, and how."""

    kind: SumKind
    members: tuple[str, ...]
    below: BelowAs = BelowAs.BOUNDS


class Member(NamedTuple):
    """One member as reported, with its own limit (that of a ratio is divided by); `result` None: not reported or not tested."""

    item: str
    limit: Limit | None
    result: Result | None
    unit: str
    lod: Lod | None


class _Part(NamedTuple):
    """What a member adds: at least, at most, how far rounding may have moved it, and in words."""

    low: Fraction
    high: Fraction
    slack: Fraction
    said: str
    measured: bool


def judge_sum(rule: SumRule, members: Sequence[Member], stated: tuple[Result, str], limit: Limit) -> Judged | Problem:
    """The judgement of the sum row from its members, or the problem that forbids it (pointer inside the row)."""
    if limit.kind is not LimitKind.NUMERIC or not limit.is_sound or not rule.members:
        return limit_missing(limit)
    parts: list[_Part] = []
    for member in members:
        part = _part(rule, member, limit)
        if isinstance(part, Problem):
            return part
        if part is not None:
            parts.append(part)
    missing = [member.item for member in members if member.result is None]
    low, high = sum((p.low for p in parts), Fraction()), sum((p.high for p in parts), Fraction())
    said = _said(rule, parts, (low, high), limit)
    verdict = _decide(low, high, limit)
    if missing:
        return _failed(said, limit) if verdict is False and _is_above(low, limit) else _member_missing(missing)
    return _agreed(parts, stated, limit, verdict, said)


def _part(rule: SumRule, member: Member, limit: Limit) -> _Part | Problem | None:
    """What one member adds, None when it is missing."""
    own = member.limit
    if own is None or own.kind not in (LimitKind.NUMERIC, LimitKind.COMPONENT):
        return limit_missing(limit)
    ratio = rule.kind is SumKind.RATIO
    if ratio and (own.max is None or own.max <= 0):
        return limit_missing(limit)
    if member.result is None:
        return None
    target = own.unit if ratio else limit.unit
    share = Fraction(own.max) if ratio and own.max is not None else Fraction(1)
    over = f"÷{own.max:f}" if ratio else ""
    if isinstance(member.result, Number) and member.result.value >= 0:
        return _measured(member, target, share, over)
    if isinstance(member.result, BelowLod | NotDetected):
        return _below(rule, member, target, share)
    return wrong_kind(limit)


def _measured(member: Member, target: str, share: Fraction, over: str) -> _Part | Problem:
    assert isinstance(member.result, Number)
    value = member.result.value
    conversion = find_conversion(member.unit, target)
    if conversion is None:
        return unit_mismatch(member.unit, target, "/result")
    held = Fraction(value) * conversion.factor / share
    return _Part(held, held, half_unit(value) * conversion.factor / share, f"{member.item} {value:f}{over}", True)


def _below(rule: SumRule, member: Member, target: str, share: Fraction) -> _Part | Problem:
    assert isinstance(member.result, BelowLod | NotDetected)
    if rule.below is BelowAs.ZERO:
        return _Part(Fraction(), Fraction(), Fraction(), f"{member.item} 未检出", False)
    bound = find_upper_bound(member.result, member.unit, target, member.lod)
    if isinstance(bound, Problem):
        zh, en = f"成员项目「{shown(member.item)}」：{bound.zh}", f"member '{shown(member.item)}': {bound.en}"
        return Problem(bound.code, "/result", zh, en)
    top = Fraction(bound) / share
    low, high = (top / 2, top / 2) if rule.below is BelowAs.HALF else (Fraction(), top)
    return _Part(low, high, Fraction(), f"{member.item} <{show_exact(bound)}", False)


def half_unit(value: Decimal) -> Fraction:
    """Half of the last place printed: how far the value before rounding may have been (修约误差); a printed zero is zero."""
    if not value:
        return Fraction()
    exponent = value.as_tuple().exponent
    assert isinstance(exponent, int)
    return Fraction(10) ** exponent / 2


def _decide(low: Fraction, high: Fraction, limit: Limit) -> bool | None:
    """True: every possible sum is within; False: none is; None: it depends."""
    ends = [_held(end, limit) for end in (low, high)]
    inside = [is_within(end, limit) for end in ends]
    if all(inside):
        return True
    return False if not any(inside) and (low == high or _is_above(low, limit) or _is_under(high, limit)) else None


def _held(value: Fraction, limit: Limit) -> Fraction:
    rounded = limit.comparison is Comparison.ROUNDED and limit.places is not None
    return Fraction(round_places(value, limit.places or 0)) if rounded else value


def _is_above(value: Fraction, limit: Limit) -> bool:
    held = _held(value, limit)
    return limit.max is not None and (held > limit.max or (held == limit.max and not limit.max_inclusive))


def _is_under(value: Fraction, limit: Limit) -> bool:
    held = _held(value, limit)
    return limit.min is not None and (held < limit.min or (held == limit.min and not limit.min_inclusive))


def _agreed(parts: Sequence[_Part], stated: tuple[Result, str], limit: Limit, verdict: bool | None, said: str) -> Judged | Problem:
    """Our verdict, when the figure printed by the laboratory is explained by its parts and judges alike."""
    result, unit = stated
    if isinstance(result, BelowLod | NotDetected) and not any(part.measured for part in parts):
        return _undecided(said, limit) if verdict is None else _judged(verdict, said, limit)
    if not isinstance(result, Number):
        return _mismatch(said, limit) if isinstance(result, BelowLod | NotDetected) else wrong_kind(limit)
    conversion = find_conversion(unit, limit.unit)
    if conversion is None:
        return unit_mismatch(unit, limit.unit, "/unit")
    printed = Fraction(result.value) * conversion.factor
    slack = sum((part.slack for part in parts), half_unit(result.value) * conversion.factor)
    low, high = sum((p.low for p in parts), Fraction()), sum((p.high for p in parts), Fraction())
    if not low - slack <= printed <= high + slack:
        return _mismatch(said, limit)
    if verdict is None or is_within(_held(printed, limit), limit) is not verdict:
        return _undecided(said, limit)
    return _judged(verdict, said, limit)


def _said(rule: SumRule, parts: Sequence[_Part], ends: tuple[Fraction, Fraction], limit: Limit) -> str:
    low, high = (show_exact(_decimal(end)) for end in ends)
    found = low if low == high else f"{low}～{high}"
    below = "" if all(part.measured for part in parts) else f"；小于检出限的{rule.below.zh}"
    words = "比例之和" if rule.kind is SumKind.RATIO else "合计"
    return f"{words} {found} {limit.unit}".rstrip() + f"（{' + '.join(part.said for part in parts) or '无'}{below}）"


def _decimal(value: Fraction) -> Decimal | Fraction:
    """The same value as a decimal where it has an end within twelve places."""
    scaled = value * 10**12
    return Decimal(scaled.numerator).scaleb(-12) if scaled.denominator == 1 else value


def _judged(passes: bool, said: str, limit: Limit) -> Judged:
    if passes:
        return Judged(ItemJudgement.CONFORMING, f"实测 {said}，标准限值 {limit.text}，判为合格项")
    return _failed(said, limit)


def _failed(said: str, limit: Limit) -> Judged:
    return Judged(ItemJudgement.NON_CONFORMING, f"实测 {said}，标准限值 {limit.text}，判为不合格项")


def _member_missing(names: Sequence[str]) -> Problem:
    listed = "、".join(shown(name) for name in names[:5])
    zh = f"合计项目缺少成员「{listed}」的结果，无法判定"
    return Problem("sum_member_missing", "/result", zh, f"the sum cannot be judged without: {listed}")


def _mismatch(said: str, limit: Limit) -> Problem:
    zh = f"所报合计值与各成员之和不符（{said}，标准限值 {limit.text}）"
    return Problem("sum_mismatch", "/result", zh, f"the sum that is printed does not follow from its members ({said})")


def _undecided(said: str, limit: Limit) -> Problem:
    zh = f"{said}：检出限或者修约使其分处标准限值 {limit.text} 两侧，无法判定，请给出更多位数"
    return Problem("sum_undecided", "/result", zh, f"detection limits or rounding put the sum on both sides of the limit ({said})")

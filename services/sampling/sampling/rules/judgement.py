"""One result against one limit (单项判定): exact decimals, GB/T 8170, units converted, limits of detection understood.

Decided here, and tested as tables:
- below a detection limit against a maximum: passes when the bound itself is within the maximum, else `lod_above_limit`
  (the method cannot show conformity); against a minimum: fails when the bound is not above the minimum, else
  `below_lod_min` (undecidable). `<0.01` with a larger `lod` counts as less than the `lod`; 未检出 needs a `lod`.
- 不得检出: 未检出 and `<x` pass, a number above zero and 不符合 fail, anything else is `result_kind`.
"""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple, TypeVar

from sampling.rules.limits import Comparison, Limit, LimitKind
from sampling.rules.numbers import BelowLod, Microbes, NotDetected, Number, Qualitative, Result
from sampling.rules.problem import Problem
from sampling.rules.rounding import round_places
from sampling.rules.units import find_conversion, unit_mismatch

Exact = TypeVar("Exact", Decimal, Fraction)


class ItemJudgement(StrEnum):
    """Judgement of one item (结果判定), national key spdata_2."""

    CONFORMING = "合格项"
    NON_CONFORMING = "不合格项"
    PROBLEM = "问题项"
    NOT_TESTED = "未检验"


class Judged(NamedTuple):
    """The judgement and the numbers that were compared, in words (判定说明)."""

    judgement: ItemJudgement
    explanation: str


class Lod(NamedTuple):
    """The laboratory's limit of detection (方法检出限)."""

    value: Decimal
    unit: str


def judge_item(result: Result, unit: str, limit: Limit, lod: Lod | None = None) -> Judged | Problem:
    """合格项 or 不合格项 with its reason, or the problem that forbids a judgement (pointer inside the item)."""
    if type(result) is Number and limit.kind is LimitKind.NUMERIC:
        return _judge_number(result.value, unit, limit)
    if limit.kind is LimitKind.NUMERIC and isinstance(result, BelowLod | NotDetected):
        return _judge_below(result, unit, limit, lod)
    if limit.kind is LimitKind.MICROBE:
        return _judge_microbes(result, unit, limit)
    if limit.kind is LimitKind.NOT_DETECTED:
        return _judge_detection(result, unit, limit)
    if limit.kind is LimitKind.QUALITATIVE and isinstance(result, Qualitative):
        return _judged(result.conforms, "符合" if result.conforms else "不符合", limit)
    return wrong_kind(limit)


def _judged(passes: bool, said: str, limit: Limit) -> Judged:
    if passes:
        return Judged(ItemJudgement.CONFORMING, f"实测 {said}，标准限值 {limit.text}，判为合格项")
    return Judged(ItemJudgement.NON_CONFORMING, f"实测 {said}，标准限值 {limit.text}，判为不合格项")


def _within(value: Exact, low: Exact | None, high: Exact | None, limit: Limit) -> bool:
    if low is not None and (value < low or (value == low and not limit.min_inclusive)):
        return False
    return high is None or value < high or (value == high and limit.max_inclusive)


def is_within(value: Decimal | Fraction, limit: Limit) -> bool:
    """Whether a value in the limit's unit is inside its bounds. Decimals compare exactly and fast; fractions only where a factor has no end."""
    if isinstance(value, Decimal):
        return _within(value, limit.min, limit.max, limit)
    return _within(value, *_fractions(limit), limit)


def _fractions(limit: Limit) -> tuple[Fraction | None, Fraction | None]:
    low = None if limit.min is None else Fraction(limit.min)
    return low, None if limit.max is None else Fraction(limit.max)


def _judge_number(value: Decimal, unit: str, limit: Limit) -> Judged | Problem:
    if not limit.is_sound:
        return limit_missing(limit)
    said = f"{value:f} {unit}"
    held: Decimal | Fraction = value
    if unit != limit.unit:
        conversion = find_conversion(unit, limit.unit)
        if conversion is None:
            return unit_mismatch(unit, limit.unit, "/unit")
        held = conversion.apply(value)
        if held is not value:
            said = f"{said}（折合 {show_exact(held)} {limit.unit}）"
    if limit.comparison is Comparison.ROUNDED and limit.places is not None:
        held = round_places(held, limit.places)
        said = f"{said}（修约为 {held:f}）"
    return _judged(is_within(held, limit), said, limit)


def _judge_below(result: BelowLod | NotDetected, unit: str, limit: Limit, lod: Lod | None) -> Judged | Problem:
    if not limit.is_sound:
        return limit_missing(limit)
    bound = find_upper_bound(result, unit, limit.unit, lod)
    if isinstance(bound, Problem):
        return bound
    said = f"<{show_exact(bound)} {limit.unit}".rstrip()
    if isinstance(result, NotDetected):
        said = f"未检出（{said}）"
    # Rounding keeps order but not strictness: value < bound only says rounded value <= rounded bound.
    strict = limit.comparison is Comparison.FULL or limit.places is None
    if limit.comparison is Comparison.ROUNDED and limit.places is not None:
        bound = round_places(bound, limit.places)
    if isinstance(bound, Decimal):
        return _decide_below(bound, (limit.min, limit.max), strict, said, limit)
    return _decide_below(bound, _fractions(limit), strict, said, limit)


def _decide_below(bound: Exact, bounds: tuple[Exact | None, Exact | None], strict: bool, said: str, limit: Limit) -> Judged | Problem:
    low, high = bounds
    if low is not None:
        fails = bound < low or (bound == low and (strict or not limit.min_inclusive))
        return _judged(False, said, limit) if fails else _undecidable("below_lod_min", said, limit)
    if high is not None and (bound < high or (bound == high and (strict or limit.max_inclusive))):
        return _judged(True, said, limit)
    return _undecidable("lod_above_limit", said, limit)


def _as_fraction(value: Decimal | Fraction) -> Fraction:
    return Fraction(value)


def find_upper_bound(result: BelowLod | NotDetected, unit: str, target: str, lod: Lod | None) -> Decimal | Fraction | Problem:
    """What the value is known to be less than, in the target unit (that of the limit): the larger of `<x` and the detection limit."""
    bounds: list[Decimal | Fraction] = []
    if isinstance(result, BelowLod):
        conversion = find_conversion(unit, target)
        if conversion is None:
            return unit_mismatch(unit, target, "/unit")
        bounds.append(conversion.apply(result.bound))
    if lod is not None:
        conversion = find_conversion(lod.unit, target)
        if conversion is None:
            return unit_mismatch(lod.unit, target, "/lod_unit")
        bounds.append(conversion.apply(lod.value))
    if bounds:
        return bounds[0] if len(bounds) == 1 else max(bounds, key=_as_fraction)
    zh = "结果为未检出，但没有给出方法检出限，无法与限值比较"
    return Problem("lod_missing", "/lod", zh, "not detected, but no limit of detection is given to compare with")


def _undecidable(code: str, said: str, limit: Limit) -> Problem:
    zh = f"实测 {said}，检出限不足以与标准限值 {limit.text} 比较"
    en = f"the result {said} is too coarse to be compared with the limit {limit.text}"
    return Problem(code, "/lod", zh, en)


def _judge_detection(result: Result, unit: str, limit: Limit) -> Judged | Problem:
    match result:
        case NotDetected():
            return _judged(True, "未检出", limit)
        case BelowLod(bound):
            return _judged(True, f"<{bound:f} {unit}".rstrip(), limit)
        case Number(value) if value > 0:
            return _judged(False, f"{value:f} {unit}".rstrip(), limit)
        case Qualitative(conforms=False):
            return _judged(False, "不符合", limit)
    return wrong_kind(limit)


def _judge_microbes(result: Result, unit: str, limit: Limit) -> Judged | Problem:
    """n samples: none above M, at most c above m (GB 29921, GB 4789.1; 三级和二级采样方案)."""
    if limit.m is None or limit.c is None or not limit.is_sound:
        return limit_missing(limit)
    if isinstance(result, Qualitative) or (isinstance(result, Number) and result.value < 0):
        return wrong_kind(limit)
    values = result.values if isinstance(result, Microbes) else (result,)
    if len(values) != limit.n:
        zh, en = f"应有 {limit.n} 份样品的结果，实有 {len(values)} 份", f"{limit.n} values wanted, {len(values)} given"
        return Problem("microbe_count", "/result", zh, en)
    conversion = find_conversion(unit, limit.unit)
    if conversion is None:
        return unit_mismatch(unit, limit.unit, "/unit")
    counts = [conversion.apply(value.value) for value in values if isinstance(value, Number)]
    bounds = [conversion.apply(value.bound) for value in values if isinstance(value, BelowLod)]
    # What is only known to be below m counts as nothing; below more than m, it may be anything.
    if _count_above(bounds, limit.m):
        return _undecidable("lod_above_limit", "有的份样品只知小于一个大于 m 的值", limit)
    above_m = _count_above(counts, limit.m)
    above_top = 0 if limit.big_m is None else _count_above(counts, limit.big_m)
    said = f"{len(values)} 份中 {above_m} 份大于 m、{above_top} 份大于 M"
    return _judged(above_top == 0 and above_m <= limit.c, said, limit)


def _count_above(values: list[Decimal | Fraction], level: Decimal) -> int:
    return sum(value > (level if isinstance(value, Decimal) else Fraction(level)) for value in values)


def limit_missing(limit: Limit) -> Problem:
    """The problem of a scheme whose limit can judge nothing."""
    zh = f"实施细则的限值不完整，无法判定（{limit.text or '无限值'}）"
    return Problem("limit_missing", "", zh, "the scheme's limit is incomplete: no judgement is possible")


def wrong_kind(limit: Limit) -> Problem:
    """The problem of a result whose form the limit cannot judge."""
    zh = f"结果的形式与限值（{limit.text}）不相称，无法判定"
    en = f"the result is not of the form that the limit ({limit.text}) can judge"
    return Problem("result_kind", "/result", zh, en)


def show_exact(value: Decimal | Fraction) -> str:
    """A value as a plain decimal, without zeros at the end; 12 significant digits after `≈` when it has no end."""
    if isinstance(value, Fraction):
        return f"≈{float(value):.12g}"
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text

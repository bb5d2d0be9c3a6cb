"""Limits of the test scheme (限值): their four kinds, and whether the limits a laboratory reports agree with them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from sampling.rules.numbers import NOT_APPLICABLE, find_decimal
from sampling.rules.problem import Problem, shown
from sampling.rules.units import find_conversion

PLACES = range(-12, 13)


class LimitKind(StrEnum):
    """How a result is held against its limit."""

    NUMERIC = "numeric"
    QUALITATIVE = "qualitative"
    NOT_DETECTED = "not_detected"
    MICROBE = "microbe"
    COMPONENT = "component"  # no limit of its own: it is judged with the sum that it belongs to


class Comparison(StrEnum):
    """GB/T 8170 4.3: 全数值比较法 (the default) or 修约值比较法."""

    FULL = "full"
    ROUNDED = "rounded"


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit in force: numeric bounds, or n/c/m/M of a sampling plan (GB 4789.1: `big_m` None means two classes)."""

    kind: LimitKind
    unit: str = ""
    min: Decimal | None = None
    max: Decimal | None = None
    min_inclusive: bool = True
    max_inclusive: bool = True
    comparison: Comparison = Comparison.FULL
    places: int | None = None
    n: int | None = None
    c: int | None = None
    m: Decimal | None = None
    big_m: Decimal | None = None
    text: str = field(init=False, compare=False, repr=False)
    is_sound: bool = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        # Both are asked for every result, and a limit is built once.
        object.__setattr__(self, "text", _describe(self))
        object.__setattr__(self, "is_sound", not check_limit(self))


def _describe(limit: Limit) -> str:
    """The limit as it is printed in an explanation (标准限值)."""
    if limit.kind is LimitKind.QUALITATIVE:
        return "符合"
    if limit.kind is LimitKind.NOT_DETECTED:
        return "不得检出"
    if limit.kind is LimitKind.COMPONENT:
        return "随合计项目"
    if limit.kind is LimitKind.MICROBE:
        top = "" if limit.big_m is None else f"，M={limit.big_m:f}"
        return f"n={limit.n}，c={limit.c}，m={limit.m}{top} {limit.unit}".rstrip()
    low = "" if limit.min is None else f"{'≥' if limit.min_inclusive else '>'}{limit.min:f}"
    high = "" if limit.max is None else f"{'≤' if limit.max_inclusive else '<'}{limit.max:f}"
    return f"{low}{'，' if low and high else ''}{high} {limit.unit}".rstrip()


def check_limit(limit: Limit) -> tuple[Problem, ...]:
    """Whether a scheme's limit can judge anything at all; an empty limit never says 合格."""
    if limit.kind is LimitKind.NUMERIC:
        faults = _numeric_faults(limit)
    elif limit.kind is LimitKind.MICROBE:
        faults = _microbe_faults(limit)
    else:
        faults = []
    return tuple(Problem("limit_invalid", pointer, zh, en) for pointer, zh, en in faults)


def _numeric_faults(limit: Limit) -> list[tuple[str, str, str]]:
    faults = []
    if limit.min is None and limit.max is None:
        faults.append(("/max", "数值型限值至少要有最小值或最大值", "a numeric limit needs a minimum or a maximum"))
    if any(bound is not None and not bound.is_finite() for bound in (limit.min, limit.max)):
        faults.append(("/max", "限值必须是有限数", "a limit must be finite"))
    elif limit.min is not None and limit.max is not None and limit.min > limit.max:
        faults.append(("/min", "最小允许限大于最大允许限", "the minimum is above the maximum"))
    if limit.comparison is Comparison.ROUNDED and limit.places is None:
        faults.append(("/places", "修约值比较须给出修约位数", "comparison of rounded values needs the places"))
    elif limit.places is not None and limit.places not in PLACES:
        faults.append(("/places", "修约位数超出范围", "the places are out of range"))
    return faults


def _microbe_faults(limit: Limit) -> list[tuple[str, str, str]]:
    if limit.n is None or limit.c is None or limit.m is None:
        return [("/n", "采样方案须给出 n、c、m", "a sampling plan needs n, c and m")]
    faults = []
    if limit.n < 1 or not 0 <= limit.c <= limit.n:
        faults.append(("/c", "须 n≥1 且 0≤c≤n", "n >= 1 and 0 <= c <= n must hold"))
    if not limit.m.is_finite() or limit.m < 0:
        faults.append(("/m", "m 须为非负数", "m must not be negative"))
    elif limit.big_m is not None and not (limit.big_m.is_finite() and limit.big_m >= limit.m):
        faults.append(("/M", "M 须不小于 m", "M must not be below m"))
    return faults


_NO_LIMIT = {"", NOT_APPLICABLE}
_WORDS = {
    LimitKind.NOT_DETECTED: {"不得检出", "未检出", "不得使用", "不得添加"},
    LimitKind.QUALITATIVE: {"符合"},
    LimitKind.COMPONENT: set(),
}
_PLAN = re.compile(r"n=([0-9]{1,3})[,;，；]c=([0-9]{1,3})[,;，；]m=([^,;，；=]{1,20})(?:[,;，；]M=([^,;，；=]{1,20}))?")


def check_reported_limits(low: str | None, high: str | None, unit: str | None, limit: Limit) -> tuple[Problem, ...]:
    """`limit_mismatch` where min, max or their unit in the report differ from the scheme (最小/最大允许限)."""
    if limit.kind is LimitKind.NUMERIC:
        found = (
            _check_bound(low, unit, limit.min, limit, "/min"),
            _check_bound(high, unit, limit.max, limit, "/max"),
        )
    else:
        found = (
            None if low is None or low in _NO_LIMIT else _mismatch("/min", low, limit),
            None if high is None or high in _NO_LIMIT or _says(high, limit) else _mismatch("/max", high, limit),
        )
    return tuple(problem for problem in found if problem is not None)


def _check_bound(text: str | None, unit: str | None, bound: Decimal | None, limit: Limit, pointer: str) -> Problem | None:
    if text is None or text in _NO_LIMIT:
        return None if bound is None else _mismatch(pointer, NOT_APPLICABLE, limit)
    value = find_decimal(text)
    if value is None or bound is None:
        return _mismatch(pointer, text, limit)
    if unit == limit.unit:
        return None if value == bound else _mismatch(pointer, text, limit)
    conversion = find_conversion(unit or "", limit.unit)
    if conversion is None:
        return _mismatch("/limit_unit", unit or NOT_APPLICABLE, limit)
    return None if conversion.apply(value) == Fraction(bound) else _mismatch(pointer, f"{text} {unit}", limit)


def _says(text: str, limit: Limit) -> bool:
    """Whether the words or the n/c/m/M text of the report say the same as the scheme."""
    if limit.kind is not LimitKind.MICROBE:
        return text in _WORDS[limit.kind]
    plan = _PLAN.fullmatch(text.replace(" ", ""))
    if plan is None:
        return False
    n, c, m, big_m = plan.groups()
    top = None if big_m is None else find_decimal(big_m)
    # A printed M that cannot be read must not be taken for an absent one.
    readable = big_m is None or top is not None
    return readable and (int(n), int(c), find_decimal(m), top) == (limit.n, limit.c, limit.m, limit.big_m)


def _mismatch(pointer: str, text: str, limit: Limit) -> Problem:
    seen = shown(text)
    return Problem(
        "limit_mismatch",
        pointer,
        f"报告所列限值「{seen}」与实施细则的限值（{limit.text}）不一致",
        f"the reported limit '{seen}' differs from the scheme's ({limit.text})",
    )

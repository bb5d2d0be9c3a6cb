"""Draws what a laboratory measured: values around the typical ones, and failures that the limits prove."""

from decimal import Decimal
from random import Random

from demo.shapes import ItemResult, Scheme, SchemeItem

CONFORMING, NON_CONFORMING = "合格项", "不合格项"
QUALIFIED, UNQUALIFIED, SERIOUS = "合格", "不合格", "严重不合格"
# Items of grade A make a batch 严重不合格 (A类项目), which is rare among what fails.
GRADE_WEIGHT = {"A": 1, "B": 12}
TWO_ITEMS = 0.15


def draw_items(rng: Random, scheme: Scheme, *, fails: bool) -> tuple[ItemResult, ...]:
    """Every item of the scheme with its result; one or two fail when the batch is to fail."""
    failing = _choose_failing(rng, scheme) if fails else set()
    return tuple(_draw_item(rng, spec, fails=spec.item in failing) for spec in scheme.items)


def verdict_of(items: tuple[ItemResult, ...]) -> str:
    """合格, 不合格, or 严重不合格 where an item of grade A fails (domain §2.6)."""
    failed = {row.spec.grade for row in items if row.judgement == NON_CONFORMING}
    if not failed:
        return QUALIFIED
    return SERIOUS if "A" in failed else UNQUALIFIED


def _choose_failing(rng: Random, scheme: Scheme) -> set[str]:
    able = [spec for spec in scheme.items if can_fail(spec)]
    weights = [GRADE_WEIGHT[spec.grade] for spec in able]
    first = rng.choices(able, weights)[0]
    second = rng.choices(able, weights)[0] if rng.random() < TWO_ITEMS else first
    return {first.item, second.item}


def can_fail(spec: SchemeItem) -> bool:
    """Whether a failing value makes sense: a count of nothing below nothing does not."""
    return spec.kind != "numeric" or spec.max != "0"


def _draw_item(rng: Random, spec: SchemeItem, *, fails: bool) -> ItemResult:
    result = _DRAW[spec.kind](rng, spec, fails)
    return ItemResult(spec, result, NON_CONFORMING if fails else CONFORMING, rng.choice(spec.methods))


def _numeric(rng: Random, spec: SchemeItem, fails: bool) -> str:
    value = _beyond(rng, spec) if fails else _between(rng, spec.low, spec.high, spec.rounding_places)
    if not fails and spec.lod and value < Decimal(spec.lod):
        return "未检出" if rng.random() < 0.6 else f"<{spec.lod}"
    return f"{value:f}"


def _between(rng: Random, low: str, high: str, places: int) -> Decimal:
    """A uniform value of the grid of 10^-places, drawn in whole steps so that no float touches it."""
    step = Decimal(1).scaleb(-places)
    first, last = int(Decimal(low) / step), int(Decimal(high) / step)
    return (rng.randint(first, max(first, last)) * step).quantize(step)


def _beyond(rng: Random, spec: SchemeItem) -> Decimal:
    """A value outside the limits by 3 to 60 % (at least one step of the rounding grid)."""
    step = Decimal(1).scaleb(-spec.rounding_places)
    above = spec.max is not None and (spec.min is None or rng.random() < 0.6)
    bound = Decimal((spec.max if above else spec.min) or "0")
    excess = abs(bound) * rng.randint(3, 60 if above else 25) / 100
    by = max((excess / step).to_integral_value(), Decimal(1)) * step
    # Limits may be written with fewer places than results: the step is added to the bound on the grid.
    return (bound + by if above else bound - by).quantize(step)


def _qualitative(_rng: Random, _spec: SchemeItem, fails: bool) -> str:
    return "不符合" if fails else "符合"


def _not_detected(rng: Random, spec: SchemeItem, fails: bool) -> str:
    return f"{_between(rng, spec.low, spec.high, spec.rounding_places):f}" if fails else "未检出"


def _microbe(rng: Random, spec: SchemeItem, fails: bool) -> str:
    """The n values with `;` between (n、c、m、M): failing means one sample more than c above m."""
    if spec.plan is None:
        raise ValueError(f"{spec.item}: a microbe item needs its sampling plan")
    number, allowed, middle, top = spec.plan
    above = allowed + 1 if fails else rng.choice((0, 0, 0, min(1, allowed)))
    floor = int(spec.lod or "1")
    values = [str(rng.randint(int(middle) + 1, int(top))) for _ in range(above)]
    for _ in range(number - above):
        value = rng.randint(int(spec.low), int(spec.high))
        values.append(str(value) if value >= floor else f"<{floor}")
    rng.shuffle(values)
    return ";".join(values)


_DRAW = {
    "numeric": _numeric,
    "qualitative": _qualitative,
    "not_detected": _not_detected,
    "microbe": _microbe,
}

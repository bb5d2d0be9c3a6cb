"""Test schemes as planning tells them (实施细则), made ready to judge with."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from sampling.rules.assessment import Scheme, SchemeItem, scheme_item
from sampling.rules.limits import Comparison, Limit, LimitKind
from sampling.rules.numbers import find_decimal
from sampling.rules.sums import BelowAs, SumKind, SumRule


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainItem:
    """One item of a scheme in the words of the contract between services."""

    item: str
    methods: tuple[str, ...]
    kind: str
    min: str
    max: str
    unit: str
    grade: str
    places: int
    microbe: tuple[int, int, str, str] = (0, 0, "", "")
    min_exclusive: bool = False
    max_exclusive: bool = False
    sum_of: tuple[str, ...] = ()
    sum_kind: str = ""
    sum_below: str = ""


def build(items: Iterable[PlainItem]) -> tuple[Scheme, Scheme]:
    """The scheme for supervision and for risk monitoring. A limit that cannot be read judges nothing, so it never says 合格."""
    known = {item.item: _item(item) for item in items}
    return Scheme(known), Scheme(known, monitoring=True)


def _item(plain: PlainItem) -> SchemeItem:
    return scheme_item(plain.item, _limit(plain), plain.methods, important=plain.grade == "A", sum_rule=_sum(plain))


def _sum(plain: PlainItem) -> SumRule | None:
    """A sum whose way of adding cannot be read has no members: it judges nothing."""
    if not plain.sum_of and not plain.sum_kind:
        return None
    known = plain.sum_kind in set(SumKind) and plain.sum_below in {"", *BelowAs}
    if not known:
        return SumRule(SumKind.TOTAL, ())
    return SumRule(SumKind(plain.sum_kind), plain.sum_of, BelowAs(plain.sum_below or BelowAs.BOUNDS))


def _limit(plain: PlainItem) -> Limit:
    if plain.kind == LimitKind.MICROBE:
        n, c, m, top = plain.microbe
        return Limit(LimitKind.MICROBE, plain.unit, n=n, c=c, m=_read(m), big_m=_read(top) if top else None)
    if plain.kind in (LimitKind.QUALITATIVE, LimitKind.NOT_DETECTED, LimitKind.COMPONENT):
        return Limit(LimitKind(plain.kind), plain.unit)
    low, high = _read(plain.min), _read(plain.max)
    if plain.kind != LimitKind.NUMERIC or (plain.min and low is None) or (plain.max and high is None):
        return Limit(LimitKind.NUMERIC, plain.unit)
    is_rounded = plain.places >= 0
    return Limit(
        LimitKind.NUMERIC, plain.unit, low, high, min_inclusive=not plain.min_exclusive, max_inclusive=not plain.max_exclusive,
        comparison=Comparison.ROUNDED if is_rounded else Comparison.FULL, places=plain.places if is_rounded else None,
    )  # fmt: skip


def _read(text: str) -> Decimal | None:
    return find_decimal(text) if text else None

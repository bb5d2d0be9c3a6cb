"""Test schemes as planning tells them (实施细则), made ready to judge with."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from sampling.rules.assessment import Scheme, SchemeItem, scheme_item
from sampling.rules.limits import Comparison, Limit, LimitKind
from sampling.rules.numbers import find_decimal


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


def build(items: Iterable[PlainItem]) -> tuple[Scheme, Scheme]:
    """The scheme for supervision and for risk monitoring. A limit that cannot be read judges nothing, so it never says 合格."""
    known = {item.item: _item(item) for item in items}
    return Scheme(known), Scheme(known, monitoring=True)


def _item(plain: PlainItem) -> SchemeItem:
    return scheme_item(plain.item, _limit(plain), plain.methods, important=plain.grade == "A")


def _limit(plain: PlainItem) -> Limit:
    if plain.kind == LimitKind.MICROBE:
        n, c, m, top = plain.microbe
        return Limit(LimitKind.MICROBE, plain.unit, n=n, c=c, m=_read(m), big_m=_read(top) if top else None)
    if plain.kind in (LimitKind.QUALITATIVE, LimitKind.NOT_DETECTED):
        return Limit(LimitKind(plain.kind), plain.unit)
    low, high = _read(plain.min), _read(plain.max)
    if plain.kind != LimitKind.NUMERIC or (plain.min and low is None) or (plain.max and high is None):
        return Limit(LimitKind.NUMERIC, plain.unit)
    if plain.places < 0:
        return Limit(LimitKind.NUMERIC, plain.unit, low, high)
    return Limit(LimitKind.NUMERIC, plain.unit, low, high, comparison=Comparison.ROUNDED, places=plain.places)


def _read(text: str) -> Decimal | None:
    return find_decimal(text) if text else None

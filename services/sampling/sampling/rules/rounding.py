"""Rounding off by GB/T 8170-2008 (数值修约规则): half to even, once, from the value as measured."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction

# Results have at most 60 characters and an exponent of two digits: 400 digits hold every quotient of ours exactly.
_EXACT = Context(prec=400, rounding=ROUND_HALF_EVEN)


def round_places(value: Decimal | Fraction, places: int) -> Decimal:
    """Round to decimal places, 四舍六入五成双; negative places round to tens, hundreds (修约间隔 10ⁿ)."""
    if isinstance(value, Decimal):
        return value.quantize(Decimal(1).scaleb(-places), context=_EXACT)
    # round() of a Fraction is exact and half to even.
    return Decimal(round(value * Fraction(10) ** places)).scaleb(-places, context=_EXACT)


def round_interval(value: Decimal | Fraction, interval: Decimal) -> Decimal:
    """Round to a multiple of an interval: covers 0.5 单位修约 and 0.2 单位修约 (GB/T 8170 3.5)."""
    return _EXACT.multiply(Decimal(round(Fraction(value) / Fraction(interval))), interval)


def round_significant(value: Decimal, digits: int) -> Decimal:
    """Round to significant digits (有效位数)."""
    if not value:
        return value
    return round_places(value, digits - 1 - value.adjusted())

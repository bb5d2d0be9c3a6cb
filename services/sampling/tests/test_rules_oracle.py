"""Judgement held against an oracle written apart: characters one by one, fractions only, its own table of units."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from sampling.rules import Comparison, Judged, Limit, LimitKind, Lod, Problem, judge_item, parse_result

GRAMS_PER_TONNE: dict[str, Fraction] = {
    "mg/kg": Fraction(1),
    "g/kg": Fraction(1000),
    "μg/kg": Fraction(1, 1000),
    "%": Fraction(10_000),
    "mg/g": Fraction(1000),
}
OTHER_UNITS = ("mg/L", "", "N")
RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹"


def read_unsigned(text: str) -> Fraction | None:
    whole, point, rest = text.partition(".")
    if not whole or (point and not rest) or any(c not in "0123456789" for c in whole + rest):
        return None
    value = Fraction(0)
    for c in whole + rest:
        value = value * 10 + "0123456789".index(c)
    return value / Fraction(10 ** len(rest))


def read_number(text: str) -> Fraction | None:
    if len(text) > 60:
        return None
    sign, body = (text[0], text[1:]) if text[:1] in ("+", "-") else ("", text)
    body, times, power = body.partition("×10")
    value = read_unsigned(body)
    if value is None:
        return None
    value = -value if sign == "-" else value
    if not times:
        return value
    exponent = read_exponent(power)
    return None if exponent is None else value * Fraction(10) ** exponent


def read_exponent(text: str) -> int | None:
    if text.startswith("^"):
        minus, digits, table = text[1:2] == "-", text[1:].removeprefix("-"), "0123456789"
    else:
        minus, digits, table = text[:1] == "⁻", text.removeprefix("⁻"), RAISED
    if not 1 <= len(digits) <= 2 or any(c not in table for c in digits):
        return None
    size = 0
    for c in digits:
        size = size * 10 + table.index(c)
    return -size if minus else size


def half_even(value: Fraction, places: int) -> Fraction:
    scaled = value * Fraction(10) ** places
    low = scaled.numerator // scaled.denominator
    rest = scaled - low
    up = rest > Fraction(1, 2) or (rest == Fraction(1, 2) and low % 2 == 1)
    return Fraction(low + up) / Fraction(10) ** places


def expected(text: str, unit: str, limit: Limit, lod: Fraction | None) -> str:
    """`pass`, `fail`, `none` (a problem), for a numeric limit in mg/kg; the lod is in mg/kg too."""
    if len(text) > 60:
        return "none"
    low, high = (None if b is None else Fraction(b) for b in (limit.min, limit.max))
    factor = GRAMS_PER_TONNE.get(unit)
    if text in ("未检出", "ND"):
        return expected_below(lod, limit)
    if text.startswith("<"):
        bound = None if text[1:2] in ("+", "-") else read_number(text[1:])
        if not bound or factor is None:
            return "none"
        return expected_below(max(bound * factor, lod or Fraction(0)), limit)
    value = read_number(text)
    if value is None or factor is None:
        return "none"
    value *= factor
    if limit.comparison is Comparison.ROUNDED and limit.places is not None:
        value = half_even(value, limit.places)
    low_ok = low is None or value > low or (value == low and limit.min_inclusive)
    high_ok = high is None or value < high or (value == high and limit.max_inclusive)
    return "pass" if low_ok and high_ok else "fail"


def expected_below(bound: Fraction | None, limit: Limit) -> str:
    """Tries values just under the bound and far under it: decided only when all of them agree."""
    if bound is None:
        return "none"
    tiny = Fraction(1, 10**80)
    low, high = (None if b is None else Fraction(b) for b in (limit.min, limit.max))
    votes = set()
    for value in (bound - tiny, bound * Fraction(999, 1000), bound / 2, tiny, Fraction(0)):
        seen = value
        if limit.comparison is Comparison.ROUNDED and limit.places is not None:
            seen = half_even(value, limit.places)
        low_ok = low is None or seen > low or (seen == low and limit.min_inclusive)
        high_ok = high is None or seen < high or (seen == high and limit.max_inclusive)
        votes.add((low_ok, high_ok))
    if low is not None:
        return "fail" if not any(ok for ok, _ in votes) else "none"
    return "pass" if all(ok for _, ok in votes) else "none"


digits = st.text("0123456789", min_size=1, max_size=6)
plain = st.builds(lambda s, w, f: s + w + (f".{f}" if f else ""), st.sampled_from(["", "", "-", "+"]), digits, digits | st.just(""))
power = st.builds(
    lambda n, e: n + e,
    plain,
    st.sampled_from(["×10²", "×10^2", "×10⁻¹", "×10^-3", "×10^12", "×10^+2", "×102", "×10⁻", "×10^"]),
)
valid = plain | plain | power | plain.map("<".__add__) | st.sampled_from(["未检出", "ND", "符合", "不符合"])
nasty = st.sampled_from(list("_,， 　.．e+-<＜≤×^⁴０１٣\n\x00\u200b\u202e%/;xX'\"²½"))
mutated = st.builds(lambda t, i, c: t[: i % (len(t) + 1)] + c + t[i % (len(t) + 1) :], valid, st.integers(0, 20), nasty)
texts = st.one_of(valid, valid, mutated, st.text(max_size=65), st.text("0123456789.+-<×10^⁴", max_size=8))
bounds = st.none() | st.decimals(min_value=0, max_value=500, places=2) | st.integers(0, 20).map(Decimal)


@st.composite
def limits(draw: st.DrawFn) -> Limit:
    low, high = draw(bounds), draw(bounds)
    if low is not None and high is not None and low > high:
        low, high = high, low
    if low is None and high is None:
        high = Decimal(1)
    how = draw(st.sampled_from([Comparison.FULL, Comparison.ROUNDED]))
    return Limit(LimitKind.NUMERIC, "mg/kg", low, high, draw(st.booleans()), draw(st.booleans()), how, draw(st.integers(0, 3)))


units = st.sampled_from([*GRAMS_PER_TONNE, *GRAMS_PER_TONNE, *OTHER_UNITS])
lods = st.none() | st.decimals(min_value=Decimal("0.001"), max_value=5, places=3)


def ours(text: str, unit: str, limit: Limit, lod: Decimal | None) -> str:
    result = parse_result(text)
    if isinstance(result, Problem):
        return "none"
    judged = judge_item(result, unit, limit, None if lod is None else Lod(lod, "mg/kg"))
    return {"合格项": "pass", "不合格项": "fail"}[judged.judgement.value] if isinstance(judged, Judged) else "none"


@settings(max_examples=1500, deadline=None)
@given(texts, units, limits(), lods)
def test_judgement_agrees_with_the_oracle(text: str, unit: str, limit: Limit, lod: Decimal | None) -> None:
    assert ours(text, unit, limit, lod) == expected(text, unit, limit, None if lod is None else Fraction(lod))


def is_in_grammar(text: str) -> bool:
    if len(text) > 60:
        return False
    if text in ("未检出", "ND", "符合", "不符合") or read_number(text) is not None:
        return True
    if text.startswith("<") and text[1:2] not in ("+", "-") and read_number(text[1:]):
        return True
    parts = text.split(";" if ";" in text else "/")
    return 2 <= len(parts) <= 10 and all(is_microbe_value(part) for part in parts)


def is_microbe_value(text: str) -> bool:
    unsigned = text.removeprefix("<")
    if text in ("未检出", "ND"):
        return True
    value = None if unsigned[:1] in ("+", "-") else read_number(unsigned)
    return value is not None and (value > 0 or not text.startswith("<"))


ANY_LIMIT = st.sampled_from(
    [
        Limit(LimitKind.NUMERIC, "mg/kg", max=Decimal(10) ** 200),
        Limit(LimitKind.NUMERIC, "mg/kg", min=-(Decimal(10) ** 200)),
        Limit(LimitKind.NOT_DETECTED, "mg/kg"),
        Limit(LimitKind.QUALITATIVE),
        *(Limit(LimitKind.MICROBE, "mg/kg", n=n, c=n, m=Decimal(10) ** 200) for n in (1, 2, 3)),
    ]
)
microbes = st.lists(valid | mutated, min_size=2, max_size=4).flatmap(lambda p: st.sampled_from([";", "/"]).map(lambda s: s.join(p)))


@settings(max_examples=1500, deadline=None)
@given(texts | microbes, ANY_LIMIT)
def test_nothing_outside_the_grammar_ever_conforms_even_to_limits_that_nothing_exceeds(text: str, limit: Limit) -> None:
    result = parse_result(text)
    assert isinstance(result, Problem) is not is_in_grammar(text)
    if not is_in_grammar(text):
        assert ours(text, "mg/kg", limit, Decimal("0.001")) == "none"

"""The grammar of results, rounding by GB/T 8170, and units."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest

from sampling.rules import (
    BelowLod,
    Microbes,
    NotDetected,
    Number,
    Problem,
    Qualitative,
    Result,
    find_decimal,
    find_factor,
    normalise_unit,
    parse_decimal,
    parse_result,
    round_interval,
    round_places,
    round_significant,
    unit_mismatch,
)

ND = NotDetected()


def num(text: str) -> Number:
    return Number(Decimal(text))


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("0.21", num("0.21")),
        ("0", num("0")),
        ("-14", num("-14")),
        ("+3.50", num("3.50")),
        ("2.3×10⁴", num("23000")),
        ("2.3×10^4", num("23000")),
        ("2.3×10⁻⁴", num("0.00023")),
        ("-2.3×10^-4", num("-0.00023")),
        ("1×10¹²", num("1000000000000")),
        ("0.1234567890123456789012345678901234567890", num("0.1234567890123456789012345678901234567890")),
        ("未检出", ND),
        ("ND", ND),
        ("<0.01", BelowLod(Decimal("0.01"))),
        ("<1.0×10^1", BelowLod(Decimal("10"))),
        ("符合", Qualitative(True)),
        ("不符合", Qualitative(False)),
        ("10;20;<10;5;30", Microbes((num("10"), num("20"), BelowLod(Decimal("10")), num("5"), num("30")))),
        ("10/20/<10/5/30", Microbes((num("10"), num("20"), BelowLod(Decimal("10")), num("5"), num("30")))),
        ("未检出;未检出;0;ND;1.2×10²", Microbes((ND, ND, num("0"), ND, num("120")))),
    ],
)
def test_a_result_of_the_grammar_is_read_exactly(text: str, result: Result) -> None:
    assert parse_result(text) == result


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "result_empty"),
        ("  ", "result_empty"),
        ("1" * 61, "result_too_long"),
        ("０.２１", "result_full_width"),
        ("＜0.01", "result_full_width"),
        ("1．5", "result_full_width"),
        ("10；20；5；5；5", "result_full_width"),
        ("0.21\u3000", "result_full_width"),
        ("1e5", "result_exponent"),
        ("1.5E-3", "result_exponent"),
        ("2.3×104", "result_exponent"),
        ("2.3x10^4", "result_exponent"),
        ("2.3*10^4", "result_exponent"),
        ("2.3×10", "result_exponent"),
        ("1_2", "result_grammar"),
        ("1,200", "result_grammar"),
        (".5", "result_grammar"),
        ("5.", "result_grammar"),
        ("1.2.3", "result_grammar"),
        ("--1", "result_grammar"),
        ("0x1F", "result_grammar"),
        ("٣", "result_grammar"),
        ("४.५", "result_grammar"),
        ("1²", "result_grammar"),
        ("NaN", "result_grammar"),
        ("Infinity", "result_grammar"),
        ("-inf", "result_grammar"),
        ("true", "result_grammar"),
        (" 0.21", "result_grammar"),
        ("0.21\n", "result_grammar"),
        ("0.21 mg/kg", "result_grammar"),
        ("0.21\u200b", "result_grammar"),
        ("0\x001", "result_grammar"),
        ("<0", "result_grammar"),
        ("<-1", "result_grammar"),
        ("<+1", "result_grammar"),
        ("<<1", "result_grammar"),
        ("<", "result_grammar"),
        (">300", "result_grammar"),
        ("≤0.01", "result_grammar"),
        ("~5", "result_grammar"),
        ("nd", "result_grammar"),
        ("合格", "result_grammar"),
        ("未 检出", "result_grammar"),
        ("/", "result_grammar"),
        ("10;20/5", "result_grammar"),
        ("10;;5", "result_grammar"),
        ("10; 20", "result_grammar"),
        ("10;-5", "result_grammar"),
        ("10;符合", "result_grammar"),
        (";".join("1" * 11), "result_grammar"),
        ("1.0±0.1", "result_grammar"),
        ("3-4", "result_grammar"),
    ],
)
def test_anything_outside_the_grammar_is_a_problem_with_its_own_code(text: str, code: str) -> None:
    problem = parse_result(text)
    assert isinstance(problem, Problem)
    assert problem.code == code
    assert problem.zh
    assert problem.en


def test_a_message_does_not_repeat_invisible_characters() -> None:
    problem = parse_result("1\u202e2")
    assert isinstance(problem, Problem)
    assert "\u202e" not in problem.zh + problem.en


@pytest.mark.parametrize("text", ["未检出", "<0.01", "符合", "1;2", "1_2", "", "0" * 61])
def test_a_limit_of_detection_is_a_number_and_nothing_else(text: str) -> None:
    assert isinstance(parse_decimal(text), Problem)


def test_a_number_of_more_than_sixty_characters_is_not_read() -> None:
    assert find_decimal("1" * 60) == Decimal("1" * 60)
    assert find_decimal("1" * 61) is None


@pytest.mark.parametrize("value", [True, 1, 0.21, None, ["1"]])
def test_a_result_that_is_no_string_is_a_problem(value: object) -> None:
    problem = parse_result(value)  # type: ignore[arg-type]
    assert isinstance(problem, Problem)
    assert problem.code == "result_type"


@pytest.mark.parametrize(
    ("value", "places", "rounded"),
    [  # the examples of GB/T 8170-2008, 3.2 and 3.3
        ("12.1498", 1, "12.1"),
        ("12.1498", 0, "12"),
        ("1268", -2, "1300"),
        ("10.5002", 0, "11"),
        ("1.050", 1, "1.0"),
        ("0.35", 1, "0.4"),
        ("2500", -3, "2000"),
        ("3500", -3, "4000"),
        ("0.0325", 3, "0.032"),
        ("32500", -3, "32000"),
        ("-355", -1, "-360"),
        ("-325", -1, "-320"),
        ("-0.0365", 3, "-0.036"),
        ("15.4546", 0, "15"),
        ("97.46", 0, "97"),
        ("0.1245", 3, "0.124"),
        ("0.12450000000000000000000000000000000000000000000000001", 3, "0.125"),
        ("123456789012345678901234567890123456.15", 1, "123456789012345678901234567890123456.2"),
    ],
)
def test_rounding_is_half_to_even_and_done_once(value: str, places: int, rounded: str) -> None:
    assert round_places(Decimal(value), places) == Decimal(rounded)
    assert round_places(Fraction(value), places) == Decimal(rounded)


@pytest.mark.parametrize(
    ("value", "interval", "rounded"),
    [  # GB/T 8170-2008, 3.5: 0.5 and 0.2 单位修约
        ("60.25", "0.5", "60.0"),
        ("60.38", "0.5", "60.5"),
        ("60.28", "0.5", "60.5"),
        ("-60.75", "0.5", "-61.0"),
        ("830", "20", "840"),
        ("842", "20", "840"),
        ("832", "20", "840"),
        ("-930", "20", "-920"),
    ],
)
def test_rounding_to_half_and_fifth_units(value: str, interval: str, rounded: str) -> None:
    assert round_interval(Decimal(value), Decimal(interval)) == Decimal(rounded)


@pytest.mark.parametrize(("value", "digits", "rounded"), [("0.0325", 2, "0.032"), ("32500", 2, "32000"), ("9.96", 2, "10"), ("0", 2, "0")])
def test_rounding_to_significant_digits(value: str, digits: int, rounded: str) -> None:
    assert round_significant(Decimal(value), digits) == Decimal(rounded)


@pytest.mark.parametrize(
    ("spelled", "unit"),
    [
        ("\u00b5g/kg", "μg/kg"),
        ("\u03bcg/kg", "μg/kg"),
        ("ug/kg", "μg/kg"),
        ("mg/m3", "mg/m³"),
        ("mg/m^3", "mg/m³"),
        ("mg/m2", "mg/m²"),
        ("N/mm2", "N/mm²"),
        ("ml", "mL"),
        ("mg/100ml", "mg/100mL"),
        ("mg/l", "mg/L"),
        ("ml/100ml", "mL/100mL"),
        ("cfu/ml", "CFU/mL"),
        ("CFU/cm2", "CFU/cm²"),
        ("°C", "℃"),
        ("％", "%"),
        ("\u2126/km", "Ω/km"),
        ("mg / kg", "mg/kg"),
        ("/", ""),
        ("-", ""),
        ("g/10min", "g/10min"),
        ("未知单位", "未知单位"),
    ],
)
def test_units_have_one_spelling(spelled: str, unit: str) -> None:
    assert normalise_unit(spelled) == unit


@pytest.mark.parametrize(
    ("source", "target", "factor"),
    [
        ("mg/kg", "μg/kg", "1000"),
        ("ug/kg", "mg/kg", "1/1000"),
        ("g/kg", "mg/kg", "1000"),
        ("%", "g/kg", "10"),
        ("%", "mg/kg", "10000"),
        ("g/100g", "%", "1"),
        ("mg/L", "μg/L", "1000"),
        ("mg/m3", "μg/m³", "1000"),
        ("g/100mL", "g/L", "10"),
        ("mg/dm2", "mg/m²", "100"),
        ("CFU/100g", "CFU/g", "1/100"),
        ("MPN/100g", "MPN/g", "1/100"),
        ("MPa", "kPa", "1000"),
        ("N/mm2", "MPa", "1"),
        ("N/15mm", "N/m", "200/3"),
        ("μm", "mm", "1/1000"),
        ("Ω/km", "mΩ/m", "1"),
        ("km/h", "m/s", "5/18"),
        ("级", "级", "1"),
        ("/", "", "1"),
    ],
)
def test_units_of_a_dimension_convert_exactly_and_back(source: str, target: str, factor: str) -> None:
    assert find_factor(source, target) == Fraction(factor)
    assert find_factor(target, source) == 1 / Fraction(factor)


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("mg/kg", "mg/L"),
        ("CFU/g", "CFU/mL"),
        ("CFU/g", "MPN/g"),
        ("℃", "K"),
        ("mg/kg", ""),
        ("%", "%vol"),
        ("N", "MPa"),
        ("mg/m³", "mg/m²"),
        ("级", "度"),
        ("MG/KG", "mg/kg"),
        ("mPa", "Mpa"),
        ("x" * 50, "x" * 50),
    ],
)
def test_units_of_two_dimensions_never_convert(source: str, target: str) -> None:
    assert find_factor(source, target) is None
    assert unit_mismatch(source, target, "/unit").code == "unit_mismatch"

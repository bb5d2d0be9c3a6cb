"""One result against one limit, as tables."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from sampling.rules import (
    Comparison,
    ItemJudgement,
    Judged,
    Limit,
    LimitKind,
    Lod,
    Problem,
    check_limit,
    check_reported_limits,
    judge_item,
    parse_result,
)


def numeric(low: str | None, high: str | None, unit: str = "mg/kg", **more: Any) -> Limit:
    low_, high_ = (None if bound is None else Decimal(bound) for bound in (low, high))
    return Limit(LimitKind.NUMERIC, unit, low_, high_, **more)


def plan(n: int, c: int, m: str, big_m: str | None, unit: str = "CFU/g") -> Limit:
    top = None if big_m is None else Decimal(big_m)
    return Limit(LimitKind.MICROBE, unit, n=n, c=c, m=Decimal(m), big_m=top)


def outcome(text: str, unit: str, limit: Limit, lod: str | None = None, lod_unit: str = "") -> str:
    result = parse_result(text)
    assert not isinstance(result, Problem), result
    judged = judge_item(result, unit, limit, None if lod is None else Lod(Decimal(lod), lod_unit or unit))
    return judged.code if isinstance(judged, Problem) else judged.judgement.value


ABSENT = Limit(LimitKind.NOT_DETECTED)
WORDS = Limit(LimitKind.QUALITATIVE)
PASS, FAIL = "合格项", "不合格项"


@pytest.mark.parametrize(
    ("text", "unit", "limit", "said"),
    [
        ("0.124", "mg/kg", numeric(None, "0.124"), PASS),
        ("0.1240000001", "mg/kg", numeric(None, "0.124"), FAIL),
        ("0.124", "mg/kg", numeric(None, "0.124", max_inclusive=False), FAIL),
        ("0.40", "g/100mL", numeric("0.4", None, "g/100mL"), PASS),
        ("0.39", "g/100mL", numeric("0.4", None, "g/100mL"), FAIL),
        ("0.4", "g/100mL", numeric("0.4", None, "g/100mL", min_inclusive=False), FAIL),
        ("51.0", "%vol", numeric("51.0", "53.0", "%vol"), PASS),
        ("53.1", "%vol", numeric("51.0", "53.0", "%vol"), FAIL),
        ("-35", "℃", numeric(None, "-14", "℃"), PASS),
        ("-10", "℃", numeric(None, "-14", "℃"), FAIL),
        ("210", "μg/kg", numeric(None, "0.2"), FAIL),
        ("200", "ug/kg", numeric(None, "0.2"), PASS),
        ("0.02", "%", numeric(None, "200"), PASS),
        ("0.0200000001", "%", numeric(None, "200"), FAIL),
        ("3", "N/15mm", numeric("200", None, "N/m"), PASS),
        ("2.9999999999999999999999999999999", "N/15mm", numeric("200", None, "N/m"), FAIL),
        ("2.3×10⁴", "mg/kg", numeric(None, "23000"), PASS),
        ("5", "", numeric(None, "5", ""), PASS),
        ("0.2", "mg/L", numeric(None, "1"), "unit_mismatch"),
        ("0.2", "", numeric(None, "1"), "unit_mismatch"),
        ("0.2", "mg/kg", Limit(LimitKind.NUMERIC, "mg/kg"), "limit_missing"),
        ("符合", "", numeric(None, "1"), "result_kind"),
        ("1;2;3;4;5", "mg/kg", numeric(None, "9"), "result_kind"),
    ],
)
def test_a_number_is_held_against_its_limits(text: str, unit: str, limit: Limit, said: str) -> None:
    assert outcome(text, unit, limit) == said


@pytest.mark.parametrize(
    ("text", "full", "rounded"),
    [
        ("0.1245", FAIL, PASS),  # 0.1245 → 0.124: five before an even digit is dropped
        ("0.1235", PASS, PASS),
        ("0.12451", FAIL, FAIL),
        ("0.124", PASS, PASS),
        ("0.125", FAIL, FAIL),
    ],
)
def test_the_full_value_and_the_rounded_value_may_differ(text: str, full: str, rounded: str) -> None:
    assert outcome(text, "mg/kg", numeric(None, "0.124")) == full
    by_rounding = numeric(None, "0.124", comparison=Comparison.ROUNDED, places=3)
    assert outcome(text, "mg/kg", by_rounding) == rounded
    thousandfold = f"{Decimal(text) * 1000:f}"
    assert outcome(thousandfold, "μg/kg", by_rounding) == rounded


ROUNDED_MAX = numeric(None, "0.10", comparison=Comparison.ROUNDED, places=2)
ROUNDED_UNDER = numeric(None, "0.10", comparison=Comparison.ROUNDED, places=2, max_inclusive=False)
ROUNDED_MIN = numeric("0.40", None, comparison=Comparison.ROUNDED, places=2)


@pytest.mark.parametrize(
    ("text", "limit", "lod", "lod_unit", "said"),
    [
        ("未检出", numeric(None, "0.124"), "0.01", "mg/kg", PASS),
        ("ND", numeric(None, "0.124"), "10", "μg/kg", PASS),
        ("未检出", numeric(None, "0.124"), "0.124", "mg/kg", PASS),
        ("未检出", numeric(None, "0.124", max_inclusive=False), "0.124", "mg/kg", PASS),
        ("未检出", numeric(None, "0.124"), "0.125", "mg/kg", "lod_above_limit"),
        ("未检出", numeric(None, "0.124"), "125", "μg/kg", "lod_above_limit"),
        ("未检出", numeric(None, "0.124"), None, "", "lod_missing"),
        ("未检出", numeric(None, "0.124"), "0.01", "mg/L", "unit_mismatch"),
        ("<0.01", numeric(None, "0.124"), None, "", PASS),
        ("<0.124", numeric(None, "0.124"), None, "", PASS),
        ("<0.5", numeric(None, "0.124"), None, "", "lod_above_limit"),
        ("<0.01", numeric(None, "0.124"), "0.5", "mg/kg", "lod_above_limit"),
        ("<0.01", numeric("0.4", None), None, "", FAIL),
        ("<0.4", numeric("0.4", None), None, "", FAIL),
        ("<0.5", numeric("0.4", None), None, "", "below_lod_min"),
        ("未检出", numeric("0.4", None), "0.01", "mg/kg", FAIL),
        ("未检出", numeric("0.4", None), None, "", "lod_missing"),
        ("<0.01", numeric("0.4", "0.9"), None, "", FAIL),
        ("未检出", Limit(LimitKind.NUMERIC, "mg/kg"), "0.01", "mg/kg", "limit_missing"),
        ("<0.104", ROUNDED_MAX, None, "", PASS),
        ("<0.104", ROUNDED_UNDER, None, "", "lod_above_limit"),
        ("<0.40", ROUNDED_MIN, None, "", "below_lod_min"),  # 0.399 would round to 0.40
        ("<0.39", ROUNDED_MIN, None, "", FAIL),
        ("未检出", ABSENT, None, "", PASS),
        ("<0.5", ABSENT, None, "", PASS),
        ("0.001", ABSENT, None, "", FAIL),
        ("0", ABSENT, None, "", "result_kind"),
        ("-1", ABSENT, None, "", "result_kind"),
        ("不符合", ABSENT, None, "", FAIL),
        ("符合", ABSENT, None, "", "result_kind"),
        ("未检出;未检出", ABSENT, None, "", "result_kind"),
        ("符合", WORDS, None, "", PASS),
        ("不符合", WORDS, None, "", FAIL),
        ("未检出", WORDS, None, "", "result_kind"),
        ("0.1", WORDS, None, "", "result_kind"),
    ],
)
def test_a_limit_of_detection_is_understood(text: str, limit: Limit, lod: str | None, lod_unit: str, said: str) -> None:
    assert outcome(text, "mg/kg", limit, lod, lod_unit) == said


THREE_CLASSES, TWO_CLASSES = plan(5, 2, "100", "1000"), plan(5, 0, "0", None, "CFU/25g")


@pytest.mark.parametrize(
    ("text", "unit", "limit", "said"),
    [
        ("10;20;<10;5;30", "CFU/g", THREE_CLASSES, PASS),
        ("100;100;100;100;100", "CFU/g", THREE_CLASSES, PASS),
        ("101;1000;100;100;未检出", "CFU/g", THREE_CLASSES, PASS),
        ("101;101;101;0;0", "CFU/g", THREE_CLASSES, FAIL),
        ("1001;0;0;0;0", "CFU/g", THREE_CLASSES, FAIL),
        ("1.2×10³/0/0/0/0", "CFU/g", THREE_CLASSES, FAIL),
        ("10100;0;0;0;0", "CFU/100g", THREE_CLASSES, PASS),
        ("<200;0;0;0;0", "CFU/g", THREE_CLASSES, "lod_above_limit"),
        ("0;0;0;0", "CFU/g", THREE_CLASSES, "microbe_count"),
        ("50", "CFU/g", THREE_CLASSES, "microbe_count"),
        ("未检出", "CFU/g", THREE_CLASSES, "microbe_count"),
        ("0;0;0;0;0", "CFU/mL", THREE_CLASSES, "unit_mismatch"),
        ("符合", "CFU/g", THREE_CLASSES, "result_kind"),
        ("0;0;未检出;0;0", "CFU/25g", TWO_CLASSES, PASS),
        ("0;1;0;0;0", "CFU/25g", TWO_CLASSES, FAIL),
        ("50", "CFU/g", plan(1, 0, "100", None), PASS),
        ("-50", "CFU/g", plan(1, 0, "100", None), "result_kind"),
        ("0;0;0;0;0", "CFU/g", Limit(LimitKind.MICROBE, "CFU/g", n=5, c=2), "limit_missing"),
    ],
)
def test_a_sampling_plan_counts_its_samples(text: str, unit: str, limit: Limit, said: str) -> None:
    assert outcome(text, unit, limit) == said


def test_the_explanation_says_the_numbers_compared() -> None:
    result = parse_result("210")
    assert not isinstance(result, Problem)
    judged = judge_item(result, "μg/m3", numeric(None, "0.124", "mg/m³"))
    assert isinstance(judged, Judged)
    assert judged.judgement is ItemJudgement.NON_CONFORMING
    assert judged.explanation == "实测 210 μg/m3（折合 0.21 mg/m³），标准限值 ≤0.124 mg/m³，判为不合格项"


@pytest.mark.parametrize(
    ("limit", "pointer"),
    [
        (Limit(LimitKind.NUMERIC, "mg/kg"), "/max"),
        (numeric("2", "1"), "/min"),
        (numeric("NaN", "1"), "/max"),
        (numeric(None, "1", comparison=Comparison.ROUNDED), "/places"),
        (numeric(None, "1", comparison=Comparison.ROUNDED, places=99), "/places"),
        (Limit(LimitKind.MICROBE, "CFU/g"), "/n"),
        (plan(5, 6, "1", "2"), "/c"),
        (plan(5, 2, "-1", "2"), "/m"),
        (plan(5, 2, "10", "2"), "/M"),
    ],
)
def test_a_limit_that_cannot_judge_is_refused(limit: Limit, pointer: str) -> None:
    assert [(p.code, p.pointer) for p in check_limit(limit)] == [("limit_invalid", pointer)]


@pytest.mark.parametrize("limit", [numeric(None, "1"), numeric("1", "1"), ABSENT, WORDS, THREE_CLASSES, TWO_CLASSES])
def test_a_limit_that_can_judge_is_accepted(limit: Limit) -> None:
    assert check_limit(limit) == ()


MAX = numeric(None, "0.124", "mg/m³")


@pytest.mark.parametrize(
    ("low", "high", "unit", "limit", "pointers"),
    [
        (None, "0.124", "mg/m³", MAX, []),
        ("/", "0.1240", "mg/m3", MAX, []),
        (None, "124", "μg/m³", MAX, []),
        (None, "0.125", "mg/m³", MAX, ["/max"]),
        (None, None, "mg/m³", MAX, ["/max"]),
        (None, "/", None, MAX, ["/max"]),
        ("0.1", "0.124", "mg/m³", MAX, ["/min"]),
        (None, "0.124", "mg/kg", MAX, ["/limit_unit"]),
        (None, "0.124", None, MAX, ["/limit_unit"]),
        (None, "０.124", "mg/m³", MAX, ["/max"]),
        (None, "≤0.124", "mg/m³", MAX, ["/max"]),
        ("1", "2", "mg/kg", numeric("1", "3"), ["/max"]),
        (None, None, None, ABSENT, []),
        (None, "不得检出", None, ABSENT, []),
        (None, "0.1", None, ABSENT, ["/max"]),
        (None, "符合", None, WORDS, []),
        (None, None, "CFU/g", THREE_CLASSES, []),
        (None, "n=5,c=2,m=100,M=1000", "CFU/g", THREE_CLASSES, []),
        (None, "n=5，c=2，m=10^2, M=1×10³", "CFU/g", THREE_CLASSES, ["/max"]),
        (None, "n=5，c=2，m=1×10², M=1×10³", "CFU/g", THREE_CLASSES, []),
        (None, "n=5,c=2,m=100,M=9999", "CFU/g", THREE_CLASSES, ["/max"]),
        (None, "n=5,c=0,m=0", "CFU/g", TWO_CLASSES, []),
        (None, "n=5,c=0,m=0,M=x", "CFU/g", TWO_CLASSES, ["/max"]),
    ],
)
def test_reported_limits_must_be_the_schemes(low: str | None, high: str | None, unit: str | None, limit: Limit, pointers: list[str]) -> None:
    problems = check_reported_limits(low, high, unit, limit)
    assert [p.pointer for p in problems] == pointers
    assert {p.code for p in problems} <= {"limit_mismatch"}

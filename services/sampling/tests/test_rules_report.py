"""A whole report: items against the scheme, the roll-up, dates, signatures, class, CMA."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from sampling.rules import (
    Assessment,
    ItemJudgement,
    Limit,
    LimitKind,
    Programme,
    ReportContext,
    Scheme,
    Verdict,
    assess_items,
    check_report,
    cma,
    roll_up,
    scheme_item,
)
from sampling.rules.report_checks import find_certificate


@dataclass(frozen=True)
class Row:
    item: str = "甲醛释放量"
    result: str = "0.10"
    unit: str | None = "mg/m³"
    judgement: str = "合格项"
    method: str = "GB/T 17657-2013 4.60"
    min: str | None = None
    max: str | None = "0.124"
    limit_unit: str | None = "mg/m³"
    lod: str | None = "0.01"
    lod_unit: str | None = "mg/m³"


@dataclass(frozen=True)
class Pushed:
    report_no: str = "GSZJ-2021-000123"
    replaces: str | None = None
    report_class: str = "合格报告"
    cma_no: str = "182800340123"
    received_on: date = date(2021, 4, 19)
    tested_from: date = date(2021, 4, 20)
    tested_to: date = date(2021, 4, 28)
    issued_on: date = date(2021, 4, 30)
    tested_by: Sequence[str] = ("检验员甲",)
    reviewed_by: str = "审核员乙"
    approved_by: str = "签字人丙"
    verdict: str = "合格"
    items: Sequence[Row] = (Row(),)


FORMALDEHYDE = Limit(LimitKind.NUMERIC, "mg/m³", max=Decimal("0.124"))
STRENGTH = Limit(LimitKind.NUMERIC, "MPa", min=Decimal("11"))
ROWS = {
    "甲醛释放量": scheme_item("甲醛释放量", FORMALDEHYDE, ["GB/T 17657-2013"]),
    "静曲强度": scheme_item("静曲强度", STRENGTH, ["GB/T 17657-2013 4.7"], important=True),
    "标志": scheme_item("标志", Limit(LimitKind.QUALITATIVE), ["GB 18580-2017（第5章）"], required=False),
}
SCHEME = Scheme(ROWS)
STRONG = Row("静曲强度", "12.5", "MPa", method="GB/T 17657-2013 4.7", min="11", max=None, limit_unit="MPa", lod=None)
GOOD = (Row(), STRONG)
CONTEXT = ReportContext(
    today=date(2021, 5, 1),
    programme=Programme.PRODUCT,
    sampled_on=date(2021, 4, 15),
    samplers=frozenset({"抽样员丁", "抽样员戊"}),
    cma=cma("182800340123", date(2018, 5, 1), date(2024, 4, 30), [("甲醛释放量", "GB/T 17657-2013")]),
)


def found(assessment: Assessment) -> list[tuple[str, str]]:
    return [(problem.code, problem.pointer) for problem in assessment.problems]


def test_a_report_that_agrees_has_no_problem() -> None:
    assessment = assess_items(SCHEME, GOOD, "合格")
    assert found(assessment) == []
    assert assessment.verdict is Verdict.QUALIFIED
    assert [row.judgement for row in assessment.items if row] == [ItemJudgement.CONFORMING] * 2


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"result": "0.21"}, ("judgement_mismatch", "/items/0/judgement")),
        ({"judgement": "不合格项"}, ("judgement_mismatch", "/items/0/judgement")),
        ({"judgement": "合格"}, ("judgement_mismatch", "/items/0/judgement")),
        ({"judgement": "未检验"}, ("item_untested", "/items/0/judgement")),
        ({"result": "1_2"}, ("result_grammar", "/items/0/result")),
        ({"result": "０.1"}, ("result_full_width", "/items/0/result")),
        ({"unit": "mg/kg"}, ("unit_mismatch", "/items/0/unit")),
        ({"unit": None}, ("unit_mismatch", "/items/0/unit")),
        ({"method": "GB/T 1-2000"}, ("method_unknown", "/items/0/method")),
        ({"method": "GB/T 17657-20131 4.60"}, ("method_unknown", "/items/0/method")),
        ({"max": "0.2"}, ("limit_mismatch", "/items/0/max")),
        ({"min": "0.01"}, ("limit_mismatch", "/items/0/min")),
        ({"limit_unit": "mg/L·s"}, ("limit_mismatch", "/items/0/limit_unit")),
        ({"lod": "abc"}, ("number_grammar", "/items/0/lod")),
        ({"lod": "-1"}, ("lod_range", "/items/0/lod")),
        ({"result": "未检出", "lod": "0.2"}, ("lod_above_limit", "/items/0/lod")),
        ({"result": "未检出", "lod": None}, ("lod_missing", "/items/0/lod")),
        ({"result": "未检出", "lod_unit": "mg/kg"}, ("unit_mismatch", "/items/0/lod_unit")),
        ({"item": "未知项目"}, ("item_unknown", "/items/0/item")),
    ],
)
def test_a_wrong_item_is_told_with_its_place(change: dict[str, Any], problem: tuple[str, str]) -> None:
    assessment = assess_items(SCHEME, (replace(Row(), **change), STRONG), "合格")
    assert problem in found(assessment)


@pytest.mark.parametrize("method", ["GB/T 17657-2013", "GB/T 17657-2013 4.60", "GB/T 17657-2013（第一法）", "GB/T 17657-2013  4.60"])
def test_a_clause_of_an_allowed_standard_is_allowed(method: str) -> None:
    assert found(assess_items(SCHEME, (Row(method=method), STRONG), "合格")) == []


def test_not_detected_takes_the_limits_unit_when_it_has_none() -> None:
    row = Row(result="未检出", unit="/", lod_unit=None)
    assert found(assess_items(SCHEME, (replace(row, unit=None), STRONG), "合格")) == []


def test_a_missing_required_item_is_told_and_an_optional_one_is_not() -> None:
    assessment = assess_items(SCHEME, (Row(),), "合格")
    assert found(assessment) == [("item_missing", "/items")]


def test_a_report_without_items_has_no_verdict() -> None:
    assessment = assess_items(SCHEME, (), "合格")
    assert [code for code, _ in found(assessment)] == ["item_missing", "item_missing"]
    assert assessment.verdict is None


def test_an_item_given_twice_is_told_at_the_second() -> None:
    assert found(assess_items(SCHEME, (*GOOD, Row()), "合格")) == [("item_duplicate", "/items/2/item")]


@pytest.mark.parametrize(
    ("formaldehyde", "strength", "theirs", "problems"),
    [
        ("0.10", "12", "合格", []),
        ("0.21", "12", "不合格", []),
        ("0.21", "12", "合格", ["/verdict"]),
        ("0.21", "12", "严重不合格", ["/verdict"]),
        ("0.10", "9", "严重不合格", []),
        ("0.10", "9", "不合格", []),  # the grade is ours to add
        ("0.10", "9", "合格", ["/verdict"]),
        ("0.10", "12", "不合格", ["/verdict"]),
        ("0.10", "12", "问题", ["/verdict"]),
    ],
)
def test_the_verdict_is_the_roll_up(formaldehyde: str, strength: str, theirs: str, problems: list[str]) -> None:
    rows = (
        Row(result=formaldehyde, judgement="合格项" if formaldehyde == "0.10" else "不合格项"),
        replace(STRONG, result=strength, judgement="合格项" if strength == "12" else "不合格项"),
    )
    assert [pointer for _, pointer in found(assess_items(SCHEME, rows, theirs))] == problems


def test_an_item_that_cannot_be_judged_leaves_no_verdict() -> None:
    assessment = assess_items(SCHEME, (Row(result="?"), STRONG), "合格")
    assert assessment.verdict is None
    assert assessment.items[0] is None


def test_monitoring_finds_problems_instead_of_failures() -> None:
    assessment = assess_items(Scheme(ROWS, monitoring=True), (Row(result="0.21", judgement="问题项"), STRONG), "问题")
    assert found(assessment) == []
    assert assessment.verdict is Verdict.PROBLEM


def test_an_untested_optional_item_is_no_obstacle() -> None:
    row = Row("标志", "/", judgement="未检验", method="/", max=None, lod=None)
    assert found(assess_items(SCHEME, (*GOOD, row), "合格")) == []


@pytest.mark.parametrize(
    ("rows", "verdict"),
    [
        ([], Verdict.TEST_IMPOSSIBLE),
        ([(ItemJudgement.NOT_TESTED, False)], Verdict.TEST_IMPOSSIBLE),
        ([(ItemJudgement.CONFORMING, True), (ItemJudgement.NOT_TESTED, False)], Verdict.QUALIFIED),
        ([(ItemJudgement.NON_CONFORMING, False), (ItemJudgement.CONFORMING, True)], Verdict.UNQUALIFIED),
        ([(ItemJudgement.NON_CONFORMING, True)], Verdict.SERIOUS),
    ],
)
def test_judgements_roll_up(rows: list[tuple[ItemJudgement, bool]], verdict: Verdict) -> None:
    assert roll_up(rows) is verdict


def test_the_report_of_the_contract_passes_every_check() -> None:
    assert check_report(Pushed(), CONTEXT) == []


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"received_on": date(2021, 4, 14)}, ("date_order", "/received_on")),
        ({"tested_from": date(2021, 4, 18)}, ("date_order", "/tested_from")),
        ({"tested_to": date(2021, 4, 19)}, ("date_order", "/tested_to")),
        ({"issued_on": date(2021, 4, 27)}, ("date_order", "/issued_on")),
        ({"issued_on": date(2021, 5, 2)}, ("date_future", "/issued_on")),
        ({"tested_by": ()}, ("signatory_missing", "/tested_by")),
        ({"tested_by": ("甲", " ")}, ("signatory_missing", "/tested_by")),
        ({"reviewed_by": " "}, ("signatory_missing", "/reviewed_by")),
        ({"approved_by": ""}, ("signatory_missing", "/approved_by")),
        ({"reviewed_by": "检验员甲"}, ("signatories_distinct", "/reviewed_by")),
        ({"approved_by": "检验员甲 "}, ("signatories_distinct", "/approved_by")),
        ({"approved_by": "审核员乙"}, ("signatories_distinct", "/approved_by")),
        ({"tested_by": ("检验员甲", "抽样员丁")}, ("sampler_is_tester", "/tested_by/1")),
        ({"report_class": "一般不合格报告"}, ("report_class_verdict", "/report_class")),
        ({"verdict": "不合格"}, ("report_class_verdict", "/report_class")),
        ({"verdict": "无法检验"}, ("report_class_verdict", "/report_class")),
        ({"report_class": "报告"}, ("report_class_unknown", "/report_class")),
        ({"report_no": ""}, ("report_no_format", "/report_no")),
        ({"report_no": "A" * 20}, ("report_no_format", "/report_no")),
        ({"report_no": "GS 2021"}, ("report_no_format", "/report_no")),
        ({"report_no": "1" * 41}, ("report_no_format", "/report_no")),
        ({"report_no": "../../1"}, ("report_no_format", "/report_no")),
        ({"replaces": "GS\n1"}, ("report_no_format", "/replaces")),
        ({"cma_no": "182800340124"}, ("cma_number", "/cma_no")),
        ({"items": (Row(), STRONG)}, ("cma_scope", "/items/1/method")),
        ({"items": (Row(method="GB 5009.5-2016"),)}, ("cma_scope", "/items/0/method")),
    ],
)
def test_a_wrong_head_is_told_with_its_place(change: dict[str, Any], problem: tuple[str, str]) -> None:
    assert [(p.code, p.pointer) for p in check_report(replace(Pushed(), **change), CONTEXT)] == [problem]


@pytest.mark.parametrize("report_no", ["No.2021-JC-0012", "(2021)甘检字第0123号", "2021/0123", "№20210001", "GS-1-修1"])
def test_report_numbers_in_use_are_accepted(report_no: str) -> None:
    assert check_report(replace(Pushed(), report_no=report_no), CONTEXT) == []


@pytest.mark.parametrize(
    ("day", "codes"),
    [
        (date(2018, 4, 30), ["cma_expired"]),
        (date(2018, 5, 1), []),
        (date(2024, 4, 30), []),
        (date(2024, 5, 1), ["cma_expired"]),
    ],
)
def test_the_cma_must_be_valid_on_the_day_of_issue(day: date, codes: list[str]) -> None:
    report = replace(Pushed(), received_on=day, tested_from=day, tested_to=day, issued_on=day)
    context = replace(CONTEXT, sampled_on=day, today=day)
    assert [p.code for p in check_report(report, context)] == codes


def test_a_laboratory_without_cma_is_refused() -> None:
    assert [p.code for p in check_report(Pushed(), replace(CONTEXT, cma=None))] == ["cma_number"]


@pytest.mark.parametrize(("hard", "codes"), [(False, []), (True, ["sampler_is_tester"])])
def test_food_separation_is_hard_only_where_the_province_says_so(hard: bool, codes: list[str]) -> None:
    context = replace(CONTEXT, programme=Programme.FOOD, food_separation_hard=hard)
    assert [p.code for p in check_report(replace(Pushed(), tested_by=("抽样员丁",)), context)] == codes


@pytest.mark.parametrize(
    ("number", "on", "valid_from"),
    [
        ("182800340123", "2020-01-01", "2018-05-10"),
        ("182800340123", "2024-05-10", "2024-05-10"),  # the day after the old term, which the renewal follows under the same number
        ("182800340123", "2031-01-01", "2024-05-10"),  # no term covers it: the newest one is shown in the refusal
        ("172800340999", "2020-01-01", None),
    ],
)
def test_a_renewed_certificate_keeps_its_number_and_has_two_terms(number, on, valid_from):
    terms = [(date(2018, 5, 10), date(2024, 5, 9)), (date(2024, 5, 10), date(2030, 5, 9))]
    held = [cma("182800340123", since, until, []) for since, until in terms]
    found = find_certificate(held, number, date.fromisoformat(on))
    assert (found and found.valid_from.isoformat()) == valid_from

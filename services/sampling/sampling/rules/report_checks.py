"""What must hold in a report besides its items (检验报告): dates, signatures, class, number, CMA, 抽检分离."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Protocol

from sampling.rules.assessment import ReportedItem, Verdict
from sampling.rules.methods import list_method_keys, normalise_method
from sampling.rules.problem import Problem, shown
from sampling.rules.samples import Programme

_REPORT_NO = re.compile(r"[A-Za-z0-9\u4e00-\u9fa5(（〔№][A-Za-z0-9\u4e00-\u9fa5()（）〔〕№._/-]{0,39}")
_CMA_NO = re.compile(r"[0-9A-Z]{12}")
_FAILED = frozenset({Verdict.UNQUALIFIED, Verdict.SERIOUS})
REPORT_CLASSES: dict[str, frozenset[Verdict]] = {
    "合格报告": frozenset({Verdict.QUALIFIED}),
    "一般不合格报告": _FAILED,
    "一般问题报告": frozenset({Verdict.PROBLEM}),
    "一般不合格（问题）报告": _FAILED | {Verdict.PROBLEM},
    "一般不合格(问题)报告": _FAILED | {Verdict.PROBLEM},
    "24小时限时报告": _FAILED | {Verdict.PROBLEM},
}


class Report(Protocol):
    """One report of the push, as `design.md` section 6 names its fields, its dates already dates."""

    @property
    def report_no(self) -> str: ...
    @property
    def replaces(self) -> str | None: ...
    @property
    def report_class(self) -> str: ...
    @property
    def cma_no(self) -> str: ...
    @property
    def received_on(self) -> date: ...
    @property
    def tested_from(self) -> date: ...
    @property
    def tested_to(self) -> date: ...
    @property
    def issued_on(self) -> date: ...
    @property
    def tested_by(self) -> Sequence[str]: ...
    @property
    def reviewed_by(self) -> str: ...
    @property
    def approved_by(self) -> str: ...
    @property
    def verdict(self) -> str: ...
    @property
    def items(self) -> Sequence[ReportedItem]: ...


@dataclass(frozen=True, slots=True)
class Cma:
    """The laboratory's qualification (资质认定): number, validity, and its (item, method) scope; build with `cma`."""

    number: str
    valid_from: date
    valid_to: date
    scope: frozenset[tuple[str, str]]


def cma(number: str, valid_from: date, valid_to: date, scope: Iterable[tuple[str, str]]) -> Cma:
    """CMA facts with the methods of the scope in one spelling."""
    return Cma(number, valid_from, valid_to, frozenset((item, normalise_method(method)) for item, method in scope))


def find_certificate(held: Sequence[Cma], number: str, on: date) -> Cma | None:
    """The certificate of that number in the term that covers the day, else the newest one of the number; None when there is none."""
    named = [each for each in held if each.number == number]
    return next((each for each in named if each.valid_from <= on <= each.valid_to), max(named, key=lambda each: each.valid_to, default=None))


@dataclass(frozen=True, slots=True)
class ReportContext:
    """What the report is held against; `today` is the date in Shanghai, handed in."""

    today: date
    programme: Programme
    sampled_on: date
    samplers: frozenset[str]
    cma: Cma | None
    food_separation_hard: bool = False


def check_report(report: Report, context: ReportContext) -> list[Problem]:
    """Every problem of the report's head; the items are judged by `assess_items` (O18 arts. 8, 29-30; O15 art. 23)."""
    return [
        *_check_number(report),
        *_check_dates(report, context),
        *_check_signatures(report),
        *_check_separation(report, context),
        *_check_class(report),
        *_check_cma(report, context.cma),
    ]


def _check_number(report: Report) -> list[Problem]:
    problems = []
    for pointer, text in (("/report_no", report.report_no), ("/replaces", report.replaces)):
        if text is not None and not (_REPORT_NO.fullmatch(text) and any(c.isdigit() for c in text)):
            zh = f"报告编号「{shown(text)}」格式不符：1至40个字符，含数字，不含空格"
            en = f"report number '{shown(text)}': 1 to 40 characters with a digit and without spaces"
            problems.append(Problem("report_no_format", pointer, zh, en))
    return problems


def _check_dates(report: Report, context: ReportContext) -> list[Problem]:
    steps = (
        ("", "抽样日期", "sampled on", context.sampled_on),
        ("/received_on", "收样日期", "received_on", report.received_on),
        ("/tested_from", "检验开始日期", "tested_from", report.tested_from),
        ("/tested_to", "检验结束日期", "tested_to", report.tested_to),
        ("/issued_on", "签发日期", "issued_on", report.issued_on),
    )
    problems = [
        Problem("date_order", pointer, f"{zh}（{day}）早于{earlier}（{before}）", f"{en} {day} is before {en0} {before}")
        for (_, earlier, en0, before), (pointer, zh, en, day) in pairwise(steps)
        if day < before
    ]
    problems += [
        Problem("date_future", pointer, f"{zh}（{day}）晚于今日（{context.today}）", f"{en} {day} is in the future")
        for pointer, zh, en, day in steps[1:]
        if day > context.today
    ]
    return problems


def _check_signatures(report: Report) -> list[Problem]:
    """主检, 审核, 批准: all three, reviewer and approver distinct and neither of them a tester (domain §2.6)."""
    testers = [name.strip() for name in report.tested_by]
    reviewer, approver = report.reviewed_by.strip(), report.approved_by.strip()
    problems = [
        Problem("signatory_missing", pointer, f"缺少{zh}签名", f"{en} is missing")
        for pointer, zh, en, present in (
            ("/tested_by", "主检", "tester", bool(testers) and all(testers)),
            ("/reviewed_by", "审核", "reviewer", bool(reviewer)),
            ("/approved_by", "批准", "approver", bool(approver)),
        )
        if not present
    ]
    same = [
        ("/reviewed_by", "审核人与主检人相同", "the reviewer is a tester", reviewer in testers),
        ("/approved_by", "批准人与主检人相同", "the approver is a tester", approver in testers),
        ("/approved_by", "批准人与审核人相同", "the approver is the reviewer", bool(approver) and approver == reviewer),
    ]
    problems += [Problem("signatories_distinct", pointer, zh, en) for pointer, zh, en, is_same in same if is_same]
    return problems


def _check_separation(report: Report, context: ReportContext) -> list[Problem]:
    """抽检分离: a sampler must not test (product: O18 art. 8, hard; food: only where the province makes it hard)."""
    if context.programme is Programme.FOOD and not context.food_separation_hard:
        return []
    return [
        Problem("sampler_is_tester", f"/tested_by/{index}", "抽样人员不得参与检验", "a sampler must not test the sample")
        for index, name in enumerate(report.tested_by)
        if name.strip() in context.samplers
    ]


def _check_class(report: Report) -> list[Problem]:
    verdicts = REPORT_CLASSES.get(report.report_class)
    seen = shown(report.report_class)
    if verdicts is None:
        zh, en = f"报告分类「{seen}」不在规定的分类中", f"'{seen}' is not a report class"
        return [Problem("report_class_unknown", "/report_class", zh, en)]
    if report.verdict in verdicts:
        return []
    zh = f"报告分类「{seen}」与结论「{shown(report.verdict)}」不符"
    en = f"report class '{seen}' does not go with verdict '{shown(report.verdict)}'"
    return [Problem("report_class_verdict", "/report_class", zh, en)]


def _check_cma(report: Report, facts: Cma | None) -> list[Problem]:
    """CMA number the laboratory's own, valid on the date of the report, scope over item and method (domain §2.6)."""
    if facts is None or report.cma_no != facts.number or not _CMA_NO.fullmatch(report.cma_no):
        zh = f"资质认定证书编号「{shown(report.cma_no)}」不是该机构的有效证书编号"
        return [Problem("cma_number", "/cma_no", zh, "not the CMA number of this laboratory")]
    problems = []
    if not facts.valid_from <= report.issued_on <= facts.valid_to:
        zh = f"签发日期 {report.issued_on} 不在资质认定有效期 {facts.valid_from} 至 {facts.valid_to} 内"
        en = f"issued on {report.issued_on}, CMA valid from {facts.valid_from} to {facts.valid_to}"
        problems.append(Problem("cma_expired", "/cma_no", zh, en))
    for index, row in enumerate(report.items):
        if not is_in_scope(facts, row.item, row.method):
            zh = f"项目「{shown(row.item)}」及方法「{shown(row.method)}」不在资质认定范围内"
            en = "item and method are outside the laboratory's CMA scope"
            problems.append(Problem("cma_scope", f"/items/{index}/method", zh, en))
    return problems


def is_in_scope(facts: Cma, item: str, method: str) -> bool:
    """Whether the CMA scope has this item with this method, or with the standard that the method is a clause of."""
    if (item, method) in facts.scope:
        return True
    return any((item, key) in facts.scope for key in list_method_keys(method))

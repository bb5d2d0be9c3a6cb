"""A whole report against the scheme in force (复核判定): items, limits, methods, and the roll-up to a verdict.

Verdicts are recomputed, never believed. A laboratory's 不合格 agrees with our 严重不合格: the grade (A 类项目) is the
scheme's business, and many laboratories do not report it. The other way round is a mismatch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Protocol

from sampling.rules.judgement import ItemJudgement, Judged, Lod, judge_item
from sampling.rules.limits import Limit, LimitKind, check_reported_limits
from sampling.rules.methods import list_method_keys, normalise_method
from sampling.rules.numbers import NOT_APPLICABLE, NotDetected, Result, parse_decimal, parse_result
from sampling.rules.problem import Problem, shown
from sampling.rules.sums import Member, SumRule, judge_sum


class Verdict(StrEnum):
    """Verdict of a batch (结论), domain §4.8."""

    QUALIFIED = "合格"
    UNQUALIFIED = "不合格"
    SERIOUS = "严重不合格"
    PROBLEM = "问题"
    TEST_IMPOSSIBLE = "无法检验"


class ReportedItem(Protocol):
    """One item row of the push, as `design.md` section 6 names its fields; any object with these attributes will do."""

    @property
    def item(self) -> str: ...
    @property
    def result(self) -> str: ...
    @property
    def unit(self) -> str | None: ...
    @property
    def judgement(self) -> str: ...
    @property
    def method(self) -> str: ...
    @property
    def min(self) -> str | None: ...
    @property
    def max(self) -> str | None: ...
    @property
    def limit_unit(self) -> str | None: ...
    @property
    def lod(self) -> str | None: ...
    @property
    def lod_unit(self) -> str | None: ...


@dataclass(frozen=True, slots=True, eq=False)  # itself is its identity: a thousand reports ask for the same few
class SchemeItem:
    """One item of the test scheme (实施细则中的检验项目); `methods` are normalised by `scheme_item`."""

    item: str
    limit: Limit
    methods: frozenset[str]
    required: bool = True
    important: bool = False
    sum: SumRule | None = None
    waits: bool = False  # judged after the others: a sum, or a component without a limit of its own


def scheme_item(
    item: str, limit: Limit, methods: Sequence[str], *, required: bool = True, important: bool = False, sum_rule: SumRule | None = None
) -> SchemeItem:
    """Build a scheme item; `important` marks an A 类(重要) item, whose failure makes the batch 严重不合格."""
    waits = sum_rule is not None or limit.kind is LimitKind.COMPONENT
    return SchemeItem(item, limit, frozenset(map(normalise_method, methods)), required, important, sum_rule, waits)


@dataclass(frozen=True, slots=True)
class Scheme:
    """The scheme in force on the production date; `monitoring` turns failures into 问题 (风险监测, O15 art. 41)."""

    items: Mapping[str, SchemeItem]
    monitoring: bool = False


@dataclass(frozen=True, slots=True)
class Assessment:
    """Our own judgement per reported item (None: impossible), our verdict (None: impossible), and every problem."""

    items: tuple[Judged | None, ...]
    verdict: Verdict | None
    problems: tuple[Problem, ...]


_NOT_TESTED = Judged(ItemJudgement.NOT_TESTED, "未检验")
_NON_CONFORMING = (ItemJudgement.NON_CONFORMING, ItemJudgement.PROBLEM)


def assess_items(scheme: Scheme, items: Sequence[ReportedItem], verdict: str) -> Assessment:
    """Judge every item and the batch, and list where the laboratory's report disagrees; pointers inside the report."""
    problems: list[Problem] = []
    judged: list[Judged | None] = []
    seen: set[str] = set()
    waiting: list[int] = []
    for index, reported in enumerate(items):
        known = scheme.items.get(reported.item)
        if known is None or reported.item in seen:
            problems.append(_not_expected(reported.item, index, unknown=known is None))
            judged.append(None)
            continue
        seen.add(reported.item)
        if known.waits:
            waiting.append(index)
            judged.append(None)
            continue
        found: list[Problem] = []
        judged.append(assess_item(known, reported, found, monitoring=scheme.monitoring))
        if found:
            problems += [problem.at(f"/items/{index}") for problem in found]
    if waiting:
        _judge_waiting(scheme, items, waiting, (judged, problems))
    problems += _missing_items(scheme, seen)
    ours = _verdict(scheme, items, judged) if None not in judged and seen else None
    if ours is not None and verdict != ours and not (ours is Verdict.SERIOUS and verdict == Verdict.UNQUALIFIED):
        problems.append(_verdict_mismatch(ours, verdict))
    return Assessment(tuple(judged), ours, tuple(problems))


def assess_item(known: SchemeItem, reported: ReportedItem, problems: list[Problem], *, monitoring: bool = False) -> Judged | None:
    """Our judgement of one reported row, or None; what is wrong is added to `problems`, pointers inside the item."""
    if reported.judgement == ItemJudgement.NOT_TESTED:
        return _not_tested(known, problems)
    _check_row(known, reported, problems)
    ours = _judge_row(known, reported)
    if type(ours) is Judged and not monitoring and reported.judgement == ours.judgement:
        return ours
    return _settle(ours, reported, problems, monitoring)


def _not_tested(known: SchemeItem, problems: list[Problem]) -> Judged:
    if known.required:
        zh, en = f"必检项目「{known.item}」标为未检验", f"required item '{known.item}' was not tested"
        problems.append(Problem("item_untested", "/judgement", zh, en))
    return _NOT_TESTED


def _check_row(known: SchemeItem, reported: ReportedItem, problems: list[Problem]) -> None:
    found = _frame_problems(known, reported.method, reported.min, reported.max, reported.limit_unit)
    if found:
        problems += found


@lru_cache(maxsize=4096)
def _frame_problems(known: SchemeItem, method: str, low: str | None, high: str | None, unit: str | None) -> tuple[Problem, ...]:
    """What is wrong with a row but for its result: a laboratory prints the same method and limits on every report."""
    found = check_reported_limits(low, high, unit, known.limit)
    if method not in known.methods and known.methods.isdisjoint(list_method_keys(method)):
        return (_method_unknown(method), *found)
    return found


def _settle(ours: Judged | Problem, reported: ReportedItem, problems: list[Problem], monitoring: bool) -> Judged | None:
    """What our judgement becomes in monitoring, and whether the laboratory says the same."""
    if isinstance(ours, Problem):
        problems.append(ours)
        return None
    if monitoring and ours.judgement is ItemJudgement.NON_CONFORMING:
        ours = Judged(ItemJudgement.PROBLEM, ours.explanation.replace("不合格项", "问题项"))
    if reported.judgement != ours.judgement:
        problems.append(_judgement_mismatch(ours, reported.judgement))
    return ours


Found = tuple[list[Judged | None], list[Problem]]


def _judge_waiting(scheme: Scheme, items: Sequence[ReportedItem], waiting: Sequence[int], found: Found) -> None:
    """Sums from their members (合计项目), then components with the sums that they belong to."""
    rows: dict[str, ReportedItem] = {}
    for row in items:
        rows.setdefault(row.item, row)
    told: dict[str, Judged] = {}
    for index in sorted(waiting, key=lambda place: scheme.items[items[place].item].sum is None):
        reported = items[index]
        known, problems = scheme.items[reported.item], list[Problem]()
        if reported.judgement == ItemJudgement.NOT_TESTED:
            judged: Judged | None = _not_tested(known, problems)
        else:
            _check_row(known, reported, problems)
            ours = _judge_sum_row(scheme, known, reported, rows) if known.sum else _judge_component(known, scheme, reported, told)
            if known.sum and isinstance(ours, Judged):
                told[known.item] = ours
            judged = _settle(ours, reported, problems, scheme.monitoring)
        found[0][index] = judged
        found[1].extend(problem.at(f"/items/{index}") for problem in problems)


def _judge_sum_row(scheme: Scheme, known: SchemeItem, reported: ReportedItem, rows: Mapping[str, ReportedItem]) -> Judged | Problem:
    assert known.sum is not None
    stated = parse_result(reported.result)
    if isinstance(stated, Problem):
        return stated.at("/result")
    members = []
    for name in known.sum.members:
        member = _member(scheme.items.get(name), name, rows.get(name))
        if isinstance(member, Problem):
            return member
        members.append(member)
    return judge_sum(known.sum, members, (stated, reported.unit or ""), known.limit)


def _member(known: SchemeItem | None, name: str, row: ReportedItem | None) -> Member | Problem:
    if known is None or known.sum is not None:
        return Member(name, None, None, "", None)
    if row is None or row.judgement == ItemJudgement.NOT_TESTED:
        return Member(name, known.limit, None, "", None)
    read = _read_row(known, row)
    if isinstance(read, Problem):
        zh, en = f"成员项目「{shown(name)}」：{read.zh}", f"member '{shown(name)}': {read.en}"
        return Problem(read.code, "/result", zh, en)
    return Member(name, known.limit, *read)


def _judge_component(known: SchemeItem, scheme: Scheme, reported: ReportedItem, told: Mapping[str, Judged]) -> Judged | Problem:
    """A component is judged as the worst of its sums; without a judged sum there is nothing to judge it by."""
    read = _read_row(known, reported)
    if isinstance(read, Problem):
        return read
    sums = [name for name, item in scheme.items.items() if item.sum and known.item in item.sum.members]
    if not sums or any(name not in told for name in sums):
        zh = f"组分「{shown(known.item)}」所属的合计项目未能判定"
        return Problem("sum_unjudged", "/judgement", zh, f"the sum that '{shown(known.item)}' belongs to is not judged")
    worst = min(sums, key=lambda name: told[name].judgement is ItemJudgement.CONFORMING)
    said = f"实测 {reported.result} {reported.unit or ''}".rstrip()
    ours = told[worst].judgement
    return Judged(ours, f"{said}，标准限值 随合计项目「{worst}」，判为{ours.value}")


def _judge_row(known: SchemeItem, reported: ReportedItem) -> Judged | Problem:
    if reported.lod is None:
        result = parse_result(reported.result)
        return result.at("/result") if isinstance(result, Problem) else judge_item(result, reported.unit or "", known.limit)
    read = _read_row(known, reported)
    return read if isinstance(read, Problem) else judge_item(read[0], read[1], known.limit, read[2])


def _read_row(known: SchemeItem, reported: ReportedItem) -> tuple[Result, str, Lod | None] | Problem:
    """Result, unit and detection limit of a row, or the first of them that cannot be read."""
    result = parse_result(reported.result)
    if isinstance(result, Problem):
        return result.at("/result")
    unit = reported.unit or ""
    if reported.lod is None or reported.lod in ("", NOT_APPLICABLE):
        return result, unit, None
    # Without a unit of its own the detection limit is in the result's; 未检出 may have no unit either.
    lod_unit = reported.lod_unit or unit or (known.limit.unit if isinstance(result, NotDetected) else "")
    lod = _read_lod(reported.lod, lod_unit)
    return lod if isinstance(lod, Problem) else (result, unit, lod)


def _read_lod(text: str, unit: str) -> Lod | Problem:
    value = parse_decimal(text)
    if isinstance(value, Problem):
        return value.at("/lod")
    if value > 0:
        return Lod(value, unit)
    return Problem("lod_range", "/lod", "方法检出限必须大于零", "the limit of detection must be above zero")


def _verdict(scheme: Scheme, items: Sequence[ReportedItem], judged: Sequence[Judged | None]) -> Verdict:
    rows = [(row.judgement, scheme.items[item.item].important) for item, row in zip(items, judged, strict=True) if row]
    return roll_up(rows, monitoring=scheme.monitoring)


def roll_up(judgements: Sequence[tuple[ItemJudgement, bool]], *, monitoring: bool = False) -> Verdict:
    """Any 不合格项 makes the batch 不合格, an important one 严重不合格; monitoring says 问题 (domain §2.6, §4.8)."""
    failed = [important for judgement, important in judgements if judgement in _NON_CONFORMING]
    if not failed:
        tested = any(judgement is ItemJudgement.CONFORMING for judgement, _ in judgements)
        return Verdict.QUALIFIED if tested else Verdict.TEST_IMPOSSIBLE
    if monitoring:
        return Verdict.PROBLEM
    return Verdict.SERIOUS if any(failed) else Verdict.UNQUALIFIED


def _not_expected(item: str, index: int, *, unknown: bool) -> Problem:
    pointer, name = f"/items/{index}/item", shown(item)
    if unknown:
        zh, en = f"项目「{name}」不在实施细则中", f"item '{name}' is not in the scheme"
        return Problem("item_unknown", pointer, zh, en)
    return Problem("item_duplicate", pointer, f"项目「{name}」重复", f"item '{name}' is given twice")


def _missing_items(scheme: Scheme, seen: set[str]) -> list[Problem]:
    return [
        Problem("item_missing", "/items", f"缺少必检项目「{name}」", f"required item '{name}' is missing")
        for name, known in scheme.items.items()
        if known.required and name not in seen
    ]


def _method_unknown(method: str) -> Problem:
    seen = shown(method)
    zh = f"检验方法「{seen}」不是实施细则允许的方法"
    return Problem("method_unknown", "/method", zh, f"method '{seen}' is not allowed by the scheme")


def _judgement_mismatch(ours: Judged, theirs: str) -> Problem:
    seen = shown(theirs)
    zh = f"{ours.explanation}，报告为「{seen}」"
    en = f"recomputed as {ours.judgement.value}, reported as '{seen}'"
    return Problem("judgement_mismatch", "/judgement", zh, en)


def _verdict_mismatch(ours: Verdict, theirs: str) -> Problem:
    seen = shown(theirs)
    zh = f"按各项目判定应为「{ours.value}」，报告结论为「{seen}」"
    en = f"the items add up to {ours.value}, the report says '{seen}'"
    return Problem("verdict_mismatch", "/verdict", zh, en)

"""The second test (复检): disputed items only, the first test's method, judged like any report; what it makes of the batch and who pays
(O18 arts. 38-42, O15 arts. 32-36)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from common.clocks import LIMITS, Deadline, Unit, agreed, due, national_calendar
from sampling.rules.assessment import ReportedItem, Scheme, Verdict, assess_items
from sampling.rules.judgement import ItemJudgement
from sampling.rules.methods import list_method_keys
from sampling.rules.objections import Outcome
from sampling.rules.problem import Problem
from sampling.rules.samples import Programme

APPLICANT, ORGANISER = "applicant", "organiser"


class Step(StrEnum):
    """Where a re-inspection stands."""

    WAITING = "待确定机构"
    DRAWN = "已确定机构"
    DECLINED = "机构说明不能承担"
    TESTING = "检验中"
    REPORTED = "已出复检报告"
    CONCLUDED = "已作结论"
    ENDED = "终止复检"


class EndReason(StrEnum):
    """Why a re-inspection ends without a test; the first conclusion stands (终止复检)."""

    SEAL_BROKEN = "备样封条破损"
    RESERVE_SOLD = "当事人转移、销售备样"
    RESERVE_DESTROYED = "备样毁损、灭失"
    RESERVE_EXPIRED = "备样超过保质期"
    GIVEN_UP = "逾期未办理复检手续，视为放弃"
    NO_LABORATORY = "没有可承担复检的机构"


def check_step(step: Step, allowed: Sequence[Step]) -> list[Problem]:
    """`reinspection_state` unless the re-inspection is where this act belongs."""
    if step in allowed:
        return []
    return [Problem("reinspection_state", "/state", f"复检{step.value}，不能办理此事", f"the re-inspection is {step.name}")]


def steps(programme: Programme, act: str, on: date, *, agreed_days: int | None = None) -> list[Deadline]:
    """The limits that an act starts: the draw F11 and F12, the hand-over F13 or P08, the report F14."""
    food = {"drawn": ("F11", "F12"), "handed": ("F13",), "reported": ("F14",), "formalities": ("F10",)}
    product = {"drawn": ("F11",), "handed": ("P08",), "reported": ("F14",), "formalities": ("P07",)}
    found = []
    for clock in (food if programme is Programme.FOOD else product)[act]:
        limit = LIMITS[clock]
        if agreed_days is not None and limit.agreeable:
            limit = agreed(limit, agreed_days, Unit.WD)
        if limit.length is not None:
            found.append(due(limit, on, national_calendar()))
    return found


def disputed_scheme(scheme: Scheme, items: Sequence[str]) -> Scheme:
    """Only the disputed items (O18 art. 41)."""
    return Scheme({name: scheme.items[name] for name in items if name in scheme.items}, scheme.monitoring)


@dataclass(frozen=True, slots=True)
class Judged:
    """What our own judgement of the re-inspection is: per item, the verdict on the disputed ones, whether it is the first test's."""

    verdict: str
    explanations: tuple[dict[str, str], ...]
    same: bool
    problems: tuple[Problem, ...]


def judge(scheme: Scheme, task: Sequence[Mapping[str, Any]], reported: Sequence[ReportedItem], verdict: str) -> Judged:
    """Recompute every disputed item by the same rules as the first report; pointers inside the report."""
    names = [str(item["item"]) for item in task]
    problems: list[Problem] = []
    methods = {str(item["item"]): str(item["method"]) for item in task}
    for index, row in enumerate(reported):
        if row.item not in methods:
            problems.append(Problem("item_not_disputed", f"/items/{index}/item", "复检只检验争议项目", "only disputed items are tested again"))
        elif not _same_method(row.method, methods[row.item]):
            zh = f"复检应采用初检方法「{methods[row.item]}」"
            problems.append(Problem("reinspection_method", f"/items/{index}/method", zh, "the first test's method must be used"))
    found = assess_items(disputed_scheme(scheme, names), reported, verdict)
    problems += [p for p in found.problems if p.code != "item_unknown" or not problems]
    explained = tuple(
        {"item": row.item, "judgement": ours.judgement.value if ours else "", "explanation": ours.explanation if ours else ""}
        for row, ours in zip(reported, found.items, strict=True)
    )
    failed = [one for one in explained if one["judgement"] == ItemJudgement.NON_CONFORMING.value]
    return Judged(Verdict.UNQUALIFIED.value if failed else Verdict.QUALIFIED.value, explained, len(failed) == len(names), tuple(problems))


def _same_method(reported: str, first: str) -> bool:
    return bool(set(list_method_keys(reported)) & set(list_method_keys(first)))


def conclude(verdict: str, disputed: Sequence[str], failed: Sequence[str]) -> Outcome:
    """改判合格 when the disputed items conform and nothing else failed in the first test, else 维持: items that nobody disputed still fail."""
    still_failing = set(failed) - set(disputed)
    if verdict == Verdict.QUALIFIED.value and not still_failing:
        return Outcome.OVERTURNED
    return Outcome.UPHELD


def bearer(same: bool) -> str:
    """Same conclusion on the disputed items: the applicant bears the fee that it paid first; different: the organiser (O18 art. 42, O15 art. 36)."""
    return APPLICANT if same else ORGANISER

"""Corrected reports (更正报告), domain §2.6: what may be replaced freely, what needs the organiser's approval, and what follows from it."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from common.clocks import LIMITS, due, national_calendar
from sampling.rules.problem import Problem, shown
from sampling.rules.samples import APPROVED_CORRECTION, SampleState

FREE = frozenset({SampleState.CONFORMING, SampleState.NON_CONFORMING, SampleState.PROBLEM})
DISPUTED = frozenset({SampleState.OBJECTED, SampleState.REINSPECTING})
QUALIFIED = "合格"


class CorrectionState(StrEnum):
    """State of a request to correct a report (更正申请)."""

    REQUESTED = "待批准"
    APPROVED = "已批准"
    REFUSED = "不批准"
    DONE = "已更正"


@dataclass(frozen=True, slots=True)
class Allowance:
    """An approved correction: of which version, and to which verdict."""

    correction_id: UUID
    report_id: UUID
    verdict: str


@dataclass(frozen=True, slots=True)
class Standing:
    """The effective version of a sample's report, and the approval to replace it, if there is one."""

    report_id: UUID
    verdict: str
    issued_on: date
    allowance: Allowance | None = None


def is_told(state: SampleState, standing: Standing, verdict: str, on: date) -> bool:
    """Whether the result has left the laboratory for good: notified, or a 合格 that F03 has carried to the bureau before its verdict changes.

    Nobody is served with a conforming result, so its last day of reporting (7 working days, O15 art. 26) stands for the notice."""
    if state in APPROVED_CORRECTION:
        return True
    if state is not SampleState.CONFORMING or verdict == standing.verdict:
        return False
    return on > due(LIMITS["F03"], standing.issued_on, national_calendar()).legal


def check_replacement(state: SampleState, verdict: str, issued_on: date, standing: Standing | None) -> Problem | None:
    """Whether a pushed report with this verdict may take the place of the effective one (O18 art. 30, O15 art. 24; domain §2.6)."""
    if state in DISPUTED:
        return Problem(
            "correction_disputed", "/replaces", "异议或者复检期间,不得更正报告", "no correction while an objection or a re-inspection is open"
        )
    if state not in FREE | APPROVED_CORRECTION:
        return Problem("sample_state", "/sample_no", f"样品状态为「{state.value}」,不能更正报告", f"a {state.name} sample has no report to correct")
    if standing is None:
        return None if state in FREE else needs_approval()
    if not is_told(state, standing, verdict, issued_on):
        return None
    allowance = standing.allowance
    if allowance is None or allowance.report_id != standing.report_id:
        return needs_approval()
    if allowance.verdict != verdict:
        zh = f"批准更正的结论为「{allowance.verdict}」,报告结论为「{shown(verdict)}」"
        return Problem("correction_verdict", "/verdict", zh, "the correction was approved for another verdict")
    return None


def needs_approval() -> Problem:
    """The problem of a correction that nobody has approved."""
    zh = "结果已告知当事人,更正报告须经组织抽查部门批准"
    return Problem("replace_needs_approval", "/replaces", zh, "the result has been served; the organiser must approve a correction")


def check_request(state: SampleState, standing: Standing, verdict: str) -> list[Problem]:
    """Whether a laboratory may ask to correct the report of a sample in this state."""
    found = check_replacement(state, verdict, standing.issued_on, None)
    if found is not None and found.code != "replace_needs_approval":
        return [Problem(found.code, "", found.zh, found.en)]
    return []


def is_quality_event(before: str, after: str) -> bool:
    """A verdict that changes after it was told is a quality event of the laboratory (承检机构质量事件), to be investigated."""
    return (before == QUALIFIED) != (after == QUALIFIED)


def check_decision(state: str, approver: str, asked_by: str) -> list[Problem]:
    """Only an open request is decided, and never by who asked."""
    if state != CorrectionState.REQUESTED.name:
        return [Problem("correction_state", "", "该更正申请已办理", "this request has been decided already")]
    if approver == asked_by:
        return [Problem("same_person", "", "申请人不得批准自己的申请", "nobody approves a request of their own")]
    return []

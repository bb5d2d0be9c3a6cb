"""What is written to the applicant (受理、不予受理、结论通知书): the document's kind and its answers, from the case (domain §2.7.1)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sampling.rules.objections import Kind, Outcome
from sampling.rules.problem import Problem


class Paper(StrEnum):
    """Which letter."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    CONCLUSION = "conclusion"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What of a case the letters say."""

    kind: Kind
    applicant: str
    received_on: date
    accepted_on: date | None
    outcome: Outcome | None
    grounds: str
    items: Sequence[str]
    laboratory: str = ""
    report_no: str = ""
    bearer: str = ""


_BEARERS = {"applicant": "复检费用由申请人承担", "organiser": "复检费用由组织抽检的部门承担"}


def check_paper(paper: Paper, told: Told) -> list[Problem]:
    """A letter says what has happened: `paper_not_ready` otherwise."""
    decided = told.outcome not in (None, Outcome.REFUSED, Outcome.WITHDRAWN)
    ready = {
        Paper.ACCEPTED: told.accepted_on is not None and told.outcome is not Outcome.REFUSED,
        Paper.REFUSED: told.outcome is Outcome.REFUSED,
        Paper.CONCLUSION: decided,
    }
    if ready[paper]:
        return []
    return [Problem("paper_not_ready", "/paper", "该申请尚未到出具此文书的环节", "the application is not where this letter is written")]


def paper_of(paper: Paper, told: Told) -> tuple[str, dict[str, str]]:
    """The document's kind and the answers that it asks for."""
    is_test = told.kind is Kind.REINSPECTION
    facts = {"addressee": told.applicant, "reason": told.grounds[:2000]}
    if paper is Paper.CONCLUSION:
        conclusion = told.outcome.value if told.outcome else ""
        facts["conclusion"] = f"{conclusion}{f'（复检报告 {told.report_no}）' if told.report_no else ''}"
        if is_test:
            facts |= {"laboratory": told.laboratory, "fee": _BEARERS.get(told.bearer, "")}
        return ("reinspection_conclusion" if is_test else "objection_conclusion"), facts
    if paper is Paper.ACCEPTED and is_test:
        return "reinspection_accepted", facts | {"items": "、".join(told.items)[:300], "laboratory": told.laboratory}
    facts["received_on"] = told.received_on.isoformat()
    return f"{'reinspection' if is_test else 'objection'}_{paper.value}", facts

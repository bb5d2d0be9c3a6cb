"""Requests to correct reports, and quality events of laboratories."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from common.strict import Line, Paragraph, Schema
from sampling.actions.corrections import Wish
from sampling.models import Correction, QualityEvent


class CorrectionIn(Schema):
    """A laboratory's request to correct a report (更正申请)."""

    verdict: Literal["合格", "不合格", "问题"] = Field(description="更正后的结论")
    reason: Annotated[Paragraph, Field(min_length=2, max_length=1000)] = Field(description="更正原因")
    approver: Annotated[Line, Field(max_length=60)] = Field(description="检验机构批准人")

    def to_wish(self) -> Wish:
        return Wish(self.verdict, self.reason, self.approver)


class DecisionIn(Schema):
    """Why a request is approved or refused (审批意见)."""

    note: Annotated[Paragraph, Field(min_length=2, max_length=1000)]


class CorrectionOut(Schema):
    """A request and what became of it; `told`: the result had left the laboratory, so the organiser decides."""

    id: UUID
    region_code: str
    source_region_code: str
    sample_id: UUID
    laboratory_code: str
    report_id: UUID
    verdict_before: str
    verdict_after: str
    told: bool
    reason: str
    laboratory_approver: str
    requested_on: date
    state: Literal["REQUESTED", "APPROVED", "REFUSED", "DONE"]
    decided_on: date | None
    decision_note: str
    new_report_id: UUID | None
    done_on: date | None
    restarts: bool | None = Field(description="再次告知后异议期限是否重新起算")
    created_at: datetime

    @classmethod
    def of(cls, correction: Correction) -> "CorrectionOut":
        return cls.model_validate(correction)


class CorrectionsOut(Schema):
    """Requests of one sample, oldest first."""

    items: list[CorrectionOut]


class FindingIn(Schema):
    """What the investigation found (调查结论)."""

    finding: Annotated[Paragraph, Field(min_length=2, max_length=2000)]


class QualityEventOut(Schema):
    """A quality event of a laboratory (承检机构质量事件)."""

    id: UUID
    region_code: str
    sample_id: UUID
    laboratory_code: str
    correction_id: UUID
    kind: str
    detail: str
    opened_on: date
    state: Literal["OPEN", "CLOSED"]
    finding: str | None
    closed_on: date | None

    @classmethod
    def of(cls, event: QualityEvent) -> "QualityEventOut":
        return cls.model_validate(event)

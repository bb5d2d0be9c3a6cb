"""Notices (结果告知) as they come in and go out."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from common.strict import Bool, Day, Line, Schema
from sampling.actions.notices import Due, Service
from sampling.models import Notice
from sampling.rules.notices import Recipient, Served, ServiceMethod


class NoticeIn(Schema):
    """Service of the result on one party (送达)."""

    party_role: Literal["seller", "producer", "consignor", "platform", "market"] = Field(
        description="受送达人:经营者、标称生产者、委托方、平台、集中交易市场开办者"
    )
    method: ServiceMethod = Field(description="送达方式")
    served_on: Day = Field(description="送达日期;公告送达为公告期满日")
    receipt_no: Annotated[Line, Field(max_length=60)] | None = Field(None, description="送达回证或邮单编号")
    signed_by: Annotated[Line, Field(max_length=60)] | None = Field(None, description="签收人")
    evidence_id: UUID | None = Field(None, description="送达回证的证据材料")
    agreed: Bool | None = Field(None, description="受送达人同意电子送达")
    announced_on: Day | None = Field(None, description="公告日期")
    addressee: Line | None = Field(None, description="抽样单未载明的市场开办者、平台名称")

    def to_service(self) -> Service:
        served = Served(
            method=self.method.value, served_on=self.served_on, signed_by=self.signed_by, receipt_no=self.receipt_no,
            has_evidence=self.evidence_id is not None, agreed=self.agreed, announced_on=self.announced_on,
        )  # fmt: skip
        return Service(self.party_role, served, self.evidence_id, self.addressee)


class NoticeOut(Schema):
    """A notice with the last day for an objection and its proof (告知、异议截止日期); `serve_by` is the bureau's own limit (F06, P04)."""

    id: UUID
    region_code: str
    sample_id: UUID
    report_id: UUID
    party_role: str
    addressee: str
    method: str
    served_on: date
    receipt_no: str | None
    signed_by: str | None
    clock: str
    objection_until: date
    provisional: bool
    proof: list[dict[str, Any]]
    evidence_id: UUID | None
    serve_clock: str | None
    serve_by: date | None
    serve_late: bool
    serve_proof: list[dict[str, Any]]
    renewed: bool = Field(description="报告更正后的再次告知")
    revision: int
    created_at: datetime

    @classmethod
    def of(cls, notice: Notice) -> "NoticeOut":
        return cls.model_validate(notice)


class NoticesOut(Schema):
    """Notices of a sample, oldest first."""

    items: list[NoticeOut]


class RecipientOut(Schema):
    """Somebody who still has to be told (待告知对象)."""

    role: str
    name: str
    address: str

    @classmethod
    def of(cls, recipient: Recipient) -> "RecipientOut":
        return cls(role=recipient.role, name=recipient.name, address=recipient.address)


class NoticeDueOut(Schema):
    """A batch whose result is not served on everybody yet (待告知批次)."""

    sample_id: UUID
    region_code: str
    sample_no: str
    programme: str
    product_name: str
    report_id: UUID
    report_no: str
    reported_on: date
    clock: str
    target_on: date
    due_on: date
    late: bool
    missing: list[RecipientOut]

    @classmethod
    def of(cls, due: Due) -> "NoticeDueOut":
        sample, report = due.sample, due.report
        return cls(
            sample_id=sample.id, region_code=sample.region_code, sample_no=sample.sample_no, programme=sample.programme,
            product_name=sample.product_name, report_id=report.id, report_no=report.report_no, reported_on=report.reported_on,
            clock=due.clock, target_on=due.target_on, due_on=due.due_on, late=due.late, missing=[RecipientOut.of(one) for one in due.missing],
        )  # fmt: skip

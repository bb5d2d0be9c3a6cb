"""Shapes of HTTP requests and answers."""

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, Field, StrictStr, model_validator
from pydantic_core import PydanticCustomError
from stdnum.cn import uscc

from common.clocks import remaining as left_of
from common.clocks import render
from common.strict import Day, Line, Schema
from credit.actions.approval import AT_ONCE, Proposed, Selection
from credit.actions.exports import Exported
from credit.actions.withdrawal import Correction, Grounds
from credit.models import ExportBatch, Record, Version
from credit.rules.publicity import deadline

READERS = ("credit", "chief", "officer", "auditor")

StateName = Literal["PENDING", "DUE", "PROPOSED", "APPROVED", "SENT", "ACKNOWLEDGED", "REJECTED", "WITHDRAWN"]
Verdict = Literal["合格", "不合格"]
Period = Annotated[StrictStr, Field(pattern=r"^[0-9]{4}Q[1-4]$", description="计划季度，如 2021Q1")]
Ids = Annotated[list[UUID], Field(min_length=1, max_length=AT_ONCE, description="记录编号，至多 1000 个")]


def _check_digit(value: str) -> str:
    if not uscc.is_valid(value):
        raise PydanticCustomError("uscc_check", "统一社会信用代码校验位不正确")
    return value


Uscc = Annotated[StrictStr, Field(pattern=r"^[0-9A-HJ-NPQRTUWXY]{18}$", description="统一社会信用代码"), AfterValidator(_check_digit)]


def _exactly_one(body: Any, *names: str) -> None:
    if sum(getattr(body, name) not in (None, False) for name in names) != 1:
        raise PydanticCustomError("selection", "须且只能选择一种方式：" + "、".join(names))


class FilterIn(Schema):
    """All records that may be public by a day (按可公示日筛选)."""

    eligible_by: Day = Field(description="可公示日不晚于此日")
    period: Period | None = None


class ProposeIn(Schema):
    """提请公示: named records, or all that match a filter."""

    record_ids: Ids | None = None
    filter: FilterIn | None = None
    proposed_on: Day = Field(description="提请日期")

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        _exactly_one(self, "record_ids", "filter")
        return self

    def to_selection(self) -> Selection:
        if self.filter is None:
            return Selection(self.record_ids)
        return Selection(None, self.filter.eligible_by, self.filter.period)


class ApproveIn(Schema):
    """批准公示: named records, or what is left of a proposal."""

    record_ids: Ids | None = None
    proposal_id: UUID | None = None
    approved_on: Day = Field(description="批准日期")

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        _exactly_one(self, "record_ids", "proposal_id")
        return self


class ExportIn(Schema):
    """报送: named approved records, or all that are approved."""

    record_ids: Ids | None = None
    all_approved: Literal[True] | None = None
    exported_on: Day = Field(description="报送日期，即公示日期")

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        _exactly_one(self, "record_ids", "all_approved")
        return self


class WithdrawIn(Schema):
    """撤回: reason, legal basis, date."""

    reason: Line = Field(description="撤回原因")
    basis: Line = Field(description="法律依据")
    on: Day = Field(description="撤回日期")

    def to_grounds(self) -> Grounds:
        return Grounds(self.reason, self.basis, self.on)


class ResubmitIn(Schema):
    """更正重报: what was wrong with the party, or nothing when the receiver was."""

    on: Day = Field(description="更正、重新提请日期")
    party_name: Line | None = None
    party_uscc: Uscc | None = None

    def to_correction(self) -> Correction:
        return Correction(self.on, self.party_name, self.party_uscc)


class ProposedOut(Schema):
    proposal_id: UUID | None = Field(description="提请编号；没有可提请的记录时为空")
    proposed: int
    remaining: int = Field(description="符合条件但未纳入本次的记录数")

    @classmethod
    def of(cls, done: Proposed) -> Self:
        return cls(proposal_id=done.proposal_id, proposed=done.count, remaining=done.remaining)


class ApprovedOut(Schema):
    approved: int


class FailedOut(Schema):
    item: str
    result: str
    limit: str
    unit: str


class RecordOut(Schema):
    """公示记录."""

    id: UUID
    region_code: str = Field(description="记录所属部门")
    source_region_code: str = Field(description="组织监督抽查的部门")
    sample_id: UUID
    sample_no: str
    report_id: UUID
    report_no: str
    report_version: int
    programme: str
    period: str
    party_role: str = Field(description="seller 被抽样经营者、producer 标称生产者、consignor 委托方")
    party_name: str
    party_uscc: str
    party_division_code: str
    product_name: str
    spec: str
    brand: str
    lot: str
    verdict: str
    failed_items: list[FailedOut]
    code_version: str = Field(description="检查结果代码版本")
    result_code: str = Field(description="检查结果代码：1 未发现问题，A 发现问题待后续处理，E 已责令改正")
    checked_on: date = Field(description="检查日期（报告签发日期）")
    state: StateName
    action: Literal["publish", "update", "withdraw"]
    reason: str = Field(description="退回、撤回原因")
    eligible_on: date | None = Field(description="可公示日")
    clock_id: str | None = Field(description="期限编号（C12、C14、C09）")
    due_on: date | None = Field(description="法定截止日")
    target_on: date | None = Field(description="内部目标日")
    provisional: bool
    proposal_id: UUID | None
    proposed_by: str | None
    proposed_on: date | None
    approved_by: str | None
    approved_on: date | None
    published_on: date | None
    version: int = Field(description="最新报送版本，0 为尚未报送")
    shown_version: int | None = Field(description="当前公示的版本")
    revision: int


class VersionOut(Schema):
    """报送版本."""

    id: UUID
    version: int
    export_id: UUID | None
    action: Literal["publish", "update", "withdraw"]
    body: dict[str, Any] = Field(description="报文，仅含公示字段")
    idempotency_key: UUID
    acted_on: date = Field(description="公示或者撤回日期")
    due_on: date
    reason: str
    basis: str
    state: Literal["QUEUED", "ACKNOWLEDGED", "REJECTED", "CANCELLED"]
    attempts: int
    last_error: str
    receipt_no: str | None
    acknowledged_at: datetime | None


class RecordDetail(RecordOut):
    versions: list[VersionOut]

    @classmethod
    def of(cls, record: Record, versions: list[Version]) -> Self:
        shown = [VersionOut.model_validate(each) for each in versions]
        return cls.model_validate(RecordOut.model_validate(record).model_dump() | {"versions": shown})


class StepOut(Schema):
    on: date
    kind: str
    reason: str
    number: int


class ClockOut(Schema):
    """期限及其计算过程."""

    id: str
    name: str
    trigger_on: date
    legal_on: date
    target_on: date
    provisional: bool
    calendar: str
    colour: str = Field(description="绿、黄、红")
    left: int = Field(description="剩余工作日，逾期为负")
    source: str = Field(description="依据")
    proof: list[StepOut]
    proof_text: str

    @classmethod
    def of(cls, clock_id: str, trigger_on: date, as_of: date) -> Self:
        found = deadline(clock_id, trigger_on)
        left = left_of(found, as_of)
        steps = [StepOut(on=s.on, kind=s.kind.value, reason=s.reason, number=s.number) for s in found.proof]
        return cls(
            id=clock_id, name=found.limit.name, trigger_on=trigger_on, legal_on=found.legal, target_on=found.target,
            provisional=found.provisional, calendar=found.calendar_version, colour=left.colour.value, left=left.left,
            source=found.limit.source, proof=steps, proof_text=render(found.proof),
        )  # fmt: skip


class DueOut(Schema):
    """A record that is due for publicity, with its clock (待公示)."""

    record: RecordOut
    clock: ClockOut | None

    @classmethod
    def of(cls, record: Record, as_of: date) -> Self:
        clock = ClockOut.of(record.clock_id, record.trigger_on, as_of) if record.clock_id and record.trigger_on else None
        return cls(record=RecordOut.model_validate(record), clock=clock)


class ExportOut(Schema):
    """报送批次."""

    id: UUID
    region_code: str
    exported_on: date
    exported_by: str
    total: int
    states: dict[str, int] = Field(description="各报送状态的条数：QUEUED、ACKNOWLEDGED、REJECTED、CANCELLED")
    remaining: int = Field(0, description="已批准但未纳入本批次的记录数（仅在创建时给出）")

    @classmethod
    def of(cls, batch: ExportBatch, states: dict[str, int], remaining: int = 0) -> Self:
        shown = {name: getattr(batch, name) for name in ("id", "region_code", "exported_on", "exported_by", "total")}
        return cls(**shown, states=states, remaining=remaining)

    @classmethod
    def made(cls, exported: Exported) -> Self:
        return cls.of(exported.batch, {"QUEUED": exported.batch.total}, exported.remaining)


class ExportFileOut(Schema):
    """The JSON file of a batch (报送文件)."""

    export: ExportOut
    records: list[dict[str, Any]]

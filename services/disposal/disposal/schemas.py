"""Shapes of disposal's HTTP API. The view of a leg depends on who asks: its own bureau and those above see the file, others a summary."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from common.clocks import LIMITS
from common.region import Region
from common.strict import Day, Fen, Line, Paragraph, Quantity, Schema
from disposal.models import Five, Leg, LegClock, Supervision, SupervisionAnswer
from disposal.rules import five as fives
from disposal.rules import indicators, limits
from disposal.rules.cases import NEEDED, Ground
from disposal.rules.five import Part, Settlement
from disposal.rules.indicators import Fact, Indicator
from disposal.rules.machine import Mark, State
from disposal.rules.measures import Kind, Taken
from disposal.store import Case

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", description="证据文件的 SHA-256")]
Evidence = Annotated[list[Sha256], Field(default_factory=list, max_length=50)]


def _said(value: str) -> str:
    if not value:
        raise PydanticCustomError("text_empty", "不能为空")
    return value


Text = Annotated[Paragraph, AfterValidator(_said)]
Named = Annotated[Line, AfterValidator(_said)]


class ReceiveIn(Schema):
    received_on: Day = Field(description="签收日期")


class MeasureIn(Schema):
    kind: Kind = Field(description="措施代码")
    taken_on: Day = Field(description="措施日期;复查为复查日期")
    served_on: Day | None = Field(default=None, description="送达日期,仅责令改正")
    result: Literal["conforming", "nonconforming"] | None = Field(default=None, description="复查结果")
    quantity: Quantity | None = Field(default=None, description="数量")
    unit: Line | None = Field(default=None, description="单位")
    amount_fen: Fen | None = None
    case_no: Line | None = Field(default=None, description="案号")
    details: Paragraph = ""
    evidence: Evidence

    def to_taken(self) -> Taken:
        return Taken(self.kind, self.taken_on, self.served_on, self.result, self.quantity, self.unit, self.amount_fen, self.case_no or "")


class FiveIn(Schema):
    state: Literal["open", "done", "not_applicable"]
    on: Day | None = Field(default=None, description="到位日期")
    evidence: Evidence
    reason: Paragraph = Field(default="", description="不适用的理由")

    def to_settlement(self) -> Settlement:
        return Settlement(self.state, self.on, tuple(self.evidence), self.reason)


class ApprovalIn(Schema):
    approved_on: Day = Field(description="批准日期")


class PartApprovalIn(Schema):
    approved_on: Day | None = Field(default=None, description="批准日期,默认今天")


class ExtensionIn(Schema):
    applied_on: Day = Field(description="申请日期")
    days: Annotated[int, Field(ge=1, le=365, strict=True, description="延长天数")] = limits.USUAL_EXTENSION_DAYS
    reason: Text = Field(description="延期理由")


class AcknowledgeIn(Schema):
    acknowledged_on: Day = Field(description="回执日期")
    by: Line = Field(description="回执单位")


class CloseIn(Schema):
    closed_on: Day = Field(description="办结日期")


class SuperviseIn(Schema):
    kind: Literal["urge", "return"] = Field(description="urge 督办,return 退回")
    text: Text
    supervised_on: Day | None = Field(default=None, description="督办日期,默认今天")


class AnswerIn(Schema):
    text: Text
    answered_on: Day | None = Field(default=None, description="反馈日期,默认今天")


class FileIn(Schema):
    filed_on: Day = Field(description="立案日期")
    case_no: Named = Field(description="案号")


class DismissIn(Schema):
    dismissed_on: Day = Field(description="决定不予立案的日期")
    reason: Text = Field(description="不予立案的理由")


class ClosureOut(Schema):
    """What another bureau may know of the outcome (办结摘要)."""

    rectified: bool
    case_no: str
    case_results: list[str]
    amount_fen: int


class LegSummary(Schema):
    """A leg as any bureau that reads it may see it: status and closure summary (domain.md 8.3)."""

    view: Literal["summary"] = "summary"
    id: UUID
    region_code: str = Field(description="办理部门")
    origin_region_code: str = Field(description="批次所属部门")
    sample_id: UUID
    sample_no: str
    ground: Ground = Field(description="来源:result 不合格报告,refusal 拒抽,illegal 终止抽样·涉嫌违法")
    article: str = Field(description="立案建议的依据,仅拒抽、涉嫌违法")
    report_id: UUID | None = Field(description="拒抽、涉嫌违法的分支没有检验报告")
    report_no: str
    programme: str
    product_code: str
    product_name: str
    party_role: str
    party_name: str
    party_uscc: str
    division_code: str
    outbound: bool = Field(description="省外协查")
    serious: bool = Field(description="严重不合格")
    state: State
    marks: list[Mark]
    reported_on: date
    received_on: date | None
    filed_on: date | None = Field(description="立案日期")
    case_no: str = Field(description="案号")
    final_on: date | None = Field(description="检验结论确定的日期")
    closed_on: date | None
    halted_on: date | None
    halt_reason: str
    target_on: date = Field(description="内部目标日")
    due_on: date = Field(description="办结期限(含延期)")
    next_due_on: date = Field(description="最近一项期限")
    closure: ClosureOut | None
    revision: int


class ClockOut(Schema):
    """A limit with its proof (期限与计算过程)."""

    clock_id: str
    name: str
    source: str
    default: bool = Field(description="平台或实践默认,非法条")
    trigger_on: date
    opens_on: date | None
    raw_on: date
    legal_on: date
    target_on: date
    provisional: bool
    done_on: date | None
    late: bool | None = Field(description="已完成的是否逾期")
    proof: list[dict[str, Any]]


class MeasureOut(Schema):
    id: UUID
    kind: Kind
    taken_on: date
    served_on: date | None
    result: str | None
    quantity: Decimal | None
    unit: str | None
    amount_fen: int | None
    case_no: str
    details: str
    evidence: list[str]
    violation: str = Field(description="违反的规定,没有则为空")


class FiveOut(Schema):
    part: Part
    name: str
    state: str
    on: date | None
    evidence: list[str]
    reason: str
    approved_on: date | None
    in_place: bool = Field(description="是否到位")


class ExtensionOut(Schema):
    id: UUID
    clock_id: str = Field(description="所延期限:F24,立案建议为 C01 或 C02")
    applied_on: date
    days: int
    reason: str
    state: str
    approved_on: date | None
    due_on: date | None


class SupervisionOut(Schema):
    id: UUID
    region_code: str
    kind: str
    text: str
    supervised_on: date
    answer: str | None = None
    answered_on: date | None = None


class LegFile(LegSummary):
    """The whole case file, for the handling bureau and those above it."""

    view: Literal["file"] = "file"  # type: ignore[assignment]
    report_version: int
    spec: str
    brand: str
    lot: str
    stage: str
    period: str
    issued_on: date
    failed_items: list[dict[str, str]]
    party_address: str
    acknowledged_by: str
    lead: dict[str, Any] = Field(description="拒抽、终止抽样的事实:原因、说明、许可证号")
    dismissal: str = Field(description="不予立案的理由")
    legal_on: date = Field(description="未延期的办结期限")
    clocks: list[ClockOut]
    measures: list[MeasureOut]
    five: list[FiveOut]
    extensions: list[ExtensionOut]
    supervisions: list[SupervisionOut]


class IndicatorOut(Schema):
    id: Indicator
    name: str
    numerator: int
    denominator: int
    percent: str | None = Field(description="两位小数;分母为零时为 null")


class GroupOut(Schema):
    region_code: str
    indicators: list[IndicatorOut]


class IndicatorsOut(Schema):
    as_of: date
    group_by: str
    programme: str | None
    groups: list[GroupOut]


class IndicatorLeg(Schema):
    """A leg behind an indicator."""

    leg_id: UUID
    region_code: str
    counted: bool = Field(description="是否计入分子")


_SUMMARY = [name for name in LegSummary.model_fields if name not in ("view", "marks")]
_FILE = (
    "report_version", "spec", "brand", "lot", "stage", "period", "issued_on", "failed_items", "party_address", "acknowledged_by", "legal_on",
    "lead", "dismissal",
)  # fmt: skip


def marks_of(leg: Leg, supervisions: Iterable[Supervision], answered: Iterable[UUID] = ()) -> list[Mark]:
    """The side states of a leg."""
    known, kinds = set(answered), {one.kind for one in supervisions}
    waiting = any(one.kind == "return" and one.id not in known for one in supervisions)
    found = {Mark.EXTENDED: leg.due_on != leg.legal_on, Mark.RETURNED: waiting, Mark.SUPERVISED: "urge" in kinds, Mark.DISPUTED: leg.disputed}
    return [mark for mark, holds in found.items() if holds]


def summary(leg: Leg, marks: Sequence[Mark]) -> LegSummary:
    """The leg as a summary."""
    return LegSummary(marks=list(marks), **{name: getattr(leg, name) for name in _SUMMARY})


def file(leg: Leg, case: Case) -> LegFile:
    """The leg with its file."""
    marks = marks_of(leg, case.supervisions, (one.supervision_id for one in case.answers))
    answers = {one.supervision_id: one for one in case.answers}
    return LegFile(
        marks=marks, **{name: getattr(leg, name) for name in (*_SUMMARY, *_FILE)},
        clocks=[clock(leg.programme, one) for one in case.clocks], measures=[MeasureOut.model_validate(one) for one in case.measures],
        five=[five(part, case.five.get(part)) for part in NEEDED[Ground(leg.ground)]],
        extensions=[ExtensionOut.model_validate(one) for one in case.extensions],
        supervisions=[supervision(one, answers.get(one.id)) for one in case.supervisions],
    )  # fmt: skip


def clock(programme: str, one: LegClock) -> ClockOut:
    """A clock with the words of its limit."""
    limit = LIMITS[one.clock_id]
    values = {name: getattr(one, name) for name in ClockOut.model_fields if name not in ("name", "source", "default", "late")}
    late = None if one.done_on is None else one.done_on > one.legal_on
    return ClockOut(name=limit.name, source=limit.source, default=limits.is_default(programme, one.clock_id), late=late, **values)


def five(part: Part, one: Five | None) -> FiveOut:
    """A part, open when nothing was ever said of it."""
    if one is None:
        return FiveOut(part=part, name=fives.NAMES[part], state="open", on=None, evidence=[], reason="", approved_on=None, in_place=False)
    settled = Settlement(one.state, one.settled_on, approved_by=one.approved_by)
    return FiveOut(
        part=part, name=fives.NAMES[part], state=one.state, on=one.settled_on, evidence=one.evidence, reason=one.reason,
        approved_on=one.approved_on, in_place=fives.is_settled(settled),
    )  # fmt: skip


def supervision(one: Supervision, answer: SupervisionAnswer | None) -> SupervisionOut:
    """A superior's record with its answer."""
    return SupervisionOut(
        id=one.id, region_code=one.region_code, kind=one.kind, text=one.text, supervised_on=one.supervised_on,
        answer=answer.text if answer else None, answered_on=answer.answered_on if answer else None,
    )  # fmt: skip


def table(facts: Iterable[Fact], as_of: date, by: indicators.GroupBy, scope: Region) -> list[GroupOut]:
    """All indicators by group."""
    groups = indicators.grouped(facts, by, scope.code)
    return [GroupOut(region_code=code, indicators=[_count(one, members, as_of) for one in Indicator]) for code, members in groups.items()]


def _count(indicator: Indicator, facts: list[Fact], as_of: date) -> IndicatorOut:
    found = indicators.tally(indicator, facts, as_of)
    return IndicatorOut(
        id=indicator, name=indicators.NAMES[indicator], numerator=found.numerator, denominator=found.denominator, percent=found.percent
    )


def behind(indicator: Indicator, facts: Iterable[Fact], as_of: date) -> list[IndicatorLeg]:
    """The legs behind an indicator, in the order of their ids."""
    judged = ((fact, indicators.counts(indicator, fact, as_of)) for fact in facts)
    return [IndicatorLeg(leg_id=fact.leg_id, region_code=fact.region_code, counted=found) for fact, found in judged if found is not None]

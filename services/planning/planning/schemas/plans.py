"""Plans, lines, quotas, panels and tasks."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StrictInt, StrictStr

from common.region import Region
from common.strict import Bool, Count, Day, Fen, Line, Schema
from planning.models import Plan, PlanLine
from planning.rules import plans as rules
from planning.rules.plans import Overlap, PlanHead
from planning.schemas.catalogue import Code, RegionCode, Year
from planning.schemas.schemes import Number, Programme

Stage = Literal["生产", "流通", "餐饮"]
Tags = Annotated[list[Line], Field(max_length=20)]


class LineIn(Schema):
    """A line of a plan (计划条目)."""

    line_no: Number
    catalogue_code: Code | None = Field(default=None, description="监管目录条目(食品为当年食品类别)")
    reason_without_entry: Line | None = Field(default=None, description="未列入目录的理由;与目录条目二选一")
    product_code: Code | None = Field(default=None, description="产品编码;有目录条目时与其相同,可省略")
    product_name: Line | None = None
    quarter: Annotated[StrictInt, Field(ge=1, le=4, description="季度")]
    batches: Annotated[StrictInt, Field(ge=1, le=1_000_000, description="计划批次")]
    stage: Stage = Field(description="环节")
    tags: Tags = Field(default=[], description="场所标签,如 农村市场")
    special_tags: Tags = Field(default=[], description="特殊群体标签,如 儿童")
    sampling_due: Day = Field(description="抽样截止")
    test_due: Day = Field(description="检验截止")
    laboratory_codes: Annotated[list[Code], Field(min_length=1, max_length=50, description="承检机构")]
    unit_price_fen: Fen | None = None
    risky: Bool = Field(default=False, description="高风险,须专家评审")

    def to_line(self) -> rules.Line:
        return rules.Line(**self.model_dump())


class PlanIn(Schema):
    """A draft of a plan with its lines (抽检计划草案)."""

    plan_no: Number
    year: Year
    programme: Programme
    name: Line
    lines: Annotated[list[LineIn], Field(min_length=1, max_length=300)]

    def to_head(self) -> PlanHead:
        return PlanHead(self.plan_no, self.year, self.programme, self.name)


class QuotaOut(Schema):
    region_code: str
    batches: int


class OpinionOut(Schema):
    """Counts of the panel's opinions (专家意见)."""

    agree: int
    disagree: int
    abstain: int
    size: int


class LineOut(Schema):
    """A line with its quotas; the price is shown to the owner and its superiors only."""

    id: UUID
    line_no: str
    serial: int | None
    catalogue_code: str | None
    reason_without_entry: str | None
    product_code: str
    product_name: str
    quarter: int
    batches: int
    stage: str
    tags: list[str]
    special_tags: list[str]
    sampling_due: date
    test_due: date
    laboratory_codes: list[str]
    unit_price_fen: int | None
    risky: bool
    expert_draw_id: str | None
    expert_opinion: OpinionOut | None
    quotas: list[QuotaOut] = []

    @classmethod
    def of(cls, line: PlanLine, quotas: dict[str, int], reader: Region) -> "LineOut":
        shown = cls.model_validate(line)
        price = line.unit_price_fen if reader.covers(Region(line.region_code)) else None
        rows = [QuotaOut(region_code=code, batches=batches) for code, batches in quotas.items()]
        return shown.model_copy(update={"quotas": rows, "unit_price_fen": price})


class PlanHeadOut(Schema):
    """A plan without its lines."""

    id: UUID
    region_code: str
    plan_no: str
    year: int
    programme: str
    source_level: str = Field(description="任务来源级别:省、市、县")
    name: str
    state: str = Field(description="PLAN_DRAFT 草案 / PLAN_SUBMITTED 已送审 / PLAN_APPROVED 已批准 / PUBLISHED 已下达 / CANCELLED 取消")
    drafted_by: str
    submitted_by: str | None
    approved_by: str | None
    published_by: str | None
    published_on: date | None
    remark: str | None = Field(description="退回或取消的理由")
    revision: int


class PlanOut(PlanHeadOut):
    """A plan with its lines and quotas."""

    batches: int
    lines: list[LineOut]

    @classmethod
    def of_lines(cls, plan: Plan, lines: list[LineOut]) -> "PlanOut":
        return cls(**PlanHeadOut.model_validate(plan).model_dump(), batches=sum(line.batches for line in lines), lines=lines)


class WarningOut(Schema):
    """A superior's published line for the same product and quarter (产品质量法第十五条)."""

    code: Literal["superior_overlap"] = "superior_overlap"
    line_no: str
    product_code: str
    quarter: int
    stage: str
    plan_no: str = Field(description="上级计划编号")
    region_code: str = Field(description="上级部门")
    detail: str

    @classmethod
    def of(cls, found: Overlap) -> "WarningOut":
        words = f"{found.region_code} 已在计划 {found.plan_no} 中安排同产品同季度抽查,请避免重复"
        return cls(
            line_no=found.line_no, product_code=found.product_code, quarter=found.quarter, stage=found.stage, plan_no=found.plan_no,
            region_code=found.region_code, detail=words,
        )  # fmt: skip


class PlanMovedOut(Schema):
    """A plan after it was submitted or approved, with warnings that do not stop it."""

    plan: PlanHeadOut
    warnings: list[WarningOut]

    @classmethod
    def of(cls, plan: Plan, found: list[Overlap]) -> "PlanMovedOut":
        return cls(plan=PlanHeadOut.model_validate(plan), warnings=[WarningOut.of(each) for each in found])


class PublishIn(Schema):
    published_on: Day = Field(description="下达日期")


class PlanPublishedOut(Schema):
    """A published plan and how many tasks it made."""

    plan: PlanHeadOut
    tasks: int


class RemarkIn(Schema):
    remark: Line = Field(description="理由")


class WeightIn(Schema):
    region_code: RegionCode
    weight: Annotated[StrictInt, Field(ge=0, le=1_000_000_000)]


class AllocateIn(Schema):
    """How a line's batches are shared out (区域配额分配)."""

    basis: Literal["population", "enterprises", "weights"] = Field(description="按人口、按企业数、按权重")
    weights: Annotated[list[WeightIn], Field(max_length=5000)] = []
    minimum: Annotated[Count, Field(description="每个区域的最低批次")] = 0

    def pairs(self) -> list[tuple[str, int]]:
        return [(each.region_code, each.weight) for each in self.weights]


class QuotaIn(Schema):
    region_code: RegionCode
    batches: Annotated[StrictInt, Field(ge=0, le=1_000_000)]


class QuotasIn(Schema):
    """Quotas written by hand; they add up to the line's batches."""

    quotas: Annotated[list[QuotaIn], Field(min_length=1, max_length=5000)]

    def pairs(self) -> list[tuple[str, int]]:
        return [(each.region_code, each.batches) for each in self.quotas]


class PanelIn(Schema):
    """The expert panel for a risky line (专家组)."""

    size: Annotated[StrictInt, Field(ge=1, le=99, description="人数,不少于 3 的单数")]
    specialities: Annotated[list[Line], Field(max_length=20, description="专业")] = []
    recuse_usccs: Annotated[list[Annotated[StrictStr, Field(pattern=r"^[0-9A-Z]{18}$")]], Field(max_length=200)] = []
    drawn_on: Day = Field(description="抽取日期")


class TaskOut(Schema):
    """A task (任务)."""

    id: UUID
    task_no: str
    region_code: str = Field(description="执行部门")
    source_region_code: str = Field(description="组织部门")
    plan_id: UUID
    plan_no: str
    line_id: UUID
    line_no: str
    programme: str
    year: int
    quarter: int
    product_code: str
    product_name: str
    laboratory_code: str
    quota: int
    stage: str
    tags: list[str]
    sampling_due: date
    test_due: date
    state: str = Field(description="ASSIGNED 已分配 / ACCEPTED 已签收 / CLOSED 完成")
    accepted_by: str | None
    accepted_at: datetime | None
    revision: int

"""Replacements and repeats as they go over HTTP."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, model_validator

from common.clocks import render
from common.strict import Line, Paragraph, Schema
from planning.actions.replacements import Answer
from planning.rules.repeats import Repeat

ReplacementState = Literal["REQUESTED", "GRANTED", "DECLINED"]


class ReplacementOut(Schema):
    """A request for a replacement (补抽申请)."""

    id: UUID
    region_code: str = Field(description="执行部门")
    source_region_code: str = Field(description="组织部门,由其答复")
    task_id: UUID
    task_no: str
    sample_id: UUID
    sample_no: str
    product_name: str
    party_name: str
    cause: str = Field(description="NOT_SAMPLED 未抽到 / SAMPLE_REJECTED 拒收 / TEST_IMPOSSIBLE 无法检验")
    reason: str
    note: str
    happened_on: date | None
    state: ReplacementState
    answer: str | None
    drawn_name: str | None
    drawn_uscc: str | None
    drawn_division_code: str | None
    answered_by: str | None
    answered_at: datetime | None
    revision: int
    created_at: datetime


class AnswerIn(Schema):
    """The planner's answer (补抽答复)."""

    decision: Literal["grant", "decline"]
    answer: Annotated[Paragraph, Field(max_length=500)] = ""
    drawn_name: Line | None = Field(None, description="抽中的单位;不填由执行部门在名单内随机抽取")
    drawn_uscc: Line | None = None
    drawn_division_code: Annotated[Line, Field(pattern=r"^[1-9][0-9]{5}$")] | None = None

    @model_validator(mode="after")
    def _says_why(self) -> "AnswerIn":
        if self.decision == "decline" and not self.answer.strip():
            raise ValueError("不同意补抽须说明理由")
        return self

    def to_answer(self) -> Answer:
        return Answer(self.decision == "grant", self.answer, self.drawn_name, self.drawn_uscc, self.drawn_division_code)


class RepeatOut(Schema):
    """Whether the product may be checked (重复抽查核对): the check that stands in the way names no party."""

    found: bool
    checked_on: date | None = None
    source_region_code: str | None = Field(None, description="组织该次抽查的部门")
    superior: bool | None = Field(None, description="上级部门抽查")
    until: date | None = Field(None, description="禁止期最后一日(P01)")
    proof: str | None = Field(None, description="期限计算过程")

    @classmethod
    def of(cls, repeat: Repeat | None) -> "RepeatOut":
        if repeat is None:
            return cls(found=False)
        checked, clock = repeat.checked, repeat.clock
        return cls(
            found=True, checked_on=checked.sampled_on, source_region_code=checked.source_region_code, superior=repeat.superior,
            until=clock.legal, proof=render(clock.proof),
        )  # fmt: skip

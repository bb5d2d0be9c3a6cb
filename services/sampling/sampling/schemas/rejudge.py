"""What another scheme would change."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StrictInt, StrictStr

from common.strict import Bool, Day, Line, Schema
from sampling.actions.rejudge import Against, Compared, Wanted
from sampling.rules.schemes import PlainItem

Limit = Annotated[StrictStr, Field(max_length=60)]
Short = Annotated[StrictStr, Field(max_length=40)]


class WhatIfItem(Schema):
    """An item of a scheme that nobody has published yet (拟定的检验项目), in the words of planning's schemes."""

    item: Line
    methods: Annotated[list[Line], Field(min_length=1, max_length=20)]
    kind: Literal["numeric", "qualitative", "not_detected", "microbe", "component"]
    min: Limit = ""
    max: Limit = ""
    unit: Short = ""
    grade: Literal["A", "B"] = "B"
    rounding_places: Annotated[StrictInt, Field(ge=-1, le=9)] = -1
    microbe_n: Annotated[StrictInt, Field(ge=0, le=100)] = 0
    microbe_c: Annotated[StrictInt, Field(ge=0, le=100)] = 0
    microbe_m: Limit = ""
    microbe_cap: Limit = ""
    min_exclusive: Bool = False
    max_exclusive: Bool = False
    sum_of: Annotated[list[Line], Field(max_length=50)] = []
    sum_kind: Literal["total", "ratio", ""] = ""
    sum_below: Literal["zero", "half", "bounds", ""] = ""

    def to_plain(self) -> PlainItem:
        return PlainItem(
            item=self.item, methods=tuple(self.methods), kind=self.kind, min=self.min, max=self.max, unit=self.unit, grade=self.grade,
            places=self.rounding_places, microbe=(self.microbe_n, self.microbe_c, self.microbe_m, self.microbe_cap),
            min_exclusive=self.min_exclusive, max_exclusive=self.max_exclusive, sum_of=tuple(self.sum_of), sum_kind=self.sum_kind,
            sum_below=self.sum_below,
        )  # fmt: skip


class RejudgeIn(Schema):
    """By what to judge: a published version, items as planned, or neither: what is in force for the production date today."""

    scheme_id: Annotated[StrictStr, Field(max_length=60)] | None = Field(None, description="已发布的实施细则版本")
    items: Annotated[list[WhatIfItem], Field(max_length=200)] = Field(default=[], description="拟定的检验项目,尚未发布")

    def to_against(self) -> Against:
        return Against(self.scheme_id, tuple(item.to_plain() for item in self.items))


class RejudgeManyIn(RejudgeIn):
    """The reports of one product issued in a period."""

    product_code: Annotated[StrictStr, Field(min_length=1, max_length=60)]
    issued_from: Day
    issued_to: Day

    def to_wanted(self) -> Wanted:
        return Wanted(self.product_code, self.issued_from, self.issued_to)


class ItemChangeOut(Schema):
    """One item, then and now (单项对比); `codes` say what stands in the way of a judgement."""

    item: str
    result: str
    unit: str | None
    before: str
    before_words: str
    after: str | None
    after_words: str
    codes: list[str]
    changed: bool


class RejudgedOut(Schema):
    """One report, then and now (复判对比); nothing was changed."""

    report_id: UUID
    report_no: str
    sample_no: str
    scheme_before: str
    scheme_after: str | None = Field(description="为空表示按拟定的项目")
    before: str
    after: str | None
    changed: bool
    codes: list[str]
    items: list[ItemChangeOut]

    @classmethod
    def of(cls, compared: Compared, only_changes: bool = False) -> "RejudgedOut":
        report, found = compared.report, compared.found
        shown = [item for item in found.items if item.changed or not only_changes]
        return cls(
            report_id=report.id, report_no=report.report_no, sample_no=compared.sample_no, scheme_before=report.scheme_id,
            scheme_after=compared.scheme_id, before=found.before, after=found.after, changed=found.changed, codes=list(found.codes),
            items=[ItemChangeOut.model_validate(item) for item in shown],
        )  # fmt: skip


class RejudgedManyOut(Schema):
    """How many reports would change, and those that would, with their changed items only."""

    reports: int
    changed: int
    items: list[RejudgedOut]

    @classmethod
    def of(cls, compared: list[Compared]) -> "RejudgedManyOut":
        changed = [RejudgedOut.of(one, only_changes=True) for one in compared if one.found.changed]
        return cls(reports=len(compared), changed=len(changed), items=changed)

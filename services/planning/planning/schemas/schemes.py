"""Test schemes."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StrictInt, StrictStr

from common.strict import Day, Line, Schema
from planning.models import Scheme, SchemeItem
from planning.rules.schemes import Item, Microbe, SchemeHead
from planning.schemas.catalogue import Code

Programme = Literal["产品", "食品"]
Limit = Annotated[StrictStr, Field(min_length=1, max_length=60, description='限值,十进制字符串,如 "0.124"、"2.3×10^4"')]
Unit = Annotated[StrictStr, Field(max_length=40, pattern=r"^[^\s\x00-\x1f]*$", description='单位;无量纲填 ""')]
Number = Annotated[StrictStr, Field(pattern=r"^[0-9A-Za-z一-龥][0-9A-Za-z一-龥()().〔〕_-]{0,59}$", description="编号")]


class ItemIn(Schema):
    """An item with its limit and methods (检验项目)."""

    item: Line
    methods: Annotated[list[Line], Field(min_length=1, max_length=20, description="检验方法")]
    kind: Literal["numeric", "qualitative", "not_detected", "microbe"]
    min: Limit | None = None
    max: Limit | None = None
    unit: Unit | None = None
    limit_source: Line = Field(description="判定依据")
    grade: Literal["A", "B"] = Field(description="重要程度")
    rounding_places: Annotated[StrictInt, Field(ge=-1, le=9, description="GB/T 8170 修约位数;-1 为全数值比较")] = -1
    microbe_n: Annotated[StrictInt, Field(ge=0, le=100)] | None = None
    microbe_c: Annotated[StrictInt, Field(ge=0, le=100)] | None = None
    microbe_m: Limit | None = None
    microbe_cap: Limit | None = None

    def to_item(self) -> Item:
        fields = self.model_dump(exclude={"microbe_n", "microbe_c", "microbe_m", "microbe_cap"})
        return Item(**fields, microbe=Microbe(self.microbe_n, self.microbe_c, self.microbe_m, self.microbe_cap))


class SchemeIn(Schema):
    """A draft of a scheme (实施细则); the version is counted by the service."""

    scheme_no: Number
    product_code: Code = Field(description="监管目录编码或食品类别编码")
    name: Line
    programme: Programme
    valid_from: Day = Field(description="适用的最早生产日期")
    valid_to: Day | None = Field(default=None, description="适用的最晚生产日期")
    items: Annotated[list[ItemIn], Field(min_length=1, max_length=200)]

    def to_head(self) -> SchemeHead:
        return SchemeHead(self.scheme_no, self.product_code, self.name, self.programme, self.valid_from, self.valid_to)


class ItemOut(Schema):
    item: str
    methods: list[str]
    kind: str
    min: str | None
    max: str | None
    unit: str | None
    limit_source: str
    grade: str
    rounding_places: int
    microbe_n: int | None
    microbe_c: int | None
    microbe_m: str | None
    microbe_cap: str | None


class SchemeHeadOut(Schema):
    """A version of a scheme without its items."""

    id: UUID
    region_code: str
    scheme_no: str
    version: int
    product_code: str
    name: str
    programme: str
    valid_from: date
    valid_to: date | None
    status: str
    published_at: datetime | None


class SchemeOut(SchemeHeadOut):
    """A version of a scheme with its items."""

    items: list[ItemOut]

    @classmethod
    def of(cls, scheme: Scheme, items: list[SchemeItem]) -> "SchemeOut":
        head = SchemeHeadOut.model_validate(scheme).model_dump()
        return cls(**head, items=[ItemOut.model_validate(item) for item in items])

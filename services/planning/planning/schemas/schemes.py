"""Test schemes."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StrictInt, StrictStr

from common.strict import Bool, Day, Line, Schema
from planning.models import Scheme, SchemeItem
from planning.rules.schemes import Item, Microbe, SchemeHead, Sum
from planning.schemas.catalogue import Code

Programme = Literal["产品", "食品"]
Limit = Annotated[StrictStr, Field(min_length=1, max_length=60, description='限值,十进制字符串,如 "0.124"、"2.3×10^4"')]
Unit = Annotated[StrictStr, Field(max_length=40, pattern=r"^[^\s\x00-\x1f]*$", description='单位;无量纲填 ""')]
Number = Annotated[StrictStr, Field(pattern=r"^[0-9A-Za-z一-龥][0-9A-Za-z一-龥()().〔〕_-]{0,59}$", description="编号")]


class ItemIn(Schema):
    """An item with its limit and methods (检验项目)."""

    item: Line
    methods: Annotated[list[Line], Field(min_length=1, max_length=20, description="检验方法")]
    kind: Literal["numeric", "qualitative", "not_detected", "microbe", "component"] = Field(
        description="数值、定性、不得检出、微生物采样方案;component 为没有自身限值、随合计项目判定的组分"
    )
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
    min_exclusive: Bool = Field(default=False, description="等于下限即不合格(大于)")
    max_exclusive: Bool = Field(default=False, description="等于上限即不合格(小于)")
    sum_of: Annotated[list[Line], Field(max_length=50, description="合计项目的成员,须为本细则的检验项目")] = []
    sum_kind: Literal["total", "ratio"] | None = Field(default=None, description="total 合计;ratio 各自占其最大限量的比例之和")
    sum_below: Literal["zero", "half", "bounds"] | None = Field(default=None, description="小于检出限的成员:按零、按一半、按零至检出限(默认)")

    def to_item(self) -> Item:
        apart = {"microbe_n", "microbe_c", "microbe_m", "microbe_cap", "sum_of", "sum_kind", "sum_below"}
        plan = Microbe(self.microbe_n, self.microbe_c, self.microbe_m, self.microbe_cap)
        return Item(**self.model_dump(exclude=apart), microbe=plan, sum=Sum(self.sum_of, self.sum_kind, self.sum_below))


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
    min_exclusive: bool
    max_exclusive: bool
    sum_of: list[str]
    sum_kind: str | None
    sum_below: str | None


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

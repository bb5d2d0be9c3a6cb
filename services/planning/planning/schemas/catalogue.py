"""Catalogue, food classes and populations."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StrictInt, StrictStr

from common.strict import Day, Line, Schema
from planning.rules.catalogue import EntryDraft, FoodNode

Year = Annotated[StrictInt, Field(ge=2000, le=2100, description="年度")]
Code = Annotated[StrictStr, Field(pattern=r"^[0-9A-Za-z][0-9A-Za-z._-]{0,39}$", description="编码")]
RegionCode = Annotated[StrictStr, Field(pattern=r"^[0-9]{2}([0-9]{2}([0-9A-Z]{2})?)?$", description="区域(行政区划覆盖前缀),如 620102、6202")]
Measure = Literal["监督抽查", "监督检查", "证后监管", "风险监测"]
RiskLevel = Literal["高", "较高", "一般"]
LicenceKind = Literal["生产许可证", "CCC", "无"]


class EntryIn(Schema):
    """A catalogue entry (监管目录条目)."""

    code: Code
    name: Line
    product_group: Annotated[StrictStr, Field(pattern=r"^[A-Z][A-Z_]{1,39}$", alias="group", description="计划产品组,如 FOOD_RELATED")]
    product_class: Line = Field(alias="class", description="产品类别,如 消费品")
    risk_level: RiskLevel = Field(description="风险等级")
    measures: Annotated[list[Measure], Field(min_length=1, max_length=4, description="监管措施")]
    legal_basis: Line = Field(description="法律依据")
    licence_kind: LicenceKind = Field(description="许可证种类")
    valid_from: Day = Field(description="生效日期")

    def to_draft(self) -> EntryDraft:
        return EntryDraft(**self.model_dump())


class CatalogueIn(Schema):
    """Entries of a year, to be stored as drafts."""

    year: Year
    entries: Annotated[list[EntryIn], Field(min_length=1, max_length=500)]


class EntryOut(Schema):
    """A version of a catalogue entry."""

    id: UUID
    region_code: str
    year: int
    version: int
    code: str
    name: str
    product_group: str = Field(serialization_alias="group")
    product_class: str = Field(serialization_alias="class")
    risk_level: str
    measures: list[str]
    legal_basis: str
    licence_kind: str
    status: str = Field(description="DRAFT 草案 / PUBLISHED 已发布")
    valid_from: date
    valid_to: date | None = Field(description="被新版本取代前的最后一天")
    published_at: datetime | None


class EntryHistory(Schema):
    """All versions of an entry, newest first."""

    year: int
    code: str
    versions: list[EntryOut]


class DraftedOut(Schema):
    """What a batch drafted."""

    year: int
    drafted: int
    entries: list[EntryOut]


class PublishedOut(Schema):
    """What a publication published."""

    year: int
    published: int


class FoodClassIn(Schema):
    """A class of the national sampling tree (大类 1 → 亚类 2 → 次亚类 3 → 细类 4)."""

    code: Code
    name: Line
    level: Annotated[StrictInt, Field(ge=1, le=4, description="层级")]
    parent_code: Code | None = None

    def to_node(self) -> FoodNode:
        return FoodNode(**self.model_dump())


class FoodClassesIn(Schema):
    """Classes of a year (食品分类)."""

    year: Year
    classes: Annotated[list[FoodClassIn], Field(min_length=1, max_length=5000)]


class FoodClassOut(Schema):
    year: int
    code: str
    name: str
    level: int
    parent_code: str | None


class LoadedOut(Schema):
    """How many rows were loaded."""

    year: int
    loaded: int


class PopulationIn(Schema):
    """People of one executing division (人口)."""

    code: RegionCode
    people: Annotated[StrictInt, Field(ge=0, le=2_000_000_000)]


class PopulationsIn(Schema):
    """Populations of a year with their source."""

    year: Year
    source: Line
    populations: Annotated[list[PopulationIn], Field(min_length=1, max_length=5000)]


class PopulationOut(Schema):
    year: int
    division_code: str
    people: int
    source: str

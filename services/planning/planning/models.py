"""Tables of planning. Published catalogue entries, schemes and classes are read by everybody; the rest stays with its owner."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Integer, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field, SQLModel

from common import db
from common.db import CODE, STAMP


class Owned(db.Owned):
    """A tenant row with an id of its own."""

    id: UUID = Field(primary_key=True)


class Touched(db.Touched):
    """The same, where the row changes."""

    id: UUID = Field(primary_key=True)


class Published(Touched):
    """A row that one person drafts and another publishes."""

    status: str = Field(default="DRAFT", sa_type=Text)
    drafted_by: str = Field(sa_type=Text)
    published_by: str | None = Field(default=None, sa_type=Text)
    published_at: datetime | None = Field(default=None, sa_type=STAMP)


class CatalogueEntry(Published, table=True):
    """Entry of the supervision catalogue (监管目录条目), one row per version."""

    __tablename__ = "catalogue_entry"
    year: int
    version: int
    code: str = Field(sa_type=Text)
    name: str = Field(sa_type=Text)
    product_group: str = Field(sa_type=Text)
    product_class: str = Field(sa_type=Text)
    risk_level: str = Field(sa_type=Text)
    measures: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    legal_basis: str = Field(sa_type=Text)
    licence_kind: str = Field(sa_type=Text)
    valid_from: date
    valid_to: date | None = None


class FoodClass(Touched, table=True):
    """Class of the national sampling tree (食品分类), reissued every year."""

    __tablename__ = "food_class"
    year: int
    code: str = Field(sa_type=Text)
    name: str = Field(sa_type=Text)
    level: int
    parent_code: str | None = Field(default=None, sa_type=Text)


class Division(SQLModel, table=True):
    """Public division code as a covering prefix (行政区划)."""

    __tablename__ = "executing_division"
    code: str = Field(primary_key=True, sa_type=CODE)
    name: str = Field(sa_type=Text)
    lowest: bool


class Population(Touched, table=True):
    """People of a division (人口), for proportional quotas."""

    __tablename__ = "population"
    year: int
    division_code: str = Field(sa_type=CODE)
    people: int
    source: str = Field(sa_type=Text)


class Scheme(Published, table=True):
    """Test scheme (实施细则), one row per version, valid by production date."""

    __tablename__ = "scheme"
    scheme_no: str = Field(sa_type=Text)
    version: int
    product_code: str = Field(sa_type=Text)
    name: str = Field(sa_type=Text)
    programme: str = Field(sa_type=Text)
    valid_from: date
    valid_to: date | None = None


class SchemeItem(Owned, table=True):
    """Item of a scheme (检验项目) with its limit and methods."""

    __tablename__ = "scheme_item"
    scheme_id: UUID
    status: str = Field(default="DRAFT", sa_type=Text)
    position: int
    item: str = Field(sa_type=Text)
    methods: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    kind: str = Field(sa_type=Text)
    min: str | None = Field(default=None, sa_type=Text)
    max: str | None = Field(default=None, sa_type=Text)
    unit: str | None = Field(default=None, sa_type=Text)
    limit_source: str = Field(sa_type=Text)
    grade: str = Field(sa_type=Text)
    rounding_places: int
    microbe_n: int | None = None
    microbe_c: int | None = None
    microbe_m: str | None = Field(default=None, sa_type=Text)
    microbe_cap: str | None = Field(default=None, sa_type=Text)
    min_exclusive: bool = False
    max_exclusive: bool = False
    sum_of: list[str] = Field(default_factory=list, sa_column=Column(ARRAY(Text), nullable=False))
    sum_kind: str | None = Field(default=None, sa_type=Text)
    sum_below: str | None = Field(default=None, sa_type=Text)


class Plan(Touched, table=True):
    """Plan (抽检计划) of a bureau of one of the three levels."""

    __tablename__ = "plan"
    plan_no: str = Field(sa_type=Text)
    year: int
    programme: str = Field(sa_type=Text)
    source_level: str = Field(sa_type=Text)
    name: str = Field(sa_type=Text)
    state: str = Field(default="PLAN_DRAFT", sa_type=Text)
    drafted_by: str = Field(sa_type=Text)
    submitted_by: str | None = Field(default=None, sa_type=Text)
    approved_by: str | None = Field(default=None, sa_type=Text)
    published_by: str | None = Field(default=None, sa_type=Text)
    published_on: date | None = None
    remark: str | None = Field(default=None, sa_type=Text)
    revision: int = 1


class PlanLine(Touched, table=True):
    """Line of a plan (计划条目); `plan_state` follows the plan's by the foreign key."""

    __tablename__ = "plan_line"
    plan_id: UUID
    plan_state: str = Field(default="PLAN_DRAFT", sa_type=Text)
    line_no: str = Field(sa_type=Text)
    serial: int | None = None
    catalogue_code: str | None = Field(default=None, sa_type=Text)
    product_code: str = Field(sa_type=Text)
    product_name: str = Field(sa_type=Text)
    reason_without_entry: str | None = Field(default=None, sa_type=Text)
    quarter: int
    batches: int
    stage: str = Field(sa_type=Text)
    tags: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    special_tags: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    sampling_due: date
    test_due: date
    laboratory_codes: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    unit_price_fen: int | None = None
    risky: bool
    expert_draw_id: str | None = Field(default=None, sa_type=Text)
    expert_opinion: dict[str, Any] | None = Field(default=None, sa_column=Column(JSONB(none_as_null=True)))


class LineQuota(SQLModel, table=True):
    """Batches of a line for one division (区域配额)."""

    __tablename__ = "line_quota"
    region_code: str = Field(primary_key=True, sa_type=CODE)
    line_id: UUID = Field(primary_key=True)
    division_code: str = Field(primary_key=True, sa_type=CODE)
    batches: int = Field(sa_type=Integer)
    created_at: datetime | None = Field(default=None, sa_type=STAMP, sa_column_kwargs=db.NOW)


class Task(Touched, table=True):
    """Task (任务): a line's share for one bureau and one laboratory. Owner is the bureau that executes, source the one that organised."""

    __tablename__ = "task"
    source_region_code: str = Field(sa_type=CODE)
    task_no: str = Field(sa_type=Text)
    plan_id: UUID
    plan_no: str = Field(sa_type=Text)
    line_id: UUID
    line_no: str = Field(sa_type=Text)
    programme: str = Field(sa_type=Text)
    year: int
    quarter: int
    product_code: str = Field(sa_type=Text)
    product_name: str = Field(sa_type=Text)
    laboratory_code: str = Field(sa_type=Text)
    quota: int
    stage: str = Field(sa_type=Text)
    tags: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    sampling_due: date
    test_due: date
    state: str = Field(default="ASSIGNED", sa_type=Text)
    accepted_by: str | None = Field(default=None, sa_type=Text)
    accepted_at: datetime | None = Field(default=None, sa_type=STAMP)
    revision: int = 1


class ProductCheck(Touched, table=True):
    """A product that was checked (已抽查产品): a fingerprint, a day and an organiser, no party."""

    __tablename__ = "product_check"
    source_region_code: str = Field(sa_type=CODE)
    sample_id: UUID
    fingerprint: str = Field(sa_type=Text)
    sampled_on: date
    reserved_until: datetime | None = Field(default=None, sa_type=STAMP)
    void: bool = False


class Replacement(Touched, table=True):
    """A batch without a sample asks for another draw (补抽申请); the organiser's planner answers."""

    __tablename__ = "replacement"
    source_region_code: str = Field(sa_type=CODE)
    task_id: UUID
    task_no: str = Field(sa_type=Text)
    sample_id: UUID
    sample_no: str = Field(sa_type=Text)
    product_name: str = Field(sa_type=Text)
    party_name: str = Field(sa_type=Text)
    cause: str = Field(sa_type=Text)
    reason: str = Field(sa_type=Text)
    note: str = Field(sa_type=Text)
    happened_on: date | None = None
    state: str = Field(default="REQUESTED", sa_type=Text)
    answer: str | None = Field(default=None, sa_type=Text)
    drawn_name: str | None = Field(default=None, sa_type=Text)
    drawn_uscc: str | None = Field(default=None, sa_type=Text)
    drawn_division_code: str | None = Field(default=None, sa_type=Text)
    answered_by: str | None = Field(default=None, sa_type=Text)
    answered_at: datetime | None = Field(default=None, sa_type=STAMP)
    revision: int = 1

"""Tables. `region_code` is the owner: the bureau that keeps the pool, or the bureau that draws."""

from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import DateTime, LargeBinary, Text, func
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field, SQLModel

from common import db  # noqa: F401  sets the metadata's naming convention before the first table
from experts.rules.pool import ExpertState
from experts.rules.seats import MemberState


class Owned(SQLModel):
    """Columns of every tenant table."""

    region_code: str
    created_at: datetime = Field(default=None, sa_type=DateTime(timezone=True), nullable=False, sa_column_kwargs={"server_default": func.now()})


class Expert(Owned, table=True):
    """An expert in one pool (专家)."""

    id: UUID = Field(primary_key=True)
    number: str
    pool: str
    state: str = ExpertState.APPLIED
    name: str
    sex: str
    birth_year: int
    unit: str
    unit_uscc: str | None = None
    title: str
    specialities: list[str] = Field(sa_type=ARRAY(Text), nullable=False)
    residence_code: str
    certificate_until: date | None = None
    reviewed_on: date | None = None
    notice_from: date | None = None
    notice_until: date | None = None
    term_from: date | None = None
    term_to: date | None = None
    left_on: date | None = None
    barred_until: date | None = None
    state_reason: str = ""
    revision: int = 1
    updated_at: datetime = Field(
        default=None, sa_type=DateTime(timezone=True), nullable=False, sa_column_kwargs={"server_default": func.now(), "onupdate": func.now()}
    )


class ExpertPrivate(Owned, table=True):
    """What only the bureau that keeps the pool holds (联系方式)."""

    __tablename__: ClassVar[Any] = "expert_private"
    expert_id: UUID = Field(primary_key=True)
    phone_sealed: bytes = Field(sa_type=LargeBinary, nullable=False)
    phone_masked: str


class ExpertInterest(Owned, table=True):
    """A firm in which an expert has or had an interest (利害关系), and the last day on which it counts."""

    __tablename__: ClassVar[Any] = "expert_interest"
    expert_id: UUID = Field(primary_key=True)
    uscc: str = Field(primary_key=True)
    until: date


class ExpertScore(Owned, table=True):
    """One year's marks (年度评分)."""

    __tablename__: ClassVar[Any] = "expert_score"
    expert_id: UUID = Field(primary_key=True)
    year: int = Field(primary_key=True)
    attendance: int
    quality: int
    discipline: int
    refusals: int
    total: int
    scored_on: date


class Draw(Owned, table=True):
    """A panel drawn (抽取), with what is needed to replay it."""

    id: UUID = Field(primary_key=True)
    request_id: str
    pool: str
    purpose: str
    size: int
    drawn_on: date
    drawn_by: str
    seed: bytes = Field(sa_type=LargeBinary, nullable=False)
    commitment: str
    candidates_hash: str
    protocol: dict[str, Any] = Field(sa_type=JSONB, nullable=False)
    revealed_on: date | None = None
    revision: int = 1


class DrawMember(Owned, table=True):
    """An expert drawn: name and unit as they were then."""

    __tablename__: ClassVar[Any] = "draw_member"
    draw_id: UUID = Field(primary_key=True)
    expert_id: UUID = Field(primary_key=True)
    expert_region_code: str
    position: int
    spare: bool
    name: str
    unit: str
    state: str = MemberState.DRAWN
    called_for: UUID | None = None
    left_on: date | None = None
    left_reason: str = ""
    interest_declared_on: date | None = None
    opinion: str | None = None
    opinion_text: str = ""
    opinion_on: date | None = None


class Duty(Owned, table=True):
    """That an expert was called on a day, and whether refused without cause. Every drawer reads it, so that the sixth draw counts everywhere."""

    draw_id: UUID = Field(primary_key=True)
    expert_id: UUID = Field(primary_key=True)
    drawn_on: date
    refused: bool = False

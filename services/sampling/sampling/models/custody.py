"""Tables of custody (流转): what happened to sample and reserve, how it travelled, the reserve itself, and notices that a special path owes."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import LargeBinary, Numeric, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from common.db import CODE, STAMP, Owned, Touched


class ReserveSample(Touched, table=True):
    """The reserve sample (备样) as an object of its own, made at sealing. `laboratory_code` is who may see and keep it now."""

    __tablename__ = "reserve_sample"

    id: UUID = Field(primary_key=True)
    sample_id: UUID
    laboratory_code: str | None = Field(default=None, sa_type=Text)
    programme: str = Field(sa_type=Text)
    place: str = Field(sa_type=Text)
    keeper: str = Field(sa_type=Text)
    seal_no: str = Field(sa_type=Text)
    quantity: Decimal = Field(sa_type=Numeric)
    unit: str = Field(sa_type=Text)
    free: bool
    expires_on: date | None = None
    state: str = Field(sa_type=Text)
    holds: list[Any] = Field(sa_type=JSONB)
    transfer: dict[str, Any] | None = Field(default=None, sa_type=JSONB(none_as_null=True))
    ended_on: date | None = None
    ended_reason: str | None = Field(default=None, sa_type=Text)
    revision: int = 1


class CustodyEvent(Owned, table=True):
    """One thing that happened to a sample or its reserve (流转记录); never changed. Personal fields are sealed apart."""

    __tablename__ = "custody_event"

    id: UUID = Field(primary_key=True)
    sample_id: UUID
    laboratory_code: str | None = Field(default=None, sa_type=Text)
    subject: str = Field(sa_type=Text)
    act: str = Field(sa_type=Text)
    happened_at: datetime = Field(sa_type=STAMP)
    details: dict[str, Any] = Field(sa_type=JSONB)
    phone_sealed: bytes | None = Field(default=None, sa_type=LargeBinary)
    actor: str = Field(sa_type=Text)


class Dispatch(Touched, table=True):
    """How the sample travels to its laboratory (送样)."""

    __tablename__ = "dispatch"

    id: UUID = Field(primary_key=True)
    sample_id: UUID
    laboratory_code: str = Field(sa_type=Text)
    way: str = Field(sa_type=Text)
    courier: str | None = Field(default=None, sa_type=Text)
    tracking_no: str | None = Field(default=None, sa_type=Text)
    vehicle: str | None = Field(default=None, sa_type=Text)
    storage: str | None = Field(default=None, sa_type=Text)
    dispatched_on: date
    due_on: date | None = None
    temperatures: list[Any] = Field(sa_type=JSONB)
    arrived_on: date | None = None
    created_by: str = Field(sa_type=Text)


class SpecialNotice(Owned, table=True):
    """A notice that a special path owes another bureau (通报): refusal, illegal production, online purchase."""

    __tablename__ = "special_notice"

    id: UUID = Field(primary_key=True)
    sample_id: UUID
    laboratory_code: str | None = Field(default=None, sa_type=Text)
    kind: str = Field(sa_type=Text)
    to_region_code: str = Field(sa_type=CODE)
    to_role: str = Field(sa_type=Text)
    happened_at: datetime = Field(sa_type=STAMP)
    due_at: datetime | None = Field(default=None, sa_type=STAMP)
    sent_at: datetime = Field(sa_type=STAMP)
    late: bool
    details: dict[str, Any] = Field(sa_type=JSONB)
    acknowledged_at: datetime | None = Field(default=None, sa_type=STAMP)
    acknowledged_by: str | None = Field(default=None, sa_type=Text)

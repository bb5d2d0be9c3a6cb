"""Tables of the form: blocks of our own numbers, and what a batch can be found by."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime, Text, func
from sqlmodel import Field, SQLModel


class NumberBlock(SQLModel, table=True):
    """Consecutive product numbers kept for one device, so that forms can be written where there is no network (号段). `revision` for If-Match."""

    __tablename__ = "number_block"

    id: UUID = Field(primary_key=True)
    region_code: str = Field(sa_type=Text)
    device: str = Field(sa_type=Text)
    prefix: str = Field(sa_type=Text)
    first_serial: int
    last_serial: int
    reserved_by: str = Field(sa_type=Text)
    returned_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    returned_by: str | None = Field(default=None, sa_type=Text)
    revision: int = 1
    created_at: datetime = Field(default=None, nullable=False, sa_type=DateTime(timezone=True), sa_column_kwargs={"server_default": func.now()})


class SampleGram(SQLModel, table=True):
    """A pair of neighbouring characters of a batch's product or party, for search by fragment under row-level security."""

    __tablename__ = "sample_gram"

    gram: str = Field(primary_key=True, sa_type=Text)
    sample_id: UUID = Field(primary_key=True)
    region_code: str = Field(primary_key=True, sa_type=Text)

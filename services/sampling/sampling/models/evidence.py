"""Tables of evidence (证据) and documents (文书); the bytes are in the object store under their hash."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import LargeBinary, Numeric, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from common.db import CODE, STAMP, Owned, Touched


class Evidence(Owned, table=True):
    """One photo, video or scan of a batch (影像证据). EXIF is sealed: the whereabouts of samplers are sensitive data (个人信息保护法 art. 28)."""

    __tablename__ = "evidence"

    id: UUID = Field(primary_key=True)
    sample_id: UUID
    kind: str = Field(sa_type=Text)
    sha256: str = Field(sa_type=Text)
    media_type: str = Field(sa_type=Text)
    byte_size: int
    file_name: str = Field(sa_type=Text)
    width: int | None = None
    height: int | None = None
    taken_at: datetime = Field(sa_type=STAMP)
    latitude: Decimal | None = Field(default=None, sa_type=Numeric)
    longitude: Decimal | None = Field(default=None, sa_type=Numeric)
    device: str = Field(sa_type=Text)
    note: str = Field(sa_type=Text)
    exif_sealed: bytes | None = Field(default=None, sa_type=LargeBinary)
    flags: list[Any] = Field(sa_type=JSONB)
    thumbnail_sha256: str | None = Field(default=None, sa_type=Text)
    state: str = Field(sa_type=Text)
    withdrawn_at: datetime | None = Field(default=None, sa_type=STAMP)
    withdrawn_by: str | None = Field(default=None, sa_type=Text)
    withdrawn_reason: str | None = Field(default=None, sa_type=Text)
    created_by: str = Field(sa_type=Text)


class Document(Owned, table=True):
    """One issued paper (文书), as it was signed: number, hash of the PDF, hash of the facts and of the template that made it."""

    __tablename__ = "document"

    id: UUID = Field(primary_key=True)
    sample_id: UUID
    kind: str = Field(sa_type=Text)
    number: str = Field(sa_type=Text)
    code: str = Field(sa_type=Text)
    issued_on: date
    sha256: str = Field(sa_type=Text)
    byte_size: int
    facts_sha256: str = Field(sa_type=Text)
    template_sha256: str = Field(sa_type=Text)
    template_region_code: str | None = Field(default=None, sa_type=CODE)
    state: str = Field(sa_type=Text)
    withdrawn_at: datetime | None = Field(default=None, sa_type=STAMP)
    withdrawn_by: str | None = Field(default=None, sa_type=Text)
    withdrawn_reason: str | None = Field(default=None, sa_type=Text)
    created_by: str = Field(sa_type=Text)


class DocumentMark(Owned, table=True):
    """What anybody may know of a document by its verification code (文书验真)."""

    __tablename__ = "document_mark"

    code: str = Field(primary_key=True, sa_type=Text)
    kind: str = Field(sa_type=Text)
    number: str = Field(sa_type=Text)
    issued_on: date
    sha256: str = Field(sa_type=Text)
    withdrawn_on: date | None = None


class DocumentCounter(Owned, table=True):
    """Last serial of a bureau's documents of one kind in one year (文书编号流水)."""

    __tablename__ = "document_counter"

    region_code: str = Field(primary_key=True, sa_type=CODE)
    kind: str = Field(primary_key=True, sa_type=Text)
    year: int = Field(primary_key=True)
    last: int


class DocumentTemplate(Touched, table=True):
    """A bureau's own template of one kind (文书模板); it applies to all bureaus below that have none."""

    __tablename__ = "document_template"

    region_code: str = Field(primary_key=True, sa_type=CODE)
    kind: str = Field(primary_key=True, sa_type=Text)
    source: str = Field(sa_type=Text)
    sha256: str = Field(sa_type=Text)
    revision: int = 1
    created_by: str = Field(sa_type=Text)

"""Documents as they are asked for and shown (文书)."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StrictStr

from common.strict import Day, Schema
from sampling.models import Document, DocumentMark
from sampling.rules.document_facts import bureau_name
from sampling.rules.documents import KINDS, DocumentKind, shown_code

Answer = Annotated[StrictStr, Field(max_length=2000)]
Source = Annotated[StrictStr, Field(min_length=1, max_length=100_000)]


class DocumentIn(Schema):
    """A document to be issued (出具文书)."""

    kind: Annotated[StrictStr, Field(max_length=40, description="文书种类,见 /v1/document-kinds")]
    issued_on: Day = Field(description="签发日期")
    fields: dict[str, Answer] = Field({}, max_length=20, description="该文书要求填写的内容")


class DocumentOut(Schema):
    """An issued document (文书)."""

    id: UUID
    region_code: str
    sample_id: UUID
    kind: str
    number: str = Field(description="文书编号")
    code: str = Field(description="验真码")
    issued_on: date
    sha256: str
    byte_size: int
    template_sha256: str
    template_region_code: str | None = Field(description="模板所属机构;空为系统模板")
    state: Literal["ISSUED", "WITHDRAWN"]
    withdrawn_at: datetime | None
    withdrawn_reason: str | None
    created_by: str
    created_at: datetime

    @classmethod
    def of(cls, row: Document) -> "DocumentOut":
        plain = {name: getattr(row, name, None) for name in cls.model_fields}
        return cls.model_validate(plain | {"code": shown_code(row.code)})


class DocumentListOut(Schema):
    """Documents of a sample, oldest first."""

    items: list[DocumentOut]


class AskedOut(Schema):
    """Something that a kind of document asks for."""

    name: str
    label: str
    need: bool
    shape: Literal["line", "text", "date"]


class KindOut(Schema):
    """One kind of document (文书种类)."""

    kind: str
    title: str
    food_title: str
    needs: str | None = Field(description="出具前须具备")
    fields: list[AskedOut]

    @classmethod
    def of(cls, kind: DocumentKind) -> "KindOut":
        asks = [AskedOut.model_validate({"name": a.name, "label": a.label, "need": a.need, "shape": a.shape.value}) for a in kind.asks]
        needs = kind.needs.value if kind.needs else None
        return cls(kind=kind.code, title=kind.title, food_title=kind.title_of("食品"), needs=needs, fields=asks)


class KindsOut(Schema):
    """All kinds."""

    kinds: list[KindOut]


class MarkOut(Schema):
    """What anybody may know of a document (文书验真): compare the hash with that of the file, the number with the paper."""

    bureau: str
    region_code: str
    kind: str
    title: str
    number: str
    issued_on: date
    sha256: str
    withdrawn: bool
    withdrawn_on: date | None

    @classmethod
    def of(cls, row: DocumentMark) -> "MarkOut":
        title = KINDS[row.kind].title if row.kind in KINDS else row.kind
        plain = {name: getattr(row, name, None) for name in cls.model_fields}
        return cls.model_validate(plain | {"bureau": bureau_name(row.region_code), "title": title, "withdrawn": row.withdrawn_on is not None})


class TemplateIn(Schema):
    """A bureau's own template (文书模板), in typst."""

    source: Source


class TemplateOut(Schema):
    """The template that applies; `region_code` is empty for the one that comes with the service."""

    kind: str
    source: str
    sha256: str
    region_code: str | None
    revision: int | None

"""Documents, their public marks, numbers and templates."""

from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select, text

from common.db import Database, Scope, Session, transaction
from common.errors import not_found
from sampling.models import Document, DocumentMark, DocumentTemplate

NOW: Any = func.now()
_ROW: Any = Document
_MARK: Any = DocumentMark
_TEMPLATE: Any = DocumentTemplate
_PUBLIC = Scope(subject="public")  # known, and nothing more: it reads the marks and no tenant's row
_NUMBER = text(
    "INSERT INTO document_counter (region_code, kind, year, last) VALUES (:owner, :kind, :year, 1)"
    " ON CONFLICT (region_code, kind, year) DO UPDATE SET last = document_counter.last + 1 RETURNING last"
)


async def next_number(session: Session, owner: str, kind: str, year: int) -> int:
    """The next serial. The row stays locked until the commit, so numbers have no gaps."""
    return int((await session.execute(_NUMBER, {"owner": owner, "kind": kind, "year": year})).scalar_one())


async def list_documents(session: Session, sample_id: UUID) -> list[Document]:
    """Documents of a sample in the caller's reach, oldest first, withdrawn ones too."""
    return list((await session.execute(select(Document).where(_ROW.sample_id == sample_id).order_by(_ROW.id))).scalars())


async def find_document(session: Session, document_id: UUID) -> Document:
    """A document in the caller's reach."""
    return _found((await session.execute(select(Document).where(_ROW.id == document_id))).scalar_one_or_none())


async def lock_own(session: Session, document_id: UUID, owner: str) -> Document:
    """The bureau's own document, locked."""
    query = select(Document).where(_ROW.id == document_id, _ROW.region_code == owner).with_for_update()
    return _found((await session.execute(query)).scalar_one_or_none())


def _found(document: Document | None) -> Document:
    if document is None:
        raise not_found("文书", "document")
    return document


async def find_mark(session: Session, code: str) -> DocumentMark:
    """What is public of a document."""
    found = (await session.execute(select(DocumentMark).where(_MARK.code == code))).scalar_one_or_none()
    if found is None:
        raise not_found("文书", "document")
    return found


async def find_public_mark(database: Database, code: str) -> DocumentMark:
    """The same for somebody without an account."""
    async with transaction(database, _PUBLIC) as session:
        return await find_mark(session, code)


async def nearest_template(session: Session, owner: str, kind: str) -> DocumentTemplate | None:
    """The bureau's own template, else its nearest superior's, else none."""
    above = [owner[:length] for length in (6, 4, 2) if len(owner) >= length]
    query = select(DocumentTemplate).where(_TEMPLATE.kind == kind, _TEMPLATE.region_code.in_(above))
    return (await session.execute(query.order_by(func.length(_TEMPLATE.region_code).desc()).limit(1))).scalar_one_or_none()


async def lock_template(session: Session, owner: str, kind: str) -> DocumentTemplate | None:
    """The bureau's own template, locked."""
    query = select(DocumentTemplate).where(_TEMPLATE.kind == kind, _TEMPLATE.region_code == owner).with_for_update()
    return (await session.execute(query)).scalar_one_or_none()


async def drop_template(session: Session, owner: str, kind: str) -> None:
    await session.execute(delete(DocumentTemplate).where(_TEMPLATE.kind == kind, _TEMPLATE.region_code == owner))

"""Evidence rows of a sample."""

from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text

from common.db import Session
from common.errors import not_found
from sampling.models import Evidence

NOW: Any = func.now()
_FILING = text("SELECT pg_advisory_xact_lock(hashtextextended(:sample, 4))")
_ROW: Any = Evidence  # its columns, untyped


async def list_kinds(session: Session, sample_id: UUID) -> set[str]:
    """Kinds of evidence that a sample has; withdrawn pieces do not count."""
    query = select(_ROW.kind).where(_ROW.sample_id == sample_id, _ROW.state == "KEPT").distinct()
    return set((await session.execute(query)).scalars())


async def list_evidence(session: Session, sample_id: UUID) -> list[Evidence]:
    """All pieces of a sample in the caller's reach, oldest first, withdrawn ones too."""
    return list((await session.execute(select(Evidence).where(_ROW.sample_id == sample_id).order_by(_ROW.id))).scalars())


async def find_evidence(session: Session, evidence_id: UUID) -> Evidence:
    """A piece in the caller's reach."""
    found = (await session.execute(select(Evidence).where(_ROW.id == evidence_id))).scalar_one_or_none()
    if found is None:
        raise not_found("证据", "evidence")
    return found


async def lock_own(session: Session, evidence_id: UUID, owner: str) -> Evidence:
    """The bureau's own piece, locked."""
    query = select(Evidence).where(_ROW.id == evidence_id, _ROW.region_code == owner).with_for_update()
    found = (await session.execute(query)).scalar_one_or_none()
    if found is None:
        raise not_found("证据", "evidence")
    return found


async def find_same(session: Session, sample_id: UUID, kind: str, sha256: str) -> Evidence | None:
    """The piece that the sample already has with these very bytes, unless it was withdrawn."""
    query = select(Evidence).where(_ROW.sample_id == sample_id, _ROW.kind == kind, _ROW.sha256 == sha256, _ROW.state == "KEPT")
    return (await session.execute(query)).scalar_one_or_none()


async def lock_filing(session: Session, sample_id: UUID) -> None:
    """Two uploads of the same file at the same moment become one row; the sample itself stays free for the laboratory's push."""
    await session.execute(_FILING, {"sample": str(sample_id)})

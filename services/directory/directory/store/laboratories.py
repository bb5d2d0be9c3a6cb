"""Laboratories with their certificates and scope."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import func, text
from sqlmodel import col, select

from common.db import Session
from common.errors import not_found
from common.region import Region
from directory.models import CmaCertificate, CmaScope, Laboratory

_FORGET = [text(f"DELETE FROM {table} WHERE laboratory_code = :code AND region_code = :owner") for table in ("cma_certificate", "cma_scope")]
_CERTIFICATES = text(
    "INSERT INTO cma_certificate (region_code, laboratory_code, cma_no, valid_from, valid_to) SELECT :owner, :code, * FROM"
    " unnest(CAST(:numbers AS text[]), CAST(:starts AS date[]), CAST(:lasts AS date[]))"
)
_SCOPE = text(
    "INSERT INTO cma_scope (region_code, laboratory_code, item, method) SELECT :owner, :code, * FROM"
    " unnest(CAST(:items AS text[]), CAST(:methods AS text[])) ON CONFLICT DO NOTHING"
)


async def list_laboratories(session: Session, after: str | None, limit: int) -> list[Laboratory]:
    """Laboratories in the order of their codes."""
    query = select(Laboratory).order_by(col(Laboratory.code)).limit(limit)
    if after is not None:
        query = query.where(Laboratory.code > after)
    return list((await session.execute(query)).scalars())


async def find_laboratory(session: Session, code: str, owner: Region | None = None) -> Laboratory | None:
    """One laboratory; locked for a change when its owner asks."""
    query = select(Laboratory).where(Laboratory.code == code)
    if owner is not None:
        query = query.where(Laboratory.region_code == owner.code).with_for_update()
    return (await session.execute(query)).scalars().first()


async def get_laboratory(session: Session, code: str) -> Laboratory:
    """One laboratory, or NotFound."""
    found = await find_laboratory(session, code)
    if found is None:
        raise not_found("承检机构", "laboratory")
    return found


async def list_certificates(session: Session, codes: Sequence[str]) -> list[CmaCertificate]:
    """Certificates of several laboratories, newest first."""
    query = select(CmaCertificate).where(col(CmaCertificate.laboratory_code).in_(codes))
    query = query.order_by(col(CmaCertificate.valid_from).desc(), col(CmaCertificate.cma_no))
    return list((await session.execute(query)).scalars())


async def list_scope(session: Session, code: str) -> list[CmaScope]:
    """What one laboratory may report on."""
    query = select(CmaScope).where(CmaScope.laboratory_code == code).order_by(col(CmaScope.item), col(CmaScope.method))
    return list((await session.execute(query)).scalars())


async def save_laboratory(session: Session, laboratory: Laboratory) -> Laboratory:
    """Write a new or a changed laboratory."""
    session.add(laboratory)
    await session.flush()
    await session.refresh(laboratory)
    return laboratory


async def renew(session: Session, laboratory: Laboratory) -> None:
    """Count a change."""
    laboratory.revision += 1
    laboratory.updated_at = (await session.execute(select(func.now()))).scalar_one()


async def replace_accreditation(
    session: Session, laboratory: Laboratory, certificates: Sequence[tuple[str, date, date]], scope: Sequence[tuple[str, str]]
) -> None:
    """Replace all certificates and the whole scope."""
    whose = {"owner": laboratory.region_code, "code": laboratory.code}
    for statement in _FORGET:
        await session.execute(statement, whose)
    numbers, starts, lasts = (list(part) for part in zip(*certificates, strict=True)) if certificates else ([], [], [])
    await session.execute(_CERTIFICATES, whose | {"numbers": numbers, "starts": starts, "lasts": lasts})
    await session.execute(_SCOPE, whose | {"items": [i for i, _ in scope], "methods": [m for _, m in scope]})

"""Schemes and their items."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select, text, tuple_, update
from sqlmodel import col

from common.db import Session
from common.errors import not_found
from common.region import Region
from planning.models import Scheme, SchemeItem
from planning.rules.schemes import Version

_LOCK_PRODUCT = text("SELECT pg_advisory_xact_lock(hashtext('scheme'), hashtext(:product))")


async def next_version(session: Session, owner: Region, scheme_no: str) -> int:
    """The number of the next version; two drafters of one scheme wait for each other."""
    await session.execute(_LOCK_PRODUCT, {"product": f"{owner.code}|{scheme_no}"})
    query = select(func.max(col(Scheme.version))).where(col(Scheme.region_code) == owner.code, col(Scheme.scheme_no) == scheme_no)
    return ((await session.execute(query)).scalar_one() or 0) + 1


async def add_scheme(session: Session, scheme: Scheme, items: Sequence[SchemeItem]) -> None:
    session.add(scheme)
    await session.flush()
    session.add_all(items)
    await session.flush()


async def lock_scheme(session: Session, owner: Region, scheme_id: UUID) -> Scheme:
    """The owner's own scheme, locked; NotFound for another's."""
    query = select(Scheme).where(col(Scheme.id) == scheme_id, col(Scheme.region_code) == owner.code)
    found = (await session.scalars(query.with_for_update())).first()
    if found is None:
        raise not_found("实施细则", "scheme")
    return found


async def get_scheme(session: Session, scheme_id: UUID) -> Scheme:
    found = (await session.scalars(select(Scheme).where(col(Scheme.id) == scheme_id))).first()
    if found is None:
        raise not_found("实施细则", "scheme")
    return found


async def lock_published_versions(session: Session, product_code: str) -> list[Version]:
    """The published versions of a product, whoever issued them; publications of one product wait for each other."""
    await session.execute(_LOCK_PRODUCT, {"product": product_code})
    return (await published_versions(session, [product_code])).get(product_code, [])


async def published_versions(session: Session, product_codes: Sequence[str]) -> dict[str, list[Version]]:
    """Published versions by product, oldest first."""
    query = select(col(Scheme.product_code), col(Scheme.id), col(Scheme.region_code), col(Scheme.valid_from), col(Scheme.valid_to)).where(
        col(Scheme.product_code).in_(product_codes), col(Scheme.status) == "PUBLISHED"
    )
    found: dict[str, list[Version]] = {}
    for product, *fields in await session.execute(query.order_by(col(Scheme.valid_from))):
        found.setdefault(product, []).append(Version(str(fields[0]), *fields[1:]))
    return found


async def end_version(session: Session, scheme_id: str, last: date) -> None:
    """Give an open-ended version its last production date."""
    await session.execute(update(Scheme).where(col(Scheme.id) == UUID(scheme_id)).values(valid_to=last))


async def list_schemes(session: Session, wanted: Mapping[str, Any], after: list[Any] | None, limit: int) -> list[Scheme]:
    """Visible schemes of a product, or of all, that are valid on a production date, or on any."""
    query = select(Scheme)
    if wanted["product_code"]:
        query = query.where(col(Scheme.product_code) == wanted["product_code"])
    if wanted["on"]:
        on = wanted["on"]
        query = query.where(col(Scheme.valid_from) <= on, or_(col(Scheme.valid_to).is_(None), col(Scheme.valid_to) >= on))
    key = (col(Scheme.product_code), col(Scheme.valid_from), col(Scheme.id))
    if after:
        query = query.where(tuple_(*key) > tuple_(*after))
    return list((await session.scalars(query.order_by(*key).limit(limit))).all())


async def list_published(session: Session, product_code: str) -> list[Scheme]:
    """Published versions of a product, oldest first."""
    query = select(Scheme).where(col(Scheme.product_code) == product_code, col(Scheme.status) == "PUBLISHED")
    return list((await session.scalars(query.order_by(col(Scheme.valid_from), col(Scheme.id)))).all())


async def items_of(session: Session, scheme_ids: Sequence[UUID]) -> dict[UUID, list[SchemeItem]]:
    """Items of schemes in their order."""
    found: dict[UUID, list[SchemeItem]] = {scheme_id: [] for scheme_id in scheme_ids}
    query = select(SchemeItem).where(col(SchemeItem.scheme_id).in_(scheme_ids)).order_by(col(SchemeItem.position))
    for item in await session.scalars(query):
        found[item.scheme_id].append(item)
    return found

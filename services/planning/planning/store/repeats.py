"""Products checked within the last months."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select, text
from sqlmodel import col

from common.db import Session
from planning.models import ProductCheck
from planning.rules.repeats import LOOK_BACK, Checked

_ADD = text(
    "INSERT INTO product_check (id, region_code, source_region_code, sample_id, fingerprint, sampled_on)"
    " VALUES (:id, :owner, :source, :sample, :fingerprint, :sampled_on) ON CONFLICT (region_code, sample_id) DO UPDATE SET"
    " fingerprint = excluded.fingerprint, sampled_on = excluded.sampled_on, reserved_until = NULL WHERE product_check.reserved_until IS NOT NULL"
)
_RESERVE = text(
    "INSERT INTO product_check AS known (id, region_code, source_region_code, sample_id, fingerprint, sampled_on, reserved_until)"
    " VALUES (:id, :owner, :source, :sample, :fingerprint, :sampled_on, now() + :term) ON CONFLICT (region_code, sample_id) DO UPDATE SET"
    " fingerprint = excluded.fingerprint, sampled_on = excluded.sampled_on, reserved_until = excluded.reserved_until"
    " WHERE known.reserved_until IS NOT NULL AND NOT known.void"
)
_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:fingerprint, 0))")
_RELEASE = text("DELETE FROM product_check WHERE region_code = :owner AND sample_id = :sample AND reserved_until IS NOT NULL")
_VOID = text("UPDATE product_check SET void = true WHERE region_code = :owner AND sample_id = :sample")


async def add_check(session: Session, values: Mapping[str, Any]) -> None:
    """Keep one check; the same sample counts once."""
    await session.execute(_ADD, dict(values))


async def lock_product(session: Session, fingerprint: str) -> None:
    """Wait for whoever asks about the same product, so that two seals never both find it free."""
    await session.execute(_LOCK, {"fingerprint": fingerprint})


async def reserve(session: Session, values: Mapping[str, Any], term: timedelta) -> None:
    """Keep the product for a sample that is about to be sealed; asked again, for as long again."""
    await session.execute(_RESERVE, {**values, "term": term})


async def release(session: Session, owner: str, sample_id: UUID) -> None:
    """The batch ended before it was sealed."""
    await session.execute(_RELEASE, {"owner": owner, "sample": sample_id})


async def void_check(session: Session, owner: str, sample_id: UUID) -> None:
    """A sample that the laboratory rejected was no check (O18 art. 28)."""
    await session.execute(_VOID, {"owner": owner, "sample": sample_id})


async def find_checks(session: Session, fingerprint: str, on: date, but: UUID | None) -> list[Checked]:
    """Checks of the product in the months before the day, whoever organised them, without the sample that asks."""
    query = select(col(ProductCheck.sampled_on), col(ProductCheck.source_region_code)).where(
        col(ProductCheck.fingerprint) == fingerprint, col(ProductCheck.sampled_on) >= on - LOOK_BACK, col(ProductCheck.sampled_on) <= on,
        col(ProductCheck.void).is_(False), or_(col(ProductCheck.reserved_until).is_(None), col(ProductCheck.reserved_until) > func.now()),
    )  # fmt: skip
    if but is not None:
        query = query.where(col(ProductCheck.sample_id) != but)
    return [Checked(*row) for row in await session.execute(query)]

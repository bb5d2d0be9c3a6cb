"""Links of parties."""

from typing import Any
from uuid import UUID

from sqlmodel import col, select

from common.db import Session
from sampling.models import PartyLink


async def lock_link(session: Session, link_id: UUID, sample_id: UUID, role: str) -> PartyLink | None:
    """The link with exactly this sample and role, locked, so that attempts are counted one by one."""
    query = select(PartyLink).where(col(PartyLink.id) == link_id, col(PartyLink.sample_id) == sample_id, col(PartyLink.party_role) == role)
    found: PartyLink | None = (await session.execute(query.with_for_update())).scalar_one_or_none()
    return found


async def add(session: Session, row: Any) -> None:
    """Insert now."""
    session.add(row)
    await session.flush()


async def revoke_others(session: Session, sample_id: UUID, role: str) -> None:
    """An older link of the same party no longer opens anything."""
    query = select(PartyLink).where(col(PartyLink.sample_id) == sample_id, col(PartyLink.party_role) == role, col(PartyLink.revoked).is_(False))
    for link in (await session.execute(query.with_for_update())).scalars():
        link.revoked = True

"""Premises: a row belongs to the bureau where it lies, so that this bureau sees the plant of a firm from elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import text

from common.db import Session
from common.region import Region

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Place:
    """One place of production or business, ready to be written."""

    id: UUID
    enterprise_id: UUID
    division_code: str
    address: str

    @property
    def owner(self) -> Region:
        return Region.of_division(self.division_code)


_ADD = text(
    "INSERT INTO premises (id, region_code, enterprise_region_code, enterprise_id, division_code, address)"
    " SELECT id, place, :firm_owner, firm, division, address FROM unnest(CAST(:ids AS uuid[]), CAST(:places AS text[]), CAST(:firms AS uuid[]),"
    " CAST(:divisions AS text[]), CAST(:addresses AS text[])) AS t (id, place, firm, division, address)"
    " ON CONFLICT (enterprise_id, division_code, address) DO NOTHING RETURNING id"
)
_COLUMNS = (
    "p.id, p.region_code, p.enterprise_id, p.division_code, p.address, i.uscc, i.name, i.status, i.region_code AS enterprise_region_code"
    " FROM premises p JOIN enterprise_identity i ON i.id = p.enterprise_id"
)
_OF_FIRM = text(f"SELECT {_COLUMNS} WHERE p.enterprise_id = :firm ORDER BY p.division_code, p.id")
_LIST = text(
    f"SELECT {_COLUMNS} WHERE (CAST(:owner AS text) IS NULL OR (p.region_code, p.id) > (:owner, CAST(:id AS uuid)))"
    " ORDER BY p.region_code, p.id LIMIT :limit"
)


async def add_places(session: Session, firm_owner: Region, places: Sequence[Place]) -> set[UUID]:
    """Write the places that are not there yet; the ids of those that were new."""
    if not places:
        return set()
    rows = await session.execute(_ADD, {
        "firm_owner": firm_owner.code, "ids": [p.id for p in places], "places": [p.owner.code for p in places],
        "firms": [p.enterprise_id for p in places], "divisions": [p.division_code for p in places], "addresses": [p.address for p in places],
    })  # fmt: skip
    return set(rows.scalars())


async def list_of_firm(session: Session, enterprise_id: UUID) -> list[Row]:
    """Places of one firm that the caller may see."""
    return [dict(row) for row in (await session.execute(_OF_FIRM, {"firm": enterprise_id})).mappings()]


async def list_places(session: Session, after: tuple[str, UUID] | None, limit: int) -> list[Row]:
    """Places in the caller's reach, with the public identity of whose they are."""
    owner, place = after or (None, None)
    return [dict(row) for row in (await session.execute(_LIST, {"owner": owner, "id": place, "limit": limit})).mappings()]

"""Grants: how a row crosses a border (design.md section 3). No grant, no row."""

from datetime import date
from uuid import UUID

from sqlalchemy import text

from common.db import Session
from common.region import Region

_ADD = text(
    "INSERT INTO row_grant (region_code, kind, row_id, grantee_code, basis, fields, expires_on)"
    " SELECT * FROM unnest(CAST(:owners AS text[]), CAST(:kinds AS text[]), CAST(:rows AS uuid[]), CAST(:grantees AS text[]),"
    " CAST(:bases AS text[]), CAST(:fields AS text[]), CAST(:expiries AS date[])) ON CONFLICT DO NOTHING"
)
_LIST = text(
    "SELECT id, region_code, kind, row_id, grantee_code, basis, fields, expires_on, created_at FROM row_grant"
    " WHERE (CAST(:basis AS text) IS NULL OR basis = :basis) AND (CAST(:after AS uuid) IS NULL OR id > :after) ORDER BY id LIMIT :limit"
)

Grant = tuple[Region, str, UUID, Region, str, str, date]  # owner, kind, row, grantee, basis, fields, expires_on


async def give(session: Session, grants: list[Grant]) -> None:
    """Store grants (owner, kind, row id, grantee, lawful basis, field set, expiry); repeating one changes nothing."""
    if not grants:
        return
    owners, kinds, rows, grantees, bases, fields, expiries = zip(*grants, strict=True)
    await session.execute(_ADD, {
        "owners": [str(o) for o in owners], "kinds": list(kinds), "rows": list(rows), "grantees": [str(g) for g in grantees],
        "bases": list(bases), "fields": list(fields), "expiries": list(expiries),
    })  # fmt: skip


async def list_grants(session: Session, basis: str | None, after: UUID | None, limit: int) -> list[dict[str, object]]:
    """Grants in the caller's reach, by basis when one is given, in the order of their ids."""
    found = await session.execute(_LIST, {"basis": basis, "after": after, "limit": limit})
    return [dict(row) for row in found.mappings()]

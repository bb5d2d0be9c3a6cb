"""Licences with the history of their states."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import text

from common.db import Session
from common.errors import not_found
from common.region import Region
from directory.rules.licences import Licence

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Grant:
    """A licence ready to be written."""

    id: UUID
    enterprise_id: UUID
    licence: Licence


@dataclass(frozen=True, slots=True)
class Change:
    """A change of a licence's state, ready to be written."""

    id: UUID
    licence_id: UUID
    status: str
    since: date
    reason: str


_COLUMNS = "l.id, l.region_code, l.enterprise_id, l.kind, l.number, l.scope, l.issuer, l.valid_from, l.valid_to, l.status, l.status_since"
_HISTORY = (
    "coalesce((SELECT json_agg(json_build_array(s.since, s.status, s.reason) ORDER BY s.since, s.id) FROM licence_status s"
    " WHERE s.licence_id = l.id), '[]') AS history"
)
_OF_FIRM = text(f"SELECT {_COLUMNS}, {_HISTORY} FROM licence l WHERE l.enterprise_id = :firm ORDER BY l.kind, l.number, l.valid_from")
_GET = text(f"SELECT {_COLUMNS}, {_HISTORY} FROM licence l WHERE l.id = :id")
_OF_FIRMS = text(f"SELECT {_COLUMNS} FROM licence l WHERE l.enterprise_id = ANY(CAST(:firms AS uuid[]))")
_HOLDERS = text(
    "SELECT DISTINCT region_code, kind, number, enterprise_id FROM licence WHERE (region_code, kind, number) IN"
    " (SELECT * FROM unnest(CAST(:owners AS text[]), CAST(:kinds AS text[]), CAST(:numbers AS text[])))"
)
_LOCK = text(f"SELECT {_COLUMNS} FROM licence l WHERE l.id = :id AND l.region_code = :owner FOR UPDATE")
_GRANT = text(
    "INSERT INTO licence (id, region_code, enterprise_id, kind, number, scope, issuer, valid_from, valid_to, status, status_since)"
    " SELECT id, :owner, firm, kind, number, scope, issuer, start, last, '有效', start FROM unnest(CAST(:ids AS uuid[]), CAST(:firms AS uuid[]),"
    " CAST(:kinds AS text[]), CAST(:numbers AS text[]), CAST(:scopes AS text[]), CAST(:issuers AS text[]), CAST(:starts AS date[]),"
    " CAST(:lasts AS date[])) AS t (id, firm, kind, number, scope, issuer, start, last)"
)
_EXTEND = text(
    "UPDATE licence l SET valid_to = t.last, updated_at = now() FROM unnest(CAST(:ids AS uuid[]), CAST(:lasts AS date[])) AS t (id, last)"
    " WHERE l.id = t.id AND l.region_code = :owner"
)
_CHANGES = "unnest(CAST(:ids AS uuid[]), CAST(:licences AS uuid[]), CAST(:statuses AS text[]), CAST(:days AS date[]), CAST(:reasons AS text[]))"
_NOTE = text(
    "INSERT INTO licence_status (id, region_code, licence_id, status, since, reason)"
    f" SELECT id, :owner, licence, status, since, reason FROM {_CHANGES} AS t (id, licence, status, since, reason)"
)
_SET = text(
    "UPDATE licence l SET status = t.status, status_since = t.since, updated_at = now()"
    f" FROM {_CHANGES} AS t (id, licence, status, since, reason) WHERE l.id = t.licence AND l.region_code = :owner"
)


async def list_of_firm(session: Session, enterprise_id: UUID) -> list[Row]:
    """All licences of one firm with their histories; public."""
    return [dict(row) for row in (await session.execute(_OF_FIRM, {"firm": enterprise_id})).mappings()]


async def get_licence(session: Session, licence_id: UUID) -> Row:
    """One licence with its history; public."""
    row = (await session.execute(_GET, {"id": licence_id})).mappings().first()
    if row is None:
        raise not_found("许可证", "licence")
    return dict(row)


async def list_of_firms(session: Session, enterprise_ids: Sequence[UUID]) -> list[Row]:
    """Licences of many firms, without histories."""
    return [dict(row) for row in (await session.execute(_OF_FIRMS, {"firms": list(enterprise_ids)})).mappings()]


async def find_holders(session: Session, asked: Sequence[tuple[str, str, str]]) -> dict[tuple[str, str, str], UUID]:
    """Who holds each (owner, kind, number); a number belongs to one firm of an owner."""
    if not asked:
        return {}
    owners, kinds, numbers = zip(*asked, strict=True)
    rows = await session.execute(_HOLDERS, {"owners": list(owners), "kinds": list(kinds), "numbers": list(numbers)})
    return {(r.region_code, r.kind, r.number): r.enterprise_id for r in rows}


async def lock_licence(session: Session, licence_id: UUID, owner: Region) -> Row:
    """The caller's own licence record, locked; NotFound for anybody else's, also when the caller may read it."""
    row = (await session.execute(_LOCK, {"id": licence_id, "owner": owner.code})).mappings().first()
    if row is None:
        raise not_found("许可证", "licence")
    return dict(row)


async def grant(session: Session, owner: Region, grants: Sequence[Grant]) -> None:
    """Write new licences; each starts 有效."""
    if not grants:
        return
    held = [g.licence for g in grants]
    await session.execute(_GRANT, {
        "owner": owner.code, "ids": [g.id for g in grants], "firms": [g.enterprise_id for g in grants], "kinds": [x.kind for x in held],
        "numbers": [x.number for x in held], "scopes": [x.scope for x in held], "issuers": [x.issuer for x in held],
        "starts": [x.valid_from for x in held], "lasts": [x.valid_to for x in held],
    })  # fmt: skip


async def extend(session: Session, owner: Region, lasts: Sequence[tuple[UUID, date | None]]) -> None:
    """Write new last days."""
    if lasts:
        await session.execute(_EXTEND, {"owner": owner.code, "ids": [i for i, _ in lasts], "lasts": [d for _, d in lasts]})


async def change(session: Session, owner: Region, changes: Sequence[Change]) -> None:
    """Write changes of state: the history first, then what holds now."""
    if not changes:
        return
    values = {
        "owner": owner.code, "ids": [c.id for c in changes], "licences": [c.licence_id for c in changes], "statuses": [c.status for c in changes],
        "days": [c.since for c in changes], "reasons": [c.reason for c in changes],
    }  # fmt: skip
    await session.execute(_NOTE, values)
    await session.execute(_SET, values)

"""Changing the key of personal data: every sealed field is opened with whichever key opens it and sealed with the first (CONTACT_KEY=new,old)."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import text

from common import vault
from common.db import Database, Scope, enter, transaction
from common.region import Region

BATCH = 500


@dataclass(frozen=True, slots=True)
class Sealed:
    """A table with sealed columns: the column of the row's id, and what stands after it in each column's place (`<id>:<word>`)."""

    table: str
    key: str
    words: Mapping[str, str]


async def reseal(db: Database, roots: str, province: str, tables: Sequence[Sealed]) -> Counter[str]:
    """Seal anew what an older key sealed; safe to repeat and to interrupt. Counts fields: `resealed`, `current`, `unreadable`, and `busy` (changed
    meanwhile: by now sealed anew, repeat to be sure)."""
    counts = Counter(dict.fromkeys(("resealed", "current", "unreadable", "busy"), 0))
    for table in tables:
        after = UUID(int=0)
        while rows := await _read(db, province, table, after):
            async with transaction(db, Scope(subject="reseal")) as session:
                for row in rows:
                    await enter(db, session, Scope(region=Region(row["region_code"]), subject="reseal"))
                    for column, word in table.words.items():
                        counts[await _renew(session, table, row, (column, word, roots))] += 1
            after = rows[-1]["id"]
    del counts["empty"]
    return counts


async def _read(db: Database, province: str, table: Sealed, after: UUID) -> Sequence[Any]:
    """The next rows, as the province sees them: all of them, without a right to change any."""
    columns = ", ".join(table.words)
    query = f"SELECT {table.key} AS id, region_code, {columns} FROM {table.table} WHERE {table.key} > :after ORDER BY {table.key} LIMIT {BATCH}"
    async with transaction(db, Scope(region=Region(province), subject="reseal")) as session:
        return (await session.execute(text(query), {"after": after})).mappings().all()


async def _renew(session: Any, table: Sealed, row: Mapping[str, Any], field: tuple[str, str, str]) -> str:
    column, word, roots = field
    old = row[column]
    if old is None:
        return "empty"
    try:
        new = vault.resealed(vault.keys_of(roots, Region(row["region_code"])), f"{row['id']}:{word}", old)
    except ValueError:
        return "unreadable"
    if new == old:
        return "current"
    change = f"UPDATE {table.table} SET {column} = :new WHERE {table.key} = :id AND region_code = :owner AND {column} = :old"
    done = await session.execute(text(change), {"new": new, "old": old, "id": row["id"], "owner": row["region_code"]})
    return "resealed" if done.rowcount else "busy"

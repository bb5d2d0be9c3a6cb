"""Enterprises: read one, find many by USCC, write many at once (a form is an import of one row)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import text

from common import vault
from common.db import Session, in_parallel
from common.errors import not_found
from common.region import Region
from directory.rules.firms import Firm, fold

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Known:
    """What the directory already has under a USCC; `fingerprint` is None when the record is another bureau's."""

    id: UUID
    owner: str
    name: str
    fingerprint: bytes | None


@dataclass(frozen=True, slots=True)
class Record:
    """A firm ready to be written: id, facts, encrypted contact, and the name that it had before."""

    id: UUID
    firm: Firm
    fingerprint: bytes
    legal_person: bytes
    phone: bytes
    old_name: str | None = None


_KNOWN = text(
    "SELECT i.uscc, i.id, i.region_code, i.name, e.fingerprint FROM enterprise_identity i LEFT JOIN enterprise e ON e.id = i.id"
    " WHERE i.uscc = ANY(CAST(:usccs AS text[]))"
)
_LOCK_REGISTER = text("SELECT pg_advisory_xact_lock(hashtext('enterprise_identity'))")
_LOCK = text(
    "SELECT i.id, i.region_code, i.uscc, i.name, e.revision FROM enterprise e JOIN enterprise_identity i ON i.id = e.id"
    " WHERE e.id = :id AND e.region_code = :owner FOR UPDATE OF e"
)
_GET = text(
    "SELECT i.id, i.region_code, i.uscc, i.name, i.kind, i.status, i.division_code, i.address, e.size, e.industry, e.risk_grade, e.revision,"
    " e.created_at, e.updated_at, c.legal_person, c.phone,"
    " ARRAY(SELECT product_code FROM enterprise_product p WHERE p.region_code = e.region_code AND p.enterprise_id = e.id ORDER BY 1) AS products"
    " FROM enterprise e JOIN enterprise_identity i ON i.id = e.id"
    " JOIN enterprise_contact c ON c.region_code = e.region_code AND c.enterprise_id = e.id WHERE e.id = :id"
)
_PUBLIC = "SELECT id AS enterprise_id, uscc, name, kind, region_code, division_code, address, status FROM enterprise_identity"
_RESOLVE = text(f"{_PUBLIC} WHERE uscc = ANY(CAST(:usccs AS text[]))")
_PUBLIC_ONE = text(f"{_PUBLIC} WHERE id = :id")
_COUNT = (
    "SELECT i.region_code, count(*) AS enterprises FROM enterprise_identity i"
    " WHERE i.status = :status AND i.region_code >= :lo AND i.region_code < :hi{} GROUP BY i.region_code ORDER BY i.region_code"
)
_COUNT_ALL = text(_COUNT.format(""))
_COUNT_PRODUCT = text(
    _COUNT.format(
        " AND EXISTS (SELECT 1 FROM enterprise_product p WHERE p.product_code = :product AND p.region_code = i.region_code"
        " AND p.enterprise_id = i.id)"
    )
)

_IDENTITY = text(
    "INSERT INTO enterprise_identity (id, region_code, uscc, name, folded_name, kind, status, division_code, address)"
    " SELECT id, :owner, uscc, name, folded_name, kind, status, division_code, address FROM unnest(CAST(:ids AS uuid[]), CAST(:usccs AS text[]),"
    " CAST(:names AS text[]), CAST(:folded AS text[]), CAST(:kinds AS text[]), CAST(:statuses AS text[]), CAST(:divisions AS text[]),"
    " CAST(:addresses AS text[])) AS t (id, uscc, name, folded_name, kind, status, division_code, address)"
    " ON CONFLICT (id) DO UPDATE SET name = excluded.name, folded_name = excluded.folded_name, kind = excluded.kind, status = excluded.status,"
    " division_code = excluded.division_code, address = excluded.address, updated_at = now()"
)
_ENTERPRISE = text(
    "INSERT INTO enterprise (id, region_code, size, industry, risk_grade, fingerprint)"
    " SELECT id, :owner, size, industry, grade, mark FROM unnest(CAST(:ids AS uuid[]), CAST(:sizes AS text[]), CAST(:industries AS text[]),"
    " CAST(:grades AS text[]), CAST(:marks AS bytea[])) AS t (id, size, industry, grade, mark)"
    " ON CONFLICT (id) DO UPDATE SET size = excluded.size, industry = excluded.industry, risk_grade = excluded.risk_grade,"
    " fingerprint = excluded.fingerprint, revision = enterprise.revision + 1, updated_at = now()"
)
_CONTACT = text(
    "INSERT INTO enterprise_contact (region_code, enterprise_id, legal_person, phone)"
    " SELECT :owner, id, person, phone"
    " FROM unnest(CAST(:ids AS uuid[]), CAST(:persons AS bytea[]), CAST(:phones AS bytea[])) AS t (id, person, phone)"
    " ON CONFLICT (region_code, enterprise_id) DO UPDATE SET legal_person = excluded.legal_person, phone = excluded.phone"
)
_PAIRS = "SELECT :owner, id, word FROM unnest(CAST(:ids AS uuid[]), CAST(:words AS text[])) AS t (id, word)"
_GRAMS = text(
    "INSERT INTO enterprise_gram (region_code, enterprise_id, gram) SELECT :owner, id, gram"
    " FROM unnest(CAST(:ids AS uuid[]), CAST(:words AS text[])) AS t (id, word), bigrams(word) AS gram ORDER BY gram, id"
)
_FORGET_GRAMS = text(
    "DELETE FROM enterprise_gram g USING unnest(CAST(:ids AS uuid[]), CAST(:words AS text[])) AS t (id, word), bigrams(word) AS old"
    " WHERE g.gram = old AND g.region_code = :owner AND g.enterprise_id = t.id"
)
_PRODUCTS = text(f"INSERT INTO enterprise_product (region_code, enterprise_id, product_code) {_PAIRS}")
_FORGET_PRODUCTS = text("DELETE FROM enterprise_product WHERE region_code = :owner AND enterprise_id = ANY(CAST(:ids AS uuid[]))")


async def lock_register(session: Session) -> None:
    """One writer at a time, so that the same USCC cannot enter twice at once (merge rule: same USCC, same firm)."""
    await session.execute(_LOCK_REGISTER)


async def find_known(session: Session, usccs: Sequence[str]) -> dict[str, Known]:
    """What the directory has under each USCC."""
    rows = await session.execute(_KNOWN, {"usccs": list(usccs)})
    return {r.uscc: Known(r.id, r.region_code, r.name, r.fingerprint) for r in rows}


async def lock_firm(session: Session, enterprise_id: UUID, owner: Region) -> Row:
    """The caller's own record, locked; NotFound for anybody else's, also when the caller may read it."""
    row = (await session.execute(_LOCK, {"id": enterprise_id, "owner": owner.code})).mappings().first()
    if row is None:
        raise not_found("企业", "enterprise")
    return dict(row)


async def get_firm(session: Session, enterprise_id: UUID) -> Row:
    """One record in the caller's reach, its contact still encrypted."""
    row = (await session.execute(_GET, {"id": enterprise_id})).mappings().first()
    if row is None:
        raise not_found("企业", "enterprise")
    return dict(row)


def contact_of(row: Row, root: str) -> tuple[str, str]:
    """Legal person and telephone of a record from `get_firm`, in clear; whoever shows them masks them."""
    keys = vault.keys_of(root, Region(row["region_code"]))
    legal_person, phone = (vault.unseal(keys, f"{row['id']}:{field}", row[field]) for field in ("legal_person", "phone"))
    return legal_person, phone


async def resolve(session: Session, usccs: Sequence[str]) -> list[Row]:
    """Public identities in the order asked, without the unknown ones."""
    rows = (await session.execute(_RESOLVE, {"usccs": list(usccs)})).mappings()
    found = {row["uscc"]: dict(row) for row in rows}
    return [found[code] for code in usccs if code in found]


async def get_identity(session: Session, enterprise_id: UUID) -> Row:
    """The public identity of one enterprise, whoever owns it."""
    row = (await session.execute(_PUBLIC_ONE, {"id": enterprise_id})).mappings().first()
    if row is None:
        raise not_found("企业", "enterprise")
    return dict(row)


async def count_firms(session: Session, under: Region, status: str, product: str | None) -> list[tuple[str, int]]:
    """Enterprises in one state by owner below a region; with a product, only in the caller's own reach."""
    asked: dict[str, Any] = {"status": status, "lo": under.code, "hi": under.code + "~"}
    await in_parallel(session)
    rows = await (session.execute(_COUNT_PRODUCT, asked | {"product": product}) if product else session.execute(_COUNT_ALL, asked))
    return [(row.region_code, row.enterprises) for row in rows]


async def save(session: Session, owner: Region, records: Sequence[Record]) -> None:
    """Write new and changed firms of one owner; the session must be in the owner's scope."""
    if not records:
        return
    firms, ids, who = [r.firm for r in records], [r.id for r in records], owner.code
    await session.execute(_IDENTITY, {
        "owner": who, "ids": ids, "usccs": [f.uscc for f in firms], "names": [f.name for f in firms], "folded": [fold(f.name) for f in firms],
        "kinds": [f.kind for f in firms], "statuses": [f.status for f in firms], "divisions": [f.division_code for f in firms],
        "addresses": [f.address for f in firms],
    })  # fmt: skip
    await session.execute(_ENTERPRISE, {
        "owner": who, "ids": ids, "sizes": [f.size for f in firms], "industries": [f.industry for f in firms],
        "grades": [f.risk_grade for f in firms], "marks": [r.fingerprint for r in records],
    })  # fmt: skip
    contact = {"owner": who, "ids": ids, "persons": [r.legal_person for r in records], "phones": [r.phone for r in records]}
    await session.execute(_CONTACT, contact)
    await _save_words(session, who, records)


async def _save_words(session: Session, owner: str, records: Sequence[Record]) -> None:
    """Search index and products; a name that has not changed keeps its index entries."""
    renamed = [r for r in records if r.old_name != r.firm.name]
    await _pairs(session, _FORGET_GRAMS, owner, [(r.id, fold(r.old_name)) for r in renamed if r.old_name])
    await _pairs(session, _GRAMS, owner, [(r.id, fold(r.firm.name)) for r in renamed])
    await session.execute(_FORGET_PRODUCTS, {"owner": owner, "ids": [r.id for r in records if r.old_name is not None]})
    await _pairs(session, _PRODUCTS, owner, [(r.id, code) for r in records for code in r.firm.products])


async def _pairs(session: Session, statement: Any, owner: str, pairs: Sequence[tuple[UUID, str]]) -> None:
    if pairs:
        await session.execute(statement, {"owner": owner, "ids": [i for i, _ in pairs], "words": [w for _, w in pairs]})

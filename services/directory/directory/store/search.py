"""Search by a fragment of the name, in the order (owner, id), by keyset.

A GIN index on bigrams cannot serve here: under row-level security PostgreSQL uses an index only with leakproof operators, and those of
arrays and of LIKE are not. So each pair of neighbouring characters is a row (gram, owner, id) whose key is the order of the list:
a fragment of two characters is one range of the index that stops at the end of the page, for a rare one as for 公司, in a county as in
the province. A longer fragment walks its rarest pair.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import text

from common.db import Session
from common.fragments import like_pattern
from directory.rules.firms import bigrams

Row = dict[str, Any]

#: A pair with fewer hits than this is taken at once; counting further would cost more than it saves.
PROBE = 2000

#: The page must come out of the index in its order. Left alone, the planner takes 公司 for half a table and joins and sorts all of it (seconds).
_IN_ORDER = text(
    "SELECT set_config(name, 'off', true)"
    " FROM unnest(ARRAY['enable_hashjoin', 'enable_mergejoin', 'enable_bitmapscan', 'enable_sort', 'enable_seqscan']) AS name"
)
_PROBE = text(
    "SELECT w.gram, (SELECT count(*) FROM (SELECT 1 FROM enterprise_gram g WHERE g.gram = w.gram AND g.region_code >= :lo AND g.region_code < :hi"
    " LIMIT :probe) AS few) AS hits FROM unnest(CAST(:grams AS text[])) AS w (gram) ORDER BY hits, gram LIMIT 1"
)
_LIST = (
    "SELECT i.id, i.region_code, i.uscc, i.name, i.kind, i.status, i.division_code, i.address, e.size, e.industry, e.risk_grade, e.revision"
    " FROM {source} JOIN enterprise_identity i ON i.id = {id} WHERE {where} ORDER BY {owner}, {id} LIMIT :limit"
)
_BY_NAME = ("enterprise_gram g JOIN enterprise e ON e.id = g.enterprise_id", "g.region_code", "g.enterprise_id")
_BY_PRODUCT = ("enterprise_product p JOIN enterprise e ON e.id = p.enterprise_id", "p.region_code", "p.enterprise_id")
_BY_OWNER = ("enterprise e", "e.region_code", "e.id")
_HAS_PRODUCT = (
    "EXISTS (SELECT 1 FROM enterprise_product p WHERE p.region_code = e.region_code AND p.enterprise_id = e.id AND p.product_code = :product)"
)


async def list_firms(
    session: Session, fragment: str | None, filters: Mapping[str, str | None], after: tuple[str, UUID] | None, limit: int
) -> list[Row]:
    """Firms in the caller's reach; `fragment` is folded; `filters`: region, status, product, grade."""
    under = filters.get("region") or ""
    values: dict[str, Any] = {"lo": under, "hi": under + "~", "limit": limit}
    await session.execute(_IN_ORDER)
    (source, owner, firm), where = await _source(session, fragment, filters, values)
    where += [f"{owner} >= :lo AND {owner} < :hi"]
    if after is not None:
        where.append(f"({owner}, {firm}) > (:after_owner, :after_id)")
        values |= {"after_owner": after[0], "after_id": after[1]}
    for name, column in (("status", "i.status"), ("grade", "e.risk_grade")):
        if filters.get(name):
            where.append(f"{column} = :{name}")
            values[name] = filters[name]
    query = _LIST.format(source=source, owner=owner, id=firm, where=" AND ".join(where))
    return [dict(row) for row in (await session.execute(text(query), values)).mappings()]


async def _source(
    session: Session, fragment: str | None, filters: Mapping[str, str | None], values: dict[str, Any]
) -> tuple[tuple[str, str, str], list[str]]:
    """Which index leads, and the conditions that go with it."""
    product = filters.get("product")
    if product:
        values["product"] = product
    if fragment is None:
        return (_BY_PRODUCT, ["p.product_code = :product"]) if product else (_BY_OWNER, [])
    where = ["g.gram = :gram"] + ([_HAS_PRODUCT] if product else [])
    values["gram"] = fragment
    if len(fragment) > 2:
        values["gram"] = await _rarest(session, fragment, values)
        where.append("i.folded_name LIKE :pattern ESCAPE '!'")
        values["pattern"] = like_pattern(fragment)
    return _BY_NAME, where


async def _rarest(session: Session, fragment: str, values: Mapping[str, Any]) -> str:
    asked = {"grams": sorted(bigrams(fragment)), "lo": values["lo"], "hi": values["hi"], "probe": PROBE}
    return str((await session.execute(_PROBE, asked)).scalars().first())

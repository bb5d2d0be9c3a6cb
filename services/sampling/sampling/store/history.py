"""Published history."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text

from common.db import Session
from sampling.models import PublishedResult

_COLUMNS = {
    "id": "uuid", "region_code": "text", "imported_by": "text", "kind": "text", "source": "text", "product_name": "text", "sampled_party": "text",
    "producer": "text", "verdict": "text", "failed_items": "text", "published_on": "date", "doubt": "text", "original": "text", "row_sha256": "text",
}  # fmt: skip
_SHOWN = ", ".join(f"CAST({name} AS jsonb)" if name == "original" else name for name in _COLUMNS)
_INSERT = text(
    f"INSERT INTO published_result ({', '.join(_COLUMNS)}) SELECT {_SHOWN}"
    f" FROM unnest({', '.join(f'CAST(:{name} AS {kind}[])' for name, kind in _COLUMNS.items())}) AS given({', '.join(_COLUMNS)})"
    " ON CONFLICT DO NOTHING"
)
CHUNK = 5000


async def insert_results(session: Session, rows: Sequence[tuple[Any, ...]]) -> int:
    """Store rows (in the order of `_COLUMNS`); how many were new."""
    new = 0
    for start in range(0, len(rows), CHUNK):
        columns = zip(*rows[start : start + CHUNK], strict=True)
        done: Any = await session.execute(_INSERT, {name: list(column) for name, column in zip(_COLUMNS, columns, strict=True)})
        new += done.rowcount
    return new


async def list_results(session: Session, q: str | None, verdict: str | None, before: UUID | None, limit: int) -> list[PublishedResult]:
    """Newest import first; `q` is a fragment of product, party or producer."""
    key: Any = PublishedResult.id
    judged: Any = PublishedResult.verdict
    query = select(PublishedResult).order_by(key.desc()).limit(limit)
    if q:
        names: Any = func.concat_ws("\n", PublishedResult.product_name, PublishedResult.sampled_party, PublishedResult.producer)
        query = query.where(func.strpos(names, q) > 0)
    if verdict is not None:
        query = query.where(judged == verdict)
    if before is not None:
        query = query.where(key < before)
    return list((await session.execute(query)).scalars())

"""Row-level security against a filter written by hand: aggregates over two million reports, by county, prefecture and province."""

import json
import statistics
import time

import asyncpg

from bench.figures import Figure, flipped, ratios
from bench.scratch import Scratch, scratch
from common.db import IN_PARALLEL, Scope
from common.region import Region
from demo.files import load_divisions

ROWS = 2_000_000
GRANTS = 5_000
SCOPES = (("county", "620102"), ("prefecture", "6201"), ("province", "62"))
_FILL = """
INSERT INTO report
SELECT gen_random_uuid(), ($1::text[])[1 + (n * 48271 % 2147483647 % cardinality($1::text[]))::int],
    gen_random_uuid(), 'L' || lpad((n % 12)::text, 2, '0'), 'R' || n, 1, NULL,
    md5(n::text) || md5(n::text), '合格报告', '182800340123', CASE WHEN n % 25 = 0 THEN '不合格' ELSE '合格' END, false,
    '2021-01-05', '2021-01-06', '2021-01-12', '2021-01-14', '2021-01-14', $2::jsonb, '经抽样检验,所检项目符合标准要求', '合格', '完好', '符合',
    md5(n::text) || md5(n::text), 'R' || n || '.pdf', 10, 'scheme-' || n % 40, 'ACCEPTED', gen_random_uuid(), now()
FROM generate_series(1::bigint, $3::bigint) n
"""
_GRANT = """
INSERT INTO row_grant (region_code, kind, row_id, grantee_code, basis, expires_on)
SELECT region_code, 'sample', sample_id, ($1::text[])[1 + (random() * (cardinality($1::text[]) - 1))::int], 'O18 art. 43', current_date + 700
FROM (SELECT region_code, sample_id FROM report TABLESAMPLE SYSTEM (2) LIMIT $2::int) chosen ON CONFLICT DO NOTHING
"""
_AGGREGATE = "SELECT verdict, scheme_id, count(*), min(issued_on), max(issued_on) FROM report {where} GROUP BY verdict, scheme_id"


async def tenancy(rounds: int = 7, rows: int = ROWS) -> list[Figure]:
    """One figure a level: what the policies cost, in wall time."""
    async with scratch("sampling") as place:
        started = time.perf_counter()
        await _fill(place, rows)
        print(f"  {rows:,} reports and {GRANTS:,} grants in {time.perf_counter() - started:.0f} s", flush=True)
        app, free = await asyncpg.connect(place.app_url), await asyncpg.connect(place.bypass_url)
        try:
            return [await _level(place, (app, free), level, rounds) for level in SCOPES]
        finally:
            await app.close()
            await free.close()


async def _fill(place: Scratch, rows: int) -> None:
    homes = [d.code for d in load_divisions() if d.level == "county"]
    persons = json.dumps({"tested_by": ["甲"], "reviewed_by": "乙", "approved_by": "丙"}, ensure_ascii=False)
    await place.owner.execute(_FILL, homes, persons, rows, timeout=600)
    await place.owner.execute(_GRANT, homes, GRANTS)
    for table in ("report", "row_grant"):
        await place.owner.execute(f"VACUUM ANALYZE {table}", timeout=300)


async def _level(place: Scratch, connections: tuple[asyncpg.Connection, asyncpg.Connection], level: tuple[str, str], rounds: int) -> Figure:
    (name, code), (app, free) = level, connections
    walls: dict[str, list[float]] = {"policy": [], "filter": []}
    signed = Scope(region=Region(code), subject="bench").signed(bytes.fromhex(place.key))
    by_hand = _AGGREGATE.format(where=f"WHERE region_code >= '{code}' AND region_code < '{code}~'")
    counts: dict[str, int] = {}
    for number in range(rounds + 1):
        for kind in flipped(number, "policy", "filter"):
            connection = app if kind == "policy" else free
            async with connection.transaction():
                await connection.execute("SELECT set_config('app.scope', $1, true)", signed)
                await connection.execute(IN_PARALLEL)  # both, as our own aggregates do
                started = time.perf_counter()
                found = await connection.fetch(_AGGREGATE.format(where="") if kind == "policy" else by_hand)
                wall = time.perf_counter() - started
            counts[kind] = sum(row["count"] for row in found)
            if number:  # round 0 warms both
                walls[kind].append(wall)
    if counts["policy"] < counts["filter"]:
        raise RuntimeError(f"{name}: the policies hide own rows: {counts}")
    ratio, spread = ratios(walls["policy"], walls["filter"])
    granted = counts["policy"] - counts["filter"]
    note = f"{counts['filter']:,} own rows + {granted:,} granted, filter {statistics.median(walls['filter']) * 1000:.0f} ms"
    return Figure(
        "tenancy", f"{name} aggregate under the policies, of the filter by hand", ratio, "×", 1.2 if name != "province" else None, False, spread, note
    )

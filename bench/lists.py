"""Search, lists and exports of 200,000 batches over HTTP: what an officer of a county, a prefecture and the province waits for."""

import os
import time
from dataclasses import dataclass

from bench.figures import Figure, percentile
from bench.meter import settle
from bench.world import World, clone_samples

BATCHES = 200_000
GOAL_MS = 300
SCOPES = (("county", "620102"), ("prefecture", "6201"), ("province", "62"))
_NAMES = (
    "陇原{n}型电线电缆",
    "祁连山{n}号复合肥料",
    "黄河牌学生校服{n}",
    "敦煌童车{n}",
    "天水{n}型插座",
    "平凉水泥{n}",
    "甘州{n}号地膜",
    "白银{n}电动自行车",
)
# What the API would have stored, spread over products, parties, states and days; a fragment is found by pairs of characters.
_SPREAD = """
UPDATE sample s SET product_name = replace(($2::text[])[1 + n % cardinality($2::text[])], '{n}', (n % 97)::text),
    party_name = '兰州' || (n % 5003) || '商贸有限公司', product_code = 'BENCH-' || n % 40,
    state = (ARRAY['CONFORMING','CONFORMING','CONFORMING','RECEIVED','NON_CONFORMING','NOTIFIED'])[1 + n % 6],
    sampled_on = date '2021-01-01' + (n % 90)::int
FROM (SELECT id, row_number() OVER (ORDER BY sample_no) AS n FROM sample WHERE starts_with(sample_no, $1)) AS numbered
WHERE s.id = numbered.id
"""
_GRAMS = """
INSERT INTO sample_gram (gram, sample_id, region_code)
SELECT DISTINCT substr(told.name, at, 2), s.id, s.region_code
FROM sample s CROSS JOIN LATERAL (VALUES (lower(s.product_name)), (lower(s.party_name))) AS told (name)
CROSS JOIN LATERAL generate_series(1, length(told.name) - 1) AS at
WHERE starts_with(s.sample_no, $1) ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class Question:
    """One thing that an officer asks for."""

    what: str
    path: str
    query: dict[str, str]


async def lists(world: World, batches: int = BATCHES, calls: int = 60) -> list[Figure]:
    """Fill the platform, then ask each question of each level's officer, one call after the other."""
    stamp = f"BL{os.getpid()}-"
    started = time.perf_counter()
    await clone_samples(world, stamp, batches)
    await world.sql.execute(_SPREAD, stamp, list(_NAMES), timeout=600)
    await world.sql.execute(_GRAMS, stamp, timeout=600)
    for table in ("sample", "sample_gram"):
        await world.sql.execute(f"VACUUM ANALYZE {table}", timeout=600)
    print(f"  {batches:,} batches in {time.perf_counter() - started:.0f} s", flush=True)
    await settle(world.platform)
    return [await _ask(world, question, scope, calls) for question in _questions(stamp) for scope in SCOPES]


def _questions(stamp: str) -> tuple[Question, ...]:
    samples = "/api/sampling/v1/samples"
    some = {"programme": "产品", "format": "csv", "sampled_from": "2021-02-01", "sampled_to": "2021-02-01", "product_code": "BENCH-8"}
    return (
        Question("a page of the newest 50", samples, {"page_size": "50"}),
        Question("those of a product in a state", samples, {"product_code": "BENCH-4", "state": "NON_CONFORMING"}),
        Question("a rare state's newest", samples, {"state": "OBJECTED"}),
        Question("two characters", samples, {"q": "地膜"}),
        Question("a party's whole name", samples, {"q": "兰州4711商贸"}),
        Question("the beginning of a number", samples, {"q": f"{stamp.rstrip('-')}"}),
        Question("export of a product's day", f"{samples}:export", some),
    )


async def _ask(world: World, question: Question, scope: tuple[str, str], calls: int) -> Figure:
    level, code = scope
    headers, walls, size = await world.token(f"officer.{code}"), [], 0
    for number in range(calls + 2):
        started = time.perf_counter()
        answer = await world.http.get(question.path, params=question.query, headers=headers)
        wall = (time.perf_counter() - started) * 1000
        answer.raise_for_status()
        size = len(answer.json()["items"]) if "json" in answer.headers["content-type"] else answer.text.count("\n") - 1
        if number >= 2:
            walls.append(wall)
    note = f"{size} rows, p50 {percentile(walls, 0.5):.0f} ms"
    return Figure("lists", f"{question.what}, {level}, p99", percentile(walls, 0.99), "ms", GOAL_MS, note=note)

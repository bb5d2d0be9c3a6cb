"""Search, lists and exports of 200,000 batches over HTTP: what an officer of a county, a prefecture and the province waits for."""

import os
import time
from dataclasses import dataclass

from bench.figures import Figure, percentile
from bench.meter import settle
from bench.world import LABORATORY, World, clone_samples

BATCHES = 200_000
GOAL_MS = 300
SAMPLES = "/api/sampling/v1/samples"
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
    """One thing that an officer asks for; `follows`: the page after the first."""

    what: str
    path: str
    query: dict[str, str]
    follows: bool = False


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
    asked = [await _ask(world, question, scope, calls) for question in _questions(stamp) for scope in SCOPES]
    return [*asked, *[await _export(world, ending) for ending in ("csv", "xlsx")]]


def _questions(stamp: str) -> tuple[Question, ...]:
    some = {"programme": "产品", "format": "csv", "sampled_from": "2021-01-29", "sampled_to": "2021-01-29", "product_code": "BENCH-8"}
    return (
        Question("a page of the newest 50", SAMPLES, {"page_size": "50"}),
        Question("the page after it", SAMPLES, {"page_size": "50"}, follows=True),
        Question("those of a product in a state", SAMPLES, {"product_code": "BENCH-4", "state": "NON_CONFORMING"}),
        Question("a rare state's newest", SAMPLES, {"state": "OBJECTED"}),
        Question("those of a laboratory", SAMPLES, {"laboratory": LABORATORY}),
        Question("those of a product", SAMPLES, {"product_code": "BENCH-4"}),
        Question("those of three days", SAMPLES, {"sampled_from": "2021-01-20", "sampled_to": "2021-01-22"}),
        Question("those of a quarter without any", SAMPLES, {"period": "2020Q1"}),
        Question("two characters", SAMPLES, {"q": "地膜"}),
        Question("a party's whole name", SAMPLES, {"q": "兰州4711商贸"}),
        Question("the beginning of a number", SAMPLES, {"q": f"{stamp.rstrip('-')}"}),
        Question("export of a product's day", f"{SAMPLES}:export", some),
    )


async def _ask(world: World, question: Question, scope: tuple[str, str], calls: int) -> Figure:
    level, code = scope
    headers, walls, size = await world.token(f"officer.{code}"), [], 0
    query = question.query
    if question.follows:
        first = await world.http.get(question.path, params=query, headers=headers)
        query = query | {"page_token": first.json()["next_page_token"]}
    for number in range(calls + 2):
        started = time.perf_counter()
        answer = await world.http.get(question.path, params=query, headers=headers)
        wall = (time.perf_counter() - started) * 1000
        answer.raise_for_status()
        size = len(answer.json()["items"]) if "json" in answer.headers["content-type"] else answer.text.count("\n") - 1
        if number >= 2:
            walls.append(wall)
    note = f"{size} rows, p50 {percentile(walls, 0.5):.0f} ms"
    return Figure("lists", f"{question.what}, {level}, p99", percentile(walls, 0.99), "ms", GOAL_MS, note=note)


async def _export(world: World, ending: str) -> Figure:
    """Nearly as many rows as one file may have, once; the whole file is made before its first byte leaves."""
    query = {"programme": "产品", "format": ending, "sampled_from": "2021-01-01", "sampled_to": "2021-01-22"}
    headers, started = await world.token("officer.62"), time.perf_counter()
    answer = await world.http.get(f"{SAMPLES}:export", params=query, headers=headers)
    wall = time.perf_counter() - started
    answer.raise_for_status()
    size = f"{len(answer.content) / 1e6:.0f} MB"
    return Figure("lists", f"export of 22 days of the province, {ending.upper()}", wall, "s", note=f"{BATCHES * 22 // 90:,} rows, {size}")

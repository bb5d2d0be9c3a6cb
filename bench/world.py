"""The platform that the benches of the push work on: the demonstration's province, a scheme of ten items, and received samples without end.

Samples are cloned by SQL from one that went the whole way through the API: sampling, sealing and receiving thousands of them would take
longer than all benches together, and is not what these benches measure.
"""

import json
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import asyncpg
import httpx

from demo.batches import batches
from demo.build import build
from demo.files import scope_of
from demo.forms import form_of, report_of
from demo.gateway import Gateway
from demo.load import is_loaded, load
from demo.play import GOOD_SAMPLE, NOT_ON_THE_WIRE, tasks_of
from demo.results import draw_items, verdict_of
from demo.shapes import BatchPlan, Province, Scheme, SchemeItem
from ops import database, identities, settings
from ops.settings import ROOT, Platform

LABORATORY = "L01"
LABORATORIES = (LABORATORY, "L09")
PRODUCT = "BENCH-10"
ITEMS = 10
QUARTER = 4  # the demonstration plays the first: its tasks are full
_CLONE = """
INSERT INTO sample SELECT made.* FROM sample s CROSS JOIN generate_series(1, $2::int) n, LATERAL jsonb_populate_record(s, jsonb_build_object(
    'id', gen_random_uuid(), 'sample_no', $3::text || lpad(n::text, 7, '0'), 'region_code', ($4::text[])[1 + n % cardinality($4::text[])],
    'product_code', $5::text, 'laboratory_code', $6::text, 'assigned_laboratory', $6::text)) AS made
WHERE s.id = $1
"""


@dataclass(frozen=True)
class World:
    """What the benches of the push share."""

    platform: Platform
    gateway: Gateway
    http: httpx.AsyncClient
    sql: asyncpg.Connection
    province: Province
    scheme: Scheme
    plan: BatchPlan
    sample_id: UUID

    async def token(self, who: str = f"lab-{LABORATORY}") -> dict[str, str]:
        """Headers of a caller."""
        return {"Authorization": f"Bearer {await self.gateway.token(who)}"}

    @property
    def home(self) -> str:
        """The bureau of the sample that the others are cloned from."""
        return self.plan.task.region_code


@asynccontextmanager
async def world() -> AsyncIterator[World]:
    """The loaded province with one received sample; nothing is loaded twice."""
    platform = settings.load()
    province, gateway = build(2021), Gateway(platform.gateway_url)
    sql = await database.connect("sampling")
    try:
        if not await _users(platform, gateway) or not await is_loaded(gateway):
            await load(gateway, province, platform.run / "import", lambda text: print(f"  loading: {text}", flush=True))
        scheme = await _scheme(gateway, province)
        plan, sample_id = await _sample(gateway, province)
        async with httpx.AsyncClient(base_url=platform.gateway_url, timeout=120) as http:
            yield World(platform, gateway, http, sql, province, scheme, plan, sample_id)
    finally:
        await sql.close()
        await gateway.close()


async def _users(platform: Platform, gateway: Gateway) -> bool:
    identities.load(platform, ROOT / "demo/data/divisions.csv", ROOT / "demo/data/laboratories.csv")
    return bool(await gateway.token("planner.62"))


def _ten_items(province: Province) -> tuple[SchemeItem, ...]:
    """Ten different items that both laboratories may test, most of them numbers, as in real reports."""
    known = [laboratory for laboratory in province.laboratories if laboratory.code in LABORATORIES]
    scopes = [{(item, method) for _, item, method in scope_of(laboratory, province.schemes)} for laboratory in known]
    shared = set.intersection(*scopes)
    every = [item for scheme in province.schemes for item in scheme.items if item.kind != "microbe"]
    able = {item.item: item for item in every if all((item.item, method) in shared for method in item.methods)}
    numbers = [item for item in able.values() if item.kind == "numeric" and item.min is None and item.comparison == "full"]
    others = [item for item in able.values() if item.kind != "numeric"][:2]
    return (*numbers[: ITEMS - len(others)], *others)


async def _scheme(gateway: Gateway, province: Province) -> Scheme:
    pattern = next(scheme for scheme in province.schemes if scheme.programme == "产品")
    items = _ten_items(province)
    scheme = replace(pattern, scheme_no="BENCH-10", product_code=PRODUCT, items=items)
    body = {
        "scheme_no": scheme.scheme_no, "product_code": PRODUCT, "name": "十项对比用细则", "programme": "产品", "valid_from": "2017-01-01",
        "items": [
            {"item": i.item, "methods": list(i.methods), "kind": i.kind, "min": i.min, "max": i.max, "limit_source": i.limit_source,
             "unit": "" if i.unit is None and i.kind == "numeric" else i.unit, "grade": i.grade, "rounding_places": -1}
            for i in items
        ],
    }  # fmt: skip
    made = await gateway.call("planner.62", "POST", "/planning/v1/schemes", key="bench-scheme", json=body)
    await gateway.call("approver.62", "POST", f"/planning/v1/schemes/{made['id']}/publish", key="bench-scheme-publish")
    return scheme


async def _sample(gateway: Gateway, province: Province) -> tuple[BatchPlan, UUID]:
    """One sample that goes through the API: form, seal, receipt at the laboratory. Its producer is at home in another prefecture."""
    tasks = [task for task in await tasks_of(gateway, QUARTER) if task.laboratory_code == LABORATORY and task.stage == "流通"]
    plan = next(plan for plan in batches(province, tasks, 7) if _from_another_prefecture(plan))
    task = plan.task
    who = f"sampler.{task.region_code}"
    form = {name: value for name, value in form_of(plan).items() if name not in NOT_ON_THE_WIRE}
    made = await gateway.call(who, "POST", "/sampling/v1/samples", key="bench-form", json=form)
    seals = {"sealed_on": str(plan.sampled_on), "seal_no": plan.seal_no, "reserve_seal_no": f"{plan.seal_no}B"}
    await gateway.call(who, "POST", f"/sampling/v1/samples/{made['id']}/seal", key="bench-seal", json=seals)
    arrival = {"sample_id": made["id"], "received_on": str(plan.received_on), "checks": GOOD_SAMPLE, "decision": "accept", "reasons": []}
    await gateway.call(f"lab-{LABORATORY}", "POST", "/sampling/v1/receipts:batch", key="bench-in", json={"receipts": [arrival]})
    return plan, UUID(made["id"])


def _from_another_prefecture(plan: BatchPlan) -> bool:
    maker, here = plan.producer.division_code, plan.task.region_code
    return maker[:2] == here[:2] and maker[:4] != here[:4]


async def clone_samples(world: World, prefix: str, count: int, owners: Sequence[str] = (), laboratory: str = LABORATORY) -> list[str]:
    """Numbers of fresh received samples at a laboratory, spread over the owners (default: all bureaus that execute)."""
    spread = list(owners) or [d.code for d in world.province.divisions if d.level == "county"]
    await world.sql.execute(_CLONE, world.sample_id, count, prefix, spread, PRODUCT, laboratory)
    return [f"{prefix}{n:07d}" for n in range(1, count + 1)]


def reports_for(world: World, numbers: Sequence[str], seed: int, *, fails: bool = False, laboratory: str = LABORATORY) -> list[dict[str, Any]]:
    """Reports of ten items each, as a laboratory would send them."""
    rng = random.Random(seed)
    sender = next(each for each in world.province.laboratories if each.code == laboratory)
    found = []
    for number in numbers:
        items = draw_items(rng, world.scheme, fails=fails)
        plan = replace(world.plan, laboratory=sender, scheme=world.scheme, items=items, verdict=verdict_of(items), report_no=f"GSZJ-{number}")
        found.append(report_of(plan, number))
    return found


def body_of(reports: Sequence[dict[str, Any]]) -> bytes:
    return json.dumps({"mode": "partial", "dry_run": False, "reports": list(reports)}, ensure_ascii=False).encode()


async def push(world: World, body: bytes, key: str, headers: dict[str, str]) -> dict[str, Any]:
    """One call of the push at the gateway; anything but full acceptance ends the bench."""
    sent = headers | {"Content-Type": "application/json", "Idempotency-Key": key}
    answer = await world.http.post("/api/sampling/v1/reports:batch", content=body, headers=sent)
    told: dict[str, Any] = answer.json()
    if answer.status_code != 200 or told["accepted"] != len(told["results"]):
        bad = next((row for row in told.get("results", []) if row["status"] != "accepted"), told)
        raise RuntimeError(f"push refused: {answer.status_code} {json.dumps(bad, ensure_ascii=False)[:600]}")
    return told

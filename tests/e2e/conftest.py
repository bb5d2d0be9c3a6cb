"""Scenario 14 of domain.md section 9: bought in 兰州城关区, made in 酒泉肃州区, not conforming; played once a session under a trace of our own."""

import asyncio
import secrets
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest

from demo.batches import batches
from demo.gateway import Gateway
from demo.play import tasks_of
from demo.results import draw_items, verdict_of
from demo.shapes import BatchPlan

sys.path.insert(0, str(Path(__file__).parent))
SELLER_COUNTY, PRODUCER_COUNTY, STRANGER = "620102", "620902", "620602"
KEYS = 914


class Traced(Gateway):
    """The laboratory's own trace goes with its push."""

    trace_id = ""

    async def call(self, who: str, method: str, path: str, *, key: str | None = None, **request: Any) -> Any:
        if path.endswith("/reports:batch"):
            request["headers"] = {"traceparent": f"00-{self.trace_id}-{secrets.token_hex(8)}-01"}
        return await super().call(who, method, path, key=key, **request)


@dataclass(frozen=True)
class Crossing:
    """The batch, its legs by role, its records by role, and the trace that began with its push."""

    trace_id: str
    sample_id: str
    report_id: str
    laboratory: str
    legs: dict[str, dict[str, Any]]
    records: dict[str, dict[str, Any]]


def crossing_plan(world: Any, tasks: list[Any]) -> BatchPlan:
    """A batch of the seller's county whose producer works in the other one; its items are drawn anew so that one fails."""
    here = [task for task in tasks if task.region_code == SELLER_COUNTY and task.stage == "流通"]
    for seed in range(400):
        for plan in batches(world.province, here, seed):
            if plan.producer.division_code == PRODUCER_COUNTY:
                items = draw_items(Random(14), plan.scheme, fails=True)
                number = f"{plan.laboratory.report_prefix}-2021-390014"
                return replace(plan, items=items, verdict=verdict_of(items), report_no=number, sequence=14)
    raise LookupError("nobody in the producer's county makes what is sold in the seller's")


@pytest.fixture(scope="session")
def crossing(world: Any) -> Crossing:
    return asyncio.run(_crossing(world))


async def _crossing(world: Any) -> Crossing:
    gateway = world.gateway(Traced)
    kept = world.platform.run / "crossing.trace"  # a second run on the same platform repeats the push, which leaves no second trace
    if not kept.exists():
        kept.write_text(secrets.token_hex(16))
    gateway.trace_id = kept.read_text()
    plan = crossing_plan(world, await tasks_of(gateway, 3))
    season = await world.play(world.player(gateway, 3, KEYS), [plan])
    batch = season.played[0]
    records = await gateway.every("credit.62", "/credit/v1/records", sample_id=batch.sample_id)
    await gateway.close()
    return Crossing(
        gateway.trace_id, batch.sample_id, batch.report_id, plan.task.laboratory_code,
        {leg["party_role"]: leg for leg in season.legs}, {record["party_role"]: record for record in records},
    )  # fmt: skip


@pytest.fixture
async def ask(world: Any, gateway: Gateway) -> Any:
    """Ask as somebody and get the bare answer: `await ask("officer.620602", "/sampling/v1/samples")`; None asks without a token."""

    async with httpx.AsyncClient(base_url=world.platform.gateway_url, timeout=30) as client:

        async def one(who: str | None, path: str, method: str = "GET", **request: Any) -> httpx.Response:
            headers = dict(request.pop("headers", {}))
            if who:
                headers["Authorization"] = f"Bearer {await gateway.token(who)}"
            return await client.request(method, f"/api{path}", headers=headers, **request)

        yield one

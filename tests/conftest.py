"""The running platform as the journeys and the faults see it: its addresses, the demonstration province in it, and players with real tokens."""

import asyncio
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from demo import load as loading
from demo.batches import batches
from demo.build import build
from demo.dispose import find_legs, notify, work_leg
from demo.gateway import Gateway
from demo.play import Played, Player, carry_out, non_conforming, side_by_side, tasks_of
from demo.publish import publish_quarter, wait_for_acknowledgements
from demo.shapes import BatchPlan, Province, Task
from demo.table import COLUMNS, table
from ops import identities, ledger, settings, waiting

DATA = Path(loading.__file__).parent / "data"
SEED = 2021


@dataclass
class Season:
    """What a play did: batches, legs, and how many records were left without an acknowledgement."""

    played: list[Played]
    legs: list[dict[str, Any]]
    waiting: int

    @property
    def failing(self) -> list[Played]:
        return non_conforming(self.played)

    @property
    def parties(self) -> int:
        return sum(len(batch.parties) for batch in self.failing)


@dataclass
class World:
    """One platform with the province loaded; `receipts` is what the laboratories saw accepted, the client's side of the ledger."""

    platform: settings.Platform
    province: Province
    receipts: Path
    tokens: dict[str, tuple[float, str]] = field(default_factory=dict)

    def gateway(self, kind: type[Gateway] = Gateway) -> Gateway:
        """A client of its own for each event loop; tokens are shared."""
        made = kind(self.platform.gateway_url)
        made._tokens = self.tokens
        return made

    def player(self, gateway: Gateway, quarter: int, keys: int = SEED) -> Player:
        """A player whose idempotency keys begin with `keys`."""
        return Player(gateway, replace(self.province, seed=keys), quarter, lambda _stage, _done: None, self.receipts)

    def plan(self, tasks: list[Task], quarter: int) -> list[BatchPlan]:
        """The batches of some tasks of one quarter; call it once a quarter, for it numbers the reports."""
        return list(batches(self.province, tasks, SEED * 10 + quarter))

    async def play(self, player: Player, plans: list[BatchPlan]) -> Season:
        """The main job for some batches: sampling, push, notices, legs, publicity, acknowledgement."""
        played = await carry_out(player, plans)
        failing = non_conforming(played)
        await side_by_side(notify(player, batch) for batch in failing)
        legs = await find_legs(player, failing)
        await side_by_side(work_leg(player, number, leg) for number, leg in enumerate(legs))
        await publish_quarter(player, sorted({plan.task.region_code for plan in plans}))
        return Season(played, legs, await wait_for_acknowledgements(player))

    async def totals(self, gateway: Gateway, quarter: int) -> dict[str, int]:
        """The last line of the demonstration's table."""
        last = (await table(gateway, self.province, quarter)).strip().splitlines()[-1]
        return dict(zip(COLUMNS, map(int, re.findall(r"\d+", last)), strict=True))

    async def ledger(self, poison: int = 0) -> ledger.Ledger:
        return await ledger.check(ledger.seen_by_client(self.receipts) if self.receipts.exists() else None, poison)

    def address(self, service: str) -> str:
        return f"http://127.0.0.1:{self.platform.http_port(service)}"

    @property
    def receiver(self) -> str:
        return f"http://127.0.0.1:{self.platform.receiver_port}"

    def behave(self, **mood: Any) -> None:
        """How the credit receiver behaves from now on; nothing said means well."""
        httpx.put(f"{self.receiver}/behaviour", json=mood, timeout=10).raise_for_status()

    def counters(self) -> dict[str, int]:
        """What the receiver counted: requests, repeated keys, lost acknowledgements."""
        return dict(httpx.get(f"{self.receiver}/behaviour", timeout=10).json()["counters"])

    def metrics(self, service: str) -> str:
        return httpx.get(f"{self.address(service)}/metrics", timeout=10).text


def _choose(world: World, tasks: list[Task], quarter: int) -> tuple[list[Task], list[BatchPlan]]:
    """About 250 batches among which at least eight fail, some made in another prefecture and some outside the province."""
    for limit in range(220, 300, 4):
        chosen = tasks[:: max(1, len(tasks) // limit)][:limit]
        plans = world.plan(chosen, quarter)
        failing = [plan.relation for plan in plans if plan.verdict != "合格"]
        if len(failing) >= 8 and all(failing.count(relation) >= 2 for relation in ("other_prefecture", "outside", "same_county")):
            return chosen, plans
    raise LookupError("no such choice of tasks")


@pytest.fixture(scope="session")
def world() -> World:
    """The platform that LONGZHI_PORT and LONGZHI_RUN name, with identities and the province in it; loading twice changes nothing."""
    platform = settings.load()
    if not waiting.answers(f"{platform.gateway_url}/healthz"):  # on this machine or forwarded from a cluster (ops.k8s)
        pytest.skip("no platform: run `make test`, or `make up` with the LONGZHI_PORT and LONGZHI_RUN of this run")
    made = World(platform, build(SEED), platform.run / "accepted.jsonl")
    identities.load(platform, DATA / "divisions.csv", DATA / "laboratories.csv")
    asyncio.run(_load(made))
    return made


async def _load(world: World) -> None:
    gateway = world.gateway()
    if not await loading.is_loaded(gateway):
        await loading.load(gateway, world.province, world.platform.run / "import", lambda _text: None)
    await gateway.close()


@pytest.fixture
async def gateway(world: World) -> Any:
    made = world.gateway()
    yield made
    await made.close()


@pytest.fixture
def pushed_by_others(world: World) -> Iterator[None]:
    """For journeys whose reports go in by other clients than the player: what they got accepted belongs to the client's side of the ledger too."""
    yield
    _note_pushed(world.receipts)


def _note_pushed(file: Path) -> None:
    known = ledger.seen_by_client(file) if file.exists() else set()
    stored = [row["id"] for row in asyncio.run(ledger.rows("sampling", "SELECT id::text FROM report"))]
    with file.open("a") as out:
        out.writelines(json.dumps({"report_id": each}) + "\n" for each in stored if each not in known)


@dataclass
class Quarter:
    """The first quarter as played once a session while the receiver misbehaved; the table before and after it."""

    plans: list[BatchPlan]
    season: Season
    before: dict[str, int]
    after: dict[str, int]
    repeated: int


MOOD = {"lose_ack": 0.08, "fail_after": 0.08, "fail_before": 0.04, "slow_ms": 20, "seed": 7}


@pytest.fixture(scope="session")
def quarter(world: World) -> Iterator[Quarter]:
    """About 250 batches of the first quarter, from the form to the acknowledged record."""
    world.behave(**MOOD)
    try:
        yield asyncio.run(_quarter(world))
    finally:
        world.behave()


async def _quarter(world: World) -> Quarter:
    gateway = world.gateway()
    _, plans = _choose(world, await tasks_of(gateway, 1), 1)
    before, repeated = await world.totals(gateway, 1), world.counters().get("repeated", 0)
    season = await world.play(world.player(gateway, 1), plans)
    after = await world.totals(gateway, 1)
    await gateway.close()
    world.behave()
    return Quarter(plans, season, before, after, world.counters().get("repeated", 0) - repeated)

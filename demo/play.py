"""Plays a quarter of the plan through the public API: sampling, laboratory, notices, disposal, publicity, export.

Bureaus and laboratories work side by side; within a batch everything is in order. Every unsafe call has a key of its own, so that a call
repeated after a cut connection has one effect.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from demo.batches import batches
from demo.forms import form_of, report_of
from demo.gateway import Gateway
from demo.results import QUALIFIED
from demo.shapes import BatchPlan, Province, Task

T = TypeVar("T")
WIDTH = 24
RECEIPTS_A_CALL, REPORTS_A_CALL = 200, 500
NOT_ON_THE_WIRE = ("venue_tags", "seal_no")
GOOD_SAMPLE = {"seal": "ok", "packing": "ok", "quantity": "ok", "information": "ok", "storage": "ok"}
Tick = Callable[[str, int], None]


@dataclass
class Played:
    """One batch as it stands on the platform."""

    plan: BatchPlan
    sample_id: str = ""
    sample_no: str = ""
    report_id: str = ""
    parties: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class Player:
    """One playing of one quarter; `tick(stage, n)` says how far it is, `receipts` keeps what the laboratories were told."""

    gateway: Gateway
    province: Province
    quarter: int
    tick: Tick
    receipts: Path

    def key(self, *parts: object) -> str:
        return f"demo-{self.province.seed}-{self.quarter}-" + "-".join(map(str, parts))


def chunks(rows: Sequence[T], size: int) -> Iterable[Sequence[T]]:
    return (rows[start : start + size] for start in range(0, len(rows), size))


async def side_by_side(work: Iterable[Awaitable[T]], width: int = WIDTH) -> list[T]:
    """Run all, `width` at a time and each to its end before the next begins; the first failure stops the play with its reason."""
    slots = asyncio.Semaphore(width)

    async def one(each: Awaitable[T]) -> T:
        async with slots:
            return await each

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(each)) for each in work]
    return [task.result() for task in tasks]


async def tasks_of(gateway: Gateway, quarter: int, limit: int | None = None) -> list[Task]:
    """The quarter's tasks as planning assigned them, in the order of their numbers; at most `limit` of them."""
    rows = sorted(await gateway.every("planner.62", "/planning/v1/tasks", quarter=quarter), key=lambda row: row["task_no"])
    if limit:
        rows = rows[:: max(1, len(rows) // limit)][:limit]
    return [
        Task(
            task_id=row["id"], region_code=row["region_code"], catalogue_code=row["product_code"], quarter=row["quarter"], quota=row["quota"],
            laboratory_code=row["laboratory_code"], stage=row["stage"], venue_tags=tuple(row["tags"]), programme=row["programme"],
        )
        for row in rows
    ]  # fmt: skip


async def sample_and_test(player: Player, tasks: list[Task]) -> list[Played]:
    """Forms, seals, receipt at the laboratories and the push of all reports; the batches as the platform knows them."""
    return await carry_out(player, batches(player.province, tasks, player.province.seed * 10 + player.quarter))


async def carry_out(player: Player, plans: Iterable[BatchPlan]) -> list[Played]:
    """The same for batches that are planned already."""
    played = [Played(plan) for plan in plans]
    await side_by_side(sample(player, batch) for batch in played)
    await receive(player, played)
    await side_by_side(_push(player, code, work) for code, work in _by_laboratory(played).items())
    return played


def _by_laboratory(played: Iterable[Played]) -> dict[str, list[Played]]:
    found: dict[str, list[Played]] = {}
    for batch in played:
        found.setdefault(batch.plan.task.laboratory_code, []).append(batch)
    return found


async def sample(player: Player, batch: Played) -> None:
    """The form and the seal of one batch."""
    plan = batch.plan
    who = f"sampler.{plan.task.region_code}"
    form = {name: value for name, value in form_of(plan).items() if name not in NOT_ON_THE_WIRE}
    made = await player.gateway.call(who, "POST", "/sampling/v1/samples", key=player.key("form", plan.sequence), json=form)
    batch.sample_id, batch.sample_no, batch.parties = made["id"], made["sample_no"], made["parties"]
    seals = {"sealed_on": str(plan.sampled_on), "seal_no": plan.seal_no, "reserve_seal_no": f"{plan.seal_no}B"}
    await player.gateway.call(who, "POST", f"/sampling/v1/samples/{batch.sample_id}/seal", key=player.key("seal", plan.sequence), json=seals)
    player.tick("抽样", 1)


async def receive(player: Player, played: Iterable[Played]) -> None:
    """The samples arrive at their laboratories."""
    await side_by_side(_receive(player, code, work) for code, work in _by_laboratory(played).items())


async def _receive(player: Player, code: str, work: list[Played]) -> None:
    for number, part in enumerate(chunks(work, RECEIPTS_A_CALL)):
        arrivals = [
            {"sample_id": b.sample_id, "received_on": str(b.plan.received_on), "checks": GOOD_SAMPLE, "decision": "accept", "reasons": []}
            for b in part
        ]
        body = {"receipts": arrivals}
        taken = await player.gateway.call(f"lab-{code}", "POST", "/sampling/v1/receipts:batch", key=player.key("in", code, number), json=body)
        _all_good(taken["results"], ("done", "unchanged"))


async def _push(player: Player, code: str, work: list[Played]) -> None:
    for number, part in enumerate(chunks(work, REPORTS_A_CALL)):
        body = {"mode": "partial", "dry_run": False, "reports": [report_of(b.plan, b.sample_no) for b in part]}
        path, key = "/sampling/v1/reports:batch", player.key("push", code, number)
        told = await player.gateway.call(f"lab-{code}", "POST", path, key=key, json=body)
        _all_good(told["results"], ("accepted", "unchanged"))
        for batch, result in zip(part, told["results"], strict=True):
            batch.report_id = result["report_id"]
        _keep(player.receipts, code, told)
        player.tick("检验", len(part))


def _all_good(results: list[dict[str, Any]], good: tuple[str, ...]) -> None:
    bad = [result for result in results if result["status"] not in good]
    if bad:
        raise RuntimeError(f"{len(bad)} of {len(results)} refused, first: {json.dumps(bad[0], ensure_ascii=False)}")


def _keep(file: Path, code: str, told: dict[str, Any]) -> None:
    """What this laboratory saw accepted: the client's side of the ledger."""
    with file.open("a") as out:
        for result in told["results"]:
            row = {"laboratory": code, "report_no": result["report_no"], "report_id": result["report_id"], "version": result["version"]}
            out.write(json.dumps(row, ensure_ascii=False) + "\n")


def non_conforming(played: Iterable[Played]) -> list[Played]:
    return [batch for batch in played if batch.plan.verdict != QUALIFIED]

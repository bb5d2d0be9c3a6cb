"""`python -m demo.pushing`: one laboratory after another pushes single reports at a steady rate, and every answer is counted.

For upgrades, drains and kills under load: batches are sampled and received first (`ready` is printed then), the pushes begin at the signal USR1 and
end with the stock or at USR2. Each push is sent once: what fails, fails (`--patient` repeats it with the same key, as a laboratory's program does).
Standard output is one JSON a line: accepted reports, then the counts.
"""

import argparse
import asyncio
import json
import os
import random
import signal
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

import httpx

from demo.batches import batches
from demo.build import build, home_region
from demo.forms import report_of
from demo.gateway import RETRY_STATUSES, ApiError, Gateway
from demo.play import Played, Player, receive, sample, side_by_side, tasks_of
from demo.shapes import BatchPlan

Told = dict[str, Any]


@dataclass
class Load:
    """What a load has seen."""

    gateway: Gateway
    patient: bool
    counts: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    async def push(self, batch: Played, key: str) -> None:
        """One report on its way; accepted or not, it is told."""
        who, began = f"lab-{batch.plan.task.laboratory_code}", time.perf_counter()
        while True:
            failure = await self._send(who, batch, key)
            if failure is None:
                break
            if failure.startswith("429"):  # too many of this laboratory's at once, which is an answer: every client has to wait
                self.counts["waited"] += 1
                await asyncio.sleep(1)
                continue
            self.counts["failed"] += 1
            self.failures.append(f"{time.strftime('%H:%M:%S', time.gmtime())} {failure}")
            if not self.patient:
                return
            await asyncio.sleep(0.5)
        self.seconds.append(time.perf_counter() - began)

    async def _send(self, who: str, batch: Played, key: str) -> str | None:
        """The reason why it was not accepted, or nothing."""
        headers = {"Authorization": f"Bearer {await self.gateway.token(who)}", "Idempotency-Key": key}
        body = {"mode": "partial", "dry_run": False, "reports": [report_of(batch.plan, batch.sample_no)]}
        try:
            answer = await self.gateway.send("POST", "/api/sampling/v1/reports:batch", headers=headers, json=body)
        except httpx.TransportError as problem:
            return repr(problem)
        result = answer.json()["results"][0] if answer.status_code == 200 else {}
        if result.get("status") not in ("accepted", "unchanged"):
            if answer.status_code not in RETRY_STATUSES:
                self.counts["refused"] += 1
            return f"{answer.status_code} {answer.text[:300]}"
        self.counts["pushed"] += 1
        print(json.dumps({"report_id": result["report_id"], "version": result["version"]}), flush=True)
        return None


async def run(options: argparse.Namespace) -> Told:
    """Prepares the stock, waits for the word, pushes; the counts."""
    go, stop = asyncio.Event(), asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, go.set)
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR2, stop.set)
    gateway = Gateway(os.environ["GATEWAY_URL"])
    player = Player(gateway, replace(build(), seed=options.seed), 1, lambda _stage, _done: None, Path(os.devnull))
    began = time.monotonic()
    stock = await _prepare(player, options.stock)
    print(f"ready: {len(stock)} batches in {time.monotonic() - began:.0f} s", flush=True)
    load = Load(gateway, options.patient)
    await go.wait()
    began = time.monotonic()
    await _push(load, stock, player, options.rate, stop)
    took = time.monotonic() - began
    await gateway.close()
    slowest = sorted(load.seconds)[int(len(load.seconds) * 0.99)] if load.seconds else 0.0
    told = {"rate": round(load.counts["pushed"] / took, 1), "seconds": round(took), "p99_ms": round(slowest * 1000), "left": len(stock)}
    return told | dict(load.counts) | {"failures": load.failures[:20]}


async def _prepare(player: Player, count: int) -> list[Played]:
    """So many batches, sampled and received, of whatever tasks still have room; earlier loads have filled some."""
    waiting, stock = iter(await _plans(player)), list[Played]()
    while len(stock) < count:
        part = [Played(plan) for plan in islice(waiting, count - len(stock))]
        if not part:
            raise SystemExit(f"the year's tasks have room for {len(stock)} batches, not for {count}")
        stock += [batch for batch in await side_by_side(_sampled(player, batch) for batch in part) if batch]
    await receive(player, stock)
    return stock


async def _sampled(player: Player, batch: Played) -> Played | None:
    try:
        await sample(player, batch)
    except ApiError as refused:  # a task that is full, or one that somebody made for another kind of form
        if refused.status not in (409, 422):
            raise
        return None
    return batch


async def _plans(player: Player) -> list[BatchPlan]:
    """The whole year's batches in no order, with report and seal numbers that nobody else has."""
    homes = {home_region(row.code) for row in player.province.divisions}  # a bureau that joined later has no firms here
    tasks = [task for quarter in (1, 2, 3, 4) for task in await tasks_of(player.gateway, quarter)]
    tasks = [task for task in tasks if task.region_code in homes and task.programme == "产品"]
    drawn = [plan for plan in batches(player.province, tasks, player.province.seed) if plan.consignor is None]
    random.Random(player.province.seed).shuffle(drawn)
    return [
        replace(
            plan, report_no=f"{plan.laboratory.report_prefix}-2021-{player.province.seed:04d}{n:05d}",
            seal_no=f"L{player.province.seed:04d}{n:05d}", spec=f"{plan.spec[:20]} {player.province.seed}-{n}型", sequence=n,
        )
        for n, plan in enumerate(drawn)
    ]  # fmt: skip


async def _push(load: Load, stock: list[Played], player: Player, rate: float, stop: asyncio.Event) -> None:
    """At a steady rate whatever the answers take: a slow platform gets more requests at once, not fewer."""
    began, under_way = time.monotonic(), set()
    while stock and not stop.is_set():
        due = began + load.counts["sent"] / rate
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        batch = stock.pop()
        load.counts["sent"] += 1
        task = asyncio.create_task(load.push(batch, player.key("push", batch.plan.sequence)))
        under_way.add(task)
        task.add_done_callback(under_way.discard)
    await asyncio.gather(*under_way)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stock", type=int, required=True, help="batches to prepare")
    parser.add_argument("--rate", type=float, default=20.0, help="pushes a second")
    parser.add_argument("--seed", type=int, required=True, help="below 10,000; each load of a platform has its own")
    parser.add_argument("--patient", action="store_true", help="repeat what fails")
    print(json.dumps(asyncio.run(run(parser.parse_args())), ensure_ascii=False), flush=True)


if __name__ == "__main__":
    main()

"""From an accepted push to the leg in its officer's work queue, over HTTP, while batches of conforming reports stream in."""

import asyncio
import os
import time

from bench.figures import Figure, percentile
from bench.meter import settle
from bench.world import World, body_of, clone_samples, push, reports_for

POLL_SECONDS = 0.02
GIVE_UP_SECONDS = 30.0


async def visible(world: World, reports: int = 60, stream: int = 200) -> list[Figure]:
    """`reports` non-conforming reports, one after the other, each beside the stream."""
    await settle(world.platform)
    stamp = f"BV{os.getpid()}-"
    numbers = await clone_samples(world, f"{stamp}f", reports, [world.home])
    failing = reports_for(world, numbers, 5, fails=True)
    ids = {row["sample_no"]: str(row["id"]) for row in await world.sql.fetch("SELECT id, sample_no FROM sample WHERE sample_no = ANY($1)", numbers)}
    stop, done = asyncio.Event(), [0]
    load = asyncio.create_task(_stream(world, stamp, stream, stop, done))
    await asyncio.sleep(2)
    seen, started = [], time.perf_counter()
    first = done[0]
    for number, report in enumerate(failing):
        await push(world, body_of([report]), f"{stamp}{number}", await world.token())
        seen.append(await _until_seen(world, ids[report["sample_no"]]))
        await asyncio.sleep(0.1)
    took = time.perf_counter() - started
    stop.set()
    await load
    note = f"{reports} reports beside {(done[0] - first) * stream / took:.0f} reports/s in batches of {stream}"
    return [
        Figure("visible", "accepted → leg seen by its officer, p99", percentile(seen, 0.99), "s", 1.0, note=note),
        Figure("visible", "the same, p50", percentile(seen, 0.5), "s"),
    ]


async def _until_seen(world: World, sample_id: str) -> float:
    """Seconds from now until the handling bureau's officer finds the leg."""
    headers, started = await world.token(f"officer.{world.home}"), time.perf_counter()
    while time.perf_counter() - started < GIVE_UP_SECONDS:
        answer = await world.http.get("/api/disposal/v1/legs", params={"sample_id": sample_id}, headers=headers)
        answer.raise_for_status()
        if answer.json()["items"]:
            return time.perf_counter() - started
        await asyncio.sleep(POLL_SECONDS)
    raise RuntimeError(f"no leg of sample {sample_id} after {GIVE_UP_SECONDS:.0f} s")


async def _stream(world: World, stamp: str, size: int, stop: asyncio.Event, done: list[int]) -> None:
    number = 0
    while not stop.is_set():
        numbers = await clone_samples(world, f"{stamp}s{number}-", size)
        await push(world, body_of(reports_for(world, numbers, number)), f"{stamp}s{number}", await world.token())
        done[0] += 1
        number += 1

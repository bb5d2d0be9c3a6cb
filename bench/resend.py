"""The same reports five times over by forty workers of two laboratories, with cut connections: each accepted once, same call, same bytes."""

import asyncio
import os
import random
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from bench.figures import Figure
from bench.world import LABORATORIES, World, body_of, clone_samples, reports_for

PATH = "/api/sampling/v1/reports:batch"
BUSY = frozenset({429, 502, 503, 504})
_STORED = (
    "SELECT count(*) AS reports, count(DISTINCT r.sample_id) AS samples, (SELECT count(*) FROM outbox o WHERE o.type LIKE '%.ReportAccepted'"
    " AND o.key IN (SELECT id::text FROM sample WHERE starts_with(sample_no, $1))) AS facts"
    " FROM report r JOIN sample s ON s.id = r.sample_id WHERE starts_with(s.sample_no, $1)"
)


@dataclass(frozen=True, slots=True)
class Call:
    """One call that will be sent again and again."""

    laboratory: str
    key: str
    body: bytes


@dataclass(slots=True)
class Told:
    """What came back: the different answers to each key, and what happened on the way."""

    answers: dict[str, set[bytes]] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)


async def resend(world: World, reports: int = 10_000, size: int = 50, times: int = 5, workers: int = 40) -> list[Figure]:
    """All calls `times` over in a random order; the last time nothing is cut. Then once more under new keys, where all must be unchanged."""
    stamp, rng, told = f"BR{os.getpid()}-", random.Random(11), Told()
    calls = await _calls(world, stamp, reports, size)
    started = time.perf_counter()
    for turn in range(times):
        await _send_all(world, rng.sample(calls, len(calls)), told, workers, cut=turn < times - 1)
    took = time.perf_counter() - started
    again = Told()
    await _send_all(world, [Call(c.laboratory, f"{c.key}-new", c.body) for c in calls], again, workers, cut=False)
    return await _figures(world, stamp, reports, told, again, f"{times} × {reports:,} reports in {took:.0f} s")


async def _calls(world: World, stamp: str, reports: int, size: int) -> list[Call]:
    made = []
    for number, laboratory in enumerate(LABORATORIES):
        numbers = await clone_samples(world, f"{stamp}{laboratory}-", reports // len(LABORATORIES), laboratory=laboratory)
        all_of_it = reports_for(world, numbers, number, laboratory=laboratory)
        starts = range(0, len(all_of_it), size)
        made += [Call(laboratory, f"{stamp}{laboratory}-{start}", body_of(all_of_it[start : start + size])) for start in starts]
    return made


async def _send_all(world: World, calls: Sequence[Call], told: Told, workers: int, *, cut: bool) -> None:
    waiting = list(enumerate(calls))

    async def work() -> None:
        while waiting:
            number, call = waiting.pop()
            if cut and number % 3:
                await _send_and_leave(world, call, told, whole=number % 3 == 1)
            else:
                await _send(world, call, told)

    async with asyncio.TaskGroup() as group:
        for _ in range(workers):
            group.create_task(work())


async def _headers(world: World, call: Call) -> dict[str, str]:
    return await world.token(f"lab-{call.laboratory}") | {"Content-Type": "application/json", "Idempotency-Key": call.key}


async def _send(world: World, call: Call, told: Told) -> None:
    """To the end, with the same key for as long as the platform is busy."""
    while True:
        answer = await world.http.post(PATH, content=call.body, headers=await _headers(world, call))
        told.counts[str(answer.status_code)] += 1
        if answer.status_code not in BUSY:
            break
        await asyncio.sleep(float(answer.headers.get("retry-after", 1)))
    answer.raise_for_status()
    told.counts["replayed"] += answer.headers.get("idempotent-replay") == "true"
    told.answers.setdefault(call.key, set()).add(answer.content)
    result = answer.json()
    if result["rejected"]:
        raise RuntimeError(f"a good report was refused: {next(row for row in result['results'] if row['problems'])}")
    if len(told.answers[call.key]) == 1 and answer.headers.get("idempotent-replay") != "true":
        told.counts["accepted"] += result["accepted"]
    told.counts["unchanged"] += result["unchanged"]


async def _send_and_leave(world: World, call: Call, told: Told, *, whole: bool) -> None:
    """A line that breaks: in the middle of the body, or after it and before the answer."""
    place = urlsplit(world.platform.gateway_url)
    reader, writer = await asyncio.open_connection(place.hostname, place.port)
    lines = [f"POST {PATH} HTTP/1.1", f"Host: {place.netloc}", f"Content-Length: {len(call.body)}"]
    lines += [f"{name}: {value}" for name, value in (await _headers(world, call)).items()]
    writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + (call.body if whole else call.body[: len(call.body) // 2]))
    await writer.drain()
    if whole:
        await asyncio.sleep(0.01)  # so that some are cut before, some in the midst of the work
    writer.transport.abort()
    del reader
    told.counts["cut"] += 1


async def _figures(world: World, stamp: str, reports: int, told: Told, again: Told, note: str) -> list[Figure]:
    stored = await world.sql.fetchrow(_STORED, stamp)
    wrong = abs(stored["reports"] - reports) + abs(stored["samples"] - reports) + abs(again.counts["unchanged"] - reports)
    differing = sum(len(bodies) != 1 for bodies in told.answers.values())
    seen = f"{note}; {told.counts['cut']} connections cut, {told.counts['replayed']} answers replayed"
    return [
        Figure("resend", "reports not stored exactly once", wrong, "", 0, note=seen),
        Figure("resend", "calls whose answers were not the same bytes", differing, "", 0, note=f"{len(told.answers)} calls"),
        Figure("resend", "facts told twice or never", abs(stored["facts"] - reports), "", 0),
    ]

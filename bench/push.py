"""The laboratory push against binary COPY of the same rows: batches of 1,000 reports with 10 items, and single reports."""

import asyncio
import io
import os
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from bench.figures import Figure, flipped, percentile, ratios
from bench.meter import cpu_seconds, pids, settle
from bench.world import World, body_of, clone_samples, push, reports_for

_TABLES = """
DROP SCHEMA IF EXISTS bench CASCADE;
CREATE SCHEMA bench;
CREATE TABLE bench.report (LIKE public.report INCLUDING ALL);
CREATE TABLE bench.report_item (LIKE public.report_item INCLUDING ALL);
CREATE TABLE bench.outbox (LIKE public.outbox INCLUDING ALL);
ALTER TABLE bench.report ADD FOREIGN KEY (region_code, sample_id) REFERENCES public.sample (region_code, id);
"""
_ITEM_KEY = "ALTER TABLE bench.report_item ADD CONSTRAINT item_key FOREIGN KEY (region_code, report_id) REFERENCES bench.report (region_code, id)"
_NO_ITEM_KEY = "ALTER TABLE bench.report_item DROP CONSTRAINT IF EXISTS item_key"
_EMPTY = "TRUNCATE bench.report_item, bench.report, bench.outbox"
_ROWS = {
    "report": "SELECT * FROM public.report WHERE batch_id = $1",
    "report_item": "SELECT i.* FROM public.report_item i JOIN public.report r ON (r.region_code, r.id) = (i.region_code, i.report_id)"
    " WHERE r.batch_id = $1",
    "outbox": "SELECT seq, o.id, o.region_code, topic, key, type, envelope, o.created_at, NULL::timestamptz FROM public.outbox o"
    " JOIN public.report r ON o.key = r.sample_id::text WHERE r.batch_id = $1",
}
Rows = dict[str, bytes]


@dataclass(frozen=True, slots=True)
class Turn:
    """One contestant's turn in one round: wall time, CPU of PostgreSQL, CPU of the service."""

    wall: float
    database: float = 0.0
    service: float = 0.0


async def ready_rows(world: World, batch_id: str) -> Rows:
    """The rows that a call stored, as bytes that COPY takes: what the fastest client would have prepared beforehand."""
    found: Rows = {}
    for table, query in _ROWS.items():
        out = io.BytesIO()
        await world.sql.copy_from_query(query, UUID(batch_id), output=out, format="binary")
        found[table] = out.getvalue()
    return found


async def copy_rows(world: World, rows: Rows) -> Turn:
    """The limit: the same rows, one client, one transaction, no policies, nothing checked."""
    server = pids(world.platform)["pg"]
    before, started = cpu_seconds(server), time.perf_counter()
    async with world.sql.transaction():
        for table, body in rows.items():
            await world.sql.copy_to_table(table, schema_name="bench", source=io.BytesIO(body), format="binary")
    return Turn(time.perf_counter() - started, cpu_seconds(server) - before)


async def pushed(world: World, body: bytes, key: str) -> tuple[Turn, Rows]:
    """One call through the gateway, everything on, and the rows that it stored."""
    known, headers = pids(world.platform), await world.token()
    database, service, started = cpu_seconds(known["pg"]), cpu_seconds(known["sampling"]), time.perf_counter()
    told = await push(world, body, key, headers)
    wall = time.perf_counter() - started
    turn = Turn(wall, cpu_seconds(known["pg"]) - database, cpu_seconds(known["sampling"]) - service)
    return turn, await ready_rows(world, told["batch_id"])


async def batches(world: World, rounds: int = 7, size: int = 1000) -> list[Figure]:
    """Rounds of one push and two COPYs (as our tables are, and with a foreign key of the items as in the limit of the goals)."""
    await world.sql.execute(_TABLES)
    stamp = f"BB{os.getpid()}-"
    turns: dict[str, list[Turn]] = {"push": [], "copy": [], "keyed": []}
    numbers = await clone_samples(world, f"{stamp}w", size)
    _, rows = await pushed(world, body_of(reports_for(world, numbers, 0)), f"{stamp}w")  # round 0 is dropped; its rows serve the first COPY
    for number in range(rounds):
        numbers = await clone_samples(world, f"{stamp}{number}-", size)
        body = body_of(reports_for(world, numbers, number + 1))
        fresh = rows
        for name in flipped(number, "copy", "push", "keyed"):
            await settle(world.platform)
            if name == "push":
                turn, fresh = await pushed(world, body, f"{stamp}{number}")
            else:
                await world.sql.execute(f"{_EMPTY}; {_NO_ITEM_KEY}; {_ITEM_KEY if name == 'keyed' else ''}")
                turn = await copy_rows(world, rows)
            turns[name].append(turn)
        rows = fresh
    return _batch_figures(turns, size)


def _batch_figures(turns: dict[str, list[Turn]], size: int) -> list[Figure]:
    wall = {name: [turn.wall for turn in each] for name, each in turns.items()}
    ratio, spread = ratios(wall["copy"], wall["push"])
    keyed, keyed_spread = ratios(wall["keyed"], wall["push"])
    thousand = 1000 / size

    def cpu(name: str, kind: str) -> float:
        each: list[float] = [getattr(turn, kind) for turn in turns[name]]
        return statistics.median(each) * 1000 * thousand

    note = f"{size:,} reports × 10 items; push {statistics.median(wall['push']) * 1000:.0f} ms, COPY {statistics.median(wall['copy']) * 1000:.0f} ms"
    return [
        Figure("push", "speed of the push, of binary COPY of the same rows", ratio, "", 0.25, True, spread, note),
        Figure("push", "the same against COPY with a foreign key of the items", keyed, "", None, True, keyed_spread, "the limit of the peers' table"),
        Figure("push", "CPU of the service per 1,000 reports", cpu("push", "service"), "ms"),
        Figure("push", "CPU of PostgreSQL per 1,000 reports, push", cpu("push", "database"), "ms"),
        Figure("push", "CPU of PostgreSQL per 1,000 reports, COPY", cpu("copy", "database"), "ms"),
    ]


async def single(world: World, calls: int = 100) -> list[Figure]:
    """One report a call, alone, against the commit of the same rows by COPY."""
    await world.sql.execute(_TABLES)
    stamp = f"BS{os.getpid()}-"
    numbers = await clone_samples(world, stamp, calls + 5)
    reports = reports_for(world, numbers, 99)
    walls: dict[str, list[float]] = {"push": [], "copy": []}
    rows: Rows = {}
    await settle(world.platform)
    for number, report in enumerate(reports):
        order: Sequence[str] = flipped(number, "copy", "push") if rows else ("push",)
        fresh = rows
        for name in order:
            await asyncio.sleep(0.04)  # the relay and the consumers finish what the last call began
            if name == "push":
                turn, fresh = await pushed(world, body_of([report]), f"{stamp}{number}")
            else:
                await world.sql.execute(_EMPTY)
                turn = await copy_rows(world, rows)
            if number >= 5:
                walls[name].append(turn.wall * 1000)
        rows = fresh
    ours, limit = percentile(walls["push"], 0.99), percentile(walls["copy"], 0.99)
    shown = {name: f"p50 {percentile(each, 0.5):.1f} p99 {percentile(each, 0.99):.1f} ms" for name, each in walls.items()}
    note = f"{calls} calls; push {shown['push']}, commit {shown['copy']}"
    middle = percentile(walls["push"], 0.5) / percentile(walls["copy"], 0.5)
    return [
        Figure("single", "p99 of a push of one report, of the commit's p99", ours / limit, "×", 6, note=note),
        Figure("single", "the same at p50", middle, "×"),
    ]

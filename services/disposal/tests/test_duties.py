"""Clocks that have run out are seen by whoever watches the platform: counted over all bureaus, told by a real worker, without a case."""

import asyncio
import os
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import httpx
import pytest

from common.db import Scope
from common.duties import OFFICE, Horizon
from common.region import Region
from common.testing import SCOPE_KEY
from disposal import store

PROVINCE = Scope(region=Region("62"), subject="duties")


async def counted(platform, day, scope=PROVINCE):
    async with platform.session(scope) as session:
        rows = await store.count_duties(session, Horizon.of(day))
    return {(row.clock, row.prefecture): (row.overdue, row.soon) for row in rows}


async def test_a_clock_is_soon_for_three_working_days_and_then_overdue(world, platform, parties):
    await world.hear(world.report(parties["seller"], parties["producer"], reported_on="2026-01-05"))
    assert await counted(platform, date(2026, 1, 6)) == {}
    # F22: 5 days from 5 January end on Saturday the 10th and so on Monday the 12th
    assert await counted(platform, date(2026, 1, 7)) == {("F22", "6201"): (0, 1), ("F22", "6209"): (0, 1)}
    assert await counted(platform, date(2026, 1, 12)) == {("F22", "6201"): (0, 1), ("F22", "6209"): (0, 1)}
    assert await counted(platform, date(2026, 1, 13)) == {("F22", "6201"): (1, 0), ("F22", "6209"): (1, 0)}
    late = await counted(platform, date(2026, 11, 1))
    assert late["F24", "6201"] == late["F23", "6209"] == (1, 0)


async def test_what_is_done_or_closed_is_not_late(world, platform):
    fact = world.report(reported_on="2026-01-05")
    await world.hear(fact)
    [leg] = await world.legs(fact)
    await world.post("officer", leg, "receive", received_on="2026-01-06")
    before = await counted(platform, date(2026, 11, 1))
    await platform.rows("UPDATE leg SET state = 'HALTED', halted_on = '2026-02-01'")
    assert before and await counted(platform, date(2026, 11, 1)) == {}


async def test_a_bureau_asking_the_same_sees_only_its_own(world, platform, parties):
    await world.hear(world.report(parties["seller"], parties["producer"], reported_on="2026-01-05"))
    assert {p for _, p in await counted(platform, date(2026, 11, 1), Scope(region=Region("6209"), subject="x"))} == {"6209"}
    assert await counted(platform, date(2026, 11, 1), Scope(subject="x")) == {}


def test_a_partys_right_that_lapses_is_nobodys_delay():
    assert {"F22", "F23", "F24", "F01", "F02"} <= set(OFFICE)
    assert not {"F08", "P05", "C04", "P10"} & set(OFFICE)


@pytest.fixture
def worker(platform, tmp_path, unused_tcp_port):
    """A worker of its own process on the test's database."""
    settings = platform.runtime.settings
    where = {
        "SERVICE_NAME": "disposal", "DATABASE_URL": settings.database_url, "SCOPE_KEY": SCOPE_KEY, "KAFKA_BOOTSTRAP": "127.0.0.1:1",
        "HTTP_ADDR": f"127.0.0.1:{unused_tcp_port}", "RPC_ADDR": "127.0.0.1:0", "OIDC_ISSUER": "http://x", "OIDC_JWKS_URL": "http://x",
        "PYTHONPATH": str(Path(__file__).parents[3] / "proto/gen"),
    }  # fmt: skip
    words = [sys.executable, "-m", "disposal.main", "worker"]
    running = subprocess.Popen(words, env=os.environ | where, stdout=(tmp_path / "log").open("w"), stderr=subprocess.STDOUT)
    yield f"http://127.0.0.1:{unused_tcp_port}/metrics"
    running.kill()
    running.wait()


async def test_a_worker_tells_how_many_duties_are_overdue_by_clock_and_prefecture(world, platform, parties, worker):
    await world.hear(world.report(parties["seller"], parties["producer"], reported_on="2026-01-05"))
    text, deadline = "", time.monotonic() + 60
    while 'clock="F24"' not in text and time.monotonic() < deadline:
        try:
            async with httpx.AsyncClient() as client:
                text = (await client.get(worker)).text
        except httpx.TransportError:
            await asyncio.sleep(0.3)
    lines = [line for line in text.splitlines() if line.startswith("longzhi_duties_overdue{")]
    assert len(lines) == 6
    assert {'clock="F22"', 'clock="F23"', 'clock="F24"'} == {word for line in lines for word in line.split("{")[1].split(",") if "clock" in word}
    assert all('prefecture="6201"' in line or 'prefecture="6209"' in line for line in lines)
    assert all(line.endswith(" 1.0") for line in lines)
    assert "620102" not in text and "620902" not in text, "no county, no case"

"""The demonstration quarter on a fresh platform, the memory that it leaves behind, and a warm start."""

import asyncio
import os
import re
import sys
import time

from bench.figures import Figure
from bench.meter import memory
from ops import settings
from ops.settings import ROOT


async def quarter() -> list[Figure]:
    """`python -m demo`, then what every program holds in memory."""
    started = time.perf_counter()
    output = await _run("demo")
    wall = time.perf_counter() - started
    played = re.search(r"一个季度用时 (\d+) 秒,请求 (\d+) 次,重试 (\d+) 次", output)
    note = f"of it {played[1]} s until the last acknowledgement, {int(played[2]):,} requests, {played[3]} retried" if played else ""
    sizes = memory(settings.load())
    each = [Figure("memory", name, size / 2**20, "MiB") for name, size in sorted(sizes.items(), key=lambda pair: -pair[1])]
    return [
        Figure("quarter", "`python -m demo` on a fresh platform, 3,085 batches", wall, "s", 240, note=note),
        *each,
        Figure("memory", "all programs (PSS)", sum(sizes.values()) / 2**30, "GiB", 3),
    ]


async def start() -> list[Figure]:
    """`python -m ops.up` after `python -m ops.down`, with the data in place."""
    await _run("ops.down")
    started = time.perf_counter()
    await _run("ops.up")
    return [Figure("start", "warm start of everything", time.perf_counter() - started, "s", 40)]


async def _run(module: str) -> str:
    words = (sys.executable, "-m", module)
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*words, cwd=ROOT, env=dict(os.environ), stdout=pipe, stderr=asyncio.subprocess.STDOUT)
    output = (await process.communicate())[0].decode()
    if process.returncode:
        raise RuntimeError(f"python -m {module} failed:\n{output[-3000:]}")
    return output

"""CPU and memory of the platform's processes, read from /proc, and waiting until they are quiet."""

import asyncio
import os
import time
from pathlib import Path

from ops import processes, supervision
from ops.settings import Platform

_TICK = os.sysconf("SC_CLK_TCK")


def pids(platform: Platform) -> dict[str, int]:
    """Every supervised program with its pid."""
    return {info["name"]: int(info["pid"]) for info in supervision.client(platform).getAllProcessInfo() if info["pid"]}


def cpu_seconds(pid: int) -> float:
    """CPU of a process, its living children and those that it has waited for."""
    own, ended = _times(pid)
    return own + ended + sum(_times(child)[0] for child in _children(pid))


def _times(pid: int) -> tuple[float, float]:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0, 0.0
    return (int(fields[11]) + int(fields[12])) / _TICK, (int(fields[13]) + int(fields[14])) / _TICK


def _children(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def memory(platform: Platform) -> dict[str, int]:
    """Proportional set size (PSS) in bytes of every program with its children."""
    return {name: processes.resident_bytes(pid) for name, pid in pids(platform).items()}


async def settle(platform: Platform, patience: float = 60.0) -> None:
    """Returns when the platform's own processes have become quiet (relay, consumers and vacuum are done)."""
    known = pids(platform)
    stop = time.monotonic() + patience
    while time.monotonic() < stop:
        before = sum(cpu_seconds(pid) for pid in known.values())
        await asyncio.sleep(0.5)
        if sum(cpu_seconds(pid) for pid in known.values()) - before < 0.08:
            return

"""What a reader must know of the machine to place the figures; no names of hosts, no paths."""

import os
import platform
import re
from importlib.metadata import version
from pathlib import Path

import asyncpg

from ops import database

_LIBRARIES = ("asyncpg", "SQLAlchemy", "msgspec", "fastapi", "uvicorn", "grpcio", "kafka-python")


async def facts() -> list[str]:
    """Processor, memory, system, versions and the database's settings that matter."""
    cpu = _first(r"model name\s*: (.*)", "/proc/cpuinfo")
    memory = int(_first(r"MemTotal:\s+(\d+)", "/proc/meminfo") or 0) / 2**20
    connection = await database.connect()
    try:
        server = await _server(connection)
    finally:
        await connection.close()
    return [
        f"{os.cpu_count()} CPUs ({cpu}), {memory:.0f} GiB, Linux {platform.release().partition('-')[0]}",
        f"Python {platform.python_version()}; " + ", ".join(f"{name} {version(name)}" for name in _LIBRARIES),
        server,
        f"load of the machine when the figures were written: {os.getloadavg()[0]:.1f} (1 min), {os.getloadavg()[2]:.1f} (15 min)",
    ]


async def _server(connection: asyncpg.Connection) -> str:
    names = ("server_version", "shared_buffers", "fsync", "synchronous_commit", "jit", "max_parallel_workers_per_gather")
    values = [await connection.fetchval("SELECT current_setting($1)", name) for name in names]
    return "PostgreSQL " + ", ".join([str(values[0]), *(f"{name} {value}" for name, value in zip(names[1:], values[1:], strict=True))])


def _first(pattern: str, file: str) -> str:
    found = re.search(pattern, Path(file).read_text())
    return found[1].strip() if found else ""

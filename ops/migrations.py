"""Migrations of the services, run by `python -m <service>.main migrate` when there is something that the database has not seen."""

import asyncio
import hashlib
import os
import subprocess
import sys
import threading
from pathlib import Path

import asyncpg

from ops import database, environment
from ops.progress import fail
from ops.settings import ROOT, Platform

_at_once = threading.Semaphore(3)  # more would only wait for the same two cores
_READ = "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = $1"


def ensure(platform: Platform, secrets: dict[str, str], service: str) -> None:
    """Migrates unless the database says that it has had exactly these migrations: importing a service only to find nothing costs seconds."""
    wanted = fingerprint(ROOT, service, secrets["scope_key"])
    if asyncio.run(_stamp_of(platform, secrets, service)) != wanted:
        migrate(platform, secrets, service)


def migrate(platform: Platform, secrets: dict[str, str], service: str) -> None:
    """Runs a service's migrations as its owner role; at most three services at a time."""
    wanted = fingerprint(ROOT, service, secrets["scope_key"])
    variables = os.environ | environment.of_migration(platform, secrets, service)
    with _at_once:
        words = [sys.executable, "-m", f"{service}.main", "migrate"]
        done = subprocess.run(words, cwd=ROOT, env=variables, capture_output=True, text=True)
    if done.returncode != 0:
        raise fail(f"{service}: migrations failed:\n{(done.stdout + done.stderr)[-4000:]}")
    asyncio.run(_stamp(platform, secrets, service, wanted))


def fingerprint(root: Path, service: str, scope_key: str) -> str:
    """Changes with every file that a migration may read: the service's own and those of libs/common."""
    folders = (root / "services" / service / "migrations", root / "libs/common/common")
    files = sorted(p for folder in folders for p in folder.rglob("*") if p.suffix in (".py", ".sql"))
    digest = hashlib.sha256(scope_key.encode())
    for path in files:
        digest.update(f"{path.relative_to(root)}\0".encode() + path.read_bytes())
    return f"longzhi migrations {digest.hexdigest()}"


async def _stamp_of(platform: Platform, secrets: dict[str, str], service: str) -> str | None:
    connection = await _connect(platform, secrets)
    try:
        found: str | None = await connection.fetchval(_READ, service)
        return found
    finally:
        await connection.close()


async def _stamp(platform: Platform, secrets: dict[str, str], service: str, text: str) -> None:
    connection = await _connect(platform, secrets)
    try:
        await connection.execute(f"COMMENT ON DATABASE {service} IS '{text}'")
    finally:
        await connection.close()


async def _connect(platform: Platform, secrets: dict[str, str]) -> asyncpg.Connection:
    return await asyncpg.connect(database.address(platform, "postgres", secrets["postgres"], "postgres"))

"""Databases for one bench: migrated by a service's own migrations, filled by the superuser, dropped afterwards."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import asyncpg
from alembic import command

from common import migrate
from ops import credentials, database, settings
from ops.settings import EXTENSIONS, ROOT, Platform

BYPASS = "bench_bypass"


@dataclass(frozen=True)
class Scratch:
    """One database: the superuser's connection to it, the running role's address, a role past every policy, and the key of scopes."""

    owner: asyncpg.Connection
    app_url: str
    bypass_url: str
    key: str


@asynccontextmanager
async def scratch(service: str) -> AsyncIterator[Scratch]:
    """A fresh database with the tables and policies of one service."""
    platform, name = settings.load(), f"bench_{service}"
    secrets = credentials.load(platform)
    first = await database.connect()
    try:
        await first.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        await _bypass_role(first, secrets["postgres"])
        await first.execute(f"CREATE DATABASE {name} OWNER {service}_owner TEMPLATE template0 LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8'")
        connection = await _migrated(platform, secrets, service, name)
        try:
            app = database.address(platform, f"{service}_app", secrets[f"{service}_app"], name)
            bypass = database.address(platform, BYPASS, secrets["postgres"], name)
            yield Scratch(connection, app, bypass, secrets["scope_key"])
        finally:
            await connection.close()
            await first.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    finally:
        await first.close()


async def _bypass_role(connection: asyncpg.Connection, password: str) -> None:
    if not await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", BYPASS):
        await connection.execute(f"CREATE ROLE {BYPASS} LOGIN BYPASSRLS PASSWORD '{password}'")


async def _migrated(platform: Platform, secrets: dict[str, str], service: str, name: str) -> asyncpg.Connection:
    connection = await database.connect(name)
    for extension in EXTENSIONS.get(service, ("pgcrypto",)):
        await connection.execute(f"CREATE EXTENSION IF NOT EXISTS {extension}")
    await connection.execute(f"ALTER SCHEMA public OWNER TO {service}_owner")
    owner = database.address(platform, f"{service}_owner", secrets[f"{service}_owner"], name)
    folder = ROOT / "services" / service / "migrations"
    await asyncio.to_thread(command.upgrade, migrate.config(str(folder), owner, f"{service}_app", secrets["scope_key"]), "head")
    await connection.execute(f"GRANT USAGE ON SCHEMA public TO {BYPASS}; GRANT SELECT ON ALL TABLES IN SCHEMA public TO {BYPASS}")
    await connection.execute("SET session_replication_role = replica")  # the fill is consistent by itself: no foreign key is asked per row
    return connection

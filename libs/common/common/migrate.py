"""Migrations: one Alembic environment for all services; each has a `versions` folder of its own."""

import asyncio
import logging
import time
from pathlib import Path
from typing import Any

import asyncpg
from alembic import command, context
from alembic.config import Config
from sqlalchemy import Connection, pool, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel import SQLModel

from common import tenancy

log = logging.getLogger(__name__)


def config(folder: str, url: str, app_role: str, scope_key: str) -> Config:
    """Alembic's settings for one service's migrations folder."""
    found = Config()
    found.set_main_option("script_location", str(Path(folder).resolve()))
    found.set_main_option("file_template", "%%(year)d-%%(month).2d-%%(day).2d-%%(hour).2d%%(minute).2d_%%(slug)s")
    found.attributes.update({"url": url, "app_role": app_role, "scope_key": scope_key})
    return found


def upgrade(folder: str, settings: Any) -> None:
    """Bring the database to the newest version, as its owner; safe to repeat, waits for another migration that runs."""
    app_role = settings.database_url.split("://", 1)[1].split(":", 1)[0]
    asyncio.run(_wait(settings.owner_database_url, settings.database_wait_seconds))
    command.upgrade(config(folder, settings.owner_database_url, app_role, settings.scope_key), "head")


async def _wait(url: str, seconds: float) -> None:
    """Return when the owner can connect; after so many seconds, let the migration say itself what is wrong."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            await (await asyncpg.connect(url, timeout=10)).close()
            return
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as problem:
            log.warning("the database is not there yet: %s", problem)
            await asyncio.sleep(2.0)


def run() -> None:
    """Called by every migrations/env.py."""
    asyncio.run(_run(context.config.attributes["url"]))


async def _run(url: str) -> None:
    engine = create_async_engine(url.replace("postgresql://", "postgresql+asyncpg://", 1), poolclass=pool.NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(_migrate)
        await connection.commit()
    await engine.dispose()


def _migrate(connection: Connection) -> None:
    connection.execute(text("SET lock_timeout = '5s'"))
    connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('migrate'))"))
    context.configure(connection=connection, target_metadata=SQLModel.metadata, compare_type=True)
    if newer := set(context.get_context().get_current_heads()) - {each.revision for each in context.script.walk_revisions()}:
        log.warning("the database is newer than this program (%s): nothing to do", ", ".join(sorted(newer)))  # after a rollback
    else:
        with context.begin_transaction():
            context.run_migrations()
    tenancy.keep_keys(connection, scope_key())


def app_role() -> str:
    """The running role that the migration grants rights to."""
    return str(context.config.attributes["app_role"])


def scope_key() -> str:
    """The key of signed scopes that the first migration stores."""
    return str(context.config.attributes["scope_key"])

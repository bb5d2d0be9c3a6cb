"""Migrations: after a rollback the program finds a database that is newer than itself; at a first installation, none yet."""

import asyncio
import time
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from common import migrate, testing
from common.db import Database, Scope, transaction
from common.region import Region


def settings_of(platform, service):
    name = urlsplit(platform.runtime.db.url).path[1:]
    owner = testing.role_url(f"t_{service.name}_owner", name)
    return platform.runtime.settings.model_copy(update={"owner_database_url": owner}), name


async def versions(name):
    connection = await testing.asyncpg.connect(testing.superuser_url(name))
    try:
        return [row[0] for row in await connection.fetch("SELECT version_num FROM alembic_version")]
    finally:
        await connection.close()


async def test_a_database_newer_than_the_program_is_left_as_it_is(platform, service):
    settings, name = settings_of(platform, service)
    await testing._sql(testing.superuser_url(name), "UPDATE alembic_version SET version_num = 'from_the_future'")
    await asyncio.to_thread(migrate.upgrade, service.migrations, settings)
    assert await versions(name) == ["from_the_future"]


async def test_migrating_twice_changes_nothing(platform, service):
    settings, name = settings_of(platform, service)
    before = await versions(name)
    await asyncio.to_thread(migrate.upgrade, service.migrations, settings)
    assert await versions(name) == before


def test_a_migration_waits_so_long_for_its_database_and_no_longer(unused_tcp_port):
    began = time.monotonic()
    asyncio.run(migrate._wait(f"postgresql://a:b@127.0.0.1:{unused_tcp_port}/c", 3))
    assert 2.5 < time.monotonic() - began < 8


async def test_a_process_is_not_ready_before_its_database_is_migrated(platform):
    _, name = settings_of(platform, platform.service)
    client = platform.client()
    assert (await client.get("/readyz")).status_code == 200
    await testing._sql(testing.superuser_url(name), "DROP TABLE outbox")
    answer = await client.get("/readyz")
    assert (answer.status_code, answer.json()) == (503, {"status": "database is not migrated"})


NEW = "ef" * 32


async def scope_works(platform, key):
    db = replace(platform.runtime.db, key=bytes.fromhex(key))
    try:
        async with transaction(db, Scope(region=Region("62"), subject="x")) as session:
            return (await session.execute(text("SELECT tenancy.own()"))).scalar() == "62"
    except DBAPIError:
        return False


@pytest.mark.parametrize(
    ("scope_key", "old_works", "new_works"),
    [(testing.SCOPE_KEY, True, False), (f"{NEW},{testing.SCOPE_KEY}", True, True), (f"{testing.SCOPE_KEY},{NEW}", True, True), (NEW, False, True)],
)
async def test_a_migration_lets_the_database_accept_exactly_the_keys_of_its_setting(platform, service, scope_key, old_works, new_works):
    settings, _ = settings_of(platform, service)
    await asyncio.to_thread(migrate.upgrade, service.migrations, settings.model_copy(update={"scope_key": scope_key}))
    assert (await scope_works(platform, testing.SCOPE_KEY), await scope_works(platform, NEW)) == (old_works, new_works)
    assert not await scope_works(platform, "00" * 32)


async def test_also_a_database_that_is_newer_gets_the_keys(platform, service):
    settings, name = settings_of(platform, service)
    await testing._sql(testing.superuser_url(name), "UPDATE alembic_version SET version_num = 'from_the_future'")
    await asyncio.to_thread(migrate.upgrade, service.migrations, settings.model_copy(update={"scope_key": f"{NEW},{testing.SCOPE_KEY}"}))
    assert await scope_works(platform, NEW)


def test_a_process_signs_with_the_first_key_and_knows_the_others():
    db = Database.connect("postgresql://a:b@127.0.0.1/c", f"{NEW},{testing.SCOPE_KEY}")
    assert (db.key.hex(), [key.hex() for key in db.older_keys]) == (NEW, [testing.SCOPE_KEY])

"""Migrations: after a rollback the program finds a database that is newer than itself; at a first installation, none yet."""

import asyncio
import time
from urllib.parse import urlsplit

from common import migrate, testing


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

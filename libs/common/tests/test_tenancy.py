"""Row-level security as the runtime role meets it."""

from datetime import timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from common import grants
from common.db import SYSTEM, Scope
from common.region import Region
from common.today import today


def bureau(code):
    return Scope(region=Region(code), subject="test")


async def put(platform, owner, **columns):
    row = {"id": uuid4(), "owner": owner, "lab": None, "status": "DRAFT"} | columns
    async with platform.session(bureau(owner)) as session:
        insert = "INSERT INTO note (id, region_code, laboratory_code, title, status) VALUES (:id, :owner, :lab, 't', :status)"
        await session.execute(text(insert), row)
    return row["id"]


async def seen(platform, scope):
    async with platform.session(scope) as session:
        return set((await session.execute(text("SELECT id FROM note"))).scalars())


async def test_each_level_sees_its_own_subtree(platform):
    ids = {code: await put(platform, code) for code in ("62", "6201", "620102", "620103", "6202", "6299")}
    assert await seen(platform, bureau("62")) == set(ids.values())
    assert await seen(platform, bureau("6201")) == {ids["6201"], ids["620102"], ids["620103"]}
    assert await seen(platform, bureau("620102")) == {ids["620102"]}
    assert await seen(platform, bureau("6202")) == {ids["6202"]}
    assert await seen(platform, bureau("61")) == set()


async def test_fresh_connection_empty_setting_and_forged_scope_show_nothing(platform):
    await put(platform, "620102")
    connection = await asyncpg.connect(platform.runtime.db.url)
    try:
        assert await connection.fetchval("SELECT count(*) FROM note") == 0
        async with connection.transaction():
            await connection.execute("SELECT set_config('app.scope', $1, true)", bureau("62").signed(platform.runtime.db.key))
            assert await connection.fetchval("SELECT count(*) FROM note") == 1
        assert await connection.fetchval("SELECT count(*) FROM note") == 0, "the scope outlived its transaction"
        await connection.execute("SET app.scope = ''")
        assert await connection.fetchval("SELECT count(*) FROM note") == 0
        for forged in ("62||x|", "62||x|" + "|" + "0" * 64, bureau("6201").signed(platform.runtime.db.key).replace("6201|", "62|", 1), "x"):
            await connection.execute("SELECT set_config('app.scope', $1, false)", forged)
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.fetchval("SELECT count(*) FROM note")
    finally:
        await connection.close()


async def test_pooled_connections_carry_nothing_over(platform):
    await put(platform, "620102")
    leaks = 0
    for _ in range(50):
        async with platform.session(bureau("62")) as session:
            await session.execute(text("SELECT 1"))
        async with platform.runtime.db.engine.connect() as raw:
            leaks += (await raw.execute(text("SELECT count(*) FROM note"))).scalar_one()
    assert leaks == 0


@pytest.mark.parametrize("owner", ["62", "6201", "620103"])
async def test_only_own_rows_are_written(platform, owner):
    with pytest.raises(DBAPIError, match="row-level security"):
        async with platform.session(bureau("620102")) as session:
            await session.execute(text("INSERT INTO note (id, region_code, title) VALUES (:id, :o, 't')"), {"id": uuid4(), "o": owner})


async def test_a_laboratory_sees_its_own_and_nothing_else(platform):
    mine = await put(platform, "620102", lab="L01")
    await put(platform, "620102", lab="L02")
    await put(platform, "620102")
    assert await seen(platform, Scope(laboratory="L01", subject="lab")) == {mine}
    assert await seen(platform, Scope(subject="nobody")) == set()


async def test_published_rows_are_read_by_all_known_callers_only(platform):
    row = await put(platform, "62", status="PUBLISHED")
    assert await seen(platform, bureau("620102")) == {row}
    async with platform.runtime.db.engine.connect() as raw:
        assert (await raw.execute(text("SELECT count(*) FROM note"))).scalar_one() == 0


async def test_a_grant_opens_one_row_to_one_grantee_until_it_expires(platform):
    row, other, old = [await put(platform, "620102") for _ in range(3)]
    tomorrow, yesterday = today() + timedelta(days=1), today() - timedelta(days=1)
    async with platform.session(bureau("620102")) as session:
        owner, to = Region("620102"), Region("620902")
        give = [(owner, "note", row, to, "O15 art. 28", "*", tomorrow), (owner, "note", old, to, "O15 art. 28", "*", yesterday)]
        await grants.give(session, give)
        await grants.give(session, give)
    assert await seen(platform, bureau("620902")) == {row}
    assert await seen(platform, bureau("6209")) == {row}, "the grantee's superior oversees it"
    assert await seen(platform, bureau("620602")) == set()
    assert other not in await seen(platform, bureau("620902"))
    async with platform.session(bureau("620902")) as session:
        assert [g["basis"] for g in await grants.list_grants(session, None, None, 10)] == ["O15 art. 28"] * 2
        done = await session.execute(text("UPDATE note SET title = 'x' WHERE id = :id"), {"id": row})
        assert done.rowcount == 0, "a grant lets read, not write"


async def test_nobody_grants_in_anothers_name(platform):
    row = await put(platform, "620102")
    with pytest.raises(DBAPIError, match="row-level security"):
        async with platform.session(bureau("620103")) as session:
            await grants.give(session, [(Region("620102"), "note", UUID(str(row)), Region("620103"), "none", "*", today())])


async def test_every_table_is_owned_by_another_role_and_forced(platform):
    rows = await platform.rows(
        "SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname = 'public' AND relkind = 'r'"
        " AND relname NOT IN ('alembic_version', 'audit_head') AND NOT (relrowsecurity AND relforcerowsecurity)"
    )
    assert rows == []
    owners = await platform.rows("SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname IN ('public', 'tenancy')")
    assert owners == [{"tableowner": "t_probe_owner"}]


async def test_the_secret_and_the_audit_trail_are_out_of_the_running_roles_hands(platform):
    for statement in (
        "SELECT key FROM tenancy.secret",
        "UPDATE audit_entry SET act = 'x'",
        "DELETE FROM audit_entry",
        "INSERT INTO audit_entry VALUES ('62', 1, now(), '', '', '', '{}', '', '', '')",
        "UPDATE audit_head SET seq = 0",
        "CREATE TABLE mine (a int)",
    ):
        with pytest.raises(DBAPIError, match="permission denied"):
            async with platform.session(SYSTEM) as session:
                await session.execute(text(statement))


async def test_a_prefecture_aggregate_uses_the_owners_index(platform):
    for n in range(200):
        await put(platform, f"6201{n % 90 + 10:02d}")
    async with platform.session(bureau("620102")) as session:
        await session.execute(text("SET LOCAL enable_seqscan = off"))
        plan = "\n".join((await session.execute(text("EXPLAIN SELECT count(*) FROM note"))).scalars())
    assert "note_region_code" in plan and "Seq Scan on note" not in plan, plan

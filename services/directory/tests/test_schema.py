"""Models = migrated database; every tenant table has forced policies; divisions are loaded."""

from sqlmodel import SQLModel

from directory import models  # noqa: F401

OF_COMMON = {"row_grant", "outbox", "inbox", "dead_letter", "idempotency_key", "audit_head", "audit_entry", "alembic_version"}


async def test_models_are_the_migrated_tables(platform):
    query = "SELECT table_name, column_name, is_nullable = 'YES' AS nullable FROM information_schema.columns WHERE table_schema = 'public'"
    found: dict = {}
    for row in await platform.rows(query):
        found.setdefault(row["table_name"], {})[row["column_name"]] = row["nullable"]
    ours = {name for name in found if name not in OF_COMMON}
    tables = {name: table for name, table in SQLModel.metadata.tables.items() if table.metadata is SQLModel.metadata and name in ours}
    assert set(tables) == ours
    for name, table in tables.items():
        assert {c.name: bool(c.nullable) for c in table.columns} == found[name], name


async def test_every_table_with_an_owner_has_forced_row_level_security(platform):
    bare = await platform.rows(
        "SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'region_code' JOIN pg_namespace n ON"
        " n.oid = c.relnamespace WHERE c.relkind = 'r' AND n.nspname = 'public' AND c.relname <> 'audit_head'"
        " AND NOT (c.relrowsecurity AND c.relforcerowsecurity)"
    )
    assert bare == []


async def test_owners_sort_as_bytes_in_every_table(platform):
    rows = await platform.rows(
        "SELECT table_name FROM information_schema.columns WHERE column_name = 'region_code' AND table_schema = 'public' AND collation_name <> 'C'"
    )
    assert rows == []


async def test_the_divisions_are_the_provinces_101_and_one_former(platform):
    rows = await platform.rows("SELECT level, count(*) AS n FROM division WHERE valid_to IS NULL GROUP BY level")
    assert {r["level"]: r["n"] for r in rows} == {"province": 1, "prefecture": 14, "county": 86}
    former = await platform.rows("SELECT code, successor_code FROM division WHERE valid_to IS NOT NULL")
    assert former == [{"code": "620824", "successor_code": "620881"}]

"""Models and database are the same, and every tenant table is protected."""

from sqlmodel import SQLModel

import experts.models  # noqa: F401

COMMON = ("alembic_version", "audit_entry", "audit_head", "dead_letter", "idempotency_key", "inbox", "outbox", "row_grant")


async def test_models_are_the_migrated_database(platform):
    rows = await platform.rows("SELECT table_name, column_name, is_nullable FROM information_schema.columns WHERE table_schema = 'public'")
    stored = {(r["table_name"], r["column_name"], r["is_nullable"] == "YES") for r in rows if r["table_name"] not in COMMON}
    ours = {name: table for name, table in SQLModel.metadata.tables.items() if name.partition("_")[0] in ("expert", "draw", "duty")}
    assert {(name, column.name, bool(column.nullable)) for name, table in ours.items() for column in table.columns} == stored


async def test_every_table_with_an_owner_forces_row_level_security(platform):
    naked = await platform.rows("""
        SELECT relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'region_code'
        WHERE c.relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> 'audit_head'
        AND NOT (relrowsecurity AND relforcerowsecurity)
    """)
    assert naked == []


async def test_a_public_policy_has_its_index(platform):
    defs = [row["indexdef"] for row in await platform.rows("SELECT indexdef FROM pg_indexes WHERE tablename = 'expert'")]
    assert any("WHERE (state = 'ACTIVE'::text)" in each for each in defs)

"""Models and database are the same, and every tenant table is protected."""

from sqlmodel import SQLModel

import credit.models  # noqa: F401

OURS = ("counted_report", "batch_final", "leg_outcome", "publicity_record", "export_batch", "publicity_version", "publicity_dispute")


async def test_models_are_the_migrated_database(platform):
    rows = await platform.rows("SELECT table_name, column_name, is_nullable FROM information_schema.columns WHERE table_schema = 'public'")
    stored = {(r["table_name"], r["column_name"], r["is_nullable"] == "YES") for r in rows if r["table_name"] in OURS}
    tables = {name: table for name, table in SQLModel.metadata.tables.items() if name in OURS}
    assert {(name, column.name, bool(column.nullable)) for name, table in tables.items() for column in table.columns} == stored


async def test_every_table_with_an_owner_forces_row_level_security(platform):
    naked = await platform.rows(
        "SELECT relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'region_code'"
        " JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname = 'public' AND relkind = 'r' AND relname <> 'audit_head'"
        " AND NOT (relrowsecurity AND relforcerowsecurity)"
    )
    assert naked == []

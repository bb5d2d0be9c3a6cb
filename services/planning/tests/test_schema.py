"""Models and migrated database say the same; every tenant table has forced row-level security and what its policy needs."""

from sqlmodel import SQLModel

import planning.models  # noqa: F401

TABLES = ("catalogue_entry", "food_class", "executing_division", "population", "scheme", "scheme_item", "plan", "plan_line", "line_quota", "task",
          "product_check", "replacement")  # fmt: skip


async def test_models_and_database_have_the_same_columns(platform):
    found = await platform.rows("SELECT table_name, column_name, is_nullable FROM information_schema.columns WHERE table_schema = 'public'")
    stored = {(row["table_name"], row["column_name"], row["is_nullable"] == "YES") for row in found if row["table_name"] in TABLES}
    modelled = {(t.name, c.name, bool(c.nullable)) for t in SQLModel.metadata.tables.values() if t.name in TABLES for c in t.c}
    assert stored == modelled


async def test_every_table_with_an_owner_is_forced_behind_policies(platform):
    owned = await platform.rows(
        "SELECT c.relname, c.relrowsecurity AND c.relforcerowsecurity AS forced FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
        " WHERE a.attname = 'region_code' AND c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND c.relname <> 'audit_head'"
    )
    assert {row["relname"] for row in owned} >= set(TABLES) - {"executing_division"}
    assert [row["relname"] for row in owned if not row["forced"]] == []


async def test_owners_are_compared_bytewise_and_unique_with_their_ids(platform):
    loose = await platform.rows(
        "SELECT table_name FROM information_schema.columns WHERE table_schema = 'public' AND column_name = 'region_code'"
        " AND collation_name IS DISTINCT FROM 'C'"
    )
    assert loose == []
    unique = {row["relname"] for row in await platform.rows(
        "SELECT t.relname FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid WHERE i.indisunique"
        " AND pg_get_indexdef(i.indexrelid) LIKE '%(region_code, id)'"
    )}  # fmt: skip
    assert unique >= set(TABLES) - {"executing_division", "line_quota"}


async def test_divisions_are_the_provinces_87_executing_bureaus(platform):
    [row] = await platform.rows("SELECT count(*) AS all, count(*) FILTER (WHERE lowest) AS lowest FROM executing_division")
    assert (row["all"], row["lowest"]) == (101, 87)
    assert [r["code"] for r in await platform.rows("SELECT code FROM executing_division WHERE lowest AND length(code) = 4")] == ["6202"]

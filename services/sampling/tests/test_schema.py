"""The models are the migrated database, and every table of a tenant is forced under row-level security."""

import pytest
from sqlalchemy import text
from sqlmodel import SQLModel

from common.db import Scope
from sampling import models
from sampling.store.reports import _KNOWN, _LOCK

TABLES = sorted(m.__tablename__ for m in vars(models).values() if isinstance(m, type) and issubclass(m, SQLModel) and m is not SQLModel)


@pytest.mark.parametrize("table", TABLES)
async def test_the_model_has_the_columns_of_the_database(platform, table):
    query = "SELECT column_name, is_nullable FROM information_schema.columns WHERE table_schema = 'public' AND table_name = $1"
    rows = await platform.rows(query, table)
    stored = {row["column_name"]: row["is_nullable"] == "YES" for row in rows}
    assert stored == {column.name: bool(column.nullable) for column in SQLModel.metadata.tables[table].columns}


async def test_every_tenant_table_is_forced_under_policies(platform):
    rows = await platform.rows(
        "SELECT c.relname, c.relrowsecurity, c.relforcerowsecurity, (SELECT count(*) FROM pg_policy p WHERE p.polrelid = c.oid) AS policies"
        " FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE n.nspname = 'public' AND relkind = 'r' AND relname = ANY($1)",
        TABLES,
    )
    assert len(rows) == len(TABLES) >= 8
    assert [r["relname"] for r in rows if not (r["relrowsecurity"] and r["relforcerowsecurity"] and r["policies"] >= 3)] == []


MANY = """
    INSERT INTO sample (id, region_code, source_region_code, task_id, programme, sample_no, number_issued, form, product_code, product_name, stage,
        sampled_on, assigned_laboratory, laboratory_code, place_region_code, period, state, created_by)
    SELECT gen_random_uuid(), '6201' || (10 + n % 80), '62', gen_random_uuid(), '产品', 'N' || n, false, '{}', 'HD-01', 'x', '流通', '2021-02-01',
        'L01', 'L0' || n % 9, '620102', '2021Q1', 'RECEIVED', 'x' FROM generate_series(1, 20000) AS n
"""


async def explain(session, query):
    return "\n".join((await session.execute(text(f"EXPLAIN {query}"))).scalars())


async def test_the_push_finds_its_samples_by_indexes(platform):
    """Under row-level security a predicate reaches an index only when its operator is leakproof."""
    await platform.rows(MANY)
    await platform.rows("ANALYZE sample")
    async with platform.session(Scope(laboratory="L01", subject="lab-L01")) as session:
        numbers = "{" + ",".join(f"N{n}" for n in range(1, 1001)) + "}"
        given = {":laboratory": "'L01'", ":numbers": f"'{numbers}'"}
        by_number = "sample_laboratory_code_sample_no_idx"
        for query, index in ((_LOCK, by_number), (_KNOWN, "_version_key")):
            statement = str(query)
            for name, value in given.items():
                statement = statement.replace(name, value)
            plan = (await explain(session, statement)).replace(numbers, "…")
            assert "Seq Scan on" not in plan and "Bitmap" not in plan and index in plan, plan
        await session.execute(text("CREATE TEMP TABLE staged_report (sample_id uuid, id uuid) ON COMMIT DROP"))
        await session.execute(text("INSERT INTO staged_report SELECT id, id FROM sample WHERE laboratory_code = 'L01' LIMIT 200"))
        settle = await explain(session, "UPDATE sample s SET effective_report_id = r.id FROM staged_report r WHERE s.id = r.sample_id")
        assert "Seq Scan on sample" not in settle, settle

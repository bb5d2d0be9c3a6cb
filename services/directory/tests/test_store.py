"""What the store asks of PostgreSQL, as the running role."""

import pytest
from samples import enterprise
from sqlalchemy import event, text

from common import testing
from directory.rules import firms
from directory.store import search


@pytest.mark.parametrize(
    ("fragment", "filters"), [("公司", {}), ("有限公司", {}), (None, {}), (None, {"product": "FR-01"}), ("公司", {"product": "FR-01", "grade": "B"})]
)
@pytest.mark.parametrize("region", ["62", "6201", "620102"])
async def test_a_page_comes_out_of_its_index_in_order(platform, registrar, region, fragment, filters):
    for n in range(3):
        await registrar.post("/v1/enterprises", json=enterprise(n))
    await platform.rows("ANALYZE")
    asked = []
    event.listen(platform.runtime.db.engine.sync_engine, "before_cursor_execute", lambda *a: asked.append((a[2], a[3])))
    async with platform.session(testing.caller("o", "officer", region=region)) as session:
        assert len(await search.list_firms(session, fragment, filters, None, 51)) == 3
        statement, values = asked[-1]
        driver = (await (await session.connection()).get_raw_connection()).driver_connection
        plan = "\n".join(row[0] for row in await driver.fetch(f"EXPLAIN {statement}", *values))
    assert "Sort" not in plan and "Hash" not in plan and "Seq Scan" not in plan.replace("Seq Scan on row_grant", ""), plan
    leading = "enterprise_gram_pkey" if fragment else "enterprise_product_product_code_idx" if filters else "enterprise_region_code"
    assert leading in plan, plan


@pytest.mark.parametrize("name", ["兰州陇西药业有限公司", "店", "AA店AA店", "𠮷林𠮷林商行", "100%好_味"])
async def test_database_and_rules_cut_a_name_alike(platform, name):
    folded = firms.fold(name)
    found = await platform.rows("SELECT bigrams($1) AS gram", folded)
    assert sorted(row["gram"] for row in found) == sorted(firms.bigrams(folded))


async def test_the_planners_hints_end_with_the_transaction(platform):
    async with platform.session(testing.caller("o", "officer", region="62")) as session:
        await search.list_firms(session, "公司", {}, None, 51)
    for _ in range(5):
        async with platform.session(testing.caller("o", "officer", region="62")) as session:
            assert (await session.execute(text("SHOW enable_sort"))).scalar_one() == "on"

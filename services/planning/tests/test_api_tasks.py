"""Tasks as their bureau, their organiser, their laboratory and others see them."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from common.testing import caller


async def numbers(client, **params):
    answer = await client.get("/v1/tasks", params=params)
    assert answer.status_code == 200, answer.text
    return [task["task_no"][-6:] + task["laboratory_code"] for task in answer.json()["items"]]


async def test_everybody_sees_the_tasks_of_his_own_and_of_below(platform, make):
    await make.published()
    seen = {region: await numbers(platform.client("o", "officer", region=region)) for region in ("62", "6201", "620102", "620105", "6209")}
    assert seen["62"] == seen["6201"] == ["620102L01", "620103L09", "620104L09"]
    assert (seen["620102"], seen["620105"], seen["6209"]) == (["620102L01"], [], [])
    assert await numbers(platform.client("l", "laboratory", laboratory="L09")) == ["620103L09", "620104L09"]
    assert await numbers(platform.client("l", "laboratory", laboratory="L02")) == []


async def test_tasks_are_filtered_and_paged(make, platform):
    ids = await make.published(make.line(), make.line("Q2-001", quarter=2, sampling_due="2021-06-25", test_due="2021-07-20"))
    boss = platform.client("o", "officer", region="62")
    assert len(await numbers(boss, quarter=1)) == len(await numbers(boss, quarter=2)) == 3
    assert len(await numbers(boss, plan_id=ids["plan_id"], product_code="FR-01", state="ASSIGNED")) == 6
    assert await numbers(boss, state="CLOSED") == await numbers(boss, product_code="X") == await numbers(boss, plan_id=make.ABSENT) == []
    first = (await boss.get("/v1/tasks", params={"page_size": 4})).json()
    assert len(await numbers(boss, page_size=4, page_token=first["next_page_token"])) == 2


async def test_the_executing_bureau_accepts_once_and_nobody_else_does(platform, make):
    ids = await make.task()
    url = f"/v1/tasks/{ids['task_id']}/accept"
    for region in ("62", "6201", "620103"):
        assert (await platform.client("o", "officer", region=region).post(url)).status_code == 404
    officer = platform.client("o", "officer", region="620102")
    assert (await officer.get(url.removesuffix("/accept"))).headers["etag"] == 'W/"1"'
    accepted = (await officer.post(url)).json()
    assert (accepted["state"], accepted["accepted_by"], accepted["revision"]) == ("ACCEPTED", "o", 2)
    again = await officer.post(url)
    assert (again.status_code, again.json()["code"]) == (409, "task_state")
    assert [r["region_code"] for r in await platform.rows("SELECT region_code FROM audit_entry WHERE act = 'task.accept'")] == ["620102"]


async def test_a_laboratory_writes_no_task_even_past_the_interface(platform, make):
    ids = await make.task()
    async with platform.session(caller("l", "laboratory", laboratory="L01")) as session:
        assert (await session.execute(text("SELECT count(*) FROM task"))).scalar_one() == 1
        assert (await session.execute(text("UPDATE task SET state = 'CLOSED'"))).rowcount == 0
    with pytest.raises(DBAPIError, match="row-level security"):
        async with platform.session(caller("l", "laboratory", laboratory="L01")) as session:
            await session.execute(text("INSERT INTO task SELECT * FROM task WHERE id = :id"), {"id": ids["task_id"]})


async def test_a_county_organises_no_task_for_another(platform, make):
    await make.task()
    with pytest.raises(DBAPIError, match=r"row-level security|violates check"):
        async with platform.session(caller("x", region="620102")) as session:
            await session.execute(text('INSERT INTO task SELECT (jsonb_populate_record(t, \'{"region_code": "620103"}\')).* FROM task t'))

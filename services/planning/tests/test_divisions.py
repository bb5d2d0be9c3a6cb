"""Divisions that join at run time: heard from the directory, and given quotas."""

import pytest
from longzhi.directory.v1.events_pb2 import DivisionChanged

ALL = "SELECT code, name, lowest FROM executing_division WHERE code LIKE '6201A%' OR code IN ('6202', '6202A1', '6213', '620102') ORDER BY code"


async def hear(platform, code, name, **more):
    return await platform.hear(DivisionChanged(code=code, name=name, level="county", **more), owner="62", key=code)


async def test_a_zone_that_joins_may_get_quotas_and_a_prefecture_without_counties_keeps_its_own(platform):
    event = await hear(platform, "6201A1", "兰州新区")
    await platform.hear(DivisionChanged(code="6201A1", name="兰州新区"), owner="62", key="6201A1", event_id=event)
    await hear(platform, "6202A1", "嘉峪关工业园")
    await hear(platform, "621300", "新市")
    found = {row["code"]: (row["name"], row["lowest"]) for row in await platform.rows(ALL)}
    zones = {"6201A1": ("兰州新区", True), "6202A1": ("嘉峪关工业园", True), "6213": ("新市", True)}
    assert found == zones | {"6202": ("嘉峪关市", True), "620102": ("城关区", True)}


async def test_a_name_follows_and_a_division_that_ends_gets_no_more_quotas(platform):
    await hear(platform, "6201A1", "兰州新区")
    await hear(platform, "6201A1", "兰州新区(示范)", valid_to="2026-12-31")
    [row] = [row for row in await platform.rows(ALL) if row["code"] == "6201A1"]
    assert (row["name"], row["lowest"]) == ("兰州新区(示范)", False)
    await hear(platform, "620100", "兰州市")
    assert (await platform.rows("SELECT lowest FROM executing_division WHERE code = '6201'")) == [{"lowest": False}]


@pytest.mark.parametrize("code", ["", "6201", "62A101", "6201a1"])
async def test_a_code_that_is_none_is_put_aside(platform, code):
    await hear(platform, code, "x")
    assert len(await platform.rows("SELECT 1 FROM dead_letter")) == 1
    assert len(await platform.rows("SELECT 1 FROM executing_division")) == 101

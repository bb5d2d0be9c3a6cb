"""Divisions that join at run time (功能区), and the note of an onboarding."""

import json

import pytest
from longzhi.directory.v1.events_pb2 import DivisionChanged
from samples import enterprise

ZONE = {"name": "兰州新区", "level": "county", "parent_code": "620100", "basis": {"operator": "张三", "request": "甘市监函〔2026〕118号"}}
NOTE = {"subject": "6201A1", "changes": ["user wang.6201A1: officer"], "basis": {"operator": "张三", "request": "甘市监函〔2026〕118号"}}


def code(answer):
    return answer.status_code, answer.json().get("code")


async def test_a_functional_zone_joins_without_a_release_and_is_told_and_audited_once(platform, province):
    made = await province.put("/v1/divisions/6201A1", json=ZONE)
    assert (made.status_code, made.json()["region_code"], made.json()["parent_code"]) == (200, "6201A1", "620100")
    assert (await province.put("/v1/divisions/6201A1", json=ZONE)).json() == made.json()
    told = await platform.facts(DivisionChanged)
    assert [(t.code, t.name, t.level, t.parent_code, t.valid_to) for t in told] == [("6201A1", "兰州新区", "county", "620100", "")]
    [row] = await platform.rows("SELECT region_code, actor, act, subject_id, details FROM audit_entry")
    assert (row["region_code"], row["actor"], row["act"], row["subject_id"]) == ("62", "registrar.62", "division.put", "6201A1")
    assert {"operator": "张三", "request": "甘市监函〔2026〕118号"}.items() <= json.loads(row["details"]).items()


async def test_firms_of_the_new_zone_are_the_new_bureaus_and_no_neighbours(platform, province):
    await province.put("/v1/divisions/6201A1", json=ZONE)
    zone = platform.client("r", "registrar", region="6201A1")
    made = await zone.post("/v1/enterprises", json=enterprise(5, division_code="6201A1"))
    assert (made.status_code, made.json()["region_code"]) == (201, "6201A1")
    officers = {at: platform.client("o", "officer", region=at) for at in ("62", "6201", "6201A1", "620102")}
    seen = {at: len((await officer.get("/v1/enterprises")).json()["items"]) for at, officer in officers.items()}
    assert seen == {"62": 1, "6201": 1, "6201A1": 1, "620102": 0}


async def test_a_name_may_change_level_and_parent_may_not(province):
    await province.put("/v1/divisions/6201A1", json=ZONE)
    renamed = await province.put("/v1/divisions/6201A1", json=ZONE | {"name": "兰州新区(示范)", "valid_to": "2030-12-31"})
    assert (renamed.json()["name"], renamed.json()["valid_to"]) == ("兰州新区(示范)", "2030-12-31")
    moved = await province.put("/v1/divisions/620824", json={"name": "华亭县", "level": "county", "parent_code": "620000"})
    assert code(moved) == (422, "division_level")
    await province.put("/v1/divisions/620300", json={"name": "金昌", "level": "prefecture", "parent_code": "620000"})
    assert (await province.get("/v1/divisions/620300")).json()["name"] == "金昌"


async def test_the_parent_of_a_division_that_is_there_stays(platform, province):
    """Only a slip of an earlier hand can differ from what the code says; it is not mended by moving rows to another superior."""
    await platform.rows("UPDATE division SET parent_code = '620200' WHERE code = '620102' RETURNING code")
    moved = await province.put("/v1/divisions/620102", json={"name": "城关区", "level": "county", "parent_code": "620100"})
    assert code(moved) == (409, "division_in_use")


@pytest.mark.parametrize(
    ("at", "changes", "want"),
    [
        ("6202A1", {}, (422, "division_code")),
        ("620100", {}, (422, "division_code")),
        ("620000", {}, (422, "division_code")),
        ("6201A1", {"parent_code": "629900"}, (422, "division_unknown")),
        ("6201A1", {"level": "prefecture"}, (422, "division_level")),
        ("6201A1", {"parent_code": "620102"}, (422, "division_level")),
        ("621300", {"level": "prefecture", "parent_code": "620100"}, (422, "division_level")),
        ("6201A1", {"level": "province"}, (422, "value_unknown")),
        ("6201A1", {"valid_from": "2026-01-02", "valid_to": "2026-01-01"}, (422, "date_order")),
        ("6201A1", {"successor_code": "629999"}, (404, "not_found")),
        ("6201A1", {"name": ""}, (422, "text_empty")),
        ("6201A1", {"basis": {"operator": "张三"}}, (422, "field_missing")),
        ("6201a1", {}, (422, "format")),
        ("62A101", {}, (422, "format")),
    ],
)
async def test_divisions_that_cannot_be(platform, province, at, changes, want):
    assert code(await province.put(f"/v1/divisions/{at}", json=ZONE | changes)) == want
    assert len(await platform.rows("SELECT 1 FROM division")) == 102


async def test_only_the_provinces_registrar_lets_join(platform, registrar):
    assert code(await registrar.put("/v1/divisions/6201A1", json=ZONE)) == (403, "province_only")
    assert code(await registrar.post("/v1/onboardings", json=NOTE)) == (403, "province_only")
    assert code(await platform.client("o", "officer", region="62").put("/v1/divisions/6201A1", json=ZONE)) == (403, "role_missing")


async def test_what_is_done_at_the_identity_provider_stands_in_the_provinces_audit_trail(platform, province):
    assert (await province.post("/v1/onboardings", json=NOTE)).status_code == 204
    [row] = await platform.rows("SELECT region_code, act, subject_id, details FROM audit_entry")
    assert (row["region_code"], row["act"], row["subject_id"]) == ("62", "onboarding.identities", "6201A1")
    assert json.loads(row["details"]) == {"changes": NOTE["changes"], **NOTE["basis"]}
    assert code(await province.post("/v1/onboardings", json=NOTE | {"changes": []})) == (422, "list_length")


async def test_a_laboratorys_audit_entry_names_the_operator(platform, province):
    body = {"name": "甲院", "division_code": "620102", "address": "1号", "certificates": [], "scope": [], "basis": NOTE["basis"]}
    assert (await province.put("/v1/labs/L13", json=body)).status_code == 200
    [row] = await platform.rows("SELECT details FROM audit_entry WHERE act = 'laboratory.put'")
    assert json.loads(row["details"])["operator"] == "张三"

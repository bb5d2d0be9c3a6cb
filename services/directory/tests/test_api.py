"""Every endpoint: allowed, next county, wrong role, refused."""

import asyncio

import pytest
from longzhi.directory.v1 import events_pb2 as facts
from samples import enterprise, laboratory, make_uscc

ABSENT = "01900000-0000-7000-8000-000000000000"


def code(answer):
    return answer.status_code, answer.json().get("code")


# ---- divisions


async def test_divisions_are_listed_by_level_and_parent(platform):
    anyone = platform.client("lab", "laboratory", laboratory="L01")
    assert len((await anyone.get("/v1/divisions", params={"on": "2026-01-01"})).json()["items"]) == 101
    counties = (await anyone.get("/v1/divisions", params={"level": "county", "parent": "620800"})).json()["items"]
    assert [d["name"] for d in counties if d["code"] in ("620824", "620881")] == ["华亭县", "华亭市"]
    assert (await anyone.get("/v1/divisions/620824")).json()["successor_code"] == "620881"
    assert (await anyone.get("/v1/divisions/620200")).json()["region_code"] == "6202"
    assert code(await anyone.get("/v1/divisions/110000")) == (404, "not_found")
    assert (await anyone.get("/v1/divisions/x")).status_code == 422


# ---- enterprises


async def test_registering_stores_tells_and_notes(platform, registrar, firm):
    assert firm["region_code"] == "620102" and firm["revision"] == 1
    assert firm["contact"] == {"legal_person": "张**", "phone": "199****0001"}
    assert [p["division_code"] for p in firm["premises"]] == ["620102"]
    told = await platform.facts(facts.EnterpriseRegistered)
    assert [(t.enterprise_id, t.uscc, t.division_code) for t in told] == [(firm["id"], firm["uscc"], "620102")]
    assert [(e.key, e.region_code) for e in await platform.facts()] == [(firm["id"], "620102")]
    assert [r["act"] for r in await platform.rows("SELECT act FROM audit_entry WHERE region_code = '620102'")] == ["enterprise.register"]


async def test_no_personal_data_lie_in_clear(platform, firm):
    for table in ("enterprise_contact", "enterprise", "outbox", "audit_entry", "enterprise_identity"):
        for row in await platform.rows(f"SELECT t::text AS all FROM {table} t"):
            for clear in ("19900000001", "张砚星", b"19900000001".hex(), "张砚星".encode().hex()):
                assert clear not in row["all"], table


async def test_next_county_gets_404_and_the_superior_reads_only(platform, firm, neighbour):
    url = f"/v1/enterprises/{firm['id']}"
    assert (await neighbour.get(url)).status_code == 404
    change = {k: v for k, v in enterprise().items() if k != "uscc"}
    assert (await neighbour.put(url, json=change)).status_code == 404
    assert (await neighbour.post(f"{url}/contact:unmask", json={"reason": "查办案件"})).status_code == 404
    for region in ("62", "6201"):
        boss = platform.client("boss", "officer", region=region)
        assert (await boss.get(url)).status_code == 200
        assert (await boss.put(url, json=change)).status_code == 404
    assert (await neighbour.get("/v1/enterprises")).json()["items"] == []


async def test_same_uscc_is_the_same_firm(registrar, neighbour, firm):
    assert code(await registrar.post("/v1/enterprises", json=enterprise(name="另一个名字"))) == (409, "enterprise_exists")
    elsewhere = enterprise(division_code="620103")
    assert code(await neighbour.post("/v1/enterprises", json=elsewhere)) == (409, "enterprise_exists")


async def test_the_same_firm_registered_twice_at_once_is_there_once(platform, registrar):
    answers = await asyncio.gather(*(registrar.post("/v1/enterprises", json=enterprise(7)) for _ in range(5)))
    assert sorted(a.status_code for a in answers) == [201, 409, 409, 409, 409]


async def test_a_bureau_registers_its_own_place_only(registrar, province):
    assert code(await registrar.post("/v1/enterprises", json=enterprise(division_code="620103"))) == (409, "division_not_own")
    assert code(await province.post("/v1/enterprises", json=enterprise())) == (409, "division_not_own")


async def test_jiayuguan_is_its_own_county(platform):
    city = platform.client("r", "registrar", region="6202")
    made = await city.post("/v1/enterprises", json=enterprise(3, division_code="620200"))
    assert (made.status_code, made.json()["region_code"]) == (201, "6202")


async def test_changing_needs_the_newest_state(registrar, firm, platform):
    url = f"/v1/enterprises/{firm['id']}"
    change = {k: v for k, v in enterprise(name="兰州砚星新材料有限公司", products=["FR-02"]).items() if k not in ("uscc", "contact")}
    changed = await registrar.put(url, json=change, headers={"If-Match": 'W/"1"'})
    assert (changed.status_code, changed.headers["etag"], changed.json()["products"]) == (200, 'W/"2"', ["FR-02"])
    assert changed.json()["contact"]["phone"] == "199****0001", "an absent contact stays"
    assert code(await registrar.put(url, json=change, headers={"If-Match": 'W/"1"'})) == (412, "stale")
    assert len(await platform.facts(facts.EnterpriseRegistered)) == 2
    found = (await registrar.get("/v1/enterprises", params={"q": "新材"})).json()["items"]
    assert [f["id"] for f in found] == [firm["id"]]
    assert (await registrar.get("/v1/enterprises", params={"q": "塑料"})).json()["items"] == [], "the old name is no longer found"
    assert code(await registrar.put(url, json=change | {"division_code": "620103"})) == (409, "division_not_own")


async def test_masked_contact_sent_back_is_refused(registrar, firm):
    change = {k: v for k, v in enterprise(contact=firm["contact"]).items() if k != "uscc"}
    assert code(await registrar.put(f"/v1/enterprises/{firm['id']}", json=change)) == (422, "phone_format")


@pytest.mark.parametrize("region", ["620102", "62"])
async def test_unmasking_gives_a_reason_to_the_owners_audit_trail(platform, firm, region):
    officer = platform.client("officer", "officer", region=region)
    url = f"/v1/enterprises/{firm['id']}/contact:unmask"
    assert (await officer.post(url, json={"reason": "送达不合格通知书"})).json() == {"legal_person": "张砚星", "phone": "19900000001"}
    rows = await platform.rows("SELECT region_code, actor, details FROM audit_entry WHERE act = 'contact.unmask'")
    assert [(r["region_code"], r["actor"]) for r in rows] == [("620102", "officer")]
    assert "送达" in rows[0]["details"]
    assert (await officer.post(url, json={"reason": "看"})).status_code == 422
    assert (await platform.client("s", "sampler", region="620102").post(url, json={"reason": "送达通知"})).status_code == 403


async def test_a_plant_in_another_prefecture_is_seen_there(platform, registrar, firm):
    url = f"/v1/enterprises/{firm['id']}/premises"
    body = {"division_code": "620902", "address": "酒泉市肃州区2号"}
    assert (await registrar.post(url, json=body)).status_code == 201
    assert code(await registrar.post(url, json=body)) == (409, "premises_exists")
    assert code(await registrar.post(url, json=body | {"division_code": "110101"})) == (422, "division_unknown")
    there = platform.client("o", "officer", region="620902")
    seen = (await there.get("/v1/premises")).json()["items"]
    assert [(p["region_code"], p["uscc"], p["enterprise_region_code"]) for p in seen] == [("620902", firm["uscc"], "620102")]
    assert (await there.get(f"/v1/enterprises/{firm['id']}")).status_code == 404, "the plant, not the firm's record"
    assert (await platform.client("o", "officer", region="620903").get("/v1/premises")).json()["items"] == []
    assert (await there.post(url, json=body)).status_code == 404, "a registrar of the firm's owner enters plants"


@pytest.mark.parametrize("who", [{"region": "620902"}, {"laboratory": "L01"}])
async def test_public_identity_is_for_every_known_caller(platform, firm, who):
    anyone = platform.client("x", "laboratory", **who)
    found = await anyone.get("/v1/enterprises:resolve", params={"uscc": firm["uscc"]})
    assert (found.status_code, found.json()["enterprise_id"]) == (200, firm["id"])
    assert "contact" not in found.json()
    assert code(await anyone.get("/v1/enterprises:resolve", params={"uscc": make_uscc(99)})) == (404, "not_found")
    assert code(await anyone.get("/v1/enterprises:resolve", params={"uscc": "x"})) == (422, "uscc_format")
    assert (await anyone.get("/v1/enterprises/" + firm["id"])).status_code in (403, 404)


# ---- search


@pytest.fixture
async def town(registrar, neighbour):
    names = ["兰州陇西药业有限公司", "兰州陇川药材行", "城关西药店", "100%好_味食品厂", "兰州陇西建材有限公司"]
    for n, name in enumerate(names, start=10):
        grade = "D" if n == 14 else "A"
        body = enterprise(n, name=name, risk_grade=grade, status="注销" if n == 12 else "存续", products=[f"FR-0{n - 9}"])
        assert (await registrar.post("/v1/enterprises", json=body)).status_code == 201
    body = enterprise(20, name="七里河陇西商行", division_code="620103", products=["FR-01"])
    assert (await neighbour.post("/v1/enterprises", json=body)).status_code == 201
    return names


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ({"q": "陇西"}, {"兰州陇西药业有限公司", "兰州陇西建材有限公司"}),
        ({"q": "西药"}, {"兰州陇西药业有限公司", "城关西药店"}),
        ({"q": "陇西药业"}, {"兰州陇西药业有限公司"}),
        ({"q": "陇西 药"}, {"兰州陇西药业有限公司"}),
        ({"q": "药业陇西"}, set()),
        ({"q": "0%好"}, {"100%好_味食品厂"}),
        ({"q": "好_味"}, {"100%好_味食品厂"}),
        ({"q": "100"}, {"100%好_味食品厂"}),
        ({"q": "兰州", "risk_grade": "D"}, {"兰州陇西建材有限公司"}),
        ({"q": "陇西", "product_code": "FR-01"}, {"兰州陇西药业有限公司"}),
        ({"product_code": "FR-02"}, {"兰州陇川药材行"}),
        ({"status": "注销"}, {"城关西药店"}),
        ({"region": "620103"}, set()),
        ({"q": "没有"}, set()),
    ],
)
async def test_search_finds_exactly(registrar, town, asked, names):
    found = await registrar.get("/v1/enterprises", params=asked)
    assert found.status_code == 200, found.text
    assert {f["name"] for f in found.json()["items"]} == names


async def test_superiors_search_their_scope_and_may_narrow_it(platform, town):
    city = platform.client("o", "officer", region="6201")
    assert len((await city.get("/v1/enterprises", params={"q": "陇西"})).json()["items"]) == 3
    assert len((await city.get("/v1/enterprises", params={"q": "陇西", "region": "620103"})).json()["items"]) == 1
    assert len((await city.get("/v1/enterprises", params={"product_code": "FR-01"})).json()["items"]) == 2
    assert len((await platform.client("o", "officer", region="6209").get("/v1/enterprises")).json()["items"]) == 0


@pytest.mark.parametrize("asked", [{}, {"q": "陇西"}, {"product_code": "FR-01"}])
async def test_pages_follow_each_other(platform, town, asked):
    city, seen, token = platform.client("o", "officer", region="6201"), [], None
    whole = (await city.get("/v1/enterprises", params=asked)).json()["items"]
    while True:
        page = (await city.get("/v1/enterprises", params=asked | {"page_size": 1} | ({"page_token": token} if token else {}))).json()
        seen += page["items"]
        token = page["next_page_token"]
        if not token:
            break
    assert seen == whole and len(seen) >= 2


async def test_laboratories_have_no_directory_of_firms(platform, firm):
    assert (await platform.client("lab", "laboratory", laboratory="L01").get("/v1/enterprises")).status_code == 403
    assert code(await platform.client("lab", "officer", laboratory="L01").get("/v1/enterprises")) == (403, "bureau_only")


# ---- licences


async def test_a_licence_has_its_state_on_a_day(platform, registrar, firm, licence):
    url = f"/v1/enterprises/{firm['id']}/licences"

    async def on(day):
        return [item["status"] for item in (await registrar.get(url, params={"on": day})).json()["items"]]

    changed = await registrar.post(f"/v1/licences/{licence['id']}/status", json={"status": "吊销", "on": "2021-05-01", "reason": "情节严重"})
    assert changed.status_code == 200, changed.text
    assert [await on(d) for d in ("2018-01-01", "2021-04-30", "2021-05-01", "2025-01-01")] == [["未生效"], ["有效"], ["吊销"], ["吊销"]]
    assert changed.json()["history"] == [{"since": "2021-05-01", "status": "吊销", "reason": "情节严重"}]
    assert [(f.number, f.valid_to) for f in await platform.facts(facts.LicenceGranted)] == [("(甘)XK16-204-00001", "2024-02-28")]
    assert [(f.status, f.on, f.enterprise_id) for f in await platform.facts(facts.LicenceRevoked)] == [("吊销", "2021-05-01", firm["id"])]
    again = {"status": "有效", "on": "2021-06-01", "reason": "x"}
    assert code(await registrar.post(f"/v1/licences/{licence['id']}/status", json=again)) == (409, "licence_status")


@pytest.mark.parametrize(
    ("changes", "want"),
    [
        ({"number": "XK1"}, (422, "licence_number")),
        ({"kind": "营业执照"}, (422, "value_unknown")),
        ({"valid_from": "2099-01-01"}, (422, "date_future")),
        ({"valid_to": "2018-01-01"}, (422, "date_order")),
        ({"valid_from": "2019-3-1"}, (422, "date_format")),
        ({}, (409, "licence_exists")),
    ],
)
async def test_licences_that_cannot_be(registrar, firm, licence, changes, want):
    body = {"kind": "XK", "number": "(甘)XK16-204-00001", "valid_from": "2019-03-01", "valid_to": "2024-02-28"} | changes
    assert code(await registrar.post(f"/v1/enterprises/{firm['id']}/licences", json=body)) == want


async def test_a_number_belongs_to_one_firm_and_a_renewal_keeps_it(registrar, firm, licence):
    other = (await registrar.post("/v1/enterprises", json=enterprise(2))).json()
    body = {"kind": "XK", "number": "(甘)XK16-204-00001", "valid_from": "2024-02-29"}
    assert code(await registrar.post(f"/v1/enterprises/{other['id']}/licences", json=body)) == (409, "licence_number_taken")
    assert (await registrar.post(f"/v1/enterprises/{firm['id']}/licences", json=body)).status_code == 201


@pytest.mark.parametrize(
    ("body", "want"),
    [
        ({"status": "过期", "on": "2021-01-01", "reason": "x"}, (409, "licence_status")),
        ({"status": "吊销", "on": "2019-02-28", "reason": "x"}, (409, "licence_status_order")),
        ({"status": "吊销", "on": "2099-01-01", "reason": "x"}, (422, "date_future")),
        ({"status": "吊销", "on": "2021-01-01"}, (422, "field_missing")),
    ],
)
async def test_changes_of_state_that_cannot_be(registrar, licence, body, want):
    assert code(await registrar.post(f"/v1/licences/{licence['id']}/status", json=body)) == want


async def test_licences_are_public_but_written_by_their_owner(platform, firm, licence, neighbour):
    assert len((await neighbour.get(f"/v1/enterprises/{firm['id']}/licences")).json()["items"]) == 1
    assert len((await platform.client("l", laboratory="L01").get(f"/v1/enterprises/{firm['id']}/licences")).json()["items"]) == 1
    assert (await neighbour.get(f"/v1/enterprises/{ABSENT}/licences")).status_code == 404
    change = {"status": "吊销", "on": "2021-05-01", "reason": "x"}
    for region in ("620103", "62"):
        who = platform.client("r", "registrar", region=region)
        assert (await who.post(f"/v1/licences/{licence['id']}/status", json=change)).status_code == 404
        body = {"kind": "JY", "number": "JY16201020000010", "valid_from": "2020-01-01"}
        assert (await who.post(f"/v1/enterprises/{firm['id']}/licences", json=body)).status_code == 404


# ---- laboratories


async def test_the_province_writes_laboratories_and_all_read_them(platform, province, lab):
    assert lab["revision"] == 1 and [c["valid_from"] for c in lab["certificates"]] == ["2018-05-10", "2012-05-10"]
    again = await province.put("/v1/labs/L01", json=laboratory())
    assert (again.json()["revision"], again.headers["etag"]) == (1, 'W/"1"'), "the same again changes nothing"
    more = laboratory(scope=[{"item": "镉", "method": "GB 5009.15-2014"}])
    assert code(await province.put("/v1/labs/L01", json=more, headers={"If-Match": 'W/"7"'})) == (412, "stale")
    changed = await province.put("/v1/labs/L01", json=more, headers={"If-Match": 'W/"1"'})
    assert (changed.json()["revision"], changed.json()["scope"]) == (2, more["scope"])
    for who in (platform.client("l", laboratory="L02"), platform.client("o", "officer", region="620102")):
        assert [(item["code"], "scope" in item) for item in (await who.get("/v1/labs")).json()["items"]] == [("L01", False)]
        assert (await who.get("/v1/labs/L01")).json()["scope"] == more["scope"]
        assert (await who.get("/v1/labs/L99")).status_code == 404
    assert len(await platform.rows("SELECT 1 FROM audit_entry WHERE act = 'laboratory.put'")) == 2


async def test_others_do_not_write_laboratories(platform, registrar):
    assert code(await registrar.put("/v1/labs/L01", json=laboratory())) == (403, "province_only")
    assert (await platform.client("l", "laboratory", laboratory="L01").put("/v1/labs/L01", json=laboratory())).status_code == 403


async def test_laboratories_come_in_pages(province, lab):
    await province.put("/v1/labs/L02", json=laboratory())
    first = (await province.get("/v1/labs", params={"page_size": 1})).json()
    second = (await province.get("/v1/labs", params={"page_size": 1, "page_token": first["next_page_token"]})).json()
    assert [first["items"][0]["code"], second["items"][0]["code"], second["next_page_token"]] == ["L01", "L02", None]

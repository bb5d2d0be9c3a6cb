"""Catalogue, schemes, food classes and populations over HTTP."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from common.testing import caller


async def code_of(answer):
    return answer.status_code, answer.json().get("code")


async def test_a_published_catalogue_is_read_by_every_known_caller_and_a_draft_by_none_beside(platform, make):
    await make.drafted_catalogue(make.entry(), make.entry("FB-01", name="中小学生校服", group="FIBRE"))
    lab, neighbour = platform.client("lab", laboratory="L01"), platform.client("n", "officer", region="6209")
    assert (await lab.get("/v1/catalogue", params={"year": 2021})).json()["items"] == []
    assert (await neighbour.get("/v1/catalogue/2021/FR-01")).status_code == 404
    assert (await make.ok(make.approver, "POST", "/catalogue/2021/publish")) == {"year": 2021, "published": 2}
    for who in (lab, neighbour, make.planner, platform.client("p", region="62")):
        assert [e["code"] for e in (await who.get("/v1/catalogue", params={"year": 2021})).json()["items"]] == ["FB-01", "FR-01"]
    assert (await platform.client().get("/v1/catalogue", params={"year": 2021})).status_code == 401
    shown = (await lab.get("/v1/catalogue/2021/FB-01")).json()["versions"][0]
    assert (shown["group"], shown["class"], shown["status"], shown["measures"]) == ("FIBRE", "食品相关产品", "PUBLISHED", ["监督抽查", "证后监管"])


@pytest.mark.parametrize(
    ("params", "codes"),
    [({"q": "校服"}, ["FB-01"]), ({"q": "FR-"}, ["FR-01"]), ({"q": "%"}, []), ({"group": "FIBRE"}, ["FB-01"]), ({"group": "X"}, [])],
)
async def test_the_catalogue_is_searched_by_fragment_and_group(make, params, codes):
    await make.published_catalogue(make.entry(), make.entry("FB-01", name="中小学生校服", group="FIBRE"))
    found = (await make.planner.get("/v1/catalogue", params={"year": 2021} | params)).json()
    assert [e["code"] for e in found["items"]] == codes


async def test_a_new_version_supersedes_from_its_date_and_the_old_one_stays_in_the_history(make):
    await make.published_catalogue()
    await make.published_catalogue(make.entry(risk_level="高", valid_from="2021-07-01"))
    [now] = (await make.planner.get("/v1/catalogue", params={"year": 2021})).json()["items"]
    assert (now["version"], now["risk_level"]) == (2, "高")
    versions = (await make.planner.get("/v1/catalogue/2021/FR-01")).json()["versions"]
    assert [(v["version"], v["valid_from"], v["valid_to"]) for v in versions] == [(2, "2021-07-01", None), (1, "2021-01-01", "2021-06-30")]
    await make.drafted_catalogue(make.entry(valid_from="2021-07-01"))
    assert await code_of(await make.approver.post("/v1/catalogue/2021/publish")) == (409, "version_order")


async def test_a_draft_is_replaced_by_a_draft_and_the_database_keeps_what_is_published(platform, make):
    await make.drafted_catalogue()
    await make.published_catalogue(make.entry(name="改名"))
    assert await platform.rows("SELECT name, version, status FROM catalogue_entry") == [{"name": "改名", "version": 1, "status": "PUBLISHED"}]
    for statement in ("DELETE FROM catalogue_entry", "UPDATE catalogue_entry SET name = 'x'"):
        with pytest.raises(DBAPIError, match="immutable"):
            async with platform.session(caller("x", region="6201")) as session:
                await session.execute(text(statement))


async def test_the_drafter_of_one_entry_does_not_publish_any(platform, make):
    await make.drafted_catalogue()
    both = platform.client("planner", "planner", "approver", region="6201")
    assert await code_of(await both.post("/v1/catalogue/2021/publish")) == (409, "same_person")
    assert await code_of(await make.approver.post("/v1/catalogue/2020/publish")) == (409, "nothing_to_publish")


async def test_a_scheme_is_read_by_laboratories_once_published_and_never_changes(platform, make):
    made = await make.drafted_scheme()
    url, lab = f"/v1/schemes/{made['scheme_id']}", platform.client("lab", laboratory="L01")
    assert (await lab.get(url)).status_code == 404
    assert (await make.planner.get(url)).json()["items"][0]["max"] == "5.0"
    assert await code_of(await platform.client("planner", "approver", region="6201").post(url + "/publish")) == (409, "same_person")
    assert (await make.approver.post(url + "/publish")).status_code == 200
    shown = (await lab.get(url)).json()
    assert (shown["status"], shown["version"], shown["items"][0]["item"]) == ("PUBLISHED", 1, "溶剂残留总量")
    assert await code_of(await make.approver.post(url + "/publish")) == (409, "scheme_published")
    for statement, why in (
        ("UPDATE scheme SET name = 'x'", "immutable"),
        ("UPDATE scheme_item SET max = '9'", "permission denied"),
        ("DELETE FROM scheme_item", "permission denied"),
        ("INSERT INTO scheme_item SELECT (jsonb_populate_record(i, jsonb_build_object('id', gen_random_uuid()))).* FROM scheme_item i", "immutable"),
    ):
        with pytest.raises(DBAPIError, match=why):
            async with platform.session(caller("x", region="6201")) as session:
                await session.execute(text(statement))


async def test_versions_of_a_scheme_are_found_by_production_date(make):
    await make.published_scheme()
    await make.published_scheme(valid_from="2021-06-01")

    async def found(**params):
        return [(s["version"], s["valid_to"]) for s in (await make.planner.get("/v1/schemes", params=params)).json()["items"]]

    assert await found(product_code="FR-01") == [(1, "2021-05-31"), (2, None)]
    assert await found(product_code="FR-01", on="2021-05-31") == [(1, "2021-05-31")]
    assert await found(on="2021-06-01") == [(2, None)]
    assert await found(product_code="FR-02") == []
    late = await make.drafted_scheme(valid_from="2020-01-01", valid_to="2020-12-31")
    assert await code_of(await make.approver.post(f"/v1/schemes/{late['scheme_id']}/publish")) == (409, "scheme_overlap")
    assert (await make.planner.get("/v1/schemes", params={"on": "2021-13-01"})).status_code == 422


CLASSES = [
    {"code": "03", "name": "调味品", "level": 1},
    {"code": "03.1", "name": "调味料酒", "level": 2, "parent_code": "03"},
    {"code": "03.1.1", "name": "调味料酒", "level": 3, "parent_code": "03.1"},
    {"code": "0303", "name": "料酒", "level": 4, "parent_code": "03.1.1"},
]


async def test_the_food_tree_is_loaded_by_the_province_and_read_by_all(platform, make):
    province = make.at("62")
    assert await make.ok(province.planner, "POST", "/food-classes:batch", {"year": 2021, "classes": CLASSES}) == {"year": 2021, "loaded": 4}
    await make.ok(province.planner, "POST", "/food-classes:batch", {"year": 2021, "classes": [CLASSES[3] | {"name": "料酒类"}]})
    lab = platform.client("lab", laboratory="L01")
    found = (await lab.get("/v1/food-classes", params={"year": 2021, "level": 4})).json()["items"]
    assert found == [{"year": 2021, "code": "0303", "name": "料酒类", "level": 4, "parent_code": "03.1.1"}]
    assert len((await lab.get("/v1/food-classes", params={"year": 2021})).json()["items"]) == 4
    refused = await make.planner.post("/v1/food-classes:batch", json={"year": 2021, "classes": CLASSES})
    assert await code_of(refused) == (409, "province_only")


async def test_a_food_plan_takes_its_names_from_the_tree_of_its_year(make):
    province = make.at("62")
    await make.ok(province.planner, "POST", "/food-classes:batch", {"year": 2021, "classes": CLASSES})
    body = make.plan(make.line(catalogue_code="0303"), programme="食品")
    assert (await make.ok(make.planner, "POST", "/plans", body))["lines"][0]["product_name"] == "料酒"
    refused = await make.planner.post("/v1/plans", json=body | {"plan_no": "2", "year": 2022})
    assert (refused.status_code, refused.json()["problems"][0]["code"]) == (422, "entry_unknown")


async def test_populations_are_loaded_with_their_source(make):
    province = make.at("62")
    rows = [{"code": "620102", "people": 1484016}, {"code": "6202", "people": 312663}]
    body = {"year": 2020, "source": "第七次全国人口普查", "populations": rows}
    assert (await make.ok(province.planner, "POST", "/populations:batch", body))["loaded"] == 2
    found = (await make.planner.get("/v1/populations", params={"year": 2020})).json()["items"]
    assert [(row["division_code"], row["people"]) for row in found] == [("620102", 1484016), ("6202", 312663)]
    strange = await province.planner.post("/v1/populations:batch", json=body | {"populations": [{"code": "6201", "people": 1}]})
    assert await code_of(strange) == (409, "division_outside")

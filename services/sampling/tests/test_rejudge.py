"""What another scheme would change in stored reports: shown item by item, nothing changed."""

import pytest
from sampling_cases import FOOD_FORM, METHOD, food_report

WIDER = {"item": "甲醛释放量", "methods": [METHOD], "kind": "numeric", "max": "0.30", "unit": "mg/m³", "grade": "B"}
NARROW = WIDER | {"max": "0.05", "grade": "A"}
MOISTURE = {"item": "含水率", "methods": [METHOD], "kind": "numeric", "min": "3.0", "max": "13.0", "unit": "%"}


async def stored(platform):
    query = "SELECT (SELECT array_agg(r::text ORDER BY id) FROM report r) AS r, (SELECT array_agg(i::text ORDER BY position) FROM report_item i) AS i"
    return [tuple(row.values()) for row in await platform.rows(query)]


async def test_a_wider_limit_would_let_a_failure_pass(platform, batch):
    sample = await batch.failed()
    before, facts = await stored(platform), len(await platform.facts())
    found = (await batch.officer().post(f"/v1/reports/{sample['report_id']}:rejudge", json={"items": [WIDER, MOISTURE]})).json()
    assert (found["before"], found["after"], found["changed"], found["scheme_after"]) == ("不合格", "合格", True, None)
    first, second = found["items"]
    assert (first["before"], first["after"], first["changed"], first["codes"]) == ("不合格项", "合格项", True, [])
    assert "≤0.124 mg/m³" in first["before_words"] and "≤0.30 mg/m³" in first["after_words"] and "0.21 mg/m³" in first["after_words"]
    assert (second["before"], second["after"], second["changed"]) == ("合格项", "合格项", False)
    assert await stored(platform) == before and len(await platform.facts()) == facts


async def test_the_scheme_in_force_changes_nothing_and_an_older_one_may_be_named(batch):
    sample = await batch.failed()
    url = f"/v1/reports/{sample['report_id']}:rejudge"
    same = (await batch.officer().post(url, json={})).json()
    assert (same["changed"], same["scheme_before"], same["scheme_after"]) == (False, "s1", "s1")
    old = (await batch.lab().post(url, json={"scheme_id": "s0"})).json()
    assert (old["after"], old["codes"]) == (None, []), "含水率 is not in the old scheme, so no verdict is possible"
    assert [(i["item"], i["after"], i["codes"]) for i in old["items"]] == [("甲醛释放量", "合格项", []), ("含水率", None, ["item_unknown"])]
    assert (await batch.officer().post(url, json={"scheme_id": "none"})).json()["code"] == "scheme_missing"


async def test_a_scheme_that_cannot_judge_never_says_that_a_report_conforms(batch):
    sample = await batch.conforming()
    url = f"/v1/reports/{sample['report_id']}:rejudge"
    for broken in (WIDER | {"max": "0,3"}, WIDER | {"max": ""}, WIDER | {"unit": "N"}):
        found = (await batch.officer().post(url, json={"items": [broken, MOISTURE]})).json()
        assert found["after"] is None and found["items"][0]["after"] is None and found["items"][0]["codes"], found
    absent = (await batch.officer().post(url, json={"items": [WIDER, MOISTURE, MOISTURE | {"item": "吸水率"}]})).json()
    assert (absent["after"], absent["codes"]) == (None, ["item_missing"]), "what was not tested is not known"


async def test_a_set_of_reports_shows_only_what_would_change(platform, batch):
    passed = await batch.conforming()
    failed = await batch.failed()
    food = await batch.failed(FOOD_FORM, food_report)
    wanted = {"product_code": "HD-01", "issued_from": "2021-01-01", "issued_to": "2021-12-31"}
    narrow = (await batch.officer().post("/v1/reports:rejudge", json=wanted | {"items": [NARROW, MOISTURE]})).json()
    assert (narrow["reports"], narrow["changed"]) == (2, 1)
    [changed] = narrow["items"]
    assert (changed["report_id"], changed["after"], [i["item"] for i in changed["items"]]) == (passed["report_id"], "不合格", ["甲醛释放量"])
    wide = (await batch.officer("62").post("/v1/reports:rejudge", json=wanted | {"items": [WIDER, MOISTURE]})).json()
    assert [one["report_id"] for one in wide["items"]] == [failed["report_id"]]
    assert food["report_id"] not in str(wide)
    nobody = (await batch.officer("620103").post("/v1/reports:rejudge", json=wanted | {"items": [WIDER, MOISTURE]})).json()
    assert (nobody["reports"], nobody["items"]) == (0, [])


async def test_at_most_five_hundred_reports_at_once(batch, monkeypatch):
    await batch.conforming()
    await batch.failed()
    monkeypatch.setattr("sampling.actions.rejudge.MOST", 1)
    wanted = {"product_code": "HD-01", "issued_from": "2021-01-01", "issued_to": "2021-12-31"}
    assert (await batch.officer().post("/v1/reports:rejudge", json=wanted)).json()["code"] == "too_many_reports"


@pytest.mark.parametrize(
    "body", [{"items": [{"item": "x"}]}, {"items": [WIDER | {"odd": 1}]}, {"scheme_id": 1}, {"items": [WIDER | {"kind": "odd"}]}]
)
async def test_a_bad_question_is_refused(batch, body):
    sample = await batch.conforming()
    assert (await batch.officer().post(f"/v1/reports/{sample['report_id']}:rejudge", json=body)).status_code == 422


async def test_a_neighbour_rejudges_nothing(batch):
    sample = await batch.conforming()
    assert (await batch.officer("620103").post(f"/v1/reports/{sample['report_id']}:rejudge", json={})).status_code == 404

"""Published history: rows in, rows refused and why, nothing changed, the right bureau."""

import csv
import io
import json

import pytest

from sampling.rules.bureaus import bureau_of
from sampling.rules.history import SOURCES

PRODUCT, FOOD = SOURCES[0], SOURCES[3]


def csv_of(source, *rows, header=None):
    out = io.StringIO()
    lines = csv.writer(out)
    lines.writerow(header or source.header)
    for row in rows:
        lines.writerow([row.get(name, "") for name in source.header])
    return out.getvalue().encode()


GOOD = {"文件号": "Q1", "序号": "1", "标称生产企业": "会宁县某化肥厂", "所在地": "甘肃省", "产品名称": "复合肥", "抽查结果": "合格"}
GOOD |= {"生产日期/批号": " 2012-09 "}
BAD = GOOD | {"序号": "2", "标称生产企业": "兰州某防水建材有限公司", "抽查结果": "不合格", "主要不合格项目": "拉力"}


def importer(platform, region="62"):
    return platform.client("registrar", "registrar", region=region)


async def send(client, body, kind="product"):
    return await client.post(f"/v1/history:import?kind={kind}", content=body, headers={"Content-Type": "text/csv"})


async def test_rows_land_in_the_bureau_that_they_tell_and_twice_is_once(platform):
    outside = GOOD | {"序号": "3", "标称生产企业": "山东某公司", "所在地": "山东省"}
    body = csv_of(PRODUCT, GOOD, BAD, outside)
    answer = await send(importer(platform), body)
    assert answer.status_code == 200, answer.text
    assert answer.json() == {
        "source": "product_quality_spotcheck", "rows": 3, "imported": 3, "unchanged": 0, "refused": 0,
        "by_owner": {"62": 1, "6201": 1, "620422": 1}, "problems": [],
    }  # fmt: skip
    again = (await send(importer(platform), body)).json()
    assert (again["imported"], again["unchanged"]) == (0, 3)
    [row] = await platform.rows("SELECT original, imported_by FROM published_result WHERE region_code = '620422'")
    assert json.loads(row["original"])["生产日期/批号"] == " 2012-09 ", "the row is kept as it was"
    assert row["imported_by"] == "62"
    for region, expected in (("62", 3), ("6201", 1), ("620422", 1), ("620102", 0)):
        assert len((await platform.client("o", "officer", region=region).get("/v1/history")).json()["items"]) == expected
    reader = platform.client("o", "officer", region="62")
    assert [r["verdict"] for r in (await reader.get("/v1/history", params={"q": "防水"})).json()["items"]] == ["不合格"]
    assert [r["product_name"] for r in (await reader.get("/v1/history", params={"verdict": "不合格"})).json()["items"]] == ["复合肥"]
    page = (await reader.get("/v1/history", params={"page_size": 2})).json()
    rest = (await reader.get("/v1/history", params={"page_size": 2, "page_token": page["next_page_token"]})).json()
    assert (len(page["items"]), len(rest["items"])) == (2, 1)


@pytest.mark.parametrize(
    ("change", "code", "pointer"),
    [
        ({"抽查结果": "0.01"}, "verdict_unknown", "/抽查结果"),
        ({"产品名称": "/"}, "name_missing", "/产品名称"),
        ({"存疑": "列错位:检验结果"}, "columns_shifted", "/存疑"),
        ({"备注": "a\x07b"}, "row_characters", "/备注"),
    ],
)
async def test_a_bad_row_is_refused_with_its_number_and_reason(platform, change, code, pointer):
    answer = (await send(importer(platform), csv_of(PRODUCT, GOOD, BAD | change))).json()
    assert (answer["imported"], answer["refused"]) == (1, 1)
    assert [(p["row"], p["code"], p["pointer"]) for p in answer["problems"]] == [(2, code, pointer)]


async def test_a_row_with_too_few_cells_is_refused(platform):
    body = csv_of(PRODUCT, GOOD) + b"Q1,2,x\r\n"
    assert (await send(importer(platform), body)).json()["problems"][0]["code"] == "row_cells"


async def test_a_prefecture_imports_only_its_own_rows(platform):
    answer = (await send(importer(platform, "6201"), csv_of(PRODUCT, GOOD, BAD))).json()
    assert (answer["imported"], [p["code"] for p in answer["problems"]]) == (1, ["row_outside_scope"])
    county = await send(importer(platform, "620102"), csv_of(PRODUCT, GOOD))
    assert (county.status_code, county.json()["code"]) == (403, "bureau_level")


@pytest.mark.parametrize(
    ("evidence", "province_evidence", "bureau"),
    [
        (["兰州市城关区民主西路195号"], [], "620103"[:4] + "02"),
        (["中国石油甘肃酒泉石油分公司雄关加油站"], ["甘肃省"], "6209"),
        (["甘肃白银销售分公司景泰喜泉加油站"], [], "620423"),
        (["静宁县鸿达肥料有限责任公司"], ["甘肃省"], "620826"),
        (["上海市杨浦区平凉路1499号"], [], "62"),
        (["沈阳市甘肃路8号"], [], "62"),
        (["甘肃某某公司"], ["甘肃省"], "62"),
        (["兰州某超市", "武威某厂"], ["甘肃"], "6201"),
        (["兰州武威联合公司"], ["甘肃"], "62"),
        (["临夏市新某食品"], ["甘肃"], "622901"),
        (["临夏州百盛商贸"], [], "6229"),
        (["某合作社"], ["甘肃省"], "62"),
        (["城关区某店"], [], "62"),
        (["嘉峪关某店"], ["甘肃"], "6202"),
        (["天祝县某牧场"], ["甘肃"], "620623"),
        ([""], [""], "62"),
    ],
)
def test_the_bureau_is_told_by_names_in_order(evidence, province_evidence, bureau):
    assert bureau_of(evidence, province_evidence) == bureau

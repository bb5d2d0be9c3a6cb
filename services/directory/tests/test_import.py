"""Import of sheets: good rows in, bad rows explained per cell, every owner in its own scope."""

import io

import pytest
import xlsxwriter
from longzhi.directory.v1 import events_pb2 as facts
from samples import HEADING, enterprise, make_uscc, row, sheet

CSV = {"Content-Type": "text/csv"}
XLSX = {"Content-Type": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}


def workbook(*rows) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        page = book.add_worksheet()
        for n, cells in enumerate(rows):
            page.write_row(n, 0, cells)
    return out.getvalue()


async def send(client, body, heads=CSV, **params):
    answer = await client.post("/v1/enterprises:import", content=body, headers=heads, params=params)
    return answer.status_code, answer.json()


def counts(answer):
    return [answer[k] for k in ("read", "created", "changed", "unchanged", "rejected")]


async def test_good_rows_go_in_and_bad_rows_are_explained(platform, registrar):
    bad = row(2, risk_grade="E", phone="12", division_code="110101")
    status, found = await send(registrar, sheet(row(1), bad, row(3, licences="")))
    assert status == 200 and counts(found) == [3, 2, 0, 0, 1]
    assert {(p["row"], p["column"], p["code"]) for p in found["problems"]} == {
        (3, "risk_grade", "value_unknown"), (3, "phone", "phone_format"), (3, "division_code", "division_unknown"),
    }  # fmt: skip
    assert len(await platform.facts(facts.EnterpriseRegistered)) == 2
    assert [f.number for f in await platform.facts(facts.LicenceGranted)] == ["SC10162010200018"]
    assert (await registrar.get("/v1/enterprises", params={"q": "荻川"})).json()["items"][0]["uscc"] == make_uscc(1)
    assert len(await platform.rows("SELECT 1 FROM audit_entry WHERE act = 'enterprise.import' AND region_code = '620102'")) == 1


async def test_a_dry_run_stores_nothing(platform, registrar):
    status, found = await send(registrar, sheet(row(1), row(2, name="")), dry_run="true")
    assert status == 200 and counts(found) == [2, 1, 0, 0, 1] and found["dry_run"]
    assert await platform.rows("SELECT 1 FROM enterprise") == await platform.rows("SELECT 1 FROM outbox") == []
    assert await platform.rows("SELECT 1 FROM audit_entry") == []


async def test_the_same_sheet_again_changes_nothing_and_tells_nothing(platform, registrar):
    body = sheet(row(1), row(2, licences=""))
    await send(registrar, body)
    before = len(await platform.facts())
    assert counts((await send(registrar, body))[1]) == [2, 0, 0, 2, 0]
    assert len(await platform.facts()) == before
    changed = sheet(row(1, phone="19900000009"), row(2, licences="", name="改名食品有限公司"))
    assert counts((await send(registrar, changed))[1]) == [2, 0, 2, 0, 0]
    assert [r["revision"] for r in await platform.rows("SELECT revision FROM enterprise")] == [2, 2]
    assert len((await registrar.get("/v1/enterprises", params={"q": "改名"})).json()["items"]) == 1


async def test_form_and_sheet_meet_in_the_same_firm(registrar, firm):
    fields = {k: v for k, v in enterprise().items() if k in ("name", "kind", "division_code", "address", "size", "industry", "risk_grade", "status")}
    same = row(1, **fields, legal_person="张砚星", phone="19900000001", products="FR-06;FR-01", licences="")
    assert counts((await send(registrar, sheet(same)))[1]) == [1, 0, 0, 1, 0], "what the form entered, the sheet recognises"


async def test_the_province_imports_for_the_bureaus_below_it_in_their_scope(platform, province):
    rows = [
        row(1),
        row(2, division_code="620902", licences=""),
        row(3, division_code="620200", licences=""),
        row(4, division_code="620000", licences=""),
    ]
    assert counts((await send(province, sheet(*rows)))[1]) == [4, 4, 0, 0, 0]
    stored = await platform.rows("SELECT uscc, region_code FROM enterprise_identity")
    assert {r["uscc"]: r["region_code"] for r in stored} == dict(zip(map(make_uscc, (1, 2, 3, 4)), ("620102", "620902", "6202", "62"), strict=True))
    chains = await platform.rows("SELECT region_code, actor FROM audit_entry")
    assert sorted((r["region_code"], r["actor"]) for r in chains) == [(code, "registrar.62") for code in ("62", "620102", "6202", "620902")]
    assert {e.region_code for e in await platform.facts()} == {"62", "620102", "6202", "620902"}


@pytest.mark.parametrize("region", ["620103", "6201"])
async def test_others_do_not_import_for_the_next_bureau(platform, region):
    who = platform.client("r", "registrar", region=region)
    status, found = await send(who, sheet(row(1)))
    assert status == 200 and counts(found) == [1, 0, 0, 0, 1]
    assert found["problems"][0] == {"row": 2, "column": "division_code", "code": "division_not_own", "detail": "不在本机关辖区"}
    assert await platform.rows("SELECT 1 FROM enterprise") == []
    assert (await platform.client("o", "officer", region="620102").post("/v1/enterprises:import", content=b"", headers=CSV)).status_code == 403


async def test_a_firm_of_another_bureau_is_not_taken_over(platform, firm, neighbour, province):
    moved = sheet(row(1, division_code="620103", licences=""))
    for who in (neighbour, province):
        found = (await send(who, moved))[1]
        assert [(p["column"], p["code"]) for p in found["problems"]] == [("uscc", "uscc_other_bureau")]
    assert (await platform.rows("SELECT region_code FROM enterprise"))[0]["region_code"] == "620102"


async def test_premises_elsewhere_are_seen_there(platform, registrar):
    await send(registrar, sheet(row(1, premises_division_code="620102;620902")))
    seen = (await platform.client("o", "officer", region="620902").get("/v1/premises")).json()["items"]
    assert [(p["division_code"], p["uscc"]) for p in seen] == [("620902", make_uscc(1))]


OLD_AND_NEW = "XK|XK16-204-00001|2011-03-01|2016-02-29|过期;XK|XK16-204-00001|2016-03-01|2021-02-28|吊销;CCC|2019010101123456|2019-01-01||有效"


async def test_licences_with_renewals_and_ends(platform, registrar):
    await send(registrar, sheet(row(1, licences=OLD_AND_NEW)))
    firm = (await registrar.get("/v1/enterprises")).json()["items"][0]["id"]

    async def on(day):
        items = (await registrar.get(f"/v1/enterprises/{firm}/licences", params={"on": day})).json()["items"]
        return [item["status"] for item in items]

    assert await on("2015-01-01") == ["未生效", "有效", "未生效"]
    assert await on("2020-01-01") == ["有效", "过期", "吊销"]
    assert [(f.number, f.status) for f in await platform.facts(facts.LicenceRevoked)] == [("XK16-204-00001", "吊销")]
    assert counts((await send(registrar, sheet(row(1, licences=OLD_AND_NEW))))[1]) == [1, 0, 0, 1, 0]
    cancelled = sheet(row(1, licences=OLD_AND_NEW.replace("||有效", "|2025-12-31|注销")))
    assert counts((await send(registrar, cancelled))[1]) == [1, 0, 1, 0, 0]
    assert len(await platform.facts(facts.LicenceRevoked)) == 2
    revived = sheet(row(1, licences=OLD_AND_NEW.replace("吊销", "有效")))
    assert [p["code"] for p in (await send(registrar, revived))[1]["problems"]] == [
        "licence_status",
    ]


async def test_a_number_of_another_firm_is_refused(registrar):
    assert [(p["row"], p["code"]) for p in (await send(registrar, sheet(row(1), row(2))))[1]["problems"]] == [(3, "licence_number_taken")]
    assert [(p["row"], p["code"]) for p in (await send(registrar, sheet(row(3))))[1]["problems"]] == [(2, "licence_number_taken")]


async def test_workbooks_and_other_encodings_are_read(registrar):
    cells: list = row(1).split(",")
    cells[7] = 19900000002  # Excel keeps a telephone as a number
    assert counts((await send(registrar, workbook(HEADING.split(","), cells), XLSX))[1]) == [1, 1, 0, 0, 0]
    chinese = "统一社会信用代码,名称,类型,行政区划代码,地址,登记状态\n" + f"{make_uscc(2)},兰州荻川商行,经营企业,620102,1号,存续"
    for body in (chinese.encode("gb18030"), b"\xef\xbb\xbf" + chinese.encode()):
        assert counts((await send(registrar, body))[1])[0] == 1
    assert counts((await send(registrar, chinese.encode()))[1]) == [1, 0, 0, 1, 0]


async def test_an_import_with_a_key_is_answered_again_and_not_done_again(platform, registrar):
    heads = CSV | {"Idempotency-Key": "k"}
    first, again = await send(registrar, sheet(row(1)), heads), await send(registrar, sheet(row(1)), heads)
    assert first == again and counts(first[1]) == [1, 1, 0, 0, 0]

"""Bad input gets its own code and pointer, and nothing is stored."""

import io
import time
import zipfile
from functools import lru_cache

import pytest
import xlsxwriter
from samples import HEADING, enterprise, laboratory, make_uscc, row, sheet

CSV = "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FORM = [
    ({"uscc": "91620102MA700000XF"}, 422, "uscc_check", "/uscc"),
    ({"uscc": "9162010"}, 422, "uscc_format", "/uscc"),
    ({"uscc": "\uff1991620102MA700000XE"[:18]}, 422, "uscc_format", "/uscc"),
    ({"uscc": 91620102}, 422, "field_type", "/uscc"),
    ({"uscc": True}, 422, "field_type", "/uscc"),
    ({"name": ""}, 422, "text_empty", "/name"),
    ({"name": "甲\u202e乙"}, 422, "text_control", "/name"),
    ({"name": "甲\n乙"}, 422, "text_control", "/name"),
    ({"name": "甲" * 301}, 422, "text_length", "/name"),
    ({"name": None}, 422, "field_type", "/name"),
    ({"kind": "工厂"}, 422, "value_unknown", "/kind"),
    ({"status": "在营"}, 422, "value_unknown", "/status"),
    ({"size": "巨"}, 422, "value_unknown", "/size"),
    ({"risk_grade": "E"}, 422, "value_unknown", "/risk_grade"),
    ({"division_code": "62010"}, 422, "format", "/division_code"),
    ({"division_code": 620102}, 422, "field_type", "/division_code"),
    ({"division_code": "620199"}, 422, "division_unknown", "/division_code"),
    ({"division_code": "620824"}, 422, "division_unknown", "/division_code"),
    ({"division_code": "620103"}, 409, "division_not_own", None),
    ({"products": ["fr"]}, 422, "format", "/products/0"),
    ({"products": ["FR-01"] * 201}, 422, "list_length", "/products"),
    ({"contact": {"phone": "138****0000"}}, 422, "phone_format", "/contact/phone"),
    ({"contact": {"id_card": "1"}}, 422, "field_unknown", "/contact/id_card"),
    ({"premises": [{"division_code": "110101", "address": "x"}]}, 422, "division_unknown", "/division_code"),
    ({"more": 1}, 422, "field_unknown", "/more"),
]


@pytest.mark.parametrize(("changes", "status", "code", "pointer"), FORM)
async def test_bad_forms(platform, registrar, changes, status, code, pointer):
    answer = await registrar.post("/v1/enterprises", json=enterprise(**changes))
    found = answer.json()
    assert (answer.status_code, found["code"], found.get("pointer")) == (status, code, pointer)
    assert answer.headers["content-type"] == "application/problem+json"
    assert await platform.rows("SELECT 1 FROM enterprise_identity") == await platform.rows("SELECT 1 FROM outbox") == []


CELLS = [
    ({"uscc": ""}, "uscc", "cell_empty"),
    ({"uscc": "91620102MA700000XF"}, "uscc", "uscc_check"),
    ({"uscc": make_uscc(1, classes="94")}, "uscc", "uscc_class"),
    ({"uscc": make_uscc(1, division="990102")}, "uscc", "uscc_division"),
    ({"name": '"=HYPERLINK(""http://x"")"'}, "name", "text_formula"),
    ({"name": "甲\u200b乙"}, "name", "text_control"),
    ({"name": "甲" * 201}, "name", "text_length"),
    ({"kind": "工厂"}, "kind", "value_unknown"),
    ({"status": "在营"}, "status", "value_unknown"),
    ({"size": "巨"}, "size", "value_unknown"),
    ({"division_code": "620199"}, "division_code", "division_unknown"),
    ({"premises_division_code": "620102;110101"}, "premises_division_code", "division_unknown"),
    ({"premises_division_code": ";".join(f"{n:06}" for n in range(21))}, "premises_division_code", "list_length"),
    ({"phone": "1_3800000000"}, "phone", "phone_format"),
    ({"products": "FR-01;x"}, "products", "product_code"),
    ({"licences": "SC"}, "licences", "licence_format"),
    ({"licences": "营业执照|1|2020-01-01"}, "licences", "licence_kind"),
    ({"licences": "SC|SC10162010200019|2020-01-01||有效"}, "licences", "licence_number"),
    ({"licences": "SC|SC10162010200018|2020-02-30||有效"}, "licences", "date_format"),
    ({"licences": "SC|SC10162010200018|2020/02/03||有效"}, "licences", "date_format"),
    ({"licences": "SC|SC10162010200018|2099-01-01||有效"}, "licences", "date_future"),
    ({"licences": "SC|SC10162010200018|2020-01-01|2019-01-01|有效"}, "licences", "date_order"),
    ({"licences": "SC|SC10162010200018|2020-01-01||好"}, "licences", "value_unknown"),
    ({"licences": "SC|SC10162010200018|2020-01-01||过期"}, "licences", "licence_format"),
    ({"licences": "SC|SC10162010200018|2020-01-01;SC|SC10162010200018|2020-01-01|2022-01-01"}, "licences", "licence_repeated"),
]


async def upload(client, body, media):
    return await client.post("/v1/enterprises:import", content=body, headers={"Content-Type": media})


@pytest.mark.parametrize(("changes", "column", "code"), CELLS)
async def test_bad_cells(platform, registrar, changes, column, code):
    answer = (await upload(registrar, sheet(row(1, **changes)), CSV)).json()
    assert [(p["row"], p["column"], p["code"]) for p in answer["problems"]] == [(2, column, code)]
    assert (answer["created"], answer["rejected"]) == (0, 1)
    assert await platform.rows("SELECT 1 FROM enterprise_identity") == await platform.rows("SELECT 1 FROM outbox") == []


async def test_the_same_uscc_twice_in_a_sheet(registrar):
    answer = (await upload(registrar, sheet(row(1, licences=""), row(1, licences="", name="另一个名字")), CSV)).json()
    assert [(p["row"], p["column"], p["code"]) for p in answer["problems"]] == [(3, "uscc", "uscc_repeated")]


@lru_cache
def bomb(name: str = "xl/worksheets/sheet1.xml", size: int = 1 << 30) -> bytes:
    """A small workbook whose sheet unpacks to a gigabyte."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        book.add_worksheet().write(0, 0, "uscc")
    packed = io.BytesIO()
    with zipfile.ZipFile(out) as source, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as target:
        for entry in source.infolist():
            if entry.filename != name:
                target.writestr(entry, source.read(entry.filename))
        with target.open(name, "w") as sink:
            sink.write(b"<worksheet><sheetData>")
            for _ in range(size >> 20):
                sink.write(b" " * (1 << 20))
    return packed.getvalue()


def lying_bomb() -> bytes:
    """The same, but the zip's directory says that it is small."""
    body, size = bytearray(bomb()), (1 << 30) + len(b"<worksheet><sheetData>")
    true = size.to_bytes(4, "little")
    place = body.rfind(true)
    while place >= 0:
        body[place : place + 4] = (1000).to_bytes(4, "little")
        place = body.rfind(true)
    return bytes(body)


def far_cell() -> bytes:
    """A few bytes that name the last cell of the largest possible sheet."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        page = book.add_worksheet()
        page.write(0, 0, "uscc")
        page.write(1048575, 16383, "x")
    return out.getvalue()


SHEETS = [
    (b"", CSV, 422, "sheet_empty"),
    (b"uscc,name\n", CSV, 422, "column_missing"),
    ((HEADING + ",secret\n").encode(), CSV, 422, "column_unknown"),
    ((HEADING + ",name\n").encode(), CSV, 422, "column_repeated"),
    (b"a\x00b", CSV, 400, "sheet_unreadable"),
    (b"\xff\xfe\xff", CSV, 400, "sheet_unreadable"),
    ((HEADING + '\n"x').encode(), CSV, 400, "sheet_unreadable"),
    ((HEADING + "\n" + "x" * 20_000).encode(), CSV, 400, "sheet_unreadable"),
    ((HEADING + "\nx" * 50_001).encode(), CSV, 413, "rows_too_many"),
    (b"x" * (16 * 1024 * 1024 + 1), CSV, 413, "body_too_large"),
    (b"PK\x03\x04 not a zip", XLSX, 400, "sheet_unreadable"),
    (b"", XLSX, 400, "sheet_unreadable"),
    (sheet(row(1)), XLSX, 400, "sheet_unreadable"),
    (b"{}", "application/json", 415, "media_type"),
    (b"x", "text/plain", 415, "media_type"),
    (b"x", "multipart/form-data; boundary=x", 415, "media_type"),
]


@pytest.mark.parametrize(("body", "media", "status", "code"), SHEETS)
async def test_bad_sheets(platform, registrar, body, media, status, code):
    answer = await upload(registrar, body, media)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert await platform.rows("SELECT 1 FROM enterprise_identity") == []


@pytest.mark.parametrize("make", [bomb, lying_bomb, far_cell])
async def test_hostile_workbooks_are_refused_quickly(registrar, make):
    body = make()
    started = time.monotonic()
    answer = await upload(registrar, body, XLSX)
    assert answer.json()["code"] in ("workbook_too_large", "sheet_unreadable") and answer.status_code in (400, 413)
    assert make is not bomb or answer.json()["code"] == "workbook_too_large"
    assert time.monotonic() - started < 10


LABS = [
    ({"certificates": [{"cma_no": "18", "valid_from": "2018-05-10", "valid_to": "2024-05-09"}]}, "cma_number"),
    ({"certificates": [{"cma_no": "182800340101", "valid_from": "2018-05-10", "valid_to": "2018-01-01"}]}, "date_order"),
    ({"certificates": [{"cma_no": "182800340101", "valid_from": "2018-05-10", "valid_to": "2024-05-09"}] * 2}, "certificate_repeated"),
    ({"division_code": "110101"}, "division_unknown"),
    ({"scope": [{"item": "铅"}]}, "field_missing"),
    ({"report_prefix": "低"}, "format"),
]


@pytest.mark.parametrize(("changes", "code"), LABS)
async def test_bad_laboratories(platform, province, changes, code):
    answer = await province.put("/v1/labs/L01", json=laboratory(**changes))
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert await platform.rows("SELECT 1 FROM laboratory") == []


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/v1/enterprises?q=陇", "query_short"), ("/v1/enterprises?q=%01%01", "text_control"), ("/v1/enterprises?q=" + "陇" * 61, "text_length"),
        ("/v1/enterprises?region=6", "format"), ("/v1/enterprises?status=x", "value_unknown"), ("/v1/enterprises?page_token=WyI2MiJd", "page_token"),
        ("/v1/enterprises/x", "uuid_format"), ("/v1/enterprises:resolve", "field_missing"), ("/v1/labs/l-1", "format"),
        ("/v1/divisions?on=2021-2-3", "date_format"), ("/v1/labs?page_token=WyJcdTAwMDAiXQ", "page_token"),
    ],
)  # fmt: skip
async def test_bad_questions(platform, path, code):
    answer = await platform.client("o", "officer", region="62").get(path)
    assert (answer.status_code, answer.json()["code"]) == (422, code)

"""The sheet of results: in by the same rules as the push, every problem at its cell, out again as it came; files of reports."""

import csv
import hashlib
import io
import zipfile

import pytest
import python_calamine
import xlsxwriter
from longzhi.sampling.v1.events_pb2 import ReportAccepted
from sampling_cases import failed_report, report

from sampling.rules.sheets import COLUMNS, HEAD_FIELDS, ITEM_FIELDS, NATIONAL, NEEDED, NEEDED_HEAD, read_reports

XLSX = {"Content-Type": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
CSV = {"Content-Type": "text/csv"}


def rows_of(pushed, **extra):
    """A pushed report as rows of the sheet: its own columns in the first row only."""
    head = {column: pushed.get(name) or "" for column, name in HEAD_FIELDS.items()} | {"主检": ";".join(pushed["tested_by"])}
    if pushed.get("file"):
        head |= {"报告文件名": pushed["file"]["name"], "报告文件SHA-256": pushed["file"]["sha256"]}
    rows = []
    for place, item in enumerate(pushed["items"]):
        row = {column: item[name] or "" for column, name in ITEM_FIELDS.items()}
        row |= {"抽样单编号": pushed["sample_no"], "报告书编号": pushed["report_no"], "样品名称": "刨花板"} | (head if place == 0 else {})
        rows.append(row | (extra if place == 0 else {}))
    return rows


def workbook(rows, columns=COLUMNS, title="检验结果"):
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        page = book.add_worksheet(title)
        page.write_row(0, 0, columns)
        for number, row in enumerate(rows, start=1):
            for place, column in enumerate(columns):
                page.write_string(number, place, row.get(column, ""))
    return out.getvalue()


async def send(batch, body, heads=XLSX, lab="L01", **params):
    return await batch.lab(lab).post("/v1/reports:import", content=body, headers=heads, params=params)


def cells(answer):
    return {(p["row"], p["column"], p["code"]) for p in answer["problems"]}


def test_the_sheet_is_the_national_one_with_the_sample_and_then_the_report():
    assert NATIONAL == (
        "抽样单编号", "报告书编号", "检验项目", "检验结果", "结果单位", "结果判定", "检验依据", "判定依据", "最小允许限", "最大允许限", "允许限单位",
        "方法检出限", "检出限单位", "说明", "监督抽检报告备注", "风险监测报告备注", "样品名称",
    )  # fmt: skip
    assert len(COLUMNS) == len(set(COLUMNS)) == 33


async def test_a_sheet_of_reports_goes_in_like_a_push(platform, batch):
    one, two = await batch.received(), await batch.received()
    good, bad = report(one["sample_no"], "N-1"), failed_report(two["sample_no"], "N-2")
    rows = rows_of(good, 说明="平行样均值", 监督抽检报告备注="复核") + rows_of(bad)
    answer = await send(batch, workbook(rows))
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert (found["accepted"], found["rejected"], found["problems"], found["dry_run"]) == (2, 0, [], False)
    assert [f.verdict for f in await platform.facts(ReportAccepted)] == ["合格", "不合格"]
    pushed = (await batch.push(good, bad)).json()
    assert pushed["unchanged"] == 2, "the sheet and the push mean the same report, byte for byte"
    again = (await send(batch, workbook(rows))).json()
    assert again["unchanged"] == 2 and len(await platform.facts(ReportAccepted)) == 2
    remarks = await platform.rows("SELECT position, note, supervision, laboratory_code FROM report_remark")
    assert remarks == [{"position": 1, "note": "平行样均值", "supervision": "复核", "laboratory_code": "L01"}]


async def test_what_goes_out_can_come_in_again(batch):
    sample = await batch.received()
    await send(batch, workbook(rows_of(report(sample["sample_no"], "N-1"), 说明="甲", 风险监测报告备注="乙")))
    answer = await batch.lab().get("/v1/reports:export")
    assert answer.status_code == 200 and answer.headers["content-type"] == XLSX["Content-Type"]
    page = python_calamine.load_workbook(io.BytesIO(answer.content)).get_sheet_by_index(0).to_python()
    assert page[0] == list(COLUMNS) and len(page) == 3
    row = dict(zip(page[0], page[1], strict=True))
    assert (row["样品名称"], row["检验结果"], row["结论"], row["说明"], row["风险监测报告备注"]) == ("刨花板", "0.10", "合格", "甲", "乙")
    back = (await send(batch, answer.content)).json()
    assert (back["unchanged"], back["problems"]) == (1, [])
    county = python_calamine.load_workbook(io.BytesIO((await batch.officer().get("/v1/reports:export", params={"verdict": "合格"})).content))
    assert len(county.get_sheet_by_index(0).to_python()) == 3
    none = python_calamine.load_workbook(io.BytesIO((await batch.officer("620103").get("/v1/reports:export")).content))
    assert len(none.get_sheet_by_index(0).to_python()) == 1


async def test_problems_of_the_judgement_stand_at_their_cells_and_good_reports_go_in(batch):
    good, wrong = await batch.received(), await batch.received()
    bad = report(wrong["sample_no"], "N-2", approved_by="审核员乙")
    bad["items"][0] |= {"result": "0.21", "method": "GB 1"}
    bad["items"][1] |= {"result": "8,2"}
    rows = rows_of(report(good["sample_no"], "N-1")) + rows_of(bad) + rows_of(report("SCP99999999A00100001", "N-3"))
    found = (await send(batch, workbook(rows))).json()
    assert [(r["report_no"], r["status"]) for r in found["results"]] == [("N-1", "accepted"), ("N-2", "rejected"), ("N-3", "rejected")]
    assert cells(found) == {
        (4, "批准", "signatories_distinct"), (4, "检验依据", "method_unknown"), (4, "检验依据", "cma_scope"), (4, "结果判定", "judgement_mismatch"),
        (5, "检验结果", "result_grammar"), (6, "抽样单编号", "sample_unknown"),
    }  # fmt: skip
    assert {p["sheet"] for p in found["problems"]} == {"检验结果"} and {p["report_no"] for p in found["problems"]} == {"N-2", "N-3"}


@pytest.mark.parametrize(
    ("row", "column", "text", "code"),
    [
        (2, "检验结果", "", "cell_empty"), (3, "检验项目", "", "cell_empty"), (2, "签发日期", "", "cell_empty"), (2, "主检", "", "cell_empty"),
        (2, "收样日期", "2021/2/3", "date_format"), (2, "签发日期", "2021-02-30", "date_format"), (2, "签发日期", "44237", "date_format"),
        (3, "签发日期", "2021-02-11", "head_differs"), (3, "结论", "不合格", "head_differs"), (2, "检验项目", "=A1", "text_formula"),
        (2, "说明", "@x", "text_formula"), (3, "检验结果", "8.2\u202e", "text_control"), (2, "检验结论", "长" * 4001, "text_length"),
        (2, "抽样单编号", "", "cell_empty"), (3, "报告书编号", "", "cell_empty"),
    ],
)  # fmt: skip
async def test_a_wrong_cell_refuses_its_report_before_any_judgement(platform, batch, row, column, text, code):
    sample = await batch.received()
    rows = rows_of(report(sample["sample_no"], "N-1"))
    rows[row - 2][column] = text
    found = (await send(batch, workbook(rows))).json()
    assert (row, column, code) in cells(found), found
    assert found["accepted"] == 0 and await platform.rows("SELECT 1 FROM report") == []


async def test_a_dry_run_and_a_spoilt_atomic_sheet_store_nothing(platform, batch):
    sample = await batch.received()
    rows = rows_of(report(sample["sample_no"], "N-1"))
    dry = (await send(batch, workbook(rows), dry_run="true")).json()
    assert (dry["accepted"], dry["dry_run"], dry["receipt"], dry["batch_id"]) == (1, True, None, None)
    spoilt = [*rows, rows_of(report("SCP99999999A00100001", "N-9"))[0] | {"检验结果": ""}]
    atomic = (await send(batch, workbook(spoilt), mode="atomic")).json()
    assert atomic["accepted"] == 0 and (2, "报告书编号", "batch_rejected") in cells(atomic)
    assert await platform.rows("SELECT 1 FROM report") == await platform.rows("SELECT 1 FROM push_batch") == []
    part = (await send(batch, workbook(spoilt), mode="partial")).json()
    assert (part["accepted"], part["rejected"]) == (1, 1) and [r["problems"][0]["code"] for r in part["results"][1:]] == ["sheet_row"]


async def test_a_sheet_may_be_csv_with_columns_in_any_order(batch):
    sample = await batch.received()
    columns = list(reversed(COLUMNS))
    rows = rows_of(report(sample["sample_no"], "N-1"))
    out = io.StringIO()
    csv.writer(out).writerows([columns, *([row.get(column, "") for column in columns] for row in rows)])
    found = (await send(batch, out.getvalue().encode("gb18030"), CSV)).json()
    assert found["accepted"] == 1, found


def zipped(**files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, body in files.items():
            packed.writestr(name.replace("_", "/"), body)
    return out.getvalue()


@pytest.mark.parametrize(
    ("make", "status", "code"),
    [
        (lambda: b"PK\x03\x04 no zip", 400, "sheet_unreadable"),
        (lambda: zipped(xl_workbook=b"\0" * 250_000_000), 413, "workbook_too_large"),
        (lambda: workbook([]), 200, None),
        (lambda: workbook([], columns=[*COLUMNS, "奇怪"]), 422, "column_unknown"),
        (lambda: workbook([], columns=[*COLUMNS, "检验项目"]), 422, "column_repeated"),
        (lambda: workbook([], columns=[c for c in COLUMNS if c != "签发日期"]), 422, "column_missing"),
    ],
    ids=["no zip", "bomb", "empty", "unknown", "repeated", "missing"],
)
async def test_a_sheet_that_is_none_is_refused_whole(batch, make, status, code):
    answer = await send(batch, make())
    assert (answer.status_code, answer.json().get("code")) == (status, code), answer.text


def test_more_cells_than_columns_and_too_many_reports_are_told():
    row = {"抽样单编号": "S", "报告书编号": "R1", "检验项目": "甲", "检验结果": "1", "结果判定": "合格项", "检验依据": "M"}
    heading = list(dict.fromkeys([*NEEDED, *NEEDED_HEAD]))
    found, lost = read_reports([heading, [*(row.get(column, "x") for column in heading), "more"]])
    assert lost == [] and "row_cells" in {fault.code for fault in found[0].faults}
    many = [heading] + [[(row | {"报告书编号": f"R{n}"}).get(column, "x") for column in heading] for n in range(1001)]
    with pytest.raises(Exception, match="batch_too_large"):
        read_reports(many)
    with pytest.raises(Exception, match="sheet_empty"):
        read_reports([])


async def test_only_a_laboratory_imports_and_only_sheets(batch):
    assert (await batch.officer().post("/v1/reports:import", content=workbook([]), headers=XLSX)).status_code == 403
    bureau = batch.platform.client("x", "laboratory", region="620102")
    assert (await bureau.post("/v1/reports:import", content=workbook([]), headers=XLSX)).json()["code"] == "laboratory_only"
    assert (await batch.lab().post("/v1/reports:import", json={})).json()["code"] == "media_type"


async def test_the_template_is_the_sheet_with_its_lists_and_takes_a_report(batch):
    answer = await batch.lab().get("/v1/reports/template")
    book = python_calamine.load_workbook(io.BytesIO(answer.content))
    assert book.sheet_names == ["检验结果", "代码表", "填写说明"]
    heading = book.get_sheet_by_index(0).to_python()[0]
    assert [name.replace("*", "") for name in heading] == list(COLUMNS) and heading[0] == "抽样单编号*" and "说明" in heading
    lists = {row[0]: [cell for cell in row[1:] if cell] for row in book.get_sheet_by_name("代码表").to_python()}
    assert "24小时限时报告" in lists["报告分类"] and lists["结果判定"] == ["合格项", "不合格项", "问题项", "未检验"]
    sheet = zipfile.ZipFile(io.BytesIO(answer.content)).read("xl/worksheets/sheet1.xml").decode()
    assert sheet.count("<dataValidation ") == len(lists)
    sample = await batch.received()
    filled = workbook([{f"{k}*": v for k, v in row.items()} | row for row in rows_of(report(sample["sample_no"], "N-1"))], columns=heading)
    assert (await send(batch, filled)).json()["accepted"] == 1


# ---- files of reports ----

PDF = b"%PDF-1.7\nreport\n%%EOF"


async def put_file(client, report_id, body, media="application/pdf"):
    return await client.post(f"/v1/reports/{report_id}/file", content=body, headers={"Content-Type": media})


async def with_file(batch, body=PDF):
    sample = await batch.received()
    file = {"sha256": hashlib.sha256(body).hexdigest(), "name": "报告.pdf"} if body else None
    done = (await batch.push(report(sample["sample_no"], "NF-1", file=file))).json()
    return done["results"][0]["report_id"]


async def test_a_reports_file_is_kept_when_it_is_what_the_report_declared(platform, batch):
    report_id = await with_file(batch)
    url = f"/v1/reports/{report_id}/file"
    assert (await batch.lab().get(url)).status_code == 404, "not there yet"
    kept = await put_file(batch.lab(), report_id, PDF)
    assert kept.status_code == 201 and kept.json()["media"] == "application/pdf" and kept.json()["size"] == len(PDF), kept.text
    assert (await put_file(batch.lab(), report_id, PDF)).status_code == 201
    assert len(await platform.rows("SELECT 1 FROM audit_entry WHERE act = 'report.file'")) == 1
    for client in (batch.lab(), batch.officer(), batch.officer("62")):
        shown = await client.get(url)
        assert (shown.content, shown.headers["content-type"]) == (PDF, "application/pdf")
    assert (await batch.officer("620103").get(url)).status_code == 404
    assert (await batch.lab("L02").get(url)).status_code == 404


@pytest.mark.parametrize(
    ("declared", "sent", "media", "status", "code"),
    [
        (PDF, PDF + b" ", "application/pdf", 422, "file_hash"),
        (b"MZ", b"MZ", "application/pdf", 422, "file_type"),
        (b"", PDF, "application/pdf", 422, "file_undeclared"),
        (PDF, PDF, "text/html", 415, "media_type"),
    ],
)
async def test_another_file_is_refused(batch, declared, sent, media, status, code):
    report_id = await with_file(batch, declared)
    answer = await put_file(batch.lab(), report_id, sent, media)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_only_its_own_laboratory_sends_a_reports_file(batch):
    report_id = await with_file(batch)
    assert (await put_file(batch.lab("L02"), report_id, PDF)).status_code == 404
    assert (await put_file(batch.officer(), report_id, PDF)).status_code == 403
    bureau = batch.platform.client("x", "laboratory", region="620102")
    assert (await put_file(bureau, report_id, PDF)).json()["code"] == "laboratory_only"

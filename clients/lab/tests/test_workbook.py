"""The sheet: template out, reports in, each problem at its cell, rejected rows back to be mended; the platform's own columns."""

import csv
from datetime import date

import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook

from longzhi_lab import SourceError, read_source
from longzhi_lab.columns import CHOICES, COLUMNS, HEAD_COLUMNS, SHEET
from longzhi_lab.mending import free_name, write_mending
from longzhi_lab.outcome import Outcome, Problem, Result
from longzhi_lab.sheets import write_template
from longzhi_lab.source import locate
from sampling.rules import sheets as platform

SAMPLE, NUMBER = "SCP21620100A00100042", "GSZJ-2021-000123"
ITEM = {
    "抽样单编号": SAMPLE, "报告书编号": NUMBER, "检验项目": "甲醛释放量", "检验结果": "0.021", "结果单位": "mg/m³", "结果判定": "合格项",
    "检验依据": "GB/T 17657-2013 4.60", "判定依据": "GB 18580-2017", "最小允许限": "/", "最大允许限": "0.124", "允许限单位": "mg/m³",
    "方法检出限": "0.01", "检出限单位": "mg/m³", "样品名称": "细木工板",
}  # fmt: skip
FIRST = ITEM | {
    "报告分类": "合格报告", "资质认定证书编号": "182800340123", "收样日期": "2021-04-19", "检验开始日期": date(2021, 4, 20),
    "检验结束日期": "2021-04-28", "签发日期": "2021-04-30", "主检": "检验员甲、检验员丁", "审核": "审核员乙", "批准": "签字人丙", "结论": "合格",
    "检验结论": "符合", "封条状态": "完好", "样品状态": "符合", "替代报告编号": "/", "报告文件名": "a.pdf", "报告文件SHA-256": "ab" * 32,
}  # fmt: skip
OTHER = FIRST | {"报告书编号": "GSZJ-2021-000124", "抽样单编号": "SCP2", "替代报告编号": "GSZJ-2021-000120", "报告文件名": "", "报告文件SHA-256": ""}


def write(path, rows, *, name=SHEET, above=0, star=""):
    with xlsxwriter.Workbook(str(path), {"default_date_format": "yyyy-mm-dd"}) as book:
        sheet = book.add_worksheet(name)
        headers = [column.header for column in COLUMNS]
        sheet.write_row(above, 0, [header + star for header in headers])
        for number, row in enumerate(rows, start=above + 1):
            for header, value in row.items():
                sheet.write(number, headers.index(header), value)
    return path


def test_the_columns_are_the_platforms():
    assert tuple(column.header for column in COLUMNS) == platform.COLUMNS
    assert {column.header for column in COLUMNS if column.needed} == {*platform.NEEDED, *platform.NEEDED_HEAD}
    fields = {column.header: column.field.replace("/", "_") for column in COLUMNS if column.field}
    assert fields == platform.HEAD_FIELDS | platform.ITEM_FIELDS | {"抽样单编号": "sample_no", "报告书编号": "report_no"}
    assert all(set(values) <= set(platform.LISTS[header]) for header, values in CHOICES.items())


def test_a_sheet_becomes_the_reports_of_the_push(tmp_path):
    source = read_source(write(tmp_path / "a.xlsx", [FIRST, OTHER, ITEM | {"检验项目": "密度", "检验结果": 0.5, "最大允许限": ""}]))
    first, second = source.reports
    item = {
        "item": "甲醛释放量", "result": "0.021", "unit": "mg/m³", "judgement": "合格项", "method": "GB/T 17657-2013 4.60",
        "limit_source": "GB 18580-2017", "min": "/", "max": "0.124", "limit_unit": "mg/m³", "lod": "0.01", "lod_unit": "mg/m³",
    }  # fmt: skip
    assert first == {
        "sample_no": SAMPLE, "report_no": NUMBER, "report_class": "合格报告", "cma_no": "182800340123", "received_on": "2021-04-19",
        "tested_from": "2021-04-20", "tested_to": "2021-04-28", "issued_on": "2021-04-30", "tested_by": ["检验员甲", "检验员丁"],
        "reviewed_by": "审核员乙", "approved_by": "签字人丙", "conclusion": "符合", "verdict": "合格", "seal_state": "完好", "sample_state": "符合",
        "file": {"name": "a.pdf", "sha256": "ab" * 32},
        "items": [item, {name: text for name, text in item.items() if name != "max"} | {"item": "密度", "result": "0.5"}],
    }  # fmt: skip
    assert (second["replaces"], len(second["items"]), "file" in second) == ("GSZJ-2021-000120", 1, False)
    assert source.sound == [0, 1]
    assert "1 个检验结果是数值单元格" in source.notes[0][0]


def test_a_sheet_says_the_same_here_and_uploaded_to_the_platform(tmp_path):
    """One content either way, so that what went in by one way is `unchanged` by the other."""
    rows = [FIRST | {"检验开始日期": "2021-04-20", "替代报告编号": ""}, ITEM | {"检验项目": "密度"}, OTHER | {"检验开始日期": "2021-04-20"}]
    source = read_source(write(tmp_path / "a.xlsx", rows))
    headers = [column.header for column in COLUMNS]
    uploaded, lost = platform.read_reports([headers, *([str(row.get(header, "")) for header in headers] for row in rows)])
    assert lost == []
    assert [report.body() for report in uploaded] == list(source.reports)


PLACES = [
    ("/items/0/result", "检验结果!D2(检验结果)"), ("/items/1/max", "检验结果!J3(最大允许限)"), ("/items/1", "检验结果!C3(检验项目)"),
    ("/issued_on", "检验结果!W2(签发日期)"), ("/tested_by/1", "检验结果!X2(主检)"), ("/file/sha256", "检验结果!AG2(报告文件SHA-256)"),
    ("/file", "检验结果!AF2(报告文件名)"), ("", "检验结果!B2(报告书编号)"), ("/items", "检验结果!C2(检验项目)"),
    ("/items/9/max", "检验结果!C2(检验项目)"),
]  # fmt: skip


@pytest.mark.parametrize(("pointer", "place"), PLACES)
def test_a_pointer_is_a_cell(tmp_path, pointer, place):
    source = read_source(write(tmp_path / "a.xlsx", [FIRST, ITEM]))
    found = locate(source, Result(0, NUMBER, "rejected", problems=(Problem("x", pointer, "问题"),)))
    assert found.problems[0].place == place


def test_rows_are_numbered_as_excel_shows_them_below_a_title_and_stars_do_not_matter(tmp_path):
    source = read_source(write(tmp_path / "a.xlsx", [FIRST], above=3, star="*"))
    assert source.origins[0].rows[0].number == 5


def test_rows_that_contradict_their_report_or_name_none_are_not_sent(tmp_path):
    rows = [FIRST, ITEM | {"结论": "不合格"}, ITEM | {"报告书编号": ""}]
    source = read_source(write(tmp_path / "a.xlsx", rows))
    assert [(f.report_no, f.problems[0].code, f.problems[0].place) for f in source.faults] == [
        (NUMBER, "head_differs", "检验结果!AA3(结论)"), (None, "cell_empty", "检验结果!B4(报告书编号)"),
    ]  # fmt: skip
    assert source.sound == []


def test_a_sheet_without_the_needed_columns_is_told(tmp_path):
    with xlsxwriter.Workbook(str(tmp_path / "a.xlsx")) as book:
        book.add_worksheet("别的").write_row(0, 0, [column.header for column in COLUMNS if column.header not in ("批准", "检验结果")])
    with pytest.raises(SourceError, match=r"工作表「别的」缺少列:检验结果、批准"):
        read_source(tmp_path / "a.xlsx")


@pytest.mark.parametrize("content", [b"", b"not a workbook", b"PK\x03\x04 broken"])
def test_what_is_no_workbook_is_told(tmp_path, content):
    (tmp_path / "a.xlsx").write_bytes(content)
    with pytest.raises(SourceError):
        read_source(tmp_path / "a.xlsx")


@pytest.mark.parametrize("content", ["", "[", "{}", '{"reports": 5}', "[]", "NaN", '[{"a": NaN}]', "7"])
def test_what_holds_no_reports_is_told(tmp_path, content):
    (tmp_path / "a.json").write_text(content)
    with pytest.raises(SourceError):
        read_source(tmp_path / "a.json")


def test_the_template_has_every_column_and_takes_no_report(tmp_path):
    write_template(tmp_path / "t.xlsx")
    book = CalamineWorkbook.from_path(str(tmp_path / "t.xlsx"))
    assert book.get_sheet_by_name(SHEET).to_python()[0] == [column.header for column in COLUMNS]
    assert len(COLUMNS) - len(HEAD_COLUMNS) == 17
    with pytest.raises(SourceError, match="没有报告"):
        read_source(tmp_path / "t.xlsx")


def test_rejected_rows_come_back_as_they_were_with_their_problems(tmp_path):
    source = read_source(write(tmp_path / "a.xlsx", [FIRST, OTHER, OTHER | {"检验项目": "密度", "检验结果": "约5", "说明": "复测"}]))
    problems = (Problem("result_grammar", "/items/1/result", "写法不符"), Problem("cma_expired", "/cma_no", "过期"))
    results = (Result(0, NUMBER, "accepted"), Result(1, "GSZJ-2021-000124", "rejected", problems=problems))
    path, listed = write_mending(source, Outcome(tuple(locate(source, r) for r in results)), "partial")
    assert path.name == "a.rejected.xlsx"
    assert list(read_source(path).reports) == [source.reports[1]]
    rows = CalamineWorkbook.from_path(str(path)).get_sheet_by_name(SHEET).to_python()
    assert ([row[0] for row in rows], "复测" in rows[2]) == (["问题", "过期", "写法不符"], True)
    told = list(csv.reader(listed.read_text("utf-8-sig").splitlines()))
    assert told[1] == ["GSZJ-2021-000124", "检验结果!D4(检验结果)", "/items/1/result", "result_grammar", "写法不符"]


def test_a_file_that_may_be_half_mended_is_never_overwritten(tmp_path):
    names = []
    for _ in range(3):
        names.append(free_name(tmp_path / "a.xlsx", ".xlsx").name)
        (tmp_path / names[-1]).touch()
    assert names == ["a.rejected.xlsx", "a.rejected-2.xlsx", "a.rejected-3.xlsx"]
    assert free_name(tmp_path / "a.rejected-2.xlsx", ".xlsx").name == "a.rejected-4.xlsx"

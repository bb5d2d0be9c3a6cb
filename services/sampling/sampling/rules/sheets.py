"""The laboratories' sheet of results (检验结果导入表): the national 16 columns and the sample's name, then what the report itself has to say.

One row an item. Columns of the report are filled in the first row of each report; in the others they are empty or the same. Rows belong
together by 抽样单编号 and 报告书编号. The sheet is only another way to write the body of a push: whatever it holds is judged there.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from common.errors import Invalid
from sampling.rules.pushed import MAX_REPORTS
from sampling.rules.report_checks import REPORT_CLASSES

SHEET = "检验结果"
SAMPLE_NO, REPORT_NO, SAMPLE_NAME = "抽样单编号", "报告书编号", "样品名称"
ITEM_FIELDS = {
    "检验项目": "item", "检验结果": "result", "结果单位": "unit", "结果判定": "judgement", "检验依据": "method", "判定依据": "limit_source",
    "最小允许限": "min", "最大允许限": "max", "允许限单位": "limit_unit", "方法检出限": "lod", "检出限单位": "lod_unit",
}  # fmt: skip
NOTE, SUPERVISION, MONITORING = "说明", "监督抽检报告备注", "风险监测报告备注"
HEAD_FIELDS = {
    "报告分类": "report_class", "资质认定证书编号": "cma_no", "收样日期": "received_on", "检验开始日期": "tested_from", "检验结束日期": "tested_to",
    "签发日期": "issued_on", "主检": "tested_by", "审核": "reviewed_by", "批准": "approved_by", "结论": "verdict", "检验结论": "conclusion",
    "封条状态": "seal_state", "样品状态": "sample_state", "替代报告编号": "replaces", "报告文件名": "file_name", "报告文件SHA-256": "file_sha256",
}  # fmt: skip
NATIONAL = (SAMPLE_NO, REPORT_NO, *ITEM_FIELDS, NOTE, SUPERVISION, MONITORING, SAMPLE_NAME)
COLUMNS = (*NATIONAL, *HEAD_FIELDS)
NEEDED = (SAMPLE_NO, REPORT_NO, "检验项目", "检验结果", "结果判定", "检验依据")
NEEDED_HEAD = ("报告分类", "资质认定证书编号", "收样日期", "检验开始日期", "检验结束日期", "签发日期", "主检", "审核", "批准", "结论")
DAYS = ("收样日期", "检验开始日期", "检验结束日期", "签发日期")
LISTS = {
    "结果判定": ("合格项", "不合格项", "问题项", "未检验"),
    "结论": ("合格", "不合格", "严重不合格", "问题"),
    "报告分类": tuple(REPORT_CLASSES),
    "封条状态": ("完好", "破损"),
    "样品状态": ("符合", "不符"),
}
_LONGEST = 4000
_COLUMN_OF = {name: column for column, name in (HEAD_FIELDS | ITEM_FIELDS | {SAMPLE_NO: "sample_no", REPORT_NO: "report_no"}).items()}


@dataclass(frozen=True, slots=True)
class CellFault:
    """One wrong cell: 1-based row of the sheet (the heading is row 1), column, code and words."""

    row: int
    column: str
    code: str
    zh: str
    en: str
    report_no: str = ""


@dataclass(slots=True)
class SheetReport:
    """One report of the sheet: the rows it stands in, its body as a push would write it, and the remarks that a push has no place for."""

    sample_no: str
    report_no: str
    rows: list[int] = field(default_factory=list)
    head: dict[str, str] = field(default_factory=dict)
    items: list[dict[str, str]] = field(default_factory=list)
    remarks: dict[int, tuple[str, str, str]] = field(default_factory=dict)
    faults: list[CellFault] = field(default_factory=list)

    def body(self) -> dict[str, Any]:
        """The report as JSON of the push; empty cells are left out."""
        head = {HEAD_FIELDS[column]: text for column, text in self.head.items() if column not in ("主检", "报告文件名", "报告文件SHA-256")}
        testers = [name.strip() for name in self.head.get("主检", "").replace("、", ";").replace("；", ";").split(";") if name.strip()]
        file = {"name": self.head.get("报告文件名"), "sha256": self.head.get("报告文件SHA-256")}
        body: dict[str, Any] = head | {"sample_no": self.sample_no, "report_no": self.report_no, "tested_by": testers, "items": self.items}
        return body | ({"file": {k: v for k, v in file.items() if v}} if any(file.values()) else {})

    def cell_of(self, pointer: str) -> tuple[int, str]:
        """The cell that a JSON pointer into the report means."""
        parts = pointer.split("/")[1:]
        if parts[:1] == ["items"] and len(parts) > 1 and parts[1].isdigit() and int(parts[1]) < len(self.rows):
            return self.rows[int(parts[1])], _COLUMN_OF.get(parts[2] if len(parts) > 2 else "item", "检验项目")
        name = f"file_{parts[1]}" if len(parts) > 1 and parts[0] == "file" else (parts or [""])[0]
        return self.rows[0], _COLUMN_OF.get(name, "检验项目" if name == "items" else REPORT_NO)


def read_heading(cells: Sequence[str]) -> dict[str, int]:
    """Column → place from the first row, in any order."""
    names = [cell.strip().replace("*", "") for cell in cells]
    while names and not names[-1]:
        names.pop()
    unknown = [name for name in names if name not in COLUMNS]
    if unknown:
        raise Invalid("column_unknown", f"不认识的列:{unknown[0][:40]}", f"unknown column: {unknown[0][:40]}")
    if len(set(names)) != len(names):
        raise Invalid("column_repeated", "列名重复", "a column stands twice")
    missing = [column for column in (*NEEDED, *NEEDED_HEAD) if column not in names]
    if missing:
        raise Invalid("column_missing", f"缺少列:{'、'.join(missing)}", f"missing columns: {', '.join(missing)}")
    return {name: place for place, name in enumerate(names)}


def read_reports(rows: Sequence[Sequence[str]]) -> tuple[list[SheetReport], list[CellFault]]:
    """The reports of a sheet in the order in which they begin; faults of rows that belong to no report."""
    if not rows:
        raise Invalid("sheet_empty", "表格没有内容", "the sheet is empty")
    places = read_heading(rows[0])
    found: dict[tuple[str, str], SheetReport] = {}
    lost: list[CellFault] = []
    for number, cells in enumerate(rows[1:], start=2):
        row = {column: cells[place].strip() if place < len(cells) else "" for column, place in places.items()}
        if not any(cell.strip() for cell in cells):
            continue
        key = (row[SAMPLE_NO], row[REPORT_NO])
        if not all(key):
            lost += [CellFault(number, column, "cell_empty", "不能为空", "must not be empty") for column in key_columns(key)]
            continue
        report = found.setdefault(key, SheetReport(*key))
        report.faults += _take(report, number, row)
        if any(cell.strip() for cell in cells[len(rows[0]) :]):
            report.faults.append(CellFault(number, SAMPLE_NO, "row_cells", "单元格多于列名", "more cells than columns", report.report_no))
    if len(found) > MAX_REPORTS:
        raise Invalid("batch_too_large", f"一次最多 {MAX_REPORTS} 份报告", f"at most {MAX_REPORTS} reports a sheet")
    for report in found.values():
        report.faults += _check_head(report)
    return list(found.values()), lost


def key_columns(key: tuple[str, str]) -> list[str]:
    """The columns of an incomplete key that are empty."""
    return [column for column, text in zip((SAMPLE_NO, REPORT_NO), key, strict=True) if not text]


def _take(report: SheetReport, number: int, row: Mapping[str, str]) -> Iterator[CellFault]:
    """Add one row to its report."""
    report.rows.append(number)
    report.items.append({name: row[column] for column, name in ITEM_FIELDS.items() if row.get(column)})
    for column in NEEDED:
        if not row[column]:
            yield CellFault(number, column, "cell_empty", "不能为空", "must not be empty", report.report_no)
    for column, text in row.items():
        if text and (fault := _text_fault(text)):
            yield CellFault(number, column, *fault, report.report_no)
    for column in HEAD_FIELDS:
        text = row.get(column, "")
        if text and report.head.setdefault(column, text) != text:
            zh, en = f"同一报告的「{column}」前后不一致", "differs from the first row of this report"
            yield CellFault(number, column, "head_differs", zh, en, report.report_no)
    remark = (row.get(NOTE, ""), row.get(SUPERVISION, ""), row.get(MONITORING, ""))
    if any(remark):
        report.remarks[len(report.rows)] = remark


def _text_fault(text: str) -> tuple[str, str, str] | None:
    """What no cell may hold; signs before numbers are no formulas."""
    if not text.replace("\u3000", " ").replace("\n", " ").isprintable():
        return "text_control", "含有控制字符、方向字符或不可见字符", "control, direction or invisible characters"
    if text[0] in "=@":
        return "text_formula", "单元格以 = 或 @ 开头,疑似公式", "the cell looks like a formula"
    if len(text) > _LONGEST:
        return "text_length", "文字过长", "text too long"
    return None


def _check_head(report: SheetReport) -> Iterator[CellFault]:
    first = report.rows[0]
    for column in NEEDED_HEAD:
        if not report.head.get(column):
            yield CellFault(first, column, "cell_empty", "报告的首行须填写", "the first row of a report needs it", report.report_no)
    for column in DAYS:
        text = report.head.get(column, "")
        if text and not _is_day(text):
            yield CellFault(first, column, "date_format", f"日期须写作 YYYY-MM-DD:{text[:20]}", "dates are written YYYY-MM-DD", report.report_no)


def _is_day(text: str) -> bool:
    if len(text) != 10 or not text.isascii():
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True

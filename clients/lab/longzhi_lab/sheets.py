"""Workbooks written here: the template, and rejected reports to be mended and pushed again. Every cell is text, so that Excel changes nothing."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import xlsxwriter

from longzhi_lab.columns import CHOICES, COLUMNS, PROBLEM_COLUMN, SHEET, Column
from longzhi_lab.outcome import Result
from longzhi_lab.workbook import Origin, Row

BLANK_ROWS = 5000
_HELP = (
    ("检验结果", "一行一个检验项目;同一报告各行的抽样单编号、报告书编号相同。前 16 列与国家食品抽检系统的导入表一致,样品名称可不填。"),
    ("报告的各项", "报告分类至报告文件SHA-256填在该报告的首行,其余各行可空。日期写作 2021-04-30;多名主检以 ; 或 、 分隔。"),
    (
        "数值",
        "各列均为文本,请勿改为数值:0.20 与 0.2 不同。可写 0.21、<0.01、未检出、符合、不符合、2.3×10⁴;微生物多份样品写作 10;20;<10;5;未检出。",
    ),
    ("没有的", "最小、最大允许限等没有的,留空或写 /。"),
    ("更正", "在「替代报告编号」写明被替代的报告;结果告知后的更正须先经组织抽查部门批准。"),
    ("上报", "longzhi-lab push 本文件 --dry-run 先试查,再 longzhi-lab push 本文件。"),
)


def write_template(path: Path) -> None:
    """An empty sheet with its code lists as choices, and a page of help (上报模板)."""
    with xlsxwriter.Workbook(str(path), {"strings_to_numbers": False}) as book:
        sheet = _sheet(book, COLUMNS)
        sheet.ignore_errors({"number_stored_as_text": f"A1:AZ{BLANK_ROWS}"})
        for place, column in enumerate(COLUMNS):
            if column.header in CHOICES:
                sheet.data_validation(1, place, BLANK_ROWS, place, {"validate": "list", "source": list(CHOICES[column.header])})
        page = book.add_worksheet("填写说明")
        page.set_column(0, 0, 14)
        page.set_column(1, 1, 120)
        for number, words in enumerate(_HELP):
            page.write_row(number, 0, words)


def write_rejected(path: Path, rejected: Sequence[Result], origins: Sequence[Origin]) -> None:
    """The rows of rejected reports as they were, each with its problems in a column 问题 that is not sent."""
    columns = (Column(PROBLEM_COLUMN, "", False, 60), *COLUMNS)
    with xlsxwriter.Workbook(str(path), {"strings_to_numbers": False, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        sheet = _sheet(book, columns)
        rows = [(row, result, row is origins[result.place].rows[0]) for result in rejected for row in origins[result.place].rows]
        for number, (row, result, first) in enumerate(rows, start=1):
            cells = {**row.cells, PROBLEM_COLUMN: _told(row, result, first=first)}
            for place, column in enumerate(columns):
                if text := cells.get(column.header, ""):
                    sheet.write_string(number, place, text)


def _sheet(book: xlsxwriter.Workbook, columns: Sequence[Column]) -> xlsxwriter.worksheet.Worksheet:
    sheet = book.add_worksheet(SHEET)
    text, bold, needed = (book.add_format(look) for look in _LOOKS)
    for place, column in enumerate(columns):
        sheet.set_column(place, place, column.width, text)
        sheet.write_string(0, place, column.header, needed if column.needed else bold)
    sheet.freeze_panes(1, 2)
    return sheet


_LOOKS: tuple[Mapping[str, object], ...] = ({"num_format": "@"}, {"bold": True}, {"bold": True, "bg_color": "#FFF2CC"})


def _told(row: Row, result: Result, *, first: bool) -> str:
    """The problems whose cell is in this row; the first row of a report also takes what has no cell."""
    return ";".join(p.detail for p in result.problems if _row_of(p.place) == row.number or (first and not p.place))


def _row_of(place: str) -> int:
    """The row of `sheet!D3(column)`."""
    digits = "".join(c for c in place.rpartition("!")[2].partition("(")[0] if c.isdigit())
    return int(digits) if digits else 0

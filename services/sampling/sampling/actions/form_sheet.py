"""The import sheet as a workbook (抽样单导入模板): headings, notes on what each column takes, and drop-down lists."""

import io

import xlsxwriter

from sampling.rules.fields import FORMS
from sampling.rules.form_sheet import MAX_ROWS, SheetColumn, columns_of

_NEED_COLOURS = {"required": "#FFE2E0", "conditional": "#FFF4D6", "optional": "#F2F2F2"}


def template(kind: str) -> bytes:
    """The empty sheet: the first sheet is read back by POST /v1/samples:import, the second holds the lists."""
    out, columns = io.BytesIO(), columns_of(kind)
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        sheet, lists = book.add_worksheet(FORMS[kind].title), book.add_worksheet("代码表")
        text = book.add_format({"num_format": "@"})
        heads = {need: book.add_format({"bold": True, "bg_color": colour, "border": 1}) for need, colour in _NEED_COLOURS.items()}
        for place, column in enumerate(columns):
            sheet.set_column(place, place, max(12, 2 * len(column.heading)), text)
            sheet.write_string(0, place, column.heading, heads[column.field.need.value])
            sheet.write_comment(0, place, column.note)
            if column.choices:
                _add_list(lists, sheet, place, column)
        sheet.freeze_panes(1, 0)
    return out.getvalue()


def _add_list(lists: xlsxwriter.worksheet.Worksheet, sheet: xlsxwriter.worksheet.Worksheet, place: int, column: SheetColumn) -> None:
    """A drop-down of the column, taken from its own column of the second sheet."""
    lists.write_string(0, place, column.heading)
    for row, choice in enumerate(column.choices, start=1):
        lists.write_string(row, place, choice)
    letters = xlsxwriter.utility.xl_col_to_name(place)
    source = f"=代码表!${letters}$2:${letters}${len(column.choices) + 1}"
    sheet.data_validation(1, place, MAX_ROWS, place, {"validate": "list", "source": source, "error_title": "不在代码表内"})

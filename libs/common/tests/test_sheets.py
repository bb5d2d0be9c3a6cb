"""Sheets in and out, and names searched by fragment."""

import io

import pytest
import python_calamine

from common.errors import Invalid, Malformed, TooLarge, Unsupported
from common.fragments import bigrams, fold, fragment_of, like_pattern
from common.sheets import CSV, XLSX, CsvWriter, XlsxWriter, read_sheet
from common.workbook import text_of

ROWS = [["编号", "名称"], ["1", "甲 & <乙>"], ["", "=1+1"], ["  前后  ", ""]]


def written(writer, rows, title="表"):
    out = io.BytesIO()
    with writer(out, title) as sheet:
        sheet.write(rows)
    return out.getvalue()


async def test_a_written_workbook_is_read_back_as_it_was():
    body = written(XlsxWriter, ROWS)
    assert await read_sheet(body, XLSX) == ROWS
    assert python_calamine.load_workbook(io.BytesIO(body)).sheet_names == ["表"]


async def test_a_written_csv_cannot_run_and_is_read_back():
    body = written(CsvWriter, ROWS)
    assert body.startswith(b"\xef\xbb\xbf")
    assert (await read_sheet(body, CSV))[2] == ["", "'=1+1"]


def test_a_wide_sheet_has_the_right_columns():
    body = written(XlsxWriter, [[f"c{n}" for n in range(77)]])
    assert next(iter(python_calamine.load_workbook(io.BytesIO(body)).get_sheet_by_index(0).iter_rows())) == [f"c{n}" for n in range(77)]


async def test_a_sheet_is_bounded_in_rows_and_columns():
    many, wide = written(XlsxWriter, [["x"]] * 12), written(XlsxWriter, [["x"] * 30])
    with pytest.raises(TooLarge, match="rows_too_many"):
        await read_sheet(many, XLSX, rows=10)
    assert len(await read_sheet(many, XLSX, rows=11)) == 12
    with pytest.raises(TooLarge, match="workbook_too_large"):
        await read_sheet(wide, XLSX, columns=10)


@pytest.mark.parametrize(
    ("body", "media", "error"),
    [(b"PK", XLSX, Malformed), (b"", XLSX, Malformed), (b"\x00", CSV, Malformed), (b'"a', CSV, Malformed), (b"{}", "application/json", Unsupported)],
)
async def test_what_cannot_be_read_is_refused(body, media, error):
    with pytest.raises(error):
        await read_sheet(body, media)


@pytest.mark.parametrize(("name", "folded"), [("ＡＢ 公司", "ab公司"), ("某 某\t店", "某某店"), ("", "")])
def test_names_are_searched_in_one_width_and_case(name, folded):
    assert fold(name) == folded


def test_a_fragment_has_pairs_and_bounds():
    assert bigrams("刨花板") == {"刨花", "花板"} and bigrams("甲") == {"甲"}
    assert like_pattern("a%_!") == "%a!%!_!!%"
    for asked, code in (("甲", "query_short"), ("甲" * 61, "text_length")):
        with pytest.raises(Invalid, match=code):
            fragment_of(asked)


@pytest.mark.parametrize(("cell", "text"), [(0.00001, "0.00001"), (2.0, "2"), (0.124, "0.124"), (1e20, "1" + "0" * 20), ("<0.01", "<0.01")])
def test_a_number_in_a_cell_is_read_in_plain_digits(cell, text):
    assert text_of(cell) == text

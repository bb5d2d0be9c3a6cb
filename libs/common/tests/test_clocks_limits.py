"""The table of limits: every id of domain.md 2.11, with the length that the reference gives."""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from common.clocks import LIMITS, ClockRefused, Mode, PauseKind, Roll, Tag, Unit, Whose, agreed, due, length_text, national_calendar
from common.clocks.table import document

CALENDAR = national_calendar()
PAGE = Path(__file__).parents[3] / "docs" / "clocks.md"

# written from the reference by hand, apart from the data: id, length, unit
LENGTHS = """
F01 5 WD|F02 20 WD|F03 7 WD|F04 2 WD|F05 24 H|F06 5 WD|F07 2 WD|F08 7 WD|F09 5 WD|F10 5 WD|F11 2 WD|F12 3 WD|F13 10 WD|F14 5 WD
F15 7 WD|F16 7 WD|F17 5 WD|F18 5 WD|F19 20 WD|F20 30 WD|F21 0 CD|F22 5 CD|F23 20 CD|F24 90 CD|F25a 3 M|F25b 6 M|F25c 0 CD
F26a 2 Y|F26b 6 Y|F27 4 H|F28-I 24 H|F28-II 48 H|F28-III 72 H|F29-I 10 WD|F29-II 20 WD|F29-III 30 WD
P01 6 M|P02 1 CD|P03 - WD|P04 5 WD|P05 15 CD|P06 7 CD|P07 10 CD|P08 - WD|P09 0 CD|P10 60 CD|P11 75 CD|P12 - CD|P13 89 CD|P14 10 WD
P15a 2 Y|P15b 6 Y|P16 - CD|P17 6 M|P18 2 WD|P20a 3 CD|P20b 5 CD|P20c 7 CD
C01 15 WD|C02 90 CD|C03 7 WD|C04 5 WD|C05 7 WD|C06a 3 CD|C06b 24 H|C07 20 WD|C08a 10 WD|C08b 10 WD|C09 3 WD|C10a 3 M|C10b 3 Y|C10c - M
C11 7 WD|C12 20 WD|C13 20 WD|C14 20 WD|C15a 3 Y|C15b 1 Y
"""
ROWS = [row.split() for row in LENGTHS.replace("\n", "|").split("|") if row]
RIGHTS = {"F08", "F15", "F16", "F27", "P05", "P06", "P20b", "C04", "C15b"}
PARTY_DUTIES = {"F21", "F28-I", "F28-II", "F28-III", "F29-I", "F29-II", "F29-III", "P09", "P10", "P17", "P18"}
EXTENDABLE = {"F01", "F10", "F12", "F24", "F29-I", "F29-II", "F29-III", "C01", "C02"}
DEFAULTS = {"F05": Tag.C, "F07": Tag.D, "F22": Tag.U, "F23": Tag.U, "F26b": Tag.D, "P04": Tag.D, "P14": Tag.D, "P15b": Tag.D}


@pytest.mark.parametrize(("limit_id", "length", "unit"), ROWS, ids=[row[0] for row in ROWS])
def test_limit_has_the_length_and_unit_of_the_reference(limit_id, length, unit):
    limit = LIMITS[limit_id]
    assert limit.length == (None if length == "-" else int(length))
    assert limit.unit is Unit(unit)


def test_the_table_holds_every_row_of_the_reference_and_no_other():
    numbered = {f"F{n:02}" for n in range(1, 30)} | {f"P{n:02}" for n in (*range(1, 19), 20)} | {f"C{n:02}" for n in range(1, 16)}
    assert {limit_id[:3] for limit_id in LIMITS} == numbered
    assert set(LIMITS) == {row[0] for row in ROWS}
    assert all(limit.id == key for key, limit in LIMITS.items())


def test_rights_and_party_duties_are_those_of_the_reference():
    assert {key for key, limit in LIMITS.items() if limit.whose is Whose.RIGHT} == RIGHTS
    assert {key for key, limit in LIMITS.items() if limit.whose is Whose.PARTY} == PARTY_DUTIES


def test_only_the_limits_whose_article_knows_an_extension_have_one():
    assert {key for key, limit in LIMITS.items() if limit.extensions} == EXTENDABLE
    assert [LIMITS[key].extensions[0].length for key in ("F10", "F12", "F24", "C01", "C02")] == [5, 3, None, 15, 30]


def test_testing_pauses_c01_consulting_pauses_f20_and_nothing_else_is_listed():
    assert {key: limit.pausable for key, limit in LIMITS.items() if limit.pausable} == {
        "F20": (PauseKind.CONSULTING,),
        "C01": (PauseKind.TESTING,),
    }


def test_what_is_no_law_is_tagged_and_waits_for_the_bureau():
    assert {key: limit.tag for key, limit in LIMITS.items() if not limit.is_law} == DEFAULTS


@pytest.mark.parametrize("limit", LIMITS.values(), ids=list(LIMITS))
def test_limit_is_written_out_for_a_reader_and_consistent(limit):
    assert all((limit.name, limit.trigger, limit.duty, limit.source, limit.overrun, length_text(limit)))
    assert limit.local_holidays is False, "HOL: local holidays do not move national limits"
    calendar_days_to_act = limit.unit is Unit.CD and limit.mode is Mode.BY and limit.length != 0
    assert (limit.roll is Roll.WORKDAY) == (calendar_days_to_act or limit.unit is Unit.WD)
    assert (limit.opens_after > 0) == (limit.mode is Mode.WINDOW)


@pytest.mark.parametrize("limit", LIMITS.values(), ids=list(LIMITS))
def test_limit_gives_dates_and_a_proof_that_ends_on_the_legal_day(limit):
    if limit.length is None:
        with pytest.raises(ClockRefused, match="no_length"):
            due(limit, date(2026, 3, 2), CALENDAR)
        return
    trigger = datetime(2026, 3, 2, 2, 30, tzinfo=UTC) if limit.unit is Unit.H else date(2026, 3, 2)
    deadline = due(limit, trigger, CALENDAR)
    assert deadline.proof[0].on == deadline.trigger
    assert max(step.on for step in deadline.proof[1:] or deadline.proof) == deadline.legal
    assert deadline.proof[-1].number == limit.length


def test_a_contract_sets_the_length_only_where_the_text_leaves_it_open():
    assert due(agreed(LIMITS["P03"], 10), date(2026, 3, 2), CALENDAR).legal == date(2026, 3, 16)
    assert due(agreed(LIMITS["C10c"], 5, Unit.Y), date(2026, 3, 2), CALENDAR).legal == date(2031, 3, 2)
    for limit, length, code in ((LIMITS["F08"], 10, "not_agreeable"), (LIMITS["F02"], 0, "bad_length"), (LIMITS["F02"], 10**9, "bad_length")):
        with pytest.raises(ClockRefused) as refused:
            agreed(limit, length)
        assert refused.value.code == code


def test_a_province_replaces_a_default_without_touching_the_table():
    quicker = replace(LIMITS["F07"], length=1)
    assert due(quicker, date(2026, 3, 6), CALENDAR).legal == date(2026, 3, 9)
    assert LIMITS["F07"].length == 2
    with pytest.raises(TypeError):
        LIMITS["F07"] = quicker  # type: ignore[index]


def test_the_page_for_lawyers_is_the_data():
    assert PAGE.read_text(encoding="utf-8") == document()

"""Rules as tables."""

from datetime import date

import pytest

from common.errors import Problem
from common.region import Region
from directory.rules import firms, laboratories, licences, numbers
from directory.rules.licences import Licence

D = date.fromisoformat


def code_of(check, *args):
    """The code with which a rule refuses, or None."""
    try:
        check(*args)
    except Problem as problem:
        return problem.code
    return None


@pytest.mark.parametrize(
    ("uscc", "code"),
    [
        ("91620102MA700000XE", None),
        ("91620902MA7100000G", None),
        ("91620200MA72000015", None),
        ("91621002MA7300002R", None),
        ("91110000600037341L", None),
        ("91620102MA700000XF", "uscc_check"),
        ("91620102MA700000X", "uscc_format"),
        ("91620102MA700000XEE", "uscc_format"),
        ("91620102ma700000xe", "uscc_format"),
        ("\uff19\uff11620102MA700000XE", "uscc_format"),
        ("91620102MA7OOOOOXE", "uscc_format"),
        ("9162010AMA700000XE", "uscc_format"),
        ("94620102MA700000XE", "uscc_class"),
        ("Z1620102MA700000XE", "uscc_format"),
        ("91990102MA700000XE", "uscc_division"),
        ("", "uscc_format"),
        ("91620102MA700000XE ", "uscc_format"),
    ],
)
def test_uscc_is_checked_whole(uscc, code):
    assert code_of(numbers.check_uscc, uscc) == code


def test_uscc_with_right_last_and_wrong_inner_check_is_refused():
    head = "91620102MA7000001"
    assert code_of(numbers.check_uscc, head + numbers.stdnum_uscc.calc_check_digit(head)) == "uscc_body"


@pytest.mark.parametrize(
    ("kind", "number", "code"),
    [
        ("SC", "SC10162010200018", None),
        ("SC", "SC10562090200030", None),
        ("SC", "SC10162010200019", "licence_number"),
        ("SC", "SC13362010200018", "licence_number"),
        ("SC", "SC30162010200018", "licence_number"),
        ("SC", "10162010200018", "licence_number"),
        ("JY", "JY16201020000010", None),
        ("JY", "JY46201020000010", "licence_number"),
        ("JY", "JY1620102000001", "licence_number"),
        ("XK", "XK16-204-00001", None),
        ("XK", "(甘)XK16-204-00001", None),
        ("XK", "\uff08甘\uff09XK16-204-00001", None),
        ("XK", "甘XK16-204-00001", None),
        ("XK", "(甘甘)XK16-204-00001", "licence_number"),
        ("XK", "XK16-204-0001", "licence_number"),
        ("CCC", "2019010101123456", None),
        ("CCC", "1919010101123456", "licence_number"),
        ("CCC", "201901010112345", "licence_number"),
        ("小作坊", "甘62010200001", None),
        ("小作坊", "x", "licence_number"),
        ("营业执照", "1", "licence_kind"),
    ],
)
def test_licence_numbers_by_kind(kind, number, code):
    assert code_of(numbers.check_licence_number, kind, number) == code


@pytest.mark.parametrize(("number", "code"), [("182800340123", None), ("18280034012", "cma_number"), ("18280034012A", "cma_number")])
def test_cma_numbers_have_twelve_digits(number, code):
    assert code_of(numbers.check_cma_number, number) == code


HISTORY = [(D("2021-03-01"), "暂扣"), (D("2021-04-01"), "有效"), (D("2021-06-01"), "吊销")]


@pytest.mark.parametrize(
    ("day", "history", "status"),
    [
        ("2018-12-31", [], "未生效"),
        ("2019-01-01", [], "有效"),
        ("2023-12-31", [], "有效"),
        ("2024-01-01", [], "过期"),
        ("2021-02-28", HISTORY, "有效"),
        ("2021-03-01", HISTORY, "暂扣"),
        ("2021-04-01", HISTORY, "有效"),
        ("2021-06-01", HISTORY, "吊销"),
        ("2024-06-01", HISTORY, "吊销"),
        ("2024-06-01", HISTORY[:1], "过期"),
    ],
)
def test_a_licences_state_on_a_day(day, history, status):
    assert licences.status_on(D("2019-01-01"), D("2023-12-31"), history, D(day)) == status


def test_a_licence_without_last_day_does_not_expire():
    assert licences.status_on(D("2019-01-01"), None, [], D("2099-01-01")) == "有效"


@pytest.mark.parametrize(
    ("now", "to", "on", "code"),
    [
        ("有效", "吊销", "2021-05-01", None),
        ("有效", "暂扣", "2021-05-01", None),
        ("暂扣", "有效", "2021-05-01", None),
        ("吊销", "有效", "2021-05-01", "licence_status"),
        ("注销", "吊销", "2021-05-01", "licence_status"),
        ("有效", "有效", "2021-05-01", "licence_status"),
        ("有效", "过期", "2021-05-01", "licence_status"),
        ("有效", "吊销", "2021-06-02", "date_future"),
        ("有效", "吊销", "2019-01-01", "licence_status_order"),
    ],
)
def test_which_state_may_follow(now, to, on, code):
    assert code_of(licences.check_move, now, D("2020-01-01"), to, D(on), D("2021-06-01")) == code


@pytest.mark.parametrize(
    ("start", "last", "code"),
    [
        ("2021-01-01", "2025-12-31", None),
        ("2021-01-01", None, None),
        ("2021-06-02", None, "date_future"),
        ("2021-01-01", "2020-12-31", "date_order"),
    ],
)
def test_a_licences_period(start, last, code):
    licence = Licence("XK", "XK16-204-00001", D(start), D(last) if last else None)
    assert code_of(licences.check_period, licence, D("2021-06-01")) == code


@pytest.mark.parametrize(
    ("division", "owner"), [("620000", "62"), ("620100", "6201"), ("620102", "620102"), ("620200", "6202"), ("620881", "620881")]
)
def test_the_actual_place_decides_the_owner(division, owner):
    firm = firms.Firm("91620102MA700000XE", "x", "生产企业", "存续", division, "", None, "", None, (), "", "")
    assert firm.owner == Region(owner)
    assert code_of(firms.check_owner, firm.owner, Region("620103")) == "division_not_own"
    assert code_of(firms.check_owner, firm.owner, Region(owner)) is None


@pytest.mark.parametrize(("name", "grams"), [("陇西药业", {"陇西", "西药", "药业"}), (" A厂 ", {"a厂"}), ("店", {"店"}), ("荻 川", {"荻川"})])
def test_names_are_found_by_pairs_of_characters(name, grams):
    assert firms.bigrams(firms.fold(name)) == grams


@pytest.mark.parametrize(("asked", "code"), [("陇西", None), ("陇", "query_short"), (" 陇 ", "query_short"), ("AB", None)])
def test_a_search_needs_two_characters(asked, code):
    assert code_of(firms.fragment_of, asked) == code


def test_of_a_person_the_family_name_is_shown():
    assert firms.mask_person("张砚星") == "张**"
    assert firms.mask_person("") == ""


@pytest.mark.parametrize(
    ("phone", "code"),
    [("19900000001", None), ("0931-8888888", None), ("", None), ("138****0000", "phone_format"), ("\uff11\uff13800000000", "phone_format")],
)
def test_phones_are_numbers(phone, code):
    assert code_of(firms.check_phone, phone) == code


def test_products_and_divisions_are_codes():
    assert code_of(firms.check_products, ["FR-01", "0302"]) is None
    assert code_of(firms.check_products, ["fr 01"]) == "product_code"
    assert code_of(firms.check_division, "620102", {"620102"}) is None
    assert code_of(firms.check_division, "110101", {"620102"}) == "division_unknown"


@pytest.mark.parametrize(
    ("certificates", "code"),
    [
        ([("182800340101", "2018-05-10", "2024-05-09")], None),
        ([("182800340101", "2018-05-10", "2018-05-09")], "date_order"),
        ([("182800340101", "2018-05-10", "2024-05-09")] * 2, "certificate_repeated"),
        ([("18", "2018-05-10", "2024-05-09")], "cma_number"),
    ],
)
def test_certificates(certificates, code):
    assert code_of(laboratories.check_certificates, [(n, D(a), D(b)) for n, a, b in certificates]) == code

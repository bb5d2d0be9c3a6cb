"""The pure parts by tables: waiting, cutting, keys, hashes, cells, places."""

import gzip
import json
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from misbehaving import many, report

from longzhi_lab import canonical, load_config
from longzhi_lab.arrivals import arrival_of, read_arrivals
from longzhi_lab.backoff import LONGEST, told_wait, wait_before
from longzhi_lab.batches import cut, key_of
from longzhi_lab.errors import SourceError, UsageError
from longzhi_lab.screen import table, width_of
from longzhi_lab.source import letters
from longzhi_lab.workbook import text_of
from sampling.rules.pushed import PushedReport, content_sha256, read_report

NOW = datetime(2026, 11, 23, 8, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("3", 3.0), ("0", 0.0), (" 12 ", 12.0), ("Mon, 23 Nov 2026 08:00:05 GMT", 5.0), ("Mon, 23 Nov 2026 07:00:00 GMT", 0.0),
        (None, None), ("", None), ("soon", None), ("-1", None), ("1.5", None), ("٣", None), ("99999999999", 86400.0),
    ],
)  # fmt: skip
def test_retry_after_is_a_number_or_a_date(header, seconds):
    assert told_wait(header, NOW) == seconds


@given(st.integers(1, 10_000), st.floats(0.01, 5), st.floats(0, 0.999), st.none() | st.floats(0, 100))
def test_waits_are_capped_spread_and_never_shorter_than_told(attempt, first, chance, told):
    wait = wait_before(attempt, first, chance, told)
    assert 0 < wait <= LONGEST + (told or 0)
    assert wait >= (told if told is not None else min(first, LONGEST) / 2)
    assert wait_before(attempt + 1, first, chance, told) >= wait


@given(
    st.lists(st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=80), max_size=60),
    st.integers(1, 7),
    st.integers(120, 400),
)
def test_cutting_loses_nothing_keeps_the_order_and_the_limits(texts, count, size):
    batches = list(cut(texts, "partial", count=count, size=size))
    assert [text for batch in batches for text in json.loads(batch.body)["reports"]] == texts
    assert [place for batch in batches for place in batch.places] == list(range(len(texts)))
    for batch in batches:
        assert len(batch.places) <= count
        assert len(batch.body) <= size or len(batch.places) == 1
        assert gzip.decompress(batch.packed) == batch.body


def test_the_same_reports_make_the_same_bytes_and_the_same_key():
    first, second = (next(cut(many(3), "partial")) for _ in range(2))
    assert (first.body, first.packed) == (second.body, second.packed)
    assert key_of(first.sha256, 0) == key_of(second.sha256, 0)
    assert key_of(first.sha256, 0) != key_of(first.sha256, 1)
    assert len(key_of(first.sha256, 12)) <= 200


@pytest.mark.parametrize("text", ["\ud800", "\x00"])
def test_what_json_cannot_hold_is_told_before_anything_is_sent(text):
    with pytest.raises(SourceError):
        list(cut([report(0, conclusion=text)], "partial"))


TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc", "Co", "Cf"]), min_size=1, max_size=40)
ITEMS = st.fixed_dictionaries(
    {"item": TEXTS, "result": TEXTS, "judgement": TEXTS, "method": TEXTS},
    optional={name: st.none() | TEXTS for name in ("limit_source", "unit", "min", "max", "limit_unit", "lod", "lod_unit")},
)
DAYS = st.dates(date(1990, 1, 1), date(2100, 1, 1)).map(str)
REPORTS = st.fixed_dictionaries(
    {
        **dict.fromkeys(("sample_no", "report_no", "report_class", "cma_no", "reviewed_by", "approved_by", "verdict"), TEXTS),
        **dict.fromkeys(("received_on", "tested_from", "tested_to", "issued_on"), DAYS),
        "tested_by": st.lists(TEXTS, max_size=3), "items": st.lists(ITEMS, min_size=1, max_size=3),
    },
    optional={
        "replaces": st.none() | TEXTS, "conclusion": st.just("") | TEXTS, "seal_state": st.just("") | TEXTS, "sample_state": st.just("") | TEXTS,
        "file": st.none() | st.just({"sha256": "ab" * 32, "name": "报告.pdf"}),
    },
)  # fmt: skip


@given(REPORTS)
def test_the_content_hash_is_the_platforms(content):
    read = read_report(content)
    assert isinstance(read, PushedReport), read
    assert canonical.content_sha256(content) == content_sha256(read)


@pytest.mark.parametrize("text", ['a"b\\c/d', "行一\n行二\t制表", "2.3×10⁴ µg/㎏ 𠮷", "\u2028\u00a0\x7f"])
def test_the_content_hash_is_the_platforms_for_odd_characters(text):
    content = report(0, conclusion=text)
    read = read_report(content)
    if isinstance(read, PushedReport):
        assert canonical.content_sha256(content) == content_sha256(read)
    else:
        assert read.code in canonical.SHAPE_CODES


SHAPES = [
    report(0, verdict=...), report(0, more=1), report(0, verdict=5), report(0, sample_no=""), report(0, report_no="x" * 201), report(0, items=[]),
    report(0, file={"sha256": "no", "name": "a"}), report(0, issued_on="2021-02-30"), report(0, reviewed_by="甲\u202e"), "no object", None, 7,
]  # fmt: skip


@pytest.mark.parametrize("content", SHAPES)
def test_a_report_that_the_platform_cannot_read_has_no_hash(content):
    problem = read_report(content)
    assert problem.code in canonical.SHAPE_CODES
    rejected = {"report_no": None, "report_id": None, "status": "rejected", "problems": [{"code": problem.code}]}
    assert canonical.result_rows([content], [rejected]) == [(None, None, "", "rejected")]


def test_a_report_that_was_read_and_refused_keeps_its_hash():
    for codes in (["sample_unknown"], ["batch_rejected"], ["item_missing", "verdict_mismatch"]):
        rejected = {"report_no": "R", "report_id": None, "status": "rejected", "problems": [{"code": code} for code in codes]}
        assert canonical.result_rows([report(0)], [rejected])[0][2] == canonical.content_sha256(report(0))


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (0.21, "0.21"), (3.0, "3"), (0.00001, "0.00001"), (1e21, "1000000000000000000000"), (-14.5, "-14.5"), (7, "7"), (" 未检出 ", "未检出"),
        (date(2021, 4, 30), "2021-04-30"), (datetime(2021, 4, 30, 9, 30, tzinfo=UTC), "2021-04-30"), ("", ""), ("<0.01", "<0.01"),
        (123456789012.0, "123456789012"),
    ],
)  # fmt: skip
def test_a_cell_becomes_text_without_exponent(cell, text):
    assert text_of(cell) == text


@pytest.mark.parametrize(("column", "name"), [(0, "A"), (25, "Z"), (26, "AA"), (51, "AZ"), (52, "BA"), (701, "ZZ"), (702, "AAA")])
def test_columns_are_named_as_excel_names_them(column, name):
    assert letters(column) == name


ARRIVALS = [
    ("抽样单编号,收样日期\nN1,2021-04-19", "accept", {}, set()),
    ("抽样单编号,收样日期,封条,备样\nN1,2021-04-19,完好,", "accept", {}, set()),
    ("抽样单编号,收样日期,封条,拒收原因\nN1,2021-04-19,破损,封条破损", "reject", {}, {"seal"}),
    ("抽样单编号,收样日期,文书,拒收原因,检查人\nN1,2021-04-19,缺,文书缺失、数量不足,张三", "reject", {"checker": "张三"}, {"papers"}),
    ("抽样单编号,收样日期,温度,到达日期\nN1,2021-04-19,-18.0,2021-04-18", "accept", {"temperature": "-18.0", "arrived_on": "2021-04-18"}, set()),
]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize(("text", "decision", "more", "faults"), ARRIVALS)
def test_a_list_of_arrivals_becomes_receipts(tmp_path, text, decision, more, faults, encoding):
    (tmp_path / "in.csv").write_text(text, encoding=encoding)
    found = arrival_of(read_arrivals(tmp_path / "in.csv")[0], "s1")
    assert (found["sample_id"], found["received_on"], found["decision"]) == ("s1", "2021-04-19", decision)
    assert {name for name, value in found["checks"].items() if value == "fault"} == faults
    assert {name: value for name, value in found.items() if name in ("checker", "temperature", "arrived_on")} == more


def test_a_table_with_chinese_stands_in_columns():
    lines = table(["状态", "no"], [["待接样", "1"], ["a", "2"]]).splitlines()
    assert {width_of(line[: line.rindex(line.split()[-1])]) for line in lines} == {8}


def test_the_configuration_comes_from_words_then_surroundings_then_the_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("LONGZHI_URL", "LONGZHI_LAB", "LONGZHI_SECRET", "LONGZHI_STATE", "LONGZHI_PATIENCE"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "longzhi-lab.toml").write_text('url = "https://file/"\nlab = "L09"\nsecret = "s"\npatience_seconds = 7\n')
    monkeypatch.setenv("LONGZHI_LAB", "lab-L02")
    found = load_config({"url": "https://word/"})
    assert (found.url, found.laboratory, found.client_id, found.secret, found.patience) == ("https://word", "L02", "lab-L02", "s", 7.0)
    assert "s" not in repr(found).partition("secret")[2]
    (tmp_path / "longzhi-lab.toml").unlink()
    with pytest.raises(UsageError, match="LONGZHI_URL"):
        load_config({})
    for bad in ({"url": "ftp://x"}, {"url": "https://x", "patience": "long"}):
        with pytest.raises(UsageError):
            load_config({"secret": "s"} | bad)

"""The quarter that is played: over three thousand batches, four percent failing for a reason, dates in order."""

import json
from collections import Counter
from datetime import date
from decimal import Decimal

import chinese_calendar
import pytest

from demo.batches import batches, tasks_of
from demo.build import build, fingerprint
from demo.forms import form_of, report_of
from demo.shapes import Task

SEED = 2021
REPORT_FIELDS = [
    *("sample_no", "report_no", "replaces", "report_class", "cma_no", "received_on", "tested_from", "tested_to", "issued_on"),
    *("tested_by", "reviewed_by", "approved_by", "conclusion", "verdict", "seal_state", "sample_state", "items", "file"),
]
ITEM_FIELDS = ["item", "result", "unit", "judgement", "method", "limit_source", "min", "max", "limit_unit", "lod", "lod_unit"]
FORM_FIELDS = {
    *("programme", "task_id", "stage", "sampled_party", "producer", "consignor", "product"),
    *("quantity", "samplers", "sampled_on", "place"),
}


@pytest.fixture(scope="module")
def province():
    return build(SEED)


@pytest.fixture(scope="module")
def quarter(province):
    return list(batches(province, tasks_of(province, 1), SEED))


def test_quarter_has_every_planned_batch(province, quarter):
    assert len(quarter) == sum(line.batches for line in province.plan if line.quarter == 1) >= 3_000
    for numbers in ([b.sample_no for b in quarter], [b.report_no for b in quarter], [b.seal_no for b in quarter]):
        assert len(set(numbers)) == len(quarter)


def test_about_four_percent_fail_and_few_of_them_seriously(quarter):
    verdicts = Counter(batch.verdict for batch in quarter)
    failing = verdicts["不合格"] + verdicts["严重不合格"]
    assert 0.03 <= failing / len(quarter) <= 0.05
    assert 0 < verdicts["严重不合格"] < failing / 5


def test_dates_are_in_order_and_reports_are_in_time(quarter):
    for batch in quarter:
        assert batch.produced_on <= batch.sampled_on <= batch.received_on <= batch.tested_from <= batch.tested_to <= batch.issued_on
        assert date(2021, 1, 4) <= batch.sampled_on <= date(2021, 3, 25)
        assert batch.issued_on <= date(2021, 4, 20)
        assert chinese_calendar.is_workday(batch.sampled_on) and chinese_calendar.is_workday(batch.issued_on)


def test_scheme_is_the_one_in_force_on_the_production_date(quarter):
    assert all(b.scheme.is_in_force(b.produced_on) and b.scheme.product_code == b.task.catalogue_code for b in quarter)
    versions = {b.scheme.version for b in quarter if b.task.catalogue_code == "HD-05"}
    assert versions == {1, 2}


def test_producers_are_here_elsewhere_and_outside_in_the_wanted_shares(quarter):
    shares = {name: 100 * n / len(quarter) for name, n in Counter(b.relation for b in quarter).items()}
    assert shares == pytest.approx({"same_county": 45, "other_prefecture": 35, "outside": 20}, abs=4)
    for batch in quarter:
        region, home = batch.task.region_code, batch.producer.division_code
        inside = {
            "same_county": home.startswith(region),
            "other_prefecture": home[:2] == "62" and home[:4] != region[:4],
            "outside": home[:2] != "62",
        }
        assert inside[batch.relation]


def test_samples_are_taken_in_the_county_of_the_task_and_at_the_stage_of_the_line(quarter):
    for batch in quarter:
        assert batch.sampled_party.division_code.startswith(batch.task.region_code)
        assert batch.stage == batch.task.stage
        assert (batch.sampled_party == batch.producer) == (batch.stage == "生产")


def test_two_different_samplers_never_test(quarter):
    for batch in quarter:
        assert len({number for _, number in batch.samplers}) == 2
        assert len(set(batch.testers)) == 3
        assert {name for name, _ in batch.samplers}.isdisjoint(batch.testers)


def outside(item: dict[str, str]) -> bool:
    value = Decimal(item["result"])
    return (item["min"] is not None and value < Decimal(item["min"])) or (item["max"] is not None and value > Decimal(item["max"]))


def test_numeric_judgements_are_proved_by_the_limits(quarter):
    for batch in quarter:
        for row, item in zip(batch.items, report_of(batch)["items"], strict=True):
            fails = item["judgement"] == "不合格项"
            if row.spec.kind == "qualitative":
                assert (item["result"] == "不符合") == fails
            elif item["result"] == "未检出" or item["result"].startswith("<"):
                assert not fails and item["lod"] is not None
            elif row.spec.kind == "numeric":
                assert outside(item) == fails
            else:
                assert fails == (row.spec.kind == "not_detected")


def test_report_and_form_have_the_fields_of_the_contract_and_are_json(quarter):
    report = report_of(quarter[0], "SCP21620100A00100042")
    assert report["sample_no"] == "SCP21620100A00100042"
    assert list(report) == REPORT_FIELDS
    assert all(list(item) == ITEM_FIELDS for item in report["items"])
    assert set(form_of(quarter[0])) >= FORM_FIELDS
    assert json.loads(json.dumps(report)) == report
    assert any(form_of(batch)["consignor"] for batch in quarter)


def test_amounts_leave_something_to_test_beside_the_reserve(quarter):
    for batch in quarter:
        assert 0 < Decimal(batch.reserve_quantity) < Decimal(batch.quantity) <= Decimal(batch.base_quantity)
        assert batch.unit_price_fen > 0


def test_controlled_products_name_their_certificate(quarter):
    assert all((b.control_type == "无") == (b.certificate_no == "/") for b in quarter)


def test_same_seed_gives_the_same_batches_and_another_seed_others(province, quarter):
    tasks = tasks_of(province, 1)
    assert fingerprint(quarter) == fingerprint(list(batches(province, tasks, SEED))) != fingerprint(list(batches(province, tasks, SEED + 1)))


@pytest.mark.parametrize("later", [2, 3, 4])
def test_later_quarters_can_be_played_too(province, later):
    played = list(batches(province, tasks_of(province, later), SEED))
    assert len(played) >= 3_000
    assert all(batch.stage == batch.task.stage for batch in played)


def test_food_tasks_give_five_values_for_microbes_that_the_plan_judges(province):
    tasks = [Task(f"F-{region}", region, code, 1, 40, "L09", programme="食品") for region in ("620102", "6202") for code in ("1001",)]
    failed = 0
    for batch in batches(province, tasks, SEED):
        assert batch.reserve_place == "检验机构"
        for row in (row for row in batch.items if row.spec.plan):
            number, allowed, middle, top = row.spec.plan
            counts = [0 if value.startswith("<") else int(value) for value in row.result.split(";")]
            assert len(counts) == number
            wrong = sum(count > int(middle) for count in counts) > allowed or any(count > int(top) for count in counts)
            assert wrong == (row.judgement == "不合格项")
            failed += wrong
    assert failed <= 4

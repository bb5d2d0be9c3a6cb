"""The data files say what the plan of 2021 needs: groups, limits that are numbers, laboratories for everything."""

import itertools
from decimal import Decimal

import pytest

from demo import files
from demo.results import verdict_of
from demo.shapes import ItemResult

GROUPS = {
    *("FOOD_RELATED", "FIBRE", "HOME_DECOR", "AUTO_PARTS", "DAILY", "CHILD_STUDENT", "HAZCHEM"),
    *("CABLE_EX", "FERTILISER", "FIRE", "FIREWORKS", "REBAR_CEMENT", "OIL_COAL", "PLASTICS"),
}
PEOPLE = 25_019_831
SCHEMES = files.load_schemes()
CATALOGUE = files.load_catalogue()
LABORATORIES = files.load_laboratories()
PLAN = files.load_plan()
ITEMS = [(scheme, item) for scheme in SCHEMES for item in scheme.items]


def test_every_product_group_is_in_the_catalogue_and_in_the_first_quarter():
    groups = {entry.code: entry.group for entry in CATALOGUE}
    assert len(CATALOGUE) == len(groups) >= 40
    assert set(groups.values()) == GROUPS
    assert {groups[line.catalogue_code] for line in PLAN if line.quarter == 1} == GROUPS


def test_catalogue_words_are_those_of_the_domain():
    for row in files.read_yaml("catalogue.yaml")["entries"]:
        assert row["risk_level"] in ("高", "较高", "一般")
        assert row["measures"] and set(row["measures"]) <= {"监督抽查", "监督检查", "证后监管", "风险监测"}
        assert row["licence_kind"] in ("生产许可证", "CCC", "无")
        assert (row["licence_kind"] == "生产许可证") == bool(row["licence_prefix"])
        assert row["legal_basis"] and row["year"] == 2021


def test_there_are_thirty_product_schemes_and_four_food_schemes():
    assert len({s.scheme_no for s in SCHEMES if s.programme == "产品"}) >= 30
    assert len({s.scheme_no for s in SCHEMES if s.programme == "食品"}) >= 4
    assert {item.kind for _, item in ITEMS} == {"numeric", "qualitative", "not_detected", "microbe"}
    assert all(3 <= len(scheme.items) <= 8 for scheme in SCHEMES)
    assert all(len({item.item for item in scheme.items}) == len(scheme.items) for scheme in SCHEMES)


def test_versions_of_a_scheme_follow_each_other_without_gap_or_overlap():
    by_number: dict[str, list] = {}
    for scheme in SCHEMES:
        by_number.setdefault(scheme.scheme_no, []).append(scheme)
    changed = [versions for versions in by_number.values() if len(versions) > 1]
    assert len(changed) >= 2
    for versions in changed:
        for older, newer in itertools.pairwise(versions):
            assert newer.version == older.version + 1
            assert (newer.valid_from - older.valid_to).days == 1


@pytest.mark.parametrize(("scheme", "item"), ITEMS, ids=lambda value: getattr(value, "scheme_no", None) or value.item)
def test_limits_are_numbers_and_typical_values_conform(scheme, item):
    numbers = [Decimal(text) for text in (item.min, item.max, item.lod) if text is not None]
    assert all(number.is_finite() for number in numbers)
    assert item.methods and item.limit_source and item.grade in "AB" and item.comparison in ("full", "rounded")
    assert (item.kind == "numeric") == (item.min is not None or item.max is not None)
    assert (item.kind == "microbe") == (item.plan is not None)
    assert (item.lod is None) == (item.lod_unit is None)
    if item.kind == "numeric":
        step = Decimal(1).scaleb(-item.rounding_places)
        low, high = Decimal(item.low), Decimal(item.high)
        assert low <= high and low % step == high % step == 0
        assert item.min is None or Decimal(item.min) <= low
        assert item.max is None or high <= Decimal(item.max)
        assert item.lod is None or item.max is None or Decimal(item.lod) <= Decimal(item.max)


def test_scheme_codes_are_known():
    leaves = {leaf["code"] for row in files.read_yaml("food_classes.yaml")["classes"] for leaf in row["leaves"]}
    codes = {entry.code for entry in CATALOGUE}
    assert all(s.product_code in (codes if s.programme == "产品" else leaves) for s in SCHEMES)
    assert {s.product_code for s in SCHEMES} <= set(files.load_goods())


def test_every_code_has_two_laboratories_with_valid_certificates():
    wanted = {entry.code for entry in CATALOGUE} | {scheme.product_code for scheme in SCHEMES}
    few = [code for code in wanted if sum(code in each.codes for each in LABORATORIES) < 2]
    assert few == []
    assert [each.code for each in LABORATORIES] == [f"L{n:02d}" for n in range(1, 13)]
    assert all(len(each.cma_no) == 12 and each.cma_no.isdigit() and each.cma_no[2:4] == "28" for each in LABORATORIES)
    assert all(each.valid_from.year <= 2020 and each.valid_to.year >= 2022 for each in LABORATORIES)


def test_scope_of_a_laboratory_holds_every_item_and_method_of_its_schemes():
    for laboratory in LABORATORIES:
        scope = set(files.scope_of(laboratory, SCHEMES))
        assert all((s.product_code, i.item, m) in scope for s, i in ITEMS if s.product_code in laboratory.codes for m in i.methods)


def test_plan_has_over_three_thousand_batches_a_quarter_and_names_laboratories_that_can():
    assert all(sum(line.batches for line in PLAN if line.quarter == quarter) >= 3_000 for quarter in (1, 2, 3, 4))
    assert len({line.line_no for line in PLAN}) == len(PLAN)
    able = {each.code: each.codes for each in LABORATORIES}
    numbers = {scheme.scheme_no for scheme in SCHEMES}
    for line in PLAN:
        assert line.scheme_no in numbers and line.sampling_due < line.test_due
        assert line.catalogue_code is None or all(line.catalogue_code in able[code] for code in line.laboratory_codes)


def test_plan_has_risky_lines_and_one_line_that_says_why_it_has_no_entry():
    groups = {entry.code: entry.group for entry in CATALOGUE}
    assert {groups[line.catalogue_code] for line in PLAN if line.risky} == {"HAZCHEM"}
    assert any(line.risky for line in PLAN if line.quarter == 1)
    without = [line for line in PLAN if line.catalogue_code is None]
    assert len(without) == 1 and without[0].reason
    assert all(line.reason is None for line in PLAN if line.catalogue_code)


def test_populations_add_up_to_the_census():
    divisions = files.load_divisions()
    assert len(divisions) == 101
    people = {division.code: division.population for division in divisions}
    assert people["620000"] == PEOPLE == sum(d.population for d in divisions if d.level == "prefecture")
    for prefecture in (d for d in divisions if d.level == "prefecture"):
        counties = [d.population for d in divisions if d.parent_code == prefecture.code]
        assert not counties or sum(counties) == prefecture.population


def test_food_classes_are_34_and_licence_classes_32():
    classes = files.read_yaml("food_classes.yaml")
    assert [row["code"] for row in classes["classes"]] == [f"{n:02d}" for n in range(1, 35)]
    assert [row["code"] for row in classes["licence_classes"]] == [f"{n:02d}" for n in range(1, 33)]
    assert [row["name"] for row in classes["licence_classes"][:27]] == [row["name"] for row in classes["classes"][:27]]


@pytest.mark.parametrize(("grades", "verdict"), [("", "合格"), ("B", "不合格"), ("A", "严重不合格"), ("BA", "严重不合格")])
def test_verdict_follows_the_grades_of_what_fails(grades, verdict):
    by_grade = {item.grade: item for _, item in ITEMS}
    assert verdict_of(tuple(ItemResult(by_grade[grade], "1", "不合格项", "m") for grade in grades)) == verdict

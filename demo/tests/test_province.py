"""The province: enough firms everywhere, valid codes, licences where the catalogue asks for them, the same for the same seed."""

import csv
from collections import Counter

import pytest

from demo.build import COLUMNS, build, fingerprint, home_region, list_homes, share_out, write_imports
from demo.uscc import is_uscc

SEED = 2021


@pytest.fixture(scope="module")
def province():
    return build(SEED)


def test_there_are_2400_enterprises_with_valid_and_different_codes(province):
    everyone = [*province.enterprises, *province.outside]
    assert len(province.enterprises) == 2_400
    assert 110 <= len(province.outside) <= 140
    assert all(is_uscc(firm.uscc) for firm in everyone)
    assert len({firm.uscc for firm in everyone}) == len({firm.name for firm in everyone}) == len(everyone)


def test_all_87_executing_bureaus_have_makers_and_sellers(province):
    homes = {home_region(home.code) for home in list_homes(province.divisions)}
    assert len(homes) == 87 and "6202" in homes
    for kind in ("生产企业", "经营企业"):
        assert {home_region(firm.division_code) for firm in province.enterprises if firm.kind == kind} == homes


def test_more_people_mean_more_enterprises(province):
    counts = Counter(firm.division_code for firm in province.enterprises)
    assert counts["620102"] > 3 * counts["620924"]


def test_producers_outside_have_divisions_of_other_provinces(province):
    assert all(not firm.division_code.startswith("62") for firm in province.outside)
    assert len({firm.division_code[:2] for firm in province.outside}) >= 15


def test_licences_are_held_where_the_catalogue_says_so(province):
    kinds = {"生产许可证": "XK", "CCC": "CCC"}
    wanted = {entry.code: kinds.get(entry.licence_kind) for entry in province.catalogue}
    for firm in (firm for firm in (*province.enterprises, *province.outside) if firm.kind == "生产企业"):
        for code in firm.products:
            licence = firm.licence_for(code)
            assert (licence.kind if licence else None) == wanted.get(code, "SC" if code[:2] < "32" else None)
    states = Counter(licence.status for firm in province.enterprises for _, licence in firm.licences)
    assert states["吊销"] and states["注销"] and states["过期"] and states["有效"] > 10 * states["吊销"]


def test_some_producers_have_a_second_plant_in_another_prefecture(province):
    two = [firm for firm in province.enterprises if len(firm.premises) == 2]
    assert len(two) == 40
    assert all(firm.premises[0][:4] != firm.premises[1][:4] for firm in two)


def test_code_names_another_division_for_firms_that_moved(province):
    moved = sum(firm.uscc[2:8] != firm.division_code for firm in province.enterprises)
    assert 0.03 < moved / len(province.enterprises) < 0.07


def test_expert_pools_have_60_45_36_and_can_seat_a_panel_for_dangerous_chemicals(province):
    assert Counter(expert.pool for expert in province.experts) == {"PRODUCT": 60, "FOOD": 45, "LICENCE": 36}
    able = [e for e in province.experts if e.pool == "PRODUCT" and "HAZCHEM" in e.specialities and e.state == "ACTIVE"]
    assert len({expert.unit for expert in able}) >= 8
    assert all(is_uscc(expert.unit_uscc) for expert in province.experts)
    assert any(expert.interests for expert in province.experts)


def test_same_seed_gives_the_same_province_and_another_seed_another(province):
    assert fingerprint(build(SEED)) == fingerprint(province) != fingerprint(build(SEED + 1))


def test_import_files_have_the_documented_columns_and_one_row_per_enterprise(province, tmp_path):
    paths = {path.name: path for path in write_imports(province, tmp_path)}
    with paths["enterprises.csv"].open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert list(rows[0]) == COLUMNS
    assert len(rows) == 2_400
    licences = [text.split("|") for row in rows for text in row["licences"].split(";") if text]
    assert licences and all(len(parts) == 5 for parts in licences)
    assert set(paths) == {"enterprises.csv", "producers_outside.csv", "experts.csv"}


@pytest.mark.parametrize(
    ("total", "weights", "shares"), [(3, [1, 1, 1], [1, 1, 1]), (10, [3, 3, 1], [4, 4, 2]), (2, [5, 4, 1], [1, 1, 0]), (0, [1, 2], [0, 0])]
)
def test_shares_add_up_exactly(total, weights, shares):
    assert share_out(total, weights) == shares


@pytest.mark.parametrize(("code", "region"), [("620102", "620102"), ("620200", "6202"), ("620000", "62"), ("623001", "623001")])
def test_region_is_the_covering_prefix(code, region):
    assert home_region(code) == region

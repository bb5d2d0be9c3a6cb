"""Division codes as covering prefixes; a functional zone (功能区) lies below its prefecture like a county."""

import pytest

from common.region import Region


@pytest.mark.parametrize(
    ("division", "prefix", "level"),
    [("620000", "62", "province"), ("620100", "6201", "prefecture"), ("620102", "620102", "county"), ("6201A1", "6201A1", "county")],
)
def test_the_bureau_of_a_division(division, prefix, level):
    region = Region.of_division(division)
    assert (region.code, region.level, region.division) == (prefix, level, division)


@pytest.mark.parametrize("division", ["", "62", "62010", "6201022", "62A101", "6201a1", "6201 1", "\uff16201A1"])
def test_what_is_no_division_code(division):
    with pytest.raises(ValueError, match="not a division code"):
        Region.of_division(division)


def test_a_prefecture_covers_its_zones_and_no_neighbours():
    assert Region("6201").covers(Region("6201A1"))
    assert not Region("6202").covers(Region("6201A1"))
    assert not Region("620102").covers(Region("6201A1"))

"""Personal data opens only for its owner, its row and its field."""

import pytest

from common import vault
from common.region import Region

ROOT, LANZHOU = "cd" * 32, Region("6201")


def test_a_sealed_number_opens_in_its_place_only():
    keys = vault.keys_of(ROOT, LANZHOU)
    sealed = vault.seal(keys, "row-1:phone", "13893100001")
    assert b"13893100001" not in sealed and sealed != vault.seal(keys, "row-1:phone", "13893100001")
    assert vault.unseal(keys, "row-1:phone", sealed) == "13893100001"


@pytest.mark.parametrize(
    ("root", "owner", "place"), [("ab" * 32, "6201", "row-1:phone"), (ROOT, "6202", "row-1:phone"), (ROOT, "6201", "row-2:phone")]
)
def test_another_key_owner_or_place_opens_nothing(root, owner, place):
    sealed = vault.seal(vault.keys_of(ROOT, LANZHOU), "row-1:phone", "13893100001")
    with pytest.raises(ValueError, match="another"):
        vault.unseal(vault.keys_of(root, Region(owner)), place, sealed)


@pytest.mark.parametrize(("number", "shown"), [("13800000000", "138****0000"), ("0931-8888888", "093****8888"), ("12345", "*****"), ("", "")])
def test_numbers_are_masked(number, shown):
    assert vault.masked(number) == shown

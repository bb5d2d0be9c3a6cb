"""Personal data opens only for its owner, its row and its field."""

import re

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


def test_with_several_keys_the_first_seals_and_any_opens():
    old, new = "cd" * 32, "ef" * 32
    sealed = vault.seal(vault.keys_of(old, LANZHOU), "row-1:phone", "13893100001")
    both = vault.keys_of(f"{new},{old}", LANZHOU)
    assert vault.unseal(both, "row-1:phone", sealed) == "13893100001"
    again = vault.resealed(both, "row-1:phone", sealed)
    assert vault.unseal(vault.keys_of(new, LANZHOU), "row-1:phone", again) == "13893100001"
    assert vault.resealed(both, "row-1:phone", again) == again, "once is enough"
    assert both.mark == vault.keys_of(new, LANZHOU).mark and both.older_marks == (vault.keys_of(old, LANZHOU).mark,)
    with pytest.raises(ValueError, match="another"):
        vault.resealed(vault.keys_of(new, LANZHOU), "row-1:phone", sealed)


@pytest.mark.parametrize(
    ("text", "fits"), [("cd" * 32, True), (f"{'cd' * 32},{'ef' * 32}", True), ("cd" * 31, False), (f"{'cd' * 32},", False), ("xy" * 32, False)]
)
def test_the_setting_is_one_key_or_several(text, fits):
    assert bool(re.match(vault.ROOTS, text)) == fits

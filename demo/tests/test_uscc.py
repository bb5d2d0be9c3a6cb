"""Both check digits of the unified social credit code, on the vectors of domain.md §4.2, and the food licence's."""

import pytest

from demo.firms import food_digit
from demo.uscc import is_uscc, make_uscc

VECTORS = ["91620102MA700000XE", "91620902MA7100000G", "91620200MA72000015", "91621002MA7300002R"]


@pytest.mark.parametrize("code", VECTORS)
def test_known_code_is_valid(code):
    assert is_uscc(code)
    assert make_uscc(code[:2], code[2:8], code[8:16]) == code


@pytest.mark.parametrize("code", VECTORS)
def test_code_with_any_character_changed_is_refused(code):
    changed = [code[:i] + ("2" if char != "2" else "3") + code[i + 1 :] for i, char in enumerate(code)]
    assert not any(is_uscc(each) for each in changed)


@pytest.mark.parametrize("code", ["", "91620102MA700000X", "91620102MA700000XI", "91620102ma700000xe"])
def test_code_of_wrong_shape_is_refused(code):
    assert not is_uscc(code)


@pytest.mark.parametrize("number", ["SC10162010200018", "SC10562090200030"])
def test_food_licence_check_digit_matches_known_numbers(number):
    assert food_digit(number[2:-1]) == number[-1]

"""Code lists (代码表) of domain §4.4-§4.8 as data with validity: a value is asked on the day it was used, so old forms keep their old codes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from sampling.rules.codes_acts import ACTS
from sampling.rules.codes_food import FOOD
from sampling.rules.codes_forms import ON_FORMS
from sampling.rules.codes_shape import Code, CodeList

LISTS: Mapping[str, CodeList] = {found.name: found for found in (*FOOD, *ON_FORMS, *ACTS)}


def codes_on(name: str, on: date) -> tuple[Code, ...]:
    """The codes of a list that are in force on a day, in the list's order."""
    return tuple(code for code in LISTS[name].codes if code.is_in_force(on))


def known_codes(name: str) -> tuple[str, ...]:
    """Every code that the list ever had, each once."""
    return tuple(dict.fromkeys(code.code for code in LISTS[name].codes))


def is_in_force(name: str, value: str, on: date) -> bool:
    """Whether the list has the value on that day."""
    return any(code.code == value and code.is_in_force(on) for code in LISTS[name].codes)


def parents_of(name: str, value: str, on: date) -> frozenset[str]:
    """What the value belongs to, e.g. the stages of a venue; empty when it belongs to everything."""
    return frozenset(code.parent for code in codes_on(name, on) if code.code == value and code.parent)


def food_child(parent: str, name: str, on: date) -> Code | None:
    """One class of the food tree by its name under its parent's code; the first level has the parent ''."""
    return next((code for code in codes_on("food_class", on) if code.parent == parent and code.zh == name), None)


def has_food_children(parent: str, on: date) -> bool:
    """Whether the tree knows classes below this one; where it does not, the name is taken as written (the tree here has example leaves)."""
    return any(code.parent == parent for code in codes_on("food_class", on))

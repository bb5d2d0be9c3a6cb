"""Personal fields of a form (个人信息): taken out before it is stored, masked in every answer; PIPL art. 51."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from common.vault import masked
from sampling.rules.field import Document, is_given, value_at
from sampling.rules.fields import private_fields

_NUMBERS = re.compile(r"phone|id_no|account")
_SECTIONS = sorted({field.section for field in private_fields().values()})
_PRIVATE = tuple(private_fields())


def mask(name: str, value: str) -> str:
    """What is shown by default: of numbers the ends, of names the first character, of addresses the first six; masking twice changes nothing."""
    if _NUMBERS.search(name):
        return masked(value) if any(c.isdigit() for c in value) else "*" * len(value)
    if name == "email":
        head, at, tail = value.partition("@")
        return f"{head[:1]}***{at}{tail}"
    return f"{value[:6]}****" if name == "ship_to" else value[:1] + "*" * (len(value) - 1)


def personal_values(document: Document) -> dict[str, str]:
    """The personal values that were written, by pointer."""
    return {pointer: value for pointer in _PRIVATE if is_given(value := value_at(document, pointer))}


def masked_form(document: Document) -> dict[str, Any]:
    """The document as it is stored and shown."""
    return _with(document, {pointer: mask(pointer.rpartition("/")[2], value) for pointer, value in personal_values(document).items()})


def opened_form(document: Document, values: Mapping[str, str]) -> dict[str, Any]:
    """The document with its personal values put back."""
    return _with(document, values)


def _with(document: Document, values: Mapping[str, str]) -> dict[str, Any]:
    found = dict(document)
    for section in _SECTIONS:
        names = {pointer.rpartition("/")[2]: value for pointer, value in values.items() if pointer.startswith(f"/{section}/")}
        if names and found.get(section):
            found[section] = {**found[section], **names}
    return found


def kept_values(document: Document, stored: Document, before: Mapping[str, str]) -> dict[str, str]:
    """Personal values of a form that was sent back as it had been read: a value that is still the mask keeps what lies behind it."""
    values = personal_values(document)
    shown = {pointer for pointer, value in values.items() if pointer in before and value_at(stored, pointer) == value}
    return {pointer: before[pointer] if pointer in shown else value for pointer, value in values.items()}

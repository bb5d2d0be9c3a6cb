"""One field of a form (抽样单栏目) and the few shapes that it can have. The forms themselves are in `fields`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

SLASH = "/"
Document = Mapping[str, Any]


class Kind(StrEnum):
    """Type of a value; the notation of domain §2.3."""

    TEXT = "text"
    PARAGRAPH = "paragraph"
    ID = "uuid"
    DAY = "date"
    MOMENT = "datetime"
    DECIMAL = "decimal"
    FEN = "fen"
    BOOL = "bool"
    ENUM = "enum"
    CLASSES = "classes"
    DIVISION = "division"
    USCC = "uscc"
    PERSONS = "persons"
    TEXTS = "texts"
    FILE = "file"


class Need(StrEnum):
    """Whether the field must be filled: always, when its rule applies, or never."""

    REQUIRED = "required"
    CONDITIONAL = "conditional"
    OPTIONAL = "optional"


class Source(StrEnum):
    """Where the value comes from: the form's body, the platform (task, number, dates of acts), or evidence kept beside the form."""

    FORM = "form"
    PLATFORM = "platform"
    EVIDENCE = "evidence"


@dataclass(frozen=True, slots=True)
class Rule:
    """When a conditional field must be filled: in words, and as a function of the form's document."""

    zh: str
    en: str
    applies: Callable[[Document], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field. `slash`: the national `/` (不适用) stands for it, also when it is absent. `private`: sealed in the store, masked in answers.

    `strict`: when its rule applies, `/` is not enough. `default` is what an absent value means. `least`: so many entries of a list.
    """

    pointer: str
    label: str
    kind: Kind
    group: str
    need: Need
    size: int = 300
    codes: str = ""
    national: str = ""
    pattern: str = ""
    slash: bool = False
    private: bool = False
    strict: bool = False
    least: int = 0
    default: Any = None
    rule: Rule | None = None
    source: Source = Source.FORM

    @property
    def section(self) -> str:
        """The object of the body that holds the field; empty at the top."""
        return self.pointer.split("/")[1] if self.pointer.count("/") > 1 else ""

    @property
    def name(self) -> str:
        """Its name inside the section."""
        return self.pointer.rpartition("/")[2]


def value_at(document: Document, pointer: str) -> Any:
    """The value under a pointer of one or two steps; None when it is not there."""
    first, second = _steps(pointer)
    node = document.get(first)
    return node if second is None else node.get(second) if isinstance(node, dict) else None


@cache
def _steps(pointer: str) -> tuple[str, str | None]:
    _, first, *rest = pointer.split("/")
    return first, rest[0] if rest else None


def is_given(value: Any) -> bool:
    """Whether something was written: neither absent, nor empty, nor `/`."""
    return value is not None and value != SLASH and (isinstance(value, int) or bool(value))  # False and 0 are answers

"""One code and one list of codes (代码、代码表)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

EVER = date(2000, 1, 1)


class Code(NamedTuple):
    """One entry: the value that goes over the wire, its Chinese name, what it belongs to, and the days on which it may be used."""

    code: str
    zh: str
    parent: str = ""
    since: date = EVER
    until: date | None = None
    remark: str = ""

    def is_in_force(self, on: date) -> bool:
        return self.since <= on and (self.until is None or on <= self.until)


@dataclass(frozen=True, slots=True)
class CodeList:
    """A list with its title and where it comes from; [U] in the source means: ask the bureau."""

    name: str
    title: str
    source: str
    codes: tuple[Code, ...]


def plain(name: str, title: str, source: str, values: str | Iterable[str], parent: str = "") -> CodeList:
    """A list whose values are the Chinese words themselves, given apart or as one text with blanks between."""
    words = values.split() if isinstance(values, str) else values
    return CodeList(name, title, source, tuple(Code(str(word), str(word), parent) for word in words))


def coded(name: str, title: str, source: str, values: str) -> CodeList:
    """A list of CODE 名称 pairs, separated by semicolons."""
    pairs = (pair.split(maxsplit=1) for pair in values.split(";"))
    return CodeList(name, title, source, tuple(Code(code, zh.strip()) for code, zh in pairs))

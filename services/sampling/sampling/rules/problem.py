"""A problem: what is wrong, where, in Chinese and English. Rules return problems, they never raise."""

from __future__ import annotations

from dataclasses import dataclass

SHOWN_CHARACTERS = 40


@dataclass(frozen=True, slots=True)
class Problem:
    """One refusal with its stable code; `pointer` is a JSON pointer inside the report or the form (问题)."""

    code: str
    pointer: str
    zh: str
    en: str

    def at(self, prefix: str) -> Problem:
        """The same problem seen from further out: the prefix goes before the pointer."""
        return Problem(self.code, prefix + self.pointer, self.zh, self.en)


def shown(text: str) -> str:
    """User text made safe to repeat in a message: cut, and invisible or bidi characters replaced."""
    cut = text if len(text) <= SHOWN_CHARACTERS else text[:SHOWN_CHARACTERS] + "…"
    return cut if cut.isprintable() else "".join(c if c.isprintable() else "\ufffd" for c in cut)

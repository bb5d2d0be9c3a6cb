"""What another scheme would change (复判对比): then and now for each item of a stored report; nothing is changed by looking."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from sampling.rules.assessment import Assessment, ReportedItem, Scheme, Verdict, assess_items


class StoredItem(ReportedItem, Protocol):
    """An item as it was stored, with the judgement's words of then."""

    @property
    def explanation(self) -> str: ...


@dataclass(frozen=True, slots=True)
class ItemChange:
    """One item: what was judged, what would be, and why."""

    item: str
    result: str
    unit: str | None
    before: str
    before_words: str
    after: str | None
    after_words: str
    codes: tuple[str, ...]

    @property
    def changed(self) -> bool:
        return self.after != self.before


@dataclass(frozen=True, slots=True)
class Rejudged:
    """One report: the verdict of then and of now (None: no judgement is possible), and its items."""

    before: str
    after: str | None
    items: tuple[ItemChange, ...]
    codes: tuple[str, ...]

    @property
    def changed(self) -> bool:
        return self.after != self.before or any(item.changed for item in self.items)


# What the laboratory wrote follows the scheme of its day: where it differs from another one, that is the change itself, not a fault.
_EXPECTED = frozenset({"limit_mismatch", "judgement_mismatch", "verdict_mismatch"})


def rejudge(scheme: Scheme, items: Sequence[StoredItem], verdict: str) -> Rejudged:
    """Judge stored items by a scheme; the codes say what stands in the way of a judgement."""
    found = assess_items(scheme, items, verdict)
    changes = tuple(_change(place, item, found) for place, item in enumerate(items))
    codes = tuple(dict.fromkeys(p.code for p in found.problems if p.code not in _EXPECTED and not p.pointer.startswith("/items/")))
    # A scheme that wants more items than were tested says nothing about the batch.
    after = None if codes or found.verdict is None else Verdict.UNQUALIFIED.value if found.verdict is Verdict.SERIOUS else found.verdict.value
    return Rejudged(verdict, after, changes, codes)


def _change(place: int, item: StoredItem, found: Assessment) -> ItemChange:
    judged, at = found.items[place], f"/items/{place}"
    problems = [p for p in found.problems if (p.pointer == at or p.pointer.startswith(f"{at}/")) and p.code not in _EXPECTED]
    words = judged.explanation if judged else "；".join(p.zh for p in problems)
    return ItemChange(
        item.item, item.result, item.unit, item.judgement, item.explanation, judged.judgement.value if judged else None, words,
        tuple(dict.fromkeys(p.code for p in problems)),
    )  # fmt: skip

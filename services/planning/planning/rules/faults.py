"""Faults of an input, gathered so that a planner sees all of them at once."""

from collections.abc import Iterable
from dataclasses import dataclass

from common.errors import Invalid, Refused


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: stable code, JSON pointer, Chinese and English words."""

    code: str
    pointer: str
    zh: str
    en: str


def refuse(faults: Iterable[Fault]) -> None:
    """Raise one Invalid with every fault; nothing when there is none."""
    found = list(faults)[:100]
    if found:
        first = found[0]
        shown = [{"code": f.code, "pointer": f.pointer, "detail": f.zh} for f in found]
        raise Invalid(first.code, first.zh, first.en, pointer=first.pointer, problems=shown)


def check_other_person(actor: str, *earlier: str | None) -> None:
    """Drafter ≠ approver (起草与审批分离): whoever wrote or submitted a thing does not decide on it (domain.md §8.2)."""
    if actor in earlier:
        raise Refused("same_person", "起草(提交)人不得审批自己的内容", "the drafter may not approve")

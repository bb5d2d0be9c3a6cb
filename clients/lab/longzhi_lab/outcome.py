"""What became of each report, told as the platform told it, with its place in the workbook."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

ACCEPTED, UNCHANGED, REJECTED = "accepted", "unchanged", "rejected"


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem; `place` is sheet, row and column where the report came from a workbook."""

    code: str
    pointer: str
    detail: str
    place: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """One report's fate; `place` in the source, from 0."""

    place: int
    report_no: str | None
    status: str
    report_id: str | None = None
    version: int | None = None
    problems: tuple[Problem, ...] = ()

    def with_places(self, places: Sequence[str]) -> "Result":
        return replace(self, problems=tuple(replace(p, place=where) for p, where in zip(self.problems, places, strict=True)))


@dataclass(frozen=True, slots=True)
class Outcome:
    """All of a push, in the order of the source."""

    results: tuple[Result, ...]
    receipts: tuple[Path, ...] = ()

    def count(self, status: str) -> int:
        return Counter(result.status for result in self.results)[status]

    @property
    def rejected(self) -> list[Result]:
        return [result for result in self.results if result.status == REJECTED]


def results_of(places: Sequence[int], answer: Mapping[str, Any]) -> list[Result]:
    """The results of one call's answer."""
    return [_result(place, row) for place, row in zip(places, answer["results"], strict=True)]


def _result(place: int, row: Mapping[str, Any]) -> Result:
    problems = tuple(Problem(str(p["code"]), str(p["pointer"]), str(p["detail"])) for p in row["problems"])
    return Result(place, row["report_no"], row["status"], row["report_id"], row["version"], problems)


def refused_call(places: Sequence[int], numbers: Sequence[str | None], told: Mapping[str, Any]) -> list[Result]:
    """A call that was refused as a whole: each of its reports is rejected with the call's problem."""
    problem = Problem(str(told.get("code", "")), str(told.get("pointer") or ""), str(told.get("detail", "")))
    return [Result(place, number, REJECTED, problems=(problem,)) for place, number in zip(places, numbers, strict=True)]

"""What a bench returns: figures with their goals, and the small statistics that make them."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table; `goal` is a floor when `at_least`, else a ceiling; without a goal it is only told."""

    part: str
    what: str
    value: float
    unit: str
    goal: float | None = None
    at_least: bool = False
    spread: tuple[float, float] | None = None
    note: str = ""

    @property
    def verdict(self) -> str:
        if self.goal is None:
            return "–"
        return "met" if (self.value >= self.goal if self.at_least else self.value <= self.goal) else "NOT MET"

    @property
    def aim(self) -> str:
        return "–" if self.goal is None else f"{'≥' if self.at_least else '≤'} {self.goal:g}{self.suffix}"

    @property
    def shown(self) -> str:
        spread = f" [{number(self.spread[0])} – {number(self.spread[1])}]" if self.spread else ""
        return f"{number(self.value)}{self.suffix}{spread}"

    @property
    def suffix(self) -> str:
        return f" {self.unit}" if self.unit else ""


def number(value: float) -> str:
    """Three digits that matter, whole numbers from a hundred on."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> tuple[float, tuple[float, float]]:
    """Median and spread of the ratios taken inside each round."""
    each = [a / b for a, b in zip(ours, theirs, strict=True)]
    return statistics.median(each), (min(each), max(each))


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` of the values lie, interpolated."""
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def flipped(number_of_round: int, *names: str) -> tuple[str, ...]:
    """The order of the contestants, turned round after every round."""
    return names if number_of_round % 2 == 0 else names[::-1]


def table(figures: Sequence[Figure]) -> str:
    """The figures as a Markdown table."""
    lines = ["| part | what | measured | goal | |", "|---|---|---|---|---|"]
    for f in figures:
        what = f"{f.what} ({f.note})" if f.note else f.what
        lines.append(f"| {f.part} | {what} | {f.shown} | {f.aim} | {f.verdict} |")
    return "\n".join(lines)

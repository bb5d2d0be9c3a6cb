"""Pass rates (合格率 K1) and the problem-found rate (问题发现率 K3) by kind of sampling: supervision and evaluative sampling are never mixed."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from sampling.rules.form import TaskCategory
from sampling.rules.special import RIGHTS
from sampling.rules.timeliness import rate


class GroupBy(StrEnum):
    """How batches are grouped."""

    NONE = "none"
    CLASS = "class"
    PREFECTURE = "prefecture"
    COUNTY = "county"


@dataclass(frozen=True, slots=True)
class Counted:
    """Batches of one kind of sampling in one group, by their effective verdict."""

    category: str
    conforming: int
    failed: int
    problems: int

    @property
    def batches(self) -> int:
        """All that count: void batches have no report and count nowhere."""
        return self.conforming + self.failed + self.problems


@dataclass(frozen=True, slots=True)
class Rates:
    """The figures of one group; a rate without a denominator is None, never 0 or 100."""

    supervision: Counted
    evaluation: Counted
    monitoring: Counted
    supervision_rate: str | None
    evaluation_rate: str | None
    found: int
    found_of: int
    found_rate: str | None


_SUPERVISION = (TaskCategory.SUPERVISION, TaskCategory.MONITORING)


def rates(rows: Iterable[Counted]) -> Rates:
    """K1 of supervision and of evaluative sampling apart; K3 over what supervision and monitoring found, evaluative sampling left out (domain §3)."""
    counted = list(rows)
    supervision = _sum(counted, *_SUPERVISION)
    evaluation, monitoring = _sum(counted, TaskCategory.EVALUATION), _sum(counted, TaskCategory.RISK_MONITORING)
    counting = [row for row in counted if RIGHTS[TaskCategory(row.category)].counts_as_found]
    found, found_of = sum(row.failed + row.problems for row in counting), sum(row.batches for row in counting)
    return Rates(
        supervision, evaluation, monitoring, rate(supervision.conforming, supervision.conforming + supervision.failed),
        rate(evaluation.conforming, evaluation.conforming + evaluation.failed), found, found_of, rate(found, found_of),
    )  # fmt: skip


def _sum(rows: Iterable[Counted], *categories: TaskCategory) -> Counted:
    mine = [row for row in rows if row.category in categories]
    return Counted(
        categories[0].value, sum(row.conforming for row in mine), sum(row.failed for row in mine), sum(row.problems for row in mine)
    )  # fmt: skip

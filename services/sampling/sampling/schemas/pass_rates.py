"""Pass rates by kind of sampling."""

from collections.abc import Iterable
from datetime import date
from itertools import groupby
from typing import Any

from pydantic import Field

from common.strict import Schema
from sampling.rules.pass_rates import Counted, rates


class CountedOut(Schema):
    """Batches by their effective verdict."""

    conforming: int
    failed: int
    problems: int


class PassRateOut(Schema):
    """One programme in one group; risk monitoring has no pass rate."""

    programme: str
    key: str = Field(description="分组:食品大类或产品编码、市州、区县;不分组为空")
    supervision: CountedOut
    supervision_rate: str | None = Field(description="K1 监督抽检合格率,百分数,分母为零时为空")
    evaluation: CountedOut
    evaluation_rate: str | None = Field(description="K1 评价性抽检合格率,单独计算")
    monitoring: CountedOut
    found: int
    found_of: int
    found_rate: str | None = Field(description="K3 问题发现率,不含评价性抽检")


class PassRatesOut(Schema):
    """Rates of a period, as of today."""

    as_of: date
    items: list[PassRateOut]

    @classmethod
    def of(cls, rows: Iterable[Any], as_of: date) -> "PassRatesOut":
        groups = groupby(rows, key=lambda row: (row.programme, row.key))
        return cls(as_of=as_of, items=[_rated(*named, members) for named, members in groups])


def _rated(programme: str, key: str, rows: Iterable[Any]) -> PassRateOut:
    found = rates(Counted(row.category, row.conforming, row.failed, row.problems) for row in rows)
    sums = {name: _counted(getattr(found, name)) for name in ("supervision", "evaluation", "monitoring")}
    return PassRateOut(
        programme=programme, key=key, **sums, supervision_rate=found.supervision_rate, evaluation_rate=found.evaluation_rate, found=found.found,
        found_of=found.found_of, found_rate=found.found_rate,
    )  # fmt: skip


def _counted(one: Counted) -> CountedOut:
    return CountedOut(conforming=one.conforming, failed=one.failed, problems=one.problems)

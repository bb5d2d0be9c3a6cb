"""The queue of waiting work, and the rates of timeliness."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from common.strict import Schema
from sampling.actions.queue import Waiting
from sampling.rules.timeliness import rate


class WaitingOut(Schema):
    """One piece of work (待办), with the last day of its limit and how that was counted."""

    stage: Literal["receive", "report", "correct", "urgent", "decide"] = Field(description="待接样、待出报告、待更正;待通报(24小时)、待审批更正")
    sample_id: UUID
    region_code: str
    sample_no: str
    programme: str
    product_name: str
    laboratory_code: str | None
    state: str
    since: date | datetime
    clock: str | None = Field(description="期限编号,无法定期限的为空")
    due: date | datetime | None = Field(description="届满日(限时报告为时刻)")
    target: date | datetime | None = Field(description="内部目标日")
    late: bool
    colour: str | None = Field(description="绿、黄、红")
    left: int | None = Field(description="剩余工作日(限时报告为小时),逾期为负")
    provisional: bool
    proof: list[dict[str, Any]]

    @classmethod
    def of(cls, waiting: Waiting) -> "WaitingOut":
        row, found = waiting.row, waiting.standing
        return cls(
            stage=waiting.stage, sample_id=row.id, region_code=row.region_code, sample_no=row.sample_no, programme=row.programme,
            product_name=row.product_name, laboratory_code=row.laboratory_code, state=row.state, since=row.since,
            clock=found.clock if found else None, due=found.due if found else None, target=found.target if found else None,
            late=bool(found and found.late), colour=found.colour if found else None, left=found.left if found else None,
            provisional=bool(found and found.provisional), proof=found.proof if found else [],
        )  # fmt: skip


class TimelyOut(Schema):
    """One laboratory in one programme (K13): reports issued within F02 or P03, conclusions reported within F03 and F04."""

    laboratory_code: str
    programme: str
    reports: int
    reports_on_time: int
    rate: str | None = Field(description="K13 报告及时率,百分数,分母为零时为空")
    conforming: int
    conforming_on_time: int
    conforming_rate: str | None = Field(description="F03 合格结论报送及时率")
    failed: int
    failed_on_time: int
    failed_rate: str | None = Field(description="F04 不合格结论报送及时率")

    @classmethod
    def of(cls, row: Any) -> "TimelyOut":
        rates = {
            "rate": rate(row.reports_on_time, row.reports), "conforming_rate": rate(row.conforming_on_time, row.conforming),
            "failed_rate": rate(row.failed_on_time, row.failed),
        }  # fmt: skip
        return cls(**(dict(row._mapping) | rates))


class TimeliesOut(Schema):
    """Rates of a period, as of today."""

    as_of: date
    items: list[TimelyOut]

"""Service of results (结果告知): dates, methods, and until when a party may object (O18 art. 35, O15 art. 30)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from common.clocks import LIMITS, due, national_calendar
from sampling.rules.problem import Problem
from sampling.rules.samples import Programme


class ServiceMethod(StrEnum):
    """How the notice reached the party (送达方式)."""

    DIRECT = "直接送达"
    POST = "邮寄送达"
    ELECTRONIC = "电子送达"
    LEFT = "留置送达"
    PUBLIC = "公告送达"


CLOCKS: Mapping[Programme, str] = {Programme.PRODUCT: "P05", Programme.FOOD: "F08"}


@dataclass(frozen=True, slots=True)
class Objection:
    """The last day for an objection with the count that proves it."""

    clock: str
    until: date
    provisional: bool
    proof: list[dict[str, Any]]


def check_service(served_on: date, issued_on: date, today: date, method: str, signed_by: str | None) -> list[Problem]:
    """Served after the report was issued, not in the future, and signed for when handed over."""
    problems = []
    if served_on < issued_on:
        zh = f"送达日期（{served_on}）早于报告签发日期（{issued_on}）"
        problems.append(Problem("date_order", "/served_on", zh, "served before the report was issued"))
    if served_on > today:
        problems.append(Problem("date_future", "/served_on", f"送达日期（{served_on}）晚于今日", "served in the future"))
    if method == ServiceMethod.DIRECT and not signed_by:
        problems.append(Problem("signature_missing", "/signed_by", "直接送达须有签收人", "direct service needs the name of who signed"))
    return problems


def objection_until(programme: Programme, served_on: date) -> Objection:
    """P05 for products (15 calendar days), F08 for food (7 working days), with the days counted and skipped."""
    clock = CLOCKS[programme]
    deadline = due(LIMITS[clock], served_on, national_calendar())
    steps = [{"on": step.on.isoformat(), "kind": step.kind.value, "reason": step.reason, "number": step.number} for step in deadline.proof]
    return Objection(clock, deadline.legal, deadline.provisional, steps)


def final_after(roles: Sequence[str], served: Mapping[str, date]) -> date | None:
    """The latest objection date when every party has been served, else None."""
    return max(served.values()) if roles and set(roles) <= set(served) else None

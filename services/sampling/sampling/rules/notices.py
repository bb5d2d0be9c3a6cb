"""Service of results (结果告知): who must be told, until when, with which proof (O18 arts. 34-35, O15 arts. 29-30)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from common.clocks import LIMITS, Deadline, due, national_calendar
from sampling.rules.problem import Problem
from sampling.rules.samples import Programme
from sampling.rules.stored import SLASH, Liable


class ServiceMethod(StrEnum):
    """How the notice reached the party (送达方式)."""

    DIRECT = "直接送达"
    POST = "邮寄送达"
    ELECTRONIC = "电子送达"
    LEFT = "留置送达"
    PUBLIC = "公告送达"


CLOCKS: Mapping[Programme, str] = {Programme.PRODUCT: "P05", Programme.FOOD: "F08"}
DUTIES: Mapping[Programme, str] = {Programme.PRODUCT: "P04", Programme.FOOD: "F06"}
PUBLIC_DAYS = 30  # 公告送达: thirty days after the announcement (民事诉讼法 art. 95, by APL art. 61)
MARKET, PLATFORM = "market", "platform"


@dataclass(frozen=True, slots=True)
class Objection:
    """The last day for an objection with the count that proves it."""

    clock: str
    until: date
    provisional: bool
    proof: list[dict[str, Any]]


class Recipient(NamedTuple):
    """Somebody who must be told (受送达人); `answers` when the party also answers for the batch and may object."""

    role: str
    name: str
    address: str
    answers: bool


def recipients(programme: Programme, liable: Sequence[Liable], document: Mapping[str, Any]) -> tuple[Recipient, ...]:
    """Sampled party, labelled producer and consignor; the market's organiser for food (集中交易市场开办者), the platform for what was bought
    online, as far as the form names them (O18 art. 34, O15 art. 29)."""
    found = [Recipient(party.role, party.name, party.address, answers=True) for party in liable]
    known = {party.role for party in liable}
    others = [(PLATFORM, _platform(document))]
    if programme is Programme.FOOD:
        others.insert(0, (MARKET, document.get("market")))
    for role, firm in others:
        name, address = _named(firm)
        if name and role not in known:
            found.append(Recipient(role, name, address, answers=False))
    return tuple(found)


def named_by_hand(role: str, name: str | None) -> Recipient | None:
    """A market's organiser or a platform that the form does not name, as the officer names it."""
    return Recipient(role, name, "", answers=False) if name and role in (MARKET, PLATFORM) else None


def _platform(document: Mapping[str, Any]) -> Any:
    online = document.get("online")
    if not isinstance(online, Mapping):
        return document.get("platform")
    return online.get("platform") or {"name": online.get("platform_name"), "address": online.get("platform_address")}


def _named(firm: Any) -> tuple[str, str]:
    if isinstance(firm, str):
        firm = {"name": firm}
    if not isinstance(firm, Mapping):
        return "", ""
    name = str(firm.get("name") or "").strip()
    return ("" if name == SLASH else name), str(firm.get("address") or "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """One service as it is proved (送达回证)."""

    method: str
    served_on: date
    signed_by: str | None = None
    receipt_no: str | None = None
    has_evidence: bool = False
    agreed: bool | None = None
    announced_on: date | None = None


def check_service(served: Served, issued_on: date, today: date) -> list[Problem]:
    """Served after the report was issued, not in the future, and proved as the method wants it (民诉法 by APL art. 61)."""
    problems, served_on = [], served.served_on
    if served_on < issued_on:
        zh = f"送达日期（{served_on}）早于报告签发日期（{issued_on}）"
        problems.append(Problem("date_order", "/served_on", zh, "served before the report was issued"))
    if served_on > today:
        problems.append(Problem("date_future", "/served_on", f"送达日期（{served_on}）晚于今日", "served in the future"))
    if served.method == ServiceMethod.DIRECT and not served.signed_by:
        problems.append(Problem("signature_missing", "/signed_by", "直接送达须有签收人", "direct service needs the name of who signed"))
    proved = served.has_evidence or served.receipt_no is not None
    if served.method in (ServiceMethod.LEFT, ServiceMethod.POST) and not proved:
        zh = f"{served.method}须有回证、邮单编号或者证据材料"
        problems.append(Problem("service_proof_missing", "/receipt_no", zh, "this way of service needs a receipt number or evidence"))
    if served.method == ServiceMethod.ELECTRONIC and served.agreed is not True:
        problems.append(Problem("eservice_not_agreed", "/agreed", "电子送达须经受送达人同意", "e-service needs the party's consent"))
    return problems + _announcement_faults(served)


def _announcement_faults(served: Served) -> list[Problem]:
    if served.method != ServiceMethod.PUBLIC:
        return []
    if served.announced_on is None:
        return [Problem("announcement_missing", "/announced_on", "公告送达须有公告日期", "public notice needs the day of the announcement")]
    ends = served.announced_on + timedelta(days=PUBLIC_DAYS)
    if served.served_on >= ends:
        return []
    zh = f"公告期满日为 {ends}，送达日期不能早于该日"
    return [Problem("announcement_running", "/served_on", zh, f"the announcement ends on {ends}")]


def proof_of(deadline: Deadline) -> list[dict[str, Any]]:
    """The count, day by day, as it is stored and shown (计算过程)."""
    return [{"on": step.on.isoformat(), "kind": step.kind.value, "reason": step.reason, "number": step.number} for step in deadline.proof]


def objection_until(programme: Programme, served_on: date) -> Objection:
    """P05 for products (15 calendar days), F08 for food (7 working days), with the days counted and skipped."""
    clock = CLOCKS[programme]
    deadline = due(LIMITS[clock], served_on, national_calendar())
    return Objection(clock, deadline.legal, deadline.provisional, proof_of(deadline))


def serving_due(programme: Programme, reported_on: date) -> Deadline:
    """Until when the bureau must have served: F06 for food, P04 for products, from the day on which it got the report."""
    return due(LIMITS[DUTIES[programme]], reported_on, national_calendar())


def final_after(roles: Sequence[str], served: Mapping[str, date]) -> date | None:
    """The latest objection date when every party has been served, else None."""
    return max(served[role] for role in roles) if roles and set(roles) <= set(served) else None


def restarts_clocks(old: Iterable[Sequence[Any]], new: Iterable[Sequence[Any]]) -> bool:
    """Whether a corrected report gives the parties their time anew: only when items, values or basis changed (domain §2.6, row 2)."""
    return sorted(map(tuple, old)) != sorted(map(tuple, new))

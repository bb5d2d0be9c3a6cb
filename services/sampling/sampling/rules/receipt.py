"""Receipt of the sample at the laboratory (样品接收): the check list, and the reasons of a rejection."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from common.clocks import LIMITS, Deadline, due, national_calendar, render
from sampling.rules.problem import Problem
from sampling.rules.samples import Programme


class RejectionReason(StrEnum):
    """Reason for rejecting a sample (拒收原因), domain §4.8."""

    SEAL_BROKEN = "封条破损"
    PACKING_BROKEN = "包装破损"
    QUANTITY_SHORT = "数量不足"
    INFORMATION_DIFFERS = "信息不符"
    STORAGE_WRONG = "储运条件不符"
    EXPIRED = "超过保质期"
    PAPERS_MISSING = "文书缺失"
    LATE = "超过送样时限"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the laboratory ticked (检查封样记录), and what it decided; `expires_on` None means no shelf life."""

    received_on: date
    seal_intact: bool
    packing_intact: bool
    quantity: Decimal
    information_matches: bool
    storage_right: bool
    reserve_sealed: bool
    papers_complete: bool
    seal_number: str
    accepted: bool
    reasons: tuple[RejectionReason, ...] = ()
    arrived_on: date | None = None
    appearance_right: bool = True


@dataclass(frozen=True, slots=True)
class Sealed:
    """What the sampling form says of the sample under way; `quantity` is what should reach the laboratory."""

    sampled_on: date
    quantity: Decimal
    seal_number: str
    expires_on: date | None = None
    due: Deadline | None = None


def delivery_clock(programme: Programme, ended_on: date) -> Deadline | None:
    """Until when a food sample has to be at its laboratory (F01, O15 art. 20); O18 counts no days for products."""
    return due(LIMITS["F01"], ended_on, national_calendar()) if programme is Programme.FOOD else None


def is_overdue(arrived_on: date, clock: Deadline | None) -> bool:
    """Whether the sample came after its last day: a quality event of the sampling body, and a reason to reject (O15 arts. 20, 22)."""
    return clock is not None and arrived_on > clock.legal


def list_rejection_reasons(receipt: Receipt, sealed: Sealed) -> tuple[RejectionReason, ...]:
    """Every reason for which this sample must be rejected (O18 art. 28, O15 art. 22)."""
    found = (
        (RejectionReason.SEAL_BROKEN, not (receipt.seal_intact and receipt.reserve_sealed)),
        (RejectionReason.PACKING_BROKEN, not receipt.packing_intact),
        (RejectionReason.QUANTITY_SHORT, receipt.quantity < sealed.quantity),
        (
            RejectionReason.INFORMATION_DIFFERS,
            not receipt.information_matches or receipt.seal_number != sealed.seal_number,
        ),
        (RejectionReason.STORAGE_WRONG, not (receipt.storage_right and receipt.appearance_right)),
        (RejectionReason.EXPIRED, sealed.expires_on is not None and receipt.received_on > sealed.expires_on),
        (RejectionReason.PAPERS_MISSING, not receipt.papers_complete),
    )
    return tuple(reason for reason, applies in found if applies)


def check_receipt(receipt: Receipt, sealed: Sealed, today: date) -> tuple[Problem, ...]:
    """Dates in order, an accepted sample without a fault, a rejected one with its written reasons."""
    problems = []
    if receipt.received_on < sealed.sampled_on:
        zh = f"收样日期（{receipt.received_on}）早于抽样日期（{sealed.sampled_on}）"
        problems.append(Problem("date_order", "/received_on", zh, "received before it was sampled"))
    if receipt.arrived_on is not None and not sealed.sampled_on <= receipt.arrived_on <= receipt.received_on:
        zh = f"到样日期（{receipt.arrived_on}）应在抽样日期（{sealed.sampled_on}）与接样日期（{receipt.received_on}）之间"
        problems.append(Problem("date_order", "/arrived_on", zh, "the sample arrives between sampling and receipt"))
    if receipt.received_on > today:
        zh = f"收样日期（{receipt.received_on}）晚于今日（{today}）"
        problems.append(Problem("date_future", "/received_on", zh, "received in the future"))
    if receipt.quantity < 0:
        problems.append(Problem("quantity_positive", "/quantity", "样品数量不得为负", "the quantity is negative"))
    must = list_rejection_reasons(receipt, sealed)
    if receipt.accepted and must:
        zh = f"样品应予拒收：{'、'.join(reason.value for reason in must)}"
        problems.append(Problem("receipt_must_reject", "/accepted", zh, "the check list obliges to reject the sample"))
    if receipt.accepted and receipt.reasons:
        problems.append(Problem("receipt_reasons", "/reasons", "接收的样品不应有拒收原因", "accepted, yet with reasons"))
    if not receipt.accepted and not receipt.reasons:
        problems.append(Problem("receipt_reasons", "/reasons", "拒收须写明原因", "a rejection needs its reasons"))
    if RejectionReason.LATE in receipt.reasons and not is_overdue(receipt.arrived_on or receipt.received_on, sealed.due):
        problems.append(Problem("receipt_reasons", "/reasons", f"样品未超过送样时限{_told(sealed.due)}", "the sample did not come late"))
    missing = [reason.value for reason in must if reason not in receipt.reasons]
    if not receipt.accepted and receipt.reasons and missing:
        zh = f"拒收原因缺少：{'、'.join(missing)}"
        problems.append(Problem("receipt_reasons", "/reasons", zh, "reasons on the check list are not given"))
    return tuple(problems)


def _told(clock: Deadline | None) -> str:
    return "（产品无送样天数限制）" if clock is None else f"（F01 至 {clock.legal}：{'；'.join(render(clock.proof).splitlines())}）"

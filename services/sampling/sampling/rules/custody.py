"""Seals, endings and receipts as the API words them (封样、拒抽、未抽到、接样)."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from sampling.rules.problem import Problem
from sampling.rules.receipt import Receipt, RejectionReason, Sealed, check_receipt
from sampling.rules.stored import StoredForm


class RefusalReason(StrEnum):
    """Reason of a refusal (拒抽原因), domain §4.8."""

    NO_REASON = "无正当理由拒绝"
    PAPERS = "拒绝提供资料"
    PRICE = "样品价格明显不合理"
    ENTRY = "阻碍进入场所"
    HIDDEN = "转移藏匿样品"
    VIOLENCE = "暴力威胁"


class AbsenceReason(StrEnum):
    """Reason why nothing was sampled (未抽样原因), domain §4.8."""

    STOPPED = "停产/停业"
    CHANGED = "转产"
    STRUCK_OFF = "注销/吊销"
    GONE = "查无企业/迁址"
    SHORT = "无库存或数量不足"
    EXPORT = "仅出口"
    NOT_MADE = "不生产该产品"
    TRIAL = "试制/处理品"
    RECENT = "六个月内已被抽查"
    DISASTER = "灾害疫情"
    OTHER = "其他"


@dataclass(frozen=True, slots=True)
class Seals:
    """What was written at sealing."""

    sealed_on: date
    seal_no: str
    reserve_seal_no: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """What the laboratory ticked when the sample came (检查封样记录); a check is True when nothing was wrong."""

    received_on: date
    seal: bool
    packing: bool
    quantity: bool
    information: bool
    storage: bool
    accept: bool
    reasons: tuple[str, ...]


def check_seals(seals: Seals, form: StoredForm, today: date) -> list[Problem]:
    """Sealed when sampled or later, two seals where there is a reserve sample, and not twice the same."""
    problems = []
    if seals.sealed_on < form.sampled_on:
        problems.append(Problem("date_order", "/sealed_on", "封样日期早于抽样日期", "sealed before it was sampled"))
    if seals.sealed_on > today:
        problems.append(Problem("date_future", "/sealed_on", "封样日期晚于今日", "sealed in the future"))
    if form.reserve_quantity > 0 and not seals.reserve_seal_no:
        problems.append(Problem("reserve_seal_missing", "/reserve_seal_no", "备样须有封条编号", "the reserve sample needs a seal number"))
    if seals.reserve_seal_no == seals.seal_no:
        problems.append(Problem("seal_twice", "/reserve_seal_no", "检样与备样封条编号相同", "both seals have the same number"))
    return problems


def check_ending(on: date, reason: str, note: str, today: date) -> list[Problem]:
    """A refusal or absence happened, and 其他 says what."""
    problems = []
    if on > today:
        problems.append(Problem("date_future", "/on", "日期晚于今日", "in the future"))
    if reason == AbsenceReason.OTHER and not note.strip():
        problems.append(Problem("note_missing", "/note", "选择其他的须说明", "'other' needs a note"))
    return problems


def check_arrival(arrival: Arrival, form: StoredForm, seal_no: str, today: date) -> list[Problem]:
    """The receipt's rules with pointers into the API's body."""
    receipt = Receipt(
        received_on=arrival.received_on, seal_intact=arrival.seal, packing_intact=arrival.packing,
        quantity=form.quantity if arrival.quantity else Decimal(0), information_matches=arrival.information, storage_right=arrival.storage,
        reserve_sealed=True, papers_complete=True, seal_number=seal_no, accepted=arrival.accept,
        reasons=tuple(RejectionReason(reason) for reason in arrival.reasons),
    )  # fmt: skip
    sealed = Sealed(form.sampled_on, form.quantity, seal_no, form.product.expires_on)
    found = check_receipt(receipt, sealed, today)
    return [Problem(p.code, "/decision" if p.pointer == "/accepted" else p.pointer, p.zh, p.en) for p in found]

"""Seals, endings and receipts as the API words them (封样、拒抽、未抽到、接样)."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from sampling.rules.problem import Problem, shown
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
    SIGNATURE = "拒绝签字盖章"


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
    arrived_on: date | None = None
    reserve: bool = True
    papers: bool = True
    appearance: bool = True
    appearance_note: str | None = None
    seal_no: str | None = None
    quantity_found: Decimal | None = None
    temperature: Decimal | None = None
    checker: str | None = None
    checker_phone: str | None = None
    photos: tuple[str, ...] = ()


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


def check_absence(on: date, reason: str, note: str, today: date) -> list[Problem]:
    """Nothing to sample (未抽到样品) happened, and 其他 says what."""
    problems = []
    if on > today:
        problems.append(Problem("date_future", "/on", "日期晚于今日", "in the future"))
    if reason == AbsenceReason.OTHER and not note.strip():
        problems.append(Problem("note_missing", "/note", "选择其他的须说明", "'other' needs a note"))
    return problems


def check_arrival(arrival: Arrival, form: StoredForm, sealed: Sealed, today: date) -> list[Problem]:
    """The receipt's rules with pointers into the API's body."""
    found = arrival.quantity_found if arrival.quantity_found is not None else form.quantity
    receipt = Receipt(
        received_on=arrival.received_on, seal_intact=arrival.seal, packing_intact=arrival.packing,
        quantity=found if arrival.quantity else Decimal(0), information_matches=arrival.information, storage_right=arrival.storage,
        reserve_sealed=arrival.reserve, papers_complete=arrival.papers, seal_number=arrival.seal_no or sealed.seal_number,
        accepted=arrival.accept, reasons=tuple(RejectionReason(reason) for reason in arrival.reasons), arrived_on=arrival.arrived_on,
        appearance_right=arrival.appearance,
    )  # fmt: skip
    problems = check_receipt(receipt, sealed, today)
    return [Problem(p.code, "/decision" if p.pointer == "/accepted" else p.pointer, p.zh, p.en) for p in problems]


class Way(StrEnum):
    """How a sample travels (送样方式)."""

    COURIER = "快递"
    OWN = "自送"
    SPECIAL = "专用运输"


@dataclass(frozen=True, slots=True)
class Journey:
    """How and when the sample left, and the temperatures logged so far."""

    way: Way
    dispatched_on: date
    courier: str | None
    tracking_no: str | None
    vehicle: str | None
    temperatures: int


COLD = ("冷藏", "冷冻", "低温")


def check_journey(journey: Journey, sealed_on: date, today: date, *, dangerous: bool, storage: str) -> list[Problem]:
    """A dangerous sample never by courier, a chilled one never without its log (O18 art. 23, O15 art. 20)."""
    problems = []
    if journey.dispatched_on < sealed_on:
        problems.append(Problem("date_order", "/dispatched_on", "送样日期早于封样日期", "sent before it was sealed"))
    if journey.dispatched_on > today:
        problems.append(Problem("date_future", "/dispatched_on", "送样日期晚于今日", "sent in the future"))
    if journey.way is Way.COURIER and dangerous:
        zh = "危险物品不得交付普通快递，应由抽样人员携带或者专用运输（《产品质量监督抽查管理暂行办法》第二十三条）"
        problems.append(Problem("dispatch_dangerous", "/way", zh, "dangerous goods do not travel by courier"))
    if journey.way is Way.COURIER and not (journey.courier and journey.tracking_no):
        problems.append(Problem("dispatch_tracking", "/tracking_no", "快递送样须填快递公司和运单号", "a courier has a name and a tracking number"))
    if journey.way is Way.SPECIAL and not journey.vehicle:
        problems.append(Problem("dispatch_vehicle", "/vehicle", "专用运输须填车辆", "special transport names its vehicle"))
    if not journey.temperatures and any(word in storage for word in COLD):
        zh = f"储存条件为「{shown(storage)}」，送样须记录温度"
        problems.append(Problem("temperature_missing", "/temperatures", zh, "a chilled sample travels with a temperature log"))
    return problems

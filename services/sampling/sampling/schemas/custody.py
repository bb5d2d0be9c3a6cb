"""Seals, special paths, transport and receipts as they come in and go out."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from common.clocks import Deadline, render
from common.strict import Bool, Day, Fen, Line, Paragraph, Quantity, Schema
from sampling.actions.custody import ReceiptResult
from sampling.actions.endings import Analysis, Ending
from sampling.actions.transport import Leaving, Waypoint
from sampling.models import CustodyEvent, SpecialNotice
from sampling.rules.custody import AbsenceReason, Arrival, RefusalReason, Seals, Way
from sampling.rules.receipt import RejectionReason
from sampling.rules.special import Circumstances, Kept, Refusal, RepeatBasis, RepeatException, Stop, StopReason, Unsigned
from sampling.schemas.samples import FaultOut

Moment = Annotated[AwareDatetime, Field(description="带时区的时刻,如 2021-02-01T09:30:00+08:00")]
Celsius = Annotated[str, Field(pattern=r"^-?[0-9]{1,3}(\.[0-9])?$", description="温度,℃")]
Short = Annotated[Line, Field(max_length=60)]
Words = Annotated[Paragraph, Field(max_length=500)]


class KeptIn(Schema):
    """The sample stays at the firm under seal (样品封存于企业)."""

    seal_mark: Short = Field(description="封存标记")
    keeper: Line = Field(description="企业保管责任人")
    told_liable: Bool = Field(description="已告知不得转移、调换、毁损及其责任")


class UnsignedIn(Schema):
    """The party would not sign (拒绝签字盖章)."""

    note: Words
    witness: Line = Field(description="见证人")


class RepeatBasisIn(Schema):
    """Why the six months do not matter (六个月规则的例外)."""

    kind: RepeatException
    paper: Line = Field(description="依据文号或不合格报告编号")


class SealIn(Schema):
    """Seals (封样), and what was special about them."""

    sealed_on: Day
    seal_no: Short = Field(description="检样封条编号")
    reserve_seal_no: Short | None = Field(None, description="备样封条编号")
    kept: KeptIn | None = Field(None, description="样品留存企业(仅产品)")
    unsigned: UnsignedIn | None = None
    repeat: RepeatBasisIn | None = None
    dangerous: Bool = Field(False, description="危险或易碎物品,须专用运输")

    def to_seals(self) -> Seals:
        return Seals(self.sealed_on, self.seal_no, self.reserve_seal_no)

    def to_circumstances(self) -> Circumstances:
        kept, unsigned, repeat = self.kept, self.unsigned, self.repeat
        return Circumstances(
            kept=Kept(kept.seal_mark, kept.keeper, kept.told_liable) if kept else None,
            unsigned=Unsigned(unsigned.note, unsigned.witness) if unsigned else None,
            repeat=RepeatBasis(repeat.kind, repeat.paper) if repeat else None, dangerous=self.dangerous,
        )  # fmt: skip


class RefusalIn(Schema):
    """A refusal (拒绝抽样认定): evidence is uploaded before it, two samplers sign."""

    on: Day
    reason: RefusalReason
    note: Paragraph = ""
    refused_at: Moment | None = None
    signers: list[Short] = Field([], max_length=10, description="签名抽样人员的证件编号,不少于2名")
    witness: Line | None = None
    asked_price_fen: Fen | None = Field(None, description="对方要价")

    def to_refusal(self) -> Refusal:
        return Refusal(
            on=self.on, reason=self.reason, note=self.note, refused_at=self.refused_at, signers=tuple(self.signers), witness=self.witness,
            asked_price_fen=self.asked_price_fen,
        )  # fmt: skip


class AbsenceIn(Schema):
    """Nothing to sample (未抽到样品)."""

    on: Day
    reason: AbsenceReason
    note: Paragraph = ""

    def to_ending(self) -> Ending:
        return Ending(self.on, self.reason.value, self.note)


class StopIn(Schema):
    """Illegal production is evident (终止抽样)."""

    on: Day
    reason: StopReason
    licence_no: Short | None = None
    note: Words = ""

    def to_stop(self) -> Stop:
        return Stop(self.on, self.reason, self.licence_no, self.note)


class TestStartIn(Schema):
    """The laboratory begins (开始检验)."""

    on: Day


class TestImpossibleIn(Schema):
    """The laboratory cannot test it (无法检验)."""

    on: Day
    reason: Words
    note: Words = ""

    def to_ending(self) -> Ending:
        return Ending(self.on, self.reason, self.note)


class AnalysisIn(Schema):
    """What experts made of a problem sample (监测问题专家分析)."""

    on: Day
    conclusion: Words
    experts: list[Line] = Field(min_length=1, max_length=20)

    def to_analysis(self) -> Analysis:
        return Analysis(self.on, self.conclusion, tuple(self.experts))


class ReadingIn(Schema):
    """One reading of the temperature log (温度记录)."""

    at: Moment
    celsius: Celsius


class DispatchIn(Schema):
    """How the sample leaves (送样)."""

    way: Way
    dispatched_on: Day
    courier: Short | None = Field(None, description="快递公司")
    tracking_no: Short | None = Field(None, description="运单号")
    vehicle: Short | None = Field(None, description="车辆")
    storage: Line | None = Field(None, description="运输条件")
    temperatures: list[ReadingIn] = Field([], max_length=200)

    def to_leaving(self) -> Leaving:
        readings = tuple({"at": reading.at.isoformat(), "celsius": reading.celsius} for reading in self.temperatures)
        return Leaving(self.way, self.dispatched_on, self.courier, self.tracking_no, self.vehicle, self.storage, readings)


class WaypointIn(Schema):
    """Something heard on the way (物流轨迹)."""

    at: Moment
    place: Line
    note: Words = ""
    celsius: Celsius | None = None

    def to_waypoint(self) -> Waypoint:
        return Waypoint(self.at, self.place, self.note, self.celsius)


Check = Literal["ok", "fault"]


class ChecksIn(Schema):
    """The check list at arrival (检查封样记录)."""

    seal: Check = Field(description="封条")
    packing: Check = Field(description="包装")
    quantity: Check = Field(description="数量")
    information: Check = Field(description="样品与抽样单信息")
    storage: Check = Field(description="储运条件")
    reserve: Check = Field("ok", description="备样分别封样")
    papers: Check = Field("ok", description="随附文书")
    appearance: Check = Field("ok", description="外观状态")


class ReceiptIn(Schema):
    """Receipt at the laboratory (接样)."""

    received_on: Day = Field(description="接样日期")
    checks: ChecksIn
    decision: Literal["accept", "reject"]
    reasons: list[RejectionReason] = Field([], max_length=8, description="拒收原因")
    arrived_on: Day | None = Field(None, description="样品到达日期")
    seal_no: Short | None = Field(None, description="所见检样封条编号")
    quantity_found: Quantity | None = Field(None, description="实收数量")
    temperature: Celsius | None = None
    appearance_note: Words | None = Field(None, description="外观状态描述")
    checker: Line | None = Field(None, description="检查封样人员")
    checker_phone: Short | None = Field(None, description="检查封样人员电话,加密保存")
    photos: list[UUID] = Field([], max_length=20, description="影像证据编号")

    def to_arrival(self) -> Arrival:
        ticked = {name: value == "ok" for name, value in self.checks.model_dump().items()}
        return Arrival(
            received_on=self.received_on, accept=self.decision == "accept", reasons=tuple(reason.value for reason in self.reasons),
            arrived_on=self.arrived_on, appearance_note=self.appearance_note, seal_no=self.seal_no, quantity_found=self.quantity_found,
            temperature=Decimal(self.temperature) if self.temperature else None, checker=self.checker, checker_phone=self.checker_phone,
            photos=tuple(str(photo) for photo in self.photos), **ticked,
        )  # fmt: skip


class BatchReceiptIn(ReceiptIn):
    """One receipt of many."""

    sample_id: UUID


class ReceiptsIn(Schema):
    """Up to 500 receipts in one call."""

    receipts: list[BatchReceiptIn] = Field(min_length=1, max_length=500)


class ReceiptResultOut(Schema):
    """What became of one receipt: done, unchanged or refused."""

    sample_id: UUID
    status: Literal["done", "unchanged", "refused"]
    state: str | None
    problems: list[FaultOut]

    @classmethod
    def of(cls, result: ReceiptResult, english: bool) -> "ReceiptResultOut":
        faults = [FaultOut(code=p.code, pointer=p.pointer, detail=p.en if english else p.zh) for p in result.problems]
        return cls.model_validate({"sample_id": result.sample_id, "status": result.status, "state": result.state, "problems": faults})


class ReceiptsOut(Schema):
    """Results in the order of the call."""

    results: list[ReceiptResultOut]


class DispatchOut(Schema):
    """How a sample travels (送样记录)."""

    way: str
    dispatched_on: date
    courier: str | None
    tracking_no: str | None
    vehicle: str | None
    storage: str | None
    due_on: date | None = Field(description="应送达日期(F01)")
    temperatures: list[dict[str, Any]]
    arrived_on: date | None


class EventOut(Schema):
    """One thing that happened (流转记录); a telephone is shown as kept, never in clear."""

    id: UUID
    subject: Literal["sample", "reserve"]
    act: str
    happened_at: datetime
    details: dict[str, Any]
    has_phone: bool = Field(description="另存有加密的联系电话")
    actor: str
    created_at: datetime

    @classmethod
    def of(cls, event: CustodyEvent) -> "EventOut":
        names = ("id", "subject", "act", "happened_at", "details", "actor", "created_at")
        return cls.model_validate({name: getattr(event, name) for name in names} | {"has_phone": event.phone_sealed is not None})


class DeliveryOut(Schema):
    """Until when a food sample has to be at its laboratory (F01)."""

    clock: str
    due_on: date
    target: date
    provisional: bool
    proof: list[str]


class CustodyOut(Schema):
    """The way of a sample (样品流转)."""

    sample_id: UUID
    state: str
    delivery: DeliveryOut | None
    dispatch: DispatchOut | None
    events: list[EventOut]


_PARTIES = ("sampled_party", "address", "producer")


class SpecialNoticeOut(Schema):
    """A notice of a special path (通报)."""

    id: UUID
    region_code: str = Field(description="通报部门")
    sample_id: UUID
    kind: Literal["refusal", "illegal", "online"]
    to_region_code: str
    to_role: Literal["organiser", "county", "platform"]
    happened_at: datetime
    due_at: datetime | None
    sent_at: datetime
    late: bool
    details: dict[str, Any]
    acknowledged_at: datetime | None
    acknowledged_by: str | None

    @classmethod
    def of(cls, notice: SpecialNotice, blind: bool = False) -> "SpecialNoticeOut":
        """A laboratory that stopped a test sees its notice, not the parties (盲样)."""
        plain = {name: getattr(notice, name) for name in cls.model_fields}
        told = {name: value for name, value in notice.details.items() if not (blind and name in _PARTIES)}
        return cls.model_validate(plain | {"details": told})


def delivery_out(clock: Deadline) -> DeliveryOut:
    """F01 as it is shown."""
    proof = render(clock.proof).splitlines()
    return DeliveryOut(clock=clock.limit_id, due_on=clock.legal, target=clock.target, provisional=clock.provisional, proof=proof)

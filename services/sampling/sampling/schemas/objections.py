"""Objection and re-inspection (异议、复检) as they come in and go out."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from common.caller import Caller
from common.strict import Bool, Day, Fen, Line, Paragraph, Schema
from common.vault import masked
from sampling.actions.objections import Decision, Filing
from sampling.actions.reinspection import Handover
from sampling.models import LaboratoryDraw, LaboratoryTie, ObjectionCase, ObjectionClock, Reinspection
from sampling.rules.objections import Application, Kind, Right
from sampling.rules.objections_papers import Paper
from sampling.rules.reinspection import EndReason

Role = Literal["seller", "producer", "consignor"]
Short = Annotated[Line, Field(max_length=60)]


def _said(value: str) -> str:
    if not value:
        raise PydanticCustomError("text_empty", "不能为空")
    return value


Said = Annotated[Paragraph, AfterValidator(_said)]
StateIn = Literal["FILED", "INCOMPLETE", "ACCEPTED", "DRAWN", "TESTING", "REFUSED", "WITHDRAWN", "DECIDED"]


class ObjectionIn(Schema):
    """An application (异议申请书、复检申请书)."""

    party_role: Role = Field(description="申请人身份")
    kind: Kind = Field(description="异议类型")
    items: list[Annotated[Line, Field(max_length=100)]] = Field([], max_length=50, description="争议项目,仅复检")
    reason: Said = Field(description="理由")
    applied_on: Day = Field(description="提交日期;邮寄以邮戳日为准")
    lodged_at: Annotated[Line, Field(pattern=r"^62(?:[0-9]{2}(?:[0-9A-Z]{2})?)?$")] | None = Field(None, description="受理机关,不填为法定机关")
    contact: Short | None = Field(None, description="联系人")
    phone: Short | None = Field(None, description="电话")
    evidence: list[UUID] = Field([], max_length=50, description="证据材料")

    def to_filing(self) -> Filing:
        asked = Application(kind=self.kind, party_role=self.party_role, items=tuple(dict.fromkeys(self.items)), applied_on=self.applied_on)
        return Filing(
            asked=asked, reason=self.reason, contact=self.contact, phone=self.phone, evidence=tuple(map(str, self.evidence)),
            lodged_at=self.lodged_at,
        )  # fmt: skip


class OnIn(Schema):
    """The day of an act."""

    on: Day


class GroundsIn(OnIn):
    """The day of an act and its reasons."""

    grounds: Annotated[Paragraph, Field(max_length=2000)] = Field("", description="理由")


class AskIn(OnIn):
    """One request for what is missing (一次性补正告知)."""

    missing: Said = Field(description="须补正的材料")


class CompleteIn(OnIn):
    """Receipt of what was missing."""

    evidence: list[UUID] = Field([], max_length=50)


class DecideIn(OnIn):
    """The decision on an objection (审核结论)."""

    sustained: Bool = Field(description="异议成立")
    grounds: Said
    counterfeit: Bool = Field(False, description="涉嫌假冒,移交线索")

    def to_decision(self) -> Decision:
        return Decision(self.sustained, self.grounds, self.counterfeit)


class ConsultIn(OnIn):
    """Consulting another body (商请其他部门或者机构); both days included."""

    until: Day
    body: Line = Field(description="被商请的部门、机构")


class ExtendIn(OnIn):
    """An extension of F10 or F12."""

    clock: Literal["F10", "F12"]
    days: Annotated[int, Field(ge=1, le=30, strict=True)]
    grounds: Said


class PanelIn(OnIn):
    """A panel of experts (专家组)."""

    size: Annotated[int, Field(ge=3, le=15, strict=True)] = 3
    specialities: list[Annotated[Line, Field(max_length=40)]] = Field(min_length=1, max_length=20)


class PaperIn(Schema):
    """Which letter to the applicant (文书)."""

    paper: Paper


class FormalitiesIn(OnIn):
    """Formalities of a re-inspection (复检手续) with the fee paid first."""

    fee_fen: Fen


class DrawIn(OnIn):
    """A draw of the re-inspection laboratory; ties that the applicant or the officer declares leave a laboratory out."""

    tied: dict[Annotated[str, Field(pattern=r"^[A-Z0-9]{1,12}$")], Line] = Field({}, max_length=50, description="有利害关系的机构及说明")


class HandoverIn(OnIn):
    """The reserve sample handed over (备样移交)."""

    seal_no: Short = Field(description="备样封条编号")
    seal_intact: Bool
    note: Annotated[Paragraph, Field(max_length=500)] = Field("", description="状态说明")
    photos: list[UUID] = Field([], max_length=20)
    test_days: Annotated[int, Field(ge=1, le=90, strict=True)] | None = Field(None, description="约定的检验期限,工作日")

    def to_handover(self) -> Handover:
        return Handover(self.seal_no, self.seal_intact, self.note, tuple(map(str, self.photos)), self.test_days)


class EndIn(OnIn):
    """Why a re-inspection ends without a test (终止复检)."""

    reason: EndReason


class DeclineIn(OnIn):
    """The laboratory's written statement (不能承担的书面说明)."""

    reason: Said


class TieIn(Schema):
    """A tie that a laboratory declares (利害关系申报)."""

    party_name: Line
    party_uscc: Annotated[str, Field(pattern=r"^([0-9A-HJ-NPQRTUWXY]{18})?$")] = ""
    relation: Said
    until: Day


class TieOut(Schema):
    """A declared tie."""

    id: UUID
    laboratory_code: str
    party_name: str
    party_uscc: str
    relation: str
    until: date

    @classmethod
    def of(cls, tie: LaboratoryTie) -> "TieOut":
        return cls.model_validate(tie)


class ClockOut(Schema):
    """A limit with its proof (期限)."""

    clock_id: str
    trigger_on: date
    legal_on: date
    target_on: date
    provisional: bool
    proof: list[dict[str, Any]]
    extensions: list[dict[str, Any]]
    pauses: list[dict[str, Any]]
    done_on: date | None
    late: bool

    @classmethod
    def of(cls, clock: ObjectionClock, today: date) -> "ClockOut":
        shown = {name: getattr(clock, name) for name in cls.model_fields if name != "late"}
        return cls(**shown, late=(clock.done_on or today) > clock.legal_on)


class ReinspectionOut(Schema):
    """A re-inspection (复检): the laboratory sees no names."""

    id: UUID
    region_code: str
    sample_id: UUID
    objection_id: UUID
    laboratory_code: str | None
    round: int
    state: str
    task: dict[str, Any]
    drawn_on: date | None
    declined_on: date | None
    decline_reason: str
    formalities_on: date | None
    fee_fen: int | None
    bearer: str | None
    handed_on: date | None
    seal_no: str
    seal_intact: bool | None
    handover: dict[str, Any]
    report_no: str | None
    verdict: str | None
    same: bool | None = Field(description="争议项目结论与初检一致")
    report: dict[str, Any]
    reported_on: date | None
    revision: int

    @classmethod
    def of(cls, test: Reinspection, caller: Caller | None = None) -> "ReinspectionOut":
        shown = cls.model_validate(test)
        blind = caller is not None and caller.region is None
        return shown.model_copy(update={"fee_fen": None, "bearer": None}) if blind else shown


class ObjectionOut(Schema):
    """An application with its limits and, for a re-inspection, the test."""

    id: UUID
    region_code: str
    sample_id: UUID
    report_id: UUID | None
    party_role: str
    applicant: str
    applicant_uscc: str
    kind: str
    items: list[str]
    reason: str
    contact: str | None
    phone: str | None
    via: str
    lodged_at: str
    evidence: list[str]
    applied_on: date
    materials_on: date
    state: str
    findings: list[dict[str, Any]] = Field(description="不予受理的情形,附条文和期限计算")
    urgent_by: date | None = Field(description="须在此日前完成检验(保质期)")
    missing: str
    asked_on: date | None
    ruled_on: date | None
    grounds: str
    panel_draw_id: UUID | None
    outcome: str | None
    counterfeit: bool
    decided_on: date | None
    told_on: date | None
    clocks: list[ClockOut]
    reinspection: ReinspectionOut | None
    revision: int
    created_at: datetime | None

    @classmethod
    def of(cls, case: ObjectionCase, clocks: Sequence[ObjectionClock], test: Reinspection | None, *, person: tuple[str | None, str | None],
           today: date) -> "ObjectionOut":  # fmt: skip
        own = {"contact", "phone", "clocks", "reinspection"}
        shown = {name: getattr(case, name) for name in cls.model_fields if name not in own}
        contact, phone = person
        return cls(
            **shown, contact=contact, phone=masked(phone) if phone else None, clocks=[ClockOut.of(one, today) for one in clocks],
            reinspection=ReinspectionOut.of(test) if test else None,
        )  # fmt: skip


class RightOut(Schema):
    """One kind of application and until when the party may make it (权利与期限)."""

    kind: str
    clock: str | None
    since: date | None
    until: date | None
    provisional: bool
    proof: list[dict[str, Any]]
    allowed: bool
    findings: list[dict[str, Any]]

    @classmethod
    def of(cls, kind: Kind, right: Right | None, findings: list[dict[str, Any]]) -> "RightOut":
        if right is None:
            return cls(kind=kind.value, clock=None, since=None, until=None, provisional=False, proof=[], allowed=not findings, findings=findings)
        return cls(
            kind=kind.value, clock=right.clock, since=right.since, until=right.until, provisional=right.provisional, proof=right.proof,
            allowed=not findings, findings=findings,
        )  # fmt: skip


class PartyRightsOut(Schema):
    """What one party may still do."""

    role: str
    name: str
    rights: list[RightOut]


class RightsOut(Schema):
    """What each party of a batch may still do, and the batch's conclusion."""

    sample_id: UUID
    state: str
    final_conclusion: str | None
    concluded_on: date | None
    parties: list[PartyRightsOut]


class DrawOut(Schema):
    """A draw that anybody can replay (抽取记录)."""

    id: UUID
    round: int
    drawn_on: date
    drawn: str
    seed: str
    candidates_hash: str
    commitment: str
    protocol: dict[str, Any]
    drawn_by: str

    @classmethod
    def of(cls, draw: LaboratoryDraw) -> "DrawOut":
        shown = {name: getattr(draw, name) for name in cls.model_fields if name != "seed"}
        return cls(**shown, seed=draw.seed.hex())


class DrawsOut(Schema):
    """All draws of a case, the first one first."""

    items: list[DrawOut]

"""Shapes of HTTP requests and answers."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, Field, StrictInt, StrictStr
from pydantic_core import PydanticCustomError
from stdnum.cn import uscc

from common.strict import Bool, Day, Line, Paragraph, Schema
from experts.actions.pool import Applicant
from experts.models import Draw, DrawMember, Expert, ExpertInterest, ExpertScore
from experts.rules import seats
from experts.rules.panel import Replay, Terms
from experts.rules.pool import ExpertState, Pool, RemovalCause, Score
from experts.rules.seats import Opinion


def _check_digit(value: str) -> str:
    if not uscc.is_valid(value):
        raise PydanticCustomError("uscc_check", "统一社会信用代码校验位不正确")
    return value


def _check_once(interests: list["InterestIn"]) -> list["InterestIn"]:
    if len({each.uscc for each in interests}) < len(interests):
        raise PydanticCustomError("list_duplicate", "同一企业重复填写")
    return interests


Uscc = Annotated[StrictStr, Field(pattern=r"^[0-9A-HJ-NPQRTUWXY]{18}$", description="统一社会信用代码"), AfterValidator(_check_digit)]
RegionCode = Annotated[StrictStr, Field(pattern=r"^[0-9]{2}([0-9]{2}([0-9A-Z]{2})?)?$", description="区划前缀:62、6201、620102")]
Phone = Annotated[StrictStr, Field(pattern=r"^(1[3-9][0-9]{9}|0[0-9]{2,3}-?[0-9]{7,8})$", description="联系电话")]
Number = Annotated[StrictStr, Field(pattern=r"^[A-Z0-9-]{3,40}$", description="专家编号,库内唯一")]
Code = Annotated[StrictStr, Field(pattern=r"^[0-9A-Za-z\u4e00-\u9fff._/-]{1,60}$", description="专业代码")]
RequestId = Annotated[StrictStr, Field(pattern=r"^[!-~]{1,200}$", description="抽取申请号,重复提交得到同一次抽取")]
Ids = Annotated[list[UUID], Field(min_length=1, max_length=500)]


class InterestIn(Schema):
    """A firm in which the expert has or had an interest (利害关系企业)."""

    uscc: Uscc
    until: Day


class ExpertIn(Schema):
    """An application (入库申请)."""

    number: Number
    pool: Pool = Field(strict=False)
    name: Line
    sex: Literal["男", "女"]
    birth_year: StrictInt = Field(ge=1920, le=2020)
    unit: Line = Field(description="工作单位")
    unit_uscc: Uscc | None = None
    title: Line = Field(description="职称")
    specialities: Annotated[list[Code], Field(min_length=1, max_length=20)]
    residence_code: RegionCode
    certificate_until: Day | None = Field(None, description="审查员证书有效期至,仅评审员库")
    phone: Phone
    interests: Annotated[list[InterestIn], Field(max_length=50), AfterValidator(_check_once)] = []

    def to_applicant(self) -> Applicant:
        columns = self.model_dump(exclude={"phone", "interests"})
        return Applicant(columns, self.phone, {each.uscc: each.until for each in self.interests})


class BatchIn(Schema):
    experts: Annotated[list[ExpertIn], Field(min_length=1, max_length=500)]


class ReviewIn(Schema):
    """Provincial review (评审)."""

    reviewed_on: Day
    opinion: Paragraph = ""


class NoticeIn(Schema):
    """Public notice (公示)."""

    notice_from: Day = Field(alias="from")


class ActivateIn(Schema):
    on: Day


class ReviewManyIn(ReviewIn):
    ids: Ids


class NoticeManyIn(NoticeIn):
    ids: Ids


class ActivateManyIn(ActivateIn):
    ids: Ids


class SuspendIn(Schema):
    on: Day
    reason: Line


class RemoveIn(Schema):
    on: Day
    cause: RemovalCause = Field(strict=False)
    reason: Line


class ExpireIn(Schema):
    on: Day


class ReasonIn(Schema):
    reason: Line


class PhoneOut(Schema):
    phone: str


class ScoreIn(Schema):
    """One year's marks (年度评分)."""

    year: StrictInt = Field(ge=1990, le=2100)
    attendance: StrictInt = Field(ge=0, le=30, description="出勤 30")
    quality: StrictInt = Field(ge=0, le=40, description="质量 40")
    discipline: StrictInt = Field(ge=0, le=30, description="纪律 30")
    scored_on: Day

    def to_score(self) -> Score:
        return Score(self.attendance, self.quality, self.discipline)


class ScoreOut(Schema):
    year: int
    attendance: int
    quality: int
    discipline: int
    refusals: int = Field(description="当年无故拒绝次数")
    total: int
    scored_on: date


class InterestOut(Schema):
    uscc: str
    until: date


class ExpertOut(Schema):
    id: UUID
    region_code: str
    number: str
    pool: Pool
    state: ExpertState
    name: str
    sex: str
    birth_year: int
    unit: str
    unit_uscc: str | None
    title: str
    specialities: list[str]
    residence_code: str
    certificate_until: date | None
    reviewed_on: date | None
    notice_from: date | None
    notice_until: date | None
    term_from: date | None
    term_to: date | None
    barred_until: date | None
    state_reason: str
    revision: int


class ExpertDetail(ExpertOut):
    """With what the bureau that keeps the pool and its superiors see; empty for others."""

    phone_masked: str | None = None
    interests: list[InterestOut] = []
    scores: list[ScoreOut] = []

    @classmethod
    def of(cls, expert: Expert, phone: str | None, interests: Sequence[ExpertInterest], scores: Sequence[ExpertScore]) -> Self:
        base = ExpertOut.model_validate(expert).model_dump()
        shown = {"interests": [InterestOut.model_validate(i) for i in interests], "scores": [ScoreOut.model_validate(s) for s in scores]}
        return cls(**base, phone_masked=phone, **shown)


class ExpertsOut(Schema):
    items: list[ExpertOut]


class DrawIn(Schema):
    """Which panel is wanted (抽取条件)."""

    request_id: RequestId
    pool: Pool = Field(strict=False)
    purpose: Line
    specialities: Annotated[list[Code], Field(max_length=20)] = []
    size: StrictInt = Field(ge=3, le=15)
    recuse_usccs: Annotated[list[Uscc], Field(max_length=50)] = []
    recuse_regions: Annotated[list[RegionCode], Field(max_length=50)] = []
    drawn_on: Day

    def to_terms(self) -> Terms:
        lists = {name: tuple(getattr(self, name)) for name in ("specialities", "recuse_usccs", "recuse_regions")}
        return Terms(request_id=self.request_id, pool=self.pool, purpose=self.purpose, size=self.size, drawn_on=self.drawn_on, **lists)


class RevealIn(Schema):
    revealed_on: Day


class RecuseIn(Schema):
    """A party's request (回避申请)."""

    asked_on: Day
    reason: Line


class DeclineIn(Schema):
    """The expert cannot take part (拒绝参加)."""

    declined_on: Day
    with_cause: Bool = Field(description="有正当理由")
    reason: Line


class DeclareIn(Schema):
    """Declaration before the file is seen (利害关系声明)."""

    declared_on: Day
    has_interest: Bool
    reason: Paragraph = ""


class OpinionIn(Schema):
    opinion: Opinion = Field(strict=False)
    text: Paragraph = ""
    given_on: Day


class MemberOut(Schema):
    expert_id: UUID
    position: int
    spare: bool
    seated: bool
    name: str
    unit: str
    state: str
    called_for: UUID | None
    left_on: date | None
    left_reason: str
    interest_declared_on: date | None
    opinion: Opinion | None
    opinion_text: str
    opinion_on: date | None


class DrawOut(Schema):
    """`seed` is null until revealed; the protocol holds everything else that a replay needs."""

    id: UUID
    region_code: str
    request_id: str
    pool: Pool
    purpose: str
    size: int
    drawn_on: date
    drawn_by: str
    commitment: str
    candidates_hash: str
    seed: str | None
    revealed_on: date | None
    revision: int
    tally: dict[str, int]
    members: list[MemberOut]

    @classmethod
    def of(cls, draw: Draw, members: Sequence[DrawMember], **more: Any) -> Self:
        plain = draw.model_dump(include=set(DrawOut.model_fields) - {"seed", "tally", "members"})
        shown = [MemberOut(seated=seats.is_seated(m), **m.model_dump(include=set(MemberOut.model_fields) - {"seated"})) for m in members]
        seed = draw.seed.hex() if draw.revealed_on else None
        return cls(**plain, seed=seed, tally=seats.tally(members), members=shown, **more)


class DrawDetail(DrawOut):
    protocol: dict[str, Any] = Field(description="抽取记录:条件、候选名单与剔除理由、抽取次序")


class ReplayOut(Schema):
    """A draw done again (复盘): `matches` when list, commitment and order are those stored."""

    matches: bool
    candidates_match: bool
    commitment_matches: bool
    order_matches: bool
    candidates_hash: str
    commitment: str
    order: list[str]

    @classmethod
    def of(cls, draw: Draw, again: Replay) -> Self:
        same = {
            "candidates_match": again.candidates_hash == draw.candidates_hash,
            "commitment_matches": again.commitment == draw.commitment,
            "order_matches": list(again.order) == draw.protocol["order"],
        }
        shown = {"candidates_hash": again.candidates_hash, "commitment": again.commitment, "order": list(again.order)}
        return cls(matches=all(same.values()), **same, **shown)

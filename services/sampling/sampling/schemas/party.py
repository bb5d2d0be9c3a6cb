"""What a party sees of its own result, and how it objects (当事人查询页)."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from common.strict import Line, Schema
from sampling.actions.facts import limit_words
from sampling.actions.objections import Filing
from sampling.actions.party import Given
from sampling.models import Notice, ObjectionCase, ObjectionClock, Report, ReportItem, Sample
from sampling.rules.objections import Application, Kind
from sampling.rules.party import MAX_DAYS, USUAL_DAYS
from sampling.rules.stored import Liable
from sampling.schemas.objections import RightOut, Said, Short


class PartyLinkIn(Schema):
    """A link for one party."""

    party_role: Literal["seller", "producer", "consignor", "platform"]
    days: Annotated[int, Field(ge=1, le=MAX_DAYS, strict=True, description="有效天数")] = USUAL_DAYS


class PartyLinkOut(Schema):
    """The link and the code, shown this once; `path` is below the platform's address, the token after # never reaches a server's log."""

    token: str
    path: str
    code: str
    party_role: str
    addressee: str
    expires_at: datetime

    @classmethod
    def of(cls, given: Given) -> "PartyLinkOut":
        return cls(
            token=given.token, path=f"/party.html#{given.token}", code=given.code, party_role=given.party.role, addressee=given.party.name,
            expires_at=given.expires_at,
        )  # fmt: skip


class PartyObjectionIn(Schema):
    """An application made on the page; the day is today's."""

    kind: Kind
    items: list[Annotated[Line, Field(max_length=100)]] = Field([], max_length=50)
    reason: Said
    contact: Short
    phone: Annotated[Line, Field(max_length=20)]
    evidence: list[UUID] = Field([], max_length=20)

    def to_filing(self, role: str, today: date) -> Filing:
        asked = Application(kind=self.kind, party_role=role, items=tuple(dict.fromkeys(self.items)), applied_on=today)
        return Filing(asked=asked, reason=self.reason, contact=self.contact, phone=self.phone, evidence=tuple(map(str, self.evidence)))


class PartyItemOut(Schema):
    """An item that failed (不合格项目)."""

    item: str
    result: str
    unit: str
    limit: str
    method: str
    basis: str


class PartyResultOut(Schema):
    """The result as it was served (检验结果)."""

    report_no: str
    version: int
    issued_on: date
    verdict: str
    laboratory_code: str
    items: list[PartyItemOut]
    served_on: date
    method: str
    objection_until: date

    @classmethod
    def of(cls, report: Report, items: Sequence[ReportItem], notice: Notice) -> "PartyResultOut":
        failed = [
            PartyItemOut(
                item=i.item, result=i.result, unit=i.unit or "", limit=limit_words(i.explanation), method=i.method, basis=i.limit_source or ""
            )
            for i in items if i.judgement == "不合格项"
        ]  # fmt: skip
        return cls(
            report_no=report.report_no, version=report.version, issued_on=report.issued_on, verdict=report.verdict,
            laboratory_code=report.laboratory_code, items=failed, served_on=notice.served_on, method=notice.method,
            objection_until=notice.objection_until,
        )  # fmt: skip


class PartyCaseOut(Schema):
    """One of the party's own applications and where it stands."""

    id: UUID
    kind: str
    items: list[str]
    applied_on: date
    state: str
    missing: str
    grounds: str
    outcome: str | None
    decided_on: date | None
    due_on: date | None = Field(description="下一期限")
    findings: list[dict[str, Any]]

    @classmethod
    def of(cls, case: ObjectionCase, clocks: Sequence[ObjectionClock]) -> "PartyCaseOut":
        running = [clock.legal_on for clock in clocks if clock.done_on is None]
        shown = {name: getattr(case, name) for name in cls.model_fields if name != "due_on"}
        return cls(**shown, due_on=min(running, default=None) if case.outcome is None else None)


class PartyOut(Schema):
    """The party's page."""

    party_role: str
    party_name: str
    sample_no: str
    programme: str
    product_name: str
    spec: str
    lot_no: str
    sampled_on: date
    place: str
    authority: str = Field(description="承办机关代码")
    result: PartyResultOut | None = Field(description="送达后可见")
    conclusion: str | None
    rights: list[RightOut]
    cases: list[PartyCaseOut]
    duties: list[str]

    @classmethod
    def of(cls, sample: Sample, party: Liable, result: PartyResultOut | None, rights: list[RightOut], cases: list[PartyCaseOut]) -> "PartyOut":
        product = sample.form.get("product", {})
        return cls(
            party_role=party.role, party_name=party.name, sample_no=sample.sample_no, programme=sample.programme, product_name=sample.product_name,
            spec=str(product.get("spec", "/")), lot_no=str(product.get("lot_no", "/")), sampled_on=sample.sampled_on,
            place=str(sample.form.get("place", "/")), authority=sample.region_code, result=result,
            conclusion=sample.final_conclusion if result else None, rights=rights, cases=cases, duties=_DUTIES[sample.programme] if result else [],
        )  # fmt: skip


_DUTIES = {
    "食品": [
        "立即采取封存不合格食品、暂停生产经营、召回和通知等措施，并向所在地市场监督管理部门报告（食品安全法第六十三条，抽样检验管理办法第四十条）。",
        "异议和复检期间不停止履行上述义务。",
    ],
    "产品": [
        "立即停止生产、销售同一产品（产品质量监督抽查管理暂行办法第四十四条）。",
        "不得转移、销售、毁损封存的备样，否则终止复检，以初检结论为准（第三十九条）。",
    ],
}


class PartyEvidenceOut(Schema):
    """A file that the party handed in."""

    id: UUID
    kind: str
    file_name: str
    sha256: str

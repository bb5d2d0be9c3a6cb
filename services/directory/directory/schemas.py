"""Shapes of the HTTP API."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import Field, StringConstraints

from common.region import DIVISION, PREFIX, Region
from common.strict import Bool, Day, Line, Schema
from common.vault import masked
from directory.actions import Basis
from directory.models import CmaCertificate, CmaScope, Division, Laboratory
from directory.rules import firms, licences
from directory.rules.divisions import DivisionForm
from directory.rules.firms import Firm
from directory.rules.imports import Tally
from directory.rules.laboratories import LaboratoryForm
from directory.rules.sheet import Fault

Code6 = Annotated[str, StringConstraints(strict=True, pattern=rf"^{DIVISION}$")]
LabCode = Annotated[str, StringConstraints(strict=True, pattern=r"^[A-Z0-9]{1,12}$")]
Prefix = Annotated[str, StringConstraints(strict=True, pattern=rf"^{PREFIX}$")]
ProductCode = Annotated[str, StringConstraints(strict=True, pattern=r"^[0-9A-Z][0-9A-Z-]{1,19}$")]
MAX_PROBLEMS = 5000


class DivisionOut(Schema):
    """Administrative division (行政区划)."""

    code: str
    name: str
    level: str = Field(description="province, prefecture, county")
    parent_code: str | None
    region_code: str = Field(description="covering prefix of its bureau (机关前缀)")
    valid_from: date | None
    valid_to: date | None
    successor_code: str | None

    @classmethod
    def of(cls, row: Division) -> Self:
        return cls(region_code=Region.of_division(row.code).code, **row.model_dump())


class BasisIn(Schema):
    """In whose hands the act was that a program does, and on what paper; kept in the audit trail."""

    operator: Annotated[Line, Field(min_length=2, max_length=60)] = Field(description="经办人")
    request: Annotated[Line, Field(max_length=120)] = Field(description="依据文号")

    def to_basis(self) -> Basis:
        return Basis(self.operator, self.request)


class DivisionIn(Schema):
    """A division (行政区划) that joins, is renamed or ends."""

    name: Annotated[Line, Field(max_length=60)] = Field(description="名称")
    level: Literal["prefecture", "county"] = Field(description="级别;功能区按其行使的职权定")
    parent_code: Code6 = Field(description="上级行政区划")
    valid_from: Day | None = Field(None, description="启用日期,不填为一直有效")
    valid_to: Day | None = Field(None, description="停用日期")
    successor_code: Code6 | None = Field(None, description="承继的区划")
    basis: BasisIn | None = None

    def to_form(self, code: str) -> DivisionForm:
        return DivisionForm(code, self.name, self.level, self.parent_code, self.valid_from, self.valid_to, self.successor_code)


class OnboardingIn(Schema):
    """What is about to be done at the identity provider for one bureau or laboratory (入驻)."""

    subject: Annotated[str, StringConstraints(strict=True, pattern=r"^[A-Z0-9]{1,16}$")] = Field(description="机关前缀或检验机构代码")
    changes: list[Line] = Field(min_length=1, max_length=500, description="逐项变更,不含密码和个人电话")
    basis: BasisIn


class Divisions(Schema):
    """All divisions asked for; the list is short and has one page."""

    items: list[DivisionOut]
    next_page_token: str | None = None


class ContactIn(Schema):
    """Contact (联系人); encrypted at rest, masked in answers."""

    legal_person: Line | None = Field(None, description="法定代表人")
    phone: Line | None = Field(None, description="联系电话")


class PremisesIn(Schema):
    """A place of production or business (生产经营场所)."""

    division_code: Code6
    address: Line


class EnterpriseChange(Schema):
    """An enterprise's whole record (企业) without its code, which never changes; an absent contact field stays as it is."""

    name: Line = Field(description="名称")
    kind: firms.Kind = Field(description="类型")
    status: firms.Status = Field("存续", description="登记状态")
    division_code: Code6 = Field(description="实际地址所在行政区划,决定主管机关")
    address: Line = Field(description="实际地址")
    size: firms.Size | None = Field(None, description="规模")
    industry: Line | None = Field(None, description="行业")
    risk_grade: firms.Grade | None = Field(None, description="风险等级")
    products: list[ProductCode] = Field(default_factory=list, max_length=200, description="监管目录代码")
    contact: ContactIn = Field(default_factory=lambda: ContactIn(legal_person=None, phone=None))

    def to_firm(self, uscc: str = "") -> Firm:
        return Firm(
            uscc=uscc, name=self.name, kind=self.kind, status=self.status, division_code=self.division_code, address=self.address, size=self.size,
            industry=self.industry or "", risk_grade=self.risk_grade, products=tuple(dict.fromkeys(self.products)),
            legal_person=self.contact.legal_person or "", phone=self.contact.phone or "",
        )  # fmt: skip


class EnterpriseIn(EnterpriseChange):
    """A new enterprise (企业)."""

    uscc: Line = Field(description="统一社会信用代码")
    premises: list[PremisesIn] = Field(default_factory=list, max_length=20, description="其他生产经营场所")


class EnterpriseBrief(Schema):
    """An enterprise in a list."""

    id: UUID
    uscc: str
    region_code: str
    name: str
    kind: str
    status: str
    division_code: str
    address: str
    size: str | None
    industry: str
    risk_grade: str | None
    revision: int


class ContactOut(Schema):
    """Contact, masked unless asked for with a reason."""

    legal_person: str
    phone: str

    @classmethod
    def masked(cls, contact: tuple[str, str]) -> Self:
        return cls(legal_person=firms.mask_person(contact[0]), phone=masked(contact[1]))


class PremisesOut(Schema):
    """A place with the public identity of whose it is."""

    id: UUID
    region_code: str = Field(description="bureau where it lies")
    division_code: str
    address: str
    enterprise_id: UUID
    enterprise_region_code: str
    uscc: str
    name: str
    status: str


class EnterpriseOut(EnterpriseBrief):
    """An enterprise's record."""

    products: list[str]
    contact: ContactOut
    premises: list[PremisesOut]
    created_at: datetime
    updated_at: datetime

    @classmethod
    def build(cls, row: Mapping[str, Any], contact: tuple[str, str], places: Sequence[Mapping[str, Any]]) -> Self:
        plain = {name: row[name] for name in cls.model_fields if name not in ("contact", "premises")}
        return cls(**plain, contact=ContactOut.masked(contact), premises=[PremisesOut(**place) for place in places])


class PublicEnterprise(Schema):
    """Public-register facts of an enterprise (公示登记信息)."""

    enterprise_id: UUID
    uscc: str
    name: str
    kind: str
    region_code: str
    division_code: str
    address: str
    status: str


class ReasonIn(Schema):
    """Why personal data are looked at; kept in the audit trail."""

    reason: Annotated[Line, Field(min_length=4)] = Field(description="查看理由")


class LicenceIn(Schema):
    """A licence as granted (许可证)."""

    kind: licences.Kind
    number: Line
    scope: Line | None = Field(None, description="产品单元或食品类别")
    issuer: Line | None = Field(None, description="发证机关")
    valid_from: Day
    valid_to: Day | None = None

    def to_licence(self) -> licences.Licence:
        return licences.Licence(self.kind, self.number, self.valid_from, self.valid_to, "有效", self.scope or "", self.issuer or "")


class LicenceStatusIn(Schema):
    """A change of a licence's state (状态变更)."""

    status: licences.Status
    on: Day
    reason: Line


class LicenceChange(Schema):
    """One entry of a licence's history."""

    since: date
    status: str
    reason: str


class LicenceOut(Schema):
    """A licence with its state on the day asked and its history."""

    id: UUID
    enterprise_id: UUID
    region_code: str
    kind: str
    number: str
    scope: str
    issuer: str
    valid_from: date
    valid_to: date | None
    status: str = Field(description="有效、未生效、过期、暂扣、注销、撤销、吊销")
    history: list[LicenceChange]

    @classmethod
    def on(cls, row: Mapping[str, Any], day: date) -> Self:
        changes = [(date.fromisoformat(since), status, reason) for since, status, reason in row["history"]]
        status = licences.status_on(row["valid_from"], row["valid_to"], [(since, to) for since, to, _ in changes], day)
        plain = {name: row[name] for name in cls.model_fields if name not in ("status", "history")}
        return cls(**plain, status=status, history=[LicenceChange(since=s, status=to, reason=why) for s, to, why in changes])


class Licences(Schema):
    """All licences of one enterprise; the list is short and has one page."""

    items: list[LicenceOut]
    next_page_token: str | None = None


class FaultOut(Schema):
    """One wrong cell: row of the sheet (the heading is row 1), column, stable code, words."""

    row: int
    column: str
    code: str
    detail: str


class ImportOut(Schema):
    """What became of an import (导入结果)."""

    dry_run: Bool
    read: int
    created: int
    changed: int
    unchanged: int
    rejected: int
    problem_count: int
    problems: list[FaultOut] = Field(description=f"the first {MAX_PROBLEMS}")

    @classmethod
    def build(cls, tally: Tally, faults: Sequence[Fault], dry_run: bool, english: bool) -> Self:
        shown = [FaultOut(row=f.row, column=f.column, code=f.code, detail=f.en if english else f.zh) for f in faults[:MAX_PROBLEMS]]
        return cls(
            dry_run=dry_run, read=tally.read, created=tally.created, changed=tally.changed, unchanged=tally.unchanged, rejected=tally.rejected,
            problem_count=len(faults), problems=shown,
        )  # fmt: skip


class CertificateBody(Schema):
    """CMA accreditation (资质认定证书)."""

    cma_no: Line
    valid_from: Day
    valid_to: Day


class ScopeBody(Schema):
    """An item with a method that a laboratory may report on (能力附表)."""

    item: Line
    method: Line


class LaboratoryIn(Schema):
    """A laboratory (承检机构), whole."""

    name: Line
    report_prefix: Annotated[str, StringConstraints(strict=True, pattern=r"^[A-Z0-9]{0,12}$")] = ""
    division_code: Code6
    address: Line
    certificates: list[CertificateBody] = Field(max_length=20)
    scope: list[ScopeBody] = Field(max_length=20_000)
    basis: BasisIn | None = None

    def to_form(self, code: str) -> LaboratoryForm:
        held = [(c.cma_no, c.valid_from, c.valid_to) for c in self.certificates]
        scope = [(s.item, s.method) for s in self.scope]
        return LaboratoryForm(code, self.name, self.report_prefix, self.division_code, self.address, held, scope)


class LaboratoryBrief(Schema):
    """A laboratory in a list, without its scope."""

    code: str
    name: str
    report_prefix: str
    division_code: str
    address: str
    revision: int
    certificates: list[CertificateBody]

    @classmethod
    def build(cls, row: Laboratory, certificates: Sequence[CmaCertificate]) -> Self:
        return cls(**_plain(row), certificates=[CertificateBody.model_validate(c) for c in certificates if c.laboratory_code == row.code])


class LaboratoryOut(LaboratoryBrief):
    """A laboratory with its scope."""

    scope: list[ScopeBody]

    @classmethod
    def whole(cls, row: Laboratory, certificates: Sequence[CmaCertificate], scope: Sequence[CmaScope]) -> Self:
        held = [CertificateBody.model_validate(c) for c in certificates]
        return cls(**_plain(row), certificates=held, scope=[ScopeBody.model_validate(s) for s in scope])


def _plain(row: Laboratory) -> dict[str, Any]:
    return {name: getattr(row, name) for name in LaboratoryBrief.model_fields if name != "certificates"}

"""Objection and re-inspection (异议、复检), and the party's link. Owner is the bureau that executes the batch."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, LargeBinary, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from common.db import CODE, STAMP, Owned, Touched


def _json() -> Any:
    return Field(sa_column=Column(JSONB, nullable=False))


def _sealed() -> Any:
    return Field(default=None, sa_column=Column(LargeBinary, nullable=True))


class Renotice(Owned, table=True):
    """A corrected report after the notice: everybody is told again (再次告知); `restarts` when the parties' time starts anew."""

    __tablename__ = "renotice"
    id: UUID = Field(primary_key=True)
    sample_id: UUID
    report_id: UUID
    restarts: bool


class ObjectionCase(Touched, table=True):
    """One application of one party (异议、复检申请), from filing to conclusion. Contact and telephone are sealed."""

    __tablename__ = "objection"
    id: UUID = Field(primary_key=True)
    sample_id: UUID
    report_id: UUID | None = None
    party_role: str = Field(sa_type=Text)
    applicant: str = Field(sa_type=Text)
    applicant_uscc: str = Field(sa_type=Text)
    kind: str = Field(sa_type=Text)
    items: list[str] = _json()
    reason: str = Field(sa_type=Text)
    contact: bytes | None = _sealed()
    phone: bytes | None = _sealed()
    via: str = Field(sa_type=Text)
    lodged_at: str = Field(sa_type=CODE)
    evidence: list[str] = _json()
    applied_on: date
    materials_on: date
    state: str = Field(sa_type=Text)
    findings: list[dict[str, Any]] = _json()
    urgent_by: date | None = None
    missing: str = Field(default="", sa_type=Text)
    asked_on: date | None = None
    ruled_on: date | None = None
    grounds: str = Field(default="", sa_type=Text)
    panel_draw_id: UUID | None = None
    outcome: str | None = Field(default=None, sa_type=Text)
    counterfeit: bool = False
    decided_on: date | None = None
    told_on: date | None = None
    revision: int = 1
    created_by: str = Field(sa_type=Text)


class ObjectionClock(Touched, table=True):
    """A limit that runs in a case (期限) with its proof; a laboratory sees and ends its own."""

    __tablename__ = "objection_clock"
    region_code: str = Field(primary_key=True, sa_type=CODE)
    objection_id: UUID = Field(primary_key=True)
    clock_id: str = Field(primary_key=True, sa_type=Text)
    sample_id: UUID
    laboratory_code: str | None = Field(default=None, sa_type=Text)
    trigger_on: date
    legal_on: date
    target_on: date
    provisional: bool
    proof: list[dict[str, Any]] = _json()
    extensions: list[dict[str, Any]] = _json()
    pauses: list[dict[str, Any]] = _json()
    agreed_days: int | None = None
    done_on: date | None = None


class Reinspection(Touched, table=True):
    """The second test of disputed items (复检); its laboratory sees it from the draw on and enters the report."""

    __tablename__ = "reinspection"
    id: UUID = Field(primary_key=True)
    sample_id: UUID
    objection_id: UUID
    laboratory_code: str | None = Field(default=None, sa_type=Text)
    first_laboratory: str = Field(sa_type=Text)
    round: int = 0
    task: dict[str, Any] = _json()
    state: str = Field(sa_type=Text)
    formalities_on: date | None = None
    fee_fen: int | None = None
    bearer: str | None = Field(default=None, sa_type=Text)
    drawn_on: date | None = None
    declined_on: date | None = None
    decline_reason: str = Field(default="", sa_type=Text)
    handed_on: date | None = None
    seal_no: str = Field(default="", sa_type=Text)
    seal_intact: bool | None = None
    handover: dict[str, Any] = _json()
    report_no: str | None = Field(default=None, sa_type=Text)
    report: dict[str, Any] = _json()
    verdict: str | None = Field(default=None, sa_type=Text)
    same: bool | None = None
    reported_on: date | None = None
    revision: int = 1


class LaboratoryDraw(Owned, table=True):
    """A random draw of the re-inspection laboratory (随机确定复检机构) with all that a replay needs; never changed."""

    __tablename__ = "laboratory_draw"
    id: UUID = Field(primary_key=True)
    sample_id: UUID
    objection_id: UUID
    round: int
    drawn_on: date
    seed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    candidates_hash: str = Field(sa_type=Text)
    commitment: str = Field(sa_type=Text)
    protocol: dict[str, Any] = _json()
    drawn: str = Field(sa_type=Text)
    drawn_by: str = Field(sa_type=Text)


class PartyLink(Touched, table=True):
    """A party's way to its own result without an account (当事人查询链接): code hashed, openings and failures counted."""

    __tablename__ = "party_link"
    id: UUID = Field(primary_key=True)
    sample_id: UUID
    party_role: str = Field(sa_type=Text)
    code_hash: str = Field(sa_type=Text)
    expires_at: datetime = Field(sa_type=STAMP)
    failures: int = 0
    locked_until: datetime | None = Field(default=None, sa_type=STAMP)
    opened: int = 0
    window_from: datetime | None = Field(default=None, sa_type=STAMP)
    in_window: int = 0
    revoked: bool = False
    created_by: str = Field(sa_type=Text)


class LaboratoryTie(Touched, table=True):
    """A business tie that a laboratory declares (利害关系申报): it is not drawn for this party until the day given."""

    __tablename__ = "laboratory_tie"
    id: UUID = Field(primary_key=True)
    laboratory_code: str = Field(sa_type=Text)
    party_name: str = Field(sa_type=Text)
    party_uscc: str = Field(sa_type=Text)
    relation: str = Field(sa_type=Text)
    until: date

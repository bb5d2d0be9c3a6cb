"""Tables of disposal. `region_code` is the bureau that handles the leg; `origin_region_code` owns the batch."""

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Column, Numeric, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field

from common.db import CODE, Owned, Touched


class BatchReport(Touched, table=True):
    """The report version of a batch that counts (有效版本), as its owner last heard."""

    __tablename__ = "batch_report"
    region_code: str = Field(primary_key=True, sa_type=CODE)
    sample_id: UUID = Field(primary_key=True)
    version: int
    report_id: UUID
    verdict: str = Field(sa_type=Text)


class Leg(Touched, table=True):
    """One liable party's disposal (核查处置分支)."""

    id: UUID = Field(primary_key=True)
    origin_region_code: str = Field(sa_type=CODE)
    sample_id: UUID
    sample_no: str = Field(sa_type=Text)
    ground: str = Field(default="result", sa_type=Text)
    article: str = Field(default="", sa_type=Text)
    lead: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSONB, nullable=False))
    report_id: UUID | None = None
    report_no: str = Field(sa_type=Text)
    report_version: int
    programme: str = Field(sa_type=Text)
    product_code: str = Field(sa_type=Text)
    product_name: str = Field(sa_type=Text)
    spec: str = Field(sa_type=Text)
    brand: str = Field(sa_type=Text)
    lot: str = Field(sa_type=Text)
    stage: str = Field(sa_type=Text)
    period: str = Field(sa_type=Text)
    issued_on: date
    reported_on: date
    failed_items: list[dict[str, str]] = Field(sa_column=Column(JSONB, nullable=False))
    serious: bool
    party_role: str = Field(sa_type=Text)
    party_name: str = Field(sa_type=Text)
    party_uscc: str = Field(sa_type=Text)
    party_address: str = Field(sa_type=Text)
    division_code: str = Field(sa_type=CODE)
    outbound: bool
    disputed: bool = False
    state: str = Field(sa_type=Text)
    received_on: date | None = None
    filed_on: date | None = None
    case_no: str = Field(default="", sa_type=Text)
    dismissal: str = Field(default="", sa_type=Text)
    final_on: date | None = None
    closed_on: date | None = None
    halted_on: date | None = None
    halt_reason: str = Field(default="", sa_type=Text)
    acknowledged_by: str = Field(default="", sa_type=Text)
    start_due_on: date | None = None
    legal_on: date
    target_on: date
    due_on: date
    next_due_on: date
    closure: dict[str, Any] | None = Field(default=None, sa_column=Column(JSONB(none_as_null=True)))
    revision: int = 1


class BatchDispute(Touched, table=True):
    """A party's objection or request for re-inspection about a batch (异议、复检), as its owner heard."""

    __tablename__ = "batch_dispute"
    region_code: str = Field(primary_key=True, sa_type=CODE)
    case_id: UUID = Field(primary_key=True)
    sample_id: UUID
    report_id: UUID | None = None
    party_role: str = Field(sa_type=Text)
    state: str = Field(sa_type=Text)
    outcome: str = Field(default="", sa_type=Text)
    decided_on: date | None = None


class FinalResult(Owned, table=True):
    """Since when a report's result is final (结论确定), as its owner heard."""

    __tablename__ = "final_result"
    region_code: str = Field(primary_key=True, sa_type=CODE)
    sample_id: UUID = Field(primary_key=True)
    report_id: UUID = Field(primary_key=True)
    final_on: date


class LegClock(Touched, table=True):
    """A running or finished limit of a leg (期限) with its proof."""

    __tablename__ = "leg_clock"
    id: UUID = Field(primary_key=True)
    origin_region_code: str = Field(sa_type=CODE)
    leg_id: UUID
    clock_id: str = Field(sa_type=Text)
    trigger_on: date
    opens_on: date | None = None
    raw_on: date
    legal_on: date
    target_on: date
    provisional: bool
    calendar_version: str = Field(sa_type=Text)
    proof: list[dict[str, Any]] = Field(sa_column=Column(JSONB, nullable=False))
    done_on: date | None = None


class Measure(Owned, table=True):
    """A measure taken (处置措施); never changed."""

    id: UUID = Field(primary_key=True)
    leg_id: UUID
    kind: str = Field(sa_type=Text)
    taken_on: date
    served_on: date | None = None
    result: str | None = Field(default=None, sa_type=Text)
    quantity: Decimal | None = Field(default=None, sa_type=Numeric)
    unit: str | None = Field(default=None, sa_type=Text)
    amount_fen: int | None = Field(default=None, sa_type=BigInteger)
    case_no: str = Field(default="", sa_type=Text)
    details: str = Field(default="", sa_type=Text)
    evidence: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    violation: str = Field(default="", sa_type=Text)
    recorded_by: str = Field(sa_type=Text)


class Five(Touched, table=True):
    """One of the five that must be in place (五个到位); a part without a row is open."""

    region_code: str = Field(primary_key=True, sa_type=CODE)
    leg_id: UUID = Field(primary_key=True)
    part: str = Field(primary_key=True, sa_type=Text)
    state: str = Field(sa_type=Text)
    settled_on: date | None = None
    evidence: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    reason: str = Field(default="", sa_type=Text)
    recorded_by: str = Field(sa_type=Text)
    approved_by: str | None = Field(default=None, sa_type=Text)
    approved_on: date | None = None


class Extension(Owned, table=True):
    """An application to extend the 90 days (延期申请) and the head's decision."""

    id: UUID = Field(primary_key=True)
    leg_id: UUID
    clock_id: str = Field(default="F24", sa_type=Text)
    applied_on: date
    days: int
    reason: str = Field(sa_type=Text)
    applicant: str = Field(sa_type=Text)
    state: str = Field(default="APPLIED", sa_type=Text)
    approved_on: date | None = None
    approver: str | None = Field(default=None, sa_type=Text)
    due_on: date | None = None


class Supervision(Owned, table=True):
    """A superior's record about a leg (督办、退回); the superior owns it."""

    id: UUID = Field(primary_key=True)
    leg_region_code: str = Field(sa_type=CODE)
    leg_id: UUID
    kind: str = Field(sa_type=Text)
    text: str = Field(sa_type=Text)
    supervised_on: date
    supervised_by: str = Field(sa_type=Text)


class SupervisionAnswer(Owned, table=True):
    """The handling bureau's answer to it (反馈)."""

    __tablename__ = "supervision_answer"
    region_code: str = Field(primary_key=True, sa_type=CODE)
    supervision_id: UUID = Field(primary_key=True)
    leg_id: UUID
    supervisor_region_code: str = Field(sa_type=CODE)
    text: str = Field(sa_type=Text)
    answered_on: date
    answered_by: str = Field(sa_type=Text)

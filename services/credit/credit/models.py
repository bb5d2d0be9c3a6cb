"""Tables of credit. `region_code` owns the batch and therefore its records; of a leg's outcome it is the bureau that handled the leg."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from common.db import CODE, NOW, STAMP, Owned, Touched


class CountedReport(Touched, table=True):
    """The report version of a batch that counts (有效版本), as last heard."""

    __tablename__ = "counted_report"
    region_code: str = Field(primary_key=True, sa_type=CODE)
    sample_id: UUID = Field(primary_key=True)
    version: int
    report_id: UUID
    verdict: str = Field(sa_type=Text)


class BatchFinal(Owned, table=True):
    """The last day on which any party may object to a report (异议期届满日)."""

    __tablename__ = "batch_final"
    region_code: str = Field(primary_key=True, sa_type=CODE)
    sample_id: UUID = Field(primary_key=True)
    report_id: UUID = Field(primary_key=True)
    final_after: date


class LegOutcome(Touched, table=True):
    """What the handling bureau told of a leg (处置结果); the batch's owner marks when its record has followed."""

    __tablename__ = "leg_outcome"
    region_code: str = Field(primary_key=True, sa_type=CODE)
    leg_id: UUID = Field(primary_key=True)
    origin_region_code: str | None = Field(default=None, sa_type=CODE)
    sample_id: UUID | None = None
    party_role: str | None = Field(default=None, sa_type=Text)
    report_id: UUID | None = None
    state: str = Field(sa_type=Text)
    rectified: bool = False
    ended_on: date | None = None
    followed_at: datetime | None = Field(default=None, sa_type=STAMP)


class PublicityDispute(Touched, table=True):
    """A party's objection or request for re-inspection about a batch (异议、复检), as its owner heard."""

    __tablename__ = "publicity_dispute"
    region_code: str = Field(primary_key=True, sa_type=CODE)
    case_id: UUID = Field(primary_key=True)
    sample_id: UUID
    report_id: UUID | None = None
    party_role: str = Field(sa_type=Text)
    state: str = Field(sa_type=Text)
    outcome: str = Field(default="", sa_type=Text)
    decided_on: date | None = None


class Record(Touched, table=True):
    """A publicity record (公示记录): one party of one batch."""

    __tablename__ = "publicity_record"
    id: UUID = Field(primary_key=True)
    source_region_code: str = Field(sa_type=CODE)
    sample_id: UUID
    sample_no: str = Field(sa_type=Text)
    report_id: UUID
    report_no: str = Field(sa_type=Text)
    report_version: int
    plan_id: str = Field(sa_type=Text)
    task_id: str = Field(sa_type=Text)
    programme: str = Field(sa_type=Text)
    period: str = Field(sa_type=Text)
    party_role: str = Field(sa_type=Text)
    party_name: str = Field(sa_type=Text)
    party_uscc: str = Field(sa_type=Text)
    party_division_code: str = Field(sa_type=Text)
    answers: bool
    product_name: str = Field(sa_type=Text)
    spec: str = Field(sa_type=Text)
    brand: str = Field(sa_type=Text)
    lot: str = Field(sa_type=Text)
    stage: str = Field(sa_type=Text)
    verdict: str = Field(sa_type=Text)
    failed_items: list[dict[str, str]] = Field(sa_column=Column(JSONB, nullable=False))
    issued_on: date
    reported_on: date
    checked_on: date
    code_version: str = Field(sa_type=Text)
    result_code: str = Field(sa_type=Text)
    state: str = Field(sa_type=Text)
    action: str = Field(sa_type=Text)
    content_key: str = Field(sa_type=Text)
    reason: str = Field(default="", sa_type=Text)
    eligible_on: date | None = None
    clock_id: str | None = Field(default=None, sa_type=Text)
    trigger_on: date | None = None
    due_on: date | None = None
    target_on: date | None = None
    provisional: bool = False
    proposal_id: UUID | None = None
    proposed_by: str | None = Field(default=None, sa_type=Text)
    proposed_on: date | None = None
    approved_by: str | None = Field(default=None, sa_type=Text)
    approved_on: date | None = None
    withheld: str = Field(default="", sa_type=Text)
    withheld_on: date | None = None
    needs_review: bool = False
    version: int = 0
    shown_version: int | None = None
    shown_report_id: UUID | None = None
    shown_verdict: str | None = Field(default=None, sa_type=Text)
    shown_code: str | None = Field(default=None, sa_type=Text)
    published_on: date | None = None
    traceparent: str = Field(sa_type=Text)
    revision: int = 1


class ExportBatch(Owned, table=True):
    """One export (报送批次)."""

    __tablename__ = "export_batch"
    id: UUID = Field(primary_key=True)
    exported_on: date
    exported_by: str = Field(sa_type=Text)
    total: int


class Version(Touched, table=True):
    """One version of a record as it is sent (报送版本); its key is made once and never changes."""

    __tablename__ = "publicity_version"
    id: UUID = Field(primary_key=True)
    record_id: UUID
    version: int
    export_id: UUID | None = None
    action: str = Field(sa_type=Text)
    body: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    idempotency_key: UUID
    report_id: UUID
    verdict: str = Field(sa_type=Text)
    result_code: str = Field(sa_type=Text)
    acted_on: date
    due_on: date
    reason: str = Field(default="", sa_type=Text)
    basis: str = Field(default="", sa_type=Text)
    state: str = Field(sa_type=Text)
    attempts: int = 0
    next_attempt_at: datetime | None = Field(default=None, sa_type=STAMP, sa_column_kwargs=NOW)
    lease_until: datetime | None = Field(default=None, sa_type=STAMP)
    receipt_no: str | None = Field(default=None, sa_type=Text)
    acknowledged_at: datetime | None = Field(default=None, sa_type=STAMP)
    last_error: str = Field(default="", sa_type=Text)

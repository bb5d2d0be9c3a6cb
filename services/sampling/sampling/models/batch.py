"""Tables of sampling. Owner (`region_code`) is the bureau that executes; rows of a report carry its sample, so that one grant opens the batch."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import LargeBinary, Text, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from common.db import CODE, STAMP, Owned, Touched


def _now() -> Any:
    return Field(default=None, nullable=False, sa_type=STAMP, sa_column_kwargs={"server_default": func.now()})


def _json(nullable: bool = False) -> Any:
    return Field(default=None, nullable=nullable, sa_type=JSONB)


class Sample(Touched, table=True):
    """A batch (批次): the sampling form, its custody and its state. `laboratory_code` is empty until the sample is sealed."""

    __tablename__ = "sample"

    id: UUID = Field(primary_key=True)
    source_region_code: str = Field(sa_type=CODE)
    task_id: UUID
    plan_id: UUID | None = None
    programme: str = Field(sa_type=Text)
    sample_no: str = Field(sa_type=Text)
    number_issued: bool
    form: dict[str, Any] = _json()
    product_code: str = Field(sa_type=Text)
    product_name: str = Field(sa_type=Text)
    party_name: str = Field(default="", sa_type=Text)
    personal: bytes | None = Field(default=None, sa_type=LargeBinary)
    stage: str = Field(sa_type=Text)
    sampled_on: date
    assigned_laboratory: str = Field(sa_type=Text)
    laboratory_code: str | None = Field(default=None, sa_type=Text)
    place_region_code: str = Field(sa_type=CODE)
    period: str = Field(sa_type=Text)
    state: str = Field(sa_type=Text)
    sealed_on: date | None = None
    seal_no: str | None = Field(default=None, sa_type=Text)
    reserve_seal_no: str | None = Field(default=None, sa_type=Text)
    received_on: date | None = None
    receipt: dict[str, Any] | None = _json(nullable=True)
    ended_on: date | None = None
    ended_reason: str | None = Field(default=None, sa_type=Text)
    ended_note: str | None = Field(default=None, sa_type=Text)
    effective_report_id: UUID | None = None
    final_conclusion: str | None = Field(default=None, sa_type=Text)
    concluded_on: date | None = None
    revision: int = 1
    created_by: str = Field(sa_type=Text)


class Report(Owned, table=True):
    """One version of a laboratory's report (检验报告)."""

    __tablename__ = "report"

    id: UUID = Field(primary_key=True)
    sample_id: UUID
    laboratory_code: str = Field(sa_type=Text)
    report_no: str = Field(sa_type=Text)
    version: int
    replaces_id: UUID | None = None
    content_sha256: str = Field(sa_type=Text)
    report_class: str = Field(sa_type=Text)
    cma_no: str = Field(sa_type=Text)
    verdict: str = Field(sa_type=Text)
    serious: bool
    received_on: date
    tested_from: date
    tested_to: date
    issued_on: date
    reported_on: date
    persons: dict[str, Any] = _json()
    conclusion: str = Field(sa_type=Text)
    lab_verdict: str = Field(sa_type=Text)
    seal_state: str = Field(sa_type=Text)
    sample_state: str = Field(sa_type=Text)
    file_sha256: str | None = Field(default=None, sa_type=Text)
    file_name: str | None = Field(default=None, sa_type=Text)
    item_count: int
    scheme_id: str = Field(sa_type=Text)
    state: str = Field(sa_type=Text)
    batch_id: UUID


class ReportItem(SQLModel, table=True):
    """One item of a report (检验项目) as sent, with our own explanation of its judgement. No foreign key: see the migration."""

    __tablename__ = "report_item"

    region_code: str = Field(primary_key=True, sa_type=CODE)
    report_id: UUID = Field(primary_key=True)
    position: int = Field(primary_key=True)
    sample_id: UUID
    laboratory_code: str = Field(sa_type=Text)
    item: str = Field(sa_type=Text)
    result: str = Field(sa_type=Text)
    unit: str | None = Field(default=None, sa_type=Text)
    judgement: str = Field(sa_type=Text)
    method: str = Field(sa_type=Text)
    limit_source: str | None = Field(default=None, sa_type=Text)
    min: str | None = Field(default=None, sa_type=Text)
    max: str | None = Field(default=None, sa_type=Text)
    limit_unit: str | None = Field(default=None, sa_type=Text)
    lod: str | None = Field(default=None, sa_type=Text)
    lod_unit: str | None = Field(default=None, sa_type=Text)
    explanation: str = Field(sa_type=Text)


class Notice(Owned, table=True):
    """Service of a result on one party (结果告知) and the date until which it may object."""

    __tablename__ = "notice"

    id: UUID = Field(primary_key=True)
    sample_id: UUID
    report_id: UUID
    party_role: str = Field(sa_type=Text)
    addressee: str = Field(sa_type=Text)
    method: str = Field(sa_type=Text)
    served_on: date
    receipt_no: str | None = Field(default=None, sa_type=Text)
    signed_by: str | None = Field(default=None, sa_type=Text)
    clock: str = Field(sa_type=Text)
    objection_until: date
    provisional: bool
    proof: list[Any] = _json()
    started_on: date
    evidence_id: UUID | None = None
    announced_on: date | None = None
    lapsed_on: date | None = None
    serve_clock: str | None = Field(default=None, sa_type=Text)
    serve_by: date | None = None
    serve_late: bool = False
    serve_proof: list[Any] = _json()
    renewed: bool = False
    revision: int = 1
    created_by: str = Field(sa_type=Text)


class TaskProgress(SQLModel, table=True):
    """How many batches of a task are taken (任务进度); the row's lock keeps the quota."""

    __tablename__ = "task_progress"

    region_code: str = Field(primary_key=True, sa_type=CODE)
    task_id: UUID = Field(primary_key=True)
    laboratory_code: str = Field(sa_type=Text)
    quota: int
    taken: int
    updated_at: datetime = _now()


class SampleCounter(SQLModel, table=True):
    """Last serial of our own sample numbers under one prefix (抽样单编号流水)."""

    __tablename__ = "sample_counter"

    region_code: str = Field(primary_key=True, sa_type=CODE)
    prefix: str = Field(primary_key=True, sa_type=Text)
    last: int


class PushBatch(SQLModel, table=True):
    """One accepted call of the laboratory push, with the receipt that it got (回执)."""

    __tablename__ = "push_batch"

    id: UUID = Field(primary_key=True)
    laboratory_code: str = Field(sa_type=Text)
    body_sha256: str = Field(sa_type=Text)
    accepted: int
    unchanged: int
    rejected: int
    receipt: str = Field(sa_type=Text)
    created_at: datetime = _now()


class PublishedResult(Owned, table=True):
    """One row of published history (历史公布结果): the row as published, and what is asked for in lists."""

    __tablename__ = "published_result"

    id: UUID = Field(primary_key=True)
    imported_by: str = Field(sa_type=Text)
    kind: str = Field(sa_type=Text)
    source: str = Field(sa_type=Text)
    product_name: str = Field(sa_type=Text)
    sampled_party: str = Field(sa_type=Text)
    producer: str = Field(sa_type=Text)
    verdict: str = Field(sa_type=Text)
    failed_items: str = Field(sa_type=Text)
    published_on: date | None = None
    doubt: str = Field(sa_type=Text)
    original: dict[str, Any] = _json()
    row_sha256: str = Field(sa_type=Text)

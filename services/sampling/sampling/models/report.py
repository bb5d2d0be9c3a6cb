"""What surrounds reports: requests to correct them, quality events of laboratories, remarks that came by sheet."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Text
from sqlmodel import Field, SQLModel

from common.db import CODE, NOW, STAMP, Owned


class Correction(Owned, table=True):
    """A request to correct a report (更正申请) and what became of it. `told`: the result had left the laboratory, so the organiser decides."""

    __tablename__ = "correction"
    id: UUID = Field(primary_key=True)
    source_region_code: str = Field(sa_type=CODE)
    sample_id: UUID
    laboratory_code: str = Field(sa_type=Text)
    report_id: UUID
    verdict_before: str = Field(sa_type=Text)
    verdict_after: str = Field(sa_type=Text)
    told: bool
    reason: str = Field(sa_type=Text)
    laboratory_approver: str = Field(sa_type=Text)
    requested_on: date
    state: str = Field(sa_type=Text)
    decided_by: str | None = Field(default=None, sa_type=Text)
    decided_on: date | None = None
    decision_note: str = Field(default="", sa_type=Text)
    new_report_id: UUID | None = None
    done_on: date | None = None
    restarts: bool | None = None
    revision: int = 1
    created_by: str = Field(sa_type=Text)


class QualityEvent(Owned, table=True):
    """A quality event of a laboratory (承检机构质量事件): what its report made necessary, and what the investigation found."""

    __tablename__ = "quality_event"
    id: UUID = Field(primary_key=True)
    source_region_code: str = Field(sa_type=CODE)
    sample_id: UUID
    laboratory_code: str = Field(sa_type=Text)
    correction_id: UUID
    kind: str = Field(sa_type=Text)
    detail: str = Field(sa_type=Text)
    opened_on: date
    state: str = Field(sa_type=Text)
    finding: str | None = Field(default=None, sa_type=Text)
    closed_by: str | None = Field(default=None, sa_type=Text)
    closed_on: date | None = None


class ReportRemark(SQLModel, table=True):
    """What the national sheet says beside the results (说明、备注): position 0 is the report, others its items."""

    __tablename__ = "report_remark"
    region_code: str = Field(primary_key=True, sa_type=CODE)
    report_id: UUID = Field(primary_key=True)
    position: int = Field(primary_key=True)
    sample_id: UUID
    laboratory_code: str = Field(sa_type=Text)
    note: str = Field(default="", sa_type=Text)
    supervision: str = Field(default="", sa_type=Text)
    monitoring: str = Field(default="", sa_type=Text)
    created_at: datetime | None = Field(default=None, sa_type=STAMP, sa_column_kwargs=NOW)


class ReportFile(SQLModel, table=True):
    """The kept file of a report (报告文件); its bytes lie in the object store under their hash."""

    __tablename__ = "report_file"
    region_code: str = Field(primary_key=True, sa_type=CODE)
    report_id: UUID = Field(primary_key=True)
    sample_id: UUID
    laboratory_code: str = Field(sa_type=Text)
    sha256: str = Field(sa_type=Text)
    media: str = Field(sa_type=Text)
    size: int
    created_at: datetime | None = Field(default=None, sa_type=STAMP, sa_column_kwargs=NOW)

"""Reserve samples."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select, text

from common.db import Session
from common.errors import not_found
from sampling.models import ReserveSample, Sample

_SAMPLE: Any = ReserveSample.sample_id
_OWNER: Any = ReserveSample.region_code
_LABORATORY: Any = ReserveSample.laboratory_code
_ID: Any = Sample.id
_STATE: Any = Sample.state
_CONCLUSION = text(
    "SELECT r.verdict, r.issued_on, (SELECT max(n.objection_until) FROM notice n WHERE n.report_id = r.id) AS objection_until"
    " FROM sample s JOIN report r ON r.id = s.effective_report_id WHERE s.id = :sample"
)


@dataclass(frozen=True, slots=True)
class Concluded:
    """What the effective report says, and until when its parties may object."""

    verdict: str
    issued_on: date
    objection_until: date | None


def add(session: Session, row: ReserveSample) -> None:
    """Store a new reserve with the next flush."""
    session.add(row)


async def find_reserve(session: Session, sample_id: UUID) -> ReserveSample | None:
    """The reserve in the caller's reach, where there is one."""
    return (await session.execute(select(ReserveSample).where(sample_id == _SAMPLE))).scalar_one_or_none()


async def show_reserve(session: Session, sample_id: UUID) -> ReserveSample:
    """The reserve in the caller's reach."""
    found = await find_reserve(session, sample_id)
    if found is None:
        raise not_found("备样", "reserve sample")
    return found


async def lock_reserve(session: Session, sample_id: UUID, owner: str | None, laboratory: str | None) -> ReserveSample | None:
    """The reserve of the bureau or at the laboratory, locked."""
    query = select(ReserveSample).where(sample_id == _SAMPLE, or_(owner == _OWNER, laboratory == _LABORATORY)).with_for_update()
    return (await session.execute(query)).scalar_one_or_none()


async def find_conclusion(session: Session, sample_id: UUID) -> Concluded | None:
    """The effective report of the sample as it stands now: nothing is kept beside it, so a corrected report moves the date by itself."""
    row = (await session.execute(_CONCLUSION, {"sample": sample_id})).first()
    return None if row is None else Concluded(row.verdict, row.issued_on, row.objection_until)


async def state_of(session: Session, sample_id: UUID) -> str | None:
    """State of the sample, where the caller sees it."""
    return (await session.execute(select(_STATE).where(sample_id == _ID))).scalar_one_or_none()


def touch(reserve: ReserveSample) -> None:
    """A change that others must notice."""
    reserve.revision += 1
    reserve.updated_at = func.now()  # type: ignore[assignment]

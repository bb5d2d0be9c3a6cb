"""What happened to a sample or its reserve (流转记录), written where the act is."""

from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from uuid_utils.compat import uuid7

from common.db import Session
from common.errors import Refused
from sampling.models import CustodyEvent
from sampling.rules.problem import Problem
from sampling.store import custody as store

SHANGHAI = ZoneInfo("Asia/Shanghai")


def moment(day: date, at: datetime | None = None) -> datetime:
    """The moment told; of a day without one: now when it is today, else its end."""
    now = datetime.now(UTC)
    if at is not None:
        return at
    return now if day == now.astimezone(SHANGHAI).date() else datetime.combine(day, time(23, 59), SHANGHAI)


def record_event(session: Session, sample: Any, act: str, at: datetime, details: dict[str, Any], *, actor: str, **more: Any) -> UUID:
    """One event of a sample, or of a row that carries its sample; `laboratory=False` keeps it from the laboratory, which works blind."""
    seen = getattr(sample, "laboratory_code", None) if more.get("laboratory", True) else None
    event = CustodyEvent(
        id=more.get("id") or uuid7(), region_code=sample.region_code, sample_id=more.get("sample_id") or sample.id, laboratory_code=seen,
        subject=more.get("subject", "sample"), act=act, happened_at=at, details=details, phone_sealed=more.get("phone_sealed"), actor=actor,
    )  # fmt: skip
    store.add(session, event)
    return event.id


def refuse_with_proof(problems: list[Problem], proof: tuple[str, ...] = ()) -> None:
    """Refused with every fault, and the count of days behind it."""
    if problems:
        first = problems[0]
        told = [{"code": p.code, "pointer": p.pointer, "detail": p.zh} for p in problems]
        told += [{"code": first.code, "pointer": first.pointer, "detail": line} for line in proof]
        raise Refused(first.code, first.zh, first.en, pointer=first.pointer, problems=told)

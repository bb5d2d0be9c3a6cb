"""Notices that special paths owe other bureaus (通报): of a refusal, of a stop for illegal production, of an online purchase."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from uuid_utils.compat import uuid7

from common import audit
from common.caller import Caller
from common.db import Session
from common.errors import Refused
from common.region import Region
from sampling.models import Sample, SpecialNotice
from sampling.rules.stored import StoredForm
from sampling.store import custody as store


@dataclass(frozen=True, slots=True)
class Occasion:
    """What has to be told: kind, when it happened, until when it must be told, and the words."""

    kind: str
    happened_at: datetime
    due_at: datetime | None
    words: dict[str, Any]
    at_laboratory: bool = False


def tell(session: Session, sample: Sample, form: StoredForm, occasion: Occasion, to: Iterable[tuple[str, str]]) -> list[SpecialNotice]:
    """One notice for each bureau, delivered with this very act; `to` has role and region, and nobody is told twice."""
    sent_at, notices = datetime.now(UTC), []
    words = {
        "sample_no": sample.sample_no, "product_name": sample.product_name, "programme": sample.programme, "sampled_party": form.sampled_party.name,
        "address": form.sampled_party.address, **occasion.words,
    }  # fmt: skip
    for role, region in dict.fromkeys(to):
        notice = SpecialNotice(
            id=uuid7(), region_code=sample.region_code, sample_id=sample.id, kind=occasion.kind, to_region_code=region, to_role=role,
            laboratory_code=sample.laboratory_code if occasion.at_laboratory else None, happened_at=occasion.happened_at,
            due_at=occasion.due_at, sent_at=sent_at, late=occasion.due_at is not None and sent_at > occasion.due_at, details=words,
        )  # fmt: skip
        notices.append(notice)
        audit.record(session, Region(sample.region_code), f"notice.{occasion.kind}", sample.id, {"to": region, "role": role})
    store.add(session, *notices)
    return notices


def addressees(sample: Sample, division: str) -> list[tuple[str, str]]:
    """The organiser, and the county of a place."""
    return [("organiser", sample.source_region_code), ("county", Region.of_division(division).code)]


async def acknowledge(session: Session, caller: Caller, notice_id: UUID) -> SpecialNotice:
    """The bureau that was told says so (签收)."""
    notice = await store.lock_notice(session, notice_id, caller.bureau.code)
    if notice.acknowledged_at is not None:
        raise Refused("notice_acknowledged", "该通报已签收", "the notice has been acknowledged")
    notice.acknowledged_at, notice.acknowledged_by = datetime.now(UTC), caller.subject
    audit.record(session, Region(notice.region_code), "notice.acknowledge", notice.id, {"by": caller.bureau.code})
    await session.flush()
    return notice

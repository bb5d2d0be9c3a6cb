"""Objections of parties as they are heard: legs are flagged, or halted, in the scope of the batch's owner."""

from datetime import date
from uuid import UUID

from longzhi.disposal.v1.events_pb2 import LegHalted

from common import audit, outbox
from common.db import Session
from common.region import Region
from disposal import store
from disposal.actions.follow import TOPIC
from disposal.rules import disputes as rules
from disposal.rules.disputes import Dispute


async def hear_dispute(session: Session, owner: Region, dispute: Dispute) -> None:
    """Keep what was told of an application, and bring the batch's legs to it; a case that has ended stays ended."""
    await store.note_dispute(session, owner, dispute)
    known = await store.disputes_of(session, owner, dispute.sample_id)
    await store.flag_legs(session, dispute.sample_id, rules.is_disputed(known))
    if dispute.outcome in (rules.OVERTURNED, rules.NOT_OWN_PRODUCT) and dispute.decided_on is not None:
        await _halt(session, dispute, dispute.decided_on)


async def hear_final(session: Session, owner: Region, sample_id: UUID, report_id: UUID, on: date) -> None:
    """The result is final (结论确定): kept for legs that are still to come, and shown on those that are there."""
    await store.note_final(session, owner, sample_id, report_id, on)
    await store.finalise_legs(session, sample_id, report_id, on)


async def _halt(session: Session, dispute: Dispute, on: date) -> None:
    why, legs = rules.reason_of(dispute), await store.legs_of_sample(session, dispute.sample_id)
    keep = [f"{leg.party_role}@{leg.region_code}" for leg in legs if not rules.is_freed(leg.party_role, leg.report_id, (dispute,))]
    for leg_id, bureau, report_id in await store.halt_sample(session, dispute.sample_id, keep, (on, why)):
        _tell(session, leg_id, Region(bureau), report_id, why)


def _tell(session: Session, leg_id: UUID, bureau: Region, report_id: UUID, why: str) -> None:
    outbox.record(session, TOPIC, LegHalted(leg_id=str(leg_id), report_id=str(report_id), reason=why), owner=bureau, key=leg_id)
    audit.record(session, bureau, "leg.halt", leg_id, {"report_id": str(report_id), "reason": why})

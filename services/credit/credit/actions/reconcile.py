"""Bring a batch's records to where all facts about them put them, whatever came first."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from uuid_utils.compat import uuid7

from common import audit
from common.db import Session
from common.region import Region
from credit.models import LegOutcome, Record, Version
from credit.rules.body import withdrawal_of
from credit.rules.delivery import Delivery
from credit.rules.disputes import Standing, standing
from credit.rules.publicity import WITHDRAWAL_CLOCK, Action, Facts, Leg, LegState, Shown, State, Wanted, deadline, evaluate
from credit.store import facts as fact_store
from credit.store import records as store
from credit.store import versions as version_store

#: What two persons are busy with stays with them as long as the content is the same.
_IN_HANDS = (State.PROPOSED, State.APPROVED, State.REJECTED)
_SETTLED = (State.ACKNOWLEDGED, State.WITHDRAWN)
_GROUND = "检验结论变更或者处置终止（O45 第11条，比照适用）"


async def reconcile(session: Session, owner: Region, sample_id: UUID) -> None:
    """Re-evaluate every record of a batch; the caller has locked the batch."""
    records = await store.lock_batch_records(session, owner, sample_id)
    if not records:
        return
    finals = await fact_store.final_days(session, owner, sample_id)
    legs = await fact_store.list_legs(session, owner, sample_id)
    disputes = await fact_store.list_disputes(session, owner, sample_id)
    for record in records:
        stands = standing(disputes, record.party_role, record.report_id)
        await follow(session, record, finals.get(record.report_id), legs, stands)


async def follow(session: Session, record: Record, final_after: date | None, legs: Sequence[LegOutcome], stands: Standing) -> None:
    """Bring one record to its place; what is on its way arrives first, unless it was never tried."""
    if record.state == State.SENT and not await _recall(session, record):
        record.needs_review = True
        return
    record.needs_review = False
    wanted = evaluate(_facts(record, final_after, legs, stands), shown_of(record))
    if wanted.state == State.SENT:
        reason, on = wanted.reason, wanted.trigger_on or record.reported_on
        await send_withdrawal(session, record, reason, _GROUND, on)
        return
    settled = record.state == wanted.state and record.state in _SETTLED
    if settled or (f"{record.report_id}/{wanted.key}" == record.content_key and record.state in (wanted.state, *_IN_HANDS)):
        return
    place(record, wanted)


def place(record: Record, wanted: Wanted) -> None:
    """Put a record where it belongs; what was agreed to about another content is void."""
    for name, value in placed(record.report_id, wanted).items():
        setattr(record, name, value)
    record.proposal_id = record.proposed_by = record.proposed_on = record.approved_by = record.approved_on = None
    record.revision += 1


def placed(report_id: UUID, wanted: Wanted) -> dict[str, Any]:
    """The columns that follow from an evaluation."""
    limit = deadline(wanted.clock, wanted.trigger_on) if wanted.trigger_on else None
    return {
        "state": wanted.state.value, "action": wanted.action.value, "reason": wanted.reason, "eligible_on": wanted.eligible_on,
        "clock_id": wanted.clock or None, "trigger_on": wanted.trigger_on, "due_on": limit.legal if limit else None,
        "target_on": limit.target if limit else None, "provisional": bool(limit and limit.provisional),
        "content_key": f"{report_id}/{wanted.key}",
    } | ({"result_code": wanted.code} if wanted.code else {})  # fmt: skip


def shown_of(record: Record) -> Shown | None:
    """What the receiver shows of a record."""
    if record.shown_report_id is None:
        return None
    return Shown(record.shown_report_id, record.shown_verdict or "", record.shown_code or "")


async def send_withdrawal(session: Session, record: Record, reason: str, basis: str, on: date) -> None:
    """Queue the withdrawal of what is shown (撤回, C09: three working days)."""
    owner = Region(record.region_code)
    shown = await version_store.get_shown(session, owner, record.id, record.shown_version or 0)
    record.version += 1
    body = withdrawal_of(shown.body, version=record.version, on=on, reason=reason, basis=basis)
    limit = deadline(WITHDRAWAL_CLOCK, on)
    version = Version(
        id=uuid7(), region_code=owner.code, record_id=record.id, version=record.version, action=Action.WITHDRAW.value, body=body,
        idempotency_key=uuid7(), report_id=shown.report_id, verdict=shown.verdict, result_code=shown.result_code, acted_on=on,
        due_on=limit.legal, reason=reason, basis=basis, state=Delivery.QUEUED.value,
    )  # fmt: skip
    version_store.add(session, version)
    wanted = Wanted(State.SENT, record.result_code, Action.WITHDRAW, on, WITHDRAWAL_CLOCK, on, reason)
    place(record, wanted)
    audit.record(session, owner, "record.withdraw", record.id, {"version": record.version, "reason": reason, "basis": basis, "on": on})
    await store.flush(session)
    await version_store.wake_worker(session)


async def _recall(session: Session, record: Record) -> bool:
    """Take back a version that no worker ever tried (so the receiver cannot have it); True when nothing is on its way."""
    queued = await version_store.lock_queued(session, Region(record.region_code), record.id)
    if queued is None:
        return True
    if queued.attempts > 0 or queued.action == Action.WITHDRAW:
        return False
    queued.state, queued.last_error = Delivery.CANCELLED.value, "报送前结论已变更"
    await store.flush(session)
    return True


def _facts(record: Record, final_after: date | None, legs: Sequence[LegOutcome], stands: Standing) -> Facts:
    own = [leg for leg in legs if leg.party_role == record.party_role and leg.report_id is not None]
    outcomes = [Leg(LegState(leg.state), leg.report_id, leg.rectified, leg.ended_on or record.reported_on) for leg in own if leg.report_id]
    return Facts(
        record.report_id, record.verdict, record.issued_on, record.reported_on, record.answers, record.withheld, record.withheld_on,
        final_after, tuple(outcomes), stands,
    )  # fmt: skip

"""Proposal and approval: nothing is public that two persons of the owner have not seen (domain.md 8.2)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from uuid_utils.compat import uuid7

from common import audit
from common.caller import Caller
from common.db import Session
from common.errors import Refused
from credit.models import Record
from credit.rules.acts import check_approval, check_not_future, check_proposal
from credit.rules.publicity import State
from credit.store import records as store

AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Selection:
    """Records by their ids, or all that are eligible by a day (of one period)."""

    record_ids: Sequence[UUID] | None = None
    eligible_by: date | None = None
    period: str | None = None


@dataclass(frozen=True, slots=True)
class Proposed:
    """A proposal; `remaining` records match the filter and did not fit into this call."""

    proposal_id: UUID | None
    count: int
    remaining: int = 0


async def propose(session: Session, caller: Caller, wanted: Selection, on: date, today: date) -> Proposed:
    """Propose records for publicity (提请公示)."""
    check_not_future(on, today, "/proposed_on")
    by = min(wanted.eligible_by or on, on)
    if wanted.record_ids is not None:
        records = await store.lock_records(session, caller.bureau, wanted.record_ids)
    else:
        records = await store.lock_due(session, caller.bureau, by, wanted.period, AT_ONCE)
    check_proposal(records, on)
    if not records:
        return Proposed(None, 0)
    proposal_id = uuid7()
    values = {"state": State.PROPOSED.value, "proposal_id": proposal_id, "proposed_by": caller.subject, "proposed_on": on}
    await store.change(session, caller.bureau, records, **values)
    _note(session, caller, "record.propose", (proposal_id, on), records)
    full = wanted.record_ids is None and len(records) == AT_ONCE
    remaining = await store.count_in(session, caller.bureau, State.DUE, by, wanted.period) if full else 0
    return Proposed(proposal_id, len(records), remaining)


async def approve(session: Session, caller: Caller, wanted: Sequence[UUID] | UUID, on: date, today: date) -> int:
    """Approve records, or what is left of a proposal (批准公示); all or none."""
    check_not_future(on, today, "/approved_on")
    if isinstance(wanted, UUID):
        records = await _proposed(session, caller, wanted)
    else:
        records = await store.lock_records(session, caller.bureau, wanted)
    check_approval(records, caller.subject, on)
    values = {"state": State.APPROVED.value, "approved_by": caller.subject, "approved_on": on}
    await store.change(session, caller.bureau, records, **values)
    subject = wanted if isinstance(wanted, UUID) else uuid7()
    _note(session, caller, "record.approve", (subject, on), records)
    return len(records)


async def _proposed(session: Session, caller: Caller, proposal_id: UUID) -> list[Record]:
    records = await store.lock_proposal(session, caller.bureau, proposal_id)
    waiting = [record for record in records if record.state == State.PROPOSED]
    if not waiting:
        raise Refused("record_state", "该提请已全部办理", "nothing of this proposal waits for approval", pointer="/proposal_id")
    return waiting


def _note(session: Session, caller: Caller, act: str, what: tuple[UUID, date], records: Sequence[Record]) -> None:
    """One entry for the act with everything it touched."""
    subject, on = what
    audit.record(session, caller.bureau, act, subject, {"on": on, "record_ids": [str(record.id) for record in records]})

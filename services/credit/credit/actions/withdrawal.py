"""Withdrawal by the head, and mending what the receiver refused."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from uuid_utils.compat import uuid7

from common import audit
from common.caller import Caller
from common.db import Session
from common.errors import Invalid
from credit.actions.reconcile import place, send_withdrawal, shown_of
from credit.models import Record
from credit.rules.acts import check_not_future, check_resubmission, check_withdrawal
from credit.rules.publicity import State, Wanted
from credit.store import records as store

Match = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Target:
    """The record an act is about, and the caller's If-Match."""

    record_id: UUID
    match: Match


@dataclass(frozen=True, slots=True)
class Grounds:
    """Why and when something is withdrawn (撤回原因、依据、日期)."""

    reason: str
    basis: str
    on: date


@dataclass(frozen=True, slots=True)
class Correction:
    """What a rejected record is mended with (更正), when its party was wrongly named."""

    on: date
    party_name: str | None = None
    party_uscc: str | None = None


async def withdraw(session: Session, caller: Caller, target: Target, grounds: Grounds, today: date) -> Record:
    """Withdraw a record: what is shown is taken back at the receiver, what is not shown will not be."""
    check_not_future(grounds.on, today, "/on")
    record = await store.lock_record(session, caller.bureau, target.record_id)
    target.match(record.revision)
    check_withdrawal(record)
    if record.published_on and grounds.on < record.published_on and record.shown_version:
        raise Invalid("date_order", f"撤回日期早于公示日期（{record.published_on}）", "withdrawn before it was published", pointer="/on")
    record.withheld, record.withheld_on = grounds.reason, grounds.on
    if shown_of(record):
        await send_withdrawal(session, record, grounds.reason, grounds.basis, grounds.on)
        return record
    place(record, Wanted(State.WITHDRAWN, reason=grounds.reason))
    details = {"version": 0, "reason": grounds.reason, "basis": grounds.basis, "on": grounds.on}
    audit.record(session, caller.bureau, "record.withdraw", record.id, details)
    return record


async def resubmit(session: Session, caller: Caller, target: Target, correction: Correction, today: date) -> Record:
    """Mend a rejected record and propose it again; a second person approves it before it leaves under a new version."""
    check_not_future(correction.on, today, "/on")
    record = await store.lock_record(session, caller.bureau, target.record_id)
    target.match(record.revision)
    check_resubmission(record)
    old = {"party_name": record.party_name, "party_uscc": record.party_uscc}
    record.party_name = correction.party_name or record.party_name
    record.party_uscc = correction.party_uscc or record.party_uscc
    record.state, record.reason, record.proposal_id = State.PROPOSED.value, "", uuid7()
    record.proposed_by, record.proposed_on, record.approved_by, record.approved_on = caller.subject, correction.on, None, None
    record.revision += 1
    details = {"on": correction.on, "old": old, "new": {"party_name": record.party_name, "party_uscc": record.party_uscc}}
    audit.record(session, caller.bureau, "record.resubmit", record.id, details)
    return record

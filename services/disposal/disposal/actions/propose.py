"""A refusal or a stop opens a leg in the bureau at the party's place (立案建议), in the scope of the batch's owner."""

from typing import Any
from uuid import UUID

from longzhi.disposal.v1.events_pb2 import LegOpened
from uuid_utils.compat import uuid7

from common import audit, outbox
from common.clocks import Deadline, national_calendar
from common.db import Session
from common.region import Region
from disposal import store
from disposal.actions.follow import TOPIC, clock_row
from disposal.rules import cases, limits
from disposal.rules.batch import Contradiction, Liable
from disposal.rules.cases import Lead
from disposal.rules.machine import State


async def propose_case(session: Session, owner: Region, lead: Lead) -> None:
    """One leg per refused or stopped batch, with its clock (C01) and article; the same fact again opens none."""
    one = cases.answering(owner, lead)
    leg_id, deadline = uuid7(), limits.filing(lead.happened_on, national_calendar())
    if leg_id not in await store.open_legs(session, [_leg_row(leg_id, owner, one, lead, deadline=deadline)]):
        if one.party.role.value not in await store.open_roles(session, lead.sample_id):
            raise Contradiction(f"batch {lead.sample_id} has legs of another owner")
        return
    await store.start_clocks(session, [clock_row(leg_id, one.bureau.code, owner.code, deadline)])
    fact = LegOpened(
        leg_id=str(leg_id), sample_id=str(lead.sample_id), party_role=one.party.role.value, outbound=one.outbound,
        origin_region_code=owner.code, ground=lead.ground.value,
    )  # fmt: skip
    outbox.record(session, TOPIC, fact, owner=one.bureau, key=leg_id)
    details = {
        "ground": lead.ground.value,
        "article": lead.article,
        "party_role": one.party.role.value,
        "origin": owner.code,
        "due_on": deadline.legal,
    }
    audit.record(session, one.bureau, "leg.open", leg_id, details)


def _leg_row(leg_id: UUID, owner: Region, one: Liable, lead: Lead, *, deadline: Deadline) -> dict[str, Any]:
    party, on = one.party, lead.happened_on
    return {
        "id": leg_id, "region_code": one.bureau.code, "origin_region_code": owner.code, "sample_id": lead.sample_id, "report_id": None,
        "report_no": "", "report_version": 0, "programme": lead.programme.value, "issued_on": on, "reported_on": on, "failed_items": [],
        "serious": False, "party_role": party.role.value, "party_name": party.name, "party_uscc": party.uscc, "party_address": party.address,
        "division_code": party.division_code, "outbound": one.outbound, "state": State.OPENED.value, "start_due_on": None,
        "legal_on": deadline.legal, "target_on": deadline.target, "due_on": deadline.legal, "next_due_on": deadline.legal,
        "ground": lead.ground.value, "article": lead.article, "lead": lead.details, **lead.product,
    }  # fmt: skip

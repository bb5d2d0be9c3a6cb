"""The way to the laboratory (送样): dispatch, what is heard on the way, and until when the sample has to be there (O18 art. 23, O15 art. 20)."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from longzhi.sampling.v1.events_pb2 import SampleDispatched
from uuid_utils.compat import uuid7

from common import audit, outbox
from common.caller import Caller
from common.db import Session
from common.errors import Refused
from sampling.actions.facts import SAMPLE_TOPIC, refuse_act, refuse_input
from sampling.actions.happened import moment, record_event
from sampling.clients import Clients, fetch_task
from sampling.models import CustodyEvent, Dispatch, Sample
from sampling.rules.custody import Journey, Way, check_journey
from sampling.rules.receipt import delivery_clock
from sampling.rules.samples import Programme, SampleState, check_move
from sampling.rules.special import DANGEROUS_GROUPS
from sampling.store import custody as store
from sampling.store import samples as sample_store


@dataclass(frozen=True, slots=True)
class Leaving:
    """How the sample leaves, as it was told."""

    way: Way
    dispatched_on: date
    courier: str | None
    tracking_no: str | None
    vehicle: str | None
    storage: str | None
    temperatures: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Waypoint:
    """One thing heard on the way (物流轨迹)."""

    at: datetime
    place: str
    note: str
    celsius: str | None


async def dispatch_sample(session: Session, clients: Clients, caller: Caller, sample_id: UUID, given: tuple[Leaving, date]) -> Dispatch:
    """The sealed sample goes on its way; dangerous goods never by courier."""
    leaving, today = given
    sample = await sample_store.lock_own(session, sample_id, caller.bureau.code)
    programme = Programme(sample.programme)
    refuse_act(check_move(SampleState[sample.state], SampleState.IN_TRANSIT, programme))
    ended_on = sample.sealed_on or sample.sampled_on
    journey = Journey(leaving.way, leaving.dispatched_on, leaving.courier, leaving.tracking_no, leaving.vehicle, len(leaving.temperatures))
    storage = (sample.form.get("food") or {}).get("storage") or ""
    refuse_input(check_journey(journey, ended_on, today, dangerous=await _is_dangerous(session, clients, caller, sample), storage=storage))
    clock = delivery_clock(programme, ended_on)
    row = Dispatch(
        id=uuid7(), region_code=sample.region_code, sample_id=sample.id, laboratory_code=sample.laboratory_code or "", way=leaving.way.value,
        courier=leaving.courier, tracking_no=leaving.tracking_no, vehicle=leaving.vehicle, storage=leaving.storage,
        dispatched_on=leaving.dispatched_on, due_on=clock.legal if clock else None, temperatures=list(leaving.temperatures),
        created_by=caller.subject,
    )  # fmt: skip
    store.add(session, row)
    sample.state = SampleState.IN_TRANSIT.name
    sample_store.touch(sample)
    audit.record(session, caller.bureau, "sample.dispatch", sample.id, {"on": leaving.dispatched_on, "way": leaving.way.value})
    fact = SampleDispatched(
        sample_id=str(sample.id), way=leaving.way.value, dispatched_on=leaving.dispatched_on.isoformat(), due_on=str(row.due_on or "")
    )
    outbox.record(session, SAMPLE_TOPIC, fact, owner=caller.bureau, key=sample.id)
    await sample_store.flush(session, row)
    return row


async def _is_dangerous(session: Session, clients: Clients, caller: Caller, sample: Sample) -> bool:
    """Said at sealing, or told by the catalogue's product group (危险化学品、烟花爆竹、油品)."""
    sealed = await store.find_event(session, sample.id, "seal")
    if sealed is not None and sealed.details.get("dangerous"):
        return True
    task = await fetch_task(clients, caller, sample.task_id)
    return task.product_group in DANGEROUS_GROUPS


async def add_waypoint(session: Session, caller: Caller, sample_id: UUID, point: Waypoint) -> CustodyEvent:
    """Something heard of a sample under way, with the temperature where one was read."""
    sample = await sample_store.lock_own(session, sample_id, caller.bureau.code)
    if sample.state != SampleState.IN_TRANSIT.name:
        raise Refused("sample_not_under_way", "样品不在运送途中", "the sample is not on its way")
    if point.celsius is not None:
        row = await store.lock_dispatch(session, sample.id, caller.bureau.code)
        row.temperatures = [*row.temperatures, {"at": point.at.isoformat(), "celsius": point.celsius}]
    details = {"place": point.place, "note": point.note, "celsius": point.celsius}
    record_event(session, sample, "waypoint", moment(point.at.date(), point.at), details, actor=caller.subject)
    await session.flush()
    return (await store.list_events(session, sample.id, "sample"))[-1]

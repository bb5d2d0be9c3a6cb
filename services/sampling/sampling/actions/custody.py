"""The sample at the laboratory's door (样品接收): accepted or rejected, one or five hundred (O18 art. 28, O15 art. 22)."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any
from uuid import UUID

from longzhi.sampling.v1.events_pb2 import SampleReceived, SampleRejected
from uuid_utils.compat import uuid7

from common import audit, outbox, vault
from common.caller import Caller
from common.clocks import Deadline, render
from common.db import Session
from common.region import Region
from sampling.actions.facts import SAMPLE_TOPIC, batch_facts, refuse_act, refuse_input
from sampling.actions.happened import moment, record_event
from sampling.models import Sample
from sampling.rules.custody import Arrival, check_arrival
from sampling.rules.problem import Problem
from sampling.rules.receipt import Sealed, delivery_clock, is_overdue
from sampling.rules.reserve import expiry_of
from sampling.rules.samples import Programme, SampleState, check_move
from sampling.rules.stored import StoredForm, form_from
from sampling.store import custody as custody_store
from sampling.store import samples as store

DONE, UNCHANGED, REFUSED = "done", "unchanged", "refused"


@dataclass(frozen=True, slots=True)
class ReceiptResult:
    """What became of one receipt of a batch."""

    sample_id: UUID
    status: str
    state: str | None
    problems: Sequence[Problem]


async def receive_sample(session: Session, caller: Caller, sample_id: UUID, given: tuple[Arrival, date], root_key: str) -> Sample:
    """Take one sample in, or reject it with its reasons; `root_key` seals the checker's telephone."""
    arrival, today = given
    sample = await store.lock_assigned(session, sample_id, caller.laboratory or "")
    refuse_act(_state_faults(sample, arrival))
    refuse_input(_faults(sample, arrival, today))
    await _take_in(session, caller, [(sample, arrival)], root_key)
    await store.flush(session, sample)
    return sample


async def receive_many(session: Session, caller: Caller, arrivals: Sequence[tuple[UUID, Arrival]], today: date, root_key: str) -> list[ReceiptResult]:
    """Good receipts are stored, the others explained; repeating one changes nothing."""
    samples = await store.lock_assigned_many(session, [sample_id for sample_id, _ in arrivals], caller.laboratory or "")
    results, good = [], []
    taken: set[UUID] = set()
    for sample_id, arrival in arrivals:
        result = _decide(samples.get(sample_id), sample_id, arrival, today)
        if result.status == DONE and sample_id in taken:
            result = ReceiptResult(sample_id, REFUSED, None, [Problem("sample_twice", "/sample_id", "同一样品重复", "the sample is given twice")])
        if result.status == DONE:
            taken.add(sample_id)
            good.append((samples[sample_id], arrival))
        results.append(result)
    await _take_in(session, caller, good, root_key)
    return results


def _decide(sample: Sample | None, sample_id: UUID, arrival: Arrival, today: date) -> ReceiptResult:
    if sample is None:
        unknown = Problem("sample_unknown", "/sample_id", "没有委托给本机构的这一样品", "no such sample is assigned to this laboratory")
        return ReceiptResult(sample_id, REFUSED, None, [unknown])
    if sample.receipt == _kept(arrival, _clock(sample)):
        return ReceiptResult(sample_id, UNCHANGED, sample.state, [])
    problems = [*_state_faults(sample, arrival), *_faults(sample, arrival, today)]
    return ReceiptResult(sample_id, REFUSED if problems else DONE, None if problems else _target(arrival).name, problems)


def _target(arrival: Arrival) -> SampleState:
    return SampleState.RECEIVED if arrival.accept else SampleState.SAMPLE_REJECTED


def _state_faults(sample: Sample, arrival: Arrival) -> list[Problem]:
    return list(check_move(SampleState[sample.state], _target(arrival), Programme(sample.programme)))


def _faults(sample: Sample, arrival: Arrival, today: date) -> list[Problem]:
    form = form_from(sample.form)
    sealed = Sealed(form.sampled_on, form.quantity, sample.seal_no or "", expiry_of(form, sample.form), _clock(sample))
    return check_arrival(arrival, form, sealed, today)


def _clock(sample: Sample) -> Deadline | None:
    return delivery_clock(Programme(sample.programme), sample.sealed_on or sample.sampled_on)


_TOLD = ("checker", "temperature", "appearance_note", "photos", "arrived_on")
_ALWAYS = ("seal", "packing", "quantity", "information", "storage", "accept")


def _kept(arrival: Arrival, clock: Deadline | None) -> dict[str, Any]:
    """The receipt as it is stored: what was ticked, what else was told, and F01 with its proof when the sample came late; no telephone."""
    told = {name: value for name, value in asdict(arrival).items() if name not in _ALWAYS and name != "checker_phone"}
    defaults = {"reserve": True, "papers": True, "appearance": True}
    more = {name: _plain(value) for name, value in told.items() if value not in (None, (), defaults.get(name))}
    kept = {name: getattr(arrival, name) for name in _ALWAYS} | more | {"reasons": list(arrival.reasons)}
    came = arrival.arrived_on or arrival.received_on
    if clock is not None and is_overdue(came, clock):
        kept["late"] = {"clock": clock.limit_id, "due_on": clock.legal.isoformat(), "proof": render(clock.proof).splitlines()}
    return kept


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return list(value)
    return value if isinstance(value, bool) else str(value)


async def _take_in(session: Session, caller: Caller, taken: Sequence[tuple[Sample, Arrival]], root_key: str) -> None:
    under_way = []
    for sample, arrival in taken:
        owner = Region(sample.region_code)
        if sample.state == SampleState.IN_TRANSIT.name:
            under_way.append((sample.id, arrival.arrived_on or arrival.received_on))
        sample.state, sample.received_on, sample.receipt = _target(arrival).name, arrival.received_on, _kept(arrival, _clock(sample))
        store.touch(sample)
        act = "sample.receive" if arrival.accept else "sample.reject"
        details = {"laboratory": caller.laboratory, "received_on": arrival.received_on, "reasons": arrival.reasons}
        audit.record(session, owner, act, sample.id, details)
        outbox.record(session, SAMPLE_TOPIC, _fact(sample, arrival), owner=owner, key=sample.id)
        _note(session, caller, sample, arrival, root_key)
    await custody_store.arrive(session, under_way)
    await store.release_slots(session, [(sample.region_code, sample.task_id) for sample, arrival in taken if not arrival.accept])


def _note(session: Session, caller: Caller, sample: Sample, arrival: Arrival, root_key: str) -> None:
    """An event where more was told than the check list, and a quality event where the sample came late (O15 art. 20)."""
    receipt = sample.receipt or {}
    if arrival.checker or arrival.photos or arrival.temperature is not None or arrival.arrived_on:
        row_id, sealed = uuid7(), None
        if arrival.checker_phone:
            sealed = vault.seal(vault.keys_of(root_key, Region(sample.region_code)), f"{row_id}:phone", arrival.checker_phone)
        details: dict[str, Any] = {
            name: receipt[name] for name in ("checker", "temperature", "appearance_note", "photos", "arrived_on") if name in receipt
        }
        at = moment(arrival.received_on)
        record_event(session, sample, "receive" if arrival.accept else "reject", at, details, actor=caller.subject, id=row_id, phone_sealed=sealed)
    if "late" in receipt:
        record_event(session, sample, "late", moment(arrival.received_on), receipt["late"], actor=caller.subject)


def _fact(sample: Sample, arrival: Arrival) -> SampleReceived | SampleRejected:
    if arrival.accept:
        return SampleReceived(sample_id=str(sample.id), received_on=arrival.received_on.isoformat())
    form: StoredForm = form_from(sample.form)
    return SampleRejected(sample_id=str(sample.id), reasons=arrival.reasons, batch=batch_facts(sample, form))

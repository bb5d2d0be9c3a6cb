"""The sample at the laboratory's door (样品接收): accepted or rejected, one or five hundred (O18 art. 28, O15 art. 22)."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any
from uuid import UUID

from longzhi.sampling.v1.events_pb2 import SampleReceived, SampleRejected

from common import audit, outbox
from common.caller import Caller
from common.db import Session
from common.region import Region
from sampling.actions.facts import SAMPLE_TOPIC, refuse_act, refuse_input
from sampling.models import Sample
from sampling.rules.custody import Arrival, check_arrival
from sampling.rules.problem import Problem
from sampling.rules.samples import SampleState, check_move
from sampling.rules.stored import form_from
from sampling.store import samples as store

DONE, UNCHANGED, REFUSED = "done", "unchanged", "refused"


@dataclass(frozen=True, slots=True)
class ReceiptResult:
    """What became of one receipt of a batch."""

    sample_id: UUID
    status: str
    state: str | None
    problems: Sequence[Problem]


async def receive_sample(session: Session, caller: Caller, sample_id: UUID, arrival: Arrival, today: date) -> Sample:
    """Take one sample in, or reject it with its reasons."""
    sample = await store.lock_assigned(session, sample_id, caller.laboratory or "")
    refuse_act(_state_faults(sample, arrival))
    refuse_input(_faults(sample, arrival, today))
    await _take_in(session, caller, [(sample, arrival)])
    await store.flush(session, sample)
    return sample


async def receive_many(session: Session, caller: Caller, arrivals: Sequence[tuple[UUID, Arrival]], today: date) -> list[ReceiptResult]:
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
    await _take_in(session, caller, good)
    return results


def _decide(sample: Sample | None, sample_id: UUID, arrival: Arrival, today: date) -> ReceiptResult:
    if sample is None:
        unknown = Problem("sample_unknown", "/sample_id", "没有委托给本机构的这一样品", "no such sample is assigned to this laboratory")
        return ReceiptResult(sample_id, REFUSED, None, [unknown])
    if sample.receipt == _kept(arrival):
        return ReceiptResult(sample_id, UNCHANGED, sample.state, [])
    problems = [*_state_faults(sample, arrival), *_faults(sample, arrival, today)]
    return ReceiptResult(sample_id, REFUSED if problems else DONE, None if problems else _target(arrival).name, problems)


def _target(arrival: Arrival) -> SampleState:
    return SampleState.RECEIVED if arrival.accept else SampleState.SAMPLE_REJECTED


def _state_faults(sample: Sample, arrival: Arrival) -> list[Problem]:
    return list(check_move(SampleState[sample.state], _target(arrival)))


def _faults(sample: Sample, arrival: Arrival, today: date) -> list[Problem]:
    return check_arrival(arrival, form_from(sample.form), sample.seal_no or "", today)


def _kept(arrival: Arrival) -> dict[str, Any]:
    return asdict(arrival) | {"received_on": arrival.received_on.isoformat(), "reasons": list(arrival.reasons)}


async def _take_in(session: Session, caller: Caller, taken: Sequence[tuple[Sample, Arrival]]) -> None:
    for sample, arrival in taken:
        owner = Region(sample.region_code)
        sample.state, sample.received_on, sample.receipt = _target(arrival).name, arrival.received_on, _kept(arrival)
        store.touch(sample)
        fact = _fact(sample, arrival)
        act = "sample.receive" if arrival.accept else "sample.reject"
        details = {"laboratory": caller.laboratory, "received_on": arrival.received_on, "reasons": arrival.reasons}
        audit.record(session, owner, act, sample.id, details)
        outbox.record(session, SAMPLE_TOPIC, fact, owner=owner, key=sample.id)
    await store.release_slots(session, [(sample.region_code, sample.task_id) for sample, arrival in taken if not arrival.accept])


def _fact(sample: Sample, arrival: Arrival) -> SampleReceived | SampleRejected:
    if arrival.accept:
        return SampleReceived(sample_id=str(sample.id), received_on=arrival.received_on.isoformat())
    return SampleRejected(sample_id=str(sample.id), reasons=arrival.reasons)

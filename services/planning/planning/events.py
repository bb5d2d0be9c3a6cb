"""What planning hears of sampling: products checked (P01), and batches without a sample that ask for a replacement; of the directory: divisions."""

from datetime import date
from uuid import UUID

from longzhi.directory.v1.events_pb2 import DivisionChanged
from longzhi.event.v1.event_pb2 import Envelope
from longzhi.sampling.v1.events_pb2 import (
    BatchFacts,
    SampleRefused,
    SampleRejected,
    SampleSealed,
    SampleStopped,
    SampleUnavailable,
    SampleUntestable,
)

from common.db import Session
from common.errors import NotFound
from common.inbox import Handlers, Poison, Reaction
from common.region import Region
from planning import store
from planning.actions.repeats import keep_check
from planning.actions.replacements import Request, request_replacement
from planning.rules.repeats import Product

PRODUCT = "产品"


async def on_sample_sealed(session: Session, fact: SampleSealed, envelope: Envelope) -> None:
    """A product was checked: from now on its six months run."""
    batch = fact.batch
    producer = next((party for party in batch.parties if party.role == "producer"), None)
    if producer is None:
        return
    product = Product(producer.uscc, producer.name, batch.standard, batch.brand, batch.spec)
    try:
        checked = (product, date.fromisoformat(batch.sampled_on))
        await keep_check(session, Region(envelope.region_code), Region(batch.source_region_code), UUID(batch.sample_id), checked)
    except ValueError as error:
        raise Poison(str(error)) from error


async def on_sample_ended(session: Session, fact: SampleRefused | SampleStopped, envelope: Envelope) -> None:
    """Refused, or stopped for illegal production: a product kept for a seal that never came is free again."""
    await _release(session, fact.batch.sample_id, envelope)


async def _release(session: Session, sample_id: str, envelope: Envelope) -> None:
    try:
        await store.repeats.release(session, envelope.region_code, UUID(sample_id))
    except ValueError as error:
        raise Poison(str(error)) from error


async def on_sample_unavailable(session: Session, fact: SampleUnavailable, envelope: Envelope) -> None:
    """Nothing could be sampled (未抽到样品)."""
    await _release(session, fact.batch.sample_id, envelope)
    await _request(session, fact.batch, envelope, ("NOT_SAMPLED", fact.reason, fact.note, fact.on))


async def on_sample_rejected(session: Session, fact: SampleRejected, envelope: Envelope) -> None:
    """The laboratory rejected the sample: the batch is void, and so is the check."""
    try:
        await store.repeats.void_check(session, envelope.region_code, UUID(fact.sample_id))
    except ValueError as error:
        raise Poison(str(error)) from error
    if fact.HasField("batch"):
        await _request(session, fact.batch, envelope, ("SAMPLE_REJECTED", "、".join(fact.reasons), "", ""))


async def on_sample_untestable(session: Session, fact: SampleUntestable, envelope: Envelope) -> None:
    """The laboratory cannot test it (无法检验)."""
    await _request(session, fact.batch, envelope, ("TEST_IMPOSSIBLE", fact.reason, "", fact.on))


async def _request(session: Session, batch: BatchFacts, envelope: Envelope, why: tuple[str, str, str, str]) -> None:
    cause, reason, note, on = why
    try:
        request = Request(
            task_id=UUID(batch.task_id), sample_id=UUID(batch.sample_id), sample_no=batch.sample_no, product_name=batch.product_name,
            party_name=batch.parties[0].name if batch.parties else "", cause=cause, reason=reason, note=note,
            happened_on=date.fromisoformat(on) if on else None,
        )  # fmt: skip
        await request_replacement(session, Region(envelope.region_code), request)
    except (ValueError, NotFound) as error:
        raise Poison(str(error)) from error


async def on_division_changed(session: Session, fact: DivisionChanged, _: Envelope) -> None:
    """A division joined, was renamed or ends (行政区划变更): plans may give it quotas, or no longer."""
    try:
        await store.catalogue.put_division(session, Region.of_division(fact.code), fact.name, is_open=not fact.valid_to)
    except ValueError as error:
        raise Poison(str(error)) from error


HANDLERS: Handlers = {
    DivisionChanged: Reaction(on_division_changed),
    SampleSealed: Reaction(on_sample_sealed, lambda fact: fact.batch.programme == PRODUCT),
    SampleUnavailable: Reaction(on_sample_unavailable),
    SampleRejected: Reaction(on_sample_rejected),
    SampleUntestable: Reaction(on_sample_untestable),
    SampleRefused: Reaction(on_sample_ended),
    SampleStopped: Reaction(on_sample_ended),
}

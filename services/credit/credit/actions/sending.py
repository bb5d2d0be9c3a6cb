"""The worker: sends what is approved until the receiver says yes or no, always under the same key; all its state is in the database."""

import asyncio
import logging
from collections.abc import Awaitable, Sequence
from contextlib import suppress
from typing import TypeVar

from longzhi.credit.v1.events_pb2 import RecordPublished, RecordWithdrawn

from common import audit, outbox
from common.db import Database, Scope, Session, transaction
from common.region import Region
from common.runtime import Runtime
from credit import clients
from credit.actions.hearing import follow_legs
from credit.actions.reconcile import reconcile
from credit.models import Record, Version
from credit.rules.delivery import CHUNK, CONCURRENCY, LEASE_SECONDS, Answer, Delivery
from credit.rules.publicity import Action, State
from credit.store import facts as fact_store
from credit.store import records as store
from credit.store import versions as version_store
from credit.store.waking import bell

Done = TypeVar("Done")
log = logging.getLogger(__name__)
TOPIC = "credit.record.v1"
WORKER = "worker:credit"
LEGS_AT_ONCE = 20
PATIENCE = 3


async def work(runtime: Runtime) -> None:
    """Until cancelled: at once when something is queued, every second in any case."""
    async with bell(runtime.db) as rung:
        while True:
            rung.clear()
            if not await one_round(runtime):
                with suppress(TimeoutError):
                    await asyncio.wait_for(rung.wait(), 1.0)


async def one_round(runtime: Runtime) -> int:
    """Follow what legs told, then send one chunk of every owner; how much got done. Lists as the province, writes as each owner."""
    province = Region(runtime.settings.province)
    async with transaction(runtime.db, Scope(region=province, subject=WORKER)) as session:
        with_news = await fact_store.owners_with_news(session, province)
        with_work = await version_store.owners_with_work(session, province)
    done = sum([await _guarded(_follow(runtime.db, owner), owner, 0) for owner in with_news])
    failures = 0
    for owner in with_work:
        claimed, settled = await _guarded(_send(runtime, owner), owner, (0, 0))
        failures = failures + 1 if claimed and not settled else 0
        if failures == PATIENCE:  # the receiver is not well: let it be for a second
            return 0
        done += settled
    return done


async def _guarded(doing: Awaitable[Done], owner: Region, nothing: Done) -> Done:
    """One owner's trouble is logged and does not hold up the others; a claim that was not settled is free again after its lease."""
    try:
        return await doing
    except Exception:
        log.exception("the work of %s failed", owner)
        return nothing


def _as(owner: Region) -> Scope:
    return Scope(region=owner, subject=WORKER)


async def _follow(db: Database, owner: Region) -> int:
    async with transaction(db, _as(owner)) as session:
        return await follow_legs(session, owner, LEGS_AT_ONCE)


async def _send(runtime: Runtime, owner: Region) -> tuple[int, int]:
    """Claim (committed before anything is sent), send, settle; how many were claimed and settled."""
    async with transaction(runtime.db, _as(owner)) as session:
        claimed = await version_store.claim(session, owner, CHUNK, LEASE_SECONDS)
    if not claimed:
        return 0, 0
    gate = asyncio.Semaphore(CONCURRENCY)

    async def deliver(one: version_store.Claimed) -> tuple[version_store.Claimed, Answer]:
        async with gate:
            return one, await clients.send(runtime.clients, one.key, one.body, one.traceparent)

    answers = await asyncio.gather(*(deliver(one) for one in claimed))
    async with transaction(runtime.db, _as(owner)) as session:
        return len(claimed), await settle(session, owner, answers)


async def settle(session: Session, owner: Region, answers: Sequence[tuple[version_store.Claimed, Answer]]) -> int:
    """Receipt, record and fact in one transaction; a version that another worker settled meanwhile is left alone."""
    records = {r.id: r for r in await store.lock_records(session, owner, [claimed.record_id for claimed, _ in answers])}
    settled = await version_store.settle(session, owner, answers)
    for version in settled:
        _conclude(session, owner, records[version.record_id], version)
    await store.flush(session)
    for sample_id in sorted({r.sample_id for r in (records[v.record_id] for v in settled) if r.needs_review}):
        await reconcile(session, owner, sample_id)
    return len(settled)


def _conclude(session: Session, owner: Region, record: Record, version: Version) -> None:
    record.revision += 1
    if version.state == Delivery.REJECTED:
        record.state, record.reason = State.REJECTED.value, version.last_error
        audit.record(session, owner, "record.reject", record.id, {"version": version.version, "reason": version.last_error})
        return
    details = {"version": version.version, "action": version.action, "receipt_no": version.receipt_no}
    audit.record(session, owner, "record.acknowledge", record.id, details)
    if version.action == Action.WITHDRAW:
        _withdrawn(session, owner, record, version)
    else:
        _published(session, owner, record, version)


def _published(session: Session, owner: Region, record: Record, version: Version) -> None:
    record.state, record.published_on = State.ACKNOWLEDGED.value, version.acted_on
    record.shown_version, record.shown_report_id = version.version, version.report_id
    record.shown_verdict, record.shown_code = version.verdict, version.result_code
    fact = RecordPublished(
        record_id=str(record.id), report_id=str(version.report_id), sample_id=str(record.sample_id), party_role=record.party_role,
        published_on=version.acted_on.isoformat(), version=version.version,
    )  # fmt: skip
    outbox.record(session, TOPIC, fact, owner=owner, key=record.id)


def _withdrawn(session: Session, owner: Region, record: Record, version: Version) -> None:
    """Nothing is shown any more; whether something else is to be shown instead is decided anew."""
    record.state, record.reason, record.needs_review = State.WITHDRAWN.value, version.reason, True
    record.shown_version = record.shown_report_id = record.shown_verdict = record.shown_code = None
    fact = RecordWithdrawn(record_id=str(record.id), report_id=str(version.report_id), reason=version.reason)
    outbox.record(session, TOPIC, fact, owner=owner, key=record.id)

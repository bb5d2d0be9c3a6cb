"""Outbox: facts leave only with the commit, in order per aggregate, and are marked after the broker's acknowledgement."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from longzhi.event.v1.event_pb2 import Envelope
from sqlalchemy import text
from uuid_utils import uuid7

from common import telemetry
from common.db import SYSTEM, Database, Session, add_flusher, pending
from common.kafka import Producer
from common.region import Region

log = logging.getLogger(__name__)
BATCH = 1000
KEEP_DAYS = 35

_INSERT = text(
    "WITH told AS (INSERT INTO outbox (id, region_code, topic, key, type, envelope) SELECT * FROM unnest(CAST(:ids AS uuid[]),"
    " CAST(:owners AS text[]), CAST(:topics AS text[]), CAST(:keys AS text[]), CAST(:types AS text[]), CAST(:envelopes AS bytea[])))"
    " SELECT pg_notify('outbox', '')"
)
_UNSENT = "SELECT seq, topic, key, envelope FROM outbox WHERE sent_at IS NULL ORDER BY seq LIMIT $1"
_MARK = "UPDATE outbox SET sent_at = now() WHERE seq = ANY($1::bigint[])"
_PURGE = "DELETE FROM outbox WHERE sent_at < now() - make_interval(days => $1)"
_PURGE_KEYS = "DELETE FROM idempotency_key WHERE created_at < now() - make_interval(days => $1)"


def record(session: Session, topic: str, fact: Message, *, owner: Region, key: object) -> None:
    """Tell a fact: it is stored with this transaction and published after it, in the owner's name; `key` is the aggregate's id."""
    pending(session).facts.append((topic, fact, owner.code, str(key)))
    add_flusher(session, send)


def envelope(fact: Message, owner: str, key: str, actor: str) -> Envelope:
    """Wrap a fact with id, owner, actor, time and trace."""
    payload, stamp = AnyMessage(), Timestamp()
    payload.Pack(fact)
    stamp.GetCurrentTime()
    return Envelope(
        id=str(uuid7()), type=fact.DESCRIPTOR.full_name, region_code=owner, actor=actor, occurred_at=stamp,
        traceparent=telemetry.traceparent(), key=key, payload=payload,
    )  # fmt: skip


async def send(session: Session) -> None:
    """Store the facts that are noted so far, before the commit does it: for an act with so many that the database should begin."""
    actor, facts = pending(session).actor, pending(session).facts
    pending(session).facts = []
    if not facts:
        return
    sealed = [(topic, envelope(fact, owner, key, actor)) for topic, fact, owner, key in facts]
    await session.execute(_INSERT, {
        "ids": [e.id for _, e in sealed], "owners": [e.region_code for _, e in sealed], "topics": [topic for topic, _ in sealed],
        "keys": [e.key for _, e in sealed], "types": [e.type for _, e in sealed], "envelopes": [e.SerializeToString() for _, e in sealed],
    })  # fmt: skip


class Relay:
    """Publishes outbox rows. One relay of a service works at a time (advisory lock), so that order per key survives two processes."""

    def __init__(self, db: Database, producer: Producer, beside: Callable[[], Awaitable[None]] | None = None) -> None:
        """`beside` runs while this relay is the one that works: what one worker of a service shall do, and only one."""
        self.db, self.producer, self.beside = db, producer, beside
        self.wake = asyncio.Event()

    async def run(self) -> None:
        """Until cancelled: woken by NOTIFY, once a second in any case; a lost connection is made anew."""
        while True:
            try:
                await self._work()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError) as error:
                log.warning("relay starts anew: %s", error)
                await asyncio.sleep(1.0)

    async def _work(self) -> None:
        connection, beside = await asyncpg.connect(self.db.url, timeout=10), None
        try:
            await connection.add_listener("outbox", lambda *_: self.wake.set())
            await connection.execute("SET statement_timeout = 0")
            await connection.execute("SELECT pg_advisory_lock(hashtext('outbox'))")  # another relay works; take over when it is gone
            beside = asyncio.ensure_future(self.beside()) if self.beside else None
            loop, cleaned = asyncio.get_running_loop(), 0.0
            while True:
                self.wake.clear()
                while await self._publish(connection) == BATCH:
                    pass
                if loop.time() - cleaned > 3600:
                    cleaned = loop.time()
                    await self._purge(connection)
                await self._sleep()
        finally:
            if beside:
                beside.cancel()
            await connection.close(timeout=2)

    async def _sleep(self) -> None:
        try:
            await asyncio.wait_for(self.wake.wait(), 1.0)
        except TimeoutError:
            return

    async def _publish(self, connection: Any) -> int:
        """Publish one batch; the rows stay unsent unless the broker acknowledged all of them. Returns how many were published."""
        async with connection.transaction():
            await connection.execute("SELECT set_config('app.scope', $1, true)", SYSTEM.signed(self.db.key))
            rows = await connection.fetch(_UNSENT, BATCH)
            telemetry.outbox_waiting.set(len(rows))
            if rows:
                await self.producer.publish([(r["topic"], r["key"], r["envelope"]) for r in rows])
                await connection.execute(_MARK, [r["seq"] for r in rows])
                telemetry.events_published.add(len(rows))
        return len(rows)

    async def _purge(self, connection: Any) -> None:
        async with connection.transaction():
            await connection.execute("SELECT set_config('app.scope', $1, true)", SYSTEM.signed(self.db.key))
            await connection.execute(_PURGE, KEEP_DAYS)
            await connection.execute(_PURGE_KEYS, KEEP_DAYS)

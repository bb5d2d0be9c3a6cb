"""Inbox: what a service does when it hears a fact. Effect and receipt commit together; the offset follows; poison is parked, not lost."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple

import asyncpg
from google.protobuf.message import DecodeError, Message
from longzhi.event.v1.event_pb2 import Envelope
from opentelemetry.trace import SpanKind
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, InterfaceError

from common import telemetry
from common.db import SYSTEM, Database, Scope, Session, enter, pending, transaction
from common.errors import Problem, Unavailable
from common.kafka import Consumer, Producer, Record
from common.region import Region

log = logging.getLogger(__name__)
TRIES = 3
MEASURE_SECONDS = 15.0
AWAY = {"08", "40", "53", "55", "57"}  # connection, rollback, resources, object in use, operator (shutdown, starting up)

_FRESH = text(
    "INSERT INTO inbox (event_id, type) SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:types AS text[]))"
    " ON CONFLICT DO NOTHING RETURNING CAST(event_id AS text)"
)
_PARK = text(
    'INSERT INTO dead_letter (topic, partition, "offset", key, event_id, type, region_code, envelope, cause)'
    " VALUES (:topic, :partition, :offset, :key, :event_id, :type, :region, :envelope, :cause) ON CONFLICT DO NOTHING"
)
_PARKED = text("SELECT DISTINCT key FROM dead_letter WHERE redriven_at IS NULL AND topic = ANY(CAST(:topics AS text[]))")
_OPEN = text("SELECT id, topic, key, envelope FROM dead_letter WHERE redriven_at IS NULL ORDER BY seq FOR UPDATE SKIP LOCKED")
_DONE = text("UPDATE dead_letter SET redriven_at = now() WHERE id = :id")
_CAUSE = text("UPDATE dead_letter SET cause = :cause WHERE id = :id")


class Poison(Exception):
    """Raised by a handler for a fact that can never be right; it is parked at once, without further tries."""


def _always(_: Any) -> bool:
    return True


class Reaction(NamedTuple):
    """A handler `on_…(session, fact, envelope)` and, where most facts do not concern it, a cheap test that says so without a transaction."""

    handle: Callable[[Session, Any, Envelope], Awaitable[None]]
    concerns: Callable[[Any], bool] = _always


Handlers = Mapping[type[Message], Reaction]


class Heard(NamedTuple):
    """One record, read: its envelope, its fact, and the reaction to it."""

    record: Record
    envelope: Envelope
    fact: Message
    reaction: Reaction


def read(record: Record, handlers: Mapping[str, tuple[type[Message], Reaction]]) -> Heard | None:
    """Decode a record; None when nobody here reacts to it; Poison when it cannot be read."""
    try:
        envelope = Envelope.FromString(record.value)
        Region(envelope.region_code)
        if envelope.type not in handlers:
            return None
        kind, reaction = handlers[envelope.type]
        fact = kind()
        if not envelope.id or not envelope.payload.Unpack(fact):
            raise Poison("payload is not what the envelope says")
    except (DecodeError, ValueError) as error:
        raise Poison(f"unreadable: {error}") from error
    return Heard(record, envelope, fact, reaction) if reaction.concerns(fact) else None


class Inbox:
    """Hears the topics of other services on behalf of one service."""

    def __init__(self, db: Database, consumer: Consumer, producer: Producer, service: str, topics: tuple[str, ...], handlers: Handlers) -> None:
        self.db, self.consumer, self.producer, self.service, self.topics = db, consumer, producer, service, topics
        self.handlers = {kind.DESCRIPTOR.full_name: (kind, reaction) for kind, reaction in handlers.items()}
        self.blocked: set[str] = set()
        self.measured = 0.0

    async def run(self) -> None:
        """Until cancelled. A part that is away is waited for; records then come again and the inbox knows them."""
        while True:
            try:
                records = await self.consumer.poll()
                if records:
                    await self.take(records)
                    await self.consumer.commit()
                await self._measure()
            except (Unavailable, DBAPIError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError) as error:
                log.warning("inbox starts anew: %s", error)
                await self.consumer.close()
                await asyncio.sleep(1.0)

    async def _measure(self) -> None:
        """How far behind we are, every quarter of a minute."""
        now = asyncio.get_running_loop().time()
        if now - self.measured < MEASURE_SECONDS:
            return
        self.measured = now
        for topic, records in (await self.consumer.lag()).items():
            telemetry.consumer_lag.set(records, {"topic": topic})

    async def take(self, records: list[Record]) -> None:
        """Handle polled records in order: all in one transaction when all is well, one by one when something is not."""
        await self._load_blocked()
        heard: list[Heard] = []
        for record in records:
            try:
                one = read(record, self.handlers)
            except Poison as poison:
                await self._park(record, str(poison))
                continue
            if one is not None and one.envelope.key in self.blocked:
                await self._park(record, "waits behind an earlier dead letter of its key")
            elif one is not None:
                heard.append(one)
        if not heard:
            return
        try:
            await self._handle(heard)
        except Exception as error:  # whichever fact it was: find it below, alone
            if is_transient(error):
                raise
            log.warning("chunk of %d facts goes one by one: %s", len(heard), error)
            for one in heard:
                await self._handle_alone(one)

    async def _load_blocked(self) -> None:
        async with transaction(self.db, SYSTEM) as session:
            self.blocked = set((await session.execute(_PARKED, {"topics": list(self.topics)})).scalars())

    async def _handle(self, heard: list[Heard]) -> None:
        async with transaction(self.db, SYSTEM) as session:
            ids, types = [h.envelope.id for h in heard], [h.envelope.type for h in heard]
            fresh = set((await session.execute(_FRESH, {"ids": ids, "types": types})).scalars())
            for one in heard:
                if one.envelope.id in fresh:
                    fresh.discard(one.envelope.id)
                    await self._react(session, one)
                else:
                    telemetry.events_repeated.add(1)
        telemetry.events_handled.add(len(heard))

    async def _react(self, session: Session, one: Heard) -> None:
        envelope = one.envelope
        scope = Scope(region=Region(envelope.region_code), subject=f"event:{self.service}")
        marks = {telemetry.OWNER: envelope.region_code, telemetry.EVENT_TYPE: envelope.type, telemetry.EVENT_ID: envelope.id}
        with telemetry.span(f"on {envelope.type.rsplit('.', 1)[-1]}", parent=envelope.traceparent, kind=SpanKind.CONSUMER, **marks):
            pending(session).actor = scope.subject
            await enter(self.db, session, scope)
            await one.reaction.handle(session, one.fact, envelope)
            await session.flush()

    async def _handle_alone(self, one: Heard) -> None:
        if one.envelope.key in self.blocked:
            await self._park(one.record, "waits behind an earlier dead letter of its key")
            return
        for attempt in range(1, TRIES + 1):
            try:
                await self._handle([one])
                return
            except Exception as error:
                if is_transient(error):
                    raise
                if attempt == TRIES or isinstance(error, Poison | Problem):
                    log.exception("parked %s %s", one.envelope.type, one.envelope.id)
                    await self._park(one.record, f"{type(error).__name__}: {error}"[:2000])
                    return
            await asyncio.sleep(0.1 * attempt)

    async def _park(self, record: Record, cause: str) -> None:
        """Keep a dead letter in the database, where an operator finds it, and tell it on the dead-letter topic, where an alarm hears it."""
        key = (record.key or b"").decode(errors="replace")
        try:
            envelope = Envelope.FromString(record.value or b"")
        except DecodeError:
            envelope = Envelope()
        async with transaction(self.db, SYSTEM) as session:
            await session.execute(_PARK, {
                "topic": record.topic, "partition": record.partition, "offset": record.offset, "key": key, "event_id": envelope.id,
                "type": envelope.type, "region": envelope.region_code, "envelope": record.value or b"", "cause": cause,
            })  # fmt: skip
        self.blocked.add(key)
        telemetry.events_parked.add(1)
        await self.producer.publish([(f"{self.service}.dlq.v1", key, record.value or b"")])

    async def redrive(self) -> tuple[int, int]:
        """Try the open dead letters again, in order; (handled, still parked). An operator's command, after the cause is mended."""
        done = kept = 0
        async with transaction(self.db, SYSTEM) as session:
            letters = [tuple(row) for row in await session.execute(_OPEN)]
        stuck: set[str] = set()
        for letter_id, topic, key, body in letters:
            cause = "waits behind an earlier dead letter of its key" if key in stuck else await self._again(topic, key, body)
            async with transaction(self.db, SYSTEM) as session:
                await session.execute(_CAUSE if cause else _DONE, {"id": letter_id} | ({"cause": cause} if cause else {}))
            done, kept = done + (not cause), kept + bool(cause)
            stuck.update([key] if cause else [])
        return done, kept

    async def _again(self, topic: str, key: str, body: bytes) -> str:
        """Handle one stored letter; the cause when it fails again, else empty."""
        try:
            one = read(_Stored(topic, key.encode(), body), self.handlers)
            if one is not None:
                await self._handle([one])
        except Exception as error:
            if is_transient(error):
                raise
            return f"{type(error).__name__}: {error}"[:2000]
        return ""


class _Stored(NamedTuple):
    topic: str
    key: bytes
    value: bytes


def is_transient(error: BaseException) -> bool:
    """Whether a part was away (wait and try again) rather than the fact being wrong (park it)."""
    if isinstance(error, Unavailable | InterfaceError | asyncpg.InterfaceError | OSError | TimeoutError):
        return True
    if isinstance(error, DBAPIError):
        return error.connection_invalidated or _sqlstate(error.orig)[:2] in AWAY
    return isinstance(error, asyncpg.PostgresError) and _sqlstate(error)[:2] in AWAY  # bare while connecting: a database that starts up


def _sqlstate(error: BaseException | None) -> str:
    return str(getattr(error, "sqlstate", "") or "")

"""Outbox → Kafka → inbox over a real broker: nothing lost, nothing twice, order per key, poison parked and re-driven."""

import asyncio
import os
from contextlib import suppress
from uuid import uuid4

import pytest
from kafka import KafkaConsumer
from kafka.admin import KafkaAdminClient, NewTopic
from longzhi.sampling.v1.events_pb2 import SampleReceived

from common import outbox
from common.db import Scope
from common.inbox import Inbox
from common.kafka import Consumer, Producer
from common.outbox import Relay
from common.region import Region

BROKER = os.environ.get("TEST_KAFKA_BOOTSTRAP")
pytestmark = pytest.mark.skipif(not BROKER, reason="no TEST_KAFKA_BOOTSTRAP: run `make test`")


@pytest.fixture
def topic():
    name = f"test.{uuid4().hex[:12]}.v1"
    admin = KafkaAdminClient(bootstrap_servers=BROKER)
    admin.create_topics([NewTopic(name, 4, 1)])
    with suppress(Exception):  # the dead-letter topic stays from test to test
        admin.create_topics([NewTopic("probe.dlq.v1", 1, 1)])
    yield name
    admin.delete_topics([name])
    admin.close()


async def tell(platform, topic, *facts, owner="620102"):
    async with platform.session(Scope(region=Region(owner), subject="teller")) as session:
        for key, what in facts:
            fact = SampleReceived(sample_id=str(uuid4()), received_on=what)
            outbox.record(session, topic, fact, owner=Region(owner), key=key)


def inbox(platform, topic):
    db, producer = platform.runtime.db, Producer(BROKER)
    return Inbox(db, Consumer(BROKER, f"g-{uuid4().hex[:8]}", [topic]), producer, "probe", (topic,), platform.service.handlers)


async def until(condition, seconds=20.0):
    async with asyncio.timeout(seconds):
        while not await condition():  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def test_facts_arrive_once_in_order_in_their_owners_name(platform, topic):
    facts = [(f"k{n % 5}", f"{n:04d}") for n in range(300)]
    relays = [asyncio.create_task(Relay(platform.runtime.db, Producer(BROKER)).run()) for _ in range(2)]
    hearing = asyncio.create_task((heard := inbox(platform, topic)).run())
    for start in range(0, 300, 50):
        await tell(platform, topic, *facts[start : start + 50])

    async def all_there():
        return len(await platform.rows("SELECT 1 FROM note")) == 300

    await until(all_there)
    for task in (*relays, hearing):
        task.cancel()
    await asyncio.gather(*relays, hearing, return_exceptions=True)
    await heard.consumer.close()
    assert {r["region_code"] for r in await platform.rows("SELECT region_code FROM note")} == {"620102"}
    assert await platform.rows("SELECT 1 FROM outbox WHERE sent_at IS NULL") == []
    assert await platform.rows("SELECT 1 FROM dead_letter") == []
    records = KafkaConsumer(topic, bootstrap_servers=BROKER, auto_offset_reset="earliest", consumer_timeout_ms=1500)
    order = {}
    for record in records:
        fact = SampleReceived()
        outbox.Envelope.FromString(record.value).payload.Unpack(fact)
        order.setdefault(record.key, []).append(fact.received_on)
    records.close()
    assert sum(map(len, order.values())) == 300, "two relays published something twice although nothing failed"
    assert all(seen == sorted(seen) for seen in order.values())


async def test_a_rolled_back_act_tells_nothing(platform, topic):
    with pytest.raises(ZeroDivisionError):
        async with platform.session(Scope(region=Region("62"), subject="x")) as session:
            outbox.record(session, topic, SampleReceived(), owner=Region("62"), key="k")
            raise ZeroDivisionError
    assert await platform.facts() == []


async def test_a_broker_that_is_away_loses_nothing(platform, topic):
    await tell(platform, topic, ("a", "waits"))
    relay = Relay(platform.runtime.db, Producer("127.0.0.1:9"))
    with suppress(TimeoutError):
        await asyncio.wait_for(relay.run(), 3)
    assert len(await platform.rows("SELECT 1 FROM outbox WHERE sent_at IS NULL")) == 1


async def test_poison_is_listed_mended_and_redriven(platform, topic):
    relay = asyncio.create_task(Relay(platform.runtime.db, Producer(BROKER)).run())
    heard = inbox(platform, topic)
    hearing = asyncio.create_task(heard.run())
    await tell(platform, topic, ("a", "fails"), ("a", "second"), ("b", "other"))

    async def parked():
        return len(await platform.rows("SELECT 1 FROM dead_letter")) == 2 and len(await platform.rows("SELECT 1 FROM note")) == 1

    await until(parked)
    assert await heard.redrive() == (0, 2), "nothing was mended yet"
    mended = SampleReceived.DESCRIPTOR.full_name
    kind, reaction = heard.handlers[mended]

    async def handle(session, fact, envelope):
        fact.received_on = fact.received_on.replace("fails", "mended")
        await reaction.handle(session, fact, envelope)

    heard.handlers = {mended: (kind, reaction._replace(handle=handle))}
    assert await heard.redrive() == (2, 0)
    await tell(platform, topic, ("a", "third"))

    async def three():
        return len(await platform.rows("SELECT 1 FROM note")) == 4

    await until(three)
    for task in (relay, hearing):
        task.cancel()
    await asyncio.gather(relay, hearing, return_exceptions=True)
    await heard.consumer.close()
    assert sorted(r["title"] for r in await platform.rows("SELECT title FROM note")) == ["mended", "other", "second", "third"]

"""Kafka as in production: TLS, a name and a password for each service, and no more rights than deploy/examples/strimzi.yaml gives."""

import asyncio
import logging
import time
from uuid import uuid4

import pytest
from kafka.admin import ScramMechanism, UserScramCredentialUpsertion
from locked_broker import start

from common.errors import Unavailable
from common.inbox import Inbox
from common.kafka import Broker, Consumer, Producer
from common.outbox import Relay
from ops import broker as parts
from ops import cluster

PORT = 19702
TOPIC = "sampling.report.v1"


@pytest.fixture(scope="module")
def locked(tmp_path_factory):
    if not parts.libraries().exists():
        pytest.skip("no Kafka: `make parts` brings it")
    with start(PORT, tmp_path_factory.mktemp("locked")) as found:
        yield found


async def hear(consumer, number, seconds=40):
    """So many records, or what came until then; a broker that refuses is asked again, as the inbox does."""
    found, deadline = [], time.monotonic() + seconds
    while len(found) < number and time.monotonic() < deadline:
        try:
            found += await consumer.poll()
        except Unavailable:
            await asyncio.sleep(1)
    return found


async def test_facts_are_told_and_heard_and_their_lag_is_known_over_tls_with_a_password(locked):
    producer, consumer = Producer(locked.access("sampling")), Consumer(locked.access("disposal"), "disposal", [TOPIC])
    key = str(uuid4())
    await producer.publish([(TOPIC, key, str(n).encode()) for n in range(5)])
    found = [record for record in await hear(consumer, 5) if record.key == key.encode()]
    assert [record.value for record in found] == [b"0", b"1", b"2", b"3", b"4"]
    assert await consumer.lag() == {TOPIC: 0}
    await consumer.commit()
    await producer.publish([(TOPIC, key, b"5")])
    await asyncio.sleep(1)
    assert await consumer.lag() == {TOPIC: 1}
    await consumer.close()
    producer.close()


@pytest.mark.parametrize(
    ("who", "change", "said"),
    [
        ("a wrong password", {"password": "wrong"}, "KAFKA_PASSWORD"),
        ("an unknown name", {"username": "nobody"}, "KAFKA_USERNAME"),
        ("an authority that did not sign", {"ca_file": ""}, "KAFKA_CA_FILE"),
        ("no encryption", {"security": "plaintext"}, "Unable to bootstrap"),
        ("no name", {"security": "tls"}, "Unable to bootstrap"),
    ],
)
async def test_whoever_has_not_all_of_it_is_refused_in_words_that_name_the_setting(locked, who, change, said):
    right = locked.access("sampling")
    given = {name: getattr(right, name) for name in ("bootstrap", "security", "username", "password", "ca_file")}
    wrong = Broker(**(given | change))
    told, heard = await asyncio.gather(
        Producer(wrong).publish([(TOPIC, "k", b"x")]), Consumer(wrong, "disposal", [TOPIC]).poll(), return_exceptions=True
    )
    assert isinstance(told, TimeoutError) and said in str(told)
    assert isinstance(heard, Unavailable) and said in str(heard)


async def test_a_service_writes_its_own_topics_only(locked):
    with pytest.raises(TimeoutError, match=r"disposal\.leg\.v1"):
        await Producer(locked.access("sampling")).publish([("disposal.leg.v1", "k", b"x")])
    await Producer(locked.access("disposal")).publish([("disposal.leg.v1", "k", b"x"), ("disposal.dlq.v1", "k", b"x")])


async def test_a_service_hears_nothing_of_a_topic_that_is_not_its_own(locked):
    await Producer(locked.access("sampling")).publish([(TOPIC, "k", b"not for planning")])
    assert await hear(Consumer(locked.access("planning"), "planning", [TOPIC]), 1, seconds=6) == []


async def test_a_service_cannot_hear_in_the_name_of_another(locked):
    consumer = Consumer(locked.access("disposal"), "credit", [TOPIC])
    with pytest.raises(Unavailable, match="credit"):
        for _ in range(20):
            assert await consumer.poll() == []


async def test_a_worker_with_a_wrong_password_says_so_and_goes_on_when_it_is_mended(locked, platform, caplog):
    """Neither the relay nor the inbox ends: the process stays up and tries again (no crash loop)."""
    producer, consumer = Producer(locked.access("experts", "wrong")), Consumer(locked.access("disposal", "wrong"), "disposal", [TOPIC])
    relay = Relay(platform.runtime.db, producer)
    inbox = Inbox(platform.runtime.db, consumer, producer, "disposal", (TOPIC,), {})
    await platform.rows(
        "INSERT INTO outbox (id, region_code, topic, key, type, envelope) VALUES (gen_random_uuid(), '62', 'experts.draw.v1', 'k', 't', ''::bytea)"
    )
    with caplog.at_level(logging.WARNING):
        tasks = [asyncio.create_task(relay.run()), asyncio.create_task(inbox.run())]
        await asyncio.sleep(25)
    assert not any(task.done() for task in tasks)
    ours = [r.getMessage() for r in caplog.records if r.name.startswith("common.")]
    assert any("relay starts anew" in line and "KAFKA_PASSWORD" in line for line in ours)
    assert any("inbox starts anew" in line and "KAFKA_PASSWORD" in line for line in ours)
    assert len(ours) <= 8, "not a line a second"
    producer._words = locked.access("experts").words()
    consumer._settings |= locked.access("disposal").words()
    for _ in range(80):
        await asyncio.sleep(0.5)
        [waiting] = await platform.rows("SELECT count(*) AS n FROM outbox WHERE sent_at IS NULL")
        if not waiting["n"]:
            break
    assert waiting["n"] == 0
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    producer.close()


async def test_a_changed_password_stops_nobody_who_is_in_and_lets_in_who_has_it(locked):
    """Rotation: the operator of Kafka changes the password first, the pods restart with it afterwards."""
    old = Producer(locked.access("credit"))
    await old.publish([("credit.record.v1", "k", b"1")])
    await asyncio.to_thread(
        locked.admin.alter_user_scram_credentials, [UserScramCredentialUpsertion("credit", ScramMechanism.SCRAM_SHA_512, "changed", iterations=4096)]
    )
    await old.publish([("credit.record.v1", "k", b"2")])
    new = Producer(locked.access("credit", "changed"))
    deadline = time.monotonic() + 20
    while True:
        try:
            await new.publish([("credit.record.v1", "k", b"3")])
            break
        except TimeoutError:
            assert time.monotonic() < deadline
    with pytest.raises(TimeoutError, match="KAFKA_PASSWORD"):
        await Producer(locked.access("credit")).publish([("credit.record.v1", "k", b"4")])


def test_the_chart_s_job_makes_topics_with_the_same_settings(locked, monkeypatch, capsys):
    right = locked.access("admin")
    names = {"BOOTSTRAP": right.bootstrap, "SECURITY": right.security, "USERNAME": "admin", "PASSWORD": right.password, "CA_FILE": right.ca_file}
    for name, value in names.items():
        monkeypatch.setenv(f"KAFKA_{name}", value)
    monkeypatch.setenv("TOPIC_PARTITIONS", "1")
    monkeypatch.setenv("TOPIC_REPLICATION", "1")
    locked.admin.delete_topics(["experts.dlq.v1"])
    time.sleep(1)
    cluster.create_topics()
    assert "experts.dlq.v1" in capsys.readouterr().out


def test_the_broker_s_password_is_in_no_text(locked):
    assert locked.access("sampling").password not in repr(locked.access("sampling"))

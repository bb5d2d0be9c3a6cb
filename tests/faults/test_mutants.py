"""The check "each fact has exactly one effect" can fail: two broken copies of `common` are caught by what the whole copy passes.

Three consumers hear the same topic, each with its own copy of the library, its own database and group. All are killed at the same two moments,
under load: before the effects of a poll commit, and after they did but before the broker has the offset.
"""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
from kafka import KafkaConsumer, TopicPartition
from kafka.admin import KafkaAdminClient, NewTopic
from longzhi.event.v1.event_pb2 import Envelope
from longzhi.sampling.v1.events_pb2 import SampleReceived

from common import testing
from common.kafka import Producer

ROOT = Path(__file__).parents[2]
ROUNDS, PARTITIONS, PATIENCE = 1, 4, 60.0
SLOW, QUICK = '"session_timeout_ms": 15_000, "heartbeat_interval_ms": 3_000', '"session_timeout_ms": 6_000, "heartbeat_interval_ms": 1_000'
QUICKER = [("kafka.py", SLOW, QUICK)]
TAKE = "                    await self.take(records)\n"
COMMIT = "                    await self.consumer.commit()\n"
COPIES = {
    "as it is": [],
    "no inbox": [("inbox.py", "if one.envelope.id in fresh:", "if True:")],
    "offset first": [("inbox.py", TAKE + COMMIT, COMMIT + TAKE)],
}


def copy_of_common(folder, changes):
    """A copy of the library with some of its text changed; a text that is no longer there fails the test."""
    shutil.copytree(ROOT / "libs/common/common", folder / "common", ignore=shutil.ignore_patterns("__pycache__"))
    for name, old, new in QUICKER + changes:
        path = folder / "common" / name
        assert path.read_text().count(old) == 1, f"{name} has changed: mend the mutant"
        path.write_text(path.read_text().replace(old, new))
    return folder


@dataclass
class Copy:
    """One consumer process over one copy."""

    name: str
    folder: Path
    database: str
    topic: str
    broker: str
    process: subprocess.Popen | None = None
    kills: int = 0
    log: Path = field(init=False)

    def __post_init__(self):
        self.log = self.folder / "log"

    @property
    def group(self):
        return f"mutant-{self.database}"

    @property
    def heard(self):
        return self.folder / "heard"

    def start(self):
        paths = [str(self.folder), str(ROOT / "proto/gen")]
        where = {"PYTHONPATH": os.pathsep.join(paths), "DATABASE_URL": testing.role_url("t_probe_app", self.database)}
        environment = os.environ | where | {"SCOPE_KEY": testing.SCOPE_KEY, "KAFKA_BOOTSTRAP": self.broker}
        command = [sys.executable, str(Path(__file__).with_name("hearing.py")), self.group, self.topic, str(self.heard)]
        self.process = subprocess.Popen(command, env=environment, stdout=self.log.open("a"), stderr=subprocess.STDOUT)

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.kills += 1

    async def connect(self):
        return await asyncpg.connect(testing.superuser_url(self.database))


class Load:
    """Facts told without a pause; `sent` are those that the broker acknowledged."""

    def __init__(self, broker, topic):
        self.producer, self.topic, self.sent, self.going = Producer(broker), topic, [], True

    async def run(self):
        while self.going:
            facts = [SampleReceived(sample_id=str(uuid4()), received_on="2021-01-01") for _ in range(20)]
            await self.producer.publish([(self.topic, fact.sample_id, sealed(fact)) for fact in facts])
            self.sent += [fact.sample_id for fact in facts]
            await asyncio.sleep(0.1)
        self.producer.close()


def sealed(fact):
    envelope = Envelope(id=str(uuid4()), type=fact.DESCRIPTOR.full_name, region_code="620102", actor="test", key=fact.sample_id)
    envelope.payload.Pack(fact)
    return envelope.SerializeToString()


@pytest.fixture
def broker():
    found = os.environ.get("TEST_KAFKA_BOOTSTRAP")
    if not found:
        pytest.skip("no TEST_KAFKA_BOOTSTRAP: run `make test`")
    return found


@pytest.fixture
def topic(broker):
    name = f"mutants.{uuid4().hex[:8]}.v1"
    admin = KafkaAdminClient(bootstrap_servers=broker)
    admin.create_topics([NewTopic(name, PARTITIONS, 1)])
    yield name
    admin.delete_topics([name])
    admin.close()


@pytest.fixture
async def copies(migrated, topic, broker, tmp_path):
    """The three consumers, each with a database of its own."""
    made = []
    for number, (name, changes) in enumerate(COPIES.items()):
        database = f"{migrated}_m{number}"
        await testing._sql(testing.superuser_url(), f'CREATE DATABASE "{database}" TEMPLATE "{migrated}" OWNER t_probe_owner')
        made.append(Copy(name, copy_of_common(tmp_path / f"copy{number}", changes), database, topic, broker))
    yield made
    for one in made:
        if one.process and one.process.poll() is None:
            one.kill()
        await testing._sql(testing.superuser_url(), f'DROP DATABASE IF EXISTS "{one.database}" WITH (FORCE)')


WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = $1 AND wait_event_type = 'Lock' AND query ILIKE '%INTO inbox%'"


@asynccontextmanager
async def caught(one):
    """The consumer has polled facts and waits to note them; it goes on when the holder rolls back."""
    holder, watcher = await one.connect(), await one.connect()
    try:
        await holder.execute("BEGIN")
        await holder.execute("LOCK TABLE inbox IN SHARE MODE")
        await until(lambda: watcher.fetchval(WAITING, one.database), f"{one.name} polled nothing: see {one.log}")
        yield holder, watcher
    finally:
        await holder.close()
        await watcher.close()


async def until(condition, what):
    deadline = time.monotonic() + PATIENCE
    while not (found := await condition()):
        assert time.monotonic() < deadline, what
        await asyncio.sleep(0.01)
    return found


async def kill_before_effects(one):
    async with caught(one):
        one.kill()
    one.start()


async def kill_before_offset(one):
    """It goes on a millisecond at a time and dies as soon as its effects are there; a commit under way ends while it stands still."""
    async with caught(one) as (holder, watcher):
        before = await watcher.fetchval("SELECT count(*) FROM note")
        one.process.send_signal(signal.SIGSTOP)
        await holder.execute("ROLLBACK")
        while await watcher.fetchval("SELECT count(*) FROM note") == before:
            one.process.send_signal(signal.SIGCONT)
            await asyncio.sleep(0.001)
            one.process.send_signal(signal.SIGSTOP)
            await asyncio.sleep(0.003)
        one.kill()
    one.start()


def lag(one):
    """How far a group is behind; all of it when it never committed."""
    consumer = KafkaConsumer(bootstrap_servers=one.broker, group_id=one.group, enable_auto_commit=False)
    parts = [TopicPartition(one.topic, number) for number in range(PARTITIONS)]
    behind = sum(end - (consumer.committed(part) or 0) for part, end in consumer.end_offsets(parts).items())
    consumer.close()
    return behind


async def drained(one):
    with suppress(OSError):
        return await asyncio.to_thread(lag, one) == 0


async def effects(one):
    """How often each fact had its effect."""
    connection = await one.connect()
    rows = await connection.fetch("SELECT title, count(*) AS n FROM note GROUP BY title")
    await connection.close()
    return Counter({row["title"]: row["n"] for row in rows})


@pytest.mark.usefixtures("service")
async def test_each_mutant_is_caught_and_the_library_itself_holds(copies, topic, broker):
    load = Load(broker, topic)
    telling = asyncio.create_task(load.run())
    for one in copies:
        one.start()
    for _ in range(ROUNDS):
        await asyncio.gather(*(kill_before_effects(one) for one in copies))
        for one in copies:  # one after the other: each needs the clock for itself
            await kill_before_offset(one)
    load.going = False
    await telling
    await asyncio.gather(*(until(lambda one=one: drained(one), f"{one.name} does not catch up") for one in copies))
    found = {}
    print(f"\n{len(load.sent)} facts told")
    for one in copies:
        had, heard = await effects(one), Counter(one.heard.read_text().split())
        lost, doubled = [f for f in load.sent if not had[f]], [f for f in load.sent if had[f] > 1]
        again = sum(heard.values()) - len(heard)
        found[one.name] = (bool(lost), bool(doubled), again > 0)
        print(f"  {one.name:<13} kills {one.kills}, read again {again:>4}, lost {len(lost):>4}, twice {len(doubled):>4}")
    assert found["as it is"] == (False, False, True), "the library loses or doubles facts, or nothing was delivered again"
    assert found["no inbox"][1], "a library without its inbox was not caught"
    assert found["offset first"][0], "a library that commits offsets first was not caught"

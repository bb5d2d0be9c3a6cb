"""Apache Kafka 4.1 in KRaft mode, one node: its configuration, its storage and its command."""

import subprocess
import time
from pathlib import Path

from kafka import KafkaAdminClient
from kafka.errors import KafkaError

from common.kafka import Broker
from ops import settings
from ops.progress import fail, say
from ops.settings import Platform

_PROPERTIES = """\
# written by ops.broker at every start
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{broker},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{broker}
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs={folder}/data
auto.create.topics.enable=false
num.partitions=4
default.replication.factor=1
min.insync.replicas=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=4
group.initial.rebalance.delay.ms=0
log.retention.hours=168
log.segment.bytes=67108864
num.network.threads=2
num.io.threads=4
controlled.shutdown.enable=true
"""
_LOGGING = """\
Configuration:
  status: WARN
  Appenders:
    Console:
      name: STDOUT
      PatternLayout: {pattern: "%d{ISO8601} %p %c{1}: %m%n"}
  Loggers:
    Root: {level: WARN, AppenderRef: {ref: STDOUT}}
    Logger: [{name: kafka.server.KafkaRaftServer, level: INFO}, {name: org.apache.kafka.common.utils.AppInfoParser, level: ERROR}]
"""


def libraries() -> Path:
    """Where the jars of deploy/local/kafka/pom.xml are copied to."""
    return settings.cache() / "kafka-4.1.0"


def prepare(platform: Platform, secrets: dict[str, str]) -> None:
    """Writes the configuration and formats the storage when it is new."""
    folder = platform.run / "kafka"
    folder.mkdir(parents=True, exist_ok=True)
    text = _PROPERTIES.format(broker=platform.kafka_port, controller=platform.controller_port, folder=folder)
    (folder / "server.properties").write_text(text)
    (folder / "log4j2.yaml").write_text(_LOGGING)
    if (folder / "data" / "meta.properties").exists():
        return
    say("Kafka: formatting the storage")
    wishes = ["format", "--ignore-formatted", "-t", secrets["kafka_cluster"], "-c", f"{folder}/server.properties"]
    words = [*_java(platform), "-cp", f"{libraries()}/*", "kafka.tools.StorageTool", *wishes]
    done = subprocess.run(words, capture_output=True, text=True)
    if done.returncode != 0:
        raise fail(f"formatting Kafka's storage failed:\n{done.stdout}{done.stderr}")


def command(platform: Platform) -> str:
    java = " ".join(_java(platform))
    return f"{java} -cp {libraries()}/* kafka.Kafka {platform.run}/kafka/server.properties"


def _java(platform: Platform) -> list[str]:
    """Small heap, serial collector, first compiler only: one node for one province needs no more (dependencies.md section 3)."""
    frugal = ["-Xms64m", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Djava.awt.headless=true"]
    return ["java", *frugal, f"-Dlog4j2.configurationFile={platform.run}/kafka/log4j2.yaml"]


def wait(platform: Platform, limit: float = 90, access: Broker | None = None) -> KafkaAdminClient:
    """An admin client, as soon as the broker answers with its metadata; `access` where it does not let everybody in."""
    deadline = time.monotonic() + limit
    words = (access or Broker(platform.kafka_bootstrap)).words()
    while True:
        try:
            client = KafkaAdminClient(**words, client_id="ops", request_timeout_ms=10000)
            client.list_topics()
            return client
        except (KafkaError, OSError) as problem:
            if time.monotonic() > deadline:
                raise fail(f"Kafka did not answer in {limit:.0f} s ({problem}); its log, on one machine: {platform.logs}/kafka.log") from problem
            time.sleep(0.3)

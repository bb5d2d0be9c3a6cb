"""The only file that knows kafka-python: a producer that waits for acknowledgements and a consumer that never loses its place."""

import asyncio
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from kafka import KafkaConsumer, KafkaProducer
from kafka.errors import KafkaError, KafkaTimeoutError

from common.errors import Unavailable

__all__ = ["Broker", "Consumer", "KafkaError", "Producer", "Record"]

Record = Any  # kafka-python's ConsumerRecord: topic, partition, offset, key, value
SEND_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Broker:
    """Where the brokers are and how one is let in: as anybody (`plaintext`), encrypted (`tls`), or encrypted with a name and a password
    (`sasl_tls`, SCRAM-SHA-512). Without `ca_file` the certificates are checked against the system's own authorities."""

    bootstrap: str
    security: str = "plaintext"
    username: str = ""
    password: str = field(default="", repr=False)
    ca_file: str = ""

    @classmethod
    def of(cls, settings: Any) -> Self:
        """As a service's settings say (KAFKA_*)."""
        return cls(settings.kafka_bootstrap, settings.kafka_security, settings.kafka_username, settings.kafka_password, settings.kafka_ca_file)

    def words(self) -> dict[str, Any]:
        """The same for any client of kafka-python: our producer and consumers, and the administration in ops."""
        found: dict[str, Any] = {"bootstrap_servers": self.bootstrap, "bootstrap_timeout_ms": 10_000}
        if self.security != "plaintext":
            found |= {"security_protocol": "SSL", "ssl_check_hostname": True, "ssl_cafile": self.ca_file or None}
        if self.security == "sasl_tls":
            found |= {
                "security_protocol": "SASL_SSL", "sasl_mechanism": "SCRAM-SHA-512",
                "sasl_plain_username": self.username, "sasl_plain_password": self.password,
            }  # fmt: skip
        return found


class _Reasons(logging.Handler):
    """kafka-python raises only that it cannot reach the brokers; why, it says in its log: remembered here, in words that name the setting."""

    KNOWN = {
        "SaslAuthenticationFailedError": "they refuse KAFKA_USERNAME with this KAFKA_PASSWORD",
        "CERTIFICATE_VERIFY_FAILED": "their certificate is not signed by KAFKA_CA_FILE, or for another name",
        "WRONG_VERSION_NUMBER": "they do not speak TLS: KAFKA_SECURITY",
    }  # fmt: skip

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.last, self.at = "", 0.0

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        for mark, words in self.KNOWN.items():
            if mark in text:
                self.last, self.at = words, time.monotonic()

    def explain(self, error: Exception) -> str:
        """The error, with what was heard in the last half minute."""
        known = isinstance(error, KafkaTimeoutError) and time.monotonic() - self.at < 30
        return f"broker: {error}{f': {self.last}' if known else ''}"


_reasons = _Reasons()
logging.getLogger("kafka.net").addHandler(_reasons)


def _broker(given: Broker | str) -> Broker:
    return Broker(given) if isinstance(given, str) else given


class Producer:
    """acks=all and idempotent (kafka-python 3's defaults, said aloud); connects at the first use, so that a service starts without a broker."""

    def __init__(self, broker: Broker | str) -> None:
        self._words = _broker(broker).words()
        self._producer: KafkaProducer | None = None

    async def publish(self, records: Sequence[tuple[str, str, bytes]]) -> None:
        """Send (topic, key, value) in order and return when the broker has all of them; Unavailable otherwise."""
        try:
            await asyncio.to_thread(self._publish, records)
        except KafkaError as error:
            self.close()
            raise TimeoutError(_reasons.explain(error)) from error

    def _publish(self, records: Sequence[tuple[str, str, bytes]]) -> None:
        if self._producer is None:
            self._producer = KafkaProducer(
                **self._words, acks="all", enable_idempotence=True, linger_ms=0, compression_type="lz4",
                delivery_timeout_ms=SEND_SECONDS * 1000, request_timeout_ms=10_000, max_block_ms=10_000,
            )  # fmt: skip
        futures = [self._producer.send(topic, key=key.encode(), value=value) for topic, key, value in records]
        for future in futures:
            future.get(timeout=SEND_SECONDS + 5)

    def close(self) -> None:
        if self._producer is not None:
            self._producer.close(timeout=2)
            self._producer = None


class Consumer:
    """Auto-commit off, `earliest`; the caller commits after its effects. Calls block, so they run in a thread."""

    def __init__(self, broker: Broker | str, group: str, topics: Sequence[str]) -> None:
        self._settings: dict[str, Any] = _broker(broker).words() | {
            "group_id": group, "enable_auto_commit": False, "auto_offset_reset": "earliest",
            "max_poll_records": 500, "session_timeout_ms": 15_000, "heartbeat_interval_ms": 3_000, "max_poll_interval_ms": 300_000,
            "fetch_max_wait_ms": 100,
        }  # fmt: skip
        self._topics = list(topics)
        self._consumer: KafkaConsumer | None = None

    async def poll(self) -> list[Record]:
        """Up to 500 records, in order within each partition; an empty list after half a second without any."""
        try:
            return await asyncio.to_thread(self._poll)
        except KafkaError as error:
            await self.close()
            raise Unavailable("broker_unavailable", "消息服务暂不可用", _reasons.explain(error)) from error

    def _poll(self) -> list[Record]:
        if self._consumer is None:
            self._consumer = KafkaConsumer(*self._topics, **self._settings)
        found = self._consumer.poll(timeout_ms=500)
        return [record for records in found.values() for record in records]

    async def commit(self) -> None:
        """Commit the position of everything polled; called after the effects are committed."""
        try:
            await asyncio.to_thread(lambda: self._consumer and self._consumer.commit())
        except KafkaError as error:
            await self.close()  # rebalanced or away: the records come again and the inbox knows them
            raise Unavailable("broker_unavailable", "消息服务暂不可用", _reasons.explain(error)) from error

    async def lag(self) -> dict[str, int]:
        """Records behind the end by topic, in the partitions that are assigned to us; 0 for a topic of which none is."""
        try:
            return await asyncio.to_thread(self._lag)
        except KafkaError as error:
            await self.close()
            raise Unavailable("broker_unavailable", "消息服务暂不可用", _reasons.explain(error)) from error

    def _lag(self) -> dict[str, int]:
        found = dict.fromkeys(self._topics, 0)
        if self._consumer is None:
            return found
        parts = list(self._consumer.assignment())
        ends = self._consumer.end_offsets(parts) if parts else {}
        for part in parts:
            found[part.topic] += ends[part] - self._consumer.position(part)
        return found

    async def close(self) -> None:
        if self._consumer is not None:
            consumer, self._consumer = self._consumer, None
            await asyncio.to_thread(consumer.close, autocommit=False)

"""A real Kafka that lets nobody in without TLS, name and password, with the users and rights of deploy/examples/strimzi.yaml."""

import asyncio
import datetime
import ipaddress
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from kafka import KafkaAdminClient
from kafka.admin import ACL, ACLOperation, ACLPermissionType, ACLResourcePatternType, ResourcePattern, ResourceType

from common.kafka import Broker, Producer
from ops import broker, topics
from ops.chart import EXAMPLES
from ops.settings import Platform

PASSWORD = "only-for-this-test"
_LOCKED = """
listeners=CLIENT://127.0.0.1:{broker},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=CLIENT://127.0.0.1:{broker}
listener.security.protocol.map=CLIENT:SASL_SSL,CONTROLLER:PLAINTEXT
inter.broker.listener.name=CLIENT
sasl.mechanism.inter.broker.protocol=SCRAM-SHA-512
sasl.enabled.mechanisms=SCRAM-SHA-512
listener.name.client.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required \
username="admin" password="{password}";
ssl.keystore.type=PEM
ssl.keystore.location={folder}/server.pem
ssl.truststore.type=PEM
ssl.truststore.location={folder}/ca.crt
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:admin;User:ANONYMOUS
"""


@dataclass(frozen=True)
class Locked:
    """The running broker: its address, its authority, and its administrator."""

    bootstrap: str
    ca_file: str
    admin: KafkaAdminClient

    def access(self, username: str, password: str = PASSWORD) -> Broker:
        """What a service's settings would say."""
        return Broker(self.bootstrap, "sasl_tls", username, password, self.ca_file)


def users() -> list[dict[str, Any]]:
    """The KafkaUsers of the example."""
    return [each for each in yaml.safe_load_all((EXAMPLES / "strimzi.yaml").read_text()) if each and each["kind"] == "KafkaUser"]


@contextmanager
def start(port: int, folder: Path) -> Iterator[Locked]:
    """Format, start, give the rights, make the topics; stopped at the end."""
    platform = Platform(port - 2, folder)
    (folder / "kafka").mkdir(parents=True)
    _certificates(folder / "kafka")
    _format(platform)
    with (folder / "kafka.log").open("w") as log:
        running = subprocess.Popen(broker.command(platform).split(), stdout=log, stderr=subprocess.STDOUT)
    try:
        access = Broker(platform.kafka_bootstrap, "sasl_tls", "admin", PASSWORD, str(folder / "kafka/ca.crt"))
        admin = broker.wait(platform, 120, access)
        topics.create(admin)
        admin.create_acls([acl for user in users() for acl in _rights(user)])
        locked = Locked(platform.kafka_bootstrap, access.ca_file, admin)
        asyncio.run(_settled(locked))
        yield locked
        admin.close()
    finally:
        running.terminate()
        running.wait(30)


async def _settled(locked: Locked) -> None:
    """Rights that were just given count a moment later; until then a producer is refused."""
    for user in users():
        name = user["metadata"]["name"]
        for _ in range(20):
            try:
                await Producer(locked.access(name)).publish([(f"{name}.dlq.v1", "k", b"")])
                break
            except TimeoutError:
                await asyncio.sleep(0.5)


def _format(platform: Platform) -> None:
    folder = platform.run / "kafka"
    plain = broker._PROPERTIES.format(broker=platform.kafka_port, controller=platform.controller_port, folder=folder)
    own = _LOCKED.format(broker=platform.kafka_port, controller=platform.controller_port, folder=folder, password=PASSWORD)
    changed = {line.split("=")[0] for line in own.splitlines()}
    kept = [line for line in plain.splitlines() if line.split("=")[0] not in changed]
    (folder / "server.properties").write_text("\n".join(kept) + own)
    (folder / "log4j2.yaml").write_text(broker._LOGGING)
    names = ["admin", *(user["metadata"]["name"] for user in users())]
    scram = [word for name in names for word in ("--add-scram", f"SCRAM-SHA-512=[name={name},password={PASSWORD}]")]
    wishes = ["format", "-t", "c2VjcmV0LWJyb2tlci10ZQ", "-c", f"{folder}/server.properties", *scram]
    words = [*broker._java(platform), "-cp", f"{broker.libraries()}/*", "kafka.tools.StorageTool", *wishes]
    done = subprocess.run(words, capture_output=True, text=True, env=os.environ)
    assert done.returncode == 0, done.stdout + done.stderr


def _rights(user: dict[str, Any]) -> list[ACL]:
    """Strimzi's rights as Kafka's own."""
    return [
        ACL(
            f"User:{user['metadata']['name']}", "*", ACLOperation[operation.upper()], ACLPermissionType.ALLOW,
            ResourcePattern(
                ResourceType[rule["resource"]["type"].upper()], rule["resource"]["name"],
                ACLResourcePatternType["PREFIXED" if rule["resource"]["patternType"] == "prefix" else "LITERAL"],
            ),
        )
        for rule in user["spec"]["authorization"]["acls"] for operation in rule["operations"]
    ]  # fmt: skip


def _certificates(folder: Path) -> None:
    """An authority of our own and the broker's certificate for 127.0.0.1."""
    authority, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    names = {who: x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, who)]) for who in ("test-ca", "broker")}
    ca = _certificate(names["test-ca"], names["test-ca"], authority, authority, None)
    server = _certificate(names["broker"], names["test-ca"], key, authority, ipaddress.ip_address("127.0.0.1"))
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "server.pem").write_bytes(private + server.public_bytes(Encoding.PEM) + ca.public_bytes(Encoding.PEM))
    (folder / "ca.crt").write_bytes(ca.public_bytes(Encoding.PEM))


def _certificate(subject: Any, issuer: Any, key: Any, signer: Any, address: Any) -> x509.Certificate:
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject).issuer_name(issuer).public_key(key.public_key()).serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1)).not_valid_after(now + datetime.timedelta(days=2))
        .add_extension(x509.BasicConstraints(ca=address is None, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
    )  # fmt: skip
    if address is None:
        usage = dict.fromkeys(("digital_signature", "key_cert_sign", "crl_sign"), True) | dict.fromkeys(
            ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "encipher_only", "decipher_only"), False
        )
        made = made.add_extension(x509.KeyUsage(**usage), critical=True)
    else:
        made = made.add_extension(x509.SubjectAlternativeName([x509.IPAddress(address)]), critical=False)
    return made.sign(signer, hashes.SHA256())

"""Settings name what is missing and never show what is secret."""

import pytest
from pydantic import ValidationError

from common.kafka import Broker
from common.settings import Settings

BASE = {
    "service_name": "x", "database_url": "postgresql://a:database-secret@h/d", "scope_key": "ab" * 32, "kafka_bootstrap": "k:9092",
    "http_addr": ":1", "rpc_addr": ":2", "oidc_issuer": "i", "oidc_jwks_url": "u",
}  # fmt: skip


@pytest.mark.parametrize(("given", "named"), [({"kafka_username": "x"}, "kafka_password"), ({"kafka_password": "kafka-secret"}, "kafka_username")])
def test_a_broker_with_passwords_needs_name_and_password(given, named):
    with pytest.raises(ValidationError, match=named) as refused:
        Settings(**(BASE | {"kafka_security": "sasl_tls"} | given))
    assert "secret" not in str(refused.value), "a start that fails must not print passwords"


def test_an_unknown_kind_of_security_is_refused_by_name():
    with pytest.raises(ValidationError, match="kafka_security"):
        Settings(**(BASE | {"kafka_security": "ssl"}))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, {}),
        ({"kafka_security": "tls"}, {"security_protocol": "SSL", "ssl_check_hostname": True, "ssl_cafile": None}),
        (
            {"kafka_security": "sasl_tls", "kafka_username": "sampling", "kafka_password": "p", "kafka_ca_file": "/kafka/ca.crt"},
            {
                "security_protocol": "SASL_SSL", "ssl_check_hostname": True, "ssl_cafile": "/kafka/ca.crt", "sasl_mechanism": "SCRAM-SHA-512",
                "sasl_plain_username": "sampling", "sasl_plain_password": "p",
            },
        ),
    ],
)  # fmt: skip
def test_the_client_gets_what_the_settings_say(given, words):
    found = Broker.of(Settings(**(BASE | given))).words()
    assert found == {"bootstrap_servers": "k:9092", "bootstrap_timeout_ms": 10_000} | words

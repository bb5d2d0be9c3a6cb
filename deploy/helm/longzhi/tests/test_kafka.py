"""Kafka as production has it: each service comes over TLS as a user of its own, who may do what the call graph says and nothing else."""

import pytest
import yaml

from ops import chart, topics
from ops.settings import SERVICES

CALLS = yaml.safe_load((chart.CHART / "files/calls.yaml").read_text())
STRIMZI = [each for each in yaml.safe_load_all((chart.EXAMPLES / "strimzi.yaml").read_text()) if each]
USERS = {each["metadata"]["name"]: each["spec"] for each in STRIMZI if each["kind"] == "KafkaUser"}


def pods(scenario):
    return {
        d["metadata"]["name"].removeprefix("gansu-longzhi-"): d["spec"]["template"]["spec"]
        for d in chart.rendered(scenario) if d["kind"] in ("Deployment", "Job")
    }  # fmt: skip


def variables(pod):
    return {each["name"]: each for each in pod["containers"][0].get("env", []) if each["name"].startswith("KAFKA_")}


def test_every_service_is_a_user_with_a_password_of_its_own():
    assert set(USERS) == set(SERVICES)
    for name, spec in USERS.items():
        assert spec["authentication"]["type"] == "scram-sha-512"
        assert spec["authentication"]["password"]["valueFrom"]["secretKeyRef"] == {"name": "longzhi-kafka", "key": name}


@pytest.mark.parametrize("service", SERVICES)
def test_a_user_may_write_its_own_topics_and_read_what_it_hears_and_nothing_else(service):
    given = {
        (rule["resource"]["type"], rule["resource"]["name"], rule["resource"]["patternType"], tuple(sorted(rule["operations"])))
        for rule in USERS[service]["authorization"]["acls"]
    }
    heard = CALLS["hears"].get(service, [])
    wanted = {("topic", f"{service}.", "prefix", ("Describe", "Write"))} | {("topic", topic, "literal", ("Describe", "Read")) for topic in heard}
    assert given == wanted | ({("group", service, "literal", ("Read",))} if heard else set())


def test_every_topic_belongs_to_the_service_of_its_first_word():
    assert {topic.split(".")[0] for topic in topics.ALL} <= set(SERVICES)
    assert not [a for a in SERVICES for b in SERVICES if a != b and b.startswith(f"{a}.")]


def test_the_brokers_let_in_nobody_without_tls_and_a_password():
    [kafka] = [each["spec"]["kafka"] for each in STRIMZI if each["kind"] == "Kafka"]
    assert [(one["tls"], one["authentication"]) for one in kafka["listeners"]] == [(True, {"type": "scram-sha-512"})]
    assert kafka["authorization"] == {"type": "simple"}


@pytest.mark.parametrize(
    ("scenario", "secret", "ca"), [("production", "longzhi-kafka", "longzhi-kafka-ca"), ("own-cluster", "kafka-users", "kafka-ca")]
)
def test_every_process_comes_as_its_service_with_the_authority_mounted_read_only(scenario, secret, ca):
    found = {name: pod for name, pod in pods(scenario).items() if variables(pod)}
    assert {name.split("-")[0] for name in found} >= set(SERVICES)
    for name, pod in found.items():
        user, given = name.split("-")[0], variables(pod)
        assert (given["KAFKA_SECURITY"]["value"], given["KAFKA_USERNAME"]["value"]) == ("sasl_tls", user), name
        assert given["KAFKA_PASSWORD"]["valueFrom"]["secretKeyRef"] == {"name": secret, "key": user}, name
        assert given["KAFKA_CA_FILE"]["value"] == "/kafka/ca.crt"
        assert {"name": "kafka-ca", "mountPath": "/kafka", "readOnly": True} in pod["containers"][0]["volumeMounts"], name
        [volume] = [each["secret"] for each in pod["volumes"] if each["name"] == "kafka-ca"]
        assert (volume["secretName"], volume["items"]) == (ca, [{"key": "ca.crt", "path": "ca.crt"}]), name
    assert ("topics" in found) == (scenario == "own-cluster")


def test_tls_alone_needs_no_secret_and_the_built_in_kafka_none_of_it():
    for pod in pods("shared-folder").values():
        if given := variables(pod):
            assert {name: each.get("value") for name, each in given.items()} == {
                "KAFKA_BOOTSTRAP": "kafka.data.svc:9093", "KAFKA_SECURITY": "tls",
            }  # fmt: skip
    assert all(set(variables(pod)) <= {"KAFKA_BOOTSTRAP"} for pod in pods("evaluation").values())


def test_keda_asks_in_the_name_of_the_service_whose_lag_it_measures():
    documents = chart.rendered("production")
    authentications = {d["metadata"]["name"]: d["spec"] for d in documents if d["kind"] == "TriggerAuthentication"}
    scaled = {d["metadata"]["name"]: d["spec"] for d in documents if d["kind"] == "ScaledObject"}
    assert set(authentications) == set(scaled) and scaled
    for name, spec in scaled.items():
        service = name.removeprefix("gansu-longzhi-").removesuffix("-worker")
        assert authentications[name]["env"] == [{"parameter": "username", "name": "KAFKA_USERNAME", "containerName": "worker"}]
        assert authentications[name]["secretTargetRef"] == [
            {"parameter": "password", "name": "longzhi-kafka", "key": service}, {"parameter": "ca", "name": "longzhi-kafka-ca", "key": "ca.crt"},
        ]  # fmt: skip
        for trigger in spec["triggers"]:
            assert trigger["authenticationRef"] == {"name": name}
            assert (trigger["metadata"]["tls"], trigger["metadata"]["sasl"]) == ("enable", "scram_sha512")


def test_a_plain_kafka_needs_no_authentication_of_keda():
    assert not [d for d in chart.rendered("observed") if d["kind"] == "TriggerAuthentication"]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ("kafka.security=sasl_tls", "kafka.existingSecret"),
        ("kafka.security=ssl", "security"),
        ("kafka.securty=tls", "securty"),
    ],
)
def test_what_is_missing_or_misspelt_is_named(values, words):
    assert words in chart.refusal("--set", values)

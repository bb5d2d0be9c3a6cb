"""deploy/examples and values-production.yaml belong together: what one names, the other has."""

import yaml

from ops import chart, topics

PRODUCTION = yaml.safe_load((chart.CHART / "values-production.yaml").read_text())


def documents(name):
    return [each for each in yaml.safe_load_all((chart.EXAMPLES / f"{name}.yaml").read_text()) if each]


def named(name, kind):
    return {each["metadata"]["name"]: each for each in documents(name) if each["kind"] == kind}


def test_every_topic_of_the_platform_is_a_resource():
    found = named("strimzi", "KafkaTopic")
    assert set(found) == set(topics.ALL)
    assert {each["spec"]["partitions"] for each in found.values()} == {topics.PARTITIONS}


def test_the_addresses_of_the_profile_are_those_of_the_resources():
    kafka, keycloak = named("strimzi", "Kafka"), named("keycloak", "Keycloak")
    assert PRODUCTION["kafka"]["bootstrap"] == f"{next(iter(kafka))}-kafka-bootstrap.longzhi-data.svc:9093"
    assert PRODUCTION["identity"]["url"] == f"http://{next(iter(keycloak))}-service.longzhi-data.svc:8080/auth"
    assert PRODUCTION["database"]["host"] in [f"{name}-rw.longzhi-data.svc" for name in named("cloudnative-pg", "Cluster")]
    assert keycloak["longzhi-keycloak"]["spec"]["hostname"]["hostname"] == f"{PRODUCTION['publicUrl']}/auth"


def test_every_secret_of_the_profile_is_taken_from_the_vault_with_that_key():
    found = [each for each in documents("external-secrets") if each["metadata"]["namespace"] == "longzhi"]
    held = {(each["spec"]["target"]["name"], row["secretKey"]) for each in found for row in each["spec"]["data"]}
    asked = set()
    for document in chart.rendered("production"):
        pod = document.get("spec", {}).get("template", {}).get("spec", {})
        for one in pod.get("containers", []):
            refs = [variable["valueFrom"]["secretKeyRef"] for variable in one.get("env", []) if "valueFrom" in variable]
            asked |= {(ref["name"], ref["key"]) for ref in refs}
        asked |= {(v["secret"]["secretName"], item["key"]) for v in pod.get("volumes", []) if "secret" in v for item in v["secret"].get("items", [])}
    assert asked <= held
    unused = held - asked - {("longzhi-pg-superuser", "username")}
    assert unused == {("longzhi-database", "keycloak")}  # read as a file, by the Job that makes the databases


def test_the_backups_outlive_what_the_outbox_keeps():
    store = named("cloudnative-pg", "ObjectStore")["longzhi-backups"]
    assert int(store["spec"]["retentionPolicy"].removesuffix("d")) >= 35


def test_a_restored_cluster_reads_the_archive_and_never_writes_into_it():
    restored = next(iter(named("restore", "Cluster").values()))
    source = restored["spec"]["externalClusters"][0]["plugin"]["parameters"]
    own = restored["spec"]["plugins"][0]["parameters"]
    assert source["barmanObjectName"] == own["barmanObjectName"] == "longzhi-backups"
    assert source["serverName"] != own["serverName"]

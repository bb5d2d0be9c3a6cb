"""A value that means nothing is refused, with words."""

import json

import pytest
import yaml

from ops import chart


@pytest.mark.parametrize(
    "wrong",
    [
        "kafak.bootstrap=x", "defaults.processes.api.replica=2", "services.sampling.replicas=2", "services.samplign.env.A=b", "province=620",
        "publicUrl=quality.example.gov.cn", "kafka.bootstrap=kafka", "objects.url=/evidence", "identity.url=keycloak:8080",
        "image.pullPolicy=Sometimes",
        "telemetry.exporter=jaeger", "telemetry.logLevel=debug", "gateway.replicas=0", "keda.lagThreshold=many", "evaluation.demonstration.quarter=5",
        "defaults.resources.requests.memory=lots", "networkPolicy.peers.databases[0].ipBlock.cidr=10.0.0.0/8", "defaults.drainSeconds=-1",
        "defaults.terminationGracePeriodSeconds=5",
    ],
)  # fmt: skip
def test_a_typo_is_refused_with_words(wrong):
    said = chart.refusal("--set", wrong)
    assert "values don't meet the specifications of the schema" in said
    assert "at '" in said


@pytest.mark.parametrize("missing", ["publicUrl", "database.host", "kafka.bootstrap", "identity.url", "objects.url", "credit.receiverUrl"])
def test_a_missing_address_is_named(missing):
    said = chart.refusal("--set", f"{missing}=")
    assert f"{missing}: " in said
    assert "required" in said


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ("telemetry.exporter=otlp", "telemetry.endpoint"), ("httpRoute.enabled=true", "httpRoute.parentRefs"),
        ("database.provision.enabled=true", "database.provision.existingSecret"), ("objects.url=file:///x", "objects.existingClaim"),
    ],
)  # fmt: skip
def test_a_switch_says_what_else_it_needs(given, named):
    assert f"{named}: " in chart.refusal("--set", given)


def test_an_old_cluster_is_refused():
    assert "kubeVersion" in chart.refusal("--kube-version", "1.27.0")


def test_the_schema_knows_every_value_and_no_other():
    schema = json.loads((chart.CHART / "values.schema.json").read_text())

    def resolve(node):
        return schema["definitions"][node["$ref"].rsplit("/", 1)[-1]] if "$ref" in node else node

    def compare(values, node, path):
        node = resolve(node)
        if isinstance(values, dict) and "properties" in node:
            assert node["additionalProperties"] is False, path
            assert set(values) <= set(node["properties"]), path
            for name, value in values.items():
                compare(value, node["properties"][name], f"{path}.{name}")

    values = yaml.safe_load((chart.CHART / "values.yaml").read_text())
    compare(values, schema, "")
    assert set(schema["properties"]) - {"global"} == set(values)


@pytest.mark.parametrize("profile", ["evaluation", "production"])
def test_a_profile_installs_without_a_further_word(profile):
    assert chart.rendered(profile)

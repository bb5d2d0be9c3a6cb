"""files/calls.yaml is the code's call graph, and the policies and environments are nothing but that list."""

import ast
import importlib

import pytest
import yaml
from pydantic_core import PydanticUndefined

from ops import chart, topics
from ops.settings import ROOT, SERVICES

CALLS = yaml.safe_load((chart.CHART / "files/calls.yaml").read_text())
COMPONENT = "app.kubernetes.io/component"


def fields(service):
    return importlib.import_module(f"{service}.settings").Settings.model_fields


def main_of(service):
    return importlib.import_module(f"{service}.main").SERVICE


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_asks_whom_its_settings_name(service):
    peers = {name.removesuffix("_rpc_addr") for name in fields(service) if name.endswith("_rpc_addr")}
    assert set(CALLS["asks"].get(service, [])) == peers


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_asks_whom_its_code_has_stubs_of(service):
    stubs = set()
    for path in (ROOT / "services" / service / service).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").endswith("_service_pb2_grpc"):
                stubs |= {node.module.split(".")[1] for name in node.names if name.name.endswith("Stub")}
    assert set(CALLS["asks"].get(service, [])) == stubs


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_hears_the_topics_of_its_main(service):
    assert set(CALLS["hears"].get(service, [])) == set(main_of(service).topics)


def test_every_topic_that_is_heard_is_made():
    heard = {topic for heard in CALLS["hears"].values() for topic in heard}
    assert heard <= set(topics.ALL)


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_reaches_outside_only_what_its_settings_name(service):
    known = {"credit_receiver_url": "receiver", "evidence_url": "objects"}
    assert set(CALLS["reaches"].get(service, [])) == {known[name] for name in fields(service) if name in known}


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_holds_the_keys_its_settings_ask_for(service):
    known = {"contact_key": "contact-key", "receipt_key_file": "receipt-key"}
    assert set(CALLS["holds"].get(service, [])) == {known[name] for name in fields(service) if name in known}


def test_every_setting_that_a_service_needs_is_in_its_environment(documents):
    for document in documents:
        service = document["metadata"]["name"].removeprefix("gansu-longzhi-").split("-")[0]
        if document["kind"] in ("Deployment", "Job") and service in SERVICES:
            given = {variable["name"].lower() for variable in document["spec"]["template"]["spec"]["containers"][0]["env"]}
            needed = {name for name, field in fields(service).items() if field.default is PydanticUndefined}
            assert needed <= given, document["metadata"]["name"]


def test_no_variable_is_given_that_no_setting_reads(documents):
    own = {
        "app_password",
        "owner_password",
        "otel_exporter_otlp_endpoint",
        "aws_access_key_id",
        "aws_secret_access_key",
        "aws_endpoint_url",
        "aws_region",
    }
    for document in documents:
        service = document["metadata"]["name"].removeprefix("gansu-longzhi-").split("-")[0]
        if document["kind"] in ("Deployment", "Job") and service in SERVICES:
            given = {variable["name"].lower() for variable in document["spec"]["template"]["spec"]["containers"][0]["env"]}
            assert given - set(fields(service)) <= own | {"public_url"}, document["metadata"]["name"]


def expected(builtin, *, gateway_auth=True, objects=True):
    """(from, to, port) of every connection between pods of the release, from the code."""
    parts = {"database": ("postgres", 5432), "kafka": ("kafka", 9092), "identity": ("keycloak", 8080), "receiver": ("receiver", 8000)}
    edges = {("gateway", f"{service}-api", 8000) for service in SERVICES} | {("onboard", "gateway", 8080)}
    ends = [(f"{service}-{process}", part) for service in SERVICES for process in ("api", "rpc", "worker", "migrate") for part in ["database"]]
    ends += [(f"{service}-{process}", "identity") for service in SERVICES for process in ("api", "rpc")]
    ends += [(f"{service}-worker", "kafka") for service in SERVICES]
    ends += [
        ("gateway", "identity"),
        ("realm", "identity"),
        ("onboard", "identity"),
        ("topics", "kafka"),
        ("database", "database"),
        ("keycloak", "database"),
    ]
    ends += [(f"credit-{process}", "receiver") for process in ("api", "rpc", "worker")]
    if builtin:
        edges |= {(source, *parts[part]) for source, part in ends}
    for service in SERVICES:
        for name in fields(service):
            if name.endswith("_rpc_addr") and name != "rpc_addr":
                edges |= {(f"{service}-{process}", f"{name.removesuffix('_rpc_addr')}-rpc", 9000) for process in ("api", "rpc", "worker")}
    return edges


def allowed(documents, direction):
    """(from, to, port) that the policies of one direction allow between pods of the release."""
    found = set()
    for policy in (d for d in documents if d["kind"] == "NetworkPolicy"):
        here = policy["spec"]["podSelector"]["matchLabels"][COMPONENT]
        for rule in policy["spec"]["ingress" if direction == "from" else "egress"]:
            for other in rule.get(direction, []):
                there = other["podSelector"]["matchLabels"][COMPONENT] if "podSelector" in other else None
                if there:
                    pair = (there, here) if direction == "from" else (here, there)
                    found |= {(*pair, port["port"]) for port in rule["ports"]}
    return found


@pytest.mark.parametrize(("scenario", "builtin"), [("evaluation", True), ("smallest", False), ("production", False)])
def test_the_policies_allow_the_calls_of_the_code_and_no_others(scenario, builtin):
    documents = chart.rendered(scenario)
    assert allowed(documents, "to") == allowed(documents, "from") == expected(builtin)


def test_every_pod_has_a_policy_for_both_directions(documents):
    policies = [d for d in documents if d["kind"] == "NetworkPolicy"]
    if not policies:
        pytest.skip("this scenario switches them off")
    selected = {p["spec"]["podSelector"]["matchLabels"][COMPONENT] for p in policies}
    assert all(p["spec"]["policyTypes"] == ["Ingress", "Egress"] for p in policies)
    specs = [d["spec"] for d in documents if d["kind"] in ("Deployment", "StatefulSet", "Job")]
    specs += [d["spec"]["jobTemplate"]["spec"] for d in documents if d["kind"] == "CronJob"]
    components = {spec["template"]["metadata"]["labels"][COMPONENT] for spec in specs}
    assert components == selected


def test_outside_connections_are_as_narrow_as_the_installation_says():
    rules = {}
    for policy in (d for d in chart.rendered("production") if d["kind"] == "NetworkPolicy"):
        for rule in policy["spec"]["egress"]:
            for port in rule["ports"]:
                rules.setdefault(port["port"], set()).add("to" in rule)
    assert rules[5432] == rules[9093] == rules[8080] == rules[4317] == {True}
    assert rules[443] == {False}  # the object store and the publicity system: an address is the installation's to give


def test_nobody_but_the_gateway_is_open_to_the_outside_unless_metrics_are_scraped():
    def open_ends(scenario):
        policies = [d for d in chart.rendered(scenario) if d["kind"] == "NetworkPolicy"]
        return {p["spec"]["podSelector"]["matchLabels"][COMPONENT] for p in policies for rule in p["spec"]["ingress"] if "from" not in rule}

    assert open_ends("smallest") == {"gateway"}
    assert open_ends("production") == set()

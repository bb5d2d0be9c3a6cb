"""The chart says what it should, for every scenario: what there is, how it starts, stops, scales and is found."""

import pytest

from ops import chart
from ops.settings import ROOT, SERVICES

COMPONENT = "app.kubernetes.io/component"
COMPONENTS = {f"{service}-{process}" for service in SERVICES for process in ("api", "rpc", "worker")}


def of_kind(documents, kind):
    return {d["metadata"]["name"].removeprefix("gansu-longzhi-"): d for d in documents if d["kind"] == kind}


def container(document):
    return document["spec"]["template"]["spec"]["containers"][0]


def test_every_service_of_the_repository_is_rendered(documents):
    folders = {path.parent.name for path in ROOT.glob("services/*/pyproject.toml")}
    assert folders == set(SERVICES)
    assert set(of_kind(documents, "Deployment")) - {"keycloak"} == COMPONENTS | {"gateway"}
    migrations = {name.removesuffix("-first") for name in of_kind(documents, "Job") if "migrate" in name}
    assert migrations == {f"{service}-migrate" for service in SERVICES}


def test_every_process_and_the_gateway_may_lose_one_pod_at_a_time(documents):
    budgets = of_kind(documents, "PodDisruptionBudget")
    assert set(budgets) == COMPONENTS | {"gateway"}
    assert {each["spec"]["maxUnavailable"] for each in budgets.values()} == {1}


def test_names_fit_dns(documents):
    assert max(len(d["metadata"]["name"]) for d in documents) <= 63


def test_a_long_release_name_still_fits_dns():
    long = chart.rendered("evaluation", release="a" * 50)
    assert max(len(d["metadata"]["name"]) for d in long) <= 63


def test_selectors_find_exactly_their_pods(documents):
    labels = [d["spec"]["template"]["metadata"]["labels"] for d in documents if d["kind"] in ("Deployment", "StatefulSet")]
    for service in of_kind(documents, "Service").values():
        assert len([one for one in labels if service["spec"]["selector"].items() <= one.items()]) == 1, service["metadata"]["name"]


def test_two_releases_side_by_side_select_nothing_of_each_other():
    one, two = chart.rendered("evaluation"), chart.rendered("evaluation", release="qinghai")
    labels = [d["spec"]["template"]["metadata"]["labels"] for d in two if d["kind"] in ("Deployment", "StatefulSet", "Job")]
    for document in one:
        selector = document.get("spec", {}).get("selector") or document.get("spec", {}).get("podSelector") or {}
        wanted = selector.get("matchLabels", selector)
        assert not wanted or not any(wanted.items() <= each.items() for each in labels), document["metadata"]["name"]
    assert not {d["metadata"]["name"] for d in one} & {d["metadata"]["name"] for d in two}


def test_every_container_is_probed_by_what_tells_its_state(documents):
    for name, document in of_kind(documents, "Deployment").items():
        one = container(document)
        assert {"startupProbe", "livenessProbe", "readinessProbe"} <= one.keys(), name
        assert one["livenessProbe"] != one["readinessProbe"], name
        if name in COMPONENTS:
            assert one["readinessProbe"]["httpGet"]["path"] == "/readyz"
            wanted = "grpc" if name.endswith("-rpc") else "httpGet"
            assert wanted in one["livenessProbe"], name


def test_liveness_never_depends_on_the_database(documents):
    paths = {
        container(d)["livenessProbe"].get("httpGet", {}).get("path") for name, d in of_kind(documents, "Deployment").items() if name in COMPONENTS
    }
    assert paths == {"/healthz", None}


def test_a_stopping_pod_has_time_to_drain_and_to_finish(documents):
    for name, document in of_kind(documents, "Deployment").items():
        pod = document["spec"]["template"]["spec"]
        drain = {v["name"]: v.get("value") for v in container(document).get("env", [])}.get("DRAIN_SECONDS")
        if name in COMPONENTS:  # then uvicorn takes 10 s, gRPC 5 s
            assert pod["terminationGracePeriodSeconds"] >= int(drain) + 20
    assert container(of_kind(documents, "Deployment")["gateway"])["lifecycle"]["preStop"]


def test_no_pod_goes_before_another_is_ready(documents):
    for name, document in of_kind(documents, "Deployment").items():
        if name in COMPONENTS | {"gateway"}:
            assert document["spec"]["strategy"]["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}


def test_grpc_names_all_pods_and_http_one_address(documents):
    for name, service in of_kind(documents, "Service").items():
        if name in COMPONENTS:
            assert (service["spec"].get("clusterIP") == "None") == (not name.endswith("-api")), name


def test_an_upgrade_restarts_nothing_whose_image_stays():
    def pods(*more):
        documents = chart.rendered("evaluation", "--set-string", "evaluation.tag=1,image.tag=1", *more)
        return {d["metadata"]["name"]: d["spec"]["template"] for d in documents if d["kind"] in ("StatefulSet", "Deployment")}

    before, after = pods(), pods("--set-string", "image.tag=2")
    same = {name for name in before if before[name] == after[name]}
    assert same == {f"gansu-longzhi-{part}" for part in ("postgres", "kafka", "keycloak", "receiver")}


def test_what_is_scaled_by_something_has_no_number_of_replicas():
    documents = chart.rendered("observed")
    scaled = set(of_kind(documents, "HorizontalPodAutoscaler")) | set(of_kind(documents, "ScaledObject"))
    assert scaled == {"sampling-api", "planning-worker", "disposal-worker", "credit-worker"}
    without = {name for name, document in of_kind(documents, "Deployment").items() if "replicas" not in document["spec"]}
    assert without == scaled


def test_workers_are_scaled_by_every_topic_they_hear():
    triggers = of_kind(chart.rendered("observed"), "ScaledObject")["credit-worker"]["spec"]["triggers"]
    assert {each["metadata"]["topic"] for each in triggers} == {
        "sampling.report.v1",
        "sampling.notice.v1",
        "sampling.objection.v1",
        "disposal.leg.v1",
    }
    assert {each["metadata"]["consumerGroup"] for each in triggers} == {"credit"}


def test_an_override_applies_only_where_it_is_given():
    deployments = of_kind(chart.rendered("own-cluster"), "Deployment")
    assert deployments["sampling-api"]["spec"]["replicas"] == 4
    assert deployments["directory-api"]["spec"]["replicas"] == 2
    assert {"name": "DOCUMENT_FONT", "value": "FangSong_GB2312"} in container(deployments["sampling-api"])["env"]
    requests = container(deployments["sampling-api"])["resources"]["requests"]
    assert requests == {"cpu": "100m", "memory": "224Mi", "ephemeral-storage": "64Mi"}


def test_pods_go_where_the_installation_says():
    pods = [d["spec"]["template"]["spec"] for d in chart.rendered("shared-folder") if d["kind"] == "Deployment"]
    assert all(pod["nodeSelector"] == {"pool": "longzhi"} and pod["tolerations"] for pod in pods)


def test_every_tenant_reaches_the_platform_by_its_public_name():
    ingress = of_kind(chart.rendered("own-cluster"), "Ingress")["gansu-longzhi"]["spec"]
    assert ingress["rules"][0]["host"] == "quality.example.gov.cn"
    assert ingress["tls"] == [{"hosts": ["quality.example.gov.cn"], "secretName": "quality-tls"}]
    route = of_kind(chart.rendered("gateway-api"), "HTTPRoute")["gansu-longzhi"]["spec"]
    assert route["hostnames"] == ["quality.example.gov.cn"]
    assert route["rules"][0]["backendRefs"] == [{"name": "gansu-longzhi-gateway", "port": 80}]


def test_the_issuer_is_the_public_name_unless_keycloak_has_its_own():
    def env(scenario):
        return {v["name"]: v.get("value") for v in container(of_kind(chart.rendered(scenario), "Deployment")["sampling-api"])["env"]}

    assert env("own-cluster")["OIDC_ISSUER"] == "https://quality.example.gov.cn/auth/realms/longzhi"
    assert env("own-cluster")["OIDC_JWKS_URL"] == "http://keycloak.data.svc:8080/auth/realms/longzhi/protocol/openid-connect/certs"
    assert env("gateway-api")["OIDC_ISSUER"] == "https://id.example.gov.cn/auth/realms/longzhi"
    gateway = {v["name"]: v["value"] for v in container(of_kind(chart.rendered("gateway-api"), "Deployment")["gateway"])["env"]}
    assert gateway["KEYCLOAK_ADDR"] == "127.0.0.1:9"


@pytest.mark.parametrize(
    ("scenario", "url", "claim"),
    [
        ("evaluation", "file:///objects", "gansu-longzhi-objects"),
        ("shared-folder", "file:///evidence", "evidence"),
        ("smallest", "s3://evidence/gansu", ""),
    ],
)
def test_evidence_goes_to_s3_or_to_a_claim_that_sampling_mounts(scenario, url, claim):
    pod = of_kind(chart.rendered(scenario), "Deployment")["sampling-api"]["spec"]["template"]["spec"]
    assert {"name": "EVIDENCE_URL", "value": url} in pod["containers"][0]["env"]
    claims = [v["persistentVolumeClaim"]["claimName"] for v in pod["volumes"] if "persistentVolumeClaim" in v]
    assert claims == ([claim] if claim else [])
    mounts = [m["mountPath"] for m in pod["containers"][0]["volumeMounts"] if m["name"] == "objects"]
    assert mounts == ([url.removeprefix("file://")] if claim else [])

"""The chart says what it should, for every scenario in ci/ (needs helm: `make lint` builds it)."""

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

CHART = Path(__file__).parents[1]
SCENARIOS = sorted((CHART / "ci").glob("*.yaml"))
SERVICES = sorted(yaml.safe_load((CHART / "values.yaml").read_text())["services"])
pytestmark = pytest.mark.skipif(not shutil.which("helm"), reason="helm is not installed: run `make lint`")


def helm(*args):
    return subprocess.run(["helm", *args], capture_output=True, text=True, check=False)


def render(values, *more):
    done = helm("template", "gansu", str(CHART), "-f", str(values), "--kube-version", "1.34.0", *more)
    assert done.returncode == 0, done.stderr
    return [d for d in yaml.safe_load_all(done.stdout) if d]


def of_kind(documents, kind):
    return [d for d in documents if d["kind"] == kind]


@pytest.fixture(params=SCENARIOS, ids=lambda p: p.stem)
def documents(request):
    return render(request.param)


@pytest.mark.parametrize("values", SCENARIOS, ids=lambda p: p.stem)
def test_it_lints_strictly(values):
    done = helm("lint", "--strict", str(CHART), "-f", str(values), "--kube-version", "1.34.0")
    assert done.returncode == 0, done.stdout


def test_every_service_of_the_repository_is_rendered(documents):
    folders = {p.parent.name for p in Path(__file__).parents[4].glob("services/*/pyproject.toml")}
    assert folders <= set(SERVICES)
    names = {d["metadata"]["name"] for d in of_kind(documents, "Deployment")}
    assert names == {f"gansu-longzhi-{s}-{p}" for s in SERVICES for p in ("api", "rpc", "worker")}
    assert {d["metadata"]["name"] for d in of_kind(documents, "Job")} == {f"gansu-longzhi-{s}-migrate" for s in SERVICES}


def pods(documents):
    return [d["spec"]["template"]["spec"] for d in documents if d["kind"] in ("Deployment", "Job")]


def test_no_pod_runs_as_root_or_writes_to_its_image(documents):
    for pod in pods(documents):
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["automountServiceAccountToken"] is False
        for container in pod["containers"]:
            security = container["securityContext"]
            assert security["readOnlyRootFilesystem"] and not security["allowPrivilegeEscalation"]
            assert security["capabilities"]["drop"] == ["ALL"]
            assert container["resources"]["requests"]["memory"] and container["resources"]["limits"]["memory"]


def test_no_secret_is_written_in_clear(documents):
    assert of_kind(documents, "Secret") == []
    for pod in pods(documents):
        for variable in pod["containers"][0]["env"]:
            if variable["name"].endswith(("_KEY", "PASSWORD")):
                assert "secretKeyRef" in variable["valueFrom"], variable["name"]


def test_the_owners_password_is_only_in_the_migration(documents):
    for document in of_kind(documents, "Deployment"):
        names = {v["name"] for v in document["spec"]["template"]["spec"]["containers"][0]["env"]}
        assert not names & {"OWNER_PASSWORD", "OWNER_DATABASE_URL"}


def test_processes_answer_probes_that_suit_them(documents):
    for document in of_kind(documents, "Deployment"):
        container = document["spec"]["template"]["spec"]["containers"][0]
        wanted = {"api": "httpGet", "rpc": "grpc"}.get(container["name"])
        assert wanted is None or wanted in container["readinessProbe"]


def test_selectors_match_their_pods(documents):
    labels = [d["spec"]["template"]["metadata"]["labels"] for d in of_kind(documents, "Deployment")]
    for service in of_kind(documents, "Service"):
        matching = [one for one in labels if service["spec"]["selector"].items() <= one.items()]
        assert len(matching) == 1, service["metadata"]["name"]


def test_an_override_applies_only_where_it_is_given():
    documents = render(CHART / "ci/production-values.yaml")
    replicas = {d["metadata"]["name"]: d["spec"]["replicas"] for d in of_kind(documents, "Deployment")}
    assert replicas["gansu-longzhi-sampling-api"] == 4
    assert replicas["gansu-longzhi-directory-api"] == 2


@pytest.mark.parametrize("wrong", ["kafak.bootstrap=x", "defaults.processes.api.replica=2", "services.sampling.peers={nobody}", "province=620"])
def test_typos_are_refused_with_words(wrong):
    done = helm("template", "x", str(CHART), "-f", str(SCENARIOS[0]), "--kube-version", "1.34.0", "--set", wrong)
    assert done.returncode != 0 and "at '" in done.stderr


@pytest.mark.parametrize("missing", ["database.host", "kafka.bootstrap", "identity.issuer", "identity.jwksUrl", "credit.receiverUrl"])
def test_a_missing_address_is_named(missing):
    done = helm("template", "x", str(CHART), "-f", str(SCENARIOS[0]), "--kube-version", "1.34.0", "--set", f"{missing}=")
    assert done.returncode != 0 and missing in done.stderr

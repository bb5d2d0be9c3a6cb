"""What goes into the images, as far as files can tell; `make images` builds them."""

import ast
import re
import sys
from importlib import metadata

import pytest

from ops import chart, runtime
from ops.settings import ROOT, SERVICES

DOCKERFILES = sorted([ROOT / "services/Dockerfile", *ROOT.glob("deploy/**/Dockerfile")])
LOCK = runtime.pins((ROOT / "requirements.txt").read_text())


def locked(path):
    return runtime.pins((ROOT / path).read_text())


def test_the_images_have_the_versions_that_were_tested():
    for path in ["services/requirements.txt", "ops/requirements.txt", *(f"services/{service}/requirements.txt" for service in SERVICES)]:
        for name, pin in locked(path).items():
            assert pin.split("==")[1] == LOCK[name].split("==")[1], f"{path}: {name}; make lock"


def imported(*folders):
    found = set()
    for folder in folders:
        for path in (ROOT / folder).rglob("*.py"):
            if "tests" not in path.parts and path.name != "testing.py":
                for node in ast.walk(ast.parse(path.read_text())):
                    names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
                    names += [node.module] if isinstance(node, ast.ImportFrom) and node.module and not node.level else []
                    found |= {name.split(".")[0] for name in names}
    return found - set(sys.stdlib_module_names) - {"common", "longzhi", "ops", "demo", *SERVICES}


@pytest.mark.parametrize(("program", "folder"), [*((service, f"services/{service}") for service in SERVICES), ("ops", "ops")])
def test_every_package_that_is_imported_is_in_the_image(program, folder):
    normal = {name.lower().replace("_", "-") for path in ("services/requirements.txt", f"{folder}/requirements.txt") for name in locked(path)}
    folders = ["libs/common/common", *(["demo"] if program == "ops" else [f"services/{program}/{program}", f"services/{program}/migrations"])]
    sources = metadata.packages_distributions()
    missing = {
        name: sources.get(name) for name in imported(*folders)
        if name not in ("google",) and not {each.lower().replace("_", "-") for each in sources.get(name, [])} & normal
    }  # fmt: skip
    assert missing == {}


@pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_an_image_runs_as_a_numbered_user_keeps_no_cache_and_has_labels(path):
    text = path.read_text()
    final = text[text.rindex("\nFROM ") :]
    assert "USER 10001:10001" in final
    assert not re.search(r"^HEALTHCHECK", text, re.MULTILINE)
    assert all("rm -rf /var/lib/apt/lists/*" in line for line in re.sub(r"\\\n", " ", text).splitlines() if "apt-get install" in line)
    assert "org.opencontainers.image.title" in final
    assert "org.opencontainers.image.description" in final
    assert re.search(r'^ENTRYPOINT \["', final, re.MULTILINE)


def test_every_image_that_the_chart_names_is_built(documents):
    script = (ROOT / "ops/images.sh").read_text()
    built = set(" ".join(re.findall(r'^(?:SERVICES|PARTS)="(.*)"$', script, re.MULTILINE)).split())
    pods = [d["spec"]["template"]["spec"] for d in documents if d["kind"] in ("Deployment", "StatefulSet", "Job")]
    named = {one["image"].rsplit("/", 1)[-1].split(":")[0].removeprefix("longzhi-") for pod in pods for one in pod["containers"]}
    assert named <= built


def test_the_gateway_in_the_cluster_fills_every_name_of_the_template():
    template = (ROOT / "deploy/local/nginx.conf.template").read_text()
    wanted = set(re.findall(r"\$\{([A-Z_]+)\}", template))
    fixed = set(re.findall(r"\b([A-Z_]+)=", re.search(r"^ENV (.*)$", (ROOT / "deploy/gateway/Dockerfile").read_text(), re.MULTILINE)[1]))
    gateway = next(d for d in chart.rendered("smallest") if d["metadata"]["name"] == "gansu-longzhi-gateway" and d["kind"] == "Deployment")
    given = {v["name"] for v in gateway["spec"]["template"]["spec"]["containers"][0]["env"]}
    assert wanted == fixed | given

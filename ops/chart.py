"""`python -m ops.chart`: every scenario of the chart linted, rendered, held against the strict schemas and scored; the examples too."""

import os
import re
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from ops import schemas, settings
from ops.progress import fail, say
from ops.settings import ROOT

CHART = ROOT / "deploy/helm/longzhi"
EXAMPLES = ROOT / "deploy/examples"
VERSION = "1.34.0"
TOOLS = {
    "helm": "helm.sh/helm/v3/cmd/helm@v3.22.0",
    "kubeconform": "github.com/yannh/kubeconform/cmd/kubeconform@v0.8.0",
    "kube-score": "github.com/zegl/kube-score/cmd/kube-score@v1.20.0",
}
# kube-score's tests that we do not follow, each with the reason.
NOT_FOLLOWED = {
    "container-image-pull-policy": "tags are never moved, and a closed network pulls nothing: IfNotPresent is right (a value)",
    "deployment-replicas": "evaluations have one of each; of workers one works at a time, and a second would only wait",
}
# No schema is to be had for these (ops.schemas): they are rendered and parsed, not validated.
NO_SCHEMA = ("kafka.strimzi.io", "k8s.keycloak.org")


def scenarios() -> dict[str, list[Path]]:
    """Name and values files of each: the two profiles and what is in ci/; the demonstration lies on the evaluation profile."""
    profiles = {path.stem.removeprefix("values-"): [path] for path in sorted(CHART.glob("values-*.yaml"))}
    small = {path.stem.removesuffix("-values"): [path] for path in sorted((CHART / "ci").glob("*.yaml"))}
    small["demonstration"] = [CHART / "values-evaluation.yaml", *small["demonstration"]]
    return profiles | small


@cache
def rendered(scenario: str, *more: str, release: str = "gansu") -> tuple[dict[str, Any], ...]:
    """The objects of one scenario in namespace longzhi; for tests. `more`: words for helm."""
    text = _run(tools(), scenario, _template(scenarios()[scenario], *more, release=release))
    return tuple(each for each in yaml.safe_load_all(text) if each)


def refusal(*more: str, scenario: str = "smallest") -> str:
    """What helm says when it refuses; for tests."""
    done = subprocess.run([*_template(scenarios()[scenario]), *more], capture_output=True, text=True, env=os.environ | {"PATH": tools()})
    return done.stderr if done.returncode else ""


def _template(values: list[Path], *more: str, release: str = "gansu") -> list[str]:
    given = [word for file in values for word in ("-f", str(file))]
    return ["helm", "template", release, str(CHART), *given, "--namespace", "longzhi", "--kube-version", VERSION, *more]


def main() -> None:
    """All of it; ends at the first fault."""
    path = tools()
    location = f"{schemas.ensure()}/{{{{.ResourceKind}}}}{{{{.KindSuffix}}}}.json"
    for name, values in scenarios().items():
        given = [word for file in values for word in ("-f", str(file))]
        _run(path, name, ["helm", "lint", "--strict", "--quiet", str(CHART), *given, "--kube-version", VERSION])
        for turn in ([], ["--is-upgrade"]):
            text = _run(path, name, _template(values, *turn))
            _run(path, name, ["kubeconform", "-strict", "-summary", "-schema-location", location, "-"], text)
        _score(path, name, text)
        say(f"chart: {name}: {len(re.findall('^kind:', text, re.MULTILINE))} objects")
    for file in sorted(EXAMPLES.glob("*.yaml")):
        documents = [each for each in yaml.safe_load_all(file.read_text()) if each]
        known = [each for each in documents if not each["apiVersion"].startswith(NO_SCHEMA)]
        if known:
            _run(path, file.name, ["kubeconform", "-strict", "-summary", "-schema-location", location, "-"], yaml.safe_dump_all(known))
        say(f"chart: {file.name}: {len(known)} of {len(documents)} objects held against a schema")


def _score(path: str, name: str, text: str) -> None:
    not_followed = [*NOT_FOLLOWED, *([] if "kind: NetworkPolicy" in text else ["pod-networkpolicy"])]  # a scenario may switch them off
    ignored = [word for test in not_followed for word in ("--ignore-test", test)]
    words = ["kube-score", "score", "--kubernetes-version", "v1.34", "--ignore-container-cpu-limit", "--output-format", "ci", *ignored, "-"]
    done = subprocess.run(words, input=text, capture_output=True, text=True, env=os.environ | {"PATH": path})
    bad = sorted({line for line in done.stdout.splitlines() if line.startswith(("[CRITICAL]", "[WARNING]"))})
    if bad or done.returncode not in (0, 1):
        raise fail(f"kube-score, {name}:\n" + "\n".join(bad) + done.stderr)


def _run(path: str, name: str, words: list[str], text: str | None = None) -> str:
    done = subprocess.run(words, input=text, capture_output=True, text=True, env=os.environ | {"PATH": path})
    if done.returncode != 0:
        raise fail(f"{words[0]}, {name}:\n{done.stdout[-4000:] if words[0] != 'helm' else done.stdout[-1500:]}{done.stderr[-3000:]}")
    return done.stdout


@cache
def tools() -> str:
    """A PATH with helm, kubeconform and kube-score; what is missing is built once into the cache."""
    cache = settings.cache() / "bin"
    path = os.pathsep.join([os.environ["PATH"], str(cache), str(Path.home() / "go/bin")])
    for name, module in TOOLS.items():
        if not any((Path(folder) / name).exists() for folder in path.split(os.pathsep)):
            say(f"chart: building {name} (once, a few minutes)")
            done = subprocess.run(["go", "install", module], env=os.environ | {"GOBIN": str(cache)}, capture_output=True, text=True)
            if done.returncode != 0:
                raise fail(f"go install {module}: {done.stderr}\nGo is needed: apt-get install golang-go")
    return path


if __name__ == "__main__":
    main()

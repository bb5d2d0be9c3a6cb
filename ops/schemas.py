"""`python -m ops.schemas`: strict JSON schemas of everything that the chart and deploy/examples may name, made from Go modules, into the cache.

kubeconform's own schemas come from a host that a closed network does not reach. Kubernetes' description of itself is in its Go module, and the
operators' are in theirs. Not to be had from any package registry: Strimzi's and the Keycloak operator's (docs/operations.md says what follows).
"""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from ops import settings
from ops.progress import fail, say

KUBERNETES = ("k8s.io/kubernetes", "v1.34.4", "api/openapi-spec/swagger.json")
OPERATORS = (
    ("github.com/kedacore/keda/v2", "v2.21.0", "config/crd/bases"),
    ("github.com/prometheus-operator/prometheus-operator", "v0.85.0", "example/prometheus-operator-crd"),
    ("sigs.k8s.io/gateway-api", "v1.4.0", "config/crd/standard"),
    ("github.com/cloudnative-pg/cloudnative-pg", "v1.30.0", "config/crd/bases"),
    ("github.com/cloudnative-pg/plugin-barman-cloud", "v0.15.0", "config/crd/bases"),
    ("github.com/external-secrets/external-secrets", "v1.3.2", "config/crds/bases"),
)
_EITHER = {"anyOf": [{"type": "string"}, {"type": "number"}]}
_LOOSE = ("IntOrString", "Quantity")
Schema = dict[str, Any]


class _Loader(yaml.CSafeLoader):
    """YAML with `=` as a word, as Kubernetes reads it."""


_Loader.add_constructor("tag:yaml.org,2002:value", lambda loader, node: str(node.value))


def folder() -> Path:
    """Where the schemas are, one file per kind: {kind}-{first word of the group}-{version}.json."""
    return settings.cache() / f"schemas-{KUBERNETES[1]}-{len(OPERATORS)}"


def ensure() -> Path:
    """Makes them when they are not there yet."""
    target = folder()
    if (target / ".complete").exists():
        return target
    say("schemas: from the Go modules of Kubernetes and of the operators (once)")
    target.mkdir(parents=True, exist_ok=True)
    written = sum(_write(target, *each) for each in _kubernetes(json.loads(_file(*KUBERNETES).read_text())))
    for module in OPERATORS:
        found = [each for path in sorted(_file(*module).glob("*.yaml")) for each in _custom(path)]
        if not found:
            raise fail(f"schemas: {module[0]} {module[1]} has no resource definitions in {module[2]}")
        written += sum(_write(target, *each) for each in found)
    (target / ".complete").touch()
    say(f"schemas: {written} kinds")
    return target


def _file(module: str, version: str, path: str) -> Path:
    words = ["go", "mod", "download", "-json", f"{module}@{version}"]
    done = subprocess.run(words, capture_output=True, text=True, cwd="/")
    if done.returncode != 0:
        raise fail(f"schemas: {' '.join(words)}: {done.stdout}{done.stderr}")
    return Path(json.loads(done.stdout)["Dir"]) / path


def _write(target: Path, group: str, version: str, kind: str, schema: Schema) -> bool:
    words = [kind.lower(), *([group.split(".")[0]] if group else []), version]
    (target / f"{'-'.join(words)}.json").write_text(json.dumps(schema))
    return True


def _kubernetes(document: Schema) -> Iterator[tuple[str, str, str, Schema]]:
    """Every kind of the core, each with the definitions that it needs."""
    definitions = {name: _loosened(name, _strict(schema)) for name, schema in document["definitions"].items()}
    for name, schema in document["definitions"].items():
        for which in schema.get("x-kubernetes-group-version-kind", []):
            needed = _needed(name, definitions)
            yield which["group"], which["version"], which["kind"], {"$ref": f"#/definitions/{name}", "definitions": needed}


def _loosened(name: str, schema: Schema) -> Schema:
    return _EITHER if name.rsplit(".", 1)[-1] in _LOOSE else schema


def _needed(name: str, definitions: dict[str, Schema]) -> dict[str, Schema]:
    found: dict[str, Schema] = {}
    waiting = [name]
    while waiting:
        one = waiting.pop()
        if one not in found:
            found[one] = definitions[one]
            waiting += [ref.rsplit("/", 1)[-1] for ref in _references(definitions[one])]
    return found


def _references(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        if isinstance(schema.get("$ref"), str):
            yield schema["$ref"]
        for value in schema.values():
            yield from _references(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _references(value)


def _custom(path: Path) -> Iterator[tuple[str, str, str, Schema]]:
    """The kinds of one file of CustomResourceDefinitions."""
    for document in yaml.load_all(path.read_text(), _Loader):
        if document and document.get("kind") == "CustomResourceDefinition":
            spec = document["spec"]
            for version in spec["versions"]:
                schema = _strict(version["schema"]["openAPIV3Schema"])
                schema["properties"]["metadata"] = {"type": "object"}  # the API server knows it; the definition does not say it
                yield spec["group"], version["name"], spec["names"]["kind"], schema


def _strict(schema: Any) -> Any:
    """The same, refusing fields that it does not name, as the API server does with --validate=strict."""
    if isinstance(schema, list):
        return [_strict(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("x-kubernetes-int-or-string"):
        return _EITHER
    changed = {name: _strict(value) for name, value in schema.items() if name not in ("description", "format", "default", "example")}
    for name in ("properties", "definitions"):  # the names below are fields, whatever they are called
        if isinstance(schema.get(name), dict):
            changed[name] = {field: _strict(value) for field, value in schema[name].items()}
    open_ended = changed.get("x-kubernetes-preserve-unknown-fields") or "additionalProperties" in changed
    if isinstance(changed.get("properties"), dict) and changed.get("type") == "object" and not open_ended:
        changed["additionalProperties"] = False
    return {name: value for name, value in changed.items() if not name.startswith("x-kubernetes")}


if __name__ == "__main__":
    ensure()

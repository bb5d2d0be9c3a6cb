"""`make k8s-…`: one release of the chart in a real cluster, from its images to its removal; K8S_RIG names the rig, or KUBECONFIG any other cluster.

From outside a release looks like a platform on this machine: its parts are forwarded to the ports that ops.settings derives from LONGZHI_PORT, and
its secrets are kept where `make up` keeps them, so that journeys, ledger and demonstration work against it unchanged.
"""

import argparse
import base64
import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

from ops import chart, credentials, settings, waiting
from ops.progress import fail, say
from ops.settings import ROOT, SERVICES, Platform

EVALUATION = chart.CHART / "values-evaluation.yaml"
RESTRICTED = {"pod-security.kubernetes.io/enforce": "restricted", "pod-security.kubernetes.io/warn": "restricted"}
INSTALL_MINUTES = 6
IMAGES = (*SERVICES, "ops", "gateway", "postgres", "kafka", "keycloak")
DIRTY = "-changed"


@dataclass(frozen=True)
class Release:
    """One installation: its name is also its namespace's. `platform` says to which ports it is forwarded."""

    name: str
    platform: Platform

    def kubectl(self, *words: str, text: str | None = None) -> str:
        return run("kubectl", "-n", self.name, *words, text=text)

    def objects(self, *words: str) -> list[dict[str, Any]]:
        """What `kubectl get` finds."""
        found: list[dict[str, Any]] = json.loads(self.kubectl("get", *words, "-o", "json"))["items"]
        return found


def rig() -> Path | None:
    """The rig's programs when there is one (K8S_RIG, by default beside the checkout); without it KUBECONFIG names the cluster."""
    folder = Path(os.environ.get("K8S_RIG") or ROOT.parent / "shared/rigs").resolve()
    return folder if (folder / "k8s-up.sh").exists() else None


def _rig_program(name: str) -> Path:
    folder = rig()
    if folder is None:
        raise fail("there is no rig: K8S_RIG names the folder of k8s-up.sh")
    return folder / name


@cache
def environment() -> dict[str, str]:
    """PATH with helm and kubectl, and the cluster's address."""
    known = dict(os.environ, PATH=chart.tools())
    found = rig()
    if found is None:
        return known
    told = subprocess.run([str(found / "k8s-up.sh"), "env"], capture_output=True, text=True, check=True, env=known).stdout
    words = subprocess.run(["bash", "-c", f"{told}\nenv -0"], capture_output=True, text=True, check=True, env=known).stdout
    return dict(line.split("=", 1) for line in words.split("\0") if "=" in line)


def run(*words: str, text: str | None = None, patience: float = 900) -> str:
    """What a program prints; its own words when it fails."""
    done = subprocess.run(words, input=text, capture_output=True, text=True, env=environment(), timeout=patience)
    if done.returncode != 0:
        raise fail(f"{' '.join(words[:6])}: {done.stderr[-3000:] or done.stdout[-3000:]}")
    return done.stdout


def images(tag: str) -> None:
    """Builds the images that the rig's node has not, and all of a checkout with changes; elsewhere they are in the cluster's registry."""
    program = str(_rig_program("k8s-up.sh"))
    known = run(program, "ctr", "images", "ls", "-q").split()
    missing = [name for name in IMAGES if tag.endswith(DIRTY) or f"localhost/longzhi-{name}:{tag}" not in known]
    if missing:
        subprocess.run(["bash", "ops/images.sh", *missing], cwd=ROOT, env=environment() | {"IMAGE_TAG": tag}, check=True)


def tag() -> str:
    """The tag of this checkout's images: IMAGE_TAG, or the commit's short name."""
    words = ["git", "describe", "--always", "--exclude=*", f"--dirty={DIRTY}"]
    return os.environ.get("IMAGE_TAG") or subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


def install(release: Release, image_tag: str, *more: str, minutes: int = INSTALL_MINUTES) -> float:
    """Installs or upgrades with the evaluation profile in a namespace that admits only `restricted` pods; the seconds it took."""
    _namespace(release)
    known = run("helm", "list", "-n", release.name, "-q").split()
    parts = json.loads(run("helm", "get", "values", release.name, "-n", release.name, "-o", "json")) if release.name in known else {}
    built_in = (parts.get("evaluation") or {}).get("tag") or image_tag  # PostgreSQL, Kafka and Keycloak stay what they are
    words = [
        "helm", "upgrade", "--install", release.name, str(chart.CHART), "-n", release.name, "-f", str(EVALUATION), "--wait", "--wait-for-jobs",
        "--timeout", f"{minutes}m", "--set", f"image.registry={os.environ.get('IMAGE_REGISTRY') or 'localhost'}",
        "--set-string", f"image.tag={image_tag},evaluation.tag={built_in},publicUrl={release.platform.gateway_url}",
        "--set", f"evaluation.kafka.forwardedPort={release.platform.kafka_port}", *more,
    ]  # fmt: skip
    began = time.monotonic()
    run(*words, patience=60 * minutes + 60)
    return time.monotonic() - began


def _namespace(release: Release) -> None:
    text = json.dumps({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": release.name, "labels": RESTRICTED}})
    run("kubectl", "apply", "-f", "-", text=text)


def uninstall(release: Release, *, forget: bool) -> None:
    """Removes the release; with `forget` also its namespace and so the data and secrets that an uninstallation keeps."""
    if release.name in run("helm", "list", "-n", release.name, "-q").split():
        run("helm", "uninstall", release.name, "-n", release.name, "--wait", "--timeout", "5m")
    if forget:
        run("kubectl", "delete", "namespace", release.name, "--ignore-not-found", "--wait", "--timeout", "180s")


def known_secrets(release: Release) -> dict[str, str]:
    """The release's secrets under the names that ops.credentials gives them."""

    def read(name: str) -> dict[str, str]:
        data = json.loads(release.kubectl("get", "secret", f"{release.name}-{name}", "-o", "json"))["data"]
        return {key: base64.b64decode(value).decode() for key, value in data.items()}

    database, keys, identity = read("database"), read("keys"), read("identity")
    found = {name.replace("-", "_"): value for name, value in (database | keys).items() if not name.endswith(".pem")}
    return found | {"postgres": database["password"], "keycloak_admin": identity["password"], "receipt_key": keys["receipt-key.pem"]}


def ports(release: Release) -> list[tuple[int, str, int]]:
    """Local port, what it leads to, and the port there, for kubectl; on a rig the gateway has a door of its own."""
    place, name = release.platform, release.name
    parts = [] if rig() else [(place.port, f"svc/{name}-gateway", 80)]
    parts += [
        (place.postgres_port, f"pod/{name}-postgres-0", 5432),
        (place.kafka_port, f"pod/{name}-kafka-0", 9094),
        (place.keycloak_port, f"svc/{name}-keycloak", 8080),
        (place.receiver_port, f"pod/{name}-receiver-0", 8000),
    ]
    for service in SERVICES:
        parts += [(place.http_port(service), f"svc/{name}-{service}-api", 8000), (place.rpc_port(service), f"svc/{name}-{service}-rpc", 9000)]
    return parts


def _open_door(release: Release) -> None:
    """The gateway by the rig's relay, which stays until the cluster ends: kubectl's takes a tenth of a second a connection, and some it cuts."""
    if rig() and not _listens(release.platform.port):
        run(str(_rig_program("k8s-up.sh")), "fwd", str(release.platform.port), f"{release.name}-gateway.{release.name}.svc.cluster.local:80")


@contextmanager
def forwarded(release: Release) -> Iterator[Platform]:
    """The release on this machine's ports, and its logs in the platform's folder, for as long as the block lasts."""
    platform = release.platform
    platform.logs.mkdir(parents=True, exist_ok=True)
    credentials.write_private(platform.run / "secrets.json", json.dumps(known_secrets(release), indent=1))
    commands = {
        f"forward-{local}": ["kubectl", "-n", release.name, "port-forward", "--address", "127.0.0.1", target, f"{local}:{remote}"]
        for local, target, remote in ports(release)
    }
    for service in SERVICES:
        chosen = f"app.kubernetes.io/instance={release.name},app.kubernetes.io/component in ({service}-api,{service}-rpc,{service}-worker)"
        commands[service] = ["kubectl", "-n", release.name, "logs", "-f", "--tail=-1", "--max-log-requests=30", "-l", chosen]
    started = []
    try:
        _open_door(release)
        for name, words in commands.items():
            with (platform.logs / f"{name}.log").open("w") as out:
                started.append(subprocess.Popen(words, stdout=out, stderr=out, stdin=subprocess.DEVNULL, env=environment()))
        for local, _, _ in ports(release):
            waiting.until(partial(_listens, local), 60, f"nothing is forwarded to port {local}")
        waiting.until(lambda: waiting.answers(f"{platform.gateway_url}/api/sampling/openapi.json"), 60, "the forwarded gateway does not answer")
        yield platform
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.wait(timeout=20)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def load() -> Release:
    """The release that K8S_RELEASE, LONGZHI_PORT and LONGZHI_RUN name."""
    name = os.environ.get("K8S_RELEASE") or "longzhi"
    if "longzhi" not in name:
        raise fail(f"K8S_RELEASE={name}: the name must contain longzhi, then the objects are called after it")
    return Release(name, settings.load())


def up() -> None:
    """The rig's cluster; another one only has to answer."""
    if found := rig():
        subprocess.run([str(found / "k8s-up.sh")], check=True, env=dict(os.environ, PATH=chart.tools()))
    say(run("kubectl", "get", "nodes").strip())


def down() -> None:
    """The release with its data, then the rig's cluster."""
    uninstall(load(), forget=True)
    if found := rig():
        subprocess.run([str(found / "k8s-down.sh")], check=True)


def main(given: Sequence[str] | None = None) -> None:
    """Command line of `make k8s-up`, `k8s-install`, `k8s-upgrade`, `k8s-forward` and `k8s-down`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("act", choices=["up", "install", "forward", "down"])
    parser.add_argument("words", nargs=argparse.REMAINDER, help="for install: more words for helm, e.g. --set evaluation.demonstration.enabled=true")
    options = parser.parse_args(given)
    if options.act in ("up", "down"):
        {"up": up, "down": down}[options.act]()
        return
    release = load()
    if options.act == "install":
        if rig():
            images(tag())
        say(f"{release.name}: {install(release, tag(), *options.words):.0f} s; `make k8s-forward` shows it at {release.platform.gateway_url}")
        return
    with forwarded(release) as platform:
        say(f"{platform.gateway_url}, until you press ^C")
        signal.pause()


if __name__ == "__main__":
    main()

"""A load of pushes from inside the cluster: a pod that runs demo.pushing through the release's gateway."""

import json
import random
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from ops import k8s

POD = "longzhi-pushes"
_SECURITY = {
    "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"}, "runAsNonRoot": True, "runAsUser": 10001,
}  # fmt: skip


@dataclass
class Pushes:
    """What the load told at its end."""

    told: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return ", ".join(f"{name} {value}" for name, value in self.told.items() if name != "failures")


@contextmanager
def pushing(release: k8s.Release, tag: str, stock: int, rate: float, words: Sequence[str] = ()) -> Iterator[Pushes]:
    """Pushes at `rate` a second for as long as the block lasts; what was accepted is noted for the ledger."""
    command = ["demo.pushing", "--stock", str(stock), "--rate", str(rate), "--seed", str(random.randrange(10_000)), *words]
    release.kubectl("delete", "pod", POD, "--ignore-not-found", "--grace-period=1")
    release.kubectl("apply", "-f", "-", text=json.dumps(_pod(release, tag, command)))
    _wait(release, lambda: "ready:" in release.kubectl("logs", POD, "--tail=50"), 900)
    _signal(release, "USR1")
    pushes = Pushes()
    try:
        yield pushes
    finally:
        if _phase(release) == "Running":
            _signal(release, "USR2")
        _wait(release, lambda: _phase(release) in ("Succeeded", "Failed"), 300)
        lines = [line for line in release.kubectl("logs", POD, "--tail=-1").splitlines() if line.startswith("{")]
        with (release.platform.run / "accepted.jsonl").open("a") as out:
            out.writelines(f"{line}\n" for line in lines if '"report_id"' in line)
        pushes.told |= json.loads(lines[-1])
        release.kubectl("delete", "pod", POD, "--grace-period=1")


def _pod(release: k8s.Release, tag: str, words: list[str]) -> dict[str, Any]:
    image = next(p["spec"]["containers"][0]["image"] for p in release.objects("pods", "-l", "app.kubernetes.io/component=sampling-api"))
    container = {
        "name": "pushes", "image": f"{image.split('longzhi-')[0]}longzhi-ops:{tag}", "imagePullPolicy": "IfNotPresent", "args": words,
        "env": [{"name": "GATEWAY_URL", "value": f"http://{release.name}-gateway"}], "securityContext": _SECURITY,
        "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],
    }  # fmt: skip
    spec = {
        "restartPolicy": "Never", "automountServiceAccountToken": False, "containers": [container],
        "volumes": [{"name": "tmp", "emptyDir": {}}], "terminationGracePeriodSeconds": 5,
    }  # fmt: skip
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": POD}, "spec": spec}


def _phase(release: k8s.Release) -> str:
    return release.kubectl("get", "pod", POD, "-o", "jsonpath={.status.phase}")


def _signal(release: k8s.Release, name: str) -> None:
    release.kubectl("exec", POD, "--", "python3", "-c", f"import os, signal; os.kill(1, signal.SIG{name})")


def _wait(release: k8s.Release, done: Any, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while True:
        phase = _phase(release)
        if phase != "Pending" and done():
            return
        if phase == "Failed" or time.monotonic() > deadline:
            raise AssertionError(f"the load: {phase}\n{release.kubectl('logs', POD, '--tail=30')}")
        time.sleep(1)

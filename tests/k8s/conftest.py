"""One release in a real cluster, installed from empty for these tests and removed after them (`make k8s-test`; docs/operations.md)."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops import k8s

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="session")
def release() -> k8s.Release:
    """The release that K8S_RELEASE names, nothing of it in the cluster yet; K8S=keep goes on with the one that is there (-k chooses the tests)."""
    if not os.environ.get("K8S"):
        pytest.skip("no cluster: run `make k8s-test`")
    found = k8s.load()
    if os.environ["K8S"] == "keep":
        return found
    k8s.uninstall(found, forget=True)
    (found.platform.run / "accepted.jsonl").unlink(missing_ok=True)
    return found


@pytest.fixture(scope="session")
def tag() -> str:
    return k8s.tag()


@pytest.fixture
def second(release: k8s.Release) -> Iterator[k8s.Release]:
    """Another province beside the first, in a namespace of its own; it goes with the test."""
    place = type(release.platform)(release.platform.port + 100, release.platform.run.with_name(f"{release.platform.run.name}-second"))
    other = k8s.Release(f"{release.name}-second", place)
    k8s.uninstall(other, forget=True)
    yield other
    k8s.uninstall(other, forget=True)

"""A release seen from outside: the same ports as a platform on this machine, and a name that its objects carry."""

import re
from pathlib import Path

import pytest

from ops import k8s, settings
from ops.settings import SERVICES


@pytest.fixture
def elsewhere(monkeypatch, tmp_path):
    """A machine without a rig."""
    monkeypatch.setenv("K8S_RIG", str(tmp_path))


def release(port: int = 8080) -> k8s.Release:
    return k8s.Release("longzhi-gansu", settings.Platform(port, Path("/nowhere")))


@pytest.mark.usefixtures("elsewhere")
def test_every_part_is_forwarded_to_the_port_it_has_on_one_machine():
    place = release(9000).platform
    found = {local: target for local, target, _ in k8s.ports(release(9000))}
    own = {place.port, place.postgres_port, place.kafka_port, place.keycloak_port, place.receiver_port}
    assert set(found) == own | {place.http_port(s) for s in SERVICES} | {place.rpc_port(s) for s in SERVICES}
    assert set(found) <= set(place.ports())
    assert all("longzhi-gansu-" in target for target in found.values())


def test_on_a_rig_the_gateway_has_a_door_of_its_own(monkeypatch, tmp_path):
    (tmp_path / "k8s-up.sh").write_text("")
    monkeypatch.setenv("K8S_RIG", str(tmp_path))
    assert 8080 not in [local for local, _, _ in k8s.ports(release())]


def test_a_release_whose_objects_would_be_called_otherwise_is_refused(monkeypatch):
    monkeypatch.setenv("K8S_RELEASE", "gansu")
    with pytest.raises(SystemExit):
        k8s.load()


def test_images_are_named_by_the_commit_unless_a_tag_is_given(monkeypatch):
    monkeypatch.delenv("IMAGE_TAG", raising=False)
    assert re.fullmatch(rf"[0-9a-f]{{7,}}({k8s.DIRTY})?", k8s.tag())
    monkeypatch.setenv("IMAGE_TAG", "1.2.3")
    assert k8s.tag() == "1.2.3"

import json
import stat
from pathlib import Path

import pytest

from ops import credentials, gateway, places, postgres, processes, programs, status, supervision, topics, up
from ops.settings import SERVICES, Platform


@pytest.fixture
def platform(tmp_path: Path) -> Platform:
    return Platform(28080, tmp_path / "state")


def test_secrets_are_made_once_and_kept_for_their_owner(platform: Platform) -> None:
    first = credentials.load(platform)
    assert credentials.load(platform) == first
    assert stat.S_IMODE((platform.run / "secrets.json").stat().st_mode) == 0o600
    assert len(set(first.values())) == len(first)
    assert first["receipt_key"].startswith("-----BEGIN PRIVATE KEY-----")


def test_a_secret_added_later_leaves_the_others_alone(platform: Platform) -> None:
    first = credentials.load(platform)
    (platform.run / "secrets.json").write_text(json.dumps({k: v for k, v in first.items() if k != "scope_key"}))
    second = credentials.load(platform)
    assert second["scope_key"] != first["scope_key"]
    assert second | {"scope_key": ""} == first | {"scope_key": ""}


def test_the_gateways_template_leaves_no_variable_open(platform: Platform) -> None:
    text = gateway.fill(gateway.TEMPLATE.read_text(), gateway.values(platform))
    assert "${" not in text
    assert "$request_id" in text
    assert "listen 127.0.0.1:28080" in text
    assert all(f"upstream {service}" in text for service in SERVICES)


def test_an_unknown_variable_in_the_template_is_an_error() -> None:
    with pytest.raises(KeyError):
        gateway.fill("${NOBODY}", {})


def test_listening_sockets_are_told_from_others_on_the_same_port() -> None:
    head = "   0: 0100007F:1F90 00000000:0000"
    lines = [f"{head} 0A 00000000:00000000 00:00000000 00000000 0 0 111 1", f"{head} 01 00000000:00000000 00:00000000 00000000 0 0 222 1"]
    assert processes.parse_listening(lines, 8080) == {"111"}
    assert processes.parse_listening(lines, 8081) == set()


def test_every_program_is_restarted_and_carries_its_mark(platform: Platform) -> None:
    text = supervision.configuration(platform, programs.of_platform(platform, credentials.load(platform)))
    sections = text.split("\n[program:")[1:]
    assert len(sections) >= 4
    for section in sections:
        name = section.split("]")[0]
        assert "autorestart=true" in section
        assert f'LONGZHI_PART="{name}"' in section
    assert "stopsignal=INT" in sections[0]  # PostgreSQL's fast shutdown


@pytest.mark.parametrize("value", ['a"b', "a\nb"])
def test_what_supervisord_would_misread_is_refused(value: str) -> None:
    with pytest.raises(ValueError):
        supervision.escape(value)
    assert supervision.escape("50%") == "50%%"


def test_only_known_parts_can_be_chosen() -> None:
    assert up.chosen("nginx, pg") == ("pg", "nginx")
    with pytest.raises(SystemExit, match="unknown part kafak"):
        up.chosen("pg,kafak")


def test_every_service_has_a_topic_for_its_dead_letters() -> None:
    assert {f"{service}.dlq.v1" for service in SERVICES} < set(topics.ALL)
    assert len(topics.ALL) == len(set(topics.ALL))


def test_a_closed_parent_folder_is_named(tmp_path: Path) -> None:
    account = places.server_account()
    if account is None:
        pytest.skip("only root runs a part under another account")
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    tmp_path.chmod(0o755)
    assert places.reachable(closed / "state", account) in (closed, *closed.parents)
    assert places.postgres_home(Platform(28080, closed / "state")).parent == Path("/var/tmp")


def test_the_database_trusts_nobody_without_a_password() -> None:
    assert "trust" not in postgres._ACCESS
    assert "peer" not in postgres._ACCESS


@pytest.mark.parametrize(("seconds", "words"), [(5, "5 s"), (64, "1 min 04 s"), (3725, "1 h 02 min")])
def test_durations_are_for_people(seconds: int, words: str) -> None:
    assert status.duration(seconds) == words

from pathlib import Path

import pytest

from ops import environment, options, settings
from ops.settings import Platform

PLATFORM = Platform(8080, Path("/nowhere/longzhi/.run/main"))
SECRETS = {f"{s}_{k}": f"{s}-{k}" for s in settings.SERVICES for k in ("owner", "app", "contact_key")} | {"scope_key": "ab" * 32}


def test_every_port_follows_from_the_gateway() -> None:
    assert (PLATFORM.postgres_port, PLATFORM.kafka_port, PLATFORM.controller_port) == (8081, 8082, 8083)
    assert (PLATFORM.keycloak_port, PLATFORM.management_port, PLATFORM.receiver_port) == (8084, 8085, 8086)
    assert (PLATFORM.http_port("directory"), PLATFORM.rpc_port("directory")) == (8090, 8091)
    assert (PLATFORM.http_port("credit"), PLATFORM.rpc_port("credit")) == (8100, 8101)


def test_no_two_programs_share_a_port() -> None:
    assert len(PLATFORM.ports()) == 7 + 2 * len(settings.SERVICES)


def test_a_relative_state_folder_is_relative_to_the_repository(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LONGZHI_RUN", ".run/other")
    monkeypatch.setenv("LONGZHI_PORT", "18080")
    assert settings.load() == Platform(18080, settings.ROOT / ".run/other")


@pytest.mark.parametrize("port", ["80", "70000"])
def test_a_port_that_leaves_no_room_is_refused(monkeypatch: pytest.MonkeyPatch, port: str) -> None:
    monkeypatch.setenv("LONGZHI_PORT", port)
    with pytest.raises(SystemExit, match="LONGZHI_PORT"):
        settings.load()


def test_a_deep_state_folder_gets_its_sockets_elsewhere() -> None:
    deep = Platform(8080, Path("/" + "d" * 120))
    assert len(str(deep.sockets / ".s.PGSQL.8081")) < 107
    assert PLATFORM.sockets == PLATFORM.run


def test_a_running_service_does_not_get_the_owners_password() -> None:
    running = environment.of_service(PLATFORM, SECRETS, "sampling")
    assert running["DATABASE_URL"] == "postgresql://sampling_app:sampling-app@127.0.0.1:8081/sampling"
    assert not any("sampling-owner" in value for value in running.values())
    assert "sampling-owner" in environment.of_migration(PLATFORM, SECRETS, "sampling")["OWNER_DATABASE_URL"]


def test_a_service_knows_its_peers_and_not_itself_as_one() -> None:
    running = environment.of_service(PLATFORM, SECRETS, "sampling")
    assert running["PLANNING_RPC_ADDR"] == "127.0.0.1:8093"
    assert "SAMPLING_RPC_ADDR" not in running
    assert running["RPC_ADDR"] == "127.0.0.1:8095"


def test_tokens_are_issued_at_the_gateway_and_their_keys_read_from_keycloak_itself() -> None:
    running = environment.of_service(PLATFORM, SECRETS, "credit")
    assert running["OIDC_ISSUER"] == "http://127.0.0.1:8080/auth/realms/longzhi"
    assert running["OIDC_JWKS_URL"] == "http://127.0.0.1:8084/auth/realms/longzhi/protocol/openid-connect/certs"


def test_receipts_are_signed_by_sampling_alone() -> None:
    holders = [s for s in settings.SERVICES if "RECEIPT_KEY_FILE" in environment.of_service(PLATFORM, SECRETS, s)]
    assert holders == ["sampling"]


def test_no_two_services_share_a_key_of_personal_data() -> None:
    keys = {environment.of_service(PLATFORM, SECRETS, s)["CONTACT_KEY"] for s in settings.SERVICES}
    assert len(keys) == len(settings.SERVICES)


def test_a_choice_is_remembered_until_another_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    platform = Platform(28080, tmp_path)
    for name in options.DEFAULTS:
        monkeypatch.delenv(name, raising=False)
    assert options.load(platform) == options.DEFAULTS
    monkeypatch.setenv("DRAW_SEED", "abcd")
    assert options.load(platform)["DRAW_SEED"] == "abcd"
    monkeypatch.delenv("DRAW_SEED")
    assert options.load(platform)["DRAW_SEED"] == "abcd"
    monkeypatch.setenv("DRAW_SEED", "")
    assert options.load(platform)["DRAW_SEED"] == ""

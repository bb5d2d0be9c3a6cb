"""The file of an onboarding: what is refused before anything is done, with pointer, code and words in both languages; how secrets are handed over."""

import copy
import tomllib
from pathlib import Path

import pytest

from ops import keycloak
from ops.onboarding import file as files
from ops.onboarding.handing import Handing, password
from ops.onboarding.registrar import CLIENT, body_of
from ops.settings import ROOT, Platform

EXAMPLES = ROOT / "deploy/examples"
BUREAU, LABORATORY = (tomllib.loads((EXAMPLES / f"onboard-{kind}.toml").read_text()) for kind in ("bureau", "laboratory"))


def changed(document, pointer, value):
    """The example with one value put otherwise; None takes it away."""
    found = copy.deepcopy(document)
    *path, last = [int(part) if part.isdigit() else part for part in pointer.strip("/").split("/")]
    place = found
    for part in path:
        place = place[part]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return found


def faults(document):
    with pytest.raises(files.Faulty) as refusal:
        files.check(files._plain(document), "62")
    return {(fault.code, fault.pointer) for fault in refusal.value.faults}


def test_the_examples_are_good_files():
    bureau = files.read(EXAMPLES / "onboard-bureau.toml", "62")
    assert (bureau.division.region.code, [person.invite for person in bureau.users]) == ("6201A1", [True, True, False])
    laboratory = files.read(EXAMPLES / "onboard-laboratory.toml", "62")
    assert body_of(laboratory.laboratory)["certificates"] == [{"cma_no": "242800340213", "valid_from": "2024-05-10", "valid_to": "2030-05-09"}]


@pytest.mark.parametrize(
    ("pointer", "value", "code"),
    [
        ("/kind", "office", "value_unknown"),
        ("/kind", None, "value_unknown"),
        ("/request", None, "field_missing"),
        ("/request", "", "text_empty"),
        ("/more", 1, "field_unknown"),
        ("/division/code", "62A101", "format"),
        ("/division/code", "6202A1", "division_code"),
        ("/division/code", "620100", "division_code"),
        ("/division/code", 620171, "field_type"),
        ("/division/parent", "620000", "division_code"),
        ("/division/level", "province", "value_unknown"),
        ("/users/0/username", "Wang", "format"),
        ("/users/1/username", "wangjun.6201a1", "user_twice"),
        ("/users/0/roles", [], "list_length"),
        ("/users/0/roles/0", "laboratory", "value_unknown"),
        ("/users/0/roles", ["planner", "approver"], "roles_together"),
        ("/users/0/roles", ["officer", "chief"], "roles_together"),
        ("/users/0/roles", ["auditor", "registrar"], "roles_together"),
        ("/users/0/invite", "yes", "field_type"),
        ("/users/0/password", "secret", "field_unknown"),
        ("/quota/requests_at_once", 0, "number_range"),
        ("/quota/requests_at_once", True, "field_type"),
    ],
)
def test_what_a_bureaus_file_may_not_say(pointer, value, code):
    where = "/division/code" if code == "division_code" else pointer
    assert faults(changed(BUREAU, pointer, value)) == {(code, where)}


@pytest.mark.parametrize(
    ("pointer", "value", "code"),
    [
        ("/laboratory/code", "l13", "format"),
        ("/laboratory/certificates", [], "list_length"),
        ("/laboratory/certificates/0/valid_from", "2024-5-10", "date_format"),
        ("/laboratory/certificates/0/valid_to", "2023-05-10", "date_order"),
        ("/laboratory/scope/1/method", None, "field_missing"),
        ("/laboratory/secret", "abc", "field_unknown"),
        ("/quota/requests_at_once", 1000, "number_range"),
    ],
)
def test_what_a_laboratorys_file_may_not_say(pointer, value, code):
    assert faults(changed(LABORATORY, pointer, value)) == {(code, pointer)}


def test_a_bureau_of_another_province_is_refused():
    moved = changed(changed(BUREAU, "/division/code", "6301A1"), "/division/parent", "630100")
    assert faults(moved) == {("division_code", "/division/code")}


def test_every_fault_is_told_at_once_in_both_languages():
    wrong = changed(changed(BUREAU, "/users/0/roles", ["planner", "approver"]), "/users/1/username", "wangjun.6201a1")
    with pytest.raises(files.Faulty) as refusal:
        files.check(wrong, "62")
    assert str(refusal.value).splitlines() == [
        "/users/0/roles: planner 与 approver 不能由同一人担任 (planner and approver must be two people) [roles_together]",
        "/users/1/username: 用户名重复:wangjun.6201a1 (the user name stands twice) [user_twice]",
    ]


@pytest.mark.parametrize(("text", "code"), [(b"kind = ", "file_syntax"), (b"\xff", "file_unreadable"), (None, "file_unreadable")])
def test_a_file_that_cannot_be_read(tmp_path, text, code):
    if text is not None:
        (tmp_path / "file.toml").write_bytes(text)
    with pytest.raises(files.Faulty) as refusal:
        files.read(tmp_path / "file.toml", "62")
    assert [fault.code for fault in refusal.value.faults] == [code]


def test_secrets_go_into_a_file_of_the_operators_own_and_nowhere_else(tmp_path, capsys):
    handing = Handing(tmp_path / "secrets.txt")
    handing.prepare()
    handing.over("client lab-L13, secret", "s3cret")
    assert (tmp_path / "secrets.txt").read_text() == "client lab-L13, secret: s3cret\n"
    assert (tmp_path / "secrets.txt").stat().st_mode & 0o777 == 0o600
    assert "s3cret" not in capsys.readouterr().out
    with pytest.raises(SystemExit):
        handing.prepare()


def test_withheld_secrets_are_shown_to_nobody(capsys):
    Handing(withheld=True).over("somebody", "s3cret")
    assert capsys.readouterr().out == ""


def test_one_time_passwords_satisfy_the_realm_and_differ():
    made = {password() for _ in range(200)}
    assert len(made) == 200
    assert all(len(each) == 16 and each.isalnum() for each in made)


def test_the_realms_client_for_it_has_a_service_account_no_secret_and_no_other_way_in():
    [client] = [each for each in keycloak.realm(Platform(8080, Path("/nowhere")))["clients"] if each["clientId"] == CLIENT]
    assert client["serviceAccountsEnabled"] and not client["publicClient"]
    assert not any(client[name] for name in ("standardFlowEnabled", "implicitFlowEnabled", "directAccessGrantsEnabled", "fullScopeAllowed"))
    assert "secret" not in client


def test_the_realm_records_who_changed_an_identity_and_to_what():
    realm = keycloak.realm(Platform(8080, Path("/nowhere")))
    assert realm["adminEventsEnabled"] and realm["adminEventsDetailsEnabled"]

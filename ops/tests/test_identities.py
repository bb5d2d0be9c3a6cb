import csv
import json
from collections import Counter
from pathlib import Path

import pytest

from ops import identities, keycloak
from ops.settings import ROOT, Platform

PLACES = identities.bureaus(ROOT / "demo/data/divisions.csv")
USERS = {user["username"]: user for user in identities.users(PLACES)}


@pytest.mark.parametrize(("code", "prefix"), [("620000", "62"), ("620100", "6201"), ("620200", "6202"), ("620102", "620102")])
def test_prefix_of_a_division_code(code: str, prefix: str) -> None:
    assert identities.prefix_of(code) == prefix


def test_everybody_of_the_contract_has_a_user() -> None:
    assert len(PLACES) == 101
    assert len(USERS) == 101 * 6 + 87 + 2
    for name in ("planner.62", "approver.62", "auditor.62", "experts.62", "officer.6201", "officer.620102", "credit.6201", "sampler.6202"):
        assert name in USERS


def test_samplers_are_at_the_lowest_level_only() -> None:
    assert "sampler.620102" in USERS
    assert "sampler.6202" in USERS
    assert "sampler.6201" not in USERS
    assert "sampler.62" not in USERS


def test_nobody_holds_two_roles() -> None:
    assert Counter(len(user["realmRoles"]) for user in USERS.values()) == {1: len(USERS)}
    assert USERS["experts.62"]["realmRoles"] == ["expert_admin"]


def test_laboratories_fall_back_to_twelve(tmp_path: Path) -> None:
    assert identities.laboratories(tmp_path / "none.csv") == [f"L{n:02}" for n in range(1, 13)]
    path = tmp_path / "laboratories.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([["code", "name"], ["X9", "某机构"]])
    assert identities.laboratories(path) == ["X9"]


def test_the_production_realm_knows_neither_demo_users_nor_the_password_grant() -> None:
    realm = keycloak.realm(Platform(8080, Path("/nowhere")))
    assert "users" not in realm
    assert [client["clientId"] for client in realm["clients"]] == ["console", "longzhi-onboarding"]
    assert not any(client["directAccessGrantsEnabled"] for client in realm["clients"])


def test_the_realm_has_every_role_that_a_demo_identity_needs() -> None:
    realm = keycloak.realm(Platform(8080, Path("/nowhere")))
    roles = {role["name"] for role in realm["roles"]["realm"]}
    assert {role for user in USERS.values() for role in user["realmRoles"]} | {"laboratory"} == roles


def test_the_realm_declares_the_attributes_that_keycloak_would_drop() -> None:
    realm = keycloak.realm(Platform(8080, Path("/nowhere")))
    component = realm["components"]["org.keycloak.userprofile.UserProfileProvider"][0]
    profile = json.loads(component["config"]["kc.user.profile.config"][0])
    declared = {attribute["name"]: attribute["permissions"]["edit"] for attribute in profile["attributes"]}
    assert declared["region_code"] == declared["laboratory_code"] == ["admin"]


def test_the_realm_follows_the_port_of_the_gateway() -> None:
    console = keycloak.realm(Platform(18080, Path("/nowhere")))["clients"][0]
    assert console["redirectUris"] == ["http://127.0.0.1:18080/*"]

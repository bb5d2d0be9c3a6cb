"""The demonstration's users and clients (design.md section 6), loaded into a running realm; the production realm has none of them."""

import argparse
import base64
import csv
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ops import administration, credentials, keycloak, settings
from ops.progress import fail, say
from ops.settings import REALM, ROOT, Platform

PASSWORD = "demo"
TITLES = {
    "officer": "执法人员",
    "chief": "负责人",
    "credit": "信用公示",
    "planner": "计划编制",
    "approver": "计划审批",
    "registrar": "名录维护",
    "sampler": "抽样人员",
    "auditor": "审计",
    "expert_admin": "专家库管理",
}
_EVERYWHERE = ("officer", "chief", "credit", "planner", "approver", "registrar")
ROUNDS = 1000
# Keycloak hashes a password anew at its first login when the realm asks for another manner, a fifth of a second of CPU each; the demonstration's
# password is public, so its realm asks for the manner that the users come with. The production realm keeps Keycloak's own.
POLICY = {"passwordPolicy": f"hashAlgorithm(pbkdf2-sha256) and hashIterations({ROUNDS})"}
_LIFESPAN = {"access.token.lifespan": "1800"}


def prefix_of(code: str) -> str:
    """The covering prefix of a division code: 620000 is 62, 620100 is 6201, 620102 stays."""
    if code.endswith("0000"):
        return code[:2]
    return code[:4] if code.endswith("00") else code


def bureaus(path: Path) -> list[tuple[str, str]]:
    """Prefix and name of every bureau, from a CSV of divisions (code, name, level, parent_code)."""
    with path.open(newline="", encoding="utf-8-sig") as file:
        return [(prefix_of(row["code"]), row["name"]) for row in csv.DictReader(file)]


def laboratories(path: Path) -> list[str]:
    """Codes of the laboratories, from a CSV with the column `code`; L01 to L12 when there is no file."""
    if not path.exists():
        return [f"L{number:02}" for number in range(1, 13)]
    with path.open(newline="", encoding="utf-8-sig") as file:
        return [row["code"] for row in csv.DictReader(file)]


def roles_of(prefix: str, prefixes: set[str]) -> Iterator[tuple[str, str]]:
    """User name and role of everybody in one bureau."""
    for role in _EVERYWHERE:
        yield f"{role}.{prefix}", role
    lowest = not any(other != prefix and other.startswith(prefix) for other in prefixes)
    if lowest:  # counties, and 嘉峪关, a prefecture without counties
        yield f"sampler.{prefix}", "sampler"
    if len(prefix) == 2:
        yield f"auditor.{prefix}", "auditor"
        yield f"experts.{prefix}", "expert_admin"


def users(places: list[tuple[str, str]]) -> list[dict[str, Any]]:
    """Every demonstration user, as Keycloak imports it."""
    prefixes = {prefix for prefix, _ in places}
    credential = hashed(PASSWORD)
    return [
        {
            "username": name,
            "enabled": True,
            "firstName": f"{place} {TITLES[role]}",
            "attributes": {"region_code": [prefix]},
            "realmRoles": [role],
            "credentials": [credential],
        }
        for prefix, place in places
        for name, role in roles_of(prefix, prefixes)
    ]


def hashed(password: str) -> dict[str, str]:
    """A credential that Keycloak need not hash again for each of 700 users; public anyway, hence the fixed salt and few rounds."""
    salt, rounds = b"longzhi-demo-only", ROUNDS
    value = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, rounds, 64)
    secret = {"value": base64.b64encode(value).decode(), "salt": base64.b64encode(salt).decode(), "additionalParameters": {}}
    manner = {"hashIterations": rounds, "algorithm": "pbkdf2-sha256", "additionalParameters": {}}
    return {"type": "password", "secretData": json.dumps(secret), "credentialData": json.dumps(manner)}


def clients(codes: list[str]) -> list[dict[str, Any]]:
    """Client for scripts, and one client with a service account per laboratory."""
    common = {"enabled": True, "standardFlowEnabled": False, "fullScopeAllowed": False, "attributes": _LIFESPAN}
    common |= {"defaultClientScopes": ["basic", "longzhi"], "optionalClientScopes": []}
    scripts = common | {"clientId": "demo-cli", "publicClient": True, "directAccessGrantsEnabled": True}
    confidential = common | {"publicClient": False, "serviceAccountsEnabled": True, "directAccessGrantsEnabled": False}
    return [scripts, *(confidential | {"clientId": f"lab-{code}", "secret": f"demo-{code}"} for code in codes)]


def service_account(code: str) -> dict[str, Any]:
    """The user behind a laboratory's client."""
    return {
        "username": administration.service_account(f"lab-{code}"),
        "enabled": True,
        "serviceAccountClientId": f"lab-{code}",
        "firstName": f"承检机构 {code}",
        "attributes": {"laboratory_code": [code]},
        "realmRoles": ["laboratory"],
    }


def load(platform: Platform, divisions: Path, labs: Path, secrets: dict[str, str] | None = None) -> int:
    """Loads all identities in one call, skips those that exist, and returns how many were new. `secrets`: the platform's own, unless given."""
    secrets = secrets or credentials.load(platform)
    codes = laboratories(labs)
    people = users(bureaus(divisions)) + [service_account(code) for code in codes]
    document = {"ifResourceExists": "SKIP", "clients": clients(codes), "users": people}
    with keycloak.administrator(platform, secrets) as admin:
        admin.put(f"/admin/realms/{REALM}", json=POLICY).raise_for_status()
        answer = admin.post(f"/admin/realms/{REALM}/partialImport", json=document)
        if answer.status_code != 200:
            raise fail(f"Keycloak refused the demonstration's identities: {answer.status_code} {answer.text[:2000]}")
    with keycloak.administrator(platform, secrets) as admin:  # anew: on a busy machine the import outlives a token's minute
        for code in codes:
            administration.complete(admin, f"lab-{code}", f"承检机构 {code}", "laboratory", {"laboratory_code": [code]})
    return int(answer.json()["added"])


def main() -> None:
    """Command line: `python -m ops.identities [divisions.csv] [laboratories.csv]`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("divisions", type=Path, nargs="?", default=ROOT / "demo/data/divisions.csv")
    parser.add_argument("laboratories", type=Path, nargs="?", default=ROOT / "demo/data/laboratories.csv")
    paths = parser.parse_args()
    added = load(settings.load(), paths.divisions, paths.laboratories)
    say(f"identities: {added} new, password {PASSWORD}")


if __name__ == "__main__":
    main()

"""What is to be done for a file: what is there is compared with what is wanted; nothing is ever deleted and no password is ever reset."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import httpx

from ops import administration, realm
from ops.onboarding import Change
from ops.onboarding.file import ROLES, BureauFile, Fault, Faulty, LaboratoryFile, Person, check_roles
from ops.onboarding.handing import Handing, password
from ops.onboarding.registrar import Registrar, body_of

QUOTA = "requests_at_once"
LABORATORY_CLIENT: dict[str, Any] = {
    "enabled": True, "publicClient": False, "standardFlowEnabled": False, "implicitFlowEnabled": False, "directAccessGrantsEnabled": False,
    "serviceAccountsEnabled": True, "fullScopeAllowed": False, "attributes": {"access.token.lifespan": "1800"},
    "defaultClientScopes": ["basic", "longzhi"], "optionalClientScopes": [],
}  # fmt: skip


def bureau(admin: httpx.Client, registrar: Registrar, file: BureauFile, handing: Handing) -> list[Change]:
    """A division that is missing or named otherwise, the bureau's group with its quota, and its people."""
    wanted, known = file.division, registrar.division(file.division.code)
    chain, changes = registrar.chain(file), []
    if known is not None and (known["level"], known["parent_code"]) != (wanted.level, wanted.parent):
        raise Faulty(
            [Fault("division_in_use", "/division", "区划已启用,级别和上级不能更改", "level and parent of a division that is there cannot change")]
        )
    if known is None or known["name"] != wanted.name or (wanted.valid_from and known["valid_from"] != wanted.valid_from.isoformat()):
        text = f"division {wanted.code} {wanted.name}: {wanted.level} below {wanted.parent}"
        changes.append(Change(text, lambda _: registrar.put_division(wanted, known), at_directory=True))
    place = "/" + "/".join(prefix for prefix, _ in reversed(chain))
    answer = admin.get(f"{administration.HOME}/group-by-path{place}")
    group = answer.json() if answer.status_code == 200 else None
    if group is None:
        changes.append(Change(f"group {wanted.region} of the bureau's people", lambda admin: _make_groups(admin, chain)))
    changes += _group_quota(file, group, place)
    members = {each["username"] for each in administration.get(admin, f"/groups/{group['id']}/members", max="5000")} if group else set()
    for number, person in enumerate(file.users):
        changes += _person(admin, person, (number, wanted.region.code, place, person.username in members), handing)
    return changes


def _make_groups(admin: httpx.Client, chain: list[tuple[str, str]]) -> None:
    realm.groups(admin, chain)


def _group_quota(file: BureauFile, group: dict[str, Any] | None, place: str) -> Iterator[Change]:
    if file.quota is None or (group or {}).get("attributes", {}).get(QUOTA) == [str(file.quota.requests_at_once)]:
        return
    yield Change(
        f"quota of the bureau: {file.quota.requests_at_once} requests at once", partial(_set_group_quota, place, file.quota.requests_at_once)
    )


def _set_group_quota(place: str, quota: int, admin: httpx.Client) -> None:
    group = administration.get(admin, f"/group-by-path{place}")
    attributes = group.get("attributes", {}) | {QUOTA: [str(quota)]}
    administration.send(admin, "PUT", f"/groups/{group['id']}", group | {"attributes": attributes})


def _person(admin: httpx.Client, person: Person, where: tuple[int, str, str, bool], handing: Handing) -> Iterator[Change]:
    """Make a person, or give one that is there the roles and the group that are missing. `where`: place in the file, bureau, group, member."""
    number, prefix, place, is_member = where
    known = administration.find_user(admin, person.username)
    if known is None:
        text = f"user {person.username} ({'、'.join(person.roles)}), {'one-time password' if person.invite else 'no password'}"
        yield Change(text, partial(_make_person, person, (prefix, place), handing))
        return
    owner = known.get("attributes", {}).get("region_code", [prefix] if is_member else [""])
    if owner != [prefix]:
        zh = f"用户名 {person.username} 已属于其他机构"
        raise Faulty([Fault("user_elsewhere", f"/users/{number}/username", zh, "this user name belongs to another bureau")])
    held = administration.roles_of(admin, known["id"])
    missing = [role for role in person.roles if role not in held]
    faults = list(check_roles((held | set(missing)) & ROLES, f"/users/{number}/roles"))
    if faults:
        raise Faulty(faults)
    if missing:
        yield Change(f"user {person.username}: also {'、'.join(missing)}", lambda admin: administration.give_roles(admin, known["id"], missing))
    if not is_member:
        yield Change(f"user {person.username}: into group {prefix}", lambda admin: _join(admin, known["id"], place))


def _make_person(person: Person, where: tuple[str, str], handing: Handing, admin: httpx.Client) -> None:
    prefix, place = where
    body = {"username": person.username, "enabled": True, "firstName": person.name, "attributes": {"region_code": [prefix]}}
    answer = administration.send(admin, "POST", "/users", body | {"requiredActions": ["UPDATE_PASSWORD"] if person.invite else []})
    made = answer.headers["Location"].rsplit("/", 1)[-1]
    administration.give_roles(admin, made, person.roles)
    _join(admin, made, place)
    if person.invite and not handing.withheld:
        secret = password()
        administration.send(admin, "PUT", f"/users/{made}/reset-password", {"type": "password", "value": secret, "temporary": True})
        handing.over(f"{person.username}, one-time password", secret)


def _join(admin: httpx.Client, user_id: str, place: str) -> None:
    group = administration.get(admin, f"/group-by-path{place}")
    administration.send(admin, "PUT", f"/users/{user_id}/groups/{group['id']}", {})


def laboratory(admin: httpx.Client, registrar: Registrar, file: LaboratoryFile, handing: Handing) -> list[Change]:
    """A laboratory that is missing or accredited otherwise, its client with its service account, and its quota."""
    wanted, changes = file.laboratory, []
    known, client_id = registrar.laboratory(wanted.code), f"lab-{wanted.code}"
    if known is None or not _is_same(known, body_of(wanted)):
        text = f"laboratory {wanted.code} {wanted.name}: {len(wanted.certificates)} certificates, {len(wanted.scope)} items"
        changes.append(Change(text, lambda _: registrar.put_laboratory(wanted), at_directory=True))
    attributes = {"laboratory_code": [wanted.code]}
    finish = partial(administration.complete, client_id=client_id, name=wanted.name[:64], role="laboratory", attributes=attributes)
    if administration.find_client(admin, client_id) is None:
        changes.append(Change(f"client {client_id} with its service account", lambda admin: _make_client(admin, client_id, finish, handing)))
    elif not administration.is_complete(admin, client_id, "laboratory", attributes):
        changes.append(Change(f"service account of client {client_id}", finish))
    if file.quota is not None:
        more = {QUOTA: [str(file.quota.requests_at_once)]}
        if not administration.is_complete(admin, client_id, "laboratory", attributes | more):
            text = f"quota of the laboratory: {file.quota.requests_at_once} requests at once"
            changes.append(Change(text, partial(finish, attributes=attributes | more)))
    return changes


def _make_client(admin: httpx.Client, client_id: str, finish: Any, handing: Handing) -> None:
    administration.ensure_client(admin, LABORATORY_CLIENT | {"clientId": client_id})
    finish(admin)
    made = administration.find_client(admin, client_id) or {}
    handing.over(f"client {client_id}, secret", administration.get(admin, f"/clients/{made['id']}/client-secret")["value"])


def _is_same(known: dict[str, Any], wanted: dict[str, Any]) -> bool:
    """Whether a laboratory stands in the directory as wanted, in whichever order."""

    def sorted_in(body: dict[str, Any]) -> dict[str, Any]:
        lists = {name: sorted(map(repr, map(sorted, (each.items() for each in body[name])))) for name in ("certificates", "scope")}
        return {name: body[name] for name in wanted} | lists

    return sorted_in(known) == sorted_in(wanted)

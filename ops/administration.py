"""What our tools say to Keycloak's administration of the realm: bare calls, and the few things that more than one tool makes."""

from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from ops.settings import REALM

HOME = f"/admin/realms/{REALM}"
Wanted = dict[str, Any]


def get(admin: httpx.Client, path: str, **query: str) -> Any:
    """What lies at a path below the realm."""
    return admin.get(HOME + path, params=query).raise_for_status().json()


def send(admin: httpx.Client, method: str, path: str, body: Any) -> httpx.Response:
    """One change below the realm."""
    return admin.request(method, HOME + path, json=body).raise_for_status()


def covers(known: Any, wanted: Any) -> bool:
    """Whether everything that is wanted stands in what is known; lists as sets."""
    if isinstance(wanted, dict):
        return isinstance(known, dict) and all(covers(known.get(name), value) for name, value in wanted.items())
    if isinstance(wanted, list):
        return isinstance(known, list) and all(any(covers(one, value) for one in known) for value in wanted)
    return bool(known == wanted)


def find_client(admin: httpx.Client, client_id: str) -> Wanted | None:
    """A client by the name it signs in with."""
    found: list[Wanted] = get(admin, "/clients", clientId=client_id)
    return found[0] if found else None


def ensure_client(admin: httpx.Client, wanted: Wanted) -> list[str]:
    """A client as wanted; what an administrator added to its addresses stays."""
    known = find_client(admin, wanted["clientId"])
    if known is None:
        send(admin, "POST", "/clients", wanted)
        return [f"client {wanted['clientId']}"]
    joined = {name: sorted({*known.get(name, []), *wanted.get(name, [])}) for name in ("redirectUris", "webOrigins")}
    fixed = {name: value for name, value in wanted.items() if name not in joined and not name.endswith("ClientScopes")}
    changed = known | fixed | joined | {"attributes": known.get("attributes", {}) | wanted.get("attributes", {})}
    if covers(known, fixed) and all(sorted(known.get(name, [])) == value for name, value in joined.items()):
        return []
    send(admin, "PUT", f"/clients/{known['id']}", changed)
    return [f"client {wanted['clientId']}"]


def find_user(admin: httpx.Client, username: str) -> Wanted | None:
    """A user, or the service account behind a client, by its exact name."""
    found: list[Wanted] = get(admin, "/users", username=username, exact="true")
    return found[0] if found else None


def roles_of(admin: httpx.Client, user_id: str) -> set[str]:
    """The realm's roles that a user has been given."""
    return {role["name"] for role in get(admin, f"/users/{user_id}/role-mappings/realm")}


def give_roles(admin: httpx.Client, user_id: str, names: Sequence[str]) -> None:
    """Give roles that the user lacks."""
    roles = [get(admin, f"/roles/{name}") for name in names if name not in roles_of(admin, user_id)]
    if roles:
        send(admin, "POST", f"/users/{user_id}/role-mappings/realm", roles)


def service_account(client_id: str) -> str:
    """The name of the user behind a client."""
    return f"service-account-{client_id}".lower()


def is_complete(admin: httpx.Client, client_id: str, role: str, attributes: Mapping[str, list[str]]) -> bool:
    """Whether a client's service account has its role and attributes."""
    found = find_user(admin, service_account(client_id))
    return found is not None and covers(found.get("attributes", {}), dict(attributes)) and role in roles_of(admin, found["id"])


def complete(admin: httpx.Client, client_id: str, name: str, role: str, attributes: Mapping[str, list[str]]) -> None:
    """A service account that its client's making has made lacks attributes and role: gives it both."""
    found = find_user(admin, service_account(client_id))
    if found is None:
        raise LookupError(f"client {client_id} has no service account")
    if not covers(found.get("attributes", {}), dict(attributes)):
        changed = {"attributes": found.get("attributes", {}) | dict(attributes), "firstName": name}
        send(admin, "PUT", f"/users/{found['id']}", found | changed)
    give_roles(admin, found["id"], [role])

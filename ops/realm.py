"""The realm kept in step with deploy/local/longzhi-realm.json: what is missing is added, what is ours is mended, nothing is ever deleted.

Ours are the roles, the client scopes with their mappers, the console, the declared attributes of users, and one group per bureau. What an
administrator added beside them (users, clients, groups, redirect addresses, the realm's own settings) stays as it is.
"""

import json
from typing import Any

import httpx

from ops.settings import REALM

Wanted = dict[str, Any]
_HOME = f"/admin/realms/{REALM}"
_PROFILE = "org.keycloak.userprofile.UserProfileProvider"


def sync(admin: httpx.Client, wanted: Wanted, bureaus: list[tuple[str, str]]) -> list[str]:
    """Brings the realm to its file; returns what was changed, nothing at the second call. `bureaus`: prefix and name."""
    if admin.get(_HOME).status_code == 404:
        admin.post("/admin/realms", json=wanted).raise_for_status()
        return ["created", *_groups(admin, bureaus)]
    changes = _roles(admin, wanted["roles"]["realm"])
    changes += [change for scope in wanted["clientScopes"] for change in _client_scope(admin, scope)]
    changes += _scope_roles(admin, wanted["scopeMappings"])
    changes += [change for client in wanted["clients"] for change in _client(admin, client)]
    changes += _profile(admin, wanted["components"][_PROFILE][0])
    return changes + _groups(admin, bureaus)


def _roles(admin: httpx.Client, wanted: list[Wanted]) -> list[str]:
    present = {role["name"] for role in _get(admin, "/roles")}
    missing = [role for role in wanted if role["name"] not in present]
    for role in missing:
        _send(admin, "POST", "/roles", role)
    return [f"role {role['name']}" for role in missing]


def _client_scope(admin: httpx.Client, wanted: Wanted) -> list[str]:
    present = {scope["name"]: scope for scope in _get(admin, "/client-scopes")}
    if wanted["name"] not in present:
        _send(admin, "POST", "/client-scopes", wanted)
        return [f"client scope {wanted['name']}"]
    found = present[wanted["name"]]
    mappers = {mapper["name"]: mapper for mapper in found.get("protocolMappers", [])}
    path, changes = f"/client-scopes/{found['id']}/protocol-mappers/models", []
    for mapper in wanted.get("protocolMappers", []):
        known = mappers.get(mapper["name"])
        if known is None:
            _send(admin, "POST", path, mapper)
        elif not _covers(known, mapper):
            _send(admin, "PUT", f"{path}/{known['id']}", known | mapper | {"config": known.get("config", {}) | mapper["config"]})
        else:
            continue
        changes.append(f"mapper {wanted['name']}/{mapper['name']}")
    return changes


def _scope_roles(admin: httpx.Client, wanted: list[Wanted]) -> list[str]:
    scopes = {scope["name"]: scope["id"] for scope in _get(admin, "/client-scopes")}
    roles = {role["name"]: role for role in _get(admin, "/roles")}
    changes = []
    for mapping in wanted:
        path = f"/client-scopes/{scopes[mapping['clientScope']]}/scope-mappings/realm"
        present = {role["name"] for role in _get(admin, path)}
        missing = [roles[name] for name in mapping["roles"] if name not in present]
        if missing:
            _send(admin, "POST", path, missing)
            changes.append(f"{len(missing)} roles in scope {mapping['clientScope']}")
    return changes


def _client(admin: httpx.Client, wanted: Wanted) -> list[str]:
    found = _get(admin, "/clients", clientId=wanted["clientId"])
    if not found:
        _send(admin, "POST", "/clients", wanted)
        return [f"client {wanted['clientId']}"]
    known = found[0]
    joined = {name: sorted({*known.get(name, []), *wanted.get(name, [])}) for name in ("redirectUris", "webOrigins")}
    fixed = {name: value for name, value in wanted.items() if name not in joined and not name.endswith("ClientScopes")}
    changed = known | fixed | joined | {"attributes": known.get("attributes", {}) | wanted.get("attributes", {})}
    if _covers(known, fixed) and all(sorted(known.get(name, [])) == value for name, value in joined.items()):
        return []
    _send(admin, "PUT", f"/clients/{known['id']}", changed)
    return [f"client {wanted['clientId']}"]


def _profile(admin: httpx.Client, wanted: Wanted) -> list[str]:
    declared = json.loads(wanted["config"]["kc.user.profile.config"][0])["attributes"]
    found = _get(admin, "/users/profile")
    present = {attribute["name"] for attribute in found["attributes"]}
    missing = [attribute for attribute in declared if attribute["name"] not in present]
    if missing:
        _send(admin, "PUT", "/users/profile", found | {"attributes": [*found["attributes"], *missing]})
    return [f"user attribute {attribute['name']}" for attribute in missing]


def _groups(admin: httpx.Client, bureaus: list[tuple[str, str]]) -> list[str]:
    """One group per bureau, named by its prefix, each below the bureau that covers it; who is in it sees by which attribute."""
    known: dict[str, str] = {}
    made = 0
    for prefix, name in sorted(bureaus, key=lambda bureau: len(bureau[0])):
        parent = next((prefix[:size] for size in (4, 2) if size < len(prefix) and prefix[:size] in known), None)
        path = f"/groups/{known[parent]}/children" if parent else "/groups"
        present = {group["name"]: group["id"] for group in _get(admin, path, max="1000", briefRepresentation="true")}
        if prefix not in present:
            attributes = {"region_code": [prefix], "name": [name]}
            answer = _send(admin, "POST", path, {"name": prefix, "attributes": attributes})
            present[prefix] = answer.headers["Location"].rsplit("/", 1)[-1]
            made += 1
        known[prefix] = present[prefix]
    return [f"{made} groups of bureaus"] if made else []


def _covers(known: Any, wanted: Any) -> bool:
    """Whether everything that is wanted stands in what is known; lists as sets."""
    if isinstance(wanted, dict):
        return isinstance(known, dict) and all(_covers(known.get(name), value) for name, value in wanted.items())
    if isinstance(wanted, list):
        return isinstance(known, list) and all(any(_covers(one, value) for one in known) for value in wanted)
    return bool(known == wanted)


def _get(admin: httpx.Client, path: str, **query: str) -> Any:
    return admin.get(_HOME + path, params=query).raise_for_status().json()


def _send(admin: httpx.Client, method: str, path: str, body: Any) -> httpx.Response:
    return admin.request(method, _HOME + path, json=body).raise_for_status()

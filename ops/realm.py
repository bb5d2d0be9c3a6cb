"""The realm kept in step with deploy/local/longzhi-realm.json: what is missing is added, what is ours is mended, nothing is ever deleted.

Ours are the roles, the client scopes with their mappers, our clients, the declared attributes of users, that events are recorded, and one group
per bureau. What an administrator added beside them (users, clients, groups, redirect addresses, the realm's own settings) stays as it is.
"""

import json

import httpx

from ops.administration import HOME, Wanted, covers, ensure_client, get, send

_PROFILE = "org.keycloak.userprofile.UserProfileProvider"


def sync(admin: httpx.Client, wanted: Wanted, bureaus: list[tuple[str, str]]) -> list[str]:
    """Brings the realm to its file; returns what was changed, nothing at the second call. `bureaus`: prefix and name."""
    if admin.get(HOME).status_code == 404:
        admin.post("/admin/realms", json=wanted).raise_for_status()
        return ["created", *groups(admin, bureaus)]
    changes = _roles(admin, wanted["roles"]["realm"])
    changes += [change for scope in wanted["clientScopes"] for change in _client_scope(admin, scope)]
    changes += _scope_roles(admin, wanted["scopeMappings"])
    changes += [change for client in wanted["clients"] for change in ensure_client(admin, client)]
    changes += _events(admin, wanted)
    changes += _profile(admin, wanted["components"][_PROFILE][0])
    return changes + groups(admin, bureaus)


def _roles(admin: httpx.Client, wanted: list[Wanted]) -> list[str]:
    present = {role["name"] for role in get(admin, "/roles")}
    missing = [role for role in wanted if role["name"] not in present]
    for role in missing:
        send(admin, "POST", "/roles", role)
    return [f"role {role['name']}" for role in missing]


def _client_scope(admin: httpx.Client, wanted: Wanted) -> list[str]:
    present = {scope["name"]: scope for scope in get(admin, "/client-scopes")}
    if wanted["name"] not in present:
        send(admin, "POST", "/client-scopes", wanted)
        return [f"client scope {wanted['name']}"]
    found = present[wanted["name"]]
    mappers = {mapper["name"]: mapper for mapper in found.get("protocolMappers", [])}
    path, changes = f"/client-scopes/{found['id']}/protocol-mappers/models", []
    for mapper in wanted.get("protocolMappers", []):
        known = mappers.get(mapper["name"])
        if known is None:
            send(admin, "POST", path, mapper)
        elif not covers(known, mapper):
            send(admin, "PUT", f"{path}/{known['id']}", known | mapper | {"config": known.get("config", {}) | mapper["config"]})
        else:
            continue
        changes.append(f"mapper {wanted['name']}/{mapper['name']}")
    return changes


def _scope_roles(admin: httpx.Client, wanted: list[Wanted]) -> list[str]:
    scopes = {scope["name"]: scope["id"] for scope in get(admin, "/client-scopes")}
    roles = {role["name"]: role for role in get(admin, "/roles")}
    changes = []
    for mapping in wanted:
        path = f"/client-scopes/{scopes[mapping['clientScope']]}/scope-mappings/realm"
        present = {role["name"] for role in get(admin, path)}
        missing = [roles[name] for name in mapping["roles"] if name not in present]
        if missing:
            send(admin, "POST", path, missing)
            changes.append(f"{len(missing)} roles in scope {mapping['clientScope']}")
    return changes


def _events(admin: httpx.Client, wanted: Wanted) -> list[str]:
    """Who changed which identity, and to what, is always recorded: the onboarding's audit trail lies there."""
    ours = {name: wanted[name] for name in ("eventsEnabled", "adminEventsEnabled", "adminEventsDetailsEnabled")}
    found = get(admin, "/events/config")
    if covers(found, ours):
        return []
    send(admin, "PUT", "/events/config", found | ours)
    return ["recording of events"]


def _profile(admin: httpx.Client, wanted: Wanted) -> list[str]:
    declared = json.loads(wanted["config"]["kc.user.profile.config"][0])["attributes"]
    found = get(admin, "/users/profile")
    present = {attribute["name"]: attribute for attribute in found["attributes"]}
    changed = [attribute for attribute in declared if not covers(present.get(attribute["name"]), attribute)]
    if changed:
        merged = present | {attribute["name"]: present.get(attribute["name"], {}) | attribute for attribute in changed}
        send(admin, "PUT", "/users/profile", found | {"attributes": list(merged.values())})
    return [f"user attribute {attribute['name']}" for attribute in changed]


def groups(admin: httpx.Client, bureaus: list[tuple[str, str]]) -> list[str]:
    """One group per bureau, named by its prefix, each below the bureau that covers it; who is in it sees by which attribute."""
    known: dict[str, str] = {}
    made = 0
    for prefix, name in sorted(bureaus, key=lambda bureau: len(bureau[0])):
        parent = next((prefix[:size] for size in (4, 2) if size < len(prefix) and prefix[:size] in known), None)
        path = f"/groups/{known[parent]}/children" if parent else "/groups"
        present = {group["name"]: group["id"] for group in get(admin, path, max="1000", briefRepresentation="true")}
        if prefix not in present:
            attributes = {"region_code": [prefix], "name": [name]}
            answer = send(admin, "POST", path, {"name": prefix, "attributes": attributes})
            present[prefix] = answer.headers["Location"].rsplit("/", 1)[-1]
            made += 1
        known[prefix] = present[prefix]
    return [f"{made} groups of bureaus"] if made else []

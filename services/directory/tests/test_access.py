"""One test per row of tests/access.yaml and relation; a route or RPC without a row fails."""

import grpc
import pytest
from google.protobuf import json_format
from longzhi.directory.v1 import directory_service_pb2 as pb
from longzhi.directory.v1.directory_service_pb2_grpc import DirectoryServiceStub
from samples import laboratory

from common import rpc, testing
from common.errors import KINDS
from common.testing import token
from directory import api
from directory import rpc as ours

ROWS = testing.access_rows("directory")
STATUS = {kind.rpc_status: kind.status for kind in reversed(KINDS) if kind.status in (401, 403, 404, 409, 422)}
WRONG_ROLE = "laboratory"
CASES = [(row, relation) for row in ROWS for relation in row["expect"]]


def test_every_route_and_rpc_has_its_row():
    routes = {f"{method} {route.path}" for route in api.router.routes for method in route.methods}
    rpcs = {f"RPC {service.name}/{method.name}" for service in pb.DESCRIPTOR.services_by_name.values() for method in service.methods}
    assert sorted(row["op"] for row in ROWS) == sorted(routes | rpcs)


@pytest.mark.parametrize("route", api.router.routes, ids=lambda route: route.name)
def test_the_route_asks_for_the_roles_of_its_row(route):
    [row] = [row for row in ROWS if row["op"] in {f"{method} {route.path}" for method in route.methods}]
    asked = [found for each in route.dependant.dependencies if (found := getattr(each.call, "roles", None))]
    assert sorted(row["roles"]) == sorted(asked[0] if asked else [])


def place_of(row, relation):
    """The caller's roles and place."""
    owner = "62" if row["prepare"] in ("laboratory", "new_division") else "620102"
    if relation == "laboratory":
        return ("laboratory",), {"laboratory": "L01"}
    roles = (WRONG_ROLE,) if relation == "wrong_role" else tuple(row["roles"][:1])
    return roles, {"region": {"superior": "62", "neighbour": "620103", "nobody": None}.get(relation, owner)}


def filled(body, ids):
    if isinstance(body, list):
        return [filled(each, ids) for each in body]
    if isinstance(body, dict):
        return {name: filled(value, ids) for name, value in body.items()}
    return body.format(**ids) if isinstance(body, str) and body.startswith("{") else body


async def call_http(platform, row, relation, ids):
    roles, place = place_of(row, relation)
    method, path = row["op"].split()
    body = filled(row["body"], ids)
    sent = {"content": body.encode(), "headers": {"Content-Type": "text/csv"}} if isinstance(body, str) else {"json": body} if body else {}
    params = {"uscc": ids["uscc"]} if row["prepare"] == "resolvable" else None
    return (await platform.client("user", *roles, **place).request(method, path.format(**ids), params=params, **sent)).status_code


async def call_rpc(platform, row, relation, ids):
    server = grpc.aio.server()
    ours.add(platform.runtime, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    roles, place = place_of(row, relation)
    name = row["op"].rpartition("/")[2]
    metadata = (("authorization", f"Bearer {token('user', *roles, **place)}"),) if relation != "nobody" else ()
    message = json_format.ParseDict(filled(row["body"], ids), getattr(pb, f"{name}Request")())
    try:
        async with rpc.channel(f"127.0.0.1:{port}") as channel:
            await getattr(DirectoryServiceStub(channel), name)(message, timeout=5, metadata=metadata)
    except grpc.aio.AioRpcError as error:
        return STATUS[error.code().name]
    finally:
        await server.stop(0)
    return 200


async def ids_of(platform, state):
    """Bring the record into the state that a row names; the ids that its path and body need."""
    ids = {"code": {"division": "620102", "new_division": "6201A1"}.get(state, "L01")}
    if state in ("nothing", "division", "new_division"):
        return ids
    if state == "laboratory":
        await platform.client("p", "registrar", region="62").put("/v1/labs/L01", json=laboratory())
        return ids
    client = platform.client("r", "registrar", region="620102")
    new = next(row["body"] for row in ROWS if row["op"] == "POST /v1/enterprises")
    firm = (await client.post("/v1/enterprises", json=new)).json()
    ids |= {"enterprise_id": firm["id"], "uscc": firm["uscc"]}
    if state == "licence":
        held = {"kind": "XK", "number": "XK16-204-00001", "valid_from": "2019-03-01"}
        ids["licence_id"] = (await client.post(f"/v1/enterprises/{firm['id']}/licences", json=held)).json()["id"]
    return ids


@pytest.mark.parametrize(("row", "relation"), CASES, ids=[f"{row['op']} {relation}" for row, relation in CASES])
async def test_access(platform, row, relation):
    ids = await ids_of(platform, row["prepare"])
    call = call_rpc if row["op"].startswith("RPC") else call_http
    assert await call(platform, row, relation, ids) == row["expect"][relation]

"""One test per row of tests/access.yaml and relation; a route or RPC without a row fails."""

import grpc
import pytest
from google.protobuf import json_format
from longzhi.planning.v1 import planning_service_pb2 as pb
from longzhi.planning.v1.planning_service_pb2_grpc import PlanningServiceStub

from common import rpc, testing
from common.errors import KINDS
from common.testing import token
from planning import api
from planning import rpc as ours

ROWS = testing.access_rows("planning")
ROUTES = [route for each in api.ROUTERS for route in each.routes]
STATUS = {kind.rpc_status: kind.status for kind in reversed(KINDS) if kind.status in (401, 403, 404, 409, 422)}
OWNERS = {"task": ("620102", "6201", "620103"), "province": ("62", None, "6201")}
QUERY = {"GET /v1/catalogue": "?year=2021", "GET /v1/food-classes": "?year=2021", "GET /v1/populations": "?year=2020",
         "GET /v1/repeats": "?producer_name=P&standard=S&spec=M"}  # fmt: skip


def test_every_route_and_rpc_has_its_row():
    routes = {f"{method} {route.path}" for route in ROUTES for method in route.methods}
    rpcs = {f"RPC {service.name}/{method.name}" for service in pb.DESCRIPTOR.services_by_name.values() for method in service.methods}
    assert {row["op"] for row in ROWS} == routes | rpcs
    assert len(ROWS) == len(routes | rpcs)


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_the_route_asks_for_the_roles_of_its_row(route):
    [row] = [row for row in ROWS if row["op"] in {f"{method} {route.path}" for method in route.methods}]
    roles = [name for each in route.dependant.dependencies for name in getattr(each.call, "roles", ())]
    assert sorted(row["roles"]) == sorted(roles)


def who(row, relation):
    """Roles and place of the caller in a relation to the row's record."""
    if relation.endswith("laboratory"):
        return ("laboratory",), {"laboratory": "L01" if relation == "laboratory" else "L02"}
    owner, superior, neighbour = OWNERS.get(row["prepare"], ("6201", "62", "6202"))
    region = {"superior": superior, "neighbour": neighbour, "nobody": None}.get(relation, owner)
    role = row["roles"][-1] if row["roles"] else "officer"
    return (_wrong(row) if relation == "wrong_role" else role,), {"region": region}


def _wrong(row):
    return next(role for role in ("officer", "sampler", "laboratory") if role not in row["roles"])


async def call_http(platform, row, relation, ids):
    roles, place = who(row, relation)
    method, path = row["op"].split()
    client = platform.client("user", *roles, **place)
    answer = await client.request(method, path.format(**ids) + QUERY.get(row["op"], ""), **({"json": row["body"]} if row["body"] else {}))
    return answer.status_code


async def call_rpc(platform, row, relation, ids):
    server = grpc.aio.server()
    ours.add(platform.runtime, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    roles, place = who(row, relation)
    name = row["op"].rpartition("/")[2]
    metadata = (("authorization", f"Bearer {token('user', *roles, **place)}"),) if relation != "nobody" else ()
    body = {key: value.format(**ids) for key, value in row["body"].items()}
    try:
        async with rpc.channel(f"127.0.0.1:{port}") as channel:
            request = json_format.ParseDict(body, getattr(pb, f"{name}Request")())
            await getattr(PlanningServiceStub(channel), name)(request, timeout=5, metadata=metadata)
        return 200
    except grpc.aio.AioRpcError as error:
        return STATUS[error.code().name]
    finally:
        await server.stop(None)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["op"])
async def test_every_relation_gets_the_answer_of_the_matrix(platform, make, row):
    ids = {"year": 2021, "code": "FR-01"} | await getattr(make, row["prepare"])()
    call = call_rpc if row["op"].startswith("RPC ") else call_http
    others = [relation for relation in row["expect"] if relation != "owner"]  # the owner last: it may change the record
    seen = {relation: await call(platform, row, relation, ids) for relation in [*others, "owner"]}
    assert seen == row["expect"]

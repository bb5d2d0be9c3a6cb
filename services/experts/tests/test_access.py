"""One test per row of tests/access.yaml, with every relation; a route or RPC without a row fails."""

import grpc
import pytest
from google.protobuf import json_format
from longzhi.experts.v1 import experts_service_pb2 as pb
from longzhi.experts.v1.experts_service_pb2_grpc import ExpertsServiceStub

from common import rpc, testing
from common.errors import KINDS
from common.testing import token
from experts import api
from experts import rpc as ours

ROWS = testing.access_rows("experts")
OWNER, WRONG_ROLE = "6201", "sampler"
BUREAUS = {"owner": OWNER, "superior": "62", "neighbour": "6202", "wrong_role": OWNER}
RELATIONS = ("nobody", "laboratory", "wrong_role", "neighbour", "superior", "owner")
ABSENT = {"expert_id": "01900000-0000-7000-8000-000000000000", "draw_id": "01900000-0000-7000-8000-000000000001"}
STATUS = {kind.rpc_status: kind.status for kind in reversed(KINDS) if kind.status in (401, 403, 404, 409, 422)}


def test_every_route_and_rpc_has_its_row():
    routes = {f"{method} {route.path}" for route in api.router.routes for method in route.methods}
    rpcs = {f"RPC {service.name}/{method.name}" for service in pb.DESCRIPTOR.services_by_name.values() for method in service.methods}
    assert {row["op"] for row in ROWS} == routes | rpcs
    assert len(ROWS) == len(routes | rpcs)


@pytest.mark.parametrize("route", api.router.routes, ids=lambda route: route.name)
def test_the_route_asks_for_the_roles_of_its_row(route):
    [row] = [row for row in ROWS if row["op"] in {f"{method} {route.path}" for method in route.methods}]
    [roles] = [found for each in route.dependant.dependencies if (found := getattr(each.call, "roles", None))]
    assert sorted(row["roles"]) == sorted(roles)


class Prepare:
    """Brings the record into the state that a row names; each answers the ids that its path and body need."""

    def __init__(self, platform, make):
        self.make = make
        self.admin = platform.client("admin", "expert_admin", region=OWNER)

    async def post(self, url, body):
        answer = await self.admin.post(url, json=body)
        assert answer.is_success, answer.text
        return answer.json()

    async def nothing(self):
        return ABSENT

    async def applied(self, count=1):
        made = await self.post("/v1/experts:batch", {"experts": [self.make.application(n) for n in range(count)]})
        self.ids = [each["id"] for each in made["items"]]
        return {"expert_id": self.ids[0]}

    async def reviewed(self, count=1):
        found = await self.applied(count)
        await self.post("/v1/experts:review-batch", {"ids": self.ids, "reviewed_on": "2020-12-01"})
        return found

    async def noticed(self, count=1):
        found = await self.reviewed(count)
        await self.post("/v1/experts:notice-batch", {"ids": self.ids, "from": "2020-12-14"})
        return found

    async def active(self):
        found = await self.noticed(6)
        await self.post("/v1/experts:activate-batch", {"ids": self.ids, "on": "2020-12-22"})
        return found

    async def drawn(self):
        await self.active()
        made = await self.post("/v1/draws", self.make.request())
        return {"draw_id": made["id"], "expert_id": made["members"][0]["expert_id"]}

    async def declared(self):
        found = await self.drawn()
        await self.post("/v1/draws/{draw_id}/members/{expert_id}/declare".format(**found), {"declared_on": "2021-01-06", "has_interest": False})
        return found


def filled(body, ids):
    """The row's body with its placeholders replaced."""
    if isinstance(body, str):
        return body.format(**ids)
    if isinstance(body, list):
        return [filled(each, ids) for each in body]
    return {name: filled(value, ids) for name, value in body.items()} if isinstance(body, dict) else body


def who(row, relation):
    """The caller's roles and place; None for nobody."""
    if relation == "laboratory":
        return ("laboratory",), {"laboratory": "L01"}
    return (WRONG_ROLE if relation == "wrong_role" else row["roles"][0],), {"region": BUREAUS.get(relation)}


async def call_http(platform, row, relation, ids):
    roles, place = who(row, relation)
    method, path = row["op"].split()
    body = filled(row["body"], ids)
    answer = await platform.client("user", *roles, **place).request(method, path.format(**ids), **({"json": body} if body else {}))
    return answer.status_code


async def call_rpc(platform, row, relation, ids):
    server = grpc.aio.server()
    ours.add(platform.runtime, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    roles, place = who(row, relation)
    name = row["op"].rpartition("/")[2]
    metadata = (("authorization", f"Bearer {token('user', *roles, **place)}"),) if relation != "nobody" else ()
    request = json_format.ParseDict(filled(row["body"], ids), getattr(pb, f"{name}Request")())
    try:
        async with rpc.channel(f"127.0.0.1:{port}") as channel:
            await getattr(ExpertsServiceStub(channel), name)(request, timeout=5, metadata=metadata)
    except grpc.aio.AioRpcError as error:
        return STATUS[error.code().name]
    finally:
        await server.stop(None)
    return 200


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["op"])
async def test_access(platform, make, row):
    """All relations of a row on one database, the owner last, because its call may change the state."""
    ids = ABSENT | await getattr(Prepare(platform, make), row["prepare"])()
    call = call_rpc if row["op"].startswith("RPC") else call_http
    relations = sorted(row["expect"], key=RELATIONS.index)
    assert {relation: await call(platform, row, relation, ids) for relation in relations} == row["expect"]

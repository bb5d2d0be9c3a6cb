"""Every route and RPC against owner, superior, neighbour, the batch's origin, a laboratory, nobody and a wrong role (tests/access.yaml)."""

import grpc
import pytest
from longzhi.disposal.v1 import disposal_service_pb2 as pb
from longzhi.disposal.v1 import disposal_service_pb2_grpc as stubs

from common import rpc, testing
from common.process import app_of
from disposal import main
from disposal import rpc as servicer

ROWS = testing.access_rows("disposal")
OWNER = "620902"
STATUS = {"OK": 200, "UNAUTHENTICATED": 401, "PERMISSION_DENIED": 403, "NOT_FOUND": 404}
REFUSED_FIRST = ("nobody", "laboratory", "wrong_role", "neighbour", "origin", "superior", "owner")


def test_every_route_and_rpc_has_its_row(platform):
    app = app_of(platform.service, platform.runtime)
    routes = {f"{method.upper()} {path}" for path, methods in app.openapi()["paths"].items() for method in methods}
    service = pb.DESCRIPTOR.services_by_name["DisposalService"]
    routes |= {f"RPC {service.full_name}/{method.name}" for method in service.methods}
    assert sorted(row["op"] for row in ROWS) == sorted(routes)
    assert main.SERVICE.name == "disposal"


def identity(relation, role):
    """Claims of a relation to the leg; None for nobody."""
    regions = {"owner": OWNER, "superior": "62", "neighbour": "620602", "origin": "620102", "wrong_role": OWNER}
    if relation == "nobody":
        return None
    if relation == "laboratory":
        return ("lab-L01", "laboratory"), {"laboratory": "L01"}
    role = "registrar" if relation == "wrong_role" else role
    return (f"{role}.{regions[relation]}", role), {"region": regions[relation]}


async def prepare(world, parties, state):
    """A leg of 620902 in the named state, and the ids that paths need."""
    if state == "outbound":  # kept by the batch's owner, which is then 620902 itself
        leg = await world.opened(parties["outsider"], owner=OWNER)
        return leg, {}
    if state == "proposed":
        leg = await world.proposed(parties["producer"])
        assert (await world.post("officer", leg, "receive", received_on="2026-01-06")).status_code == 200
        return leg, {}
    makes = {"opened": world.opened, "ready": world.ready}
    leg = await makes.get(state, world.received)(parties["producer"])
    ids = {}
    if state == "waiting":
        await world.five(leg, "cause", state="not_applicable", evidence=[], reason="经营者已注销")
    if state == "applied":
        made = await world.post("officer", leg, "extensions", applied_on="2026-01-20", reason="案情复杂")
        ids["extension_id"] = made.json()["id"]
    if state == "returned":
        body = {"kind": "return", "text": "材料不全", "supervised_on": "2026-01-20"}
        made = await world.who("officer", "62").post(f"/v1/legs/{leg['id']}/supervise", json=body)
        ids["supervision_id"] = made.json()["id"]
    return leg, ids


async def call(platform, row, leg, ids, who):
    method, path = row["op"].split(" ")
    subject, claims = who or (("nobody",), {})
    client = platform.client(*subject, **claims)
    path = path.format(leg_id=leg["id"], part="cause", indicator="K4", **ids)
    answer = await client.request(method, path, json=row["body"]) if row["body"] is not None else await client.request(method, path)
    return answer.status_code, answer.text


async def ask(platform, port, leg, who):
    subject, claims = who or (("nobody",), {})
    signed = testing.token(*subject, **claims) if who else ""
    channel = rpc.channel(f"127.0.0.1:{port}")
    try:
        request = pb.ListLegsRequest(sample_id=str(leg["sample_id"]))
        answer = await stubs.DisposalServiceStub(channel).ListLegs(request, timeout=5, metadata=(("authorization", f"Bearer {signed}"),))
        return 200, str(answer)
    except grpc.aio.AioRpcError as error:
        return STATUS[error.code().name], ""
    finally:
        await channel.close()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["op"])
async def test_the_matrix_holds(world, parties, platform, row, unused_tcp_port):
    leg, ids = await prepare(world, parties, row["prepare"])
    server = await rpc.serve(f"127.0.0.1:{unused_tcp_port}", platform.runtime, servicer.add)
    found = {}
    for relation in REFUSED_FIRST:
        who = identity(relation, row["roles"][0])
        is_rpc = row["op"].startswith("RPC")
        status, body = await (ask(platform, unused_tcp_port, leg, who) if is_rpc else call(platform, row, leg, ids, who))
        found[relation] = status
        if relation in ("neighbour", "nobody", "laboratory", "wrong_role"):
            assert str(leg["id"]) not in body.replace(f"/legs/{leg['id']}", "")
    await server.stop(None)
    assert found == row["expect"]

"""The access matrix: every route and RPC, by role and relation; one that is missing from tests/access.yaml fails."""

import json

import grpc
import pytest
from longzhi.credit.v1 import credit_service_pb2 as pb
from longzhi.credit.v1.credit_service_pb2_grpc import CreditServiceStub

from common import rpc, testing
from common.process import app_of
from common.testing import token
from credit import rpc as ours
from credit.main import SERVICE

ROWS = testing.access_rows("credit")
STATUS = {"NOT_FOUND": 404, "PERMISSION_DENIED": 403, "UNAUTHENTICATED": 401}
HTTP = [row for row in ROWS if not row["op"].startswith("RPC")]
RELATIONS = {"superior": "6201", "neighbour": "620103", "owner": "620102"}  # the owner last: its act may change the state


def identity(row, relation):
    """Subject, roles and tenant of a caller, or None for nobody."""
    if relation == "nobody":
        return None
    if relation == "laboratory":
        return ("lab-L01", ["laboratory"], {"laboratory": "L01"})
    if relation == "wrong_role":
        return ("wrong", ["sampler"], {"region": "620102"})
    return (f"someone.{relation}", row["roles"][:1], {"region": RELATIONS[relation]})


async def arrange(credit, make, receiver, state):
    """Bring a batch's records into a state; the names that bodies and paths need."""
    batch, made = make.batch(), {}
    await credit.hear(batch.accepted())
    if state == "proposed":
        body = {"filter": {"eligible_by": "2021-04-01"}, "proposed_on": "2021-04-01"}
        await credit.person("credit").post("/v1/records:propose", json=body)
    elif state == "approved":
        await credit.approve_all()
    elif state == "exported":
        made = await credit.export_all()
    elif state == "rejected":
        await receiver.mood(reject_names=["企业10", "企业11"])
        made = await credit.publish_all()
    record = (await credit.records())[0]
    return {"record_id": str(record["id"]), "sample_id": batch.sample_id, "export_id": made.get("id", "")}


def fill(text, names):
    for name, value in names.items():
        text = text.replace("{" + name + "}", value)
    return text


@pytest.mark.parametrize("row", HTTP, ids=[row["op"] for row in HTTP])
async def test_a_route_answers_as_the_matrix_says(credit, make, receiver, row):
    names = await arrange(credit, make, receiver, row["prepare"])
    method, _, path = fill(row["op"], names).partition(" ")
    body = json.loads(fill(json.dumps(row["body"]), names))
    found = {}
    for relation in sorted(row["expect"], key=lambda each: each == "owner"):
        who = identity(row, relation)
        client = credit.platform.client(who[0], *who[1], **who[2]) if who else credit.platform.client()
        found[relation] = (await client.request(method, path, **({"json": body} if body else {}))).status_code
    assert found == row["expect"]


async def test_the_rpc_answers_as_the_matrix_says(credit, make, receiver):
    row = next(row for row in ROWS if row["op"].startswith("RPC"))
    names = await arrange(credit, make, receiver, row["prepare"])
    server = grpc.aio.server()
    ours.add(credit.platform.runtime, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    found = {}
    async with rpc.channel(f"127.0.0.1:{port}") as channel:
        for relation in row["expect"]:
            who = identity(row, relation)
            metadata = (("authorization", f"Bearer {token(who[0], *who[1], **who[2])}"),) if who else ()
            try:
                await CreditServiceStub(channel).GetPublicity(pb.GetPublicityRequest(sample_id=names["sample_id"]), timeout=5, metadata=metadata)
                found[relation] = 200
            except grpc.aio.AioRpcError as error:
                found[relation] = STATUS[error.code().name]
    await server.stop(None)
    assert found == row["expect"]


async def test_no_operation_is_missing(platform):
    paths = app_of(SERVICE, platform.runtime).openapi()["paths"]
    routes = {f"{method.upper()} {path}" for path, operations in paths.items() for method in operations}
    calls = {f"RPC {service.name}/{method.name}" for service in pb.DESCRIPTOR.services_by_name.values() for method in service.methods}
    assert {row["op"] for row in ROWS} == routes | calls

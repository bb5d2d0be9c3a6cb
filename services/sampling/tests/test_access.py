"""The access matrix: a test per operation and relation, generated from tests/access.yaml; an operation without a row fails."""

import json

import grpc
import pytest
from evidence_files import jpeg
from longzhi.sampling.v1 import sampling_service_pb2 as contract
from longzhi.sampling.v1.sampling_service_pb2_grpc import SamplingServiceStub
from sampling_cases import FORM, PDF

from common import rpc as edge
from common import testing
from common.process import app_of
from common.testing import token
from sampling import rpc
from sampling.rules.history import SOURCES
from sampling.rules.sheets import COLUMNS

ROWS = testing.access_rows("sampling")
REGIONS = {"owner": "620102", "superior": "62", "neighbour": "620103", "wrong_role": "620102"}
STATUSES = {"OK": 200, "NOT_FOUND": 404, "UNAUTHENTICATED": 401, "PERMISSION_DENIED": 403}
# What a route needs beside its path.
QUERIES = {"GET /v1/samples:export": {"programme": "产品"}, "POST /v1/samples:import": {"kind": "product", "dry_run": "true"}}
RELATIONS = ("owner", "superior", "neighbour", "laboratory", "nobody", "wrong_role")


async def prepared(batch, state):
    if state in ("form", "csv", "none"):
        return {}
    changes = {"report_no": f"N-{batch.keys}"} if state == "failed" else {}
    made = await getattr(batch, state)(**changes)
    named = {name for name in made if name.endswith("_id")} | {"kind", "code", "name", "token"}
    others = {name: value for name, value in made.items() if name in named and isinstance(value, str)}
    return others | {"sample_id": made["id"], "sample_no": made["sample_no"], "report_id": made.get("report_id", "")}


def body_of(row, known):
    if row["body"] == "FORM":
        return FORM
    text = json.dumps(row["body"])
    for name, value in known.items():
        text = text.replace("{" + name + "}", value)
    return json.loads(text)


def who(row, relation):
    """Subject, roles, region and laboratory of a caller."""
    if relation == "laboratory":
        return "lab-L01", ["laboratory"], None, "L01"
    roles = ["auditor"] if relation == "wrong_role" else ["officer"] if row["roles"] == ["laboratory"] else row["roles"] or ["officer"]
    return relation, roles, REGIONS.get(relation), None


async def ask(platform, row, relation, known):
    """One request as the row and the relation say: its answer."""
    subject, roles, region, laboratory = who(row, relation)
    client = platform.client(subject, *roles, region=region, laboratory=laboratory)
    method, path = row["op"].split()
    sent = {"headers": {} if path.endswith("unmask") else {"Idempotency-Key": f"k-{relation}"}, "params": QUERIES.get(row["op"])}
    if row["body"] == "CSV":
        sent["params"], sent["content"] = {"kind": "product"}, ",".join(SOURCES[0].header)
        sent["headers"]["Content-Type"] = "text/csv"
    elif row["body"] == "FORMS":
        sent["content"], sent["headers"]["Content-Type"] = "产品名称".encode(), "text/csv"
    elif row["body"] == "PHOTO":
        sent |= {"files": {"file": ("a.jpg", jpeg(), "image/jpeg")}, "data": {"kind": "店面", "taken_at": "2021-02-01T10:00:00+08:00"}}
    elif row["body"] == "SHEET":
        sent["content"], sent["headers"]["Content-Type"] = ",".join(COLUMNS).encode(), "text/csv"
    elif row["body"] == "PDF":
        sent["content"], sent["headers"]["Content-Type"] = PDF, "application/pdf"
    elif row["body"] is not None:
        sent["json"] = body_of(row, known)
    return await client.request(method, path.format(**known), **sent)


@pytest.mark.parametrize("row", [r for r in ROWS if not r["op"].startswith("RPC")], ids=lambda row: row["op"])
async def test_a_route_answers_each_caller_as_the_matrix_says(platform, batch, row):
    found = {}
    for relation in RELATIONS:
        answer = await ask(platform, row, relation, await prepared(batch, row["prepare"]))
        found[relation] = answer.status_code
        if relation == "neighbour" and row["op"].startswith("GET") and row["roles"] and "items" in answer.text and "items" in answer.json():
            assert answer.json()["items"] == []
    assert found == row["expect"]


@pytest.fixture
async def stub(platform):
    server = grpc.aio.server()
    rpc.add(platform.runtime, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    channel = edge.channel(f"127.0.0.1:{port}")
    yield SamplingServiceStub(channel)
    await channel.close()
    await server.stop(None)


@pytest.mark.parametrize("row", [r for r in ROWS if r["op"].startswith("RPC")], ids=lambda row: row["op"])
async def test_an_rpc_answers_each_caller_as_the_matrix_says(batch, stub, row):
    known, found = await prepared(batch, row["prepare"]), {}
    name = row["op"].rpartition("/")[2]
    for relation in RELATIONS:
        subject, roles, region, laboratory = who(row, relation)
        signed = token(subject, *roles, region=region, laboratory=laboratory)
        metadata = () if relation == "nobody" else (("authorization", f"Bearer {signed}"),)
        status = "OK"
        try:
            await getattr(stub, name)(getattr(contract, f"{name}Request")(**body_of(row, known)), timeout=5, metadata=metadata)
        except grpc.aio.AioRpcError as error:
            status = error.code().name
        found[relation] = STATUSES[status]
    assert found == row["expect"]


def test_every_route_and_rpc_has_a_row(service, platform):
    paths = app_of(service, platform.runtime).openapi()["paths"]
    routes = {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods}
    rpcs = {f"RPC SamplingService/{method.name}" for method in contract.DESCRIPTOR.services_by_name["SamplingService"].methods}
    assert {row["op"] for row in ROWS} == routes | rpcs
    assert all(tuple(row["expect"]) == RELATIONS for row in ROWS)

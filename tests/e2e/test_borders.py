"""Who sees what of one batch that crosses a border, with real tokens; and that nobody comes in without one (reliability.md section 3)."""

import base64
import importlib
import json
import re
import time
from uuid import uuid4

import grpc
import httpx
import pytest
from google.protobuf.message_factory import GetMessageClass

from ops import credentials, keycloak
from ops.settings import REALM, SERVICES

# For everybody: public keys, the forms and code lists, a paper's verification, and the party's page, which has a link and a code of its own.
OPEN = {
    ("sampling", f"/v1/{path}")
    for path in (
        "receipts/keys", "forms/{kind}", "forms/{kind}/template", "codes", "codes/{name}", "documents/verify/{code}",
        "party/{token}", "party/{token}/objections", "party/{token}/evidence",
    )
}  # fmt: skip
OF_A_BATCH = {
    "sample": "/sampling/v1/samples/{sample}",
    "versions of the report": "/sampling/v1/samples/{sample}/reports",
    "report": "/sampling/v1/reports/{report}",
    "notices": "/sampling/v1/samples/{sample}/notices",
    "seller's leg": "/disposal/v1/legs/{seller_leg}",
    "producer's leg": "/disposal/v1/legs/{producer_leg}",
    "seller's record": "/credit/v1/records/{seller_record}",
    "producer's record": "/credit/v1/records/{producer_record}",
}


def path_of(crossing, what):
    ids = {"sample": crossing.sample_id, "report": crossing.report_id}
    ids |= {f"{role}_leg": leg["id"] for role, leg in crossing.legs.items()} | {f"{role}_record": r["id"] for role, r in crossing.records.items()}
    return OF_A_BATCH[what].format(**ids)


def reader(what, county):
    return f"credit.{county}" if "record" in what else f"officer.{county}"


def test_each_liable_party_gets_its_leg_in_its_own_county(crossing):
    assert {role: leg["region_code"] for role, leg in crossing.legs.items()} == {"seller": "620102", "producer": "620902"}


@pytest.mark.parametrize("what", OF_A_BATCH)
async def test_a_third_county_gets_404_as_for_something_absent(crossing, ask, what):
    path, who = path_of(crossing, what), reader(what, "620602")
    neighbours = await ask(who, path)
    absent = await ask(who, path.replace(path.split("/")[4], str(uuid4())))
    assert (neighbours.status_code, neighbours.json()["code"]) == (404, "not_found")
    assert {k: v for k, v in neighbours.json().items() if k != "trace_id"} == {k: v for k, v in absent.json().items() if k != "trace_id"}


@pytest.mark.parametrize("what", OF_A_BATCH)
async def test_the_province_sees_everything_of_the_batch(crossing, ask, what):
    assert (await ask(reader(what, "62"), path_of(crossing, what))).status_code == 200


@pytest.mark.parametrize("what", OF_A_BATCH)
async def test_the_sampling_county_sees_everything_of_its_batch(crossing, ask, what):
    assert (await ask(reader(what, "620102"), path_of(crossing, what))).status_code == 200


async def test_the_producers_county_sees_its_leg_and_not_the_sellers(crossing, ask):
    assert (await ask("officer.620902", path_of(crossing, "producer's leg"))).status_code == 200
    assert (await ask("officer.620902", path_of(crossing, "seller's leg"))).status_code == 404


async def test_lists_of_a_third_county_name_nothing_of_the_batch(crossing, gateway):
    legs = {leg["id"] for leg in crossing.legs.values()}
    states = ["OPENED", "RECEIVED", "CONTROLLED", "CLOSED"]
    assert crossing.sample_id not in {r["id"] for r in await gateway.every("officer.620602", "/sampling/v1/samples")}
    assert not legs & {r["id"] for r in await gateway.every("officer.620602", "/disposal/v1/legs", state=states)}
    assert not legs & {r["id"] for r in await gateway.every("officer.620602", "/disposal/v1/legs", state=states, elsewhere=True)}
    assert await gateway.every("credit.620602", "/credit/v1/records", sample_id=crossing.sample_id) == []


async def test_the_producers_county_holds_a_grant_with_a_lawful_basis(crossing, gateway):
    every = await gateway.every("officer.62", "/sampling/v1/grants")
    ours = [grant for grant in every if grant["row_id"] in (crossing.sample_id, crossing.report_id) and grant["grantee_code"] == "620902"]
    assert ours
    assert all(grant["basis"] and grant["expires_on"] for grant in ours)
    by_basis = await gateway.every("officer.62", "/sampling/v1/grants", basis=ours[0]["basis"])
    assert {grant["id"] for grant in ours} <= {grant["id"] for grant in by_basis}
    assert {grant["basis"] for grant in by_basis} == {ours[0]["basis"]}


async def test_a_laboratory_sees_its_own_samples_only(crossing, gateway, ask):
    other = "L01" if crossing.laboratory != "L01" else "L02"
    path = path_of(crossing, "sample")
    assert (await ask(f"lab-{crossing.laboratory}", path)).status_code == 200
    assert (await ask(f"lab-{other}", path)).status_code == 404
    for code in (crossing.laboratory, other):
        shown = await gateway.every(f"lab-{code}", "/sampling/v1/samples")
        assert {row["laboratory_code"] for row in shown} <= {code}


async def test_a_laboratory_works_blind(crossing, ask):
    shown = (await ask(f"lab-{crossing.laboratory}", path_of(crossing, "sample"))).text
    names = {party["name"] for leg in crossing.legs.values() for party in [{"name": leg["party_name"]}]}
    assert not [name for name in names if name in shown]


def encoded(part):
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


def decoded(part):
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def log_in(world, client):
    """Everything that Keycloak gives at a login: access, refresh and identity token."""
    form = {"grant_type": "password", "client_id": client, "username": "officer.620602", "password": "demo", "scope": "openid"}
    answer = httpx.post(f"{world.platform.gateway_url}/auth/realms/{REALM}/protocol/openid-connect/token", data=form, timeout=30)
    return answer.raise_for_status().json()


@pytest.fixture
async def bad_tokens(world, gateway):
    """Tokens that look right and are not: altered, unsigned, of another realm, of another type."""
    good = await gateway.token("officer.620602")
    head, body, signature = good.split(".")
    province = encoded(decoded(body) | {"region_code": "62"})
    unsigned = encoded({"alg": "none", "typ": "JWT"})
    secrets = credentials.load(world.platform)
    with keycloak.administrator(world.platform, secrets) as admin:
        other_realm = admin.headers["Authorization"].removeprefix("Bearer ")
    told = log_in(world, "demo-cli")
    return {
        "region changed": f"{head}.{province}.{signature}", "signature cut": f"{head}.{body}.{signature[:-6]}AAAAAA",
        "not signed": f"{unsigned}.{province}.", "other realm": other_realm, "refresh token": told["refresh_token"],
        "identity token": told["id_token"], "nonsense": "a.b.c",
    }  # fmt: skip


@pytest.mark.parametrize("path", ["/sampling/v1/samples", "/disposal/v1/legs", "/credit/v1/records", "/planning/v1/plans", "/experts/v1/experts"])
async def test_a_forged_token_opens_nothing(ask, bad_tokens, path):
    answers = {kind: await ask(None, path, headers={"Authorization": f"Bearer {token}"}) for kind, token in bad_tokens.items()}
    assert {kind: answer.status_code for kind, answer in answers.items()} == dict.fromkeys(bad_tokens, 401)
    assert {answer.headers["content-type"] for answer in answers.values()} == {"application/problem+json"}


async def test_an_expired_token_opens_nothing(world, ask):
    """A client whose tokens live for a second; good at first, refused once its life and the leeway of five seconds are over."""
    short = {
        "clientId": "e2e-short", "publicClient": True, "directAccessGrantsEnabled": True, "standardFlowEnabled": False,
        "fullScopeAllowed": False, "attributes": {"access.token.lifespan": "1"}, "defaultClientScopes": ["basic", "longzhi"],
    }  # fmt: skip
    with keycloak.administrator(world.platform, credentials.load(world.platform)) as admin:
        assert admin.post(f"/admin/realms/{REALM}/clients", json=short).status_code in (201, 409)
    headers = {"Authorization": f"Bearer {log_in(world, 'e2e-short')['access_token']}"}
    first = await ask(None, "/sampling/v1/samples", headers=headers)
    deadline = time.monotonic() + 15
    while (last := await ask(None, "/sampling/v1/samples", headers=headers)).status_code != 401 and time.monotonic() < deadline:
        pass
    assert (first.status_code, last.status_code) == (200, 401)


def routes(world, service):
    document = httpx.get(f"{world.platform.gateway_url}/api/{service}/openapi.json", timeout=30).json()
    return [(method.upper(), path) for path, operations in document["paths"].items() for method in operations]


@pytest.mark.parametrize("service", SERVICES)
async def test_no_route_answers_without_a_token(world, ask, service):
    asked = [(method, path) for method, path in routes(world, service) if (service, path) not in OPEN]
    wrong = {}
    for method, path in asked:
        filled = re.sub(r"\{[^}]*\}", str(uuid4()), path)
        answer = await ask(None, f"/{service}{filled}", method, json={} if method != "GET" else None)
        if answer.status_code != 401:
            wrong[f"{method} {path}"] = answer.status_code
    assert asked
    assert wrong == {}


@pytest.mark.parametrize("service", SERVICES)
def test_the_document_names_the_open_routes_and_no_others(world, service):
    document = httpx.get(f"{world.platform.gateway_url}/api/{service}/openapi.json", timeout=30).json()
    found = {(service, path) for path, operations in document["paths"].items() for told in operations.values() if told["security"] == []}
    assert found == {route for route in OPEN if route[0] == service}


def rpcs(service):
    module = importlib.import_module(f"longzhi.{service}.v1.{service}_service_pb2")
    return [method for found in module.DESCRIPTOR.services_by_name.values() for method in found.methods]


@pytest.mark.parametrize("service", SERVICES)
async def test_no_rpc_answers_without_a_users_token(world, service):
    async with grpc.aio.insecure_channel(f"127.0.0.1:{world.platform.rpc_port(service)}") as channel:
        answers = {method.full_name: await status_of(channel, method) for method in rpcs(service)}
    assert answers
    assert set(answers.values()) == {"UNAUTHENTICATED"}


async def status_of(channel, method):
    kinds = GetMessageClass(method.input_type), GetMessageClass(method.output_type)
    call = channel.unary_unary(f"/{method.containing_service.full_name}/{method.name}", kinds[0].SerializeToString, kinds[1].FromString)
    try:
        await call(kinds[0](), timeout=10)
    except grpc.aio.AioRpcError as error:
        return error.code().name
    return "OK"


async def test_an_rpc_with_a_neighbours_token_finds_nothing(world, gateway, crossing):
    method = next(m for m in rpcs("sampling") if m.name == "GetSample")
    request = GetMessageClass(method.input_type)(sample_id=crossing.sample_id)
    async with grpc.aio.insecure_channel(f"127.0.0.1:{world.platform.rpc_port('sampling')}") as channel:
        found = {}
        for who in ("officer.620102", "officer.620602"):
            metadata = (("authorization", f"Bearer {await gateway.token(who)}"),)
            call = channel.unary_unary(f"/{method.containing_service.full_name}/{method.name}", type(request).SerializeToString)
            try:
                await call(request, timeout=10, metadata=metadata)
                found[who] = "OK"
            except grpc.aio.AioRpcError as error:
                found[who] = error.code().name
    assert found == {"officer.620102": "OK", "officer.620602": "NOT_FOUND"}

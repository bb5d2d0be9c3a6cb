"""Whatever schemathesis invents: no 5xx, no status or media type that the document does not name, and every refusal is a problem."""

import asyncio
from collections import Counter

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance, status_code_conformance

EXAMPLES, SEED = 8, 20211
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
BUREAU = "620123"


@schemathesis.serializer("application/pdf", "application/ofd", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "text/csv")
def as_it_is(_context, value):
    """Files are sent as the bytes that were invented."""
    return value if isinstance(value, bytes) else bytes(getattr(value, "data", b"")) or str(value).encode(errors="ignore")


WHO = {
    "directory": ("registrar.62", f"officer.{BUREAU}"),
    "planning": ("planner.62", "approver.62"),
    "sampling": (f"sampler.{BUREAU}", f"officer.{BUREAU}", "lab-L01", "registrar.62"),
    "disposal": (f"officer.{BUREAU}", f"chief.{BUREAU}"),
    "experts": ("experts.62", "planner.62"),
    "credit": (f"credit.{BUREAU}", f"chief.{BUREAU}"),
}


@pytest.fixture(scope="session")
def bearers(world):
    async def mint():
        gateway = world.gateway()
        found = {who: await gateway.token(who) for some in WHO.values() for who in some}
        await gateway.close()
        return found

    return asyncio.run(mint())


def explore(operation, session, found, statuses):
    """Eight calls of one operation over one connection; what is wrong goes into `found` once a kind."""

    @seed(SEED)
    @settings(max_examples=EXAMPLES, database=None, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy())
    def once(case):
        answer = case.call(session=session, timeout=30)
        statuses[answer.status_code] += 1
        for check in CHECKS:
            try:
                case.validate_response(answer, checks=[check])
            except (Exception, BaseExceptionGroup) as error:
                found.setdefault(f"{operation.label}: {check.__name__}: {answer.status_code}", f"{error}"[:1500])
        kind = answer.headers.get("content-type", [""])[0]
        if answer.status_code >= 400 and kind != "application/problem+json":
            found.setdefault(f"{operation.label}: {answer.status_code} is not a problem but {kind}", case.as_curl_command()[:500])

    once()


@pytest.mark.parametrize(("service", "who"), [(service, who) for service, some in WHO.items() for who in some])
def test_nothing_invented_gets_past_the_document(world, bearers, service, who):
    root = f"{world.platform.gateway_url}/api/{service}"
    document = httpx.get(f"{root}/openapi.json", timeout=30).json()
    schema = schemathesis.openapi.from_dict(document)
    schema.config.update(base_url=root)
    found, statuses = {}, Counter()
    operations = [result.ok() for result in schema.get_all_operations()]
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {bearers[who]}"
        for operation in operations:
            explore(operation, session, found, statuses)
    print(f"\n{service} as {who}: {len(operations)} operations, answers {dict(sorted(statuses.items()))}")
    assert found == {}, "\n\n".join(f"{what}\n{why}" for what, why in found.items())

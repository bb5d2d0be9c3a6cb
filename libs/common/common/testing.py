"""pytest plugin: real PostgreSQL with real migrations, signed tokens, the real application over ASGI, and the facts that it recorded.

`TEST_DATABASE_URL` is a superuser's address (make test sets it); each test gets a database of its own, cloned from a migrated template.
"""

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import httpx
import jwt
import pytest
import yaml
from alembic import command
from cryptography.hazmat.primitives.asymmetric import rsa
from fastapi import FastAPI
from google.protobuf.message import Message
from longzhi.event.v1.event_pb2 import Envelope
from uuid_utils import uuid7

from common import migrate
from common.caller import Caller
from common.db import SYSTEM, Scope, transaction
from common.inbox import Inbox
from common.kafka import Producer
from common.process import Service, app_of, runtime_of
from common.region import Region
from common.runtime import Runtime

SCOPE_KEY = "ab" * 32
ISSUER, AUDIENCE, KID = "https://test.invalid/realms/longzhi", "longzhi-api", "test-key"
_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
_PASSWORD = "test-only"


def superuser_url(database: str = "postgres") -> str:
    """The superuser's address for one database."""
    base = os.environ.get("TEST_DATABASE_URL")
    if not base:
        pytest.skip("no TEST_DATABASE_URL: run `make test`, or `make parts` and see docs/running.md")
    return urlunsplit(urlsplit(base)._replace(path=f"/{database}"))


def role_url(role: str, database: str) -> str:
    parts = urlsplit(superuser_url(database))
    return urlunsplit(parts._replace(netloc=f"{role}:{_PASSWORD}@{parts.hostname}:{parts.port}"))


def token(subject: str, *roles: str, region: str | None = None, laboratory: str | None = None, **claims: Any) -> str:
    """An access token as the realm would issue it, signed with the test's own key."""
    now = int(time.time())
    body: dict[str, Any] = {
        "sub": subject, "preferred_username": subject, "name": subject, "roles": list(roles), "typ": "Bearer", "iss": ISSUER, "aud": AUDIENCE,
        "iat": now, "exp": now + 7200,  # tokens made at the start of a long run must last to its end
    }  # fmt: skip
    body |= {k: v for k, v in {"region_code": region, "laboratory_code": laboratory}.items() if v} | claims
    return jwt.encode(body, _KEY, algorithm="RS256", headers={"kid": KID})


def caller(subject: str, *roles: str, region: str | None = None, laboratory: str | None = None) -> Caller:
    """A caller for tests of actions and stores."""
    signed = token(subject, *roles, region=region, laboratory=laboratory)
    return Caller(subject, subject, frozenset(roles), Region(region) if region else None, laboratory, signed)


def jwks() -> dict[str, Any]:
    """The test key's public half, as the realm would publish it."""
    key = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(_KEY.public_key()))
    return {"keys": [key | {"kid": KID, "use": "sig", "alg": "RS256"}]}


def _jwks_client() -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.MockTransport(lambda _: httpx.Response(200, json=jwks())))


async def _sql(url: str, *statements: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


async def _exists(kind: str, name: str) -> bool:
    connection = await asyncpg.connect(superuser_url())
    try:
        query = {"role": "SELECT 1 FROM pg_roles WHERE rolname = $1", "db": "SELECT 1 FROM pg_database WHERE datname = $1"}[kind]
        return await connection.fetchval(query, name) is not None
    finally:
        await connection.close()


async def _make_template(service: str, name: str) -> tuple[str, str]:
    owner, app = f"t_{service}_owner", f"t_{service}_app"
    await _sql(superuser_url(), f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    for role in (owner, app):
        if not await _exists("role", role):
            with suppress(asyncpg.DuplicateObjectError, asyncpg.UniqueViolationError):  # another xdist worker was quicker
                await _sql(superuser_url(), f"CREATE ROLE {role} LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD '{_PASSWORD}'")
    await _sql(superuser_url(), f'CREATE DATABASE "{name}" OWNER {owner}')
    extensions = [f"CREATE EXTENSION IF NOT EXISTS {e}" for e in ("pgcrypto", "btree_gin", "pg_trgm")]
    await _sql(superuser_url(name), *extensions, f"ALTER SCHEMA public OWNER TO {owner}")
    return role_url(owner, name), app


@dataclass
class Platform:
    """One service on a database of its own: its runtime, an HTTP client per caller, its recorded facts, and a way to tell it facts."""

    service: Service
    runtime: Runtime

    @cached_property
    def app(self) -> FastAPI:
        """The service's application; built once a test, for it costs a tenth of a second."""
        return app_of(self.service, self.runtime)

    def client(
        self, subject: str = "nobody", *roles: str, region: str | None = None, laboratory: str | None = None, **claims: Any
    ) -> httpx.AsyncClient:
        """A client with a token (or without one, when neither region nor laboratory is given)."""
        headers = {}
        if region or laboratory:
            headers["Authorization"] = f"Bearer {token(subject, *roles, region=region, laboratory=laboratory, **claims)}"
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url="http://test", headers=headers, timeout=30)

    async def facts(self, kind: type[Message] | None = None) -> list[Any]:
        """Facts in the outbox, oldest first; all envelopes, or the payloads of one kind."""
        connection = await asyncpg.connect(self.runtime.db.url)
        try:
            async with connection.transaction():
                await connection.execute("SELECT set_config('app.scope', $1, true)", SYSTEM.signed(self.runtime.db.key))
                rows = await connection.fetch("SELECT envelope FROM outbox ORDER BY seq")
        finally:
            await connection.close()
        envelopes = [Envelope.FromString(row["envelope"]) for row in rows]
        if kind is None:
            return envelopes
        return [_unpack(e, kind) for e in envelopes if e.type == kind.DESCRIPTOR.full_name]

    async def hear(self, fact: Message, *, owner: str, key: str, event_id: str | None = None, topic: str = "test.fact.v1") -> str:
        """Let the service hear a fact as if it came from Kafka; returns the event's id, so that it can be told again."""
        envelope = Envelope(id=event_id or str(uuid7()), type=fact.DESCRIPTOR.full_name, region_code=owner, actor="test", key=key)
        envelope.occurred_at.GetCurrentTime()
        envelope.payload.Pack(fact)
        inbox = Inbox(self.runtime.db, cast(Any, None), cast(Producer, _Silent()), self.service.name, self.service.topics, self.service.handlers)
        await inbox.take([_Told(topic, 0, time.monotonic_ns(), key.encode(), envelope.SerializeToString())])
        return envelope.id

    async def rows(self, query: str, *args: Any) -> list[dict[str, Any]]:
        """What is really stored, read as superuser past every policy."""
        connection = await asyncpg.connect(superuser_url(urlsplit(self.runtime.db.url).path[1:]))
        try:
            return [dict(row) for row in await connection.fetch(query, *args)]
        finally:
            await connection.close()

    def session(self, who: Caller | Scope) -> Any:
        """A transaction in a caller's scope, for tests of stores and actions."""
        return transaction(self.runtime.db, who.scope if isinstance(who, Caller) else who)


def _unpack(envelope: Envelope, kind: type[Message]) -> Message:
    fact = kind()
    envelope.payload.Unpack(fact)
    return fact


@dataclass
class _Told:
    topic: str
    partition: int
    offset: int
    key: bytes
    value: bytes


class _Silent:
    """Stands where the dead-letter topic's producer is; the dead-letter table is what these tests read."""

    async def publish(self, records: Any) -> None:
        return None


def access_rows(service: str) -> list[dict[str, Any]]:
    """The access matrix's rows of one service (tests/access.yaml: role by operation by relation of tenants)."""
    file = Path(__file__).parents[3] / "tests" / "access.yaml"
    return [row for row in yaml.safe_load(file.read_text()) if row["service"] == service]


def settings_for(service: Service, database: str, **more: Any) -> Any:
    """Settings of a service under test."""
    values: dict[str, Any] = {
        "service_name": service.name, "database_url": role_url(f"t_{service.name}_app", database),
        "owner_database_url": role_url(f"t_{service.name}_owner", database), "scope_key": SCOPE_KEY, "kafka_bootstrap": "127.0.0.1:1",
        "http_addr": "127.0.0.1:0", "rpc_addr": "127.0.0.1:0", "oidc_issuer": ISSUER, "oidc_jwks_url": "https://test.invalid/jwks",
        "oidc_audience": AUDIENCE, "pool_size": 5,
    }  # fmt: skip
    return service.settings(**(values | more))


@pytest.fixture(scope="session")
def templates() -> Iterator[dict[str, str]]:
    """Template databases by service, each made once a run by its first test."""
    made: dict[str, str] = {}
    yield made
    for name in made.values():
        asyncio.run(_sql(superuser_url(), f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))


@pytest.fixture
def migrated(service: Service, templates: dict[str, str]) -> str:
    """Name of the service's template database, made by its real migrations as its owner role. Needs a `service` fixture in conftest."""
    if service.name not in templates:
        worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
        name = f"t_{service.name}_{worker}_{os.getpid()}"
        owner_url, app_role = asyncio.run(_make_template(service.name, name))
        command.upgrade(migrate.config(service.migrations, owner_url, app_role, SCOPE_KEY), "head")
        templates[service.name] = name
    return templates[service.name]


@pytest.fixture(scope="session")
def more_settings() -> dict[str, Any]:
    """Settings of the service's own; a conftest may override it."""
    return {}


@pytest.fixture
def fake_clients() -> Any:
    """Hand-written peers for the service's `clients`; a conftest may override it."""
    return None


@pytest.fixture
async def platform(service: Service, migrated: str, more_settings: dict[str, Any], fake_clients: Any) -> AsyncIterator[Platform]:
    """The service on a fresh database."""
    name = f"{migrated}_{time.monotonic_ns() % 10**9}"
    await _sql(superuser_url(), f'CREATE DATABASE "{name}" TEMPLATE "{migrated}" OWNER t_{service.name}_owner')
    runtime = runtime_of(service, settings_for(service, name, **more_settings))
    runtime.verifier._client = _jwks_client()
    if fake_clients is not None:
        runtime.clients = fake_clients
    try:
        yield Platform(service, runtime)
    finally:
        await runtime.db.close()
        await _sql(superuser_url(), f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

"""The receiver: 国家企业信用信息公示系统, or whatever stands for it."""

import asyncio
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
from opentelemetry.trace import SpanKind

from common import telemetry
from credit.rules.delivery import CONCURRENCY, TIMEOUT_SECONDS, Answer, read_answer, unanswered

_LIMITS = httpx.Limits(max_connections=CONCURRENCY, max_keepalive_connections=CONCURRENCY)


@dataclass(frozen=True)
class Clients:
    """Peers of credit: only the receiver, over HTTP."""

    receiver: httpx.AsyncClient


def connect(settings: Any) -> Clients:
    """Nothing is asked of the receiver yet."""
    return Clients(httpx.AsyncClient(base_url=settings.credit_receiver_url, timeout=TIMEOUT_SECONDS, limits=_LIMITS))


async def send(clients: Clients, key: UUID, body: dict[str, Any], traceparent: str) -> Answer:
    """Send one version under its own key; the span continues the trace of the report that it tells of."""
    with telemetry.span("export record", parent=traceparent or None, kind=SpanKind.CLIENT, record=str(body["record_id"])):
        headers = {"Idempotency-Key": str(key)}
        parent = telemetry.traceparent()
        if parent:
            headers["traceparent"] = parent
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                response = await clients.receiver.post("/records", json=body, headers=headers)
            return read_answer(response.status_code, response.json())
        except ValueError:
            return unanswered("answer is not JSON")
        except (httpx.HTTPError, httpx.InvalidURL, OSError, TimeoutError) as error:
            return unanswered(f"{type(error).__name__}: {error}")

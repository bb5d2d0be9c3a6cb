"""gRPC between services: the user's token on every call, a deadline on every call, the same problems as over HTTP."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar, cast

import grpc
from google.protobuf.message import Message
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from opentelemetry import trace
from opentelemetry.instrumentation.grpc import aio_client_interceptors, aio_server_interceptor

from common import telemetry
from common.caller import Caller
from common.db import Session, transaction
from common.errors import KINDS, Invalid, Problem, Unavailable
from common.http.problems import translate
from common.runtime import Runtime

Answer = TypeVar("Answer", bound=Message)
MAX_SECONDS = 30.0
_BY_STATUS = {kind.rpc_status: kind for kind in reversed(KINDS)}


@asynccontextmanager
async def unit(runtime: Runtime, context: grpc.aio.ServicerContext) -> AsyncIterator[tuple[Caller, Session]]:
    """One RPC: the verified user and a transaction in the user's scope; problems become gRPC statuses with their code in `problem-code`."""
    started, outcome = time.perf_counter(), "OK"
    try:
        metadata = dict(context.invocation_metadata() or ())
        caller = await runtime.verifier.verify(cast(str | None, metadata.get("authorization")))
        remaining = context.time_remaining()
        if remaining is None or remaining > MAX_SECONDS:
            raise Invalid("deadline_missing", "调用须设置不超过 30 秒的期限", "a deadline of at most 30 s is required")
        owner = caller.region.code if caller.region else f"lab:{caller.laboratory}"
        trace.get_current_span().set_attributes({telemetry.OWNER: owner, telemetry.ACTOR: caller.subject})
        async with transaction(runtime.db, caller.scope) as session:
            yield caller, session
    except Exception as error:
        problem = translate(error)
        outcome = problem.rpc_status
        details = (("problem-code", problem.code), ("problem-zh-bin", problem.zh.encode()))
        await context.abort(grpc.StatusCode[outcome], problem.en, details)
    finally:
        marks = {"operation": getattr(trace.get_current_span(), "name", "rpc"), "status": outcome}
        telemetry.requests.add(1, marks)
        telemetry.request_seconds.record(time.perf_counter() - started, marks)


async def ask(method: Callable[..., Awaitable[Answer]], request: Message, caller: Caller, timeout: float) -> Answer:
    """Call another service as the user; its refusal comes back as the same problem, its absence as Unavailable."""
    try:
        return await method(request, timeout=timeout, metadata=(("authorization", f"Bearer {caller.token}"),))
    except grpc.aio.AioRpcError as error:
        raise _problem(error) from error


def _problem(error: grpc.aio.AioRpcError) -> Problem:
    trailing: dict[str, Any] = dict(error.trailing_metadata() or ())
    code, zh = trailing.get("problem-code"), trailing.get("problem-zh-bin", b"")
    kind = _BY_STATUS.get(error.code().name)
    if kind is None or not code:
        return Unavailable("peer_unavailable", "协作服务暂不可用,请稍后重试", f"another service does not answer: {error.code().name}")
    return kind(str(code), zh.decode() if isinstance(zh, bytes) else str(zh), error.details() or "")


def channel(address: str) -> grpc.aio.Channel:
    """A channel to a peer that reconnects by itself and takes turns among its processes, which the name's addresses are; messages up to 16 MB."""
    options = [
        ("grpc.max_receive_message_length", 16 * 1024 * 1024), ("grpc.max_reconnect_backoff_ms", 1000),
        ("grpc.lb_policy_name", "round_robin"), ("grpc.dns_min_time_between_resolutions_ms", 1000),
    ]  # fmt: skip
    return grpc.aio.insecure_channel(address, options=options, interceptors=aio_client_interceptors())


async def serve(address: str, runtime: Runtime, add: Callable[[Runtime, grpc.aio.Server], None] | None) -> grpc.aio.Server:
    """Start the RPC side: the service's own servicers and health."""
    # A client looks for new processes of a name only when a connection ends: none lives longer than a minute or so.
    options = [("grpc.so_reuseport", 0), ("grpc.max_connection_age_ms", 60_000), ("grpc.max_connection_age_grace_ms", 30_000)]
    server = grpc.aio.server(interceptors=[aio_server_interceptor()], options=options)
    if add is not None:
        add(runtime, server)
    checks = health.aio.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(checks, server)
    await checks.set("", health_pb2.HealthCheckResponse.SERVING)
    server.add_insecure_port(address)
    await server.start()
    runtime.leaving.append(checks.enter_graceful_shutdown)
    return server

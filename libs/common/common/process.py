"""Composition of one service: settings in, running process out. Each service's main.py hands over its parts and nothing else happens there."""

import argparse
import asyncio
import gc
import json
import logging
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc
import uvicorn
from fastapi import APIRouter, FastAPI

from common import migrate, rpc, telemetry
from common.caller import Verifier
from common.db import Database
from common.duties import Query, Watch
from common.http.app import create_app
from common.inbox import Handlers, Inbox
from common.kafka import Broker, Consumer, Producer
from common.outbox import Relay
from common.reseal import Sealed, reseal
from common.runtime import Runtime
from common.settings import Settings

log = logging.getLogger(__name__)


Work = Callable[[Runtime], Awaitable[None]]


@dataclass(frozen=True)
class Service:
    """The parts of one service. `servicers` adds its gRPC servicers to a server; `clients` makes its peers; `work` runs beside the consumers;
    `duties` counts what is late (common.duties); `sealed` are its tables of personal data (common.reseal)."""

    name: str
    settings: Callable[..., Settings]
    routers: list[APIRouter]
    migrations: str
    servicers: Callable[[Runtime, grpc.aio.Server], None] | None = None
    clients: Callable[[Any], Any] | None = None
    topics: tuple[str, ...] = ()
    handlers: Handlers = field(default_factory=dict)
    work: tuple[Work, ...] = ()
    duties: Query | None = None
    sealed: tuple[Sealed, ...] = ()


def runtime_of(service: Service, settings: Any) -> Runtime:
    """Connect a service's database and peers; nothing is asked of them yet."""
    db = Database.connect(settings.database_url, settings.scope_key, settings.pool_size)
    verifier = Verifier(settings.oidc_issuer, settings.oidc_jwks_url, settings.oidc_audience)
    return Runtime(settings, db, verifier, service.clients(settings) if service.clients else None)


def app_of(service: Service, runtime: Runtime) -> FastAPI:
    """The HTTP side alone, for tests and for the OpenAPI document."""
    return create_app(runtime, service.routers)


def inbox_of(service: Service, runtime: Runtime, producer: Producer) -> Inbox:
    consumer = Consumer(Broker.of(runtime.settings), service.name, service.topics)
    return Inbox(runtime.db, consumer, producer, service.name, service.topics, service.handlers)


@asynccontextmanager
async def _working(service: Service, runtime: Runtime) -> AsyncIterator[list["asyncio.Task[None]"]]:
    """Relay, consumers and the service's own work, until the block ends. A task that dies takes the process with it; it is restarted whole."""
    producer = Producer(Broker.of(runtime.settings))
    watch = Watch(runtime.db, runtime.settings.province, service.duties) if service.duties else None
    tasks = [asyncio.create_task(Relay(runtime.db, producer, watch.run if watch else None).run(), name="relay")]
    inbox = inbox_of(service, runtime, Producer(Broker.of(runtime.settings))) if service.topics else None
    if inbox:
        tasks.append(asyncio.create_task(inbox.run(), name="inbox"))
    tasks += [asyncio.create_task(_forever(work, runtime), name=work.__name__) for work in service.work]
    try:
        yield tasks
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if inbox:
            await inbox.consumer.close()
        producer.close()


async def _forever(work: Work, runtime: Runtime) -> None:
    while True:
        try:
            await work(runtime)
        except Exception:
            log.exception("%s failed and starts anew", work.__name__)
            await asyncio.sleep(1.0)


async def _serve(app: FastAPI, runtime: Runtime, stop: asyncio.Event) -> None:
    host, _, port = runtime.settings.http_addr.rpartition(":")
    config = uvicorn.Config(app, host=host, port=int(port), log_config=None, access_log=False, timeout_graceful_shutdown=10, lifespan="off")
    server = uvicorn.Server(config)
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    running = asyncio.create_task(server._serve())
    waiting = asyncio.create_task(stop.wait())
    await asyncio.wait([running, waiting], return_when=asyncio.FIRST_COMPLETED)
    server.should_exit = True
    await running
    waiting.cancel()
    stop.set()


async def run(service: Service, settings: Any, parts: frozenset[str]) -> None:
    """Run the chosen parts (api, rpc, worker) until SIGTERM or SIGINT, then drain: no new work, what is begun is finished. Health and metrics
    are served over HTTP whatever the parts are."""
    telemetry.setup(service.name, settings.traces_exporter, settings.traces_file, settings.log_level)
    runtime, stop = runtime_of(service, settings), asyncio.Event()
    _calm_collector()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, _begin_stop, runtime, stop, parts)
    server = None
    if "rpc" in parts:
        server = await rpc.serve(settings.rpc_addr, runtime, service.servicers)
    log.info("%s starts: %s", service.name, ", ".join(sorted(parts)))
    app = app_of(service, runtime) if "api" in parts else create_app(runtime, [])
    if "worker" in parts:
        async with _working(service, runtime) as tasks:
            await _until(stop, tasks, _serve(app, runtime, stop))
    else:
        await _serve(app, runtime, stop)
    if server:
        await server.stop(grace=5)
    await runtime.verifier.close()
    await runtime.db.close()


def _calm_collector() -> None:
    """What is loaded at the start stays for good, and a pushed batch makes a hundred thousand objects at once: looking for cycles among them
    cost a third of the batch's CPU (docs/benchmarks.md)."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(200_000, 50, 1000)


def _begin_stop(runtime: Runtime, stop: asyncio.Event, parts: frozenset[str]) -> None:
    """First asked: tell everybody that this process is no longer ready, and still answer for a while, because not everybody hears it at once.
    Asked again, or when nobody sends to this process: stop."""
    again, runtime.stopping = runtime.stopping, True
    seconds = runtime.settings.drain_seconds if parts & {"api", "rpc"} and not again else 0.0
    runtime.draining = asyncio.ensure_future(_drain(runtime, stop, seconds))


async def _drain(runtime: Runtime, stop: asyncio.Event, seconds: float) -> None:
    for leave in runtime.leaving:
        await leave()
    if seconds:
        await asyncio.sleep(seconds)
    stop.set()


async def _until(stop: asyncio.Event, tasks: list["asyncio.Task[None]"], main: Any) -> None:
    serving = asyncio.ensure_future(main)
    done, _ = await asyncio.wait([serving, *tasks], return_when=asyncio.FIRST_COMPLETED)
    stop.set()
    await serving
    for task in done:
        if task is not serving and task.exception():
            log.error("%s died", task.get_name(), exc_info=task.exception())
            sys.exit(3)


async def _redrive(service: Service, settings: Any) -> None:
    runtime = runtime_of(service, settings)
    done, kept = await inbox_of(service, runtime, Producer(Broker.of(settings))).redrive()
    print(json.dumps({"service": service.name, "handled": done, "still_parked": kept}))
    await runtime.db.close()


async def _reseal(service: Service, settings: Any) -> None:
    runtime = runtime_of(service, settings)
    found = await reseal(runtime.db, settings.contact_key, settings.province, service.sealed) if service.sealed else {}
    print(json.dumps({"service": service.name, **found}))
    await runtime.db.close()
    if found.get("unreadable") or found.get("busy"):
        sys.exit(1)


def main(service: Service) -> None:
    """The command line of a service: all | api | rpc | worker | migrate | redrive | reseal | openapi."""
    parser = argparse.ArgumentParser(prog=service.name)
    parser.add_argument("command", choices=["all", "api", "rpc", "worker", "migrate", "redrive", "reseal", "openapi"])
    command = parser.parse_args().command
    settings = service.settings()  # a missing one stops here and names itself
    if command == "migrate":
        migrate.upgrade(service.migrations, settings)
    elif command == "redrive":
        asyncio.run(_redrive(service, settings))
    elif command == "reseal":
        asyncio.run(_reseal(service, settings))
    elif command == "openapi":
        print(json.dumps(app_of(service, runtime_of(service, settings)).openapi(), ensure_ascii=False))
    else:
        parts = frozenset({"api", "rpc", "worker"}) if command == "all" else frozenset({command})
        try:
            asyncio.run(run(service, settings, parts))
        finally:
            telemetry.close()

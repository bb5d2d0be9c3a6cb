"""Stopping: whoever sends is told first, what comes meanwhile is still answered, and the process ends after that."""

import asyncio
import os
import signal
import time

import grpc
import httpx
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from common import process


@pytest.fixture
async def running(platform, service, unused_tcp_port_factory):
    http, rpc = unused_tcp_port_factory(), unused_tcp_port_factory()

    async def start(part, drain=1.0):
        where = {"http_addr": f"127.0.0.1:{http}", "rpc_addr": f"127.0.0.1:{rpc}", "drain_seconds": drain}
        settings = platform.runtime.settings.model_copy(update=where)
        task = asyncio.create_task(process.run(service, settings, frozenset({part})))
        async with httpx.AsyncClient() as client:
            for _ in range(100):
                try:
                    await client.get(f"http://127.0.0.1:{http}/healthz")
                    break
                except httpx.ConnectError:
                    await asyncio.sleep(0.05)
        return task, f"http://127.0.0.1:{http}", f"127.0.0.1:{rpc}"

    return start


async def test_a_stopping_api_says_so_still_answers_and_lets_connections_go(running):
    task, address, _ = await running("api")
    async with httpx.AsyncClient(base_url=address) as client:
        assert (await client.get("/readyz")).status_code == 200
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.sleep(0.2)
        ready, answered = await client.get("/readyz"), await client.get("/v1/notes")
        assert ready.status_code == 503
        assert answered.status_code == 401
        assert answered.headers["connection"] == "close"
    await asyncio.wait_for(task, 10)


async def test_a_stopping_rpc_process_tells_its_health_and_then_ends(running):
    task, address, rpc = await running("rpc")
    async with grpc.aio.insecure_channel(rpc) as channel:
        health = health_pb2_grpc.HealthStub(channel)
        assert (await health.Check(health_pb2.HealthCheckRequest())).status == health_pb2.HealthCheckResponse.SERVING
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.sleep(0.2)
        assert (await health.Check(health_pb2.HealthCheckRequest())).status == health_pb2.HealthCheckResponse.NOT_SERVING
    async with httpx.AsyncClient() as client:
        assert (await client.get(f"{address}/readyz")).status_code == 503
    await asyncio.wait_for(task, 15)


async def test_a_worker_has_health_and_metrics_and_stops_at_once(running):
    task, address, _ = await running("worker", drain=30.0)
    async with httpx.AsyncClient(base_url=address) as client:
        assert (await client.get("/readyz")).status_code == 200
        assert "longzhi_outbox_waiting" in (await client.get("/metrics")).text
        assert (await client.get("/v1/notes")).status_code == 404
    before = time.monotonic()
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.wait_for(task, 20)
    assert time.monotonic() - before < 15

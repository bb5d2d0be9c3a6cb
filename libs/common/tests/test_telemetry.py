"""Traces reach any collector that speaks OTLP, with their tenant; without one nothing waits and nothing is said a thousand times."""

import asyncio
import json
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import grpc
import httpx
import pytest
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as wire
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2_grpc as collector_grpc

from common import telemetry
from common.testing import SCOPE_KEY, jwks, token

HERE = Path(__file__).parent


class Collector(collector_grpc.TraceServiceServicer):
    """The other end of the protocol; keeps what it is sent."""

    def __init__(self):
        self.spans = []

    def Export(self, request, context):
        for resource in request.resource_spans:
            service = {a.key: a.value.string_value for a in resource.resource.attributes}["service.name"]
            for scope in resource.scope_spans:
                self.spans += [(service, s.name, {a.key: a.value.string_value for a in s.attributes}) for s in scope.spans]
        return wire.ExportTraceServiceResponse()


@pytest.fixture
def collector():
    server, heard = grpc.server(ThreadPoolExecutor(2)), Collector()
    collector_grpc.add_TraceServiceServicer_to_server(heard, server)
    heard.port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield heard
    server.stop(None)


@pytest.fixture
def keys():
    """The realm's public keys over HTTP."""

    class Keys(BaseHTTPRequestHandler):
        def do_GET(self):
            body = json.dumps(jwks()).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Keys)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()


@pytest.fixture
def process(platform, keys, tmp_path, unused_tcp_port_factory):
    """Starts a real process of the probe, which traces to an endpoint; (client, its log, the process)."""
    started = []

    def start(endpoint):
        port, log = unused_tcp_port_factory(), tmp_path / "log"
        settings = platform.runtime.settings
        where = {
            "SERVICE_NAME": "probe", "DATABASE_URL": settings.database_url, "SCOPE_KEY": SCOPE_KEY, "KAFKA_BOOTSTRAP": "127.0.0.1:1",
            "HTTP_ADDR": f"127.0.0.1:{port}", "RPC_ADDR": "127.0.0.1:0", "OIDC_ISSUER": settings.oidc_issuer, "OIDC_JWKS_URL": keys,
            "TRACES_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint, "OTEL_BSP_SCHEDULE_DELAY": "200",
            "PYTHONPATH": os.pathsep.join([str(HERE), str(HERE.parents[2] / "proto/gen")]),
        }  # fmt: skip
        words = [sys.executable, "-c", "from common.process import main; from probe.service import SERVICE; main(SERVICE)", "api"]
        running = subprocess.Popen(words, env=os.environ | where, stdout=log.open("w"), stderr=subprocess.STDOUT)
        started.append(running)
        client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=10)
        client.headers["Authorization"] = f"Bearer {token('u', 'officer', region='620102')}"
        for _ in range(300):
            try:
                client.get("/healthz")
                break
            except httpx.TransportError:
                time.sleep(0.1)
        return client, log, running

    yield start
    for one in started:
        one.kill()
        one.wait()


def test_spans_reach_a_collector_with_the_tenant_and_the_actor(process, collector):
    client, _, _ = process(f"http://127.0.0.1:{collector.port}")
    assert client.post("/v1/notes", json={"title": "x"}).status_code == 201
    deadline = time.monotonic() + 15
    while not (found := [s for s in collector.spans if s[1] == "POST /v1/notes"]) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert [(service, marks[telemetry.OWNER], marks[telemetry.ACTOR]) for service, _, marks in found] == [("probe", "620102", "u")]


@pytest.mark.parametrize("kind", ["absent", "deaf"])
def test_without_a_collector_requests_are_as_quick_and_the_log_stays_short(process, kind):
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        if kind == "deaf":
            deaf.listen(1)  # takes connections and never answers
        client, log, running = process(f"http://127.0.0.1:{deaf.getsockname()[1]}")
        times = []
        until = time.monotonic() + 13  # longer than an export's patience of 10 s
        while time.monotonic() < until:
            begun = time.monotonic()
            assert client.get("/v1/notes").status_code == 200
            times.append(time.monotonic() - begun)
            time.sleep(0.02)
        assert sorted(times)[len(times) // 2] < 0.25
        assert max(times) < 3, "nothing waits for the collector"
        begun = time.monotonic()
        running.send_signal(signal.SIGTERM)
        running.wait(20)
        assert time.monotonic() - begun < 10
    said = [line for line in log.read_text().splitlines() if "export" in line.lower()]
    assert len(said) <= 6, said
    assert len(times) > 30


def test_a_librarys_complaint_is_told_once_a_minute_and_our_own_always():
    seldom = telemetry.Seldom()

    def record(name, line):
        return logging.LogRecord(name, logging.ERROR, "x.py", line, "m", (), None)

    assert [seldom.filter(record(*one)) for one in [("kafka.net", 1), ("kafka.net", 1), ("kafka.net", 2), ("opentelemetry.x", 1)]] == [
        True, False, True, False,
    ]  # fmt: skip
    assert seldom.filter(record("common.outbox", 9)) and seldom.filter(record("common.outbox", 9))


@pytest.mark.parametrize(("owner", "label"), [("620102", "6201"), ("6202", "6202"), ("62", "62"), ("lab:L01", "lab:L01")])
def test_the_label_of_a_tenant_is_a_prefecture_or_a_laboratory(owner, label):
    assert telemetry.tenant(owner) == label


def _numbers(text, name):
    return {line.split(" ")[0].removeprefix(name): float(line.split(" ")[1]) for line in text.splitlines() if line.startswith(f"{name}{{")}


async def test_use_by_tenant_counts_requests_and_bytes_of_known_callers_only(process, collector):
    client, _, _ = await asyncio.to_thread(process, f"http://127.0.0.1:{collector.port}")
    for _ in range(2):
        assert client.post("/v1/notes", json={"title": "x"}).status_code == 201
    answer = client.get("/v1/notes")
    assert client.get("/v1/notes", headers={"Authorization": ""}).status_code == 401
    text = client.get("/metrics").text
    [(labels, count)] = _numbers(text, "longzhi_owner_requests_total").items()
    assert ('owner="6201"' in labels, count) == (True, 3)
    flows = {("in" if 'direction="in"' in k else "out"): v for k, v in _numbers(text, "longzhi_owner_bytes_total").items()}
    assert flows["in"] == 2 * len('{"title":"x"}')
    assert flows["out"] > len(answer.content)

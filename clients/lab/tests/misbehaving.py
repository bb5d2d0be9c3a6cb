"""A small platform over real HTTP on 127.0.0.1 that misbehaves when told to: it stands for the network's misbehaviour, not for the platform's rules.

It keeps what it saw: keys, bodies, which report was accepted how often. Receipts are signed with a real Ed25519 key.
"""

import asyncio
import base64
import gzip
import hashlib
import json
import os
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import uvicorn
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

PUSH, TOKEN = "/api/sampling/v1/reports:batch", "/auth/realms/longzhi/protocol/openid-connect/token"
QUEUE = "/api/sampling/v1/queue"
SAMPLES, KEYS, RECEIPTS = "/api/sampling/v1/samples", "/api/sampling/v1/receipts/keys", "/api/sampling/v1/receipts:batch"


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


@dataclass
class Seen:
    """One push as it came: key, unpacked body, token."""

    key: str
    body: bytes
    token: str


@dataclass
class Platform:
    """`moods` are taken one by one by the calls to `path`: cut_before, cut_after, torn, html, slow, or a status, perhaps with its Retry-After."""

    secret: str = "demo-L01"
    expires_in: float = 300
    moods: dict[str, list[Any]] = field(default_factory=dict)
    pushes: list[Seen] = field(default_factory=list)
    accepted: Counter[str] = field(default_factory=Counter)
    stored: dict[str, str] = field(default_factory=dict)
    answers: dict[str, tuple[bytes, bytes]] = field(default_factory=dict)
    tokens: list[str] = field(default_factory=list)
    revoked: set[str] = field(default_factory=set)
    samples: list[dict[str, Any]] = field(default_factory=list)
    queue: list[dict[str, Any]] | None = None
    not_received: set[str] = field(default_factory=set)
    times: list[float] = field(default_factory=list)
    watch: Callable[[int, str], None] = lambda _number, _stage: None
    private: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        body = b""
        while (message := await receive())["type"] == "http.request":
            body += message["body"]
            if not message.get("more_body"):
                break
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        mood = self.moods.get(scope["path"], []).pop(0) if self.moods.get(scope["path"]) else None
        number = len(self.pushes)
        if scope["path"] == PUSH:
            self.watch(number, "read")
        if mood == "cut_before":
            send.__self__.transport.abort()
            return
        if mood == "slow":
            await asyncio.sleep(0.3)
        status, answer, more = self.moody(mood) or self.route(scope, headers, body)
        if scope["path"] == PUSH:
            self.watch(number, "done")
        if mood == "cut_after":
            send.__self__.transport.abort()
            return
        await reply(send, status, answer, more, torn=mood == "torn")
        if scope["path"] == PUSH:
            self.watch(number, "told")

    def moody(self, mood: Any) -> tuple[int, bytes, dict[str, str]] | None:
        if mood == "html":
            return 200, b"<html>captive portal</html>", {}
        if isinstance(mood, int):
            return mood, b"{}", {}
        if isinstance(mood, tuple):
            self.times.append(time.monotonic())
            return mood[0], b"{}", {"retry-after": mood[1]}
        return None

    def route(self, scope: Any, headers: dict[str, str], body: bytes) -> tuple[int, bytes, dict[str, str]]:
        path = scope["path"]
        if path == TOKEN:
            return self.issue(body)
        if path == KEYS:
            return 200, compact({"keys": [self.public]}).encode(), {}
        token = headers.get("authorization", "").removeprefix("Bearer ")
        if token not in self.tokens or token in self.revoked:
            return problem(401, "token_invalid")
        if path == SAMPLES:
            asked = dict(part.split("=") for part in scope["query_string"].decode().split("&"))
            return self.list_samples(asked)
        if path == QUEUE:
            return problem(404, "not_found") if self.queue is None else (200, compact({"items": self.queue, "next_page_token": None}).encode(), {})
        raw = gzip.decompress(body) if headers.get("content-encoding") == "gzip" else body
        if path == RECEIPTS:
            rows = json.loads(raw)["receipts"]
            found = [{"sample_id": r["sample_id"], "status": "done", "state": r["decision"], "problems": []} for r in rows]
            return 200, compact({"results": found}).encode(), {}
        self.pushes.append(Seen(headers["idempotency-key"], raw, token))
        self.times.append(time.monotonic())
        return self.push(headers["idempotency-key"], raw)

    def issue(self, body: bytes) -> tuple[int, bytes, dict[str, str]]:
        if f"client_secret={self.secret}" not in body.decode():
            return 401, b'{"error":"unauthorized_client"}', {}
        self.tokens.append(uuid4().hex)
        return 200, compact({"access_token": self.tokens[-1], "expires_in": self.expires_in}).encode(), {}

    def list_samples(self, asked: dict[str, str]) -> tuple[int, bytes, dict[str, str]]:
        rows = [row for row in self.samples if all(row.get(name) == value for name, value in asked.items() if name in ("state", "sample_no"))]
        start = int(asked.get("page_token", "0"))
        more = str(start + 2) if start + 2 < len(rows) else None
        return 200, compact({"items": rows[start : start + 2], "next_page_token": more}).encode(), {}

    def push(self, key: str, raw: bytes) -> tuple[int, bytes, dict[str, str]]:
        if key in self.answers:
            known, answer = self.answers[key]
            return (200, answer, {"idempotent-replay": "true"}) if known == raw else problem(422, "idempotency_key_reused")
        call = json.loads(raw)
        if any(isinstance(report, dict) and report.get("report_no") == "REFUSE-THE-CALL" for report in call["reports"]):
            return problem(422, "value_unknown", "/mode")
        decided = [self.decide(report, store=not call["dry_run"]) for report in call["reports"]]
        counts = Counter(result["status"] for result, _ in decided)
        told: dict[str, Any] = {status: counts[status] for status in ("accepted", "unchanged", "rejected")}
        told |= {"batch_id": None, "receipt": None, "results": [result for result, _ in decided]}
        if not call["dry_run"]:
            rows = [[r["report_no"], r["report_id"], sha, r["status"]] for r, sha in decided]
            told["batch_id"] = str(uuid4())
            told["receipt"] = self.sign({
                "batch_id": told["batch_id"], "laboratory": "L01", "at": "2021-04-30T01:02:03.004Z", "body_sha256": hashlib.sha256(raw).hexdigest(),
                "reports": len(rows), "results_sha256": hashlib.sha256(compact(rows).encode()).hexdigest(),
            })  # fmt: skip
        self.answers[key] = raw, compact(told).encode()
        return 200, self.answers[key][1], {}

    def decide(self, report: Any, *, store: bool) -> tuple[dict[str, Any], str]:
        number = report["report_no"] if isinstance(report.get("report_no"), str) else None
        refused = {"report_no": number, "status": "rejected", "report_id": None, "version": None}
        if "verdict" not in report:
            return refused | {"problems": [fault("field_missing", "/verdict")]}, ""
        sha = hashlib.sha256(json.dumps(without_null(report), sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()
        bad = [fault("result_grammar", f"/items/{place}/result") for place, item in enumerate(report["items"]) if item["result"] == "约5"]
        if report["sample_no"] in self.not_received:
            bad.append(fault("sample_state", "/sample_no"))
        if number in self.stored and self.stored[number] != sha:
            bad.append(fault("report_conflict", "/report_no"))
        if bad:
            return refused | {"problems": bad}, sha
        status = "unchanged" if number in self.stored else "accepted"
        if store and status == "accepted":
            self.accepted[number] += 1
            self.stored[number] = sha
        return {"report_no": number, "status": status, "report_id": f"id-{number}", "version": 1, "problems": []}, sha

    @property
    def public(self) -> dict[str, str]:
        x = b64(self.private.public_key().public_bytes_raw())
        return {"kty": "OKP", "crv": "Ed25519", "x": x, "kid": x[:16], "use": "sig", "alg": "EdDSA"}

    def sign(self, said: dict[str, Any]) -> str:
        head = {"alg": "EdDSA", "kid": self.public["kid"], "typ": "longzhi-receipt+jwt"}
        signed = f"{b64(compact(head).encode())}.{b64(compact(said).encode())}"
        return f"{signed}.{b64(self.private.sign(signed.encode()))}"


def without_null(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: without_null(part) for name, part in value.items() if part is not None}
    return [without_null(part) for part in value] if isinstance(value, list) else value


def fault(code: str, pointer: str) -> dict[str, str]:
    return {"code": code, "pointer": pointer, "detail": f"问题 {code}"}


def problem(status: int, code: str, pointer: str | None = None) -> tuple[int, bytes, dict[str, str]]:
    return status, compact({"code": code, "status": status, "detail": "拒绝", "pointer": pointer}).encode(), {}


async def reply(send: Any, status: int, body: bytes, headers: dict[str, str], *, torn: bool) -> None:
    kind = "application/json" if status < 400 else "application/problem+json"
    named = {"content-type": kind, "content-length": str(len(body)), **headers}
    await send({"type": "http.response.start", "status": status, "headers": [(k.encode(), v.encode()) for k, v in named.items()]})
    if torn:
        await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
        await asyncio.sleep(0.01)
        send.__self__.transport.abort()
        return
    await send({"type": "http.response.body", "body": body})


class Running:
    """The platform in a thread, on a port of its own."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self.socket = socket.create_server(("127.0.0.1", 0))
        platform.port = self.socket.getsockname()[1]
        self.server = uvicorn.Server(uvicorn.Config(platform, log_level="critical", lifespan="off", timeout_graceful_shutdown=1))
        self.thread = threading.Thread(target=self.server.run, kwargs={"sockets": [self.socket]}, daemon=True)

    def __enter__(self) -> Platform:
        self.thread.start()
        while not self.server.started:
            time.sleep(0.005)
        return self.platform

    def __exit__(self, *_: object) -> None:
        self.server.should_exit = self.server.force_exit = True
        self.thread.join(5)
        self.socket.close()


def surroundings(platform: Platform) -> dict[str, str]:
    """The environment in which the command finds this platform."""
    kept = {name: value for name, value in os.environ.items() if "proxy" not in name.lower() and not name.startswith("LONGZHI_")}
    waits = {"LONGZHI_PATIENCE": "20", "LONGZHI_FIRST_WAIT": "0.05"}
    return kept | waits | {"LONGZHI_URL": platform.url, "LONGZHI_LAB": "L01", "LONGZHI_SECRET": "demo-L01", "PYTHONUTF8": "1"}


def report(number: int, **changes: Any) -> dict[str, Any]:
    """A sound report."""
    item = {"item": "甲醛释放量", "result": "0.021", "unit": "mg/m³", "judgement": "合格项", "method": "GB/T 17657-2013 4.60", "max": "0.124"}
    found = {
        "sample_no": f"SCP21620100A{number:08d}", "report_no": f"GSZJ-2021-{number:06d}", "report_class": "合格报告", "cma_no": "182800340123",
        "received_on": "2021-04-19", "tested_from": "2021-04-20", "tested_to": "2021-04-28", "issued_on": "2021-04-30", "tested_by": ["检验员甲"],
        "reviewed_by": "审核员乙", "approved_by": "签字人丙", "conclusion": "所检项目符合要求", "verdict": "合格", "items": [item],
    }  # fmt: skip
    return {name: value for name, value in (found | changes).items() if value is not ...}


def many(count: int, **changes: Any) -> list[dict[str, Any]]:
    return [report(number, **changes) for number in range(count)]

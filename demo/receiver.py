"""A stand-in for the national credit publicity system (国家企业信用信息公示系统): it keeps what it is sent, and misbehaves on request.

One idempotency key is one publication: a sender that makes up a new key for the same record shows it twice, as the real one would.
State lives in SQLite, so that a killed receiver knows what it had. Run: `python -m demo.receiver HOST:PORT FILE`.
"""

import asyncio
import json
import random
import sqlite3
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import uvicorn
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import BaseModel, Field

SCHEMA = """
CREATE TABLE IF NOT EXISTS publication (
    key TEXT PRIMARY KEY, receipt_no TEXT NOT NULL, record_id TEXT NOT NULL, version INTEGER NOT NULL, action TEXT NOT NULL,
    body TEXT NOT NULL, received_at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS counter (name TEXT PRIMARY KEY, n INTEGER NOT NULL);
"""
REQUIRED = ("record_id", "version", "action", "uscc", "name", "body_code", "type", "checked_on", "result_code")


class Behaviour(BaseModel):
    """How badly it behaves, as shares of the requests (0 to 1), and how slowly."""

    lose_ack: float = Field(0.0, ge=0, le=1, description="applied, but the answer is cut off")
    fail_after: float = Field(0.0, ge=0, le=1, description="applied, but answers 500")
    fail_before: float = Field(0.0, ge=0, le=1, description="not applied, answers 503")
    down: bool = False
    slow_ms: int = Field(0, ge=0, le=60_000)
    reject_names: list[str] = Field(default_factory=list, description="enterprises that it refuses, with a reason")
    seed: int = 1


class Receiver:
    """The receiver's store and mood."""

    def __init__(self, file: str) -> None:
        self.db = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
        self.db.executescript("PRAGMA journal_mode=WAL;" + SCHEMA)
        self.mood = Behaviour()
        self.chance = random.Random(1)

    def count(self, name: str) -> None:
        self.db.execute("INSERT INTO counter VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET n = n + 1", (name,))

    def apply(self, key: str, record: dict[str, Any]) -> str:
        """Keep the record; the same key gets the receipt that it got before."""
        known = self.db.execute("SELECT receipt_no FROM publication WHERE key = ?", (key,)).fetchone()
        if known:
            self.count("repeated")
            return str(known[0])
        number = self.db.execute("SELECT count(*) FROM publication").fetchone()[0] + 1
        receipt = f"GS{number:010d}"
        values = (key, receipt, record["record_id"], record["version"], record["action"])
        self.db.execute(
            "INSERT INTO publication VALUES (?, ?, ?, ?, ?, ?, ?)",
            (*values, json.dumps(record, ensure_ascii=False), datetime.now(UTC).isoformat()),
        )
        return receipt

    def happens(self, share: float) -> bool:
        return share > 0 and self.chance.random() < share


def _faults(record: Any, mood: Behaviour) -> str:
    """Why the record is refused, or empty."""
    if not isinstance(record, dict):
        return "报文不是对象"
    missing = [name for name in REQUIRED if record.get(name) in (None, "")]
    if missing:
        return f"缺少字段:{'、'.join(missing)}"
    return "主体信息与登记库不一致" if record["name"] in mood.reject_names else ""


async def _cut() -> AsyncIterator[bytes]:
    yield b'{"rec'
    raise ConnectionResetError("the acknowledgement is lost on purpose")


router = APIRouter()


@router.post("/records")
async def receive(request: Request) -> Response:
    """Take one record; the key in `Idempotency-Key` is the sender's own."""
    receiver: Receiver = request.app.state.receiver
    mood = receiver.mood
    receiver.count("requests")
    if mood.slow_ms:
        await asyncio.sleep(mood.slow_ms / 1000)
    if mood.down or receiver.happens(mood.fail_before):
        return JSONResponse({"error": "down"}, 503)
    record, key = await request.json(), request.headers.get("idempotency-key", "")
    why = _faults(record, mood) if key else "缺少幂等键"
    if why:
        return JSONResponse({"accepted": False, "reason": why}, 422)
    receipt = receiver.apply(key, record)
    if receiver.happens(mood.fail_after):
        receiver.count("failed_after")
        return JSONResponse({"error": "failed after applying"}, 500)
    if receiver.happens(mood.lose_ack):
        receiver.count("lost_acks")
        return StreamingResponse(_cut(), media_type="application/json", headers={"content-length": "200"})
    return JSONResponse({"accepted": True, "receipt_no": receipt})


@router.get("/publications")
async def publications(request: Request, after: str = "", limit: int = 1000) -> dict[str, Any]:
    """What it shows, in the order of arrival (for the ledger)."""
    columns = ("receipt_no", "key", "record_id", "version", "action", "body")
    query = f"SELECT {', '.join(columns)} FROM publication WHERE receipt_no > ? ORDER BY receipt_no LIMIT ?"
    rows = request.app.state.receiver.db.execute(query, (after, min(limit, 5000))).fetchall()
    return {"items": [dict(zip(columns, row, strict=True)) | {"body": json.loads(row[-1])} for row in rows]}


@router.get("/behaviour")
async def behaviour(request: Request) -> dict[str, Any]:
    """The present mood and the counters (requests, repeated keys, lost acknowledgements)."""
    receiver: Receiver = request.app.state.receiver
    return {
        "mood": receiver.mood.model_dump(),
        "counters": dict(receiver.db.execute("SELECT name, n FROM counter").fetchall()),
    }


@router.put("/behaviour")
async def behave(request: Request, mood: Behaviour) -> Behaviour:
    """Change the mood; the seed makes it repeatable."""
    request.app.state.receiver.mood = mood
    request.app.state.receiver.chance = random.Random(mood.seed)
    return mood


@router.get("/readyz")
async def readyz() -> dict[str, str]:
    return {"status": "ready"}


def create(file: str) -> FastAPI:
    """The receiver as an application over one SQLite file."""
    app = FastAPI(title="credit receiver for tests and the demonstration")
    app.state.receiver = Receiver(file)
    app.include_router(router)
    return app


if __name__ == "__main__":
    host, _, port = sys.argv[1].rpartition(":")
    uvicorn.run(create(sys.argv[2]), host=host, port=int(port), log_level="critical")

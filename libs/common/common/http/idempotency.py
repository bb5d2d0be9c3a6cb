"""Idempotency keys: the same key with the same body gets the same answer, byte for byte; with another body it is refused."""

import hashlib
import re
from typing import Any

from fastapi import Request, Response
from sqlalchemy import text

from common.db import Session
from common.errors import Invalid

UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_SHAPE = re.compile(r"[!-~]{1,200}", re.ASCII)
_CLAIM = text(
    "INSERT INTO idempotency_key (subject, key, operation, body_sha256) VALUES (:subject, :key, :operation, :sha) ON CONFLICT DO NOTHING RETURNING 1"
)
_FIND = text("SELECT operation, body_sha256, status, media_type, etag, body FROM idempotency_key WHERE subject = :subject AND key = :key")
_STORE = text(
    "UPDATE idempotency_key SET status = :status, media_type = :media_type, etag = :etag, body = :body WHERE subject = :subject AND key = :key"
)


def key_of(request: Request) -> str | None:
    """The request's key, or None; Invalid when it is not 1 to 200 visible ASCII characters."""
    key = request.headers.get("idempotency-key")
    if key is None or request.method not in UNSAFE:
        return None
    if not _SHAPE.fullmatch(key):
        raise Invalid("idempotency_key", "Idempotency-Key 须为 1 至 200 个可见 ASCII 字符", "Idempotency-Key: 1 to 200 visible ASCII characters")
    return key


async def claim(session: Session, request: Request, subject: str, key: str, body: bytes) -> Response | None:
    """Take the key for this transaction; the stored answer when it was used before. A second request waits here for the first."""
    asked: dict[str, Any] = {"subject": subject, "key": key, "operation": f"{request.method} {request.url.path}"}
    asked["sha"] = hashlib.sha256(body + b"\0" + str(request.url.query).encode()).hexdigest()
    if (await session.execute(_CLAIM, asked)).first():
        return None
    found = (await session.execute(_FIND, {"subject": subject, "key": key})).one()
    if (found.operation, found.body_sha256) != (asked["operation"], asked["sha"]):
        raise Invalid("idempotency_key_reused", "同一 Idempotency-Key 已用于不同内容的请求", "this Idempotency-Key was used for another request")
    headers = {"Idempotent-Replay": "true"} | ({"ETag": found.etag} if found.etag else {})
    return Response(found.body, found.status, headers, found.media_type)


async def store(session: Session, subject: str, key: str, response: Response) -> None:
    """Keep the answer with the effect it tells of."""
    etag = response.headers.get("etag", "")
    values = {"status": response.status_code, "media_type": response.media_type or "application/json", "etag": etag, "body": bytes(response.body)}
    await session.execute(_STORE, values | {"subject": subject, "key": key})

"""Route of an upload: the file is on disk before the transaction begins (a slow telephone holds no connection); a 2xx means committed."""

import hashlib
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import APIRouter, Request, Response, UploadFile
from fastapi.routing import APIRoute
from opentelemetry import trace

from common import telemetry
from common.errors import Malformed, TooLarge, Unsupported
from common.http import idempotency
from common.http.edge import run_once
from common.http.problems import documented
from common.runtime import Runtime
from sampling.rules.evidence import Family
from sampling.rules.evidence_content import MAX_BYTES, MEGA

LIMIT = MAX_BYTES[Family.VIDEO] + MEGA
ROLES = ("sampler", "officer")


class Upload(APIRoute):
    """As `common.http.edge.Edge`, with a streamed body; the role is asked before a byte of it is read."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        inner = super().get_route_handler()

        async def handle(request: Request) -> Response:
            runtime: Runtime = request.app.state.runtime
            caller = await runtime.verifier.verify(request.headers.get("authorization"))
            caller.require(*ROLES)
            trace.get_current_span().set_attributes({telemetry.OWNER: caller.bureau.code, telemetry.ACTOR: caller.subject})
            key, limited = idempotency.key_of(request), Request(request.scope, _counted(request))
            _refuse_other_media(request)
            async with limited.form(max_files=1, max_fields=12, max_part_size=16 * 1024) as form:
                mark = await _mark(form) if key else b""
                return await run_once(runtime, caller, limited, inner, (key, mark))

        return handle


def _refuse_other_media(request: Request) -> None:
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media != "multipart/form-data":
        raise Unsupported("media_type", "请以 multipart/form-data 提交", "send multipart/form-data")
    if "boundary=" not in request.headers["content-type"]:
        raise Malformed("request_malformed", "请求无法读取", "the multipart boundary is missing")
    if int(request.headers.get("content-length") or 0) > LIMIT:
        raise _too_large()


def _counted(request: Request) -> Callable[[], Coroutine[Any, Any, Any]]:
    """The request's messages, until they are too many bytes."""
    seen = 0

    async def receive() -> Any:
        nonlocal seen
        message = await request.receive()
        seen += len(message.get("body", b""))
        if seen > LIMIT:
            raise _too_large()
        return message

    return receive


def _too_large() -> TooLarge:
    return TooLarge("body_too_large", f"请求内容超过 {LIMIT // MEGA} MB", f"body over {LIMIT // MEGA} MB")


async def _mark(form: Any) -> bytes:
    """What makes two uploads the same one for an Idempotency-Key: every field, and the file by its hash."""
    parts = []
    for name, value in sorted(form.multi_items(), key=lambda pair: pair[0]):
        if isinstance(value, str):
            parts.append(f"{name}={value}")
        else:
            value.file.seek(0)
            parts.append(f"{name}:{hashlib.file_digest(value.file, 'sha256').hexdigest()}")
            value.file.seek(0)
    return "\n".join(parts).encode()


def size_of(upload: UploadFile) -> int:
    """Length of what is on disk."""
    return upload.file.seek(0, 2)


def upload_router(**settings: Any) -> APIRouter:
    """A router whose routes take multipart uploads."""
    return APIRouter(route_class=Upload, responses=documented(), prefix="/v1", **settings)

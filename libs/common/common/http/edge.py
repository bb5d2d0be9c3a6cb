"""One kind of route: strict body, verified caller, one transaction that is committed before the answer leaves."""

from collections.abc import Callable, Coroutine, Iterator
from contextlib import ExitStack, contextmanager
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.routing import APIRoute
from opentelemetry import trace

from common import telemetry
from common.caller import Caller
from common.db import Session, transaction
from common.errors import Forbidden, Invalid, Malformed, Stale, TooLarge, TooMany, Unsupported
from common.http import idempotency
from common.http.problems import documented
from common.runtime import Runtime
from common.strict import gunzip, parse_json
from common.today import today

MAX_BODY = 16 * 1024 * 1024
_JSON = ("application/json", "")
Handler = Callable[[Request], Coroutine[Any, Any, Response]]
_MEDIA = (*_JSON, "text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")


async def _body(request: Request) -> bytes:
    """The body, unpacked, at most 16 MB before and after."""
    if int(request.headers.get("content-length") or 0) > MAX_BODY:
        raise TooLarge("body_too_large", "请求内容超过 16 MB", "body over 16 MB")
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > MAX_BODY:
            raise TooLarge("body_too_large", "请求内容超过 16 MB", "body over 16 MB")
        chunks.append(chunk)
    raw = b"".join(chunks)
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding == "gzip":
        return gunzip(raw, MAX_BODY)
    if encoding not in ("identity", ""):
        raise Unsupported("content_encoding", "只接受 gzip 压缩", "only gzip is accepted")
    return raw


def _refuse_nul(request: Request) -> None:
    """PostgreSQL keeps no NUL, so no name and no search word has one."""
    if b"%00" in request.scope["query_string"] or "\0" in request.scope["path"]:
        raise Malformed("address_nul", "地址含有空字符(NUL)", "NUL is not allowed in path or query")


class _StrictRequest(Request):
    """FastAPI asks it for JSON and gets what the strict parser read."""

    async def json(self) -> Any:
        return raw_json(self)


def raw_json(request: Request) -> Any:
    """The body as the strict parser read it, before any schema; None when there was none."""
    return request.state.parsed


class Edge(APIRoute):
    """Route of a tenant resource. The transaction ends before the response is sent: a 2xx means committed. `accepts`: media of the body."""

    accepts: tuple[str, ...] = _MEDIA

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        inner = super().get_route_handler()

        async def handle(request: Request) -> Response:
            runtime: Runtime = request.app.state.runtime
            caller = await runtime.verifier.verify(request.headers.get("authorization"))
            owner = caller.region.code if caller.region else f"lab:{caller.laboratory}"
            trace.get_current_span().set_attributes({telemetry.OWNER: owner, telemetry.ACTOR: caller.subject})
            request.state.tenant = telemetry.tenant(owner)  # http.app counts its request and bytes when the answer leaves
            _refuse_nul(request)
            with ExitStack() as turns:
                turns.enter_context(_turn(runtime, caller.subject, runtime.settings.pool_size))
                if caller.quota:
                    turns.enter_context(_turn(runtime, f"all of {owner}", caller.quota))
                return await _unit(runtime, caller, request, (inner, self.accepts))

        return handle


@contextmanager
def _turn(runtime: Runtime, who: str, places: int) -> Iterator[None]:
    """One of the places of a caller (half of the process's connections) or of a whole bureau or laboratory (its quota, counted over all its
    people in this process); TooMany when all are taken, before the body is read."""
    if runtime.at_work[who] >= places:
        raise TooMany("too_many_requests", f"同时进行的请求超过 {places} 个,请稍后重试", f"more than {places} requests at once, try again later")
    runtime.at_work[who] += 1
    try:
        yield
    finally:
        runtime.at_work[who] -= 1
        if not runtime.at_work[who]:
            del runtime.at_work[who]


async def _unit(runtime: Runtime, caller: Caller, request: Request, route: tuple[Handler, tuple[str, ...]]) -> Response:
    inner, accepts = route
    body = await _body(request)
    parsed = parse_json(body) if body and _is_json(request, accepts) else None
    request = _StrictRequest(request.scope, _replay(body))
    request._body = body
    request.state.parsed = parsed
    return await run_once(runtime, caller, request, inner, (idempotency.key_of(request), body))


async def run_once(runtime: Runtime, caller: Caller, request: Request, inner: Handler, keyed: tuple[str | None, bytes]) -> Response:
    """The route in one transaction, committed before the answer leaves; with a key, what it was used for before is answered instead.
    `keyed`: the Idempotency-Key, and the bytes that make two requests the same one."""
    key, mark = keyed
    async with transaction(runtime.db, caller.scope) as session:
        request.state.caller, request.state.session = caller, session
        kept = await idempotency.claim(session, request, caller.subject, key, mark) if key else None
        if kept is not None:
            return kept
        response = await inner(request)
        if key:
            await idempotency.store(session, caller.subject, key, response)
    return response


def no_key(request: Request) -> None:
    """Dependency of a route whose answer must not be kept: what it shows in clear."""
    if "idempotency-key" in request.headers:
        raise Invalid("idempotency_key", "此操作不接受 Idempotency-Key", "the answer of this call must not be kept")


class Open(APIRoute):
    """Route of what everybody may read; the OpenAPI document asks no token for it."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings | {"openapi_extra": {"security": []} | (settings.get("openapi_extra") or {})})


def _replay(body: bytes) -> Callable[[], Coroutine[Any, Any, dict[str, Any]]]:
    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


def _is_json(request: Request, accepts: tuple[str, ...]) -> bool:
    """Whether the body is JSON; Unsupported when it is nothing that the route reads."""
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media not in accepts:
        wanted = "、".join(_JSON[:1] if accepts == _MEDIA else accepts)
        raise Unsupported("media_type", f"请以 {wanted} 提交", f"send {wanted}")
    return media in _JSON


def router(**settings: Any) -> APIRouter:
    """A router of tenant resources; every route is an `Edge` and documents its problems."""
    return APIRouter(route_class=Edge, responses=documented(), prefix="/v1", **settings)


def open_router(**settings: Any) -> APIRouter:
    """A router without caller and transaction, for what everybody may read (public keys, code lists)."""
    return APIRouter(route_class=Open, responses=documented(), prefix="/v1", **settings)


def _caller(request: Request) -> Caller:
    found: Caller = request.state.caller
    return found


def _session(request: Request) -> Session:
    found: Session = request.state.session
    return found


def _runtime(request: Request) -> Runtime:
    found: Runtime = request.app.state.runtime
    return found


CallerDep = Annotated[Caller, Depends(_caller)]
SessionDep = Annotated[Session, Depends(_session)]
RuntimeDep = Annotated[Any, Depends(_runtime)]
TodayDep = Annotated[date, Depends(today)]


def allow(*roles: str) -> Any:
    """Dependency of a route: the caller, who must have one of the roles (403 before the body is even looked at)."""

    def check(caller: CallerDep) -> Caller:
        caller.require(*roles)
        if caller.region is None and caller.laboratory is None:
            raise Forbidden("tenant_missing", "账号未绑定任何机构", "the account belongs to no bureau or laboratory")
        return caller

    check.__dict__["roles"] = roles
    return Depends(check)


def etag(revision: int) -> str:
    return f'W/"{revision}"'


def check_match(request: Request, revision: int) -> None:
    """Refuse a change that was made against an older state (If-Match)."""
    wanted = request.headers.get("if-match")
    if wanted is None or wanted.strip() == "*":
        return
    if not wanted.strip().startswith(('W/"', '"')):
        raise Invalid("if_match", "If-Match 格式不正确", "If-Match is not an entity tag")
    if wanted.strip() != etag(revision):
        raise Stale("stale", "记录已被他人修改,请刷新后重试", "the record has changed since it was read")

"""The application factory: every service's HTTP side is made here, so that all of them behave alike."""

import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse
from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import text
from starlette.exceptions import HTTPException

from common import telemetry
from common.errors import Problem
from common.http.problems import answer, translate

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]
_MIGRATED = text("SELECT to_regclass('outbox') IS NOT NULL")  # every service has one, from its first migration on


async def _refuse(request: Request, error: Exception) -> Response:
    return answer(request, translate(error))


async def _catch(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    """Whatever escapes becomes a problem, also when no handler below foresaw it."""
    started = time.perf_counter()
    try:
        response = await call_next(request)
    except Exception as error:
        response = answer(request, translate(error))
    route = getattr(request.scope.get("route"), "path", "unknown")
    marks = {"operation": f"{request.method} {route}", "status": str(response.status_code)}
    telemetry.requests.add(1, marks)
    telemetry.request_seconds.record(time.perf_counter() - started, marks)
    _count_tenant(request, response)
    if request.app.state.runtime.stopping:
        response.headers["Connection"] = "close"  # whoever keeps the connection finds another process before this one closes it
    return response


def _count_tenant(request: Request, response: Response) -> None:
    """Requests and bytes of a known caller; a body without a stated length (a stream) counts as none."""
    tenant = getattr(request.state, "tenant", None)
    if tenant is None:
        return
    telemetry.owner_requests.add(1, {"owner": tenant})
    for direction, headers in (("in", request.headers), ("out", response.headers)):
        length = headers.get("content-length", "")
        telemetry.owner_bytes.add(int(length) if length.isdecimal() else 0, {"owner": tenant, "direction": direction})


def create_app(runtime: Any, routers: list[APIRouter], lifespan: Lifespan | None = None) -> FastAPI:
    """One service's application: its routers, problems, health, metrics and OpenAPI document."""
    settings = runtime.settings
    app = FastAPI(
        title=f"Longzhi {settings.service_name}", version="1", lifespan=lifespan,
        openapi_url="/openapi.json", docs_url=None, redoc_url=None, redirect_slashes=False,
    )  # fmt: skip
    app.state.runtime = runtime
    for kind in (Problem, RequestValidationError, HTTPException):
        app.add_exception_handler(kind, _refuse)
    app.middleware("http")(_catch)
    for each in routers:
        app.include_router(each)
    _add_health(app, runtime)
    app.openapi = lambda: _openapi(app, settings.gateway_prefix or "/")  # type: ignore[method-assign]
    FastAPIInstrumentor.instrument_app(app, excluded_urls="healthz,readyz,metrics")
    return app


def _add_health(app: FastAPI, runtime: Any) -> None:
    @app.get("/healthz", include_in_schema=False)
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/readyz", include_in_schema=False)
    async def readyz() -> Response:
        if getattr(runtime, "stopping", False):
            return JSONResponse({"status": "stopping"}, 503)
        try:
            async with runtime.db.engine.connect() as connection:
                migrated = (await connection.execute(_MIGRATED)).scalar_one()
        except Exception:
            return JSONResponse({"status": "database does not answer"}, 503)
        if not migrated:
            return JSONResponse({"status": "database is not migrated"}, 503)
        return JSONResponse({"status": "ready"})

    @app.get("/metrics", include_in_schema=False)
    async def metrics() -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


def _openapi(app: FastAPI, prefix: str) -> dict[str, Any]:
    """The document, with the bearer scheme on every route but the open ones and problems as problem+json only."""
    if app.openapi_schema:
        return app.openapi_schema
    schema = get_openapi(title=app.title, version=app.version, routes=app.routes, servers=[{"url": prefix}])
    schema.setdefault("components", {})["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}
    for operations in schema["paths"].values():
        for operation in operations.values():
            operation.setdefault("security", [{"bearer": []}])
            for status, response in operation["responses"].items():
                if status.isdigit() and int(status) >= 400 and "application/json" in response.get("content", {}):
                    response["content"] = {"application/problem+json": response["content"]["application/json"]}
    app.openapi_schema = schema
    return schema

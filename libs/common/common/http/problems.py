"""RFC 9457 problems: one shape for every refusal, Chinese first, English when asked."""

import logging
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from opentelemetry import trace
from pydantic import BaseModel, Field
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException

from common import telemetry
from common.clocks import ClockRefused
from common.errors import Invalid, Malformed, NotFound, Problem, Refused, TooMany, Unavailable, Unsupported
from common.inbox import is_transient

log = logging.getLogger(__name__)
MEDIA_TYPE = "application/problem+json"

#: pydantic's many error types, folded into a few stable codes with words of our own.
_FAULTS = {
    "missing": ("field_missing", "缺少必填项", "required field is missing"),
    "extra_forbidden": ("field_unknown", "不认识的字段", "unknown field"),
    "string_too_long": ("text_length", "文字过长", "text too long"),
    "string_too_short": ("text_empty", "不能为空", "must not be empty"),
    "too_long": ("list_length", "条目过多", "too many entries"),
    "too_short": ("list_length", "条目过少", "too few entries"),
    "enum": ("value_unknown", "不在允许的取值范围内", "not one of the allowed values"),
    "literal_error": ("value_unknown", "不在允许的取值范围内", "not one of the allowed values"),
    "greater_than_equal": ("number_range", "数值超出允许范围", "number out of range"),
    "less_than_equal": ("number_range", "数值超出允许范围", "number out of range"),
    "greater_than": ("number_range", "数值超出允许范围", "number out of range"),
    "less_than": ("number_range", "数值超出允许范围", "number out of range"),
    "string_pattern_mismatch": ("format", "格式不正确", "does not have the required format"),
    "uuid_parsing": ("uuid_format", "编号格式不正确", "not a UUID"),
    "uuid_type": ("uuid_format", "编号格式不正确", "not a UUID"),
}
_OTHER = ("field_type", "类型不正确", "wrong type")


class Fault(BaseModel):
    """One fault of the input."""

    code: str
    pointer: str
    detail: str


class ProblemBody(BaseModel):
    """RFC 9457 problem; `code` is stable, `detail` is for people."""

    type: str = Field(examples=["urn:longzhi:problem:not_found"])
    title: str
    status: int
    code: str
    detail: str
    pointer: str | None = None
    trace_id: str = ""
    problems: list[Fault] | None = None


def documented(*extra: int) -> dict[int | str, dict[str, Any]]:
    """Responses that every route may give, for its OpenAPI entry."""
    statuses = (400, 401, 403, 404, 405, 409, 412, 413, 415, 422, 429, 500, 503, *extra)
    return {s: {"model": ProblemBody, "content": {MEDIA_TYPE: {}}, "description": "problem"} for s in statuses}


def pointer_of(loc: tuple[int | str, ...]) -> str:
    """pydantic's location as an RFC 6901 pointer into the body; query and path parameters by their name."""
    parts = loc[1:] if loc and loc[0] == "body" else loc
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def from_validation(errors: list[Any], english: bool = False) -> Invalid:
    """A list of pydantic's (or FastAPI's) errors as one problem with all its faults."""
    faults = []
    for error in errors[:100]:
        code, zh, en = _FAULTS.get(error["type"], _OTHER)
        if error["type"] not in _FAULTS and any("\u4e00" <= c <= "\u9fff" for c in error["msg"]):
            code, zh, en = error["type"], error["msg"], error["type"].replace("_", " ")
        faults.append({"code": code, "pointer": pointer_of(error["loc"]), "detail": en if english else zh, "zh": zh, "en": en})
    first = faults[0] if faults else {"code": "field_type", "zh": _OTHER[1], "en": _OTHER[2], "pointer": ""}
    shown = [{k: f[k] for k in ("code", "pointer", "detail")} for f in faults]
    return Invalid(first["code"], first["zh"], first["en"], pointer=first["pointer"], problems=shown)


def problem_body(problem: Problem, english: bool) -> dict[str, Any]:
    """The problem as its JSON body."""
    found: dict[str, Any] = {
        "type": f"urn:longzhi:problem:{problem.code}", "title": type(problem).__name__, "status": problem.status, "code": problem.code,
        "detail": problem.en if english else problem.zh, "trace_id": telemetry.trace_id(),
    }  # fmt: skip
    if problem.pointer is not None:
        found["pointer"] = problem.pointer
    if problem.problems is not None:
        found["problems"] = problem.problems
    return found


def wants_english(request: Request) -> bool:
    return request.headers.get("accept-language", "").strip().lower().startswith("en")


def answer(request: Request, problem: Problem) -> JSONResponse:
    """The problem as a response."""
    trace.get_current_span().set_attribute(telemetry.PROBLEM_CODE, problem.code)
    headers = {"Retry-After": "2"} if isinstance(problem, Unavailable | TooMany) else {}
    if problem.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return JSONResponse(problem_body(problem, wants_english(request)), problem.status, headers, MEDIA_TYPE)


_HTTP = {
    404: NotFound("not_found", "没有这个地址或记录", "no such resource"),
    415: Unsupported("media_type", "不支持的内容类型", "unsupported media type"),
    400: Malformed("request_malformed", "请求无法读取", "the request cannot be read"),
}


class _Method(Problem):
    status = 405


def translate(error: Exception) -> Problem:
    """Any exception as a problem; what nobody foresaw is logged whole and shown as little."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, RequestValidationError):
        return from_validation(list(error.errors()))
    if isinstance(error, HTTPException):
        return _HTTP.get(error.status_code) or _Method("method", "不支持的操作", "method not allowed")
    if isinstance(error, ClockRefused):
        return Invalid(error.code, error.message, str(error))
    if isinstance(error, DBAPIError):
        return _of_database(error)
    if isinstance(error, PoolTimeout | OSError | TimeoutError) or is_transient(error):
        return Unavailable("unavailable", "服务暂不可用,请稍后重试", "a part does not answer, try again")
    log.error("unforeseen", exc_info=error)
    return Problem("internal", "系统内部错误,已记录", "internal error, it has been recorded")


def _of_database(error: DBAPIError) -> Problem:
    sqlstate = str(getattr(getattr(error, "orig", None), "sqlstate", "") or "")
    if is_transient(error) or isinstance(error, OperationalError | InterfaceError):
        return Unavailable("unavailable", "服务暂不可用,请稍后重试", "a part does not answer, try again")
    if sqlstate == "23505":
        return Refused("already_exists", "已存在相同编号的记录", "a record with this number exists already")
    if sqlstate == "42501":  # row-level security refused the row: the caller may read it but not change it
        return NotFound("not_found", "记录不存在", "no such record")
    log.error("database", exc_info=error)
    return Problem("internal", "系统内部错误,已记录", "internal error, it has been recorded")

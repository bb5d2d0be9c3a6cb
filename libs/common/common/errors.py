"""Every way in which a request can fail, with its status once.

Problem
├── Invalid          422  INVALID_ARGUMENT      the input is wrong; `pointer` says where
├── Malformed        400  INVALID_ARGUMENT      the body cannot even be read
├── Unauthenticated  401  UNAUTHENTICATED       no valid token
├── Forbidden        403  PERMISSION_DENIED     the caller's role may not do this
├── NotFound         404  NOT_FOUND             not there, or not there for this caller
├── Refused          409  FAILED_PRECONDITION   a rule of the trade says no; `code` says which
├── Stale            412  ABORTED               If-Match names an older state
├── TooLarge         413  RESOURCE_EXHAUSTED    body, batch or workbook over its limit
├── Unsupported      415  INVALID_ARGUMENT      not a media type or encoding that is read here
├── TooMany          429  RESOURCE_EXHAUSTED    slow down; Retry-After says how long
└── Unavailable      503  UNAVAILABLE           a part that is needed does not answer; try again
"""

from typing import Any, ClassVar


class Problem(Exception):
    """A refusal that the caller may see: stable code, Chinese and English words, JSON pointer, and details of each fault."""

    status: ClassVar[int] = 500
    rpc_status: ClassVar[str] = "INTERNAL"

    def __init__(self, code: str, zh: str, en: str = "", *, pointer: str | None = None, problems: list[dict[str, Any]] | None = None) -> None:
        super().__init__(f"{code}: {en or zh}")
        self.code, self.zh, self.en = code, zh, en or zh
        self.pointer, self.problems = pointer, problems


class Invalid(Problem):
    status, rpc_status = 422, "INVALID_ARGUMENT"


class Malformed(Problem):
    status, rpc_status = 400, "INVALID_ARGUMENT"


class Unauthenticated(Problem):
    status, rpc_status = 401, "UNAUTHENTICATED"


class Forbidden(Problem):
    status, rpc_status = 403, "PERMISSION_DENIED"


class NotFound(Problem):
    status, rpc_status = 404, "NOT_FOUND"


class Refused(Problem):
    status, rpc_status = 409, "FAILED_PRECONDITION"


class Stale(Problem):
    status, rpc_status = 412, "ABORTED"


class TooLarge(Problem):
    status, rpc_status = 413, "RESOURCE_EXHAUSTED"


class Unsupported(Problem):
    status, rpc_status = 415, "INVALID_ARGUMENT"


class TooMany(Problem):
    status, rpc_status = 429, "RESOURCE_EXHAUSTED"


class Unavailable(Problem):
    status, rpc_status = 503, "UNAVAILABLE"


KINDS: tuple[type[Problem], ...] = (
    Invalid, Malformed, Unauthenticated, Forbidden, NotFound, Refused, Stale, TooLarge, Unsupported, TooMany, Unavailable,
)  # fmt: skip


def not_found(what_zh: str, what_en: str) -> NotFound:
    """The one answer for an absent record and for a neighbour's: same code, same words."""
    return NotFound("not_found", f"{what_zh}不存在", f"no such {what_en}")

"""Lists by keyset: `page_size` ≤ 200, an opaque `page_token`, and `{"items": […], "next_page_token": …}`."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Depends, Query
from pydantic import BaseModel

from common.errors import Invalid

T = TypeVar("T")
Row = TypeVar("Row")


class PageOf(BaseModel, Generic[T]):
    """One page of a list."""

    items: list[T]
    next_page_token: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """What the caller asked for: how many, and after which key (the sort values of the last row seen)."""

    size: int
    after: tuple[Any, ...] | None

    @property
    def limit(self) -> int:
        """One more than asked, so that it is known whether there is a next page."""
        return self.size + 1


def _read(token: str | None) -> tuple[Any, ...] | None:
    if not token:
        return None
    try:
        found = json.loads(base64.urlsafe_b64decode(token.encode("ascii") + b"=="))
    except (ValueError, binascii.Error, UnicodeError) as error:
        raise _bad_token() from error
    if not isinstance(found, list) or not found or not all(map(_is_key, found)):
        raise _bad_token()
    return tuple(found)


def _is_key(part: Any) -> bool:
    """A sort value that the database can take: text without NUL or lone surrogates, or a whole number of at most 64 bits."""
    if isinstance(part, str):
        return "\0" not in part and not any("\ud800" <= c <= "\udfff" for c in part)
    return isinstance(part, int) and not isinstance(part, bool) and abs(part) < 2**63


def _bad_token() -> Invalid:
    return Invalid("page_token", "翻页标记无效", "page_token is not one of ours", pointer="/page_token")


def _page(
    page_size: Annotated[int, Query(ge=1, le=200)] = 50,
    page_token: Annotated[str | None, Query(max_length=500)] = None,
) -> Page:
    return Page(page_size, _read(page_token))


PageDep = Annotated[Page, Depends(_page)]


def keyset(page: Page, kinds: Sequence[Callable[[Any], Any]]) -> list[Any] | None:
    """The values of `page.after`, each read by its kind (e.g. UUID, date.fromisoformat); a token of another list is refused."""
    if page.after is None:
        return None
    try:
        if len(page.after) != len(kinds):
            raise ValueError("another list's token")
        return [kind(part) for kind, part in zip(kinds, page.after, strict=True)]
    except (ValueError, TypeError, AttributeError) as error:
        raise _bad_token() from error


def page_of(rows: Sequence[Row], page: Page, key: Callable[[Row], tuple[Any, ...]], shape: Callable[[Row], T]) -> PageOf[T]:
    """Rows (at most page.limit of them) as one page; `key` gives the sort values that the next token carries."""
    shown = rows[: page.size]
    token = None
    if len(rows) > page.size:
        values = [v if isinstance(v, str | int) else str(v) for v in key(shown[-1])]
        token = base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")
    return PageOf(items=[shape(row) for row in shown], next_page_token=token)

"""What may stand in a query string, a path or a page token: text that PostgreSQL can hold."""

from typing import Annotated, Any

from pydantic import Field

Fragment = Annotated[str, Field(max_length=100, pattern=r"^[^\x00-\x1f]*$")]
CodeText = Annotated[str, Field(max_length=40, pattern=r"^[^\x00-\x1f]*$")]


def word(part: Any) -> str:
    """A text part of a page token; ValueError when it is none of ours."""
    if not isinstance(part, str) or not part.isprintable():
        raise ValueError("not a word of ours")
    return part


def number(part: Any) -> int:
    """A small number of a page token; ValueError when it is none of ours."""
    if not isinstance(part, int) or not 0 <= part < 2**31:
        raise ValueError("not a number of ours")
    return part

"""Reports cut into calls: at most 1,000 and 15 MB each, always the same bytes for the same reports, so that a key can be made from them."""

import gzip
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from longzhi_lab.canonical import compact
from longzhi_lab.errors import SourceError

MAX_REPORTS = 1000
MAX_BYTES = 15 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Batch:
    """One call: which reports of the source it carries (their places), and its exact body."""

    places: tuple[int, ...]
    body: bytes

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.body).hexdigest()

    @property
    def packed(self) -> bytes:
        return gzip.compress(self.body, 6, mtime=0)


def encode(report: Any) -> bytes:
    """One report as JSON; SourceError for what no JSON text may hold."""
    try:
        found = compact(report)
    except (UnicodeEncodeError, ValueError) as error:
        raise SourceError(f"报告含有无法编码的字符:{error}", f"a report has characters that cannot be encoded: {error}") from error
    if b"\\u0000" in found:
        raise SourceError("报告含有空字符(NUL)", "a report has a NUL character")
    return found


def cut(reports: Sequence[Any], mode: str, *, dry_run: bool = False, count: int = MAX_REPORTS, size: int = MAX_BYTES) -> Iterator[Batch]:
    """The calls in order. A report that is too large alone goes alone, and the platform says so."""
    head = compact({"mode": mode, "dry_run": dry_run})[:-1] + b',"reports":['
    places: list[int] = []
    parts: list[bytes] = []
    taken = len(head) + 2
    for place, report in enumerate(reports):
        part = encode(report)
        if places and (len(places) >= count or taken + len(part) + 1 > size):
            yield Batch(tuple(places), head + b",".join(parts) + b"]}")
            places, parts, taken = [], [], len(head) + 2
        places.append(place)
        parts.append(part)
        taken += len(part) + 1
    if places:
        yield Batch(tuple(places), head + b",".join(parts) + b"]}")


def key_of(sha256: str, turn: int) -> str:
    """The Idempotency-Key: from the content, and how often this content was pushed to its end before."""
    return f"lz-{sha256[:48]}-{turn}"

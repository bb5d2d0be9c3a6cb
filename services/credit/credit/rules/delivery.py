"""How a version is delivered: what an answer means, and when to try again with the same key."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

CHUNK, CONCURRENCY, TIMEOUT_SECONDS = 40, 8, 3.0
#: A claimed chunk takes at most CHUNK / CONCURRENCY * TIMEOUT_SECONDS = 15 s; after the lease another worker may take it.
LEASE_SECONDS = 20
LONGEST_PAUSE = 30.0
_REFUSING = frozenset({400, 409, 422})
_LONGEST_WORDS = 500


class Delivery(StrEnum):
    """State of one version on its way (报送状态)."""

    QUEUED = "QUEUED"
    ACKNOWLEDGED = "ACKNOWLEDGED"
    REJECTED = "REJECTED"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: a receipt, a refusal with its reason, or (still QUEUED) an error after which the same key is sent again."""

    state: Delivery
    words: str


def read_answer(status: int, body: Any) -> Answer:
    """Only a receipt is an acknowledgement and only a reasoned refusal is a rejection; anything else proves nothing."""
    told: Mapping[str, Any] = body if isinstance(body, dict) else {}
    receipt, reason = told.get("receipt_no"), told.get("reason")
    if status == 200 and told.get("accepted") is True and isinstance(receipt, str) and receipt:
        return Answer(Delivery.ACKNOWLEDGED, _clean(receipt))
    if status in _REFUSING and told.get("accepted") is False and isinstance(reason, str) and reason:
        return Answer(Delivery.REJECTED, _clean(reason))
    return unanswered(f"HTTP {status}")


def unanswered(why: str) -> Answer:
    """Nothing is known: the receiver may or may not have it."""
    return Answer(Delivery.QUEUED, _clean(why))


def pause(attempts: int) -> float:
    """Seconds before the next try: 0.5, 1, 2 … at most 30."""
    return float(min(LONGEST_PAUSE, 0.5 * 2 ** min(max(attempts, 1) - 1, 10)))


def _clean(words: str) -> str:
    return "".join(c for c in words if c.isprintable())[:_LONGEST_WORDS]

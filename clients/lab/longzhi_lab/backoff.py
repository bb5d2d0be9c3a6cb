"""How long to wait before the same call is made again: exponential, capped, with jitter; the platform's own word comes first."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LONGEST = 30.0
RETRY_STATUSES = frozenset({408, 425, 429, 500, 502, 503, 504})


def wait_before(attempt: int, first: float, chance: float, told: float | None = None) -> float:
    """Seconds before attempt number `attempt` (from 1) is repeated; `chance` in [0, 1) spreads callers that failed together."""
    ceiling: float = min(LONGEST, first * 2.0 ** min(attempt - 1, 16))
    jittered = ceiling * (0.5 + chance / 2)
    return jittered if told is None else told + jittered * 0.1


def told_wait(header: str | None, now: datetime) -> float | None:
    """`Retry-After` as seconds: a number or a date (RFC 9110); None when absent or senseless."""
    text = (header or "").strip()
    if not text:
        return None
    if text.isascii() and text.isdigit():
        return float(min(int(text), 86_400))
    try:
        then = parsedate_to_datetime(text)
    except ValueError:
        return None
    aware = then if then.tzinfo else then.replace(tzinfo=UTC)
    return max(0.0, (aware - now).total_seconds())

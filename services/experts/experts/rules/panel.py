"""Drawing a panel (随机抽取) with recusal (回避). domain.md 7.3. The algorithm, `sha256-rank-1`, so that anybody can replay it:

1. The candidates' list has one line `key|unit|reason` per expert considered, sorted by key, joined by LF, UTF-8; `key` is owner/number,
   `reason` is empty for those who stay. candidates_hash = SHA-256(list).
2. commitment = SHA-256(seed ‖ candidates_hash as 32 bytes); told with the draw. The seed (32 bytes) is told at the revealing (揭示).
3. Those who stay are ordered by SHA-256(seed ‖ 0x00 ‖ key), smallest first. Walking down, an expert whose unit is taken already is passed over.
   The first `size` are the panel, the next `size` the spares, in this order.
"""

import hashlib
import hmac
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from common.errors import Invalid, Refused
from experts.rules.pool import MAX_REFUSALS

ALGORITHM = "sha256-rank-1"
MIN_SIZE = 3
MAX_PER_QUARTER = 6


class Reason(StrEnum):
    """Why a candidate is removed before the draw."""

    NOT_ACTIVE = "NOT_ACTIVE"  # 不在库或已暂停
    TERM = "TERM"  # 任期外
    REFUSALS = "REFUSALS"  # 当年两次无故拒绝
    OVERDRAWN = "OVERDRAWN"  # 本季度已抽中六次
    UNIT_IS_PARTY = "UNIT_IS_PARTY"  # 所在单位即当事人
    INTEREST = "INTEREST"  # 三年内有利害关系
    REGION = "REGION"  # 地域回避


@dataclass(frozen=True, slots=True)
class Candidate:
    """What the draw must know of an expert. `drawn`: times this quarter; `refusals`: without cause, this year."""

    key: str
    expert_id: str
    unit: str
    unit_uscc: str | None
    residence_code: str
    is_active: bool
    term_from: date | None
    term_to: date | None
    interests: Mapping[str, date]
    drawn: int = 0
    refusals: int = 0


@dataclass(frozen=True, slots=True)
class Terms:
    """What panel is wanted (抽取条件)."""

    request_id: str
    pool: str
    purpose: str
    specialities: tuple[str, ...]
    size: int
    recuse_usccs: tuple[str, ...]
    recuse_regions: tuple[str, ...]
    drawn_on: date

    def as_json(self) -> dict[str, Any]:
        """As the protocol keeps it."""
        lists = {name: sorted(getattr(self, name)) for name in ("specialities", "recuse_usccs", "recuse_regions")}
        return asdict(self) | lists | {"drawn_on": self.drawn_on.isoformat()}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the candidates' list."""

    key: str
    expert_id: str
    unit: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """Result of a draw: keys in the order drawn (panel, then spares), and those passed over for their unit."""

    order: tuple[str, ...]
    passed_over: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Replay:
    """A draw done again from its seed and protocol."""

    candidates_hash: str
    commitment: str
    order: tuple[str, ...]


def check_size(size: int) -> None:
    """An odd number, three or more, so that a vote decides."""
    if size < MIN_SIZE or size % 2 == 0:
        raise Invalid("panel_size", "专家人数须为不少于 3 的奇数", "an odd number of experts, at least 3", pointer="/size")


def check_same(stored: Mapping[str, Any], terms: Terms) -> None:
    """A request id names one request; with other terms it is refused."""
    if dict(stored) != terms.as_json():
        raise Refused("request_reused", "同一抽取申请号已用于不同条件", "this request_id was used for other terms")


def quarter_of(day: date) -> tuple[date, date]:
    """First day of the quarter, and first day of the next."""
    first = (day.month - 1) // 3 * 3 + 1
    return date(day.year, first, 1), date(day.year + (first == 10), (first + 2) % 12 + 1, 1)


def removal(candidate: Candidate, terms: Terms) -> Reason | None:
    """Why the candidate is removed, or None; the first that holds (domain.md 7.3, step 2)."""
    on = terms.drawn_on
    started = candidate.term_from is not None and candidate.term_from <= on
    tests = {
        Reason.NOT_ACTIVE: not candidate.is_active,
        Reason.TERM: not started or candidate.term_to is None or candidate.term_to < on,
        Reason.REFUSALS: candidate.refusals >= MAX_REFUSALS,
        Reason.OVERDRAWN: candidate.drawn >= MAX_PER_QUARTER,
        Reason.UNIT_IS_PARTY: candidate.unit_uscc in terms.recuse_usccs,
        Reason.INTEREST: any(uscc in terms.recuse_usccs and until >= on for uscc, until in candidate.interests.items()),
        Reason.REGION: any(candidate.residence_code.startswith(region) for region in terms.recuse_regions),
    }
    return next((reason for reason, holds in tests.items() if holds), None)


def consider(candidates: Iterable[Candidate], terms: Terms) -> tuple[Entry, ...]:
    """The candidates' list: everybody considered, with the reason of those removed, sorted by key."""
    entries = (Entry(c.key, c.expert_id, c.unit_uscc or c.unit, removal(c, terms) or "") for c in candidates)
    return tuple(sorted(entries, key=lambda entry: entry.key))


def candidates_hash(entries: Iterable[Entry]) -> str:
    """SHA-256 over the list, hex."""
    return hashlib.sha256("\n".join(f"{e.key}|{e.unit}|{e.reason}" for e in entries).encode()).hexdigest()


def commitment(seed: bytes, list_hash: str) -> str:
    """H(seed ‖ candidates_hash), hex: binds the drawer to seed and list before the seed is told."""
    return hashlib.sha256(seed + bytes.fromhex(list_hash)).hexdigest()


def derived_seed(draw_seed: bytes, request_id: str) -> bytes:
    """The seed of a reproducible demonstration."""
    return hmac.new(draw_seed, request_id.encode(), hashlib.sha256).digest()


def _rank(seed: bytes, key: str) -> bytes:
    return hashlib.sha256(seed + b"\0" + key.encode()).digest()


def draw(seed: bytes, entries: Sequence[Entry], size: int) -> Panel:
    """Panel and as many spares, uniformly, at most one per unit; Refused when too few remain."""
    units: set[str] = set()
    order: list[str] = []
    passed_over: list[str] = []
    staying = (entry for entry in entries if not entry.reason)
    for entry in sorted(staying, key=lambda e: _rank(seed, e.key)):
        if len(order) == 2 * size:
            break
        (passed_over if entry.unit in units else order).append(entry.key)
        units.add(entry.unit)
    if len(order) < 2 * size:
        zh = f"回避后只余 {len(order)} 个单位的专家,需 {2 * size} 名(含备选)"
        raise Refused("candidates_short", zh, f"{len(order)} experts of different units remain, {2 * size} are needed with spares")
    return Panel(tuple(order), tuple(passed_over))


def protocol_of(terms: Terms, entries: Sequence[Entry], panel: Panel) -> dict[str, Any]:
    """Everything but the seed that a replay needs (抽取记录)."""
    return {
        "algorithm": ALGORITHM,
        "terms": terms.as_json(),
        "candidates": [asdict(entry) for entry in entries],
        "order": list(panel.order),
        "passed_over": list(panel.passed_over),
    }


def replay(seed: bytes, protocol: Mapping[str, Any]) -> Replay:
    """Draw again from a stored protocol."""
    entries = [Entry(**entry) for entry in protocol["candidates"]]
    list_hash = candidates_hash(entries)
    return Replay(list_hash, commitment(seed, list_hash), draw(seed, entries, protocol["terms"]["size"]).order)

"""Drawing the re-inspection laboratory (随机确定复检机构, O15 art. 32, O18 art. 38), algorithm `sha256-rank-1` as the experts' draw (domain §7.3):

1. The candidates' list has one line `code|name|reason` per laboratory of the directory, sorted by code, joined by LF, UTF-8; `reason` is empty for
   those who stay. candidates_hash = SHA-256(list).
2. commitment = SHA-256(seed ‖ candidates_hash as 32 bytes).
3. Those who stay are ordered by SHA-256(seed ‖ 0x00 ‖ code), smallest first; the first is drawn.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from sampling.rules.methods import list_method_keys
from sampling.rules.problem import Problem
from sampling.rules.report_checks import Cma
from sampling.rules.samples import Programme

ALGORITHM = "sha256-rank-1"


class Reason(StrEnum):
    """Why a laboratory is left out."""

    FIRST = "FIRST"  # 初检机构
    CMA = "CMA"  # 资质认定不在有效期
    SCOPE = "SCOPE"  # 能力附表不覆盖争议项目、方法
    TIE = "TIE"  # 与申请人有利害关系
    DECLINED = "DECLINED"  # 已说明不能承担


@dataclass(frozen=True, slots=True)
class Laboratory:
    """What the draw must know of a laboratory."""

    code: str
    name: str
    certificates: tuple[Cma, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What laboratory is wanted (抽取条件)."""

    request_id: str
    programme: Programme
    first_laboratory: str
    items: tuple[tuple[str, str], ...]
    tied: Mapping[str, str]
    declined: tuple[str, ...]
    drawn_on: date

    def as_json(self) -> dict[str, Any]:
        """As the protocol keeps it."""
        return {
            "request_id": self.request_id, "programme": self.programme.value, "first_laboratory": self.first_laboratory,
            "items": [list(pair) for pair in self.items], "tied": dict(sorted(self.tied.items())), "declined": sorted(self.declined),
            "drawn_on": self.drawn_on.isoformat(),
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the candidates' list."""

    code: str
    name: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Drawn:
    """Who was drawn, from which list; `sole` when the first laboratory was the only qualified one (O18 art. 38)."""

    code: str
    order: tuple[str, ...]
    sole: bool


def removal(laboratory: Laboratory, terms: Terms) -> Reason | None:
    """Why the laboratory is left out, the first reason that holds."""
    valid = [held for held in laboratory.certificates if held.valid_from <= terms.drawn_on <= held.valid_to]
    tests = {
        Reason.FIRST: laboratory.code == terms.first_laboratory,
        Reason.CMA: not valid,
        Reason.SCOPE: not any(_covers(held, terms.items) for held in valid),
        Reason.TIE: laboratory.code in terms.tied,
        Reason.DECLINED: laboratory.code in terms.declined,
    }
    return next((reason for reason, holds in tests.items() if holds), None)


def _covers(held: Cma, items: Iterable[tuple[str, str]]) -> bool:
    return all(any((item, key) in held.scope for key in list_method_keys(method)) for item, method in items)


def consider(laboratories: Iterable[Laboratory], terms: Terms) -> tuple[Entry, ...]:
    """Every laboratory of the directory with the reason of those left out, sorted by code."""
    entries = (Entry(one.code, one.name, removal(one, terms) or "") for one in laboratories)
    return tuple(sorted(entries, key=lambda entry: entry.code))


def candidates_hash(entries: Iterable[Entry]) -> str:
    """SHA-256 over the list, hex."""
    return hashlib.sha256("\n".join(f"{e.code}|{e.name}|{e.reason}" for e in entries).encode()).hexdigest()


def commitment(seed: bytes, list_hash: str) -> str:
    """H(seed ‖ candidates_hash), hex."""
    return hashlib.sha256(seed + bytes.fromhex(list_hash)).hexdigest()


def draw(seed: bytes, entries: Sequence[Entry], programme: Programme, *, sole_first: bool = False) -> Drawn | Problem:
    """One laboratory, uniformly. `sole_first`: the first laboratory would be qualified, and may test again when nobody else is (products only)."""
    staying = [entry.code for entry in entries if not entry.reason]
    order = tuple(sorted(staying, key=lambda code: hashlib.sha256(seed + b"\0" + code.encode()).digest()))
    if order:
        return Drawn(order[0], order, sole=False)
    first = next((entry.code for entry in entries if entry.reason == Reason.FIRST), None)
    others = [entry for entry in entries if entry.reason in (Reason.TIE, Reason.DECLINED)]
    if programme is Programme.PRODUCT and first is not None and sole_first and not others:
        return Drawn(first, (first,), sole=True)
    zh = "名录中没有可承担复检的机构（初检机构、资质或能力不符、有利害关系、已说明不能承担的除外）"
    return Problem("laboratories_none", "", zh, "no laboratory of the directory may do this re-inspection")


def is_qualified(laboratory: Laboratory, terms: Terms) -> bool:
    """Whether the first laboratory itself holds a valid certificate that covers the items."""
    valid = [held for held in laboratory.certificates if held.valid_from <= terms.drawn_on <= held.valid_to]
    return any(_covers(held, terms.items) for held in valid)


def protocol_of(terms: Terms, entries: Sequence[Entry], drawn: Drawn) -> dict[str, Any]:
    """Everything but the seed that a replay needs (抽取记录)."""
    exception = "O18 第38条：仅有一家检验机构具备资质" if drawn.sole else ""
    return {
        "algorithm": ALGORITHM, "terms": terms.as_json(), "candidates": [asdict(entry) for entry in entries], "order": list(drawn.order),
        "drawn": drawn.code, "exception": exception,
    }  # fmt: skip


def replay(seed: bytes, protocol: Mapping[str, Any]) -> tuple[str, str, str]:
    """(candidates_hash, commitment, code drawn) again from a stored protocol."""
    entries = [Entry(**entry) for entry in protocol["candidates"]]
    list_hash = candidates_hash(entries)
    found = draw(seed, entries, Programme(protocol["terms"]["programme"]), sole_first=bool(protocol["exception"]))
    return list_hash, commitment(seed, list_hash), found.code if isinstance(found, Drawn) else ""

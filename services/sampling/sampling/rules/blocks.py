"""Blocks of our own product numbers for a device (离线号段), domain §2.4: reserved for good, used once, what is left over is shown and given back.

A number that was given back is void (作废): it may stand on a sheet of paper already, so it is not issued again.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import NamedTuple

from common.region import DIVISION
from sampling.rules.problem import Problem
from sampling.rules.samples import Level

MAX_COUNT, LAST_SERIAL = 200, 99_999
_OWN = re.compile(rf"([GSDX]CP[0-9]{{2}}{DIVISION}[A-Z0-9]{{4}})([0-9]{{5}})")


class OwnNumber(NamedTuple):
    """A product number of this platform, taken apart."""

    prefix: str
    serial: int


def split_number(text: str) -> OwnNumber | None:
    """Prefix and serial of one of our own product numbers; None for any other number."""
    found = _OWN.fullmatch(text)
    return OwnNumber(found[1], int(found[2])) if found else None


def block_prefix(level: str, year: int, division: str, body: str) -> str:
    """What the numbers of a block begin with; the same counter as for numbers issued one by one."""
    return f"{Level(level).value}CP{year % 100:02d}{division}{body}"


def list_unused(prefix: str, serials: range, used: Collection[str]) -> list[str]:
    """The block's numbers that no form has."""
    taken = set(used)
    return [number for serial in serials if (number := f"{prefix}{serial:05d}") not in taken]


def check_own_number(text: str, prefix: str) -> list[Problem]:
    """A product's number from outside must be one of ours and belong to the form's task, year and bureau."""
    found = split_number(text)
    if found is not None and found.prefix == prefix:
        return []
    zh = f"产品抽样单编号由平台生成:不填,或使用本局号段内以 {prefix} 开头的编号"
    return [Problem("sample_no_given", "/sample_no", zh, f"issued here: leave it out, or take one of the bureau's block beginning with {prefix}")]

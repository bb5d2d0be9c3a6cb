"""Administrative divisions as tenants: the covering prefix of a GB/T 2260 code (行政区划代码)."""

import re
from dataclasses import dataclass

#: A division code: GB/T 2260's six digits; the last two of a functional zone (功能区, which has no national code) may be letters: 6201A1.
DIVISION = r"[0-9]{4}[0-9A-Z]{2}"
PREFIX = r"[0-9]{2}(?:[0-9]{2}(?:[0-9A-Z]{2})?)?"
_DIVISION, _SHAPE = re.compile(DIVISION), re.compile(PREFIX)
LEVELS = {2: "province", 4: "prefecture", 6: "county"}


@dataclass(frozen=True, slots=True, order=True)
class Region:
    """A bureau's covering prefix: '62' province, '6201' prefecture, '620102' county."""

    code: str

    def __post_init__(self) -> None:
        if not _SHAPE.fullmatch(self.code):
            raise ValueError(f"not a region code: {self.code!r}")

    @classmethod
    def of_division(cls, division: str) -> "Region":
        """The bureau of a division code: '620000' → '62', '620100' → '6201', '620102' and '6201A1' stay."""
        if not _DIVISION.fullmatch(division):
            raise ValueError(f"not a division code: {division!r}")
        return cls(division[:2] if division.endswith("0000") else division[:4] if division.endswith("00") else division)

    @property
    def level(self) -> str:
        return LEVELS[len(self.code)]

    @property
    def division(self) -> str:
        """Six characters, as GB/T 2260 writes it."""
        return self.code.ljust(6, "0")

    def covers(self, other: "Region") -> bool:
        return other.code.startswith(self.code)

    def __str__(self) -> str:
        return self.code

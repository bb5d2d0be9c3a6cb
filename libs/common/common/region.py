"""Administrative divisions as tenants: the covering prefix of a GB/T 2260 code (行政区划代码)."""

import re
from dataclasses import dataclass

_SHAPE = re.compile(r"\d{2}(?:\d{2}(?:[0-9A-Z]{2})?)?", re.ASCII)
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
        """The bureau of a six-digit division code: '620000' → '62', '620100' → '6201', '620102' → '620102'."""
        if not re.fullmatch(r"\d{6}", division, re.ASCII):
            raise ValueError(f"not a division code: {division!r}")
        return cls(division[:2] if division.endswith("0000") else division[:4] if division.endswith("00") else division)

    @property
    def level(self) -> str:
        return LEVELS[len(self.code)]

    @property
    def division(self) -> str:
        """Six digits, as GB/T 2260 writes it."""
        return self.code.ljust(6, "0")

    def covers(self, other: "Region") -> bool:
        return other.code.startswith(self.code)

    def __str__(self) -> str:
        return self.code

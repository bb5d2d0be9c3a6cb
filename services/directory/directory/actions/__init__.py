"""What can be done in the directory: load, check, change, record the fact."""

from dataclasses import dataclass, field
from datetime import date

from common.caller import Caller

TOPIC = "directory.enterprise.v1"


@dataclass(frozen=True, slots=True)
class Basis:
    """In whose hands an act was that a program does, and on what paper (经办人、依据文号)."""

    operator: str | None = None
    request: str | None = None

    @property
    def noted(self) -> dict[str, str]:
        """For the audit trail."""
        return {name: value for name, value in (("operator", self.operator), ("request", self.request)) if value}


@dataclass(frozen=True, slots=True)
class Desk:
    """Who acts, on which day, and the root key of contacts that the act may need."""

    caller: Caller
    today: date
    root: str = field(repr=False, default="")

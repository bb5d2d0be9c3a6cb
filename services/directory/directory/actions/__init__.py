"""What can be done in the directory: load, check, change, record the fact."""

from dataclasses import dataclass, field
from datetime import date

from common.caller import Caller

TOPIC = "directory.enterprise.v1"


@dataclass(frozen=True, slots=True)
class Desk:
    """Who acts, on which day, and the root key of contacts that the act may need."""

    caller: Caller
    today: date
    root: str = field(repr=False, default="")

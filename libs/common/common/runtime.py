"""What a running service holds: handed to routes and servicers, never reached for."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from common.caller import Verifier
from common.db import Database


@dataclass
class Runtime:
    """Settings, database, token verifier and peers of one process; `stopping` once it drains; `at_work`: requests in progress by caller."""

    settings: Any
    db: Database
    verifier: Verifier
    clients: Any = None
    stopping: bool = False
    at_work: Counter[str] = field(default_factory=Counter)

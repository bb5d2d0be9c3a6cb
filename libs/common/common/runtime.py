"""What a running service holds: handed to routes and servicers, never reached for."""

from dataclasses import dataclass
from typing import Any

from common.caller import Verifier
from common.db import Database


@dataclass
class Runtime:
    """Settings, database, token verifier and peers of one process; `stopping` once it drains."""

    settings: Any
    db: Database
    verifier: Verifier
    clients: Any = None
    stopping: bool = False

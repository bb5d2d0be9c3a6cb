"""What a running service holds: handed to routes and servicers, never reached for."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from common.caller import Verifier
from common.db import Database


@dataclass
class Runtime:
    """Settings, database, token verifier and peers of one process; `stopping` once it drains, when it calls `leaving`; `at_work`: requests in
    progress by caller, and by bureau or laboratory where that has a quota."""

    settings: Any
    db: Database
    verifier: Verifier
    clients: Any = None
    stopping: bool = False
    at_work: Counter[str] = field(default_factory=Counter)
    leaving: list[Callable[[], Awaitable[None]]] = field(default_factory=list)
    draining: "asyncio.Future[None] | None" = None

"""A bureau or a laboratory joins the platform (入驻): its file, what is planned for it, and how its secrets are handed over."""

from collections.abc import Callable
from dataclasses import dataclass

import httpx


@dataclass(frozen=True)
class Change:
    """One thing to be done, in words for the operator and the audit trail; `act` does it as Keycloak's administrator."""

    text: str
    act: Callable[[httpx.Client], None]
    at_directory: bool = False

"""Settings of this service."""

from pydantic import Field

from common.settings import Settings as CommonSettings
from common.vault import ROOTS


class Settings(CommonSettings):
    """`draw_seed` belongs to demonstrations only: with it the same requests draw the same panels."""

    contact_key: str = Field(pattern=ROOTS, description="key of encrypted telephone numbers, hex; `new,old` while it changes")
    draw_seed: str = Field(default="", pattern=r"^([0-9a-f]{2})*$", description="seed of a reproducible demonstration, hex; empty: random")

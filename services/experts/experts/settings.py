"""Settings of this service."""

from pydantic import Field

from common.settings import Settings as CommonSettings


class Settings(CommonSettings):
    """`draw_seed` belongs to demonstrations only: with it the same requests draw the same panels."""

    contact_key: str = Field(pattern=r"^([0-9a-f]{2}){32,}$", description="key of encrypted telephone numbers, hex")
    draw_seed: str = Field(default="", pattern=r"^([0-9a-f]{2})*$", description="seed of a reproducible demonstration, hex; empty: random")

"""Settings of the directory."""

from pydantic import Field

from common import settings
from common.vault import ROOTS


class Settings(settings.Settings):
    """One secret of its own: the root of the owners' keys for personal data."""

    contact_key: str = Field(
        pattern=ROOTS,
        description="root key of legal persons' names and telephones, hex; owners' keys are derived from it; `new,old` while it changes",
    )

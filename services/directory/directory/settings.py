"""Settings of the directory."""

from pydantic import Field

from common import settings


class Settings(settings.Settings):
    """One secret of its own: the root of the owners' keys for personal data."""

    contact_key: str = Field(min_length=32, description="root key of legal persons' names and telephones, hex; every owner's key is derived from it")

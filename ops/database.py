"""Connections as superuser to any database of the platform: for the ledger, for tests, for provisioning. Never for a service."""

import asyncpg

from ops import credentials, settings


def superuser_url(database: str = "postgres") -> str:
    """Address of a database for the superuser of the platform that the environment names."""
    platform = settings.load()
    return address(platform, "postgres", credentials.load(platform)["postgres"], database)


def address(platform: settings.Platform, role: str, password: str, database: str) -> str:
    """Address of a database for one role."""
    return f"postgresql://{role}:{password}@{platform.postgres_address}/{database}"


async def connect(database: str = "postgres") -> asyncpg.Connection:
    """Connects as superuser; the caller closes."""
    return await asyncpg.connect(superuser_url(database), timeout=10)

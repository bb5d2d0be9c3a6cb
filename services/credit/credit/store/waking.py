"""The worker's bell: a NOTIFY of this or another process wakes it, a second's patience does otherwise."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from common.db import Database
from credit.store.versions import CHANNEL


@asynccontextmanager
async def bell(db: Database) -> AsyncIterator[asyncio.Event]:
    """An event that is set whenever something was queued."""
    rung = asyncio.Event()
    connection = await asyncpg.connect(db.url, timeout=10)
    try:
        await connection.add_listener(CHANNEL, lambda *_: rung.set())
        yield rung
    finally:
        await connection.close(timeout=2)

"""Duties whose time has run out or soon will, counted for the alarm. One worker of a service counts (the one whose relay works) and it
tells them; the numbers carry a clock and a prefecture, never a case."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import asyncpg
from sqlalchemy.exc import SQLAlchemyError

from common import telemetry
from common.clocks import LIMITS, Whose, national_calendar
from common.db import Database, Scope, Session, transaction
from common.region import Region
from common.today import today

log = logging.getLogger(__name__)
EVERY_SECONDS = 60.0
SHARE = 100  # counting may take one hundredth of the time at most
SOON_WORKDAYS = 3
_AWAY = (SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError)

#: An office's duties (机关、机构义务): a party's right that lapses is nobody's delay.
OFFICE = tuple(sorted(limit.id for limit in LIMITS.values() if limit.whose is Whose.OFFICE))


@dataclass(frozen=True, slots=True)
class Horizon:
    """The days that the question is about: overdue is what ended before `today`, soon what ends from then to `soon`."""

    today: date
    soon: date

    @classmethod
    def of(cls, day: date) -> "Horizon":
        """Seen on a day: the third working day after it is still soon."""
        return cls(day, date.fromordinal(national_calendar().index().add(day.toordinal(), SOON_WORKDAYS)))


#: What a service's store answers: rows (clock, prefecture, overdue, soon) of what it may see.
Query = Callable[[Session, Horizon], Awaitable[Sequence[Any]]]


class Watch:
    """Counts a service's duties from the province's point of view, which reads all of its own rows and can write none."""

    def __init__(self, db: Database, province: str, query: Query) -> None:
        self.db, self.query = db, query
        self.scope = Scope(region=Region(province), subject="duties")
        self.next_at = 0.0

    async def run(self) -> None:
        """Until cancelled. Begun anew, it keeps its pace; what was told lapses by itself, so that another worker may go on."""
        while True:
            await asyncio.sleep(max(0.0, self.next_at - time.monotonic()))
            await self.look()

    async def look(self) -> None:
        """Count once; a database that is away is the relay's to report, the numbers are missing until it is back."""
        started = time.monotonic()
        try:
            async with transaction(self.db, self.scope) as session:
                rows = await self.query(session, Horizon.of(today()))
        except _AWAY as error:
            log.warning("duties are not counted: %s", error)
            rows = []
        pause = max(EVERY_SECONDS, (time.monotonic() - started) * SHARE)
        self.next_at = time.monotonic() + pause
        telemetry.tell_duties([(row.clock, row.prefecture, row.overdue, row.soon) for row in rows], pause + 2 * EVERY_SECONDS)

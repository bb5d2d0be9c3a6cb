"""Publicity that is late, counted by clock and prefecture for the alarm."""

from datetime import date

from common.db import Scope
from common.duties import Horizon
from common.region import Region
from credit.store import records


async def test_a_record_due_for_publicity_is_soon_then_overdue_and_then_published(credit, make, platform):
    await credit.hear(make.batch().accepted())

    async def counted(day):
        async with platform.session(Scope(region=Region("62"), subject="duties")) as session:
            return {(r.clock, r.prefecture): (r.overdue, r.soon) for r in await records.count_duties(session, Horizon.of(day))}

    assert await counted(date(2021, 3, 23)) == {}
    assert await counted(date(2021, 3, 29)) == {("C12", "6201"): (0, 2)}
    assert await counted(date(2021, 3, 30)) == {("C12", "6201"): (2, 0)}
    await platform.rows("UPDATE publicity_record SET state = 'SENT'")
    assert await counted(date(2021, 3, 30)) == {}

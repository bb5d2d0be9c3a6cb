"""The laboratories' queue and the clocks of objections, counted by clock and prefecture for the alarm."""

from datetime import date

import pytest
from sampling_cases import FOOD_FORM

from common.db import Scope
from common.duties import Horizon
from common.region import Region
from sampling.rules.timeliness import deadline, latest_ended
from sampling.store import duties


async def counted(platform, day):
    async with platform.session(Scope(region=Region("62"), subject="duties")) as session:
        return {(r.clock, r.prefecture): (r.overdue, r.soon) for r in await duties.count_duties(session, Horizon.of(day))}


@pytest.mark.parametrize("clock", ["F01", "F02", "P03"])
@pytest.mark.parametrize("on", [date(2021, 2, 18), date(2021, 3, 3), date(2026, 5, 12)])
def test_what_began_by_the_latest_day_has_ended_and_what_began_after_it_has_not(clock, on):
    found, within = latest_ended(clock, on), latest_ended(clock, on, within=True)
    assert deadline(clock, found).legal < on <= deadline(clock, date.fromordinal(found.toordinal() + 1)).legal
    assert deadline(clock, within).legal <= on < deadline(clock, date.fromordinal(within.toordinal() + 1)).legal


async def test_a_batch_on_its_way_and_one_under_test_are_counted_until_they_go_on(batch, platform):
    await batch.sealed(FOOD_FORM)  # sealed 2021-02-01: F01 ends on 2021-02-07
    await batch.received()  # a product, received 2021-02-03: P03
    assert await counted(platform, date(2021, 2, 2)) == {}
    assert await counted(platform, date(2021, 2, 4)) == {("F01", "6201"): (0, 1)}
    assert await counted(platform, date(2021, 2, 7)) == {("F01", "6201"): (0, 1)}
    assert await counted(platform, date(2021, 2, 8)) == {("F01", "6201"): (1, 0)}
    assert await counted(platform, date(2021, 6, 1)) == {("F01", "6201"): (1, 0), ("P03", "6201"): (1, 0)}
    await platform.rows("UPDATE sample SET state = 'CONFORMING'")
    assert await counted(platform, date(2021, 6, 1)) == {}


async def test_a_food_batch_under_test_runs_f02(batch, platform):
    await batch.received(FOOD_FORM)
    assert await counted(platform, date(2021, 6, 1)) == {("F02", "6201"): (1, 0)}

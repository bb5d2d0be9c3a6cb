"""Effects happen once; poison is parked with its cause and its key waits behind it."""

from uuid import uuid4

import asyncpg
import pytest
from longzhi.sampling.v1.events_pb2 import SampleReceived
from sqlalchemy.exc import DBAPIError

from common.errors import Unavailable
from common.inbox import is_transient


def fact(what="2021-01-04", sample=None):
    return SampleReceived(sample_id=str(sample or uuid4()), received_on=what)


async def titles(platform):
    return sorted(row["title"] for row in await platform.rows("SELECT title FROM note"))


async def letters(platform):
    return [(r["key"], r["cause"][:20], r["redriven_at"] is None) for r in await platform.rows("SELECT * FROM dead_letter ORDER BY seq")]


async def test_twice_is_once(platform):
    told = fact()
    event = await platform.hear(told, owner="620102", key="a")
    await platform.hear(told, owner="620102", key="a", event_id=event)
    assert await titles(platform) == ["2021-01-04"]
    assert await platform.rows("SELECT region_code FROM note") == [{"region_code": "620102"}]


@pytest.mark.parametrize("bad", ["poison", "fails"])
async def test_poison_is_parked_and_only_its_key_waits(platform, bad):
    await platform.hear(fact(bad), owner="620102", key="a")
    await platform.hear(fact("second"), owner="620102", key="a")
    await platform.hear(fact("other"), owner="620102", key="b")
    assert await titles(platform) == ["other"]
    parked = await letters(platform)
    assert [key for key, _, _ in parked] == ["a", "a"]
    assert parked[1][1].startswith("waits behind")


async def test_what_does_not_concern_us_leaves_no_trace(platform):
    await platform.hear(fact("nothing"), owner="620102", key="a")
    assert await platform.rows("SELECT 1 FROM inbox") == []


async def test_unreadable_owner_is_parked(platform):
    await platform.hear(fact(), owner="nowhere", key="a")
    assert len(await letters(platform)) == 1
    assert await titles(platform) == []


@pytest.mark.parametrize(
    ("error", "away"),
    [
        (asyncpg.CannotConnectNowError("the database system is starting up"), True),  # bare: SQLAlchemy does not wrap it while connecting
        (asyncpg.ConnectionDoesNotExistError("connection was closed"), True),
        (asyncpg.InterfaceError("connection is closed"), True),
        (DBAPIError("x", None, asyncpg.DeadlockDetectedError("deadlock")), True),
        (DBAPIError("x", None, asyncpg.DataError("not a number")), False),
        (asyncpg.NotNullViolationError("null"), False),
        (ConnectionRefusedError(), True),
        (TimeoutError(), True),
        (Unavailable("peer_unavailable", "", ""), True),
        (ValueError("wrong"), False),
    ],
)
def test_a_part_that_is_away_is_waited_for_and_a_wrong_fact_is_not(error, away):
    assert is_transient(error) is away

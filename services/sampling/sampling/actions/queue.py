"""What waits for a laboratory or a bureau, late ones first, and how a laboratory kept its time (K13)."""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from common.caller import Caller
from common.db import Session
from common.errors import Invalid
from common.today import SHANGHAI
from sampling.rules.pass_rates import GroupBy
from sampling.rules.samples import Programme
from sampling.rules.timeliness import LONGEST_PERIOD_DAYS, LOOK_BACK_DAYS, REPORT_CLOCKS, Standing, due_days, standing
from sampling.store import pass_rates
from sampling.store import queue as store
from sampling.store.queue import BUREAU, LABORATORY, Stream

_NEVER = date(9999, 12, 31)
Cursor = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Waiting:
    """One piece of work with its time limit; `cursor` says where each stream goes on after it."""

    stage: str
    row: Any
    standing: Standing | None
    cursor: Cursor


def read_cursor(part: Any) -> tuple[date, UUID] | None:
    """One stream's place in a page token: `since|id`, or empty at its start."""
    if part == "":
        return None
    since, _, last = str(part).partition("|")
    return (datetime.fromisoformat(since) if "T" in since else date.fromisoformat(since)), UUID(last)


def streams_of(caller: Caller) -> tuple[Stream, ...]:
    """What may wait for this caller."""
    return LABORATORY if caller.laboratory is not None else BUREAU


async def list_waiting(session: Session, caller: Caller, stage: str | None, after: Sequence[Any] | None, limit: int) -> list[Waiting]:
    """The work that waits, by its last day; what has no day of its own comes last. `after` has one place per stream."""
    streams = streams_of(caller)
    if after is not None and len(after) != len(streams):
        raise Invalid("page_token", "翻页标记无效", "page_token is not one of ours", pointer="/page_token")
    who = caller.laboratory or caller.bureau.code
    places: list[Any] = list(after) if after is not None else [None] * len(streams)
    heap: list[tuple[date, int, int, Any, Standing | None]] = []
    now = datetime.now(UTC)
    for number, stream in enumerate(streams):
        rows = await store.read_stream(session, stream, who, places[number], limit) if stage in (None, stream.stage) else []
        heap += [(_last_day(found), number, place, row, found) for place, row in enumerate(rows) for found in [_standing(stream, row, now)]]
    shown: list[Waiting] = []
    for _, number, _, row, found in heapq.nsmallest(limit, heap, key=lambda entry: entry[:3]):
        places[number] = (row.since, row.id)
        shown.append(Waiting(streams[number].stage, row, found, tuple(map(_written, places))))
    return shown


def _standing(stream: Stream, row: Any, now: datetime) -> Standing | None:
    if stream.clock is None:
        return None
    on = now if isinstance(row.since, datetime) else now.astimezone(SHANGHAI).date()
    return standing(stream.clock, row.since, on)


def _last_day(found: Standing | None) -> date:
    if found is None:
        return _NEVER
    return found.due.date() if isinstance(found.due, datetime) else found.due


def _written(place: tuple[date, UUID] | None) -> str:
    return "" if place is None else f"{place[0].isoformat()}|{place[1]}"


def check_period(first: date, last: date) -> None:
    """The days that figures are asked for: in order, a year at most."""
    if last < first:
        raise Invalid("date_order", "截止日期早于起始日期", "`to` lies before `from`", pointer="/to")
    if (last - first).days >= LONGEST_PERIOD_DAYS:
        raise Invalid("period_too_long", f"一次最多统计 {LONGEST_PERIOD_DAYS} 天", f"at most {LONGEST_PERIOD_DAYS} days at once", pointer="/to")


async def count_verdicts(session: Session, caller: Caller, by: GroupBy, days: tuple[date, date]) -> list[Any]:
    """Batches by kind of sampling and effective verdict, over reports issued on these days in the bureau's area (K1, K3)."""
    check_period(*days)
    return await pass_rates.count(session, caller.bureau.code, by, days)


async def count_timely(session: Session, caller: Caller, first: date, last: date) -> list[Any]:
    """K13 with F03 and F04 likewise, by laboratory and programme, over reports issued from first to last (domain §3)."""
    check_period(first, last)
    received = due_days(REPORT_CLOCKS.values(), first - timedelta(days=LOOK_BACK_DAYS), last)
    issued = due_days(("F03", "F04"), first, last)
    table = {
        "days": received["day"], "food": received[REPORT_CLOCKS[Programme.FOOD]], "product": received[REPORT_CLOCKS[Programme.PRODUCT]],
        "issue_days": issued["day"], "f03": issued["F03"], "f04": issued["F04"], "first": first, "last": last,
    }  # fmt: skip
    bureau = None if caller.laboratory is not None else caller.bureau.code
    return await store.count_timely(session, (caller.laboratory, bureau), table)

"""What waits for the caller, and how laboratories keep their time."""

from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Query

from common.caller import Caller
from common.http import PageDep, PageOf, SessionDep, TodayDep, allow, page_of, router
from common.http.paging import keyset
from common.strict import Day
from sampling.actions import queue
from sampling.rules.pass_rates import GroupBy
from sampling.schemas.pass_rates import PassRatesOut
from sampling.schemas.queue import TimeliesOut, TimelyOut, WaitingOut

routes: APIRouter = router(tags=["queue"])


@routes.get("/queue")
async def list_waiting(
    session: SessionDep, page: PageDep, stage: Literal["receive", "report", "correct", "urgent", "decide"] | None = None,
    caller: Caller = allow("laboratory", "officer", "chief"),
) -> PageOf[WaitingOut]:  # fmt: skip
    """What waits, late ones first (待办): for a laboratory samples to receive and to report, for a bureau 24-hour reports and corrections."""
    after = keyset(page, [queue.read_cursor] * len(queue.streams_of(caller)))
    found = await queue.list_waiting(session, caller, stage, after, page.limit)
    return page_of(found, page, lambda waiting: waiting.cursor, WaitingOut.of)


@routes.get("/timeliness")
async def count_timely(
    session: SessionDep, today: TodayDep, first: Annotated[Day | None, Query(alias="from")] = None,
    last: Annotated[Day | None, Query(alias="to")] = None,
    caller: Caller = allow("laboratory", "officer", "chief", "planner", "approver", "auditor"),
) -> TimeliesOut:  # fmt: skip
    """K13: the share of reports issued in time, by laboratory and programme, over the days of issue, by default this year (报告及时率)."""
    days = (first or date(today.year, 1, 1), last or today)
    return TimeliesOut(as_of=today, items=[TimelyOut.of(row) for row in await queue.count_timely(session, caller, *days)])


@routes.get("/pass-rates")
async def count_verdicts(
    session: SessionDep, today: TodayDep, first: Annotated[Day | None, Query(alias="from")] = None,
    last: Annotated[Day | None, Query(alias="to")] = None, group_by: GroupBy = GroupBy.NONE,
    caller: Caller = allow("officer", "chief", "planner", "approver", "auditor"),
) -> PassRatesOut:  # fmt: skip
    """K1 of supervision and of evaluative sampling (评价性抽检) apart, and K3 without the latter, over the days of issue, by default this year."""
    days = (first or date(today.year, 1, 1), last or today)
    return PassRatesOut.of(await queue.count_verdicts(session, caller, group_by, days), today)

"""A result becomes final (结论确定): by a decision, or when every party's time has passed without an open application (domain §2.1, §2.7).

Time is data: each notice has its last day, and the worker looks for those that have passed. Nobody has to press anything.
"""

import asyncio
import logging
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from uuid import UUID

from longzhi.sampling.v1.events_pb2 import ResultFinal

from common import audit, outbox
from common.db import Scope, Session, transaction
from common.region import Region
from common.runtime import Runtime
from common.today import today
from sampling.actions.facts import OBJECTION_TOPIC
from sampling.models import Notice, Sample
from sampling.rules.notices import final_after, objection_until
from sampling.rules.objections import Outcome
from sampling.rules.samples import Programme, SampleState
from sampling.rules.stored import form_from, list_liable
from sampling.store import notices as store
from sampling.store import samples as sample_store

log = logging.getLogger(__name__)
WORKER, EVERY_SECONDS, AT_ONCE = "worker:sampling", 60.0, 500


class Cause(StrEnum):
    """Why a result is final."""

    LAPSE = "LAPSE"  # 期限届满
    DECISION = "DECISION"  # 异议、复检结论


@dataclass(frozen=True, slots=True)
class Ended:
    """Since when a result is final and why; `after` is the last day of the parties' time."""

    on: date
    cause: Cause
    after: date | None = None


async def work(runtime: Runtime) -> None:
    """Until cancelled: look once a minute."""
    while True:
        await sweep(runtime, today())
        await asyncio.sleep(EVERY_SECONDS)


async def sweep(runtime: Runtime, on: date) -> int:
    """Close every party's time that had passed by this day; how many results became final. Lists as the province, writes as each owner."""
    done = 0
    async with transaction(runtime.db, Scope(region=Region(runtime.settings.province), subject=WORKER)) as session:
        found = await store.list_lapsed(session, runtime.settings.province, on, AT_ONCE)
    for owner, sample_id in found:
        try:  # each batch alone: one that cannot be read holds up nobody
            async with transaction(runtime.db, Scope(region=Region(owner), subject=WORKER)) as session:
                done += await lapse(session, owner, sample_id, on)
        except Exception:
            log.exception("the lapsed notices of batch %s were not handled", sample_id)
    return done


async def lapse(session: Session, owner: str, sample_id: UUID, on: date) -> bool:
    """The time of one or more parties of a batch has passed; whether that makes its result final. A second time changes nothing."""
    sample = await sample_store.lock_own(session, sample_id, owner)
    for notice in await store.list_notices(session, sample.id):
        if notice.lapsed_on is None and notice.objection_until < on and _is_certain(notice, sample, on):
            notice.lapsed_on = on
    await sample_store.flush(session)
    if sample.state != SampleState.NOTIFIED.name or sample.effective_report_id is None:
        return False
    notices = await store.list_notices(session, sample.id, sample.effective_report_id)
    lapsed = {notice.party_role: notice.objection_until for notice in notices if notice.lapsed_on is not None}
    after = final_after([party.role for party in list_liable(form_from(sample.form))], lapsed)
    if after is None:
        return False
    sample.state = SampleState.FINAL.name
    if sample.final_conclusion is None:
        sample.final_conclusion, sample.concluded_on = Outcome.UPHELD.name, after + timedelta(days=1)
    sample_store.touch(sample)
    tell_final(session, sample, Ended(after + timedelta(days=1), Cause.LAPSE, after))
    await sample_store.flush(session)
    return True


def _is_certain(notice: Notice, sample: Sample, on: date) -> bool:
    """A day counted before the year's holidays were known is counted again; until they are known it has not passed."""
    if notice.provisional:
        again = objection_until(Programme(sample.programme), notice.started_on)
        notice.objection_until, notice.provisional, notice.proof = again.until, again.provisional, again.proof
    return not notice.provisional and notice.objection_until < on


def tell_final(session: Session, sample: Sample, ended: Ended) -> None:
    """Everybody hears that the result is final."""
    fact = ResultFinal(
        sample_id=str(sample.id), report_id=str(sample.effective_report_id), final_on=ended.on.isoformat(), cause=ended.cause.value,
        final_after=ended.after.isoformat() if ended.after else "",
    )  # fmt: skip
    owner = Region(sample.region_code)
    outbox.record(session, OBJECTION_TOPIC, fact, owner=owner, key=sample.id)
    audit.record(session, owner, "sample.final", sample.id, {"on": ended.on, "cause": ended.cause.value})

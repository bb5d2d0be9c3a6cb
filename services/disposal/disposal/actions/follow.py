"""Legs follow the report that counts: opened, renamed or halted, in the scope of the batch's owner."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from longzhi.disposal.v1.events_pb2 import LegHalted, LegOpened
from uuid_utils.compat import uuid7

from common import audit, outbox
from common.clocks import Deadline, national_calendar
from common.db import Session
from common.region import Region
from disposal import store
from disposal.rules import batch, limits
from disposal.rules.batch import Contradiction, Liable, Report
from disposal.rules.cases import Ground
from disposal.rules.disputes import is_disputed, still_liable
from disposal.rules.machine import State

TOPIC = "disposal.leg.v1"


async def follow_report(session: Session, owner: Region, report: Report) -> None:
    """One leg per liable party iff the version that counts is non-conforming (O15 art. 28, O18 art. 43)."""
    batch.check_owner(owner, report)
    liable = batch.liable_parties(owner, report) if report.failed else ()
    if not await store.note_report(session, owner, report):
        return
    disputes = await store.disputes_of(session, owner, report.sample_id)
    liable = still_liable(liable, report.report_id, disputes)
    if report.version > 1:
        await _halt_others(session, report, liable)
        if liable:
            await store.rebase_legs(session, report)
    if liable:
        await _open(session, owner, report, liable)
    final_on = await store.find_final(session, owner, report.sample_id, report.report_id)
    if final_on is not None:
        await store.finalise_legs(session, report.sample_id, report.report_id, final_on)
    if is_disputed(disputes):
        await store.flag_legs(session, report.sample_id, disputed=True)


async def _halt_others(session: Session, report: Report, liable: tuple[Liable, ...]) -> None:
    why = batch.halt_reason(report, still_failed=report.failed)
    for leg_id, bureau, old_report_id in await store.halt_legs(session, report, [one.key for one in liable], why):
        halted = LegHalted(leg_id=str(leg_id), report_id=str(old_report_id), reason=why)
        outbox.record(session, TOPIC, halted, owner=Region(bureau), key=leg_id)
        audit.record(session, Region(bureau), "leg.halt", leg_id, {"report_id": str(report.report_id), "reason": why})


async def _open(session: Session, owner: Region, report: Report, liable: tuple[Liable, ...]) -> None:
    legs = [(uuid7(), one) for one in liable]
    started = {leg_id: _clocks(report, one) for leg_id, one in legs}
    fresh = await store.open_legs(session, [_leg_row(leg_id, owner, one, report, started[leg_id]) for leg_id, one in legs])
    if len(fresh) < len(legs) and not batch.roles_of(liable) <= await store.open_roles(session, report.sample_id):
        raise Contradiction(f"batch {report.sample_id} has legs of another owner")
    opened = [(leg_id, one) for leg_id, one in legs if leg_id in fresh]
    await store.start_clocks(
        session, [clock_row(leg_id, one.bureau.code, owner.code, deadline) for leg_id, one in opened for deadline in started[leg_id]]
    )
    for leg_id, one in opened:
        _tell_opened(session, owner, report, leg_id, one)


def _tell_opened(session: Session, owner: Region, report: Report, leg_id: UUID, one: Liable) -> None:
    fact = LegOpened(
        leg_id=str(leg_id), report_id=str(report.report_id), sample_id=str(report.sample_id), party_role=one.party.role.value,
        outbound=one.outbound, origin_region_code=owner.code,
    )  # fmt: skip
    outbox.record(session, TOPIC, fact, owner=one.bureau, key=leg_id)
    details = {"report_id": str(report.report_id), "party_role": one.party.role.value, "origin": owner.code, "outbound": one.outbound}
    audit.record(session, one.bureau, "leg.open", leg_id, details)


def _clocks(report: Report, one: Liable) -> tuple[Deadline, ...]:
    return limits.opening(report.programme, report.reported_on, national_calendar(), outbound=one.outbound)


def clock_row(leg_id: UUID, bureau: str, origin: str, deadline: Deadline) -> dict[str, Any]:
    """A clock as a row, with its proof."""
    return {
        "id": uuid7(), "region_code": bureau, "origin_region_code": origin, "leg_id": leg_id, "clock_id": deadline.limit_id,
        "trigger_on": deadline.trigger, "opens_on": deadline.opens, "raw_on": deadline.raw, "legal_on": deadline.legal,
        "target_on": deadline.target, "provisional": deadline.provisional, "calendar_version": deadline.calendar_version,
        "proof": limits.proof_of(deadline),
    }  # fmt: skip


def _leg_row(leg_id: UUID, owner: Region, one: Liable, report: Report, started: Iterable[Deadline]) -> dict[str, Any]:
    clocks = {deadline.limit_id: deadline for deadline in started}
    complete, party = clocks[limits.COMPLETE], one.party
    return {
        "id": leg_id, "region_code": one.bureau.code, "origin_region_code": owner.code, "sample_id": report.sample_id,
        "report_id": report.report_id, "report_no": report.report_no, "report_version": report.version, "programme": report.programme.value,
        "issued_on": report.issued_on, "reported_on": report.reported_on, "failed_items": report.failed_items, "serious": report.serious,
        "party_role": party.role.value, "party_name": party.name, "party_uscc": party.uscc, "party_address": party.address,
        "division_code": party.division_code, "outbound": one.outbound, "state": State.OPENED.value,
        "start_due_on": clocks[limits.START].legal if limits.START in clocks else None, "legal_on": complete.legal,
        "target_on": complete.target, "due_on": complete.legal, "next_due_on": min(d.legal for d in clocks.values()),
        "ground": Ground.RESULT.value, "article": "", "lead": {}, **report.product,
    }  # fmt: skip

"""Experts enter a pool, move through its states and leave it. Every act leaves an audit entry with the owner."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from uuid_utils.compat import uuid7

from common import audit, vault
from common.caller import Caller
from common.clocks import national_calendar
from common.db import Session
from common.errors import Refused
from common.region import Region
from common.today import check_not_before
from experts import store
from experts.models import Expert, ExpertInterest, ExpertPrivate, ExpertScore
from experts.rules import pool
from experts.rules.pool import ExpertState, RemovalCause, Score

Match = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Applicant:
    """An application: the expert's own columns, the telephone number in clear, and firms with an interest."""

    columns: Mapping[str, Any]
    phone: str
    interests: Mapping[str, date]


def any_state(revision: int) -> None:
    """For acts on many experts at once, where no If-Match can be meant."""


async def apply(session: Session, caller: Caller, applicants: Sequence[Applicant], contact_key: str) -> list[Expert]:
    """Store applications (入库申请), all or none."""
    await _check_numbers(session, caller.bureau, [a.columns["number"] for a in applicants])
    for at, each in enumerate(applicants):
        pool.check_certificate(each.columns["pool"], each.columns["certificate_until"], f"/experts/{at}/certificate_until")
    owner, keys = caller.bureau.code, vault.keys_of(contact_key, caller.bureau)
    experts = [Expert(id=uuid7(), region_code=owner, **each.columns) for each in applicants]
    session.add_all(experts)
    await store.flush(session)
    for expert, each in zip(experts, applicants, strict=True):
        sealed = vault.seal(keys, f"{expert.id}:phone", each.phone)
        private = ExpertPrivate(expert_id=expert.id, region_code=owner, phone_sealed=sealed, phone_masked=vault.masked(each.phone))
        interests = [ExpertInterest(expert_id=expert.id, region_code=owner, uscc=u, until=d) for u, d in each.interests.items()]
        session.add_all([private, *interests])
        _note(session, expert, "expert.apply", {"number": expert.number, "pool": expert.pool})
    return experts


async def _check_numbers(session: Session, owner: Region, numbers: Sequence[str]) -> None:
    taken = await store.list_numbers(session, owner, numbers)
    for at, number in enumerate(numbers):
        if number in taken:
            zh, en = f"专家编号 {number} 已被使用", f"expert number {number} is taken"
            raise Refused("expert_number_taken", zh, en, pointer=f"/experts/{at}/number")
        taken.add(number)


def _note(session: Session, expert: Expert, act: str, details: Mapping[str, Any]) -> None:
    audit.record(session, Region(expert.region_code), act, expert.id, details)


def _move(session: Session, expert: Expert, to: ExpertState, on: date, reason: str = "") -> None:
    pool.check_move(expert.state, to)
    _note(session, expert, f"expert.{to.lower()}", {"from": expert.state, "on": on.isoformat(), "reason": reason})
    expert.state, expert.state_reason, expert.revision = to, reason, expert.revision + 1


async def review(session: Session, caller: Caller, ids: Sequence[UUID], on: date, *, opinion: str = "", match: Match = any_state) -> list[Expert]:
    """Provincial review (评审): age, and no bar from an earlier removal."""
    experts = await store.lock_experts(session, caller.bureau, ids)
    for expert in experts:
        match(expert.revision)
        pool.check_age(expert.birth_year, on)
        pool.check_not_barred(await store.find_bar(session, expert), on)
        _move(session, expert, ExpertState.REVIEWED, on, opinion)
        expert.reviewed_on = on
    return experts


async def give_notice(session: Session, caller: Caller, ids: Sequence[UUID], on: date, *, match: Match = any_state) -> list[Expert]:
    """Begin the public notice of five working days (公示)."""
    until = pool.last_day(pool.NOTICE, on, national_calendar(), "/from")
    experts = await store.lock_experts(session, caller.bureau, ids)
    for expert in experts:
        match(expert.revision)
        check_not_before(on, expert.reviewed_on, "/from")
        _move(session, expert, ExpertState.PUBLIC_NOTICE, on)
        expert.notice_from, expert.notice_until = on, until
    return experts


async def activate(session: Session, caller: Caller, ids: Sequence[UUID], on: date, *, match: Match = any_state) -> list[Expert]:
    """Admit after the notice (入库), or bring back a suspended expert for the rest of the term (恢复)."""
    experts = await store.lock_experts(session, caller.bureau, ids)
    for expert in experts:
        match(expert.revision)
        _move(session, expert, ExpertState.ACTIVE, on)
        pool.check_notice_over(expert.notice_until, on)
        if expert.term_from is None:
            pool.check_age(expert.birth_year, on)
            expert.term_from, expert.term_to = on, pool.term_to(on, expert.certificate_until)
    return experts


async def suspend(session: Session, caller: Caller, expert_id: UUID, on: date, *, reason: str, match: Match = any_state) -> Expert:
    """Suspend (暂停): the expert is drawn no more until brought back."""
    [expert] = await store.lock_experts(session, caller.bureau, [expert_id])
    match(expert.revision)
    check_not_before(on, expert.term_from, "/on")
    _move(session, expert, ExpertState.SUSPENDED, on, reason)
    return expert


@dataclass(frozen=True, slots=True)
class Removal:
    """Why and when an expert leaves."""

    cause: RemovalCause
    on: date
    reason: str


async def remove(session: Session, caller: Caller, expert_id: UUID, removal: Removal, *, match: Match = any_state) -> Expert:
    """Remove for good (出库), with a bar of five years where the cause asks for it."""
    [expert] = await store.lock_experts(session, caller.bureau, [expert_id])
    match(expert.revision)
    check_not_before(removal.on, expert.term_from, "/on")
    _move(session, expert, ExpertState.REMOVED, removal.on, f"{removal.cause}: {removal.reason}")
    expert.left_on, expert.barred_until = removal.on, pool.barred_until(removal.cause, removal.on)
    return expert


async def expire(session: Session, caller: Caller, on: date) -> list[Expert]:
    """Close the terms that ended before the day (任期届满)."""
    experts = await store.lock_expired(session, caller.bureau, on)
    for expert in experts:
        _move(session, expert, ExpertState.EXPIRED, on)
        expert.left_on = expert.term_to
    return experts


async def unmask_phone(session: Session, caller: Caller, expert_id: UUID, reason: str, contact_key: str) -> str:
    """Show a telephone number, with the reason in the audit trail (敏感信息查看留痕)."""
    [expert] = await store.lock_experts(session, caller.bureau, [expert_id])
    private = await store.get_private(session, expert_id)
    _note(session, expert, "expert.phone_unmask", {"reason": reason})
    return vault.unseal(vault.keys_of(contact_key, caller.bureau), f"{expert_id}:phone", private.phone_sealed)


@dataclass(frozen=True, slots=True)
class YearScore:
    """A year's marks and the day on which they were given."""

    year: int
    marks: Score
    on: date


async def score(session: Session, caller: Caller, expert_id: UUID, given: YearScore, *, match: Match = any_state) -> ExpertScore:
    """Enter a year's marks once; below 60 or after two refusals without cause the expert is suspended (动态调整)."""
    [expert] = await store.lock_experts(session, caller.bureau, [expert_id])
    match(expert.revision)
    if await store.find_score(session, expert_id, given.year):
        raise Refused("year_scored", f"{given.year} 年度已评分", f"the year {given.year} is scored already")
    check_not_before(given.on, expert.term_from, "/scored_on")
    refusals = await store.count_refusals(session, expert_id, given.year)
    row = ExpertScore(
        expert_id=expert_id, region_code=expert.region_code, year=given.year, attendance=given.marks.attendance, quality=given.marks.quality,
        discipline=given.marks.discipline, refusals=refusals, total=given.marks.total, scored_on=given.on,
    )  # fmt: skip
    session.add(row)
    _note(session, expert, "expert.score", {"year": given.year, "total": row.total, "refusals": refusals})
    if expert.state == ExpertState.ACTIVE and pool.is_to_suspend(given.marks, refusals):
        _move(session, expert, ExpertState.SUSPENDED, given.on, f"{given.year} 年度评分 {row.total} 分,无故拒绝 {refusals} 次")
    return row

"""Panels are drawn, changed by recusal, and say their opinion. A draw belongs to the bureau that draws."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from longzhi.experts.v1.events_pb2 import OpinionGiven, PanelDrawn
from uuid_utils.compat import uuid7

from common import audit, outbox
from common.caller import Caller
from common.clocks import national_calendar
from common.db import Session
from common.errors import Refused, not_found
from common.today import check_not_before, check_not_future
from experts import store
from experts.models import Draw, DrawMember, Duty, Expert
from experts.rules import panel, pool, seats
from experts.rules.panel import Terms
from experts.rules.seats import MemberState, Opinion

TOPIC = "experts.draw.v1"
READERS = ("planner", "approver", "officer", "chief", "expert_admin", "auditor")
DRAWERS = ("planner", "officer", "expert_admin")
#: Opinions are recorded by the pool's administrator, or in a bureau without one by its head; never by the planner whose line is reviewed.
RECORDERS = ("expert_admin", "chief")
Match = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Drawn:
    """A draw with its members; `is_new` is false when the request was answered before."""

    draw: Draw
    members: Sequence[DrawMember]
    is_new: bool = False


async def draw_panel(session: Session, caller: Caller, terms: Terms, today: date, draw_seed: bytes) -> Drawn:
    """Draw a panel and its spares (随机抽取); the same request id gives the same draw again."""
    check_not_future(terms.drawn_on, today, "/drawn_on")
    panel.check_size(terms.size)
    await store.wait_for_pool(session, terms.pool)
    kept = await store.find_draw_of_request(session, caller.bureau, terms.request_id)
    if kept is not None:
        panel.check_same(kept.protocol["terms"], terms)
        return Drawn(kept, await store.list_members(session, [kept.id]))
    seed = panel.derived_seed(draw_seed, terms.request_id) if draw_seed else secrets.token_bytes(32)
    experts = await store.list_pool(session, terms)
    entries = panel.consider(await store.list_candidates(session, terms, experts), terms)
    result = panel.draw(seed, entries, terms.size)
    list_hash = panel.candidates_hash(entries)
    draw = Draw(
        id=uuid7(), region_code=caller.bureau.code, request_id=terms.request_id, pool=terms.pool, purpose=terms.purpose, size=terms.size,
        drawn_on=terms.drawn_on, drawn_by=caller.subject, seed=seed, candidates_hash=list_hash,
        commitment=panel.commitment(seed, list_hash), protocol=panel.protocol_of(terms, entries, result),
    )  # fmt: skip
    session.add(draw)
    await store.flush(session)
    return await _seat(session, caller, draw, {f"{e.region_code}/{e.number}": e for e in experts})


async def _seat(session: Session, caller: Caller, draw: Draw, by_key: dict[str, Expert]) -> Drawn:
    """Store members in the order drawn, tell the fact and note the act."""
    members = [_member(draw, by_key[key], position) for position, key in enumerate(draw.protocol["order"])]
    session.add_all(members)
    session.add_all(_duty(draw, member) for member in members if not member.spare)
    seated = [str(member.expert_id) for member in members if not member.spare]
    fact = PanelDrawn(draw_id=str(draw.id), pool=draw.pool, purpose=draw.purpose, expert_ids=seated)
    outbox.record(session, TOPIC, fact, owner=caller.bureau, key=draw.id)
    details = {"request_id": draw.request_id, "commitment": draw.commitment, "candidates_hash": draw.candidates_hash, "experts": seated}
    audit.record(session, caller.bureau, "draw.draw", draw.id, details)
    return Drawn(draw, members, is_new=True)


def _member(draw: Draw, expert: Expert, position: int) -> DrawMember:
    return DrawMember(
        draw_id=draw.id, expert_id=expert.id, region_code=draw.region_code, expert_region_code=expert.region_code, position=position,
        spare=position >= draw.size, name=expert.name, unit=expert.unit,
    )  # fmt: skip


def _duty(draw: Draw, member: DrawMember) -> Duty:
    return Duty(draw_id=draw.id, expert_id=member.expert_id, region_code=draw.region_code, drawn_on=draw.drawn_on)


async def reveal(session: Session, caller: Caller, draw_id: UUID, on: date, match: Match) -> Drawn:
    """Tell the seed (揭示), after which anybody can replay the draw."""
    draw = await store.lock_draw(session, caller.bureau, draw_id)
    match(draw.revision)
    if draw.revealed_on is not None:
        raise Refused("draw_revealed", "种子已揭示", "the seed is revealed already")
    check_not_before(on, draw.drawn_on, "/revealed_on")
    draw.revealed_on, draw.revision = on, draw.revision + 1
    audit.record(session, caller.bureau, "draw.reveal", draw.id, {"on": on.isoformat(), "seed": draw.seed.hex()})
    return Drawn(draw, await store.list_members(session, [draw.id]))


@dataclass(frozen=True, slots=True)
class Place:
    """A member of a draw, both locked for a change."""

    draw: Draw
    members: list[DrawMember]
    member: DrawMember

    @property
    def drawn(self) -> Drawn:
        return Drawn(self.draw, self.members)


async def _lock_place(session: Session, caller: Caller, draw_id: UUID, expert_id: UUID, match: Match) -> Place:
    draw = await store.lock_draw(session, caller.bureau, draw_id)
    match(draw.revision)
    members = await store.list_members(session, [draw.id])
    found = next((member for member in members if member.expert_id == expert_id), None)
    if found is None:
        raise not_found("专家", "expert")
    draw.revision += 1
    return Place(draw, members, found)


@dataclass(frozen=True, slots=True)
class Leave:
    """Why a member gives up the seat: new state, day, words, and whether it counts as a refusal without cause."""

    state: MemberState
    on: date
    reason: str
    refused: bool = False


async def _replace(session: Session, caller: Caller, place: Place, leave: Leave) -> Drawn:
    """Take a member from the seat and call up the next spare."""
    seats.check_no_opinion(place.member)
    draw, member, spare = place.draw, place.member, seats.next_spare(place.members)
    duty = await store.get_duty(session, draw.id, member.expert_id)
    duty.refused = leave.refused
    member.state, member.left_on, member.left_reason = leave.state, leave.on, leave.reason
    spare.called_for = member.expert_id
    session.add(_duty(draw, spare))
    details = {"expert_id": str(member.expert_id), "spare": str(spare.expert_id), "on": leave.on.isoformat(), "reason": leave.reason}
    audit.record(session, caller.bureau, f"draw.{leave.state.lower()}", draw.id, details)
    return place.drawn


@dataclass(frozen=True, slots=True)
class Target:
    """Whom an act is about: draw, expert, and the state that the caller saw (If-Match)."""

    draw_id: UUID
    expert_id: UUID
    match: Match


async def recuse(session: Session, caller: Caller, target: Target, asked_on: date, reason: str) -> Drawn:
    """Grant a party's request for recusal (回避): once, within one working day of the draw."""
    place = await _lock_place(session, caller, target.draw_id, target.expert_id, target.match)
    check_not_before(asked_on, place.draw.drawn_on, "/asked_on")
    until = pool.last_day(seats.RECUSAL, place.draw.drawn_on, national_calendar(), "/asked_on")
    seats.check_recusal(place.members, asked_on, until)
    return await _replace(session, caller, place, Leave(MemberState.RECUSED, asked_on, reason))


async def decline(session: Session, caller: Caller, target: Target, leave: Leave) -> Drawn:
    """The expert cannot take part (拒绝参加); without cause it counts against the expert."""
    place = await _lock_place(session, caller, target.draw_id, target.expert_id, target.match)
    check_not_before(leave.on, place.draw.drawn_on, "/declined_on")
    return await _replace(session, caller, place, leave)


@dataclass(frozen=True, slots=True)
class Declaration:
    """What the expert declares before seeing the file."""

    on: date
    has_interest: bool
    reason: str


async def declare(session: Session, caller: Caller, target: Target, declaration: Declaration) -> Drawn:
    """No interest: the expert may see the file. An interest: the next spare takes the seat (利害关系声明)."""
    place = await _lock_place(session, caller, target.draw_id, target.expert_id, target.match)
    check_not_before(declaration.on, place.draw.drawn_on, "/declared_on")
    if declaration.has_interest:
        return await _replace(session, caller, place, Leave(MemberState.REPLACED, declaration.on, declaration.reason))
    seats.check_no_opinion(place.member)
    place.member.interest_declared_on = declaration.on
    details = {"expert_id": str(target.expert_id), "on": declaration.on.isoformat()}
    audit.record(session, caller.bureau, "draw.declare", target.draw_id, details)
    return place.drawn


@dataclass(frozen=True, slots=True)
class Given:
    """An opinion as the expert gave it."""

    opinion: Opinion
    text: str
    on: date


async def give_opinion(session: Session, caller: Caller, target: Target, given: Given) -> Drawn:
    """Record an expert's opinion (专家意见), once, after the declaration."""
    place = await _lock_place(session, caller, target.draw_id, target.expert_id, target.match)
    seats.check_opinion(place.member, given.on)
    place.member.opinion, place.member.opinion_text, place.member.opinion_on = given.opinion, given.text, given.on
    fact = OpinionGiven(draw_id=str(target.draw_id), expert_id=str(target.expert_id), opinion=given.opinion)
    outbox.record(session, TOPIC, fact, owner=caller.bureau, key=target.draw_id)
    details = {"expert_id": str(target.expert_id), "opinion": given.opinion, "on": given.on.isoformat()}
    audit.record(session, caller.bureau, "draw.opinion", target.draw_id, details)
    return place.drawn

"""Every SQL statement. Row-level security is underneath; `lock_` functions also ask for the owner, so that a superior's write is a 404."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import func, text
from sqlmodel import col, select

from common.db import Session
from common.errors import not_found
from common.region import Region
from experts.models import Draw, DrawMember, Duty, Expert, ExpertInterest, ExpertPrivate, ExpertScore
from experts.rules.panel import Candidate, Terms, quarter_of
from experts.rules.pool import ExpertState


async def flush(session: Session) -> None:
    """Send what was added, so that the rows that refer to it may follow."""
    await session.flush()


async def get_expert(session: Session, expert_id: UUID) -> Expert:
    found = await session.get(Expert, expert_id)
    if found is None:
        raise not_found("专家", "expert")
    return found


async def lock_experts(session: Session, owner: Region, ids: Sequence[UUID]) -> list[Expert]:
    """The owner's experts in the order asked for; NotFound when one of them is not there."""
    query = select(Expert).where(col(Expert.id).in_(ids), col(Expert.region_code) == owner.code).order_by(col(Expert.id)).with_for_update()
    found = {expert.id: expert for expert in (await session.execute(query)).scalars()}
    if len(found) < len(set(ids)):
        raise not_found("专家", "expert")
    return [found[each] for each in dict.fromkeys(ids)]


async def lock_expired(session: Session, owner: Region, on: date) -> list[Expert]:
    """The owner's experts in office whose term ended before the day."""
    in_office = (ExpertState.ACTIVE, ExpertState.SUSPENDED)
    query = select(Expert).where(col(Expert.region_code) == owner.code, col(Expert.state).in_(in_office), col(Expert.term_to) < on)
    return list((await session.execute(query.order_by(col(Expert.id)).with_for_update())).scalars())


async def list_numbers(session: Session, owner: Region, numbers: Sequence[str]) -> set[str]:
    """Those of the numbers that are taken already."""
    query = select(Expert.number).where(col(Expert.region_code) == owner.code, col(Expert.number).in_(numbers))
    return set((await session.execute(query)).scalars())


async def find_bar(session: Session, expert: Expert) -> date | None:
    """Last day of the longest bar of a person of this name and year of birth."""
    same = (Expert.region_code == expert.region_code, Expert.name == expert.name, Expert.birth_year == expert.birth_year)
    query = select(func.max(Expert.barred_until)).where(*same, col(Expert.barred_until).is_not(None))
    found: date | None = (await session.execute(query)).scalar()
    return found


async def list_experts(session: Session, filters: dict[str, str | None], after: list[Any] | None, limit: int) -> list[Expert]:
    """Experts in reach in the order of their ids; `filters`: pool, state, speciality."""
    query = select(Expert)
    for name in ("pool", "state"):
        if filters[name]:
            query = query.where(col(getattr(Expert, name)) == filters[name])
    if filters["speciality"]:
        query = query.where(col(Expert.specialities).contains([filters["speciality"]]))
    if after:
        query = query.where(col(Expert.id) > after[0])
    return list((await session.execute(query.order_by(col(Expert.id)).limit(limit))).scalars())


async def find_private(session: Session, expert_id: UUID) -> ExpertPrivate | None:
    return await session.get(ExpertPrivate, expert_id)


async def get_private(session: Session, expert_id: UUID) -> ExpertPrivate:
    found = await find_private(session, expert_id)
    if found is None:
        raise not_found("专家", "expert")
    return found


async def list_interests(session: Session, ids: Sequence[UUID]) -> list[ExpertInterest]:
    query = select(ExpertInterest).where(col(ExpertInterest.expert_id).in_(ids))
    return list((await session.execute(query.order_by(col(ExpertInterest.uscc)))).scalars())


async def find_score(session: Session, expert_id: UUID, year: int) -> ExpertScore | None:
    return await session.get(ExpertScore, (expert_id, year))


async def list_scores(session: Session, expert_id: UUID) -> list[ExpertScore]:
    query = select(ExpertScore).where(col(ExpertScore.expert_id) == expert_id).order_by(col(ExpertScore.year))
    return list((await session.execute(query)).scalars())


async def count_refusals(session: Session, expert_id: UUID, year: int) -> int:
    """Refusals without cause in a year, whichever bureau drew."""
    days = (col(Duty.drawn_on) >= date(year, 1, 1), col(Duty.drawn_on) <= date(year, 12, 31))
    query = select(func.count()).where(col(Duty.expert_id) == expert_id, col(Duty.refused), *days)
    return int((await session.execute(query)).scalar_one())


async def wait_for_pool(session: Session, pool: str) -> None:
    """Draws from one pool go one after the other (until commit), so that nobody is drawn a seventh time by two bureaus at once."""
    await session.execute(text("SELECT pg_advisory_xact_lock(hashtext(:pool))"), {"pool": f"draw:{pool}"})


async def list_pool(session: Session, terms: Terms) -> list[Expert]:
    """Experts in office, active or suspended, who have one of the specialities (any, when none is asked for)."""
    in_office = (ExpertState.ACTIVE, ExpertState.SUSPENDED)
    query = select(Expert).where(Expert.pool == terms.pool, col(Expert.state).in_(in_office))
    if terms.specialities:
        query = query.where(col(Expert.specialities).op("&&")(list(terms.specialities)))
    return list((await session.execute(query)).scalars())


async def list_candidates(session: Session, terms: Terms, experts: Sequence[Expert]) -> list[Candidate]:
    """What the draw must know of each expert: interests, draws of the quarter, refusals of the year."""
    ids = [expert.id for expert in experts]
    interests: dict[UUID, dict[str, date]] = {}
    for each in await list_interests(session, ids):
        interests.setdefault(each.expert_id, {})[each.uscc] = each.until
    first, after = quarter_of(terms.drawn_on)
    drawn = await _count_duties(session, ids, first, after)
    refused = await _count_duties(session, ids, date(first.year, 1, 1), date(first.year + 1, 1, 1), refused=True)
    return [
        Candidate(
            key=f"{e.region_code}/{e.number}", expert_id=str(e.id), unit=e.unit, unit_uscc=e.unit_uscc, residence_code=e.residence_code,
            is_active=e.state == ExpertState.ACTIVE, term_from=e.term_from, term_to=e.term_to, interests=interests.get(e.id, {}),
            drawn=drawn.get(e.id, 0), refusals=refused.get(e.id, 0),
        )
        for e in experts
    ]  # fmt: skip


async def _count_duties(session: Session, ids: Sequence[UUID], first: date, after: date, *, refused: bool = False) -> dict[UUID, int]:
    query = select(Duty.expert_id, func.count()).where(
        col(Duty.expert_id).in_(ids), col(Duty.drawn_on) >= first, col(Duty.drawn_on) < after, col(Duty.refused) | (not refused)
    )
    rows = await session.execute(query.group_by(col(Duty.expert_id)))
    return {row[0]: row[1] for row in rows}


async def get_draw(session: Session, draw_id: UUID) -> Draw:
    found: Draw | None = await session.get(Draw, draw_id)
    if found is None:
        raise not_found("抽取记录", "draw")
    return found


async def lock_draw(session: Session, owner: Region, draw_id: UUID) -> Draw:
    query = select(Draw).where(col(Draw.id) == draw_id, col(Draw.region_code) == owner.code).with_for_update()
    found: Draw | None = (await session.execute(query)).scalar_one_or_none()
    if found is None:
        raise not_found("抽取记录", "draw")
    return found


async def find_draw_of_request(session: Session, owner: Region, request_id: str) -> Draw | None:
    query = select(Draw).where(col(Draw.region_code) == owner.code, col(Draw.request_id) == request_id)
    return (await session.execute(query)).scalar_one_or_none()


async def list_draws(session: Session, filters: dict[str, str | None], after: list[Any] | None, limit: int) -> list[Draw]:
    """Draws in reach in the order of their ids; `filters`: pool, purpose."""
    query = select(Draw)
    for name in ("pool", "purpose"):
        if filters[name]:
            query = query.where(col(getattr(Draw, name)) == filters[name])
    if after:
        query = query.where(col(Draw.id) > after[0])
    return list((await session.execute(query.order_by(col(Draw.id)).limit(limit))).scalars())


async def list_members(session: Session, draw_ids: Sequence[UUID]) -> list[DrawMember]:
    """Members of the draws, in the order drawn."""
    query = select(DrawMember).where(col(DrawMember.draw_id).in_(draw_ids))
    return list((await session.execute(query.order_by(col(DrawMember.draw_id), col(DrawMember.position)))).scalars())


async def get_duty(session: Session, draw_id: UUID, expert_id: UUID) -> Duty:
    found = await session.get(Duty, (draw_id, expert_id))
    if found is None:
        raise not_found("专家", "expert")
    return found

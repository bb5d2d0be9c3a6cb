"""Seats of a panel after the draw: recusal, replacement from the spares, declarations and opinions. domain.md 7.3, steps 4 and 5."""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from typing import Protocol, TypeVar
from uuid import UUID

from common.clocks import Limit, Tag, Unit, Whose
from common.errors import Refused

RECUSAL = Limit("E02", "申请专家回避", "抽取之日", "提出回避申请", 1, Unit.WD, Whose.RIGHT, "domain.md 7.3", Tag.D)


class MemberState(StrEnum):
    """Where a member of a panel stands."""

    DRAWN = "DRAWN"  # 抽中
    RECUSED = "RECUSED"  # 应当事人申请回避
    REPLACED = "REPLACED"  # 本人申报利害关系后更换
    DECLINED = "DECLINED"  # 本人不能参加


class Opinion(StrEnum):
    """What an expert says (专家意见)."""

    AGREE = "agree"  # 同意
    DISAGREE = "disagree"  # 不同意
    ABSTAIN = "abstain"  # 弃权


class Seat(Protocol):
    """The part of a member that the rules look at."""

    expert_id: UUID
    position: int
    spare: bool
    state: str
    called_for: UUID | None
    interest_declared_on: date | None
    opinion: str | None


AnySeat = TypeVar("AnySeat", bound=Seat)


def is_seated(seat: Seat) -> bool:
    """Whether the member sits on the panel now: drawn for it, or a spare called up."""
    return seat.state == MemberState.DRAWN and (not seat.spare or seat.called_for is not None)


def check_seated(seat: Seat) -> None:
    """Refuse an act on somebody who does not sit on the panel."""
    if not is_seated(seat):
        raise Refused("not_seated", "该专家不在本次专家组", "this expert does not sit on the panel")


def check_recusal(seats: Sequence[Seat], asked_on: date, until: date) -> None:
    """Once a draw, and within one working day."""
    if any(seat.state == MemberState.RECUSED for seat in seats):
        raise Refused("recusal_used", "当事人已申请过一次回避", "recusal was asked for once already")
    if asked_on > until:
        raise Refused("recusal_late", f"回避申请期限为 {until}", f"recusal could be asked for until {until}")


def free_spares(seats: Sequence[AnySeat]) -> list[AnySeat]:
    """Spares not called up yet, in the order drawn."""
    free = [seat for seat in seats if seat.spare and seat.called_for is None and seat.state == MemberState.DRAWN]
    return sorted(free, key=lambda seat: seat.position)


def next_spare(seats: Sequence[AnySeat]) -> AnySeat:
    """The first spare in the order drawn that is still free; Refused when there is none."""
    free = free_spares(seats)
    if not free:
        raise Refused("spares_used", "备选专家已用完,须重新抽取", "no spare is left, draw again")
    return free[0]


def check_opinion(seat: Seat, given_on: date) -> None:
    """The declaration comes before the file, the file before the opinion; an opinion is given once."""
    check_seated(seat)
    if seat.interest_declared_on is None or given_on < seat.interest_declared_on:
        raise Refused("interest_undeclared", "专家须先作无利害关系声明", "the expert must first declare to have no interest")
    if seat.opinion is not None:
        raise Refused("opinion_given", "该专家已提出意见", "this expert has given an opinion already")


def check_no_opinion(seat: Seat) -> None:
    """Whoever has given an opinion is not replaced any more."""
    check_seated(seat)
    if seat.opinion is not None:
        raise Refused("opinion_given", "该专家已提出意见", "this expert has given an opinion already")


def tally(seats: Sequence[Seat]) -> dict[str, int]:
    """Opinions of those who sit on the panel, and how many are still to come."""
    given = [seat.opinion for seat in seats if is_seated(seat)]
    return {str(opinion): given.count(opinion) for opinion in Opinion} | {"outstanding": given.count(None)}

"""What objections and re-inspections make of publicity (异议、复检): nothing is public while one is open, nothing of a party that was freed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

OUTCOMES = frozenset({"REFUSED", "WITHDRAWN", "UPHELD", "REINSPECTION_ENDED", "OVERTURNED", "NOT_OWN_PRODUCT"})


@dataclass(frozen=True, slots=True)
class Dispute:
    """One application of one party; `outcome` is empty while it is open."""

    case_id: UUID
    sample_id: UUID
    report_id: UUID | None
    party_role: str
    outcome: str = ""
    decided_on: date | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """What all applications together mean for one party's record."""

    disputed: bool = False
    freed: tuple[str, date] | None = None
    settled_on: date | None = None


def standing(disputes: Iterable[Dispute], role: str, report_id: UUID) -> Standing:
    """Open applications withhold; 改判 frees everybody from the report, 非其生产 one party from the batch; the last decision makes it final."""
    known = tuple(disputes)
    ended = [one.decided_on for one in known if one.decided_on is not None]
    freed = [found for one in known if (found := _freed(one, role, report_id)) is not None]
    return Standing(any(not one.outcome for one in known), min(freed, key=lambda found: found[1], default=None), max(ended, default=None))


def _freed(one: Dispute, role: str, report_id: UUID) -> tuple[str, date] | None:
    if one.decided_on is None:
        return None
    if one.outcome == "OVERTURNED" and one.report_id in (None, report_id):
        return "异议或复检成立，改判合格", one.decided_on
    if one.outcome == "NOT_OWN_PRODUCT" and one.party_role == role:
        return "异议成立，样品非该主体生产", one.decided_on
    return None

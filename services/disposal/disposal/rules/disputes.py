"""What objections and re-inspections make of legs (异议、复检): flagged while one is open, ended when it takes their ground away (scenario 15)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from common.errors import Refused
from disposal.rules.batch import Liable
from disposal.rules.five import Part

OVERTURNED, NOT_OWN_PRODUCT = "OVERTURNED", "NOT_OWN_PRODUCT"
OUTCOMES = frozenset({"REFUSED", "WITHDRAWN", "UPHELD", "REINSPECTION_ENDED", OVERTURNED, NOT_OWN_PRODUCT})


@dataclass(frozen=True, slots=True)
class Dispute:
    """One application of one party; `outcome` is empty while it is open."""

    case_id: UUID
    sample_id: UUID
    report_id: UUID | None
    party_role: str
    outcome: str = ""
    decided_on: date | None = None


def is_disputed(disputes: Iterable[Dispute]) -> bool:
    """Whether any application is open."""
    return any(not one.outcome for one in disputes)


def is_freed(role: str, report_id: UUID | None, disputes: Iterable[Dispute]) -> bool:
    """Whether a party has nothing to answer for: the report was overturned (改判), or the product is not its own (非其生产)."""
    for one in disputes:
        if one.outcome == OVERTURNED and one.report_id in (None, report_id):
            return True
        if one.outcome == NOT_OWN_PRODUCT and one.party_role == role:
            return True
    return False


def still_liable(liable: Iterable[Liable], report_id: UUID, disputes: Iterable[Dispute]) -> tuple[Liable, ...]:
    """The parties that a report still makes answer."""
    known = tuple(disputes)
    return tuple(one for one in liable if not is_freed(one.party.role.value, report_id, known))


def reason_of(dispute: Dispute) -> str:
    """Why a leg ends, in the words of its file."""
    if dispute.outcome == NOT_OWN_PRODUCT:
        return "异议成立：样品非该主体生产，分支终止"
    return "异议或复检成立，改判合格，分支终止"


def check_public(part: Part, state: str, disputed: bool) -> None:
    """Nothing is published while an objection is open (异议、复检期间不公示)."""
    if disputed and part is Part.DISCLOSURE and state == "done":
        raise Refused("objection_open", "异议或复检尚未办结，不得公开", "an objection is open; nothing is published")

"""Which statutory clocks a leg runs (domain.md 2.11: F22-F24, P10, P11, P13) and how they move."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from common.clocks import LIMITS, Calendar, ClockRefused, Deadline, due
from common.clocks import Extension as ApprovedExtension
from common.errors import Refused
from disposal.rules.batch import Programme
from disposal.rules.five import Part, Settlement, is_settled
from disposal.rules.measures import Kind, Taken

START, CONTROL, COMPLETE = "F22", "F23", "F24"
CORRECT, RECHECK, SECOND_RECHECK = "P10", "P11", "P13"
FILE, DECIDE = "C01", "C02"
USUAL_EXTENSION_DAYS = 30
#: The code of common.clocks for a refused extension, and ours with its English words.
_REFUSALS = {
    "extension_after_expiry": ("extension_late", "the term had expired before the extension was approved"),
    "extension_before_trigger": ("extension_early", "approved before the term began"),
}


@dataclass(frozen=True, slots=True)
class Approved:
    """An approved extension of the 90 days."""

    days: int
    approved_on: date
    approver: str


def opening(programme: Programme, reported_on: date, calendar: Calendar, *, outbound: bool) -> tuple[Deadline, ...]:
    """The clocks at opening. F24 runs from the report until the bureau signs for it, so that a leg nobody receives comes due too."""
    ids = (COMPLETE,) if outbound else (START, CONTROL, COMPLETE) if programme is Programme.FOOD else (START, COMPLETE)
    return tuple(due(LIMITS[one], reported_on, calendar) for one in ids)


def completing(received_on: date, extensions: Sequence[Approved], calendar: Calendar) -> Deadline:
    """F24 from the day of signing with its extensions; Refused `extension_late` when one came after expiry (O15 art. 45)."""
    return extended(COMPLETE, received_on, extensions, calendar)


def extended(clock_id: str, trigger: date, extensions: Sequence[Approved], calendar: Calendar) -> Deadline:
    """A leg's main clock with its extensions: F24, or C01 and C02 of a proposed case (+15 working days; +30 days, then as the head decides)."""
    moved = [ApprovedExtension(one.days, one.approved_on, one.approver) for one in extensions]
    try:
        return due(LIMITS[clock_id], trigger, calendar, extensions=moved)
    except ClockRefused as refused:
        code, english = _REFUSALS.get(refused.code, ("extension_invalid", "the extension is not lawful"))
        raise Refused(code, refused.message, english, pointer="/approved_on") from refused


def filing(happened_on: date, calendar: Calendar) -> Deadline:
    """C01: file the case or not, from the day on which the bureau was told, which is the day itself (立案决定)."""
    return due(LIMITS[FILE], happened_on, calendar)


def deciding(filed_on: date, calendar: Calendar) -> Deadline:
    """C02: decide the case that was filed (处罚决定)."""
    return due(LIMITS[DECIDE], filed_on, calendar)


def started_by(one: Taken, programme: Programme, calendar: Calendar) -> tuple[Deadline, ...]:
    """The clocks that a measure of a product starts: the order to correct from its service, the announcement for the second re-check."""
    if programme is not Programme.PRODUCT:
        return ()
    if one.kind is Kind.ORDER_CORRECT and one.served_on is not None:
        return (due(LIMITS[CORRECT], one.served_on, calendar), due(LIMITS[RECHECK], one.served_on, calendar))
    if one.kind is Kind.ANNOUNCE:
        return (due(LIMITS[SECOND_RECHECK], one.taken_on, calendar),)
    return ()


def is_default(programme: str, clock_id: str) -> bool:
    """Whether the length is a default of practice or platform rather than a text of law; food limits are defaults for products."""
    return not LIMITS[clock_id].is_law or (programme == Programme.PRODUCT and clock_id.startswith("F"))


def proof_of(deadline: Deadline) -> list[dict[str, Any]]:
    """The count as plain data, one entry a day."""
    return [{"on": step.on.isoformat(), "kind": step.kind.value, "number": step.number, "reason": step.reason} for step in deadline.proof]


def next_due(open_clocks: Iterable[date], due_on: date) -> date:
    """The day that the work queue sorts by: the nearest limit that still runs, else the leg's own."""
    return min(open_clocks, default=due_on)


@dataclass(frozen=True, slots=True)
class Days:
    """When a leg was signed for, filed as a case, and closed."""

    received_on: date | None
    filed_on: date | None
    closed_on: date | None


def done_days(leg: Days, five: Mapping[Part, Settlement], taken: Sequence[Taken]) -> dict[str, date | None]:
    """When each clock's duty was done, as the file says now; None while it is not."""
    rechecks = sorted(one.taken_on for one in taken if one.kind is Kind.RECHECK)
    announced = max((one.taken_on for one in taken if one.kind is Kind.ANNOUNCE), default=None)
    return {
        START: leg.received_on,
        CONTROL: _settled_on(five.get(Part.RISK_CONTROL)),
        COMPLETE: leg.closed_on,
        FILE: leg.filed_on or leg.closed_on,
        DECIDE: _settled_on(five.get(Part.PENALTY)),
        CORRECT: _settled_on(five.get(Part.RECTIFICATION)),
        RECHECK: rechecks[0] if rechecks else None,
        SECOND_RECHECK: next((day for day in rechecks if announced is not None and day > announced), None),
    }


def _settled_on(settlement: Settlement | None) -> date | None:
    return settlement.on if settlement is not None and is_settled(settlement) else None

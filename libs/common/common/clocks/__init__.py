"""Statutory clocks (期限): limits as data, one pure function that counts them with a proof, one calendar (domain.md 2.11, 2.12)."""

from common.clocks.calendar import Calendar, Day, DayKind, national_calendar
from common.clocks.counting import Deadline, agreed, due
from common.clocks.limits import LIMITS
from common.clocks.model import (
    ClockRefused,
    Extension,
    ExtensionRule,
    Limit,
    Mode,
    Pause,
    PauseKind,
    Roll,
    Step,
    StepKind,
    Tag,
    Unit,
    Whose,
)
from common.clocks.progress import Alert, Colour, Remaining, alert_dates, is_late, is_open, kept_until, remaining
from common.clocks.proof import render
from common.clocks.reckoning import add_months
from common.clocks.table import length_text

__all__ = [
    "LIMITS",
    "Alert",
    "Calendar",
    "ClockRefused",
    "Colour",
    "Day",
    "DayKind",
    "Deadline",
    "Extension",
    "ExtensionRule",
    "Limit",
    "Mode",
    "Pause",
    "PauseKind",
    "Remaining",
    "Roll",
    "Step",
    "StepKind",
    "Tag",
    "Unit",
    "Whose",
    "add_months",
    "agreed",
    "alert_dates",
    "due",
    "is_late",
    "is_open",
    "kept_until",
    "length_text",
    "national_calendar",
    "remaining",
    "render",
]

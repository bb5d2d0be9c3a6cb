"""The limits that run in a case (期限): started with their proof, extended, paused, done."""

import json
from collections.abc import Sequence
from datetime import date
from typing import Any

from common.clocks import LIMITS, Deadline, Extension, Pause, PauseKind, due, national_calendar
from common.db import Session
from common.errors import Refused
from sampling.models import ObjectionCase, ObjectionClock, Reinspection
from sampling.rules.notices import proof_of
from sampling.store import objections as store


async def start(session: Session, row: ObjectionCase | Reinspection, deadlines: Sequence[Deadline], laboratory: str | None = None) -> None:
    """Let limits run in a case; those of a laboratory carry its code, so that it sees and ends them."""
    case_id = row.objection_id if isinstance(row, Reinspection) else row.id
    for one in deadlines:
        agreed_days = one.limit.length if one.limit.length != LIMITS[one.limit_id].length else None
        await store.start_clock(session, {
            "region_code": row.region_code, "objection_id": case_id, "clock_id": one.limit_id, "sample_id": row.sample_id,
            "laboratory_code": laboratory, "trigger_on": one.trigger, "legal_on": one.legal, "target_on": one.target,
            "provisional": one.provisional, "proof": json.dumps(proof_of(one), ensure_ascii=False), "agreed_days": agreed_days,
        })  # fmt: skip


async def start_named(session: Session, case: ObjectionCase, clocks: Sequence[str | None], on: date) -> None:
    """Let limits run by their ids; those without a number of days do not run."""
    limits = [LIMITS[clock] for clock in clocks if clock]
    await start(session, case, [due(limit, on, national_calendar()) for limit in limits if limit.length is not None])


async def running(session: Session, case: ObjectionCase, clock_id: str) -> ObjectionClock:
    """A limit of the case that is not done."""
    clock = await store.find_clock(session, case.id, clock_id)
    if clock is None or clock.done_on is not None:
        raise Refused("clock_not_running", f"期限 {clock_id} 没有在运行", f"{clock_id} does not run in this case")
    return clock


def recount(clock: ObjectionClock, *, extension: dict[str, Any] | None = None, pause: dict[str, Any] | None = None) -> None:
    """Count a limit again with one more extension or pause; what the article does not allow is refused (ClockRefused)."""
    extensions = [*clock.extensions, *([extension] if extension else [])]
    pauses = [*clock.pauses, *([pause] if pause else [])]
    found = due(
        LIMITS[clock.clock_id], clock.trigger_on, national_calendar(), extensions=[_extension(one) for one in extensions],
        pauses=[_pause(one) for one in pauses],
    )  # fmt: skip
    clock.extensions, clock.pauses = extensions, pauses
    clock.legal_on, clock.target_on, clock.provisional, clock.proof = found.legal, found.target, found.provisional, proof_of(found)


def _extension(kept: dict[str, Any]) -> Extension:
    return Extension(kept["length"], date.fromisoformat(kept["approved_on"]), kept["approved_by"], kept.get("document", ""))


def _pause(kept: dict[str, Any]) -> Pause:
    return Pause(date.fromisoformat(kept["start"]), date.fromisoformat(kept["end"]), PauseKind.CONSULTING, kept["reason"])

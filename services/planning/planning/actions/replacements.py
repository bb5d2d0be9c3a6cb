"""Replacements (补抽): a batch that came to nothing asks for another draw, and the organiser's planner answers."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID

from longzhi.planning.v1.events_pb2 import ReplacementAnswered
from uuid_utils.compat import uuid7

from common import audit, outbox
from common.caller import Caller
from common.db import Session
from common.errors import Refused
from common.region import Region
from planning import store
from planning.models import Replacement


@dataclass(frozen=True, slots=True)
class Request:
    """A batch without a sample, as sampling told it."""

    task_id: UUID
    sample_id: UUID
    sample_no: str
    product_name: str
    party_name: str
    cause: str
    reason: str
    note: str
    happened_on: date | None


@dataclass(frozen=True, slots=True)
class Answer:
    """What the planner decides: who is drawn instead (granted), or why nobody (declined)."""

    grant: bool
    answer: str
    drawn_name: str | None
    drawn_uscc: str | None
    drawn_division_code: str | None


async def request_replacement(session: Session, owner: Region, request: Request) -> None:
    """Keep the request beside its task; its organiser answers it (O18 arts. 14, 19; O15 art. 11)."""
    task = await store.tasks.get_task(session, request.task_id)
    names = ("sample_id", "sample_no", "product_name", "party_name", "cause", "reason", "note", "happened_on")
    values = {name: getattr(request, name) for name in names} | {
        "id": uuid7(), "region_code": owner.code, "source_region_code": task.source_region_code, "task_id": task.id, "task_no": task.task_no,
        "state": "REQUESTED", "revision": 1,
    }  # fmt: skip
    if await store.replacements.add_request(session, values):
        audit.record(session, owner, "replacement.request", values["id"], {"task_no": task.task_no, "cause": request.cause})


async def answer_request(session: Session, caller: Caller, replacement_id: UUID, answer: Answer) -> Replacement:
    """Granted: the named firm (or one that the bureau draws by lot) is sampled under the same task. Declined: the task has one batch less."""
    row = await store.replacements.lock_request(session, caller.bureau, replacement_id)
    if row.state != "REQUESTED":
        raise Refused("replacement_state", "该补抽申请已答复", "the request has been answered")
    row.state = "GRANTED" if answer.grant else "DECLINED"
    row.answer, row.answered_by, row.answered_at = answer.answer, caller.subject, datetime.now(UTC)
    if answer.grant:
        row.drawn_name, row.drawn_uscc, row.drawn_division_code = answer.drawn_name, answer.drawn_uscc, answer.drawn_division_code
    row.revision += 1
    owner = Region(row.region_code)
    audit.record(session, owner, "replacement.answer", row.id, {"state": row.state, "by": caller.bureau.code})
    fact = ReplacementAnswered(replacement_id=str(row.id), task_id=str(row.task_id), sample_id=str(row.sample_id), state=row.state)
    outbox.record(session, "planning.task.v1", fact, owner=owner, key=row.task_id)
    await session.flush()
    return row

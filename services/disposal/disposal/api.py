"""HTTP routes of disposal."""

from datetime import date
from functools import partial
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from common.caller import Caller
from common.http import PageDep, PageOf, SessionDep, TodayDep, allow, check_match, etag, page_of
from common.http import router as new_router
from common.http.paging import keyset
from common.strict import Day
from common.today import check_not_future
from disposal import schemas, store
from disposal.actions import cases, handle, oversee
from disposal.actions.cases import Verdict
from disposal.actions.handle import Act
from disposal.actions.oversee import Words
from disposal.models import Leg
from disposal.rules.batch import Programme, Role
from disposal.rules.cases import Ground
from disposal.rules.five import Part
from disposal.rules.indicators import GroupBy, Indicator, group_key
from disposal.rules.machine import State
from disposal.schemas import (
    AcknowledgeIn,
    AnswerIn,
    ApprovalIn,
    CloseIn,
    DismissIn,
    ExtensionIn,
    ExtensionOut,
    FileIn,
    FiveIn,
    FiveOut,
    IndicatorLeg,
    IndicatorsOut,
    LegFile,
    LegSummary,
    MeasureIn,
    MeasureOut,
    PartApprovalIn,
    ReceiveIn,
    SuperviseIn,
    SupervisionOut,
)

router = new_router(tags=["leg"])
READERS = ("officer", "chief", "planner", "approver", "auditor", "credit")
Reader = Annotated[Caller, allow(*READERS)]


def acting(*roles: str) -> Any:
    """Dependency of a route that changes something: who acts, today, and what If-Match wants."""

    def make(request: Request, today: TodayDep, caller: Caller = allow(*roles)) -> Act:
        return Act(caller, today, partial(check_match, request))

    make.__dict__["roles"] = roles
    return Depends(make)


async def _shown(session: SessionDep, response: Response, leg: Leg) -> LegSummary:
    response.headers["ETag"] = etag(leg.revision)
    supervisions, answered = await store.oversight(session, [leg.id])
    return schemas.summary(leg, schemas.marks_of(leg, supervisions, answered))


@router.get("/legs")
async def list_legs(
    session: SessionDep, page: PageDep, caller: Reader, state: Annotated[list[State], Query(max_length=12)] = [],  # noqa: B006
    due_before: Day | None = None, party_role: Role | None = None, outbound: bool | None = None, programme: Programme | None = None,
    sample_id: UUID | None = None, ground: Ground | None = None, elsewhere: bool = False,
) -> PageOf[LegSummary]:  # fmt: skip
    """Work queue (待办) by nearest due date: open legs unless states are named; `elsewhere`: legs opened in other bureaus for our batches."""
    wanted = store.Filter(caller.bureau.code, tuple(state), due_before, party_role, outbound, programme, sample_id, ground, elsewhere)
    rows = await store.list_legs(session, wanted, keyset(page, [date.fromisoformat, UUID]), page.limit)
    supervisions, answered = await store.oversight(session, [leg.id for leg in rows])
    marks = {leg.id: schemas.marks_of(leg, [one for one in supervisions if one.leg_id == leg.id], answered) for leg in rows}
    return page_of(rows, page, lambda leg: (leg.next_due_on, leg.id), lambda leg: schemas.summary(leg, marks[leg.id]))


@router.get("/legs/{leg_id}")
async def show_leg(leg_id: UUID, session: SessionDep, response: Response, caller: Reader) -> LegFile | LegSummary:
    """The file for the handling bureau and its superiors; status and closure summary for the batch's owner."""
    leg = await store.get_leg(session, leg_id)
    if not leg.region_code.startswith(caller.bureau.code):
        return await _shown(session, response, leg)
    response.headers["ETag"] = etag(leg.revision)
    return schemas.file(leg, await store.load_case(session, leg, with_proof=True))


@router.post("/legs/{leg_id}/receive")
async def receive_leg(leg_id: UUID, body: ReceiveIn, session: SessionDep, response: Response, act: Act = acting("officer")) -> LegSummary:
    """Sign for a leg (签收)."""
    return await _shown(session, response, await handle.receive(session, act, leg_id, body.received_on))


@router.post("/legs/{leg_id}/measures", status_code=201)
async def take_measure(leg_id: UUID, body: MeasureIn, session: SessionDep, response: Response, act: Act = acting("officer")) -> MeasureOut:
    """Record a measure (处置措施)."""
    leg, row = await handle.take_measure(session, act, leg_id, body.to_taken(), details=body.details, evidence=body.evidence)
    response.headers["ETag"] = etag(leg.revision)
    return MeasureOut.model_validate(row)


@router.put("/legs/{leg_id}/five/{part}")
async def settle_part(leg_id: UUID, part: Part, body: FiveIn, session: SessionDep, response: Response, act: Act = acting("officer")) -> FiveOut:
    """Say how one of the five stands (五个到位)."""
    leg, row = await handle.settle_part(session, act, leg_id, part, body.to_settlement())
    response.headers["ETag"] = etag(leg.revision)
    return schemas.five(part, row)


@router.post("/legs/{leg_id}/five/{part}/approve")
async def approve_part(
    leg_id: UUID, part: Part, session: SessionDep, response: Response, body: PartApprovalIn | None = None, act: Act = acting("chief")
) -> FiveOut:
    """The head agrees that a part is not applicable; without a body as of today."""
    leg, row = await handle.approve_part(session, act, leg_id, part, (body and body.approved_on) or act.today)
    response.headers["ETag"] = etag(leg.revision)
    return schemas.five(part, row)


@router.post("/legs/{leg_id}/extensions", status_code=201)
async def apply_extension(leg_id: UUID, body: ExtensionIn, session: SessionDep, response: Response, act: Act = acting("officer")) -> ExtensionOut:
    """Ask for an extension (延期申请)."""
    leg, row = await oversee.apply_extension(session, act, leg_id, body.days, Words(body.reason, body.applied_on))
    response.headers["ETag"] = etag(leg.revision)
    return ExtensionOut.model_validate(row)


@router.post("/legs/{leg_id}/extensions/{extension_id}/approve")
async def approve_extension(
    leg_id: UUID, extension_id: UUID, body: ApprovalIn, session: SessionDep, response: Response, act: Act = acting("chief")
) -> ExtensionOut:
    """The head approves an extension before expiry (延期批准)."""
    leg, row = await oversee.approve_extension(session, act, leg_id, extension_id, body.approved_on)
    response.headers["ETag"] = etag(leg.revision)
    return ExtensionOut.model_validate(row)


@router.post("/legs/{leg_id}/file")
async def file_case(leg_id: UUID, body: FileIn, session: SessionDep, response: Response, act: Act = acting("chief")) -> LegSummary:
    """File the case that a refusal or a stop proposes (立案); C02 runs from here."""
    return await _shown(session, response, await cases.file_case(session, act, leg_id, Verdict(body.filed_on, case_no=body.case_no)))


@router.post("/legs/{leg_id}/dismiss")
async def dismiss_case(leg_id: UUID, body: DismissIn, session: SessionDep, response: Response, act: Act = acting("chief")) -> LegSummary:
    """No case (不予立案): the leg is closed with the reason."""
    return await _shown(session, response, await cases.dismiss_case(session, act, leg_id, Verdict(body.dismissed_on, reason=body.reason)))


@router.post("/legs/{leg_id}/acknowledge")
async def acknowledge_leg(leg_id: UUID, body: AcknowledgeIn, session: SessionDep, response: Response, act: Act = acting("officer")) -> LegSummary:
    """Another province's receipt (协查回执): the outbound leg is closed."""
    return await _shown(session, response, await handle.acknowledge(session, act, leg_id, body.acknowledged_on, body.by))


@router.post("/legs/{leg_id}/close")
async def close_leg(leg_id: UUID, body: CloseIn, session: SessionDep, response: Response, act: Act = acting("officer")) -> LegSummary:
    """Close a leg whose five are in place (办结)."""
    return await _shown(session, response, await handle.close(session, act, leg_id, body.closed_on))


@router.post("/legs/{leg_id}/supervise", status_code=201)
async def supervise_leg(leg_id: UUID, body: SuperviseIn, session: SessionDep, act: Act = acting("officer", "chief")) -> SupervisionOut:
    """A superior urges or returns a leg (督办、退回)."""
    row = await oversee.supervise(session, act, leg_id, body.kind, Words(body.text, body.supervised_on or act.today))
    return schemas.supervision(row, None)


@router.post("/legs/{leg_id}/supervisions/{supervision_id}/answer", status_code=201)
async def answer_supervision(leg_id: UUID, supervision_id: UUID, body: AnswerIn, session: SessionDep, act: Act = acting("officer")) -> SupervisionOut:
    """The handling bureau answers (反馈)."""
    asked, row = await oversee.answer(session, act, leg_id, supervision_id, Words(body.text, body.answered_on or act.today))
    return schemas.supervision(asked, row)


def _cut_off(today: TodayDep, as_of: Day | None = None) -> date:
    """The day that indicators are as of; today unless an earlier one is asked for."""
    if as_of is not None:
        check_not_future(as_of, today, "/as_of")
    return as_of or today


CutOff = Annotated[date, Depends(_cut_off)]


@router.get("/indicators")
async def show_indicators(
    session: SessionDep, caller: Reader, as_of: CutOff, group_by: GroupBy = GroupBy.NONE, programme: Programme | None = None
) -> IndicatorsOut:
    """K4, K5, K6 and K6b over the legs that the caller's scope handles."""
    facts = await store.facts(session, caller.bureau, as_of, programme)
    return IndicatorsOut(as_of=as_of, group_by=group_by, programme=programme, groups=schemas.table(facts, as_of, group_by, caller.bureau))


@router.get("/indicators/{indicator}/legs")
async def list_indicator_legs(
    indicator: Indicator, session: SessionDep, page: PageDep, caller: Reader, as_of: CutOff, group_by: GroupBy = GroupBy.NONE,
    group: Annotated[str | None, Query(pattern=r"^\d{2}(\d{2}([0-9A-Z]{2})?)?$")] = None, programme: Programme | None = None,
    counted: Literal["true", "false"] | None = None,
) -> PageOf[IndicatorLeg]:  # fmt: skip
    """The legs behind one number: in its numerator (`counted`) or only in its denominator."""
    after = keyset(page, [UUID])
    facts = await store.facts(session, caller.bureau, as_of, programme)
    chosen = [one for one in facts if group is None or group_key(one.region_code, group_by, caller.bureau.code) == group]
    rows = [one for one in schemas.behind(indicator, chosen, as_of) if counted is None or one.counted == (counted == "true")]
    following = [one for one in rows if after is None or one.leg_id > after[0]]
    return page_of(following[: page.limit], page, lambda one: (one.leg_id,), lambda one: one)

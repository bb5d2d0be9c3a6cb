"""Objections: filing, acceptance, decision; and what each party may still do."""

from collections.abc import Callable
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from common.caller import Caller
from common.http import PageDep, PageOf, RuntimeDep, SessionDep, TodayDep, allow, check_match, etag, page_of, router
from common.http.paging import keyset
from sampling.actions import objections, panels
from sampling.actions.case_papers import issue_paper
from sampling.actions.objection_view import rights, unseal_person
from sampling.actions.objections import Act
from sampling.api.documents import PrintingDep
from sampling.models import ObjectionCase
from sampling.rules.stored import form_from, list_liable
from sampling.schemas.documents import DocumentOut
from sampling.schemas.objections import (
    AskIn,
    CompleteIn,
    ConsultIn,
    DecideIn,
    ExtendIn,
    GroundsIn,
    ObjectionIn,
    ObjectionOut,
    OnIn,
    PanelIn,
    PaperIn,
    PartyRightsOut,
    RightOut,
    RightsOut,
    StateIn,
)
from sampling.store import objections as store
from sampling.store import samples as sample_store

routes: APIRouter = router(tags=["objection"])
READERS = ("officer", "chief", "approver", "auditor", "credit")


class Desk:
    """What every act on an application needs of its request."""

    def __init__(
        self, request: Request, response: Response, session: SessionDep, today: TodayDep, runtime: RuntimeDep, caller: Caller = allow("officer")
    ) -> None:
        self.request, self.response, self.session, self.today, self.runtime, self.caller = request, response, session, today, runtime, caller

    def act(self, case_id: UUID, body: OnIn) -> Act:
        match: Callable[[int], None] = lambda revision: check_match(self.request, revision)  # noqa: E731
        return Act(self.caller, case_id, body.on, self.today, match)

    async def shown(self, case: ObjectionCase) -> ObjectionOut:
        """The application as its own bureau sees it, with its entity tag."""
        self.response.headers["ETag"] = etag(case.revision)
        clocks = await store.clocks_of(self.session, [case.id])
        tests = await store.reinspections_of(self.session, [case.id])
        own = self.caller.region is not None and self.caller.region.code == case.region_code
        person = unseal_person(case, self.runtime.settings.contact_key) if own else (None, None)
        return ObjectionOut.of(case, clocks[case.id], tests.get(case.id), person=person, today=self.today)


DeskDep = Annotated[Desk, Depends(Desk)]


class Window(Desk):
    """The same for those who only read."""

    def __init__(
        self, request: Request, response: Response, session: SessionDep, today: TodayDep, runtime: RuntimeDep, caller: Caller = allow(*READERS)
    ) -> None:
        super().__init__(request, response, session, today, runtime, caller)


WindowDep = Annotated[Window, Depends(Window)]


@routes.post("/samples/{sample_id}/objections", status_code=201)
async def file_case(sample_id: UUID, body: ObjectionIn, desk: DeskDep) -> ObjectionOut:
    """Enter a party's application (登记异议、复检申请)."""
    root = desk.runtime.settings.contact_key
    return await desk.shown(await objections.file_case(desk.session, desk.caller, sample_id, body.to_filing(), root=root, today=desk.today))


@routes.get("/samples/{sample_id}/rights")
async def list_rights(sample_id: UUID, session: SessionDep, today: TodayDep, caller: Caller = allow(*READERS)) -> RightsOut:
    """What each party may still do, until when, with the proof (当事人权利与期限)."""
    sample = await sample_store.find_sample(session, sample_id)
    parties = []
    for party in list_liable(form_from(sample.form)):
        found = await rights(session, sample, party.role, today)
        parties.append(PartyRightsOut(role=party.role, name=party.name, rights=[RightOut.of(*one) for one in found]))
    return RightsOut(
        sample_id=sample.id, state=sample.state, final_conclusion=sample.final_conclusion, concluded_on=sample.concluded_on, parties=parties
    )


@routes.get("/objections")
async def list_cases(
    desk: WindowDep, page: PageDep, state: StateIn | None = None, kind: Annotated[str | None, Query(max_length=20)] = None,
    sample_id: UUID | None = None, is_open: Annotated[bool | None, Query(alias="open")] = None,
) -> PageOf[ObjectionOut]:  # fmt: skip
    """Applications in reach, newest first (异议、复检申请列表)."""
    before = keyset(page, [UUID])
    rows = await store.list_cases(desk.session, store.CaseFilter(state, kind, sample_id, is_open), before[0] if before else None, page.limit)
    ids = [row.id for row in rows]
    clocks, tests = await store.clocks_of(desk.session, ids), await store.reinspections_of(desk.session, ids)
    return page_of(rows, page, lambda row: (row.id,), lambda row: ObjectionOut.of(
        row, clocks[row.id], tests.get(row.id), person=(None, None), today=desk.today
    ))  # fmt: skip


@routes.get("/objections/{case_id}")
async def show_case(case_id: UUID, desk: WindowDep) -> ObjectionOut:
    """One application (异议、复检申请)."""
    return await desk.shown(await store.find_case(desk.session, case_id))


@routes.post("/objections/{case_id}/ask")
async def ask_materials(case_id: UUID, body: AskIn, desk: DeskDep) -> ObjectionOut:
    """Ask once for what is missing (一次告知补正)."""
    return await desk.shown(await objections.ask_materials(desk.session, desk.act(case_id, body), body.missing))


@routes.post("/objections/{case_id}/complete")
async def complete_materials(case_id: UUID, body: CompleteIn, desk: DeskDep) -> ObjectionOut:
    """What was missing has come (补正材料收到)."""
    return await desk.shown(await objections.complete_materials(desk.session, desk.act(case_id, body), tuple(map(str, body.evidence))))


@routes.post("/objections/{case_id}/accept")
async def accept(case_id: UUID, body: OnIn, desk: DeskDep) -> ObjectionOut:
    """Accept in writing (受理); 409 with article and the clock's proof when something stands against it."""
    return await desk.shown(await objections.accept(desk.session, desk.act(case_id, body)))


@routes.post("/objections/{case_id}/refuse")
async def refuse(case_id: UUID, body: GroundsIn, desk: DeskDep) -> ObjectionOut:
    """Refuse in writing (不予受理)."""
    return await desk.shown(await objections.refuse(desk.session, desk.act(case_id, body), body.grounds))


@routes.post("/objections/{case_id}/withdraw")
async def withdraw(case_id: UUID, body: GroundsIn, desk: DeskDep) -> ObjectionOut:
    """The applicant takes it back (撤回申请)."""
    return await desk.shown(await objections.withdraw(desk.session, desk.act(case_id, body), body.grounds))


@routes.post("/objections/{case_id}/decide")
async def decide(case_id: UUID, body: DecideIn, desk: DeskDep) -> ObjectionOut:
    """Decide on an objection (作出审核结论)."""
    return await desk.shown(await objections.decide(desk.session, desk.act(case_id, body), body.to_decision()))


@routes.post("/objections/{case_id}/consult")
async def consult(case_id: UUID, body: ConsultIn, desk: DeskDep) -> ObjectionOut:
    """Consult another body; the time is not counted (商请其他部门)."""
    return await desk.shown(await objections.consult(desk.session, desk.act(case_id, body), body.until, body.body))


@routes.post("/objections/{case_id}/extend")
async def extend(case_id: UUID, body: ExtendIn, desk: DeskDep) -> ObjectionOut:
    """Extend F10 or F12 before its end (延期)."""
    return await desk.shown(await objections.extend(desk.session, desk.act(case_id, body), body.clock, body.days, grounds=body.grounds))


@routes.post("/objections/{case_id}/panel")
async def draw_panel(case_id: UUID, body: PanelIn, desk: DeskDep) -> ObjectionOut:
    """Have experts drawn (抽取专家组)."""
    wanted = panels.Wanted(body.size, tuple(body.specialities))
    return await desk.shown(await panels.draw_panel(desk.session, desk.runtime.clients, desk.act(case_id, body), wanted))


@routes.post("/objections/{case_id}/tell")
async def tell_applicant(case_id: UUID, body: OnIn, desk: DeskDep) -> ObjectionOut:
    """The applicant has been told of the conclusion (告知结论)."""
    return await desk.shown(await objections.tell_applicant(desk.session, desk.act(case_id, body)))


@routes.post("/objections/{case_id}/documents", status_code=201)
async def issue_letter(case_id: UUID, body: PaperIn, desk: DeskDep, printing: PrintingDep) -> DocumentOut:
    """A letter to the applicant, typeset from the case (受理、不予受理、结论通知书)."""
    return DocumentOut.of(await issue_paper(desk.session, desk.caller, case_id, body.paper, printing=printing, today=desk.today))

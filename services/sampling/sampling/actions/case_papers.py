"""Letters to the applicant (受理、不予受理、结论通知书), typeset from the case."""

from datetime import date
from uuid import UUID

from common.caller import Caller
from common.db import Session
from sampling.actions import documents
from sampling.actions.documents import Printing
from sampling.actions.facts import refuse_act
from sampling.models import Document, Reinspection
from sampling.rules.objections import Kind, Outcome
from sampling.rules.objections_papers import Paper, Told, check_paper, paper_of
from sampling.store import objections as store
from sampling.store import samples as sample_store


async def issue_paper(session: Session, caller: Caller, case_id: UUID, paper: Paper, *, printing: Printing, today: date) -> Document:
    """Issue one letter of the bureau's own case, with number, hash and verification address."""
    found = await store.find_case(session, case_id)
    sample = await sample_store.lock_own(session, found.sample_id, caller.bureau.code)
    case = await store.lock_case(session, case_id, caller.bureau.code)
    test = (await store.reinspections_of(session, [case.id])).get(case.id)
    told = Told(
        kind=Kind(case.kind), applicant=case.applicant, received_on=case.materials_on, accepted_on=case.ruled_on,
        outcome=Outcome[case.outcome] if case.outcome else None, grounds=case.grounds, items=case.items,
        laboratory=_told(test, "laboratory_code"), report_no=_told(test, "report_no"), bearer=_told(test, "bearer"),
    )  # fmt: skip
    refuse_act(check_paper(paper, told))
    kind, facts = paper_of(paper, told)
    given = {name: value for name, value in facts.items() if value}
    return await documents.issue(session, caller, kind, sample, given, printing=printing, issued_on=today, today=today)


def _told(test: Reinspection | None, name: str) -> str:
    return str(getattr(test, name) or "") if test else ""

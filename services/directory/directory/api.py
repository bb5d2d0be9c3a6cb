"""HTTP routes of the directory."""

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response

import common.http
from common import sheets
from common.caller import Caller
from common.db import Session
from common.errors import not_found
from common.http import CallerDep, PageDep, PageOf, RuntimeDep, SessionDep, TodayDep, allow, check_match, etag, page_of
from common.http.paging import keyset
from common.http.problems import wants_english
from common.region import Region
from common.strict import Day, Line
from directory.actions import Basis, Desk, divisions, firms, imports, laboratories, licences
from directory.rules import firms as firm_rules
from directory.rules import numbers
from directory.schemas import (
    Code6,
    ContactOut,
    DivisionIn,
    DivisionOut,
    Divisions,
    EnterpriseBrief,
    EnterpriseChange,
    EnterpriseIn,
    EnterpriseOut,
    ImportOut,
    LabCode,
    LaboratoryBrief,
    LaboratoryIn,
    LaboratoryOut,
    LicenceIn,
    LicenceOut,
    Licences,
    LicenceStatusIn,
    OnboardingIn,
    Prefix,
    PremisesIn,
    PremisesOut,
    ProductCode,
    PublicEnterprise,
    ReasonIn,
)  # fmt: skip
from directory.store import divisions as division_store
from directory.store import firms as firm_store
from directory.store import laboratories as lab_store
from directory.store import licences as licence_store
from directory.store import places, search

router: APIRouter = common.http.router()

READERS = ("planner", "approver", "officer", "chief", "sampler", "credit", "registrar", "auditor")
KEEPERS = ("registrar", "officer")
_SHEET = {"schema": {"type": "string", "format": "binary"}}
_SHEET_BODY = {"requestBody": {"required": True, "content": {sheets.CSV: _SHEET, sheets.XLSX: _SHEET}}}


@router.get("/divisions", tags=["divisions"])
async def list_divisions(
    session: SessionDep, _: CallerDep, level: Literal["province", "prefecture", "county"] | None = None, parent: Code6 | None = None,
    on: Day | None = None,
) -> Divisions:  # fmt: skip
    """Divisions (行政区划), former ones too unless a day is given; any caller."""
    return Divisions(items=[DivisionOut.of(row) for row in await division_store.list_divisions(session, level, parent, on)])


@router.get("/divisions/{code}", tags=["divisions"])
async def show_division(code: Code6, session: SessionDep, _: CallerDep) -> DivisionOut:
    """One division, with its successor when it is a former one."""
    return DivisionOut.of(await division_store.get_division(session, code))


@router.put("/divisions/{code}", tags=["divisions"])
async def put_division(code: Code6, body: DivisionIn, session: SessionDep, runtime: RuntimeDep, caller: Caller = allow("registrar")) -> DivisionOut:
    """Let a division join, e.g. a functional zone (功能区), rename it or end it; the same body again changes nothing. The province only."""
    owner = divisions.check_province(caller, runtime.settings.province)
    basis = body.basis.to_basis() if body.basis else Basis()
    return DivisionOut.of(await divisions.put_division(session, owner, body.to_form(code), basis))


@router.post("/onboardings", status_code=204, tags=["divisions"])
async def note_onboarding(body: OnboardingIn, session: SessionDep, runtime: RuntimeDep, caller: Caller = allow("registrar")) -> None:
    """Note in the province's audit trail what is about to be done at the identity provider for a bureau or a laboratory (入驻)."""
    owner = divisions.check_province(caller, runtime.settings.province)
    divisions.note_onboarding(session, owner, body.subject, list(body.changes), body.basis.to_basis())


async def _show(session: Session, enterprise_id: UUID, root: str) -> EnterpriseOut:
    row = await firm_store.get_firm(session, enterprise_id)
    return EnterpriseOut.build(row, firm_store.contact_of(row, root), await places.list_of_firm(session, enterprise_id))


def _desk(caller: Caller, today: date, runtime: Any) -> Desk:
    return Desk(caller, today, runtime.settings.contact_key)


@router.post("/enterprises", status_code=201, tags=["enterprises"])
async def register_enterprise(
    body: EnterpriseIn, session: SessionDep, runtime: RuntimeDep, today: TodayDep, response: Response, caller: Caller = allow(*KEEPERS)
) -> EnterpriseOut:
    """Enter an enterprise (企业入库) that lies in the caller's place."""
    others = [(place.division_code, place.address) for place in body.premises]
    enterprise_id = await firms.register(session, _desk(caller, today, runtime), body.to_firm(body.uscc), others)
    found = await _show(session, enterprise_id, runtime.settings.contact_key)
    response.headers["ETag"] = etag(found.revision)
    return found


@router.put("/enterprises/{enterprise_id}", tags=["enterprises"])
async def change_enterprise(
    enterprise_id: UUID, body: EnterpriseChange, request: Request, response: Response, session: SessionDep, runtime: RuntimeDep, today: TodayDep,
    caller: Caller = allow(*KEEPERS),
) -> EnterpriseOut:  # fmt: skip
    """Change an enterprise's record (变更); with If-Match only when nobody was quicker."""
    desk = _desk(caller, today, runtime)
    await firms.change(session, desk, enterprise_id, body.to_firm(), lambda revision: check_match(request, revision))
    found = await _show(session, enterprise_id, desk.root)
    response.headers["ETag"] = etag(found.revision)
    return found


@router.get("/enterprises", tags=["enterprises"])
async def list_enterprises(
    session: SessionDep, page: PageDep, caller: Caller = allow(*READERS),
    q: Annotated[Line | None, Query(description="名称片段,2 至 60 个字")] = None,
    region: Prefix | None = None, status: firm_rules.Status | None = None, product_code: ProductCode | None = None,
    risk_grade: firm_rules.Grade | None = None,
) -> PageOf[EnterpriseBrief]:  # fmt: skip
    """Enterprises (企业名录) in the caller's reach, by owner and id."""
    caller.bureau  # noqa: B018  (a laboratory has no directory of firms)
    fragment = firm_rules.fragment_of(q) if q is not None else None
    after = keyset(page, [lambda code: Region(code).code, UUID])
    filters = {"region": region, "status": status, "product": product_code, "grade": risk_grade}
    rows = await search.list_firms(session, fragment, filters, (after[0], after[1]) if after else None, page.limit)
    return page_of(rows, page, lambda row: (row["region_code"], row["id"]), lambda row: EnterpriseBrief(**row))


@router.get("/enterprises:resolve", tags=["enterprises"])
async def resolve_enterprise(session: SessionDep, _: CallerDep, uscc: Annotated[Line, Query()]) -> PublicEnterprise:
    """The public identity (公示登记信息) of one USCC; any bureau or laboratory."""
    numbers.check_uscc(uscc)
    found = await firm_store.resolve(session, [uscc])
    if not found:
        raise not_found("企业", "enterprise")
    return PublicEnterprise(**found[0])


@router.post("/enterprises:import", tags=["enterprises"], openapi_extra=_SHEET_BODY)
async def import_enterprises(
    request: Request, session: SessionDep, runtime: RuntimeDep, today: TodayDep, dry_run: bool = False, caller: Caller = allow("registrar")
) -> ImportOut:
    """Import a sheet (名录导入), CSV or XLSX, up to 50,000 rows: good rows in, bad rows explained per cell."""
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    rows = await sheets.read_sheet(await request.body(), media)
    who = imports.Importer(_desk(caller, today, runtime), runtime.db, runtime.settings.province)
    tally, faults = await imports.import_sheet(session, who, rows, dry_run)
    return ImportOut.build(tally, faults, dry_run, wants_english(request))


@router.get("/enterprises/{enterprise_id}", tags=["enterprises"])
async def show_enterprise(
    enterprise_id: UUID, session: SessionDep, runtime: RuntimeDep, response: Response, _: Caller = allow(*READERS)
) -> EnterpriseOut:
    """One enterprise's record, its contact masked."""
    found = await _show(session, enterprise_id, runtime.settings.contact_key)
    response.headers["ETag"] = etag(found.revision)
    return found


@router.post("/enterprises/{enterprise_id}/contact:unmask", tags=["enterprises"])
async def unmask_contact(
    enterprise_id: UUID, body: ReasonIn, session: SessionDep, runtime: RuntimeDep, _: Caller = allow("officer", "chief", "registrar")
) -> ContactOut:
    """The contact in clear, for a reason that the owner's audit trail keeps."""
    person, phone = await firms.unmask(session, enterprise_id, body.reason, runtime.settings.contact_key)
    return ContactOut(legal_person=person, phone=phone)


@router.post("/enterprises/{enterprise_id}/premises", status_code=201, tags=["enterprises"])
async def add_premises(
    enterprise_id: UUID, body: PremisesIn, session: SessionDep, runtime: RuntimeDep, today: TodayDep, caller: Caller = allow(*KEEPERS)
) -> EnterpriseOut:
    """Enter another place (生产经营场所) of an own firm; the bureau where it lies sees it."""
    desk = _desk(caller, today, runtime)
    await firms.add_place(session, desk, enterprise_id, body.division_code, body.address)
    return await _show(session, enterprise_id, desk.root)


@router.get("/premises", tags=["enterprises"])
async def list_premises(session: SessionDep, page: PageDep, _: Caller = allow(*READERS)) -> PageOf[PremisesOut]:
    """Places in the caller's reach, also those of firms from elsewhere."""
    after = keyset(page, [lambda code: Region(code).code, UUID])
    rows = await places.list_places(session, (after[0], after[1]) if after else None, page.limit)
    return page_of(rows, page, lambda row: (row["region_code"], row["id"]), lambda row: PremisesOut(**row))


@router.get("/enterprises/{enterprise_id}/licences", tags=["licences"])
async def list_licences(enterprise_id: UUID, session: SessionDep, today: TodayDep, _: CallerDep, on: Day | None = None) -> Licences:
    """Licences (许可证) of one enterprise with their state on a day; public."""
    await firm_store.get_identity(session, enterprise_id)
    rows = await licence_store.list_of_firm(session, enterprise_id)
    return Licences(items=[LicenceOut.on(row, on or today) for row in rows])


@router.post("/enterprises/{enterprise_id}/licences", status_code=201, tags=["licences"])
async def add_licence(enterprise_id: UUID, body: LicenceIn, session: SessionDep, today: TodayDep, caller: Caller = allow(*KEEPERS)) -> LicenceOut:
    """Enter a licence (许可证入库) of an own firm."""
    licence_id = await licences.add_licence(session, Desk(caller, today), enterprise_id, body.to_licence())
    return LicenceOut.on(await licence_store.get_licence(session, licence_id), today)


@router.post("/licences/{licence_id}/status", tags=["licences"])
async def set_licence_status(
    licence_id: UUID, body: LicenceStatusIn, session: SessionDep, today: TodayDep, caller: Caller = allow(*KEEPERS)
) -> LicenceOut:
    """Change a licence's state (许可证状态变更) from a day on."""
    await licences.set_status(session, Desk(caller, today), licence_id, (body.status, body.on, body.reason))
    return LicenceOut.on(await licence_store.get_licence(session, licence_id), today)


@router.get("/labs", tags=["laboratories"])
async def list_labs(session: SessionDep, page: PageDep, _: CallerDep) -> PageOf[LaboratoryBrief]:
    """Laboratories (承检机构) with their certificates; any bureau or laboratory."""
    after = keyset(page, [laboratories.code_of])
    rows = await lab_store.list_laboratories(session, after[0] if after else None, page.limit)
    certificates = await lab_store.list_certificates(session, [row.code for row in rows])
    return page_of(rows, page, lambda row: (row.code,), lambda row: LaboratoryBrief.build(row, certificates))


@router.get("/labs/{code}", tags=["laboratories"])
async def show_lab(code: Annotated[LabCode, Path()], session: SessionDep, response: Response, _: CallerDep) -> LaboratoryOut:
    """One laboratory with its scope."""
    row = await lab_store.get_laboratory(session, code)
    response.headers["ETag"] = etag(row.revision)
    return LaboratoryOut.whole(row, await lab_store.list_certificates(session, [code]), await lab_store.list_scope(session, code))


@router.put("/labs/{code}", tags=["laboratories"])
async def put_lab(
    code: Annotated[LabCode, Path()], body: LaboratoryIn, request: Request, response: Response, session: SessionDep, runtime: RuntimeDep,
    today: TodayDep, caller: Caller = allow("registrar", "expert_admin"),
) -> LaboratoryOut:  # fmt: skip
    """Enter or change a laboratory, whole; the same body again changes nothing. The province only."""
    owner = laboratories.check_province(caller, runtime.settings.province)
    form = body.to_form(code)
    basis = body.basis.to_basis() if body.basis else None
    row = await laboratories.put_laboratory(session, owner, form, today, lambda revision: check_match(request, revision), basis=basis)
    response.headers["ETag"] = etag(row.revision)
    return LaboratoryOut.whole(row, await lab_store.list_certificates(session, [code]), await lab_store.list_scope(session, code))

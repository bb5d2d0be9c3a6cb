"""The party's page, without an account: open routes that a signed link and its code open, and the link that an officer hands out."""

from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar
from uuid import UUID

from fastapi import APIRouter, Header, Request
from pydantic import BaseModel, ValidationError
from starlette.datastructures import UploadFile

from common.caller import Caller
from common.errors import Invalid, TooLarge, Unsupported
from common.http import RuntimeDep, SessionDep, TodayDep, allow, from_validation, open_router, router
from common.http.problems import wants_english
from common.runtime import Runtime
from common.strict import parse_json
from sampling.actions import evidence, objections, party
from sampling.actions.evidence import Filed, Keeper
from sampling.actions.objection_view import rights
from sampling.actions.party import Visit
from sampling.rules.evidence import Declared, EvidenceKind
from sampling.schemas.objections import RightOut
from sampling.schemas.party import (
    PartyCaseOut,
    PartyEvidenceOut,
    PartyLinkIn,
    PartyLinkOut,
    PartyObjectionIn,
    PartyOut,
    PartyResultOut,
)
from sampling.store import notices as notice_store
from sampling.store import objections as store
from sampling.store import objects
from sampling.store import reports as report_store

routes: APIRouter = router(tags=["party"])
open_routes: APIRouter = open_router(tags=["party"])
Code = Annotated[str, Header(alias="X-Party-Code", max_length=40, description="验证码")]
MAX_JSON, MAX_FILE = 256 * 1024, 20 * 1024 * 1024
Shape = TypeVar("Shape", bound=BaseModel)
_OBJECTION: dict[str, Any] = {"requestBody": {"required": True, "content": {"application/json": {"schema": PartyObjectionIn.model_json_schema()}}}}
_FILE: dict[str, Any] = {"type": "object", "required": ["file"], "properties": {"file": {"type": "string", "format": "binary"}}}
_EVIDENCE: dict[str, Any] = {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": _FILE}}}}


@routes.post("/samples/{sample_id}/party-links", status_code=201)
async def give_link(sample_id: UUID, body: PartyLinkIn, runtime: RuntimeDep, session: SessionDep, caller: Caller = allow("officer")) -> PartyLinkOut:
    """A link and a code for one party, handed over with the notice (当事人查询链接)."""
    return PartyLinkOut.of(await party.give_link(session, caller, runtime.db.key, sample_id, (body.party_role, body.days)))


@open_routes.get("/party/{token}")
async def show_result(token: str, runtime: RuntimeDep, today: TodayDep, code: Code = "") -> PartyOut:
    """The party's own result, its rights with their last days, and its applications (查询检验结果与权利)."""
    async with party.visit(runtime.db, token, code, "read") as visit:
        sample, role = visit.sample, visit.party.role
        result, cases = await _result(visit), [c for c in await store.cases_of(visit.session, sample.id) if c.party_role == role]
        clocks = await store.clocks_of(visit.session, [case.id for case in cases])
        found = [RightOut.of(*one) for one in await rights(visit.session, sample, role, today)]
        return PartyOut.of(sample, visit.party, result, found, [PartyCaseOut.of(case, clocks[case.id]) for case in cases])


async def _result(visit: Visit) -> PartyResultOut | None:
    """Only what has been served on this party."""
    report_id = visit.sample.effective_report_id
    notices = await notice_store.list_notices(visit.session, visit.sample.id, report_id) if report_id else []
    own = next((notice for notice in notices if notice.party_role == visit.party.role), None)
    if own is None or report_id is None:
        return None
    report = await report_store.find_report(visit.session, report_id)
    return PartyResultOut.of(report, await report_store.list_items(visit.session, report), own)


@open_routes.post("/party/{token}/objections", status_code=201, openapi_extra=_OBJECTION)
async def object_to(token: str, request: Request, runtime: RuntimeDep, today: TodayDep, code: Code = "") -> PartyCaseOut:
    """Object, or ask for re-inspection (提出异议、申请复检); what stands against it is answered with the application."""
    body = await _read(request, PartyObjectionIn)
    async with party.visit(runtime.db, token, code, "object") as visit:
        filing, root = body.to_filing(visit.party.role, today), runtime.settings.contact_key
        case = await objections.file_case(visit.session, visit.caller, visit.sample.id, filing, root=root, today=today)
        return PartyCaseOut.of(case, (await store.clocks_of(visit.session, [case.id]))[case.id])


@open_routes.post("/party/{token}/evidence", status_code=201, openapi_extra=_EVIDENCE)
async def hand_in(token: str, request: Request, runtime: RuntimeDep, today: TodayDep, code: Code = "") -> PartyEvidenceOut:
    """Hand in a picture, a video or a PDF (提交异议材料), at most 20 MB."""
    _check_upload(request)
    async with party.visit(runtime.db, token, code, "evidence") as visit, request.form(max_files=1, max_fields=2) as form:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise Invalid("field_missing", "缺少文件", "a file is missing", pointer="/file")
        row, _ = await evidence.keep(visit.session, _keeper(runtime), visit.sample, _filed(file), by=visit.caller.subject, today=today)
        return PartyEvidenceOut(id=row.id, kind=row.kind, file_name=row.file_name, sha256=row.sha256)


def _keeper(runtime: Runtime) -> Keeper:
    return Keeper(objects.open_objects(runtime.settings.evidence_url), runtime.settings.contact_key)


def _filed(file: UploadFile) -> Filed:
    size = file.file.seek(0, 2)
    if size > MAX_FILE:
        raise TooLarge("body_too_large", "文件超过 20 MB", "file over 20 MB")
    name = (file.filename or "").replace("\\", "/").rpartition("/")[2]
    declared = Declared(
        kind=EvidenceKind.OBJECTION, taken_at=datetime.now(UTC), file_name="".join(c for c in name if c.isprintable())[-120:],
        content_type=file.content_type or "",
    )  # fmt: skip
    return Filed(file.file, size, declared)


def _check_upload(request: Request) -> None:
    media = request.headers.get("content-type", "")
    if not media.lower().startswith("multipart/form-data") or "boundary=" not in media:
        raise Unsupported("media_type", "请以 multipart/form-data 提交", "send multipart/form-data")
    length = request.headers.get("content-length", "")
    if not length.isdigit():
        raise Invalid("length_missing", "须说明内容长度", "Content-Length is required")
    if int(length) > MAX_FILE + MAX_JSON:
        raise TooLarge("body_too_large", "文件超过 20 MB", "file over 20 MB")


async def _read(request: Request, shape: type[Shape]) -> Shape:
    """The body by the strict parser, without a caller around it."""
    if not request.headers.get("content-type", "").lower().startswith("application/json"):
        raise Unsupported("media_type", "请以 application/json 提交", "send application/json")
    raw = b""
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > MAX_JSON:
            raise TooLarge("body_too_large", "请求内容过大", "body too large")
    try:
        return shape.model_validate(parse_json(raw))
    except ValidationError as error:
        found = from_validation([{**one, "loc": ("body", *one["loc"])} for one in error.errors()], wants_english(request))
        raise found from error

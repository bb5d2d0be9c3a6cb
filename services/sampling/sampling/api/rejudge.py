"""Looking again at stored reports: by another scheme, and at their files."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response

from common.caller import Caller
from common.http import RuntimeDep, SessionDep, allow, router
from common.http.edge import Edge
from common.http.problems import documented
from sampling.actions import rejudge, report_files
from sampling.rules.report_files import MEDIA
from sampling.schemas.rejudge import RejudgedManyOut, RejudgedOut, RejudgeIn, RejudgeManyIn
from sampling.schemas.reports import ReportFileOut

routes: APIRouter = router(tags=["report"])
LOOKERS = ("officer", "chief", "planner", "auditor", "laboratory")
_CONTENT: dict[str, Any] = {media: {"schema": {"type": "string", "format": "binary"}} for media in MEDIA}
_FILE = {"requestBody": {"required": True, "content": _CONTENT}}


class FileEdge(Edge):
    """An `Edge` whose body is a document."""

    accepts = tuple(MEDIA)


files = APIRouter(route_class=FileEdge, responses=documented(), prefix="/v1", tags=["report"])


@routes.post("/reports/{report_id}:rejudge")
async def rejudge_report(report_id: UUID, body: RejudgeIn, runtime: RuntimeDep, session: SessionDep, caller: Caller = allow(*LOOKERS)) -> RejudgedOut:
    """What another scheme would change in one report, without changing it (复判对比)."""
    return RejudgedOut.of(await rejudge.rejudge_report(session, runtime.clients, caller, report_id, body.to_against()))


@routes.post("/reports:rejudge")
async def rejudge_many(body: RejudgeManyIn, runtime: RuntimeDep, session: SessionDep, caller: Caller = allow(*LOOKERS)) -> RejudgedManyOut:
    """The same for the effective reports of a product in a period, at most 500."""
    return RejudgedManyOut.of(await rejudge.rejudge_many(session, runtime.clients, caller, body.to_wanted(), body.to_against()))


@files.post("/reports/{report_id}/file", status_code=201, openapi_extra=_FILE)
async def keep_file(
    report_id: UUID, request: Request, runtime: RuntimeDep, session: SessionDep, caller: Caller = allow("laboratory")
) -> ReportFileOut:
    """Send the file that a report declared, PDF or OFD (报告文件); refused when its SHA-256 is another."""
    url = runtime.settings.evidence_url
    return ReportFileOut.model_validate(await report_files.keep_file(session, url, caller, report_id, await request.body()))


@files.get("/reports/{report_id}/file", response_class=Response, responses={200: {"content": _CONTENT, "description": "PDF, OFD"}})
async def read_file(report_id: UUID, runtime: RuntimeDep, session: SessionDep) -> Response:
    """The file of a report in reach (报告文件)."""
    body, media = await report_files.read_file(session, runtime.settings.evidence_url, report_id)
    kept_apart = {"Content-Disposition": "attachment", "X-Content-Type-Options": "nosniff"}
    return Response(body, media_type=media, headers=kept_apart)

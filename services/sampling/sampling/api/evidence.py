"""Evidence of a sample: filing, listing, downloading, withdrawing. Laboratories work blind and have no part in it."""

from base64 import b64encode
from typing import Annotated, Any
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request, Response, UploadFile
from fastapi.responses import StreamingResponse
from pydantic import Field

from common.caller import Caller
from common.errors import Invalid
from common.http import RuntimeDep, SessionDep, TodayDep, allow, router
from common.strict import Line
from sampling.actions import evidence
from sampling.actions.evidence import Filed, Keeper
from sampling.api.upload import size_of, upload_router
from sampling.models import Evidence
from sampling.rules.evidence import Declared, EvidenceKind, Place, list_missing
from sampling.schemas.evidence import Degrees, EvidenceListOut, EvidenceOut, ExifOut, Moment, ReasonIn
from sampling.store import evidence as store
from sampling.store import objects, samples

routes: APIRouter = router(tags=["evidence"])
uploads: APIRouter = upload_router(tags=["evidence"])
READERS = ("sampler", "officer", "chief", "planner", "approver", "credit", "auditor")
_FIELDS = frozenset({"file", "kind", "taken_at", "latitude", "longitude", "device", "note"})
Short = Annotated[Line, Field(max_length=200)]

#: A stored file is shown as what it is and runs nothing, whoever opens it.
SAFE = {
    "X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; sandbox", "Cache-Control": "private, no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
}  # fmt: skip

FILE: dict[int | str, dict[str, Any]] = {200: {"content": {"*/*": {}}, "description": "the file, in its own media type"}}


def _keeper(runtime: RuntimeDep) -> Keeper:
    return Keeper(objects.open_objects(runtime.settings.evidence_url), runtime.settings.contact_key)


KeeperDep = Annotated[Keeper, Depends(_keeper)]


@uploads.post("/samples/{sample_id}/evidence", status_code=201, response_model=EvidenceOut, responses={200: {"model": EvidenceOut}})
async def file_evidence(
    sample_id: UUID, request: Request, response: Response, session: SessionDep, keeper: KeeperDep, today: TodayDep,
    file: UploadFile, kind: Annotated[EvidenceKind, Form()], taken_at: Annotated[Moment, Form(description="拍摄时间,带时区")],
    latitude: Annotated[Degrees | None, Form(description="WGS-84 纬度")] = None, longitude: Annotated[Degrees | None, Form()] = None,
    device: Annotated[Short | None, Form(description="拍摄设备")] = None, note: Annotated[Short | None, Form()] = None,
    caller: Caller = allow("sampler", "officer"),
) -> EvidenceOut:  # fmt: skip
    """File a photo, a video or a scan (留存证据); the same file again is the piece that is there, with status 200."""
    await _refuse_strangers(request)
    declared = Declared(
        kind=kind, taken_at=taken_at, place=_place(latitude, longitude), device=device or "", note=note or "",
        file_name=_plain_name(file.filename), content_type=file.content_type or "",
    )  # fmt: skip
    row, new = await evidence.file_evidence(session, keeper, caller, sample_id, Filed(file.file, size_of(file), declared), today=today)
    response.status_code = 201 if new else 200
    return EvidenceOut.of(row)


async def _refuse_strangers(request: Request) -> None:
    names = [name for name, _ in (await request.form()).multi_items()]
    stranger = next((name for name in names if name not in _FIELDS or names.count(name) > 1), None)
    if stranger is not None:
        raise Invalid("field_unknown", "不认识或重复的字段", "unknown or repeated field", pointer="/" + stranger[:40])


def _place(latitude: Any, longitude: Any) -> Place | None:
    if (latitude is None) != (longitude is None):
        raise Invalid("evidence_place", "经度和纬度须同时填写", "give both latitude and longitude", pointer="/latitude")
    return None if latitude is None else Place(latitude, longitude)


def _plain_name(name: str | None) -> str:
    """The last part of the name, printable, cut: it is shown and compared with the content, never used as a path."""
    last = (name or "").replace("\\", "/").rpartition("/")[2]
    return "".join(c for c in last if c.isprintable())[-120:]


@routes.get("/samples/{sample_id}/evidence")
async def list_evidence(sample_id: UUID, session: SessionDep, caller: Caller = allow(*READERS)) -> EvidenceListOut:
    """Evidence of a sample and what it still lacks (证据清单)."""
    sample = await samples.find_sample(session, sample_id)
    rows = await store.list_evidence(session, sample_id)
    missing = list_missing(sample.form, {row.kind for row in rows if row.state == "KEPT"})
    return EvidenceListOut(items=[EvidenceOut.of(row) for row in rows], missing=missing, complete=not missing)


@routes.get("/evidence/{evidence_id}")
async def show_evidence(evidence_id: UUID, session: SessionDep, caller: Caller = allow(*READERS)) -> EvidenceOut:
    """One piece (证据)."""
    return EvidenceOut.of(await store.find_evidence(session, evidence_id))


@routes.get("/evidence/{evidence_id}/original", response_class=StreamingResponse, responses=FILE)
async def download_original(evidence_id: UUID, session: SessionDep, keeper: KeeperDep, caller: Caller = allow(*READERS)) -> StreamingResponse:
    """The file as it was filed (原件), with its hash in Content-Digest."""
    row = await store.find_evidence(session, evidence_id)
    await objects.check_there(keeper.objects, row.region_code, row.sha256)
    return StreamingResponse(objects.stream(keeper.objects, row.region_code, row.sha256), 200, _headers(row), row.media_type)


@routes.get("/evidence/{evidence_id}/thumbnail", response_class=Response, responses={200: {"content": {"image/jpeg": {}}}})
async def download_thumbnail(evidence_id: UUID, session: SessionDep, keeper: KeeperDep, caller: Caller = allow(*READERS)) -> Response:
    """A small JPEG without EXIF (缩略图)."""
    row = await store.find_evidence(session, evidence_id)
    if row.thumbnail_sha256 is None:
        raise Invalid("thumbnail_none", "该证据没有缩略图", "only images have a thumbnail")
    return Response(await objects.get(keeper.objects, row.region_code, row.thumbnail_sha256), 200, SAFE, "image/jpeg")


def _headers(row: Evidence) -> dict[str, str]:
    name = quote(row.file_name or row.sha256, safe="")
    digest = b64encode(bytes.fromhex(row.sha256)).decode()
    more = {"Content-Disposition": f"attachment; filename*=UTF-8''{name}", "Content-Length": str(row.byte_size), "ETag": f'"{row.sha256}"'}
    return SAFE | more | {"Content-Digest": f"sha-256=:{digest}:"}


@routes.post("/evidence/{evidence_id}/withdraw")
async def withdraw_evidence(evidence_id: UUID, body: ReasonIn, session: SessionDep, caller: Caller = allow("sampler", "officer")) -> EvidenceOut:
    """Mark a piece as filed by mistake; it is never deleted (证据作废)."""
    return EvidenceOut.of(await evidence.withdraw_evidence(session, caller, evidence_id, body.reason))


@routes.post("/evidence/{evidence_id}/exif")
async def unseal_exif(
    evidence_id: UUID, body: ReasonIn, session: SessionDep, keeper: KeeperDep, caller: Caller = allow("officer", "chief")
) -> ExifOut:
    """What the camera wrote, for a logged reason (查看拍摄信息)."""
    return ExifOut(exif=await evidence.unseal_exif(session, keeper, caller, evidence_id, body.reason))

"""Documents of a sample (文书), their templates, and verification by anybody who holds the paper."""

from html import escape
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Request, Response
from fastapi.responses import HTMLResponse

from common.caller import Caller
from common.errors import not_found
from common.http import RuntimeDep, SessionDep, TodayDep, allow, check_match, etag, router
from common.http.edge import open_router
from sampling.actions import documents
from sampling.actions.documents import Printing
from sampling.actions.evidence import own_sample
from sampling.api.evidence import READERS, SAFE
from sampling.rules.documents import KINDS, read_code
from sampling.schemas.documents import DocumentIn, DocumentListOut, DocumentOut, KindOut, KindsOut, MarkOut, TemplateIn, TemplateOut
from sampling.schemas.evidence import ReasonIn
from sampling.store import documents as store
from sampling.store import objects, samples
from sampling.store.press import Press

routes: APIRouter = router(tags=["document"])
open_routes: APIRouter = open_router(tags=["document"])
Kind = Annotated[str, Path(max_length=40)]
PDF = "application/pdf"
PDF_FILE: dict[int | str, dict[str, Any]] = {200: {"content": {PDF: {}}}}


def _printing(runtime: RuntimeDep) -> Printing:
    settings = runtime.settings
    address = f"{settings.public_url}{settings.gateway_prefix}/v1/documents/verify"
    return Printing(Press(settings.document_font, settings.font_folder, address), objects.open_objects(settings.evidence_url))


PrintingDep = Annotated[Printing, Depends(_printing)]


@routes.get("/document-kinds")
async def list_kinds(caller: Caller = allow(*READERS)) -> KindsOut:
    """Kinds of documents and what each asks for (文书种类)."""
    return KindsOut(kinds=[KindOut.of(kind) for kind in KINDS.values()])


@routes.post("/samples/{sample_id}/documents", status_code=201)
async def issue_document(
    sample_id: UUID, body: DocumentIn, session: SessionDep, printing: PrintingDep, today: TodayDep, caller: Caller = allow("sampler", "officer")
) -> DocumentOut:
    """Issue a document (出具文书): numbered, typeset, kept by its hash."""
    sample = await own_sample(session, caller, sample_id)
    row = await documents.issue(session, caller, body.kind, sample, body.fields, printing=printing, issued_on=body.issued_on, today=today)
    return DocumentOut.of(row)


@routes.get("/samples/{sample_id}/documents")
async def list_documents(sample_id: UUID, session: SessionDep, caller: Caller = allow(*READERS)) -> DocumentListOut:
    """Documents of a sample (文书清单)."""
    await samples.find_sample(session, sample_id)
    return DocumentListOut(items=[DocumentOut.of(row) for row in await store.list_documents(session, sample_id)])


@routes.get("/documents/{document_id}")
async def show_document(document_id: UUID, session: SessionDep, caller: Caller = allow(*READERS)) -> DocumentOut:
    """One document (文书)."""
    return DocumentOut.of(await store.find_document(session, document_id))


@routes.get("/documents/{document_id}/file", response_class=Response, responses=PDF_FILE)
async def download_document(document_id: UUID, session: SessionDep, printing: PrintingDep, caller: Caller = allow(*READERS)) -> Response:
    """The PDF as it was issued (下载文书)."""
    row = await store.find_document(session, document_id)
    body = await objects.get(printing.objects, row.region_code, row.sha256)
    return Response(body, 200, SAFE | {"Content-Disposition": f'attachment; filename="{row.code}.pdf"', "ETag": f'"{row.sha256}"'}, PDF)


@routes.post("/documents/{document_id}/withdraw")
async def withdraw_document(
    document_id: UUID, body: ReasonIn, session: SessionDep, today: TodayDep, caller: Caller = allow("officer", "chief")
) -> DocumentOut:
    """The paper no longer counts (文书作废); its verification says so from now on."""
    return DocumentOut.of(await documents.withdraw_document(session, caller, document_id, body.reason, today))


@open_routes.get("/documents/verify/{code}", response_model=MarkOut)
async def verify_document(code: Annotated[str, Path(max_length=40)], request: Request, runtime: RuntimeDep) -> Response | MarkOut:
    """Whether a paper is ours (文书验真), without login: bureau, kind, number, day, hash, withdrawn or not; nothing personal."""
    known = read_code(code)
    if known is None:
        raise not_found("文书", "document")
    mark = MarkOut.of(await store.find_public_mark(runtime.db, known))
    if "text/html" in request.headers.get("accept", ""):
        return HTMLResponse(_page(mark), headers={"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"})
    return mark


def _page(mark: MarkOut) -> str:
    """For the telephone that read the QR code."""
    state = f"已于 {mark.withdrawn_on} 作废" if mark.withdrawn else "有效"
    pairs = {
        "出具机关": mark.bureau,
        "文书": mark.title,
        "文书编号": mark.number,
        "签发日期": mark.issued_on,
        "状态": state,
        "文件摘要 SHA-256": mark.sha256,
    }
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{escape(str(value))}</dd>" for name, value in pairs.items())
    style = "body{font:16px/1.7 sans-serif;margin:2em;max-width:40em}dt{color:#666}dd{margin:0 0 .6em;word-break:break-all}"
    return (
        f'<!doctype html><html lang="zh"><meta charset="utf-8"><title>文书验真</title><style>{style}</style><h1>文书验真</h1><dl>{rows}</dl></html>'
    )


@routes.get("/document-templates/{kind}")
async def show_template(kind: Kind, session: SessionDep, response: Response, caller: Caller = allow(*READERS)) -> TemplateOut:
    """The template that applies to the caller's bureau: its own, its nearest superior's, or ours (文书模板)."""
    found = await documents.find_template(session, caller.bureau, documents.known_kind(kind))
    if found.region_code == caller.bureau.code and found.revision:
        response.headers["ETag"] = etag(found.revision)
    return TemplateOut(kind=kind, source=found.source, sha256=found.sha256, region_code=found.region_code, revision=found.revision)


@routes.get("/document-templates/{kind}/specimen", response_class=Response, responses=PDF_FILE)
async def show_specimen(
    kind: Kind, session: SessionDep, printing: PrintingDep, programme: Literal["产品", "食品"] = "产品", caller: Caller = allow(*READERS)
) -> Response:
    """A page of it with specimen facts (样张)."""
    known = documents.known_kind(kind)
    found = await documents.find_template(session, caller.bureau, known)
    return Response(await documents.specimen(printing, found.source, known, caller.bureau, programme), 200, SAFE, PDF)


@routes.put("/document-templates/{kind}")
async def replace_template(
    kind: Kind, body: TemplateIn, request: Request, session: SessionDep, printing: PrintingDep, response: Response, caller: Caller = allow("chief")
) -> TemplateOut:
    """The bureau's own template, for itself and for all below that have none; typeset with specimen facts before it is kept."""
    before = await store.lock_template(session, caller.bureau.code, kind)
    check_match(request, before.revision if before else 0)
    row = await documents.replace_template(session, printing, caller, kind, body.source)
    response.headers["ETag"] = etag(row.revision)
    return TemplateOut(kind=kind, source=row.source, sha256=row.sha256, region_code=row.region_code, revision=row.revision)


@routes.delete("/document-templates/{kind}", status_code=204)
async def remove_template(kind: Kind, session: SessionDep, caller: Caller = allow("chief")) -> Response:
    """Back to the superior's template, or ours."""
    await documents.remove_template(session, caller, kind)
    return Response(status_code=204)

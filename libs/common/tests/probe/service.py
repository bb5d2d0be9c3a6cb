"""Routes, handler and composition of the probe."""

from pathlib import Path
from uuid import UUID

from fastapi import APIRouter, Request, Response
from longzhi.event.v1.event_pb2 import Envelope
from longzhi.sampling.v1.events_pb2 import SampleReceived
from sqlalchemy import text
from uuid_utils.compat import uuid7

from common import audit, outbox
from common.caller import Caller
from common.db import Session
from common.errors import not_found
from common.http import PageDep, PageOf, SessionDep, allow, check_match, etag, page_of, router
from common.http.paging import keyset
from common.inbox import Poison, Reaction
from common.process import Service
from common.region import Region
from common.settings import Settings
from common.strict import Line, Schema

api: APIRouter = router(tags=["note"])


class NoteIn(Schema):
    title: Line


class NoteOut(Schema):
    id: UUID
    region_code: str
    title: str
    revision: int


@api.post("/notes", status_code=201)
async def create_note(body: NoteIn, session: SessionDep, response: Response, caller: Caller = allow("officer")) -> NoteOut:
    note = NoteOut(id=uuid7(), region_code=caller.bureau.code, title=body.title, revision=1)
    values = note.model_dump()
    await session.execute(text("INSERT INTO note (id, region_code, title, revision) VALUES (:id, :region_code, :title, :revision)"), values)
    audit.record(session, caller.bureau, "note.create", note.id, {"title": note.title})
    outbox.record(session, "probe.note.v1", SampleReceived(sample_id=str(note.id), received_on="2021-01-01"), owner=caller.bureau, key=note.id)
    response.headers["ETag"] = etag(note.revision)
    return note


@api.get("/notes")
async def list_notes(session: SessionDep, page: PageDep) -> PageOf[NoteOut]:
    after = keyset(page, [UUID])
    query = "SELECT id, region_code, title, revision FROM note WHERE (CAST(:after AS uuid) IS NULL OR id > :after) ORDER BY id LIMIT :limit"
    rows = (await session.execute(text(query), {"after": after[0] if after else None, "limit": page.limit})).all()
    return page_of(rows, page, lambda r: (r.id,), NoteOut.model_validate)


async def get_note(session: Session, note_id: UUID) -> NoteOut:
    row = (await session.execute(text("SELECT id, region_code, title, revision FROM note WHERE id = :id"), {"id": note_id})).first()
    if row is None:
        raise not_found("便笺", "note")
    return NoteOut.model_validate(row)


@api.get("/notes/{note_id}")
async def show_note(note_id: UUID, session: SessionDep) -> NoteOut:
    return await get_note(session, note_id)


@api.put("/notes/{note_id}")
async def change_note(note_id: UUID, body: NoteIn, request: Request, session: SessionDep, caller: Caller = allow("officer")) -> NoteOut:
    note = await get_note(session, note_id)
    check_match(request, note.revision)
    done = await session.execute(
        text("UPDATE note SET title = :title, revision = revision + 1 WHERE id = :id RETURNING id, region_code, title, revision"),
        {"title": body.title, "id": note_id},
    )
    row = done.first()
    if row is None:
        raise not_found("便笺", "note")
    return NoteOut.model_validate(row)


async def on_sample_received(session: Session, fact: SampleReceived, envelope: Envelope) -> None:
    if fact.received_on == "poison":
        raise Poison("never right")
    if fact.received_on == "fails":
        raise ZeroDivisionError("a bug")
    values = {"id": UUID(fact.sample_id), "region": Region(envelope.region_code).code, "title": fact.received_on}
    await session.execute(text("INSERT INTO note (id, region_code, title) VALUES (:id, :region, :title)"), values)


SERVICE = Service(
    name="probe",
    settings=Settings,
    routers=[api],
    migrations=str(Path(__file__).parent / "migrations"),
    topics=("test.fact.v1",),
    handlers={SampleReceived: Reaction(on_sample_received, lambda fact: fact.received_on != "nothing")},
)

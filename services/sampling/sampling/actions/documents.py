"""Issuing and withdrawing documents (出具、作废文书), and the templates that a bureau puts in the place of ours (文书模板)."""

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from longzhi.sampling.v1.events_pb2 import DocumentIssued, DocumentWithdrawn
from uuid_utils.compat import uuid7

from common import audit, outbox
from common.caller import Caller
from common.db import Session
from common.errors import Invalid, NotFound, Refused
from common.region import Region
from sampling.actions.facts import SAMPLE_TOPIC, limit_words, refuse_act, refuse_input
from sampling.models import Document, DocumentMark, DocumentTemplate, Sample
from sampling.rules.document_facts import Heading, Subject, facts_of, have_needs, report_facts
from sampling.rules.documents import CODE_ALPHABET, CODE_LENGTH, KINDS, DocumentKind, check_fields, check_issued_on, check_ready, number_of
from sampling.rules.specimen import ON, specimen_of
from sampling.store import documents as store
from sampling.store import objects, reports
from sampling.store import samples as sample_store
from sampling.store.press import Press, built_in, typeset_pdf


@dataclass(frozen=True, slots=True)
class Printing:
    """What printing needs: the press, and where its sheets are kept."""

    press: Press
    objects: objects.Objects


@dataclass(frozen=True, slots=True)
class Applied:
    """The template that applies to a bureau; `region_code` is None for the one that comes with the service."""

    source: str
    sha256: str
    region_code: str | None
    revision: int | None


def known_kind(code: str) -> DocumentKind:
    """The kind, or Invalid."""
    if code not in KINDS:
        raise Invalid("document_kind", "没有这种文书", "no such kind of document", pointer="/kind")
    return KINDS[code]


async def issue(
    session: Session, caller: Caller, kind: str, sample: Sample, facts: Mapping[str, str], *, printing: Printing, issued_on: date, today: date
) -> Document:
    """Typeset, keep and number a document of the bureau's own sample. `facts` are the answers that its kind asks for (`GET /v1/document-kinds`)."""
    known = known_kind(kind)
    refuse_input([*check_fields(known, facts), *check_issued_on(issued_on, sample.sampled_on, known, today)])
    subject = await _subject(session, sample)
    refuse_act(check_ready(known, have_needs(subject)))
    template = await find_template(session, caller.bureau, known)
    serial = await store.next_number(session, caller.bureau.code, kind, issued_on.year)
    code = "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_LENGTH))
    heading = Heading(known, number_of(known, issued_on.year, caller.bureau.division, serial), code, issued_on)
    data = facts_of(heading, subject, facts)
    body = await typeset_pdf(printing.press, template.source, data, issued_on)
    sha256 = hashlib.sha256(body).hexdigest()
    await objects.put(printing.objects, caller.bureau.code, sha256, body)
    row = Document(
        id=uuid7(), region_code=caller.bureau.code, sample_id=sample.id, kind=kind, number=heading.number, code=code, issued_on=issued_on,
        sha256=sha256, byte_size=len(body), facts_sha256=_hash_of(data), template_sha256=template.sha256,
        template_region_code=template.region_code, state="ISSUED", created_by=caller.subject,
    )  # fmt: skip
    await _record(session, caller, row)
    return row


async def _record(session: Session, caller: Caller, row: Document) -> None:
    shared = {name: getattr(row, name) for name in ("code", "region_code", "kind", "number", "issued_on", "sha256")}
    sample_store.add(session, row)
    sample_store.add(session, DocumentMark(**shared))
    details = {"sample_id": str(row.sample_id), "kind": row.kind, "number": row.number, "sha256": row.sha256, "issued_on": row.issued_on}
    audit.record(session, caller.bureau, "document.issue", row.id, details)
    fact = DocumentIssued(
        document_id=str(row.id),
        sample_id=str(row.sample_id),
        kind=row.kind,
        number=row.number,
        issued_on=row.issued_on.isoformat(),
        sha256=row.sha256,
    )
    outbox.record(session, SAMPLE_TOPIC, fact, owner=caller.bureau, key=row.sample_id)
    await sample_store.flush(session, row)


def _hash_of(data: Any) -> str:
    return hashlib.sha256(json.dumps(data, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


async def _subject(session: Session, sample: Sample) -> Subject:
    names = (
        "programme", "sample_no", "product_name", "product_code", "state", "sampled_on", "sealed_on", "seal_no", "reserve_seal_no", "received_on",
        "assigned_laboratory", "ended_on", "ended_reason", "ended_note",
    )  # fmt: skip
    columns = {name: getattr(sample, name) for name in names}
    columns["laboratory_code"] = sample.laboratory_code or sample.assigned_laboratory
    return Subject(sample.region_code, sample.source_region_code, columns, sample.form, await _report(session, sample))


async def _report(session: Session, sample: Sample) -> dict[str, Any] | None:
    if sample.effective_report_id is None:
        return None
    report = await reports.find_report(session, sample.effective_report_id)
    items = [
        {"item": i.item, "result": i.result, "unit": i.unit, "limit": limit_words(i.explanation), "method": i.method, "judgement": i.judgement}
        for i in await reports.list_items(session, report)
    ]
    head = {"report_no": report.report_no, "verdict": report.verdict, "conclusion": report.conclusion, "issued_on": report.issued_on}
    return report_facts(head, items)


async def withdraw_document(session: Session, caller: Caller, document_id: UUID, reason: str, today: date) -> Document:
    """The paper no longer counts, and whoever verifies it is told so; number and file stay (文书作废)."""
    row = await store.lock_own(session, document_id, caller.bureau.code)
    if row.state == "WITHDRAWN":
        raise Refused("document_withdrawn", "该文书已作废", "this document has been withdrawn already")
    row.state, row.withdrawn_at, row.withdrawn_by, row.withdrawn_reason = "WITHDRAWN", store.NOW, caller.subject, reason
    (await store.find_mark(session, row.code)).withdrawn_on = today
    audit.record(session, caller.bureau, "document.withdraw", row.id, {"number": row.number, "reason": reason})
    fact = DocumentWithdrawn(document_id=str(row.id), sample_id=str(row.sample_id), reason=reason)
    outbox.record(session, SAMPLE_TOPIC, fact, owner=caller.bureau, key=row.sample_id)
    await sample_store.flush(session, row)
    return row


async def find_template(session: Session, bureau: Region, kind: DocumentKind) -> Applied:
    """The bureau's own, its nearest superior's, or ours."""
    row = await store.nearest_template(session, bureau.code, kind.code)
    if row is not None:
        return Applied(row.source, row.sha256, row.region_code, row.revision)
    source = built_in(kind.file)
    return Applied(source, hashlib.sha256(source.encode()).hexdigest(), None, None)


async def specimen(printing: Printing, source: str, kind: DocumentKind, bureau: Region, programme: str) -> bytes:
    """A page with specimen facts; nothing is kept."""
    return await typeset_pdf(printing.press, source, specimen_of(kind, bureau.code, programme), ON)


async def replace_template(session: Session, printing: Printing, caller: Caller, code: str, source: str) -> DocumentTemplate:
    """A bureau's own template, once it has been typeset with specimen facts of both programmes."""
    kind, bureau = known_kind(code), caller.bureau
    for programme in ("产品", "食品"):
        await specimen(printing, source, kind, bureau, programme)
    sha256 = hashlib.sha256(source.encode()).hexdigest()
    await objects.put(printing.objects, bureau.code, sha256, source.encode())  # every source that ever made a document stays readable by its hash
    row = await store.lock_template(session, bureau.code, code)
    if row is None:
        row = DocumentTemplate(region_code=bureau.code, kind=code, source=source, sha256=sha256, revision=1, created_by=caller.subject)
        sample_store.add(session, row)
    else:
        row.source, row.sha256, row.revision, row.created_by, row.updated_at = source, sha256, row.revision + 1, caller.subject, store.NOW
    audit.record(session, bureau, "template.replace", f"{bureau.code}:{code}", {"sha256": sha256})
    await sample_store.flush(session, row)
    return row


async def remove_template(session: Session, caller: Caller, code: str) -> None:
    """Back to the superior's template, or ours."""
    row = await store.lock_template(session, caller.bureau.code, known_kind(code).code)
    if row is None:
        raise NotFound("not_found", "本局没有自己的模板", "the bureau has no template of its own")
    await store.drop_template(session, caller.bureau.code, code)
    audit.record(session, caller.bureau, "template.remove", f"{caller.bureau.code}:{code}", {"sha256": row.sha256})

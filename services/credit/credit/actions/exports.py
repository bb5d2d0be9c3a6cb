"""Export batches (报送): approved records become versions with a body and a key of their own."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import xlsxwriter
from uuid_utils.compat import uuid7

from common import audit
from common.caller import Caller
from common.db import Session
from common.errors import Refused
from credit.models import ExportBatch, Record, Version
from credit.rules.acts import check_export, check_not_future
from credit.rules.body import COLUMNS, body_of, row_of
from credit.rules.delivery import Delivery
from credit.rules.publicity import Action, State
from credit.store import records as store
from credit.store import versions as version_store

AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Exported:
    """A new batch; `remaining` approved records did not fit into it."""

    batch: ExportBatch
    remaining: int


async def export(session: Session, caller: Caller, record_ids: Sequence[UUID] | None, on: date, today: date) -> Exported:
    """Queue approved records for the receiver; the worker sends them after the commit."""
    check_not_future(on, today, "/exported_on")
    if record_ids is not None:
        records = await store.lock_records(session, caller.bureau, record_ids)
    else:
        records = await store.lock_approved(session, caller.bureau, AT_ONCE)
    if not records:
        raise Refused("nothing_approved", "没有已批准待报送的记录", "there is no approved record to export")
    check_export(records, on)
    batch = ExportBatch(id=uuid7(), region_code=caller.bureau.code, exported_on=on, exported_by=caller.subject, total=len(records))
    version_store.add(session, batch)
    await store.flush(session)
    version_store.add(session, *(_version(record, batch) for record in records))
    await store.change(session, caller.bureau, records, state=State.SENT.value, version=Record.version + 1)
    details = {"on": on, "record_ids": [str(record.id) for record in records]}
    audit.record(session, caller.bureau, "export.create", batch.id, details)
    await version_store.wake_worker(session)
    full = record_ids is None and len(records) == AT_ONCE
    return Exported(batch, await store.count_in(session, caller.bureau, State.APPROVED) if full else 0)


def _version(record: Record, batch: ExportBatch) -> Version:
    number, action, due_on = record.version + 1, Action(record.action), record.due_on or batch.exported_on
    return Version(
        id=uuid7(), region_code=record.region_code, record_id=record.id, version=number, export_id=batch.id, action=action.value,
        body=body_of(record.model_dump(), version=number, action=action, on=batch.exported_on), idempotency_key=uuid7(),
        report_id=record.report_id, verdict=record.verdict, result_code=record.result_code, acted_on=batch.exported_on, due_on=due_on,
        state=Delivery.QUEUED.value,
    )  # fmt: skip


def workbook(versions: Sequence[Version]) -> bytes:
    """The batch as XLSX with the columns of domain.md 5.3; every cell is a string, so that no formula can run."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        sheet = book.add_worksheet("公示记录")
        for line, cells in enumerate([[title for title, _ in COLUMNS], *(row_of(version.body) for version in versions)]):
            for column, cell in enumerate(cells):
                sheet.write_string(line, column, cell)
        sheet.freeze_panes(1, 0)
    return out.getvalue()

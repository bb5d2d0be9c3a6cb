"""Lists of forms as files (抽样数据导出): built page by page into a temporary file inside the caller's transaction, 50,000 rows at most."""

import asyncio
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import IO, Any

import msgspec

from common import audit
from common.caller import Caller
from common.db import Session
from common.errors import NotFound, TooLarge, Unavailable
from common.sheets import CsvWriter, XlsxWriter
from sampling.clients import Clients, fetch_laboratories, fetch_task
from sampling.models import Sample
from sampling.rules.export import MAX_ROWS, file_name, headings, row_of
from sampling.rules.field import Document
from sampling.rules.personal import masked_form
from sampling.rules.printing import Facts, Group, print_view
from sampling.store import search

PAGE = 1000
CHUNK = 1 << 16
_FORM = msgspec.json.Decoder(dict[str, Any])
_WRITERS: dict[str, type[XlsxWriter] | type[CsvWriter]] = {"xlsx": XlsxWriter, "csv": CsvWriter}


@dataclass(frozen=True, slots=True)
class Exported:
    """A finished file, its name and how many rows it has."""

    file: IO[bytes]
    name: str
    rows: int

    def chunks(self) -> Iterator[bytes]:
        """The file in pieces; it is gone afterwards."""
        with self.file:
            while piece := self.file.read(CHUNK):
                yield piece


def facts_of(sample: Any, laboratories: dict[str, str] | None = None) -> Facts:
    """What the platform knows of a form beside its document; `sample` is a batch, or a row of `search.list_forms`."""
    code = sample.laboratory_code or sample.assigned_laboratory
    told = {
        "/sample_no": sample.sample_no, "/laboratory_code": (laboratories or {}).get(code, code), "/seal_no": sample.seal_no,
        "/reserve_seal_no": sample.reserve_seal_no, "/received_on": sample.received_on, "/ended_reason": sample.ended_reason,
        "/ended_note": sample.ended_note, "/task_no": sample.task_id,
    }  # fmt: skip
    return Facts(sample.region_code, sample.source_region_code, {pointer: str(value) for pointer, value in told.items() if value})


def view_form(sample: Sample, document: Document | None = None) -> tuple[Group, ...]:
    """The printed form; personal fields masked, unless a paper brings the form in clear (`personal.clear_form`)."""
    return print_view(document or masked_form(sample.form), facts_of(sample))


async def export_samples(session: Session, clients: Clients, caller: Caller, wanted: search.SampleFilter, ending: str, *, today: date) -> Exported:
    """The forms in reach that the filter leaves, of one programme; the act goes to the audit trail of who exports."""
    programme = wanted.programme or ""
    ids = await search.list_ids(session, wanted, MAX_ROWS + 1, caller.region)
    if len(ids) > MAX_ROWS:
        raise TooLarge("export_too_large", f"超过 {MAX_ROWS} 行,请缩小范围", f"more than {MAX_ROWS} rows, narrow the filter")
    names = await _laboratory_names(clients, caller)
    file: Any = tempfile.SpooledTemporaryFile(max_size=8 * 1024 * 1024)  # noqa: SIM115 - it is closed when the answer has left
    with _WRITERS[ending](file, programme) as sheet:
        sheet.write([headings(programme)])
        for start in range(0, len(ids), PAGE):
            page = await search.list_forms(session, ids[start : start + PAGE])
            await asyncio.to_thread(sheet.write, _rows(programme, page, names))
    file.seek(0)
    name = file_name(programme, await _task_name(clients, caller, wanted), today, ending)
    audit.record(session, caller.bureau, "sample.export", name, {"rows": len(ids), "filter": _words(wanted)})
    return Exported(file, name, len(ids))


def _rows(programme: str, page: Sequence[Any], names: dict[str, str]) -> Iterator[list[str]]:
    for row in page:
        form = _FORM.decode(row.form)
        # A form whose personal fields are sealed holds their masks already.
        yield row_of(programme, form if row.is_sealed else masked_form(form), facts_of(row, names))


async def _laboratory_names(clients: Clients, caller: Caller) -> dict[str, str]:
    """Names by code; without the directory the codes stand for themselves."""
    try:
        return {laboratory.code: laboratory.name for laboratory in await fetch_laboratories(clients, caller)}
    except (Unavailable, NotFound):
        return {}


async def _task_name(clients: Clients, caller: Caller, wanted: search.SampleFilter) -> str:
    if wanted.task_id is None:
        return "全部"
    try:
        return (await fetch_task(clients, caller, wanted.task_id)).task_no
    except (Unavailable, NotFound):
        return str(wanted.task_id)  # another bureau's task: a superior knows it by its id


def _words(wanted: search.SampleFilter) -> dict[str, str]:
    return {name: str(value) for name in wanted.__slots__ if (value := getattr(wanted, name)) is not None}

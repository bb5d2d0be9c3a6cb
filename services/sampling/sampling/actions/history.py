"""Importing published history (历史公布结果导入): rows in, rows refused and why; a second import of the same file changes nothing."""

import asyncio
from collections import Counter
from dataclasses import dataclass

from uuid_utils.compat import uuid7

from common import audit
from common.caller import Caller
from common.db import Session
from common.errors import Forbidden, Invalid, Malformed, TooLarge
from common.errors import Problem as Refusal
from sampling.rules.history import Reading, read_history
from sampling.rules.problem import Problem
from sampling.store import history as store

SHOWN = 1000


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a file."""

    source: str
    rows: int
    imported: int
    unchanged: int
    by_owner: dict[str, int]
    refused: list[tuple[int, Problem]]


async def import_history(session: Session, caller: Caller, kind: str, raw: bytes) -> Imported:
    """Read a published file and keep its rows under the bureau that each row tells."""
    bureau = caller.bureau
    if bureau.level == "county":
        raise Forbidden("bureau_level", "仅省、市局可以导入历史结果", "only a province or prefecture imports history")
    reading = await asyncio.to_thread(read_history, raw, kind, bureau.code)
    if reading.fault is not None:
        raise _as_error(reading.fault)
    source = reading.source.name if reading.source else ""
    rows = [
        (uuid7(), r.owner, bureau.code, kind, source, r.product_name, r.sampled_party, r.producer, r.verdict, r.failed_items, r.published_on,
         r.doubt, r.original, r.sha256)
        for r in reading.rows
    ]  # fmt: skip
    new = await store.insert_results(session, rows)
    done = Imported(source, len(reading.rows) + len(reading.refused), new, len(rows) - new, _owners(reading), reading.refused)
    counts = {"source": source, "rows": done.rows, "imported": new, "unchanged": done.unchanged, "refused": len(done.refused)}
    audit.record(session, bureau, "history.import", source, counts)
    return done


def _owners(reading: Reading) -> dict[str, int]:
    return dict(sorted(Counter(row.owner for row in reading.rows).items()))


_ERRORS: dict[str, type[Refusal]] = {"csv_encoding": Malformed, "csv_syntax": Malformed, "rows_too_many": TooLarge}


def _as_error(fault: Problem) -> Refusal:
    kind = _ERRORS.get(fault.code, Invalid)
    return kind(fault.code, fault.zh, fault.en, pointer=fault.pointer or None)

"""Audit entries: every act that changes a right or a duty, append-only, in a hash chain per owner that can be checked offline."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import text

from common import telemetry
from common.db import Session, add_flusher, pending
from common.region import Region

# One statement for all owners, in their order: a batch of a laboratory touches dozens of chains.
_APPEND = text(
    "SELECT audit_append(given.owner, CAST(given.entries AS jsonb))"
    " FROM unnest(CAST(:owners AS text[]), CAST(:entries AS text[])) AS given(owner, entries)"
)


def record(session: Session, owner: Region, act: str, subject_id: object, details: Mapping[str, Any]) -> None:
    """Note an act; it is written with the commit. `details` is plain JSON data without personal numbers."""
    body = json.dumps(details, ensure_ascii=False, sort_keys=True, default=str)
    entry = {
        "actor": pending(session).actor, "act": act, "subject_id": str(subject_id), "details": body,
        "details_sha256": hashlib.sha256(body.encode()).hexdigest(), "trace_id": telemetry.trace_id(),
    }  # fmt: skip
    pending(session).entries.append((owner.code, entry))
    add_flusher(session, _flush)


async def _flush(session: Session) -> None:
    by_owner: dict[str, list[dict[str, str]]] = {}
    for owner, entry in pending(session).entries:
        by_owner.setdefault(owner, []).append(entry)
    owners = sorted(by_owner)  # one order for all transactions, so that two of them never wait for each other's chain
    await session.execute(_APPEND, {"owners": owners, "entries": [json.dumps(by_owner[owner], ensure_ascii=False) for owner in owners]})


def first_break(entries: Iterable[Mapping[str, Any]]) -> int | None:
    """Check one owner's exported chain from its first entry; the seq of the first entry that is changed, missing or moved, or None."""
    previous = ""
    for expected, entry in enumerate(entries, start=1):
        stamp = entry["at"].strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        parts = (previous, entry["region_code"], entry["seq"], stamp, entry["actor"], entry["act"], entry["subject_id"], entry["details_sha256"])
        sealed = hashlib.sha256("|".join(map(str, parts)).encode()).hexdigest()
        details = json.dumps(_plain(entry["details"]), ensure_ascii=False, sort_keys=True)
        if entry["seq"] != expected or entry["hash"] != sealed or hashlib.sha256(details.encode()).hexdigest() != entry["details_sha256"]:
            return expected
        previous = sealed
    return None


def _plain(details: Any) -> Any:
    return json.loads(details) if isinstance(details, str) else details

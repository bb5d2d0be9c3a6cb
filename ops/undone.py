"""What a restore has undone and others still know: laboratories their receipts, the credit system its publications.

Each of these has a time in its id (UUIDv7). Only what was made between the restored second and the restore itself is excused, so that the ledger
goes on telling a loss from a restore: a report that was accepted before that second and is missing breaks it as ever.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

# an id is made before its transaction commits, and the restored second is that of the commit
A_LONG_TRANSACTION = timedelta(seconds=60)


@dataclass(frozen=True)
class Undone:
    """The times that restores have undone: from the restored second to the moment of the restore."""

    spans: tuple[tuple[datetime, datetime], ...] = ()

    def covers(self, text: str) -> bool:
        """Whether something with this id was made in such a time; an id without a time in it never was."""
        at = made_at(text)
        return at is not None and any(began - A_LONG_TRANSACTION < at <= ended for began, ended in self.spans)


def load(run: Path) -> Undone:
    """What the restores of this platform have undone; nothing when there was none."""
    note = run / "undone.json"
    rows = json.loads(note.read_text()) if note.exists() else []
    return Undone(tuple((datetime.fromisoformat(row["restored_to"]), datetime.fromisoformat(row["restored_at"])) for row in rows))


def add(run: Path, restored_to: datetime, restored_at: datetime) -> None:
    """Remembers one more restore."""
    spans = (*load(run).spans, (restored_to, restored_at))
    (run / "undone.json").write_text(json.dumps([{"restored_to": a.isoformat(), "restored_at": b.isoformat()} for a, b in spans], indent=1))


def made_at(text: str) -> datetime | None:
    """The time in a UUIDv7."""
    try:
        number = UUID(text)
    except ValueError:
        return None
    return datetime.fromtimestamp((number.int >> 80) / 1000, UTC) if number.version == 7 else None

"""What is kept between runs, file by file, each written whole: unfinished pushes, receipts, keys. A kill at any moment leaves it readable."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4


def write_whole(path: Path, content: bytes) -> None:
    """All or nothing: beside it first, to the disk, then renamed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{uuid4().hex[:8]}")
    with beside.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def write_json(path: Path, value: Any) -> None:
    write_whole(path, json.dumps(value, ensure_ascii=False, indent=1).encode())


def read_json(path: Path) -> Any:
    """The value, or None when the file is not there or was damaged from outside."""
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None


@dataclass(frozen=True, slots=True)
class Journal:
    """One push of one content: for each batch what was sent under which key, and what was answered."""

    folder: Path
    turn: int

    def sent_key(self, number: int) -> str | None:
        found = read_json(self.folder / f"{number:05d}.sent.json")
        return str(found["key"]) if isinstance(found, dict) and "key" in found else None

    def note_sent(self, number: int, key: str, sha256: str) -> None:
        """Before the first attempt, so that the next run uses the same key."""
        write_json(self.folder / f"{number:05d}.sent.json", {"key": key, "body_sha256": sha256})

    def answer(self, number: int, sha256: str) -> Any:
        """The kept answer of this very body, or None."""
        found = read_json(self.folder / f"{number:05d}.answer.json")
        return found if isinstance(found, dict) and found.get("body_sha256") == sha256 else None

    def note_answer(self, number: int, sha256: str, told: dict[str, Any]) -> None:
        write_json(self.folder / f"{number:05d}.answer.json", {"body_sha256": sha256, **told})

    def finish(self, summary: dict[str, int]) -> None:
        """The push has come to its end; the same content pushed again is a push of its own."""
        write_json(self.folder / "done.json", summary)


def open_journal(state: Path, content: str) -> Journal:
    """The unfinished push of this content, or a new one after the finished ones."""
    turn = 0
    while (folder := state / "pushes" / f"{content[:24]}-{turn}").joinpath("done.json").exists():
        turn += 1
    folder.mkdir(parents=True, exist_ok=True)
    return Journal(folder, turn)

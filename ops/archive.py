"""Where backups lie, what is in them, and when PostgreSQL keeps its write-ahead log (WAL) beside them.

archive_mode needs a restart and archive_command does not: so the mode is always on, and the command is /bin/true, which costs nothing and lets
PostgreSQL reuse its segments, until the first `make backup` names a folder. (An empty command would keep every segment until the disk is full.)
"""

import gzip
import json
import os
import re
import shlex
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ops.places import make_private, postgres_home, reachable, server_account
from ops.progress import fail
from ops.settings import ROOT, Platform

LOSE_AT_MOST_SECONDS = 50  # archive_timeout: with compressing and syncing less than a minute is lost with the disk
SCRIPTS = ("archive.sh", "unarchive.sh")
_SEGMENTS_A_LOG = 256  # segments of 16 MiB
_SEGMENT = re.compile(r"[0-9A-F]{24}")


@dataclass(frozen=True)
class Backup:
    """One base backup with everything that belongs to it, as its about.json says."""

    folder: Path
    number: int
    started: datetime
    finished: datetime
    timeline: int
    first_segment: str
    end_lsn: int
    bytes: int

    @property
    def name(self) -> str:
        return f"{self.number:04d}"

    @property
    def data(self) -> Path:
        return self.folder / "data"


def place(platform: Platform) -> Path:
    """The folder of the backups: BACKUP, else the one used last, else one in the state folder (or beside the database, where that is elsewhere)."""
    if given := os.environ.get("BACKUP"):
        return (ROOT / Path(given).expanduser()).resolve()
    home = postgres_home(platform)
    return remembered(platform) or (platform.run if home.parent == platform.run else home) / "backup"


def remembered(platform: Platform) -> Path | None:
    """The folder that the log is archived into; None before the first backup."""
    note = platform.run / "backup.json"
    return Path(json.loads(note.read_text())["folder"]) if note.exists() else None


def remember(platform: Platform, folder: Path | None) -> None:
    """From the next (re)load on the log is archived into this folder; None switches archiving off."""
    note = platform.run / "backup.json"
    if folder is None:
        return note.unlink(missing_ok=True)
    note.write_text(json.dumps({"folder": str(folder)}))
    return None


def configuration(platform: Platform) -> str:
    """The lines of PostgreSQL's configuration that concern archiving."""
    folder = remembered(platform)
    if folder is None:
        return "archive_mode = on\narchive_command = '/bin/true'\n"
    script = postgres_home(platform) / "archive.sh"
    words = f'/bin/sh {_word(script)} "%p" {_word(folder / "wal")}/%f.gz'
    return f"archive_mode = on\narchive_command = '{_quoted(words)}'\narchive_timeout = {LOSE_AT_MOST_SECONDS}\n"


def fetching(platform: Platform, folder: Path, kept: Path | None) -> str:
    """The line that lets PostgreSQL fetch the log: from the archive, then from a data folder that was set aside."""
    script = postgres_home(platform) / "unarchive.sh"
    words = f'/bin/sh {_word(script)} %f "%p" {_word(folder / "wal")}' + (f" {_word(kept / 'pg_wal')}" if kept else "")
    return f"restore_command = '{_quoted(words)}'\n"


def _word(path: Path) -> str:
    return shlex.quote(str(path)).replace("%", "%%")


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace("'", "''")


def claim(platform: Platform, folder: Path, system: str) -> None:
    """Makes the folder, or sees that it is this database's: the log of two databases in one folder would spoil both."""
    account, note = server_account(), folder / "about.json"
    ours = {"system": system, "run": str(platform.run)}
    if note.exists() and (known := json.loads(note.read_text())) != ours:
        raise fail(f"{folder} holds the backups of another database (of {known['run']}); choose another folder with BACKUP=")
    if closed := reachable(folder, account):
        raise fail(f"the account of PostgreSQL cannot enter {closed}; choose a folder elsewhere with BACKUP=")
    for each in (folder, folder / "base"):
        each.mkdir(mode=0o711, parents=True, exist_ok=True)
    make_private(folder / "wal", account)
    note.write_text(json.dumps(ours))


def catalogue(folder: Path) -> list[Backup]:
    """The finished backups, oldest first."""
    return sorted((_read(path) for path in folder.glob("base/[0-9]*/about.json") if path.parent.name.isdigit()), key=lambda b: b.number)


def _read(path: Path) -> Backup:
    about = json.loads(path.read_text())
    times = {name: datetime.fromisoformat(about[name]) for name in ("started", "finished")}
    return Backup(folder=path.parent, number=int(path.parent.name), **(about | times))


def write_about(backup: Backup) -> None:
    """The opposite of reading."""
    about = {name: getattr(backup, name) for name in ("timeline", "first_segment", "end_lsn", "bytes")}
    times = {name: getattr(backup, name).isoformat() for name in ("started", "finished")}
    (backup.folder / "about.json").write_text(json.dumps(about | times, indent=1))


def lsn(text: str) -> int:
    """A position in the log, as a number: 1/A0 is the byte 0x1000000A0."""
    high, low = text.split("/")
    return (int(high, 16) << 32) + int(low, 16)


def segment_number(name: str) -> int:
    """Which segment of the log a file is, without its timeline."""
    return int(name[8:16], 16) * _SEGMENTS_A_LOG + int(name[16:24], 16)


def present_line(wal: Path) -> dict[int, int | None]:
    """The timelines that lead to the present one, each with the position at which it was left; the present one is open."""
    histories = sorted(wal.glob("*.history.gz"))
    if not histories:
        return {1: None}
    newest = int(histories[-1].name[:8], 16)
    rows = [line.split("\t") for line in gzip.decompress(histories[-1].read_bytes()).decode().splitlines() if "\t" in line]
    line: dict[int, int | None] = {newest: None}
    earliest: int | None = None
    for timeline, left, *_ in reversed(rows):  # a restore to before an earlier one leaves both timelines at the earlier position
        earliest = lsn(left) if earliest is None else min(earliest, lsn(left))
        line[int(timeline)] = earliest
    return line


def on_the_line(backup: Backup, line: dict[int, int | None]) -> bool:
    """Whether the present database came from this backup, rather than from a future that a restore has undone."""
    left = line.get(backup.timeline, -1)
    return left is None or backup.end_lsn <= left


def first_gap(backup: Backup, names: list[str]) -> str | None:
    """The first segment after the backup that the archive should have and has not: the log can be followed to there only."""
    numbers = {segment_number(name): name for name in names if _SEGMENT.fullmatch(name)}
    first = segment_number(backup.first_segment)
    last = max(numbers, default=first)
    for number in range(first, last + 1):
        if number not in numbers:
            return f"{number // _SEGMENTS_A_LOG:08X}{number % _SEGMENTS_A_LOG:08X}"
    return None

"""`make backup`: everything from which `make restore` can make the platform again, as it was at any second after the backup.

One numbered folder holds PostgreSQL's base backup (all services and Keycloak: they are one cluster), the evidence, and the keys without which a
restored database's personal fields cannot be read. From the first backup on the write-ahead log is archived beside it. Kafka needs none: outboxes
can tell again. The receiver of the credit system is somebody else's.
"""

import argparse
import asyncio
import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import asyncpg

from ops import archive, credentials, database, postgres, settings
from ops.archive import Backup
from ops.credentials import write_private
from ops.places import make_private, postgres_home, server_account
from ops.progress import fail, say
from ops.settings import Platform

KEPT = ("secrets.json", "receipt_key.pem", "options.json", "undone.json")
PATIENCE = 120.0  # seconds that the archive may take for the backup's own log
_HASH = re.compile(r"[0-9a-f]{64}")


def main() -> None:
    """Command line of `make backup`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", type=int, default=int(os.environ.get("KEEP") or 7), help="how many backups stay (KEEP, 7)")
    parser.add_argument("--stop", action="store_true", help="archive the log no longer; what is there stays")
    options = parser.parse_args()
    platform = settings.load()
    if options.keep < 1:
        raise fail("KEEP must be at least 1")
    require_database(platform)
    if options.stop:
        asyncio.run(switch(platform, None))
        return say("the log is not archived any more; the next make backup begins anew")
    backup(platform, options.keep)
    return None


def backup(platform: Platform, keep: int) -> Backup:
    """One backup, verified; then the oldest beyond `keep` go, with the log that only they needed."""
    folder = archive.place(platform)
    archive.claim(platform, folder, system_identifier(postgres_home(platform) / "data"))
    with alone(folder):
        asyncio.run(switch(platform, folder))
        done = _make(platform, folder)
        _wait_for_log(platform, folder, done)
        prune(folder, keep)
    say(f"backup {done.name} is complete: {done.bytes / 2**20:.0f} MiB in {done.folder}")
    say(f"restore with: make restore AT=… (any second after {done.finished.isoformat(timespec='seconds')})")
    return done


def require_database(platform: Platform) -> None:
    """The database must answer: a backup is made of a running one."""
    question = [f"{postgres.BIN}/pg_isready", "-q", "-h", "127.0.0.1", "-p", str(platform.postgres_port)]
    if subprocess.run(question).returncode != 0:
        raise fail("PostgreSQL does not answer; make up first")


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """One backup or restore at a time."""
    with (folder / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise fail(f"another backup or restore works in {folder}") from None
        yield


def system_identifier(data: Path) -> str:
    """The number that a cluster was given when it was made; empty where there is none."""
    if not (data / "PG_VERSION").exists():
        return ""
    told = postgres.as_server([f"{postgres.BIN}/pg_controldata", "-D", str(data)], LC_ALL="C").stdout
    found = re.search(r"Database system identifier:\s+(\d+)", told)
    return found[1] if found else ""


async def switch(platform: Platform, folder: Path | None) -> None:
    """Lets the running server archive into the folder, or no longer at all."""
    connection = await asyncpg.connect(database.address(platform, "postgres", credentials.load(platform)["postgres"], "postgres"))
    try:
        if await connection.fetchval("SHOW archive_mode") != "on":
            raise fail("this PostgreSQL was started before backups were known here: make down, make up, and again")
        archive.remember(platform, folder)
        postgres.configure(platform)
        await connection.execute("SELECT pg_reload_conf()")
        for _ in range(100):
            if ("archive.sh" in await connection.fetchval("SHOW archive_command")) == (folder is not None):
                return
            await asyncio.sleep(0.1)
        raise fail(f"PostgreSQL does not take up its configuration; see {platform.logs}/pg.log")
    finally:
        await connection.close()


def _make(platform: Platform, folder: Path) -> Backup:
    """All parts under a draft name, which becomes the number when nothing is missing."""
    known = archive.catalogue(folder)
    number = known[-1].number + 1 if known else 1
    for draft in (folder / "base").glob("*.draft"):
        shutil.rmtree(draft)
    draft = folder / "base" / f"{number:04d}.draft"
    draft.mkdir(mode=0o711)
    started = _now(platform)
    _copy_database(platform, draft / "data", f"longzhi {number:04d}")
    finished = _now(platform)
    copied, linked = keep_evidence(platform.run / "evidence", known[-1].folder / "evidence" if known else None, draft / "evidence")
    say(f"evidence: {copied} files copied, {linked} as in the backup before")
    keep_keys(platform.run, draft / "keys")
    timeline, end = _ranges(draft / "data")
    done = Backup(draft, number, started, finished, timeline, _first_segment(draft / "data"), end, _size(draft))
    archive.write_about(done)
    subprocess.run(["sync", "-f", str(draft)], check=True)
    return archive.catalogue(draft.rename(draft.with_suffix("")).parent.parent)[-1]


def _copy_database(platform: Platform, data: Path, label: str) -> None:
    make_private(data, server_account())
    where = ["-h", "127.0.0.1", "-p", str(platform.postgres_port), "-U", "postgres", "--no-password"]
    manner = ["-D", str(data), "-Fp", "-X", "stream", "-c", "fast", "-l", label, "--manifest-checksums=SHA256"]
    begun = time.monotonic()
    done = postgres.as_server([f"{postgres.BIN}/pg_basebackup", *where, *manner], PGPASSWORD=credentials.load(platform)["postgres"])
    if done.returncode != 0:
        raise fail(f"pg_basebackup failed:\n{done.stdout}{done.stderr}")
    say(f"database copied in {time.monotonic() - begun:.1f} s")
    begun = time.monotonic()
    done = postgres.as_server([f"{postgres.BIN}/pg_verifybackup", "-q", str(data)])
    if done.returncode != 0:
        raise fail(f"the copy is not what its manifest says:\n{done.stdout}{done.stderr}")
    say(f"every file verified against the manifest in {time.monotonic() - begun:.1f} s")


def _now(platform: Platform) -> datetime:
    """The server's clock, because the log is stamped with it."""

    async def ask() -> datetime:
        connection = await asyncpg.connect(database.address(platform, "postgres", credentials.load(platform)["postgres"], "postgres"))
        try:
            now: datetime = await connection.fetchval("SELECT clock_timestamp()")
            return now
        finally:
            await connection.close()

    return asyncio.run(ask())


def _ranges(data: Path) -> tuple[int, int]:
    """Timeline and end of the log that the copy needs to be whole."""
    last = json.loads((data / "backup_manifest").read_text())["WAL-Ranges"][-1]
    return int(last["Timeline"]), archive.lsn(last["End-LSN"])


def _first_segment(data: Path) -> str:
    found = re.search(r"^START WAL LOCATION: .*\(file ([0-9A-F]{24})\)", (data / "backup_label").read_text(), re.MULTILINE)
    if found is None:
        raise fail(f"{data}/backup_label does not say where its log begins")
    return found[1]


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def keep_evidence(live: Path, before: Path | None, target: Path) -> tuple[int, int]:
    """Evidence lies under its own hash and never changes: what the backup before has is linked, the rest copied and checked by its name."""
    target.mkdir(mode=0o700)
    copied = linked = 0
    for source in sorted(path for path in live.rglob("*") if path.is_file() and _HASH.fullmatch(path.name)):
        wanted, kept = target / source.relative_to(live), before / source.relative_to(live) if before else None
        wanted.parent.mkdir(parents=True, exist_ok=True)
        if kept is not None and kept.exists():
            link(kept, wanted)
            linked += 1
            continue
        shutil.copy2(source, wanted)
        copied += 1
        if _hash(wanted) != source.name:
            raise fail(f"evidence {source} is damaged: its content is not what its name says")
    return copied, linked


def link(source: Path, target: Path) -> None:
    """A second name of the same file, or a copy where the file system has no such thing."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def keep_keys(run: Path, target: Path) -> None:
    """Passwords, keys of personal data, the key of receipts, choices, what earlier restores undid: readable by their owner only."""
    target.mkdir(mode=0o700)
    for name in KEPT:
        if (run / name).exists():
            write_private(target / name, (run / name).read_text())


def _wait_for_log(platform: Platform, folder: Path, done: Backup) -> None:
    """Until the archive has the log that the backup itself needs: an archive that does not work is found now, not at a restore."""
    _keep_histories(platform, folder)
    wanted = asyncio.run(_switch_segment(platform))
    deadline = time.monotonic() + PATIENCE
    while not (folder / "wal" / f"{wanted}.gz").exists():
        if time.monotonic() > deadline:
            raise fail(f"backup {done.name} is there, but the log is not archived ({wanted} is missing); the reason is in {platform.logs}/pg.log")
        time.sleep(0.2)
    names = [path.name.removesuffix(".gz") for path in (folder / "wal").glob("*.gz")]
    if gap := archive.first_gap(done, names):
        raise fail(f"the archive lacks segment {gap}")
    size = sum(path.stat().st_size for path in (folder / "wal").glob("*.gz"))
    say(f"log archived up to {wanted}; {len(names)} files, {size / 2**20:.1f} MiB")


async def _switch_segment(platform: Platform) -> str:
    connection = await asyncpg.connect(database.address(platform, "postgres", credentials.load(platform)["postgres"], "postgres"))
    try:
        # a record of our own, because a switch right after a switch does nothing
        await connection.execute("SELECT pg_logical_emit_message(true, 'longzhi', 'backup')")
        name: str = await connection.fetchval("SELECT pg_walfile_name(pg_switch_wal())")
        return name
    finally:
        await connection.close()


def _keep_histories(platform: Platform, folder: Path) -> None:
    """How the timelines hang together, where the server made one while it did not archive."""
    for source in (postgres_home(platform) / "data" / "pg_wal").glob("*.history"):
        target = folder / "wal" / f"{source.name}.gz"
        if not target.exists():
            done = postgres.as_server(["/bin/sh", str(postgres_home(platform) / "archive.sh"), str(source), str(target)])
            if done.returncode != 0:
                raise fail(f"cannot keep {source.name}: {done.stderr}")


def prune(folder: Path, keep: int) -> None:
    """Forgets the oldest backups beyond `keep`, then the log from before the oldest that stays."""
    known = archive.catalogue(folder)
    for old in known[:-keep]:
        shutil.rmtree(old.folder)
        say(f"backup {old.name} of {old.finished:%Y-%m-%d %H:%M} is gone (KEEP={keep})")
    oldest = min(known[-keep:], key=lambda b: archive.segment_number(b.first_segment))
    words = [f"{postgres.BIN}/pg_archivecleanup", "-x", ".gz", str(folder / "wal"), oldest.first_segment]
    done = postgres.as_server(words)
    if done.returncode != 0:
        print(done.stderr, file=sys.stderr)
        raise fail("pg_archivecleanup failed")


if __name__ == "__main__":
    main()

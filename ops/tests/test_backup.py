"""Backup and restore, on a small cluster of our own: what is archived, which backup is chosen, what comes back."""

import asyncio
import dataclasses
import gzip
import hashlib
import socket
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest

from ops import archive, backup, credentials, database, ledger, postgres, restore, undone
from ops.archive import Backup
from ops.places import postgres_home
from ops.settings import ROOT, Platform

DAY = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
SCRIPT = ROOT / "ops/archive.sh"
UNSCRIPT = ROOT / "ops/unarchive.sh"


def _backup(number: int, hour: int, timeline: int = 1, end: int = 100, first: str = "000000010000000000000002") -> Backup:
    at = DAY.replace(hour=hour)
    return Backup(Path(f"/b/{number:04d}"), number, at - timedelta(minutes=1), at, timeline, first, end, 1)


def _archive(source: Path, target: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["sh", str(SCRIPT), str(source), str(target)], capture_output=True, text=True)


def test_a_segment_is_archived_once_and_the_same_one_again_is_fine(tmp_path: Path) -> None:
    source, target = tmp_path / "a", tmp_path / "wal" / "a.gz"
    target.parent.mkdir()
    source.write_bytes(b"log" * 1000)
    assert [_archive(source, target).returncode for _ in range(2)] == [0, 0]
    assert gzip.decompress(target.read_bytes()) == source.read_bytes()
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert [path.name for path in target.parent.iterdir()] == ["a.gz"]


def test_a_different_segment_of_the_same_name_is_never_overwritten(tmp_path: Path) -> None:
    source, target = tmp_path / "a", tmp_path / "a.gz"
    source.write_bytes(b"first")
    assert _archive(source, target).returncode == 0
    source.write_bytes(b"other")
    refused = _archive(source, target)
    assert refused.returncode != 0
    assert "not overwritten" in refused.stderr
    assert gzip.decompress(target.read_bytes()) == b"first"


def test_a_half_written_segment_never_carries_a_real_name(tmp_path: Path) -> None:
    target = tmp_path / "a.gz"
    assert _archive(tmp_path / "absent", target).returncode != 0
    assert not target.exists()


@pytest.mark.parametrize(("kept", "status"), [("archive", 0), ("aside", 0), ("nowhere", 1), ("damaged", 200)])
def test_a_damaged_segment_is_not_taken_for_the_end_of_the_log(tmp_path: Path, kept: str, status: int) -> None:
    wal, aside = tmp_path / "wal", tmp_path / "aside"
    wal.mkdir()
    aside.mkdir()
    if kept == "aside":
        (aside / "seg").write_bytes(b"log")
    elif kept != "nowhere":
        (wal / "seg.gz").write_bytes(gzip.compress(b"log") if kept == "archive" else gzip.compress(b"log")[:9])
    words = ["sh", str(UNSCRIPT), "seg", str(tmp_path / "out"), str(wal), str(aside)]
    assert subprocess.run(words, capture_output=True).returncode == status
    if status == 0:
        assert (tmp_path / "out").read_bytes() == b"log"


def test_before_the_first_backup_nothing_is_archived_and_nothing_piles_up(tmp_path: Path) -> None:
    platform = Platform(28080, tmp_path)
    assert "archive_command = '/bin/true'" in archive.configuration(platform)
    assert "archive_timeout" not in archive.configuration(platform)
    archive.remember(platform, tmp_path / "it's 100% mine")
    text = archive.configuration(platform)
    assert "archive_timeout = 50" in text
    assert "100%% mine" in text
    assert text.count("'") % 2 == 0
    archive.remember(platform, None)
    assert "/bin/true" in archive.configuration(platform)


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-11-23 10:15:00+08:00", "2026-11-23T02:15:00+00:00"),
        ("2026-11-23 10:15:00", "2026-11-23T02:15:00+00:00"),  # Beijing time
        ("2026-11-23T02:15:00.5Z", "2026-11-23T02:15:00.500000+00:00"),
    ],
)
def test_a_second_is_read_with_its_zone(text: str, utc: str) -> None:
    assert restore.parse_time(text, DAY + timedelta(days=1)).astimezone(UTC).isoformat() == utc


@pytest.mark.parametrize(("text", "words"), [("2026-11-23 10:00:01+08:00", "future"), ("yesterday", "is no time"), ("2026-02-30", "is no time")])
def test_a_second_that_cannot_be_is_refused(text: str, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        restore.parse_time(text, DAY)
    told = capsys.readouterr().err
    assert words in told
    assert "Nothing was touched" in told


@pytest.mark.parametrize(("hour", "number"), [(10, 1), (11, 1), (12, 2), (23, 3), (None, 3)])
def test_the_newest_backup_before_the_second_is_taken(hour: int | None, number: int) -> None:
    known = [_backup(1, 10), _backup(2, 12), _backup(3, 14)]
    at = None if hour is None else DAY.replace(hour=hour)
    assert restore.choose(known, {1: None}, at).number == number


@pytest.mark.parametrize(("hour", "words"), [(9, "the first backup was complete at 2026-11-23 18:00:00+0800")])
def test_before_the_first_backup_there_is_nothing(hour: int, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        restore.choose([_backup(1, 10)], {1: None}, DAY.replace(hour=hour))
    assert words in capsys.readouterr().err


def test_a_backup_of_a_future_that_was_undone_is_not_taken() -> None:
    known = [_backup(1, 10, end=100), _backup(2, 12, end=300), _backup(3, 14, timeline=2, end=250)]
    assert restore.choose(known, {2: None, 1: 200}, DAY.replace(hour=13)).number == 1
    assert restore.choose(known, {2: None, 1: 200}, None).number == 3
    assert not archive.on_the_line(known[2], {3: None, 1: 200})


def test_the_line_of_the_present_database_is_read_from_the_newest_history(tmp_path: Path) -> None:
    assert archive.present_line(tmp_path) == {1: None}
    (tmp_path / "00000002.history.gz").write_bytes(gzip.compress(b"1\t0/A000000\tbefore 2026\n"))
    assert archive.present_line(tmp_path) == {2: None, 1: 0xA000000}
    (tmp_path / "00000003.history.gz").write_bytes(gzip.compress(b"1\t0/A000000\tbefore 2026\n\n2\t0/5000000\tbefore 2026\n"))
    assert archive.present_line(tmp_path) == {3: None, 2: 0x5000000, 1: 0x5000000}


@pytest.mark.parametrize(
    ("names", "gap"),
    [
        (["000000010000000000000002", "000000010000000000000003", "00000002.history"], None),
        (["000000010000000000000002", "000000020000000000000003", "000000010000000000000003.partial"], None),
        (["0000000100000000000000FE", "000000010000000100000000"], "00000000000000FF"),
        (["000000010000000000000001", "000000010000000000000003"], "0000000000000002"),
    ],
)
def test_a_hole_in_the_archive_is_found(names: list[str], gap: str | None) -> None:
    first = "0000000100000000000000FE" if gap == "00000000000000FF" else "000000010000000000000002"
    assert archive.first_gap(_backup(1, 10, first=first), names) == gap


def _keep(live: Path, text: bytes) -> Path:
    name = hashlib.sha256(text).hexdigest()
    path = live / "620102" / name[:2] / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text)
    return path


def test_evidence_is_copied_once_and_linked_from_then_on(tmp_path: Path) -> None:
    live = tmp_path / "evidence"
    _keep(live, b"one")
    assert backup.keep_evidence(live, None, tmp_path / "1") == (1, 0)
    new = _keep(live, b"two")
    new.with_name(f"{new.name}#1").write_bytes(b"half")  # what the object store has not finished
    assert backup.keep_evidence(live, tmp_path / "1", tmp_path / "2") == (1, 1)
    copies = [path for path in (tmp_path / "2").rglob("*") if path.is_file()]
    assert sorted(path.stat().st_nlink for path in copies) == [1, 2]


def test_damaged_evidence_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _keep(tmp_path / "evidence", b"one").write_bytes(b"changed")
    with pytest.raises(SystemExit):
        backup.keep_evidence(tmp_path / "evidence", None, tmp_path / "1")
    assert "damaged" in capsys.readouterr().err


def test_keys_are_kept_for_their_owner_only(tmp_path: Path) -> None:
    platform = Platform(28080, tmp_path / "state")
    secrets = credentials.load(platform)
    backup.keep_keys(platform.run, tmp_path / "keys")
    copy = tmp_path / "keys" / "secrets.json"
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert secrets["sampling_contact_key"] in copy.read_text()


def test_only_what_was_made_between_the_second_and_the_restore_is_excused(tmp_path: Path) -> None:
    def made(at: datetime) -> str:
        number = f"{int(at.timestamp() * 1000):012x}"
        return f"{number[:8]}-{number[8:]}-7000-8000-000000000000"

    known = [made(DAY + timedelta(minutes=minutes)) for minutes in (-60, 1, 14, 16)]
    undone.add(tmp_path, DAY, DAY + timedelta(minutes=15))
    gone = undone.load(tmp_path)
    assert [gone.covers(each) for each in known] == [False, True, True, False]
    assert not gone.covers("no id")
    assert not gone.covers("00000000-0000-4000-8000-000000000000")
    undone.add(tmp_path, DAY - timedelta(hours=2), DAY + timedelta(hours=1))
    assert all(undone.load(tmp_path).covers(each) for each in known)


def test_a_note_does_not_break_the_ledger() -> None:
    found = ledger.Ledger(notes=["3 publications are of after the second that was restored"])
    found.none("nothing is shown that is not ours", 5, [])
    assert found.holds
    assert "--  3 publications" in found.text()


def test_the_log_of_another_database_is_not_mixed_in(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "about.json").write_text('{"system": "1", "run": "/elsewhere"}')
    with pytest.raises(SystemExit):
        archive.claim(Platform(28080, tmp_path), tmp_path, "2")
    assert "another database (of /elsewhere)" in capsys.readouterr().err


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> Iterator[Platform]:
    """PostgreSQL alone, of the platform's own making, on a port of its own; not below pytest's folder, which the server's account cannot enter."""
    monkeypatch.delenv("BACKUP", raising=False)
    with socket.socket() as free, tempfile.TemporaryDirectory(prefix="longzhi-") as folder:
        Path(folder).chmod(0o711)
        free.bind(("127.0.0.1", 0))
        platform = Platform(free.getsockname()[1] - 1, Path(folder) / "state")
        free.close()
        postgres.prepare(platform, credentials.load(platform))
        _pg_ctl(platform, "start")
        yield platform
        _pg_ctl(platform, "stop", "-m", "immediate")


def _pg_ctl(platform: Platform, *words: str) -> None:
    home = postgres_home(platform)
    done = postgres.as_server([f"{postgres.BIN}/pg_ctl", *words, "-w", "-D", f"{home}/data", "-l", f"{home}/log"])
    assert done.returncode == 0, done.stdout + done.stderr


def _ask(platform: Platform, query: str) -> list[asyncpg.Record]:
    async def ask() -> list[asyncpg.Record]:
        connection = await asyncpg.connect(database.address(platform, "postgres", credentials.load(platform)["postgres"], "postgres"))
        try:
            return list(await connection.fetch(query))
        finally:
            await connection.close()

    return asyncio.run(ask())


def _note(platform: Platform, word: str) -> datetime:
    """Writes a row and returns a second by which it is committed and before which nothing later is."""
    _ask(platform, f"INSERT INTO seen VALUES ('{word}')")
    time.sleep(0.05)
    at: datetime = _ask(platform, "SELECT clock_timestamp() AS at")[0]["at"]
    time.sleep(0.05)
    return at


def _words(platform: Platform) -> list[str]:
    return [row["word"] for row in _ask(platform, "SELECT word FROM seen ORDER BY at")]


def _bring_back(platform: Platform, at: datetime | None) -> restore.Plan:
    """A restore of a platform that has nothing but its database."""
    plan = restore.make_plan(platform, archive.place(platform), at, datetime.now(UTC))
    _pg_ctl(platform, "stop", "-m", "fast")
    try:
        restore.restore(plan)
    finally:
        _pg_ctl(platform, "start")
    return plan


def test_a_restore_gives_exactly_the_rows_until_that_second(small: Platform, capsys: pytest.CaptureFixture[str]) -> None:
    _ask(small, "CREATE TABLE seen (word text, at timestamptz DEFAULT clock_timestamp())")
    early = _note(small, "before the backup")
    first = backup.backup(small, keep=2)
    middle = _note(small, "after the backup")
    _note(small, "too late")
    with pytest.raises(SystemExit):
        _bring_back(small, early)  # before the first backup: refused
    assert _words(small) == ["before the backup", "after the backup", "too late"]

    plan = _bring_back(small, middle)
    assert plan.backup.number == first.number
    assert _words(small) == ["before the backup", "after the backup"]
    assert (plan.aside(plan.home / "data") / "PG_VERSION").exists()  # never deleted
    assert undone.load(small.run).spans[0][0] == middle

    _note(small, "done anew")
    second = backup.backup(small, keep=1)
    assert (second.number, second.timeline) == (2, 2)
    assert [each.number for each in archive.catalogue(archive.place(small))] == [2]
    last = _note(small, "last")
    _bring_back(small, last)  # nothing was committed after it: the log ends before that second
    assert _words(small) == ["before the backup", "after the backup", "done anew", "last"]

    capsys.readouterr()
    newest = max((archive.place(small) / "wal").glob(f"{'0' * 7}2*[0-9A-F].gz"))
    newest.write_bytes(newest.read_bytes()[:20])
    with pytest.raises(SystemExit):
        _bring_back(small, None)
    assert "the old data are in place again" in capsys.readouterr().out
    assert _words(small)[-1] == "last"


def test_present_keys_stay_unless_they_are_of_another_database(tmp_path: Path) -> None:
    platform = Platform(28080, tmp_path / "state")
    plan = restore.Plan(platform, dataclasses.replace(_backup(1, 10), folder=tmp_path / "1"), None, tmp_path, "now")
    backed_up = credentials.load(platform)
    (tmp_path / "1").mkdir()
    backup.keep_keys(platform.run, tmp_path / "1" / "keys")
    secrets = platform.run / "secrets.json"
    secrets.unlink()
    restore.put_keys(plan, ours=True)  # gone: they come back
    assert credentials.load(platform) == backed_up
    secrets.unlink()
    other = credentials.load(platform)
    restore.put_keys(plan, ours=True)
    assert credentials.load(platform) == other
    restore.put_keys(plan, ours=False)
    assert credentials.load(platform) == backed_up
    assert stat.S_IMODE(secrets.stat().st_mode) == 0o600
    assert plan.aside(secrets).exists()

"""`make restore AT="2026-11-23 10:15:00+08:00"`: the platform as it was at that second, or at the end of the log without AT.

The newest backup before it is laid out, the present data are set aside (never deleted), PostgreSQL replays the log to the second, the broker starts
empty, and outboxes tell again what may not have been heard (docs/operations.md, "Backup and restore", step 4). Then the ledger is checked.
"""

import argparse
import asyncio
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import asyncpg

from ops import archive, backup, credentials, database, ledger, postgres, settings, undone, up
from ops.archive import Backup
from ops.credentials import write_private
from ops.down import down
from ops.places import make_private, postgres_home, reachable, server_account
from ops.progress import fail, say
from ops.settings import SERVICES, Platform

BEIJING = timezone(timedelta(hours=8))
TOLD_AGAIN = timedelta(days=2)  # what was sent in the two days before may not have been heard by all (docs/operations.md)
_FELL_SHORT = "recovery ended before configured recovery target was reached"


@dataclass(frozen=True)
class Plan:
    """What will be done; made before anything is touched."""

    platform: Platform
    backup: Backup
    at: datetime | None
    folder: Path
    stamp: str

    @property
    def home(self) -> Path:
        return postgres_home(self.platform)

    def aside(self, path: Path) -> Path:
        """Where something of the present platform is set aside."""
        return path.with_name(f"{path.name}.aside-{self.stamp}")


def main() -> None:
    """Command line of `make restore`; exit 1 when the ledger does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--at", help="date, time and zone, such as 2026-11-23 10:15:00+08:00 (Beijing time when no zone is given)")
    words = parser.parse_args()
    now, platform = datetime.now(UTC), settings.load()
    folder = archive.place(platform)
    at = parse_time(words.at, now) if words.at else None
    if not archive.catalogue(folder):
        raise fail(f"there is no backup in {folder}: make backup makes one, BACKUP= names another folder. Nothing was touched")
    with backup.alone(folder):
        plan = make_plan(platform, folder, at, now)
        restore(plan)
        start(platform)
        sys.exit(0 if account_for(platform) else 1)


def parse_time(text: str, now: datetime) -> datetime:
    """The second to restore to; refused when it cannot be read or has not come yet."""
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        raise fail(f'AT="{text}" is no time; write it like AT="2026-11-23 10:15:00+08:00". Nothing was touched') from None
    at = at if at.tzinfo else at.replace(tzinfo=BEIJING)
    if at > now:
        raise fail(f"AT={at.isoformat()} lies in the future: it is {now.astimezone(at.tzinfo):%Y-%m-%d %H:%M:%S%z}. Nothing was touched")
    return at


def make_plan(platform: Platform, folder: Path, at: datetime | None, now: datetime) -> Plan:
    """Chooses the backup and sees that there is room for it."""
    chosen = choose(archive.catalogue(folder), archive.present_line(folder / "wal"), at)
    names = [path.name.removesuffix(".gz") for path in (folder / "wal").glob("*.gz")]
    if gap := archive.first_gap(chosen, names):
        say(f"the archive lacks segment {gap}: the log can be followed to there only, unless the present data folder still has it")
    home = postgres_home(platform)
    if closed := reachable(folder, server_account()):
        raise fail(f"the account of PostgreSQL cannot enter {closed}; move the backups. Nothing was touched")
    make_private(home, server_account())
    free, needed = shutil.disk_usage(home).free, chosen.bytes * 5 // 4 + 2**28
    if free < needed:
        raise fail(f"{home} has {free / 2**30:.1f} GiB free, {needed / 2**30:.1f} GiB are needed. Nothing was touched")
    return Plan(platform, chosen, at, folder, f"{now:%Y%m%dT%H%M%S}")


def choose(known: list[Backup], line: dict[int, int | None], at: datetime | None) -> Backup:
    """The newest backup that was complete at that second, of those that the present database came from."""
    ours = [each for each in known if archive.on_the_line(each, line)]
    before = [each for each in ours if at is None or each.finished <= at]
    if before:
        return before[-1]
    if not ours:
        raise fail("no backup belongs to the present line of the database. Nothing was touched")
    raise fail(f"the first backup was complete at {_local(ours[0].finished)}: before that there is nothing to restore. Nothing was touched")


def restore(plan: Plan) -> None:
    """Everything until the platform can be started."""
    wanted = _local(plan.at) if plan.at else "the end of the log"
    say(f"restoring {wanted} from backup {plan.backup.name} of {_local(plan.backup.finished)}")
    fresh = lay_out(plan)
    down(plan.platform)
    ours = backup.system_identifier(plan.home / "data") == backup.system_identifier(fresh)
    put_keys(plan, ours)
    kept = swap(plan, fresh)
    try:
        until = recover(plan, kept if ours else None)
        asyncio.run(rejoin(plan.platform, until))
    except BaseException:
        stop(plan)
        put_back(plan, kept)
        raise
    stop(plan)
    postgres.configure(plan.platform)
    empty_broker(plan)
    say(f"evidence: {put_evidence(plan)} files that were missing are back")
    undone.add(plan.platform.run, until, datetime.now(UTC))


def start(platform: Platform) -> None:
    """Starts everything; a part that does not come up has nothing to do with the data, which are restored by now."""
    try:
        up.up(platform, up.chosen("all"))
    except SystemExit:
        say("the data are restored, but not everything runs: make up, then make ledger")
        raise
    if archive.remembered(platform) is None:
        say("the log is not archived: make backup begins it")


def lay_out(plan: Plan) -> Path:
    """A copy of the backup beside the present data, made while everything still runs."""
    fresh = plan.home / "data.restored"
    shutil.rmtree(fresh, ignore_errors=True)
    begun = time.monotonic()
    account = server_account()
    make_private(fresh, account)
    # as root, because only root may read the backup and give the copy to the server's account
    done = subprocess.run(["cp", "-a", "--reflink=auto", f"{plan.backup.data}/.", str(fresh)], capture_output=True, text=True)
    if done.returncode != 0:
        raise fail(f"cannot lay out the backup: {done.stderr}. Nothing was touched")
    if account:
        for path in (fresh, *fresh.rglob("*")):
            shutil.chown(path, account.pw_uid, account.pw_gid)
    say(f"backup laid out in {time.monotonic() - begun:.1f} s")
    return fresh


def put_keys(plan: Plan, ours: bool) -> None:
    """Keys that are gone come from the backup; present ones stay (they may have been renewed since), unless they are those of another database."""
    run = plan.platform.run
    run.mkdir(parents=True, exist_ok=True)
    for name in backup.KEPT:
        source, target = plan.backup.folder / "keys" / name, run / name
        if not source.exists() or (target.exists() and (ours or target.read_text() == source.read_text())):
            continue
        if target.exists():
            target.replace(plan.aside(target))
            say(f"{name} is that of another database; set aside as {plan.aside(target)}")
        write_private(target, source.read_text())


def swap(plan: Plan, fresh: Path) -> Path | None:
    """The present data go aside, the copy takes their place; where the old ones lie."""
    data, kept = plan.home / "data", None
    if data.exists():
        kept = data.replace(plan.aside(data))
        say(f"the present data are set aside: {kept} (delete them when you are sure)")
    fresh.replace(data)
    return kept


def _local(at: datetime) -> str:
    return f"{at.astimezone(BEIJING):%Y-%m-%d %H:%M:%S%z}"


def put_back(plan: Plan, kept: Path | None) -> None:
    """After a failure the old data are in their place again."""
    data = plan.home / "data"
    failed = data.replace(data.with_name(f"data.failed-{plan.stamp}"))
    for key in (plan.platform.run / name for name in backup.KEPT):
        if plan.aside(key).exists():
            plan.aside(key).replace(key)
    if kept is not None:
        kept.replace(data)
        say(f"the restore failed; the old data are in place again (make up starts them), what was tried lies in {failed}")


def recover(plan: Plan, kept: Path | None) -> datetime:
    """Replays the log to the second and opens the database to nobody but us; the second reached."""
    begun, reached = time.monotonic(), _replay(plan, kept, plan.at)
    if reached is None:
        reached = _replay(plan, kept, None)
        say("the log ends before AT: nothing was committed between its end and AT, or the archive lost it with the disk")
    if reached is None:
        raise fail(f"PostgreSQL did not recover; see {plan.home}/recovery.log")
    say(f"log replayed in {time.monotonic() - begun:.1f} s; last transaction of {_local(reached)}")
    return plan.at or reached


def _replay(plan: Plan, kept: Path | None, at: datetime | None) -> datetime | None:
    """One start of PostgreSQL in recovery; None when the log ends before `at`."""
    wishes = archive.fetching(plan.platform, plan.folder, kept) + "recovery_target_action = 'promote'\n"
    if at is not None:
        wishes += f"recovery_target_time = '{at.astimezone(UTC).isoformat()}'\n"
    postgres.configure(plan.platform, wishes)
    (plan.home / "data" / "recovery.signal").touch()
    log = plan.home / "recovery.log"
    log.unlink(missing_ok=True)
    up.refuse_taken_ports(plan.platform, ["pg"])
    postgres.as_server([f"{postgres.BIN}/pg_ctl", "start", "-W", "-D", f"{plan.home}/data", "-l", str(log)])
    reached = asyncio.run(_promoted(plan))
    if reached is None and _FELL_SHORT not in log.read_text():
        raise fail("PostgreSQL stopped while it recovered:\n" + "\n".join(log.read_text().splitlines()[-12:]))
    return reached


async def _promoted(plan: Plan) -> datetime | None:
    """Waits until the database is open for writing; None when it stopped before. The time of the last transaction that was replayed."""
    told = time.monotonic()
    password = credentials.load(plan.platform)["postgres"]
    for _ in range(5):  # until its pid file is written
        await asyncio.sleep(0.2)
    while _alive(plan):
        try:
            connection = await asyncpg.connect(database.address(plan.platform, "postgres", password, "postgres"), timeout=5)
        except (OSError, asyncpg.CannotConnectNowError, TimeoutError):
            connection = None
        if connection is not None:
            recovering, last = await connection.fetchrow(
                "SELECT pg_is_in_recovery(), coalesce(pg_last_xact_replay_timestamp(), $1)", plan.backup.finished
            )
            await connection.close()
            if not recovering:
                replayed: datetime = last
                return replayed
            if time.monotonic() - told > 15:
                told = time.monotonic()
                say(f"replaying the log: {_local(last)}")
        await asyncio.sleep(0.3)
    return None


def _alive(plan: Plan) -> bool:
    return postgres.as_server([f"{postgres.BIN}/pg_ctl", "status", "-D", f"{plan.home}/data"]).returncode == 0


def stop(plan: Plan) -> None:
    """Stops the PostgreSQL that we started by hand, so that the supervisor starts it."""
    if _alive(plan):
        postgres.as_server([f"{postgres.BIN}/pg_ctl", "stop", "-w", "-m", "fast", "-D", f"{plan.home}/data"])


async def rejoin(platform: Platform, until: datetime) -> None:
    """Lets the outboxes tell again, to an empty broker, what may not have been heard; inboxes ignore what they know. Dead letters lose the
    offsets of the old broker, which the new one will give to other facts."""
    again = 0
    for service in SERVICES:
        try:
            connection = await asyncpg.connect(database.address(platform, "postgres", credentials.load(platform)["postgres"], service))
        except asyncpg.InvalidCatalogNameError:
            continue
        try:
            if await connection.fetchval("SELECT to_regclass('outbox') IS NOT NULL"):
                done = await connection.execute("UPDATE outbox SET sent_at = NULL WHERE sent_at > $1", until - TOLD_AGAIN)
                again += int(re.sub(r"\D", "", done) or 0)
                await connection.execute('UPDATE dead_letter SET "offset" = -seq WHERE "offset" >= 0')
        finally:
            await connection.close()
    say(f"{again} facts will be told again to the empty broker")


def empty_broker(plan: Plan) -> None:
    """The broker knows facts that no database knows any more: it starts anew, the old one is set aside."""
    data = plan.platform.run / "kafka" / "data"
    if data.exists():
        say(f"Kafka starts empty; the old facts are set aside: {data.replace(plan.aside(data))}")


def put_evidence(plan: Plan) -> int:
    """Evidence of all backups that the state folder has not: later evidence than the restored second is harmless, for nothing points to it."""
    live, count = plan.platform.run / "evidence", 0
    for each in reversed(archive.catalogue(plan.folder)):
        source = each.folder / "evidence"
        for path in (path for path in source.rglob("*") if path.is_file()):
            wanted = live / path.relative_to(source)
            if not wanted.exists():
                wanted.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(path, wanted.with_suffix(".draft"))
                wanted.with_suffix(".draft").replace(wanted)
                count += 1
    return count


def account_for(platform: Platform) -> bool:
    """The ledger, told of what the restore has undone; whether it holds."""
    accepted = platform.run / "accepted.jsonl"
    found = asyncio.run(ledger.check(ledger.seen_by_client(accepted) if accepted.exists() else None))
    print(found.text())
    return found.holds


if __name__ == "__main__":
    main()

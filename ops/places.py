"""Folders that a program running under another account must be able to reach, and the account it runs as."""

import os
import pwd
import shutil
from pathlib import Path

from ops.progress import fail
from ops.settings import Platform


def server_account() -> pwd.struct_passwd | None:
    """The unprivileged account for PostgreSQL, which refuses root; None when we are an ordinary user ourselves."""
    if os.getuid() != 0:
        return None
    for name in ("postgres", "daemon", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise fail("PostgreSQL refuses to run as root and this machine has neither a postgres nor a nobody account; run as an ordinary user")


def reachable(folder: Path, account: pwd.struct_passwd | None) -> Path | None:
    """None when the account may enter the folder, else the first parent that keeps it out."""
    if account is None:
        return None
    for place in reversed([folder, *folder.parents]):
        if place.exists() and not _may_enter(place, account):
            return place
    return None


def _may_enter(place: Path, account: pwd.struct_passwd) -> bool:
    status = place.stat()
    if status.st_uid == account.pw_uid:
        return bool(status.st_mode & 0o100)
    if status.st_gid == account.pw_gid:
        return bool(status.st_mode & 0o010)
    return bool(status.st_mode & 0o001)


def postgres_home(platform: Platform) -> Path:
    """Folder of the cluster: in the state folder, or in /var/tmp where the postgres account cannot enter that (a clone below /root)."""
    if reachable(platform.run, server_account()) is None:
        return platform.run / "pg"
    return Path("/var/tmp") / f"longzhi-{platform.fingerprint}"


def make_private(folder: Path, account: pwd.struct_passwd | None) -> None:
    """A folder that only the account can read; one that already belongs to somebody else is refused."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    uid = account.pw_uid if account else os.getuid()
    owner = folder.lstat().st_uid
    if owner not in (uid, os.getuid()) or folder.is_symlink():
        raise fail(f"{folder} belongs to another account (uid {owner}); remove it or choose another LONGZHI_RUN")
    folder.chmod(0o700)
    if account:
        os.chown(folder, account.pw_uid, account.pw_gid)


def find_program(name: str, *folders: str) -> str | None:
    """Path of a program on PATH or in folders that an ordinary user's PATH leaves out."""
    places = os.pathsep.join([os.environ.get("PATH", ""), *folders, "/usr/sbin", "/sbin", "/usr/local/sbin"])
    return shutil.which(name, path=places)

"""Which process holds a port, which processes are ours: read from /proc, so that no tool needs to be installed."""

import os
import re
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from ops.settings import Platform

_LISTEN = "0A"


def holder(port: int) -> str | None:
    """The process that listens on a port, as 'pid 12 (nginx: master)', or None when the port is free."""
    inodes = listening_inodes(port)
    if not inodes:
        return None
    for pid in _pids():
        if inodes & _sockets(pid):
            return f"pid {pid} ({_command(pid)})"
    return "a process of another user"


def listening_inodes(port: int) -> set[str]:
    """Inodes of the listening sockets on a port, IPv4 and IPv6."""
    found: set[str] = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            lines = Path(table).read_text().splitlines()[1:]
        except OSError:
            continue
        found |= parse_listening(lines, port)
    return found


def parse_listening(lines: list[str], port: int) -> set[str]:
    """Inodes of listening sockets on a port in the lines of /proc/net/tcp."""
    rows = (line.split() for line in lines)
    return {row[9] for row in rows if row[3] == _LISTEN and int(row[1].rsplit(":", 1)[1], 16) == port}


def ours(platform: Platform) -> list[int]:
    """Pids of processes that this platform's supervisor started."""
    return [pid for pid in _pids() if pid != os.getpid() and (_carries_mark(pid, platform) or _is_gateway(pid, platform))]


def _carries_mark(pid: int, platform: Platform) -> bool:
    variables = _environment(pid)
    return f"LONGZHI_RUN={platform.run}" in variables and any(v.startswith("LONGZHI_PART=") for v in variables)


def _is_gateway(pid: int, platform: Platform) -> bool:
    """nginx writes its title over its environment, so it is known by the folder that it was started in."""
    try:
        name, folder = Path(f"/proc/{pid}/comm").read_text().strip(), os.readlink(f"/proc/{pid}/cwd")
    except OSError:
        return False
    return name == "nginx" and folder == str(platform.run / "nginx")


def stop_gateway_orphans(platform: Platform) -> None:
    """Ends workers whose master was killed: they would keep the port from the next one."""
    for pid in [pid for pid in _pids() if _is_gateway(pid, platform)]:
        _signal(pid, signal.SIGKILL)


def stop_leftovers(platform: Platform, patience: float = 15.0) -> int:
    """Ends processes of ours that outlived their supervisor; returns how many there were."""
    left = ours(platform)
    for pid in left:
        _signal(pid, signal.SIGINT if "postgres" in _command(pid) else signal.SIGTERM)
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline and ours(platform):
        time.sleep(0.2)
    for pid in ours(platform):
        _signal(pid, signal.SIGKILL)
    return len(left)


def resident_bytes(pid: int) -> int:
    """Resident memory of a process and its children, shared pages counted once per process (Pss where readable)."""
    return sum(_pss(p) for p in (pid, *_descendants(pid)))


def _pss(pid: int) -> int:
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    match = re.search(r"^Pss:\s+(\d+) kB", text, re.MULTILINE)
    return int(match[1]) * 1024 if match else 0


def _descendants(pid: int) -> Iterator[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return
    for child in children:
        yield int(child)
        yield from _descendants(int(child))


def _pids() -> list[int]:
    return [int(p.name) for p in Path("/proc").iterdir() if p.name.isdigit()]


def _sockets(pid: int) -> set[str]:
    found = set()
    with suppress(OSError):
        for link in os.scandir(f"/proc/{pid}/fd"):
            target = os.readlink(link.path)
            if target.startswith("socket:["):
                found.add(target[8:-1])
    return found


def _environment(pid: int) -> set[str]:
    try:
        return set(Path(f"/proc/{pid}/environ").read_bytes().decode(errors="replace").split("\0"))
    except OSError:
        return set()


def _command(pid: int) -> str:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").replace("\0", " ").strip()
    except OSError:
        words = ""
    return words[:80] or "?"


def _signal(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)

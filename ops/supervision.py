"""supervisord: one configuration for every part of the platform, and a client for its socket."""

import http.client
import os
import socket
import subprocess
import sys
import time
import xmlrpc.client
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ops.credentials import write_private
from ops.progress import fail
from ops.settings import ROOT, Platform

_HEAD = """\
; written by ops.up at every start; holds secrets
[unix_http_server]
file={socket}
chmod=0700
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl=unix://{socket}
[supervisord]
logfile={logs}/supervisord.log
logfile_maxbytes=5MB
logfile_backups=1
pidfile={run}/supervisord.pid
childlogdir={logs}
directory={root}
minfds=4096
{user}"""
_PROGRAM = """
[program:{name}]
command={command}
directory={folder}
environment={environment}
autostart=false
autorestart=true
startsecs=3
startretries=100
priority={priority}
stopsignal={stop_signal}
stopwaitsecs=30
stopasgroup={group}
killasgroup=true
redirect_stderr=true
stdout_logfile={logs}/{name}.log
stdout_logfile_maxbytes=20MB
stdout_logfile_backups=2
{user}"""


@dataclass(frozen=True)
class Program:
    """One supervised process; a lower priority starts earlier and stops later."""

    name: str
    command: str
    priority: int
    environment: dict[str, str] = field(default_factory=dict)
    stop_signal: str = "TERM"
    user: str | None = None
    folder: Path = ROOT
    group: bool = False


class _SocketConnection(http.client.HTTPConnection):
    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(90)
        self.sock.connect(self.host)


class _Transport(xmlrpc.client.Transport):
    """XML-RPC over a Unix socket; a connection per call, so that threads never share one."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path

    def make_connection(self, host: Any) -> http.client.HTTPConnection:
        return _SocketConnection(str(self.path))

    def send_host(self, connection: http.client.HTTPConnection, headers: Any) -> None:
        connection.putheader("Host", "localhost")


def socket_path(platform: Platform) -> Path:
    return platform.sockets / "supervisor.sock"


def client(platform: Platform) -> Any:
    """The supervisor's remote interface; every call opens its own connection."""
    return xmlrpc.client.ServerProxy("http://localhost", transport=_Transport(socket_path(platform))).supervisor


def running(platform: Platform) -> bool:
    """Whether our supervisor answers (a pid file alone proves nothing)."""
    try:
        return bool(client(platform).getState()["statename"] == "RUNNING")
    except (OSError, http.client.HTTPException, xmlrpc.client.Error):
        return False


def configuration(platform: Platform, programs: list[Program]) -> str:
    """The text of supervisord.conf."""
    user = "user=root\n" if os.getuid() == 0 else ""
    head = _HEAD.format(socket=socket_path(platform), logs=platform.logs, run=platform.run, root=ROOT, user=user)
    return head + "".join(_section(platform, p) for p in programs)


def _section(platform: Platform, program: Program) -> str:
    marks = {"LONGZHI_RUN": str(platform.run), "LONGZHI_PART": program.name, "PYTHONUNBUFFERED": "1"}
    variables = ",".join(f'{k}="{escape(v)}"' for k, v in (program.environment | marks).items())
    return _PROGRAM.format(
        name=program.name,
        command=program.command.replace("%", "%%"),
        folder=program.folder,
        environment=variables,
        priority=program.priority,
        stop_signal=program.stop_signal,
        group=str(program.group).lower(),
        logs=platform.logs,
        user=f"user={program.user}\n" if program.user else "",
    )


def escape(value: str) -> str:
    """A value as supervisord's environment line wants it: per cent doubled, no quote inside."""
    if '"' in value or "\n" in value:
        raise ValueError("a quote or a line break cannot stand in supervisord's environment")
    return value.replace("%", "%%")


def start(platform: Platform, programs: list[Program]) -> None:
    """Writes the configuration and starts supervisord, or lets a running one take it up; programs are not started yet."""
    platform.logs.mkdir(parents=True, exist_ok=True)
    platform.sockets.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = platform.run / "supervisord.conf"
    text = configuration(platform, programs)
    if running(platform):
        if not path.exists() or path.read_text() != text:
            write_private(path, text)
            _take_up(client(platform))
        return
    write_private(path, text)
    done = subprocess.run([sys.executable, "-m", "supervisor.supervisord", "-c", str(path)], capture_output=True, text=True)
    deadline = time.monotonic() + 10
    while not running(platform):
        if done.returncode != 0 or time.monotonic() > deadline:
            raise fail(f"supervisord did not start: {done.stdout}{done.stderr} (log: {platform.logs}/supervisord.log)")
        time.sleep(0.05)


def _take_up(remote: Any) -> None:
    added, changed, removed = remote.reloadConfig()[0]
    for name in [*changed, *removed]:
        remote.stopProcessGroup(name)
        remote.removeProcessGroup(name)
    for name in [*added, *changed]:
        remote.addProcessGroup(name)


def ensure(platform: Platform, name: str) -> bool:
    """Starts a program unless it runs; True when it had to be started."""
    remote = client(platform)
    if remote.getProcessInfo(name)["statename"] in ("RUNNING", "STARTING"):
        return False
    try:
        remote.startProcess(name, False)
    except xmlrpc.client.Fault as fault:
        if "ALREADY_STARTED" not in fault.faultString:
            raise fail(f"{name} did not start ({fault.faultString}); see {platform.logs}/{name}.log") from fault
    return True


def stop(platform: Platform) -> None:
    """Stops every program in order, then supervisord itself."""
    client(platform).shutdown()
    deadline = time.monotonic() + 120
    while running(platform) or socket_path(platform).exists():
        if time.monotonic() > deadline:
            raise fail("supervisord did not stop in 120 s")
        time.sleep(0.1)

"""Installs what the platform needs and the machine lacks: Debian packages, Kafka's jars, Keycloak. Nothing of the system is started or changed."""

import fcntl
import os
import shutil
import subprocess
import threading
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ops import broker, keycloak, postgres, settings
from ops.places import find_program
from ops.progress import fail, say

_CREATE_CLUSTER = Path("/etc/postgresql-common/createcluster.conf")
_PACKAGED_CLUSTER = Path("/usr/share/postgresql-common/createcluster.conf")
_POLICY = Path("/usr/sbin/policy-rc.d")
_MARK = "# longzhi: a package that is being installed starts nothing\n"


def missing_packages() -> list[str]:
    """Debian packages whose program is not on this machine."""
    wanted = {
        "postgresql-15": postgres.BIN / "postgres",
        "postgresql-contrib": Path("/usr/share/postgresql/15/extension/pgcrypto.control"),
        "fonts-noto-cjk": Path("/usr/share/fonts/opentype/noto/NotoSerifCJK-Regular.ttc"),
    }
    missing = [package for package, file in wanted.items() if not file.exists()]
    programs = {"nginx": "nginx-light", "java": "openjdk-17-jre-headless", "mvn": "maven"}
    missing += [package for program, package in programs.items() if not find_program(program)]
    return missing


def install(parts: tuple[str, ...]) -> None:
    """Everything that the parts need, once; a second call finds nothing to do and takes no time."""
    with _alone():
        packages = missing_packages()
        if packages:
            _apt(packages)
        if "kafka" in parts:
            _kafka()
        if "keycloak" in parts:
            _keycloak()


def browser() -> str | None:
    """Chromium for the tests of pages, installed when it is missing; None where apt cannot. Nothing else of the platform needs it."""
    if not find_program("chromium"):
        try:
            with _alone():
                _apt(["chromium"])
        except SystemExit:
            return None
    return find_program("chromium")


@contextmanager
def _alone() -> Iterator[None]:
    """Two clones that start at once must not fill the same cache."""
    settings.cache().mkdir(parents=True, exist_ok=True)
    with (settings.cache() / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _apt(packages: list[str]) -> None:
    prefix = [] if os.getuid() == 0 else [shutil.which("sudo") or "", "-n"]
    line = f"apt-get install -y --no-install-recommends {' '.join(packages)}"
    may = not prefix or (prefix[0] and subprocess.run([*prefix, "true"], capture_output=True).returncode == 0)
    if not may or not shutil.which("apt-get"):
        raise fail(f"these packages are missing and cannot be installed from here; as root run: {line}")
    say(f"apt: {', '.join(packages)}")
    with _nothing_starts(prefix):
        _patiently("apt-get update", [*prefix, "apt-get", "update", "-q"])
        quiet = ["env", "DEBIAN_FRONTEND=noninteractive"]
        _patiently("apt-get install", [*prefix, *quiet, *line.split()])


@contextmanager
def _nothing_starts(prefix: list[str]) -> Iterator[None]:
    """While packages are installed: no cluster is made for them and no unit of theirs starts. Afterwards the machine is as the packages want it."""
    wanted = {_CREATE_CLUSTER: f"{_MARK}create_main_cluster = false\n", _POLICY: f"#!/bin/sh\n{_MARK}exit 101\n"}
    ours = {path: text for path, text in wanted.items() if not path.exists()}
    for path, text in ours.items():
        _as_root(prefix, "mkdir", "-p", str(path.parent))
        subprocess.run([*prefix, "tee", str(path)], input=text, text=True, stdout=subprocess.DEVNULL, check=True)
        _as_root(prefix, "chmod", "755" if path == _POLICY else "644", str(path))
    try:
        yield
    finally:
        for path in [path for path, text in ours.items() if path.exists() and path.read_text() == text]:
            _as_root(prefix, "rm", "-f", str(path))
        if _CREATE_CLUSTER in ours and _PACKAGED_CLUSTER.exists() and not _CREATE_CLUSTER.exists():
            _as_root(prefix, "cp", str(_PACKAGED_CLUSTER), str(_CREATE_CLUSTER))
            _as_root(prefix, "rm", "-f", f"{_CREATE_CLUSTER}.ucf-dist")


def _as_root(prefix: list[str], *words: str) -> None:
    subprocess.run([*prefix, *words], check=True)


def _kafka() -> None:
    target = broker.libraries()
    if (target / ".complete").exists():
        return
    say("Kafka 4.1.0: fetching the jars with Maven")
    shutil.rmtree(target, ignore_errors=True)
    _maven(settings.ROOT / "deploy/local/kafka/pom.xml", target)
    (target / ".complete").touch()


def _keycloak() -> None:
    target = keycloak.home()
    if (target / ".complete").exists():
        return
    say("Keycloak 26.4.5: fetching it with Maven (160 MB)")
    draft = target.with_name(target.name + ".new")
    shutil.rmtree(draft, ignore_errors=True)
    shutil.rmtree(target, ignore_errors=True)
    _maven(settings.ROOT / "deploy/local/keycloak/pom.xml", draft)
    with zipfile.ZipFile(next(draft.glob("keycloak-quarkus-dist-*.zip"))) as archive:
        archive.extractall(draft)
    next(path for path in draft.iterdir() if path.is_dir()).rename(target)
    shutil.rmtree(draft)
    (target / "bin/kc.sh").chmod(0o755)
    _patiently("Keycloak: build (once)", [str(target / "bin/kc.sh"), "build", *keycloak.BUILD])
    (target / ".complete").touch()


def _maven(pom: Path, target: Path) -> None:
    goal = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies"
    _patiently("Maven", ["mvn", "-q", "-B", "-f", str(pom), goal, f"-DoutputDirectory={target}"])


def _patiently(title: str, words: list[str]) -> None:
    """Runs a long command, says every ten seconds that it still runs, and shows its output only when it fails."""
    began, done = time.monotonic(), threading.Event()

    def tell() -> None:
        while not done.wait(10):
            say(f"{title}: {time.monotonic() - began:.0f} s so far")

    teller = threading.Thread(target=tell, daemon=True)
    teller.start()
    result = subprocess.run(words, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    done.set()
    if result.returncode != 0:
        raise fail(f"{title} failed:\n{(result.stdout + result.stderr)[-4000:]}")
    say(f"{title}: done in {time.monotonic() - began:.1f} s")

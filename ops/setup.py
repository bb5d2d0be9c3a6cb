"""`python3 ops/setup.py`: the virtual environment, exactly as requirements.txt says. Needs nothing but the system's Python."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
LOCK = ROOT / "requirements.txt"
STAMP = VENV / "longzhi.stamp"
SERVICES = ("directory", "planning", "sampling", "disposal", "experts", "credit")
UV = "uv==0.13.9"


def setup() -> None:
    """Makes or updates the environment; does nothing when the lock has not changed since."""
    if sys.version_info < (3, 11):  # noqa: UP036  (whatever Python the machine calls python3)
        raise SystemExit(f"Python 3.11 or newer is needed, this is {sys.version.split()[0]}; as root: apt-get install python3 python3-venv")
    fingerprint = hashlib.sha256(LOCK.read_bytes() + sys.version.encode()).hexdigest()
    if not STAMP.exists() or STAMP.read_text() != fingerprint:
        print("setup: Python packages of requirements.txt", flush=True)
        uv = find_uv()
        if not (VENV / "bin/python").exists():
            _run([uv, "venv", "-q", "--python", sys.executable, str(VENV)])
        _run([uv, "pip", "sync", "-q", "--python", str(VENV / "bin/python"), "--require-hashes", str(LOCK)])
        STAMP.write_text(fingerprint)
    write_paths()


def find_uv() -> str:
    """uv on PATH, or one that pip installs into the cache shared by clones."""
    if found := shutil.which("uv"):
        return found
    home = Path(os.environ.get("LONGZHI_CACHE") or "~/.cache/longzhi").expanduser() / UV.replace("==", "-")
    if not (home / "bin/uv").exists():
        print("setup: uv", flush=True)
        if subprocess.run([sys.executable, "-m", "venv", str(home)]).returncode != 0:
            shutil.rmtree(home, ignore_errors=True)
            _add_venv_module()
            _run([sys.executable, "-m", "venv", str(home)])
        _run([str(home / "bin/python"), "-m", "pip", "install", "-q", "--disable-pip-version-check", UV])
    return str(home / "bin/uv")


def _add_venv_module() -> None:
    """Debian splits venv from Python."""
    if os.getuid() != 0 and not shutil.which("sudo"):
        raise SystemExit("Python's venv module is missing; as root: apt-get install python3-venv")
    prefix = [] if os.getuid() == 0 else ["sudo", "-n"]
    _run([*prefix, "apt-get", "update", "-q"])
    _run([*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "-y", "-q", "--no-install-recommends", "python3-venv"])


def write_paths() -> None:
    """Makes our own packages importable without installing them."""
    folders = ["libs/common", "proto/gen", *(f"services/{name}" for name in SERVICES), "clients/lab", "."]
    target = next((VENV / "lib").glob("python3.*/site-packages")) / "longzhi.pth"
    text = "".join(f"{(ROOT / folder).resolve()}\n" for folder in folders)
    if not target.exists() or target.read_text() != text:
        target.write_text(text)


def _run(words: list[str]) -> None:
    if (code := subprocess.run(words).returncode) != 0:
        raise SystemExit(f"setup: `{' '.join(words)}` ended with {code}")


if __name__ == "__main__":
    if sys.argv[1:] == ["--uv"]:
        print(find_uv())
    else:
        setup()

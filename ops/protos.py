"""`python -m ops.protos`: generates Python from proto/ into proto/gen, when a .proto is new, changed or gone."""

import hashlib
import shutil
from importlib import resources
from pathlib import Path

from grpc_tools import protoc  # type: ignore[import-untyped]

from ops.progress import fail, say
from ops.settings import ROOT

SOURCE = ROOT / "proto"
TARGET = SOURCE / "gen"


def generate() -> None:
    """Generates everything anew, into a fresh folder that then takes the old one's place."""
    files = sorted(path.relative_to(SOURCE) for path in (SOURCE / "longzhi").rglob("*.proto"))
    fingerprint = fingerprint_of(files)
    stamp = TARGET / ".stamp"
    if stamp.exists() and stamp.read_text() == fingerprint:
        return
    draft = SOURCE / "gen.new"
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir()
    outputs = [f"--{kind}_out={draft}" for kind in ("python", "pyi", "grpc_python")]
    known = resources.files("grpc_tools") / "_proto"
    if protoc.main(["protoc", f"-I{SOURCE}", f"-I{known}", *outputs, *map(str, files)]) != 0:
        raise fail("protoc refused the protos; see above")
    (draft / ".stamp").write_text(fingerprint)
    shutil.rmtree(TARGET, ignore_errors=True)
    draft.rename(TARGET)
    say(f"proto: generated from {len(files)} files")


def fingerprint_of(files: list[Path]) -> str:
    """Changes with every name and every byte of the protos."""
    digest = hashlib.sha256()
    for path in files:
        digest.update(f"{path}\0".encode() + (SOURCE / path).read_bytes())
    return digest.hexdigest()


if __name__ == "__main__":
    generate()

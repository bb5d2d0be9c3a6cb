"""`python -m ops.runtime`: what the images install, cut from requirements.txt: one lock for all services, and one more where a service has its own.

A package that only one service asks for goes into that service's own lock, so that the layer with all the others is one and the same.
"""

import re
import subprocess
import tomllib
from collections import Counter
from pathlib import Path

from ops.progress import fail, say
from ops.settings import ROOT, SERVICES
from ops.setup import find_uv

SHARED = ROOT / "services/requirements.txt"
OPERATIONS = ("tqdm",)  # for the image of Jobs, whose folders (ops, demo) are no packages
_PINS = re.compile(r"^([a-z0-9._-]+)(?:\[[^]]*\])?==\S+", re.MULTILINE)


def declared(folder: Path) -> list[str]:
    """The dependencies that a package's pyproject.toml names, our own left out."""
    with (folder / "pyproject.toml").open("rb") as file:
        project = tomllib.load(file)["project"]
    return [each for each in project["dependencies"] if not each.startswith("longzhi-")]


def split() -> tuple[list[str], dict[Path, list[str]]]:
    """What all images have, and what is added in one of them (by the lock's path)."""
    asked = {service: declared(ROOT / "services" / service) for service in SERVICES}
    common = declared(ROOT / "libs/common")
    times = Counter(name_of(each) for dependencies in asked.values() for each in dependencies)
    known = {name_of(each) for each in common}
    shared = common + [each for wanted in asked.values() for each in wanted if times[name_of(each)] > 1 or name_of(each) in known]
    own = {
        ROOT / "services" / service / "requirements.txt": [each for each in wanted if times[name_of(each)] == 1 and name_of(each) not in known]
        for service, wanted in asked.items()
    }
    own[ROOT / "ops/requirements.txt"] = list(OPERATIONS)
    return shared, own


def name_of(requirement: str) -> str:
    """The package's name without extras and version."""
    return re.split(r"[\[<>=!~ ]", requirement, maxsplit=1)[0].lower()


def pins(text: str) -> dict[str, str]:
    """Pinned packages of a lock: the whole line by the name."""
    return {match[1]: match[0] for match in _PINS.finditer(text)}


def write() -> None:
    """Writes the locks anew; nothing is newer or older in them than in requirements.txt."""
    shared, own = split()
    SHARED.write_text(_compiled(shared))
    present = pins(SHARED.read_text())
    for path, wanted in own.items():
        path.write_text(_without(_compiled(shared + wanted), set(present)) or "# nothing that the others do not have\n")
    say(f"images: {len(present)} packages for all")


def _compiled(wanted: list[str]) -> str:
    words = [find_uv(), "pip", "compile", "-q", "--generate-hashes", "--no-emit-index-url", "--no-header", "--no-annotate"]
    lines = "\n".join(sorted(set(wanted)))
    done = subprocess.run([*words, "-c", str(ROOT / "requirements.txt"), "-"], input=lines, capture_output=True, text=True)
    if done.returncode != 0:
        raise fail(f"uv: {done.stderr}")
    return done.stdout


def _without(text: str, names: set[str]) -> str:
    blocks = re.split(r"(?m)^(?=[a-z0-9])", text)
    return "".join(block for block in blocks if not (found := _PINS.match(block)) or found[1] not in names)


if __name__ == "__main__":
    write()

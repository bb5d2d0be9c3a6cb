"""`python -m ops.logs sampling`: follows the log of one program, or of all of them."""

import os
import sys

from ops import settings
from ops.settings import Platform


def logs(platform: Platform, name: str) -> None:
    """Becomes `tail -F`; ends with Ctrl-C."""
    files = sorted(platform.logs.glob(f"{name or '*'}.log"))
    if not files:
        known = ", ".join(sorted(path.stem for path in platform.logs.glob("*.log"))) or "none yet"
        raise SystemExit(f"no log of {name!r} in {platform.logs}; there are: {known}")
    os.execvp("tail", ["tail", "-n", "100", "-F", *map(str, files)])


if __name__ == "__main__":
    logs(settings.load(), sys.argv[1] if len(sys.argv) > 1 else "")

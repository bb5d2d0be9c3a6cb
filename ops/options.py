"""Choices of one platform that a caller's environment may make; a choice is remembered until another is made."""

import json
import os

from ops.settings import Platform

DEFAULTS = {"TRACES_EXPORTER": "none", "LOG_LEVEL": "INFO", "DRAW_SEED": "", "CREDIT_RECEIVER_URL": ""}


def load(platform: Platform) -> dict[str, str]:
    """Variables for every service: what the environment says now, else what it said last, else the default."""
    path = platform.run / "options.json"
    remembered: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    given = {name: os.environ[name] for name in DEFAULTS if name in os.environ}
    if remembered | given != remembered:
        platform.run.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(remembered | given, indent=1))
    return DEFAULTS | remembered | given

"""The command and the library against a platform over real HTTP that misbehaves."""

import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from misbehaving import Platform, Running, surroundings


@pytest.fixture
def platform():
    with Running(Platform()) as running:
        yield running


@pytest.fixture
def run(platform, tmp_path):
    """The command as a person runs it, in a folder of its own."""

    def one(*words, **settings):
        return subprocess.run(
            [sys.executable, "-m", "longzhi_lab", *map(str, words)], cwd=tmp_path, env=surroundings(platform) | settings,
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip

    return one

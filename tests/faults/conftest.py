"""Faults need longer waits than a demonstration: a consumer group notices a dead member only after its session's fifteen seconds."""

import sys
from pathlib import Path

import pytest

from demo import dispose, publish

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[2] / "libs/common/tests"))

from probe.service import SERVICE


@pytest.fixture
def patient(monkeypatch):
    monkeypatch.setattr(dispose, "LEG_WAIT_SECONDS", 180.0)
    monkeypatch.setattr(publish, "ACK_WAIT_SECONDS", 240.0)


@pytest.fixture(scope="session")
def service():
    """The probe's migrations make the databases of the mutants."""
    return SERVICE

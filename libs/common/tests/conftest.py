"""The probe stands for every service."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from common.process import Service
from probe.service import SERVICE


@pytest.fixture(scope="session")
def service() -> Service:
    return SERVICE

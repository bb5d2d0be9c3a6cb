"""The probe stands for every service."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from probe.service import SERVICE

from common.process import Service


@pytest.fixture(scope="session")
def service() -> Service:
    return SERVICE

"""The directory under test, and a few firms to test it with."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from samples import enterprise, laboratory

from common.process import Service
from directory.main import SERVICE


@pytest.fixture(scope="session")
def service() -> Service:
    return SERVICE


@pytest.fixture(scope="session")
def more_settings() -> dict:
    return {"contact_key": "cd" * 32}


@pytest.fixture
def registrar(platform):
    return platform.client("registrar", "registrar", region="620102")


@pytest.fixture
def province(platform):
    return platform.client("registrar.62", "registrar", region="62")


@pytest.fixture
def neighbour(platform):
    return platform.client("neighbour", "registrar", "officer", region="620103")


@pytest.fixture
async def firm(registrar) -> dict:
    answer = await registrar.post("/v1/enterprises", json=enterprise())
    assert answer.status_code == 201, answer.text
    return answer.json()


@pytest.fixture
async def licence(registrar, firm) -> dict:
    body = {"kind": "XK", "number": "(甘)XK16-204-00001", "valid_from": "2019-03-01", "valid_to": "2024-02-28", "scope": "塑料包装"}
    answer = await registrar.post(f"/v1/enterprises/{firm['id']}/licences", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


@pytest.fixture
async def lab(province) -> dict:
    answer = await province.put("/v1/labs/L01", json=laboratory())
    assert answer.status_code == 200, answer.text
    return answer.json()

"""The service, its settings, and a pool that is ready to draw from."""

from typing import Any

import pytest

from common.process import Service
from experts.main import SERVICE


@pytest.fixture(scope="session")
def service() -> Service:
    return SERVICE


@pytest.fixture(scope="session")
def more_settings() -> dict[str, Any]:
    return {"contact_key": "cd" * 32, "draw_seed": ""}


def application(n: int, **changes: Any) -> dict[str, Any]:
    """One application; `n` makes number, name and unit its own."""
    return {
        "number": f"GS-P-{n:04d}", "pool": "PRODUCT", "name": f"专家{n}", "sex": "女", "birth_year": 1970, "unit": f"单位{n}",
        "unit_uscc": None, "title": "高级工程师", "specialities": ["纺织", "检验"], "residence_code": "620102", "certificate_until": None,
        "phone": "13893100001", "interests": [],
    } | changes  # fmt: skip


def request(request_id: str = "r-1", **changes: Any) -> dict[str, Any]:
    """Terms of a draw."""
    return {
        "request_id": request_id, "pool": "PRODUCT", "purpose": "plan-line:1", "specialities": ["纺织"], "size": 3, "recuse_usccs": [],
        "recuse_regions": [], "drawn_on": "2021-01-05",
    } | changes  # fmt: skip


@pytest.fixture
def make():
    """Bodies of requests."""

    class Make:
        application = staticmethod(application)
        request = staticmethod(request)

    return Make


@pytest.fixture
def admin(platform):
    return platform.client("experts.62", "expert_admin", region="62")


@pytest.fixture
def planner(platform):
    return platform.client("planner.620102", "planner", region="620102")


@pytest.fixture
def fill():
    """Bring applications through review and notice into a pool; answers the experts' ids."""

    async def do(client, applications):
        made = await client.post("/v1/experts:batch", json={"experts": applications})
        assert made.status_code == 201, made.text
        ids = [each["id"] for each in made.json()["items"]]
        steps = [("review", {"reviewed_on": "2020-12-01"}), ("notice", {"from": "2020-12-14"}), ("activate", {"on": "2020-12-22"})]
        for step, body in steps:
            done = await client.post(f"/v1/experts:{step}-batch", json={"ids": ids} | body)
            assert done.status_code == 200, done.text
        return ids

    return do


@pytest.fixture
async def pool(admin, fill):
    """Eight experts of eight units in the province's product pool."""
    return await fill(admin, [application(n) for n in range(8)])

"""The service, facts to tell it, and a leg brought to any state through the public API."""

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from longzhi.sampling.v1.events_pb2 import BatchFacts, FailedItem, Party, ReportAccepted, ReportReplaced, SampleRefused

from common.process import Service
from disposal.main import SERVICE

EVIDENCE = "ab" * 32
PARTS = ("risk_control", "cause", "rectification", "penalty", "disclosure")
SELLER = {"role": "seller", "name": "城关区某超市", "uscc": "91620102MA7100000X", "division_code": "620102", "address": "兰州市城关区"}
PRODUCER = {"role": "producer", "name": "肃州区某厂", "uscc": "91620902MA7100000G", "division_code": "620902", "address": "酒泉市肃州区"}
OUTSIDER = {"role": "producer", "name": "外省某厂", "uscc": "91110105MA7100000T", "division_code": "110105", "address": "北京市朝阳区"}


@pytest.fixture(scope="session")
def service() -> Service:
    return SERVICE


def report(*parties: dict[str, str], **changes: Any) -> ReportAccepted:
    """A report as sampling tells it: non-conforming, of a food batch of 620102, unless changed."""
    batch = BatchFacts(
        sample_id=str(changes.pop("sample_id", uuid4())), sample_no="SC1", programme=changes.pop("programme", "食品"), source_region_code="62",
        product_code="0101", product_name="酱油", stage="流通", period="2026Q1", parties=[Party(**p) for p in parties or (SELLER,)],
    )  # fmt: skip
    values = {
        "report_id": str(uuid4()), "report_no": "R1", "version": 1, "verdict": "不合格", "serious": False, "issued_on": "2026-01-05",
        "reported_on": "2026-01-05", "item_count": 3, "failed_items": [FailedItem(item="山梨酸", result="1.2", limit="≤1.0", unit="g/kg")],
    }  # fmt: skip
    return ReportAccepted(batch=batch, **(values | changes))


def replaced(old: ReportAccepted, *parties: dict[str, str], **changes: Any) -> ReportReplaced:
    """The next version of a report."""
    sample = {"sample_id": old.batch.sample_id, "programme": old.batch.programme}
    current = report(*parties, **(sample | {"version": old.version + 1, "reported_on": "2026-02-02", "issued_on": "2026-02-02"} | changes))
    if not parties:
        del current.batch.parties[:]
        current.batch.parties.extend(old.batch.parties)
    return ReportReplaced(old_report_id=old.report_id, current=current)


@dataclass
class World:
    """The platform, its callers, and short words for what happens in it."""

    platform: Any
    report = staticmethod(report)
    replaced = staticmethod(replaced)

    def who(self, role: str, region: str) -> Any:
        return self.platform.client(f"{role}.{region}", role, region=region)

    async def hear(self, fact: Any, owner: str = "620102", **more: Any) -> str:
        told = fact.current if isinstance(fact, ReportReplaced) else fact
        return await self.platform.hear(fact, owner=owner, key=told.batch.sample_id, topic="sampling.report.v1", **more)

    async def legs(self, fact: Any) -> list[dict[str, Any]]:
        return await self.platform.rows("SELECT * FROM leg WHERE sample_id = $1 ORDER BY id", fact.batch.sample_id)

    async def opened(self, *parties: dict[str, str], owner: str = "620102", **changes: Any) -> dict[str, Any]:
        """Tell one report and answer its first leg's row."""
        fact = report(*parties, **changes)
        await self.hear(fact, owner)
        return (await self.legs(fact))[0]

    async def proposed(self, party: dict[str, str], owner: str = "620102") -> dict[str, Any]:
        """A refusal is told: its leg's row."""
        batch = report(party, programme="产品").batch
        fact = SampleRefused(batch=batch, reason="无正当理由拒绝", refused_at="2026-01-05T10:00:00+08:00")
        await self.platform.hear(fact, owner=owner, key=batch.sample_id, topic="sampling.sample.v1")
        return (await self.legs(fact))[0]

    async def post(self, role: str, leg: dict[str, Any], act: str, **body: Any) -> Any:
        return await self.who(role, leg["region_code"]).post(f"/v1/legs/{leg['id']}/{act}", json=body)

    async def received(self, *parties: dict[str, str], on: str = "2026-01-05", **changes: Any) -> dict[str, Any]:
        leg = await self.opened(*parties, **changes)
        done = await self.post("officer", leg, "receive", received_on=on)
        assert done.status_code == 200, done.text
        return leg

    async def five(self, leg: dict[str, Any], part: str, **body: Any) -> Any:
        body = {"state": "done", "on": "2026-01-20", "evidence": [EVIDENCE]} | body
        return await self.who("officer", leg["region_code"]).put(f"/v1/legs/{leg['id']}/five/{part}", json=body)

    async def ready(self, *parties: dict[str, str], **changes: Any) -> dict[str, Any]:
        """A leg with the five in place."""
        leg = await self.received(*parties, **changes)
        for part in PARTS:
            done = await self.five(leg, part)
            assert done.status_code == 200, done.text
        return leg

    async def closed(self, *parties: dict[str, str], on: str = "2026-01-30", **changes: Any) -> dict[str, Any]:
        leg = await self.ready(*parties, **changes)
        done = await self.post("officer", leg, "close", closed_on=on)
        assert done.status_code == 200, done.text
        return leg

    async def show(self, leg: dict[str, Any], region: str = "", role: str = "officer") -> dict[str, Any]:
        answer = await self.who(role, region or leg["region_code"]).get(f"/v1/legs/{leg['id']}")
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture
def world(platform) -> World:
    return World(platform)


@pytest.fixture
def parties() -> dict[str, dict[str, str]]:
    return {"seller": SELLER, "producer": PRODUCER, "outsider": OUTSIDER}

"""Planning on real PostgreSQL; the two peers are hand-written fakes that remember what they were asked."""

import sys
from pathlib import Path
from uuid import UUID

import pytest
from longzhi.directory.v1.directory_service_pb2 import CountEnterprisesResponse, RegionCount
from longzhi.experts.v1.experts_service_pb2 import Draw, DrawPanelResponse, GetDrawResponse, Panellist
from longzhi.sampling.v1.events_pb2 import SampleUnavailable

sys.path.insert(0, str(Path(__file__).parent))

from planning_facts import batch_facts

from planning.clients import Clients
from planning.main import SERVICE

ABSENT = "01900000-0000-7000-8000-000000000000"


@pytest.fixture(scope="session")
def service():
    return SERVICE


@pytest.fixture(scope="session")
def more_settings():
    return {"directory_rpc_addr": "127.0.0.1:1", "experts_rpc_addr": "127.0.0.1:1"}


class Directory:
    def __init__(self):
        self.counts = {"620102": 30, "620103": 10, "620104": 0, "620202": 7}
        self.asked = []

    async def CountEnterprises(self, request, timeout, metadata):
        self.asked.append((request.region_code, request.product_code, dict(metadata)["authorization"][:7]))
        return CountEnterprisesResponse(counts=[RegionCount(region_code=c, enterprises=n) for c, n in self.counts.items()])


class Experts:
    def __init__(self):
        self.opinions = ["agree", "agree", "disagree"]
        self.asked = []

    def draw(self):
        seats = [Panellist(expert_id=str(n), opinion=said) for n, said in enumerate(self.opinions)]
        return Draw(draw_id="draw-1", panellists=[*seats, Panellist(expert_id="spare", spare=True)])

    async def DrawPanel(self, request, timeout, metadata):
        self.asked.append(request)
        return DrawPanelResponse(draw=self.draw())

    async def GetDraw(self, request, timeout, metadata):
        assert request.draw_id == "draw-1"
        return GetDrawResponse(draw=self.draw())


@pytest.fixture
def fake_clients():
    return Clients(Directory(), Experts(), 5.0)


def entry(code="FR-01", **more):
    return {
        "code": code, "name": "食品用塑料复合膜、袋", "group": "FOOD_RELATED", "class": "食品相关产品", "risk_level": "较高",
        "measures": ["监督抽查", "证后监管"], "legal_basis": "《食品安全法》第41条", "licence_kind": "生产许可证", "valid_from": "2021-01-01",
    } | more  # fmt: skip


def item(name="溶剂残留总量", **more):
    return {
        "item": name, "methods": ["GB/T 10004-2008 6.6.17"], "kind": "numeric", "min": None, "max": "5.0", "unit": "mg/m²",
        "limit_source": "GB/T 10004-2008", "grade": "B", "rounding_places": -1,
    } | more  # fmt: skip


def scheme(product="FR-01", **more):
    return {
        "scheme_no": f"GSXZ-2021-{product}", "product_code": product, "name": "实施细则", "programme": "产品", "valid_from": "2017-04-19",
        "valid_to": None, "items": [item()],
    } | more  # fmt: skip


def line(line_no="Q1-001", **more):
    return {
        "line_no": line_no, "catalogue_code": "FR-01", "quarter": 1, "batches": 10, "stage": "生产", "tags": ["成品库"],
        "sampling_due": "2021-03-25", "test_due": "2021-04-20", "laboratory_codes": ["L01", "L09"], "unit_price_fen": 80000,
    } | more  # fmt: skip


def plan(*lines, **more):
    return {"plan_no": "SCP-2021", "year": 2021, "programme": "产品", "name": "2021年产品质量监督抽查计划", "lines": list(lines) or [line()]} | more


EQUAL = {
    "basis": "weights",
    "weights": [{"region_code": "620102", "weight": 2}, {"region_code": "620103", "weight": 1}, {"region_code": "620104", "weight": 1}],
}


class Make:
    """Brings a bureau's records into the states that tests start from, through the HTTP interface."""

    entry, item, scheme, line, plan = staticmethod(entry), staticmethod(item), staticmethod(scheme), staticmethod(line), staticmethod(plan)
    EQUAL, ABSENT = EQUAL, ABSENT

    def __init__(self, platform, owner="6201"):
        self.platform, self.owner = platform, owner
        self.planner = platform.client("planner", "planner", region=owner)
        self.approver = platform.client("approver", "approver", region=owner)

    def at(self, owner):
        return Make(self.platform, owner)

    async def ok(self, who, method, path, body=None):
        answer = await who.request(method, f"/v1{path}", **({"json": body} if body is not None else {}))
        assert answer.is_success, answer.text
        return answer.json()

    async def nothing(self):
        return {"plan_id": ABSENT, "line_id": ABSENT, "scheme_id": ABSENT, "task_id": ABSENT}

    async def province(self):
        return await self.nothing()

    async def drafted_catalogue(self, *entries):
        await self.ok(self.planner, "POST", "/catalogue:batch", {"year": 2021, "entries": list(entries) or [entry()]})
        return await self.nothing()

    async def published_catalogue(self, *entries):
        await self.drafted_catalogue(*entries)
        await self.ok(self.approver, "POST", "/catalogue/2021/publish")
        return await self.nothing()

    async def drafted_scheme(self, **more):
        return {"scheme_id": (await self.ok(self.planner, "POST", "/schemes", scheme(**more)))["id"]}

    async def published_scheme(self, **more):
        made = await self.drafted_scheme(**more)
        await self.ok(self.approver, "POST", f"/schemes/{made['scheme_id']}/publish")
        return made

    async def drafted(self, *lines, **more):
        await self.published_catalogue()
        await self.published_scheme()
        made = await self.ok(self.planner, "POST", "/plans", plan(*lines, **more))
        self.plan_id, self.lines = made["id"], made["lines"]
        return {"plan_id": made["id"], "line_id": made["lines"][0]["id"]}

    async def allocated(self, *lines, **more):
        ids = await self.drafted(*lines, **more)
        for each in self.lines:
            await self.ok(self.planner, "POST", f"/plans/{self.plan_id}/lines/{each['id']}/quotas:allocate", EQUAL)
        return ids

    async def submitted(self, *lines, **more):
        ids = await self.allocated(*lines, **more)
        self.moved = await self.ok(self.planner, "POST", f"/plans/{self.plan_id}/submit")
        return ids

    async def risky(self):
        return await self.submitted(line(risky=True))

    async def drawn(self):
        ids = await self.risky()
        await self.ok(self.planner, "POST", f"/plans/{self.plan_id}/lines/{ids['line_id']}/panel", {"size": 3, "drawn_on": "2021-01-05"})
        return ids

    async def approved(self, *lines, **more):
        ids = await self.submitted(*lines, **more)
        self.moved = await self.ok(self.approver, "POST", f"/plans/{self.plan_id}/approve")
        return ids

    async def published(self, *lines, **more):
        ids = await self.approved(*lines, **more)
        self.told = await self.ok(self.approver, "POST", f"/plans/{self.plan_id}/publish", {"published_on": "2021-01-05"})
        return ids

    async def task(self):
        """A task of 620102 with laboratory L01 of a plan of 6201."""
        ids = await self.published()
        [row] = await self.platform.rows("SELECT id FROM task WHERE region_code = '620102' AND laboratory_code = 'L01'")
        return ids | {"task_id": str(UUID(str(row["id"])))}

    async def replacement(self):
        """A request of 620102 for another draw, which 6201 has to answer."""
        ids = await self.task()
        fact = SampleUnavailable(batch=batch_facts(ids["task_id"], ABSENT), reason="转产", on="2021-02-01", note="只做来料加工")
        await self.platform.hear(fact, owner="620102", key=ABSENT)
        [row] = await self.platform.rows("SELECT id FROM replacement")
        return ids | {"replacement_id": str(UUID(str(row["id"])))}


@pytest.fixture
def make(platform):
    return Make(platform)

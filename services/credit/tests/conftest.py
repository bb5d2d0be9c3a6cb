"""Credit against the real receiver of demo/, on real PostgreSQL; facts as sampling and disposal tell them."""

import asyncio
import socket
import sys
import threading
import time
from pathlib import Path

import httpx
import pytest
import uvicorn
from longzhi.disposal.v1 import events_pb2 as disposal
from longzhi.event.v1.event_pb2 import Envelope
from longzhi.sampling.v1 import events_pb2 as sampling
from stdnum.cn import uscc
from uuid_utils.compat import uuid7

sys.path.insert(0, str(Path(__file__).parents[3]))

from common.inbox import Inbox
from common.testing import _Silent, _Told
from credit.actions import sending
from credit.main import SERVICE
from demo import receiver as demo_receiver

OWNER, NEIGHBOUR, ELSEWHERE = "620102", "620103", "620902"
REPORT, NOTICE, LEG = "sampling.report.v1", "sampling.notice.v1", "disposal.leg.v1"


def code(number):
    """A valid unified social credit code."""
    body = f"91620102{number:09d}"
    return body + uscc.calc_check_digit(body)


@pytest.fixture(scope="session")
def service():
    return SERVICE


class Live:
    """The real receiver on a port of its own; it can be shut and opened again over the same file."""

    def __init__(self, file):
        self.file = str(file)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.open()

    def open(self):
        config = uvicorn.Config(demo_receiver.create(self.file), host="127.0.0.1", port=self.port, log_level="critical")
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, daemon=True)
        self.thread.start()
        while not self.server.started:
            time.sleep(0.01)

    def shut(self):
        self.server.should_exit = True
        self.thread.join()

    async def mood(self, **mood):
        async with httpx.AsyncClient(base_url=self.url, trust_env=False) as client:
            assert (await client.put("/behaviour", json=mood)).status_code == 200

    async def counters(self):
        async with httpx.AsyncClient(base_url=self.url, trust_env=False) as client:
            return (await client.get("/behaviour")).json()["counters"]

    async def publications(self):
        async with httpx.AsyncClient(base_url=self.url, trust_env=False) as client:
            return (await client.get("/publications", params={"limit": 5000})).json()["items"]


@pytest.fixture(scope="session")
def live(tmp_path_factory):
    running = Live(tmp_path_factory.mktemp("receiver") / "receiver.db")
    yield running
    running.shut()


@pytest.fixture
async def receiver(live):
    """The running receiver, empty and well-behaved."""
    state = live.server.config.app.state.receiver
    state.db.executescript("DELETE FROM publication; DELETE FROM counter;")
    await live.mood()
    return live


@pytest.fixture(scope="session")
def more_settings(live):
    return {"credit_receiver_url": live.url}


def party(role, number, **changes):
    fields = {"role": role, "name": f"企业{number}", "uscc": code(number), "division_code": "620102", "address": "某路1号"}
    return sampling.Party(**(fields | changes))


class Batch:
    """A batch and the facts that are told about it."""

    def __init__(self, number=1, verdict="合格", programme="产品", parties=None, owner=OWNER):
        self.number, self.verdict, self.owner = number, verdict, owner
        self.sample_id, self.report_id = str(uuid7()), str(uuid7())
        self.legs = {}
        two = [party("seller", number * 10), party("producer", number * 10 + 1, division_code="620902")]
        self.batch = sampling.BatchFacts(
            sample_id=self.sample_id, sample_no=f"SCP{number:08d}", programme=programme, plan_id=str(uuid7()), task_id=str(uuid7()),
            source_region_code="62", laboratory_code="L01", product_code="06", product_name="细木工板", spec="18 mm", brand="/",
            lot="2021-02", stage="流通", sampled_on="2021-02-20", period="2021Q1", parties=two if parties is None else parties,
        )  # fmt: skip

    def accepted(self, version=1, verdict=None, report_id=None, issued_on="2021-03-01"):
        verdict = verdict or self.verdict
        failed = [] if verdict == "合格" else [sampling.FailedItem(item="甲醛释放量", result="0.21", limit="≤0.124", unit="mg/m³")]
        return sampling.ReportAccepted(
            report_id=report_id or self.report_id, report_no=f"GS-{self.number}", version=version, verdict=verdict, serious=False,
            issued_on=issued_on, reported_on=issued_on, batch=self.batch, failed_items=failed, item_count=3,
        )  # fmt: skip

    def replaced(self, verdict, report_id, version=2, issued_on="2021-03-20"):
        return sampling.ReportReplaced(old_report_id=self.report_id, current=self.accepted(version, verdict, report_id, issued_on))

    def notified(self, report_id=None, final_after="2021-03-18", all_served=True):
        return sampling.ResultNotified(
            notice_id=str(uuid7()), sample_id=self.sample_id, report_id=report_id or self.report_id, party_role="seller", served_on="2021-03-03",
            objection_until=final_after, all_served=all_served, final_after=final_after if all_served else "",
        )  # fmt: skip

    def leg(self, role):
        return self.legs.setdefault(role, str(uuid7()))

    def opened(self, role="producer", report_id=None):
        return disposal.LegOpened(
            leg_id=self.leg(role), report_id=report_id or self.report_id, sample_id=self.sample_id, party_role=role, outbound=False,
            origin_region_code=self.owner,
        )  # fmt: skip

    def closed(self, role="producer", rectified=True, closed_on="2021-03-25"):
        return disposal.LegClosed(
            leg_id=self.leg(role), report_id=self.report_id, sample_id=self.sample_id, party_role=role, closed_on=closed_on, on_time=True,
            rectified=rectified, origin_region_code=self.owner,
        )  # fmt: skip

    def halted(self, role="producer", report_id=None):
        return disposal.LegHalted(leg_id=self.leg(role), report_id=report_id or self.report_id, reason="样品非其生产")


class Credit:
    """The service under test with its three people and its worker."""

    def __init__(self, platform):
        self.platform = platform

    def person(self, role, region=OWNER, subject=None):
        return self.platform.client(subject or f"{role}.{region}", role, region=region)

    async def hear(self, fact, owner=OWNER, event_id=None):
        topics = {"ResultNotified": NOTICE} | dict.fromkeys(("LegOpened", "LegClosed", "LegHalted"), LEG)
        name = fact.DESCRIPTOR.name
        key = fact.leg_id if name.startswith("Leg") else getattr(fact, "sample_id", "") or (getattr(fact, "current", None) or fact).batch.sample_id
        await self.platform.hear(fact, owner=owner, key=key, topic=topics.get(name, REPORT), event_id=event_id)

    async def hear_chunk(self, facts, owner=OWNER, traceparent=""):
        """Let the service hear reports as one poll of Kafka gives them: in one transaction."""
        told = []
        for offset, fact in enumerate(facts):
            key = fact.batch.sample_id
            envelope = Envelope(id=str(uuid7()), type=fact.DESCRIPTOR.full_name, region_code=owner, key=key, traceparent=traceparent)
            envelope.payload.Pack(fact)
            told.append(_Told(REPORT, 0, offset, key.encode(), envelope.SerializeToString()))
        inbox = Inbox(self.platform.runtime.db, None, _Silent(), "credit", SERVICE.topics, SERVICE.handlers)
        await inbox.take(told)

    async def rounds(self, most=60):
        """Let the worker work until nothing is left to do, trying at once what it would try later."""
        for _ in range(most):
            done = await sending.one_round(self.platform.runtime)
            waiting = await self.platform.rows("UPDATE publicity_version SET next_attempt_at = now() WHERE state = 'QUEUED' RETURNING id")
            if not done and not waiting:
                return
        raise AssertionError("the worker does not come to rest")

    async def records(self, **where):
        rows = await self.platform.rows("SELECT * FROM publicity_record ORDER BY party_role")
        return [row for row in rows if all(row[name] == value for name, value in where.items())]

    async def by_role(self, batch):
        return {row["party_role"]: row for row in await self.records() if str(row["sample_id"]) == batch.sample_id}

    async def approve_all(self, on="2021-04-01", region=OWNER):
        proposed = await self.person("credit", region).post("/v1/records:propose", json={"filter": {"eligible_by": on}, "proposed_on": on})
        assert proposed.status_code == 200, proposed.text
        if proposed.json()["proposed"]:
            body = {"proposal_id": proposed.json()["proposal_id"], "approved_on": on}
            approved = await self.person("chief", region).post("/v1/records:approve", json=body)
            assert approved.status_code == 200, approved.text
        return proposed.json()

    async def export_all(self, on="2021-04-01", region=OWNER):
        await self.approve_all(on, region)
        done = await self.person("credit", region).post("/v1/exports", json={"all_approved": True, "exported_on": on})
        assert done.status_code == 201, done.text
        return done.json()

    async def publish_all(self, on="2021-04-01", region=OWNER):
        made = await self.export_all(on, region)
        await self.rounds()
        return made


@pytest.fixture
def credit(platform):
    return Credit(platform)


@pytest.fixture
def make():
    """Batches with parties."""

    class Make:
        batch = staticmethod(Batch)
        party = staticmethod(party)
        code = staticmethod(code)

    return Make


@pytest.fixture
def until():
    """Wait until a question is answered yes."""

    async def wait(ask, seconds=20.0):
        end = time.monotonic() + seconds
        while not await ask():
            assert time.monotonic() < end, "it did not happen in time"
            await asyncio.sleep(0.05)

    return wait

"""Batches of one's own: a plan of 2026 that this run publishes for one county, forms and reports with the days of the scenarios, bare answers.

Every number that must be unique has the run's own `TURN` in it, so that the journeys repeat on a platform where they ran before.
"""

import asyncio
import io
import itertools
import secrets
import struct
import time
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from random import Random
from typing import Any

import httpx
from PIL import Image

from common.today import today
from demo import play
from demo.batches import batches
from demo.forms import form_of, report_of
from demo.gateway import Gateway
from demo.results import draw_items, verdict_of
from demo.shapes import BatchPlan, Task

OWNER, NEIGHBOUR, ORGANISER = "620402", "620403", "62"
FOOD, PRODUCT, WORKS = "食品", "产品", "生产"
TURN = f"{secrets.randbelow(10**6):06d}"
_COUNT = itertools.count(1)
# What is planned: product, first laboratory, stage, the county where its producer works (None: any other county).
LINES = {FOOD: ("0302", "L07", "流通", "620102"), PRODUCT: ("DA-07", "L05", "流通", "620902"), WORKS: ("DA-07", "L05", "生产", None)}
RENEWED = ("L01", "L05", "L07", "L11")  # their certificates of the demonstration end before 2026
TO = "2030-12-31"
QUOTA, CACHE_SECONDS, FACT_SECONDS = 60, 65.0, 30.0
LEG_STATES = ("OPENED", "RECEIVED", "CONTROLLED", "CAUSE_FOUND", "RECTIFYING", "CLOSED", "HALTED")
Json = dict[str, Any]
_published: dict[str, dict[str, Task]] = {}


def number() -> str:
    """Nine digits that nobody had before."""
    return f"{TURN}{next(_COUNT):03d}"


@dataclass
class Batch:
    """One batch on its way: its plan, its form as sent, and what the platform said of it."""

    line: str
    plan: BatchPlan
    form: Json
    reserve_seal: str
    id: str = ""
    sample_no: str = ""
    report_id: str = ""
    report: Json = field(default_factory=dict)

    @property
    def failed(self) -> list[str]:
        return [row["item"] for row in self.report["items"] if row["judgement"] == "不合格项"]

    @property
    def producer_county(self) -> str:
        return self.plan.producer.division_code


@dataclass
class Own:
    """The county's people and laboratories with real tokens."""

    world: Any
    gateway: Gateway
    tasks: dict[str, Task]

    async def ask(self, who: str | None, method: str, path: str, **request: Any) -> httpx.Response:
        """The bare answer; `path` is below /api, None asks without a token."""
        headers = dict(request.pop("headers", {}))
        if who:
            headers["Authorization"] = f"Bearer {await self.gateway.token(who)}"
        if path.endswith((":batch", ":import")):
            headers.setdefault("Idempotency-Key", f"own-{number()}")
        return await self.gateway._http.request(method, f"/api{path}", headers=headers, **request)

    async def must(self, who: str | None, method: str, path: str, **request: Any) -> Any:
        """The JSON of an answer that has to be a good one."""
        answer = await self.ask(who, method, path, **request)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text[:1500]}"
        return answer.json() if "json" in answer.headers.get("content-type", "") else answer

    async def act(self, role: str, batch: Batch, what: str, body: Json) -> Any:
        """One act of the county on its batch, which has to succeed."""
        return await self.must(f"{role}.{OWNER}", "POST", f"/sampling/v1/samples/{batch.id}/{what}", json=body)

    def plan(self, line: str, sampled_on: date, fails: tuple[str, ...] = (), **changes: Any) -> BatchPlan:
        """A batch of our line, sampled on a day of 2026; exactly the named items fail."""
        drawn = batches(self.world.province, [replace(self.tasks[line], quota=150)], secrets.randbelow(10**6))
        wanted = LINES[line][3]
        found = next(b for b in drawn if b.consignor is None and wanted in (None, b.producer.division_code) and (line == WORKS or not _same(b)))
        passing, turn = draw_items(Random(1), found.scheme, fails=False), number()
        failing = {s.item: draw_items(Random(2), replace(found.scheme, items=(s,)), fails=True)[0] for s in found.scheme.items if s.item in fails}
        assert set(failing) == set(fails), f"no such items in {found.scheme.scheme_no}"
        items = tuple(failing.get(row.spec.item, row) for row in passing)
        days = {
            "produced_on": sampled_on - timedelta(days=20), "sampled_on": sampled_on, "received_on": sampled_on + timedelta(days=1),
            "tested_from": sampled_on + timedelta(days=1), "tested_to": sampled_on + timedelta(days=3), "issued_on": sampled_on + timedelta(days=4),
        }  # fmt: skip
        laboratory = replace(found.laboratory, cma_no=renewed(found.laboratory.cma_no))
        own = {"laboratory": laboratory, "report_no": f"{laboratory.report_prefix}-2026-{turn}", "spec": f"{found.spec[:20]} {turn}型"}
        return replace(found, items=items, verdict=verdict_of(items), seal_no=f"F{turn}", **(own | days | changes))

    def draft(self, line: str, sampled_on: date, fails: tuple[str, ...] = (), **changes: Any) -> Batch:
        """A batch that is not on the platform yet, its form ready to be sent or changed."""
        plan = self.plan(line, sampled_on, fails, **changes)
        form = {name: value for name, value in form_of(plan).items() if name not in play.NOT_ON_THE_WIRE}
        if line == FOOD:
            form["sample_no"] = f"XBJ26{OWNER}{number()}"
        return Batch(line, plan, form, f"{plan.seal_no}B")

    async def written(self, batch: Batch) -> Batch:
        """The form is on the platform."""
        made = await self.must(f"sampler.{OWNER}", "POST", "/sampling/v1/samples", json=batch.form)
        batch.id, batch.sample_no = made["id"], made["sample_no"]
        return batch

    def seals(self, batch: Batch) -> Json:
        return {"sealed_on": str(batch.plan.sampled_on), "seal_no": batch.plan.seal_no, "reserve_seal_no": batch.reserve_seal}

    async def sealed(self, batch: Batch) -> Batch:
        await self.written(batch)
        await self.act("sampler", batch, "seal", self.seals(batch))
        return batch

    def receipt(self, batch: Batch, **changes: Any) -> Json:
        good = {"received_on": str(batch.plan.received_on), "checks": play.GOOD_SAMPLE, "decision": "accept", "reasons": []}
        return good | changes

    async def received(self, batch: Batch) -> Batch:
        await self.sealed(batch)
        await self.must(self.first_lab(batch), "POST", f"/sampling/v1/samples/{batch.id}/receipt", json=self.receipt(batch))
        return batch

    def first_lab(self, batch: Batch) -> str:
        return f"lab-{LINES[batch.line][1]}"

    async def reported(self, batch: Batch) -> Batch:
        """Received, tested, reported; the laboratory's side of the ledger knows it."""
        await self.received(batch)
        return await self.push(batch, report_of(batch.plan, batch.sample_no))

    async def push(self, batch: Batch, report: Json) -> Batch:
        result = await self.try_push(batch, report)
        assert result["status"] == "accepted", result
        batch.report, batch.report_id = report, result["report_id"]
        return batch

    async def try_push(self, batch: Batch, report: Json) -> Json:
        """What became of one report; sampling keeps a laboratory's certificates for a minute, so a renewal may have to be waited for."""
        body, deadline = {"mode": "partial", "dry_run": False, "reports": [report]}, time.monotonic() + CACHE_SECONDS
        while True:
            told = await self.must(self.first_lab(batch), "POST", "/sampling/v1/reports:batch", json=body)
            result: Json = told["results"][0]
            if not has_old_certificate(result) or time.monotonic() > deadline:
                break
            await asyncio.sleep(3)
        if result["status"] == "accepted":
            self.keep(batch, result)
        return result

    def keep(self, batch: Batch, result: Json) -> None:
        """What the laboratory saw accepted: the client's side of the ledger."""
        play._keep(self.world.receipts, LINES[batch.line][1], {"results": [result]})

    async def serve(self, batch: Batch, role: str, on: date) -> Json:
        """Service on one party, proved by its receipt."""
        body = {"party_role": role, "method": "直接送达", "served_on": str(on), "receipt_no": f"HZ-{number()}", "signed_by": "签收人"}
        return dict(await self.act("officer", batch, "notices", body))

    async def legs(self, batch: Batch) -> dict[str, Json]:
        """Legs of the batch by role, as the two bureaus that handle them see them."""
        found = {}
        for bureau in {OWNER, batch.producer_county}:
            params = {"sample_id": batch.id, "state": list(LEG_STATES)}
            page = await self.must(f"officer.{bureau}", "GET", "/disposal/v1/legs", params=params)
            found |= {leg["party_role"]: leg for leg in page["items"]}
        return found

    async def records(self, batch: Batch) -> dict[str, Json]:
        """Publicity records of the batch by role."""
        page = await self.must(f"credit.{OWNER}", "GET", "/credit/v1/records", params={"sample_id": batch.id})
        return {record["party_role"]: record for record in page["items"]}

    async def until(self, look: Any, batch: Batch, wanted: dict[str, str]) -> dict[str, Json]:
        """Facts travel: wait until `look` (legs, records) shows the wanted state of each role."""
        deadline = time.monotonic() + FACT_SECONDS
        while True:
            found = await look(batch)
            states = {role: row["state"] for role, row in found.items()}
            if states == wanted:
                return dict(found)
            assert time.monotonic() < deadline, f"{states} instead of {wanted}"
            await asyncio.sleep(0.2)

    async def state(self, batch: Batch) -> str:
        return str((await self.must(f"officer.{OWNER}", "GET", f"/sampling/v1/samples/{batch.id}"))["state"])

    async def case(self, case_id: str, what: str, **body: Any) -> Json:
        """One act on an application, which has to succeed."""
        return dict(await self.must(f"officer.{OWNER}", "POST", f"/sampling/v1/objections/{case_id}/{what}", json=body))


def _same(batch: BatchPlan) -> bool:
    return batch.producer.division_code == OWNER


def has_old_certificate(result: Json) -> bool:
    return any(problem["code"] in ("cma_number", "cma_expired") for problem in result["problems"])


def renewed(cma_no: str) -> str:
    """The certificate of 2025: the year stands in front (证书编号以年份起头)."""
    return f"25{cma_no[2:]}"


def problem(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of a refusal."""
    return answer.status_code, answer.json()["code"]


async def publish_tasks(world: Any) -> dict[str, Task]:
    """The run's plan of the province for our county: one task a line; laboratories hold certificates of this year."""
    key = world.platform.gateway_url
    if key not in _published:
        gateway = world.gateway()
        await asyncio.gather(*(_renew(gateway, code) for code in RENEWED))
        _published[key] = {name: await _publish(gateway, name) for name in LINES}
        await gateway.close()
    return _published[key]


async def _renew(gateway: Gateway, code: str) -> None:
    path = f"/directory/v1/labs/{code}"
    known = await gateway.call("registrar.62", "GET", path)
    if any(held["valid_to"] == TO for held in known["certificates"]):
        return
    old = min(known["certificates"], key=lambda held: str(held["valid_from"]))
    new = {"cma_no": renewed(old["cma_no"]), "valid_from": "2025-01-01", "valid_to": TO}
    whole = {name: known[name] for name in ("name", "report_prefix", "division_code", "address", "scope")}
    await gateway.call("registrar.62", "PUT", path, json=whole | {"certificates": [*known["certificates"], new]})


async def _publish(gateway: Gateway, name: str) -> Task:
    product, laboratory, stage, _ = LINES[name]
    line = {
        "line_no": "1", "catalogue_code": None, "reason_without_entry": "端到端测试", "product_code": product, "product_name": product, "quarter": 4,
        "batches": QUOTA, "stage": stage, "sampling_due": "2026-12-15", "test_due": "2026-12-31", "laboratory_codes": [laboratory],
    }  # fmt: skip
    programme = FOOD if name == FOOD else PRODUCT
    head = {"plan_no": f"E2E-{number()}", "year": 2026, "programme": programme, "name": f"端到端测试 {TURN} {name}", "lines": [line]}
    plan = await gateway.call("planner.62", "POST", "/planning/v1/plans", json=head)
    root = f"/planning/v1/plans/{plan['id']}"
    quotas = {"quotas": [{"region_code": OWNER, "batches": QUOTA}]}
    await gateway.call("planner.62", "PUT", f"{root}/lines/{plan['lines'][0]['id']}/quotas", json=quotas)
    await gateway.call("planner.62", "POST", f"{root}/submit")
    await gateway.call("approver.62", "POST", f"{root}/approve")
    await gateway.call("approver.62", "POST", f"{root}/publish", json={"published_on": "2026-01-02"})
    [task] = await gateway.every(f"planner.{OWNER}", "/planning/v1/tasks", plan_id=plan["id"])
    return Task(
        task_id=task["id"], region_code=OWNER, catalogue_code=product, quarter=4, quota=1, laboratory_code=laboratory, stage=stage,
        programme=programme,
    )  # fmt: skip


def second_report(own: Own, batch: Batch, laboratory: str, on: date, *, fails: bool) -> Json:
    """What the re-inspection laboratory reports: the items that failed first, tested by the same methods."""
    plan, known = batch.plan, next(one for one in own.world.province.laboratories if one.code == laboratory)
    disputed = tuple(row.spec for row in plan.items if row.spec.item in batch.failed)
    items = draw_items(Random(3), replace(plan.scheme, items=disputed), fails=fails)
    days = dict.fromkeys(("received_on", "tested_from", "tested_to", "issued_on"), on)
    tested = replace(plan, laboratory=replace(known, cma_no=renewed(known.cma_no)), items=items, verdict=verdict_of(items), **days)
    return report_of(replace(tested, report_no=f"{known.report_prefix}-FJ-{number()}"), batch.sample_no)


async def report_again(own: Own, laboratory: str, reinspection_id: str, report: Json) -> Json:
    """The re-inspection report is in."""
    deadline = time.monotonic() + CACHE_SECONDS
    while True:
        answer = await own.ask(f"lab-{laboratory}", "POST", f"/sampling/v1/reinspections/{reinspection_id}/report", json=report)
        if answer.is_success or answer.json()["code"] not in ("cma_number", "cma_expired") or time.monotonic() > deadline:
            assert answer.is_success, answer.text
            return dict(answer.json())
        await asyncio.sleep(3)


def photo(shade: int = 90) -> bytes:
    """A small real photograph, another one each time."""
    out = io.BytesIO()
    image = Image.effect_noise((320, 240), 60).convert("RGB")
    image.paste((shade, 120, 60), (0, 0, 40, 40))
    image.save(out, "JPEG", quality=80)
    return out.getvalue()


def video() -> bytes:
    """The frame of a video, another one each time."""

    def box(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", 8 + len(body)) + name + body

    return box(b"ftyp", b"isom\0\0\2\0isomiso2") + box(b"moov", box(b"mvhd", bytes(100))) + box(b"mdat", secrets.token_bytes(2000))


def a_few_days_ago() -> date:
    """A day of service that leaves the party time: the platform's page knows no day but today."""
    return today() - timedelta(days=3)


async def file(own: Own, batch: Batch, kind: str, body: bytes, name: str = "a.jpg", media: str = "image/jpeg") -> Json:
    """One upload, as a telephone sends it."""
    data = {"kind": kind, "taken_at": f"{batch.plan.sampled_on}T10:00:00+08:00", "latitude": "36.544722", "longitude": "104.138611"}
    path = f"/sampling/v1/samples/{batch.id}/evidence"
    return dict(await own.must(f"sampler.{OWNER}", "POST", path, files={"file": (name, body, media)}, data=data))


async def unseen(own: Own, *paths: str) -> None:
    """A neighbour county gets 404 on all of it."""
    answers = [(path, (await own.ask(f"{role}.{NEIGHBOUR}", "GET", path)).status_code) for path in paths for role in ("officer", "sampler")]
    assert [answer for answer in answers if answer[1] != 404] == []


async def replacement(own: Own, batch: Batch) -> Json:
    """The request for a replacement, as its planner sees it once planning has heard of it."""
    async with asyncio.timeout(FACT_SECONDS):
        while True:
            rows = await own.gateway.every("planner.62", "/planning/v1/replacements", task_id=batch.form["task_id"])
            if found := [row for row in rows if row["sample_id"] == batch.id]:
                return dict(found[0])
            await asyncio.sleep(0.2)


async def filed(own: Own, batch: Batch, role: str, kind: str, on: str, **more: Any) -> Json:
    """An application that came on paper, entered by the officer."""
    body = {"party_role": role, "kind": kind, "reason": "对检验结论有异议", "applied_on": on, **more}
    return dict(await own.act("officer", batch, "objections", body))

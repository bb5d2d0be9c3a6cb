"""Effects outside happen once: one publication per record version, whatever the receiver does, and the ledger agrees on both sides."""

import asyncio
import sys

import pytest
from longzhi.credit.v1.events_pb2 import RecordPublished, RecordWithdrawn

from common.process import runtime_of
from credit.actions import sending
from credit.main import SERVICE

OWNER, ELSEWHERE = "620102", "620902"


async def check_ledger(credit, receiver):
    """Acknowledged versions here = publications there, by key, receipt and body; one fact per acknowledgement."""
    ours = await credit.platform.rows("SELECT * FROM publicity_version")
    theirs = await receiver.publications()
    acknowledged = {str(v["idempotency_key"]): (v["receipt_no"], str(v["record_id"]), v["version"]) for v in ours if v["state"] == "ACKNOWLEDGED"}
    assert acknowledged == {p["key"]: (p["receipt_no"], p["record_id"], p["version"]) for p in theirs}
    assert len({(p["record_id"], p["version"]) for p in theirs}) == len(theirs)
    told = [*(await credit.platform.facts(RecordPublished)), *(await credit.platform.facts(RecordWithdrawn))]
    assert len(told) == len(acknowledged)


async def queue(credit, make, batches=20):
    for number in range(1, batches + 1):
        await credit.hear(make.batch(number).accepted())
    return await credit.export_all()


async def test_what_is_approved_is_published_with_its_public_fields(credit, make, receiver):
    batch = make.batch(verdict="不合格")
    await credit.hear(batch.accepted())
    await credit.hear(batch.notified())
    await credit.publish_all()
    shown = await receiver.publications()
    assert len(shown) == 2
    body = next(p["body"] for p in shown if p["body"]["party_role"] == "producer")
    expected = {"version": 1, "action": "publish", "uscc": make.code(11), "name": "企业11", "body_code": "620102", "type": "抽查"}
    assert {name: body[name] for name in expected} == expected
    assert (body["checked_on"], body["result_code"], body["published_on"]) == ("2021-03-01", "A", "2021-04-01")
    assert "甲醛释放量（实测0.21 mg/m³，标准值≤0.124）" in body["remark"]
    assert "某路1号" not in str(shown)
    assert {row["state"] for row in await credit.records()} == {"ACKNOWLEDGED"}
    await check_ledger(credit, receiver)


@pytest.mark.parametrize("mood", [{"lose_ack": 0.4}, {"fail_after": 0.4}, {"fail_before": 0.4}, {"lose_ack": 0.2, "fail_after": 0.2, "slow_ms": 5}])
async def test_a_misbehaving_receiver_shows_every_version_once(credit, make, receiver, mood):
    await queue(credit, make)
    await receiver.mood(**mood, seed=7)
    await credit.rounds()
    counters = await receiver.counters()
    assert counters["requests"] > 40  # the test has power: something was sent again
    if "fail_before" not in mood:
        assert counters["repeated"] > 0
    assert len(await receiver.publications()) == 40
    await check_ledger(credit, receiver)


async def test_a_receiver_that_is_down_is_waited_for(credit, make, receiver):
    await queue(credit, make, 3)
    receiver.shut()
    assert await sending.one_round(credit.platform.runtime) == 0
    await credit.platform.rows("UPDATE publicity_version SET next_attempt_at = now()")
    assert await sending.one_round(credit.platform.runtime) == 0
    assert {v["attempts"] for v in await credit.platform.rows("SELECT attempts FROM publicity_version")} == {2}
    receiver.open()
    await receiver.mood(down=True)
    await credit.platform.rows("UPDATE publicity_version SET next_attempt_at = now()")
    assert await sending.one_round(credit.platform.runtime) == 0
    await receiver.mood()
    await credit.rounds()
    assert len(await receiver.publications()) == 6
    await check_ledger(credit, receiver)


async def test_two_workers_publish_every_version_once(credit, make, receiver):
    await queue(credit, make, 30)
    await receiver.mood(lose_ack=0.2, slow_ms=2, seed=3)
    other = runtime_of(SERVICE, credit.platform.runtime.settings)
    for _ in range(20):
        await asyncio.gather(sending.one_round(credit.platform.runtime), sending.one_round(other))
        if not await credit.platform.rows("UPDATE publicity_version SET next_attempt_at = now() WHERE state = 'QUEUED' RETURNING 1"):
            break
    await other.db.close()
    assert len(await receiver.publications()) == 60
    await check_ledger(credit, receiver)


async def test_a_worker_that_died_after_sending_is_taken_over_with_the_same_key(credit, make, receiver):
    await queue(credit, make, 2)
    await receiver.mood(lose_ack=1)
    await sending.one_round(credit.platform.runtime)
    await receiver.mood()
    held = "UPDATE publicity_version SET next_attempt_at = now(), lease_until = now() + interval '20 s'"
    await credit.platform.rows(held)
    assert await sending.one_round(credit.platform.runtime) == 0  # the dead worker's lease still holds
    await credit.platform.rows("UPDATE publicity_version SET lease_until = now() - interval '1 s'")
    await credit.rounds()
    assert (await receiver.counters())["repeated"] == 4
    await check_ledger(credit, receiver)


async def test_the_real_worker_is_killed_and_its_successor_finishes(credit, make, receiver, until):
    await queue(credit, make, 30)
    await receiver.mood(slow_ms=60)
    settings = credit.platform.runtime.settings.model_dump()
    environment = {name.upper(): str(value) for name, value in settings.items()}
    environment["PYTHONPATH"] = ":".join(sys.path)
    script = "import asyncio\nfrom common.process import runtime_of\nfrom credit.main import SERVICE\nfrom credit.actions import sending\n"
    script += "asyncio.run(sending.work(runtime_of(SERVICE, SERVICE.settings())))"
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", script, env=environment)
    try:
        await until(lambda: _some(receiver))
    finally:
        process.kill()
        await process.wait()
    await receiver.mood()
    in_flight = await credit.platform.rows("SELECT 1 FROM publicity_version WHERE state = 'QUEUED' AND lease_until > now()")
    assert in_flight  # it was killed with work in flight
    await credit.platform.rows("UPDATE publicity_version SET lease_until = NULL WHERE state = 'QUEUED'")
    await credit.rounds()
    assert (await receiver.counters())["repeated"] > 0
    assert len(await receiver.publications()) == 60
    await check_ledger(credit, receiver)


async def _some(receiver):
    return len(await receiver.publications()) >= 3


async def test_the_worker_wakes_at_once_when_something_is_exported(credit, make, receiver, until):
    await credit.hear(make.batch().accepted())
    working = asyncio.create_task(sending.work(credit.platform.runtime))
    try:
        await asyncio.sleep(0.3)
        await credit.export_all()

        async def done():
            return {row["state"] for row in await credit.records()} == {"ACKNOWLEDGED"}

        await until(done, 0.9)
    finally:
        working.cancel()


async def test_a_refused_record_says_why_and_is_mended_under_a_new_key(credit, make, receiver):
    batch = make.batch()
    await credit.hear(batch.accepted())
    await receiver.mood(reject_names=["企业10"])
    await credit.publish_all()
    rows = await credit.by_role(batch)
    assert (rows["seller"]["state"], rows["seller"]["reason"]) == ("REJECTED", "主体信息与登记库不一致")
    assert rows["producer"]["state"] == "ACKNOWLEDGED"
    url, body = f"/v1/records/{rows['seller']['id']}", {"on": "2021-04-02", "party_name": "企业十"}
    assert (await credit.person("credit").post(f"{url}/resubmit", json=body)).json()["state"] == "PROPOSED"
    ids = {"record_ids": [str(rows["seller"]["id"])]}
    assert (await credit.person("chief").post("/v1/records:approve", json=ids | {"approved_on": "2021-04-02"})).status_code == 200
    assert (await credit.person("credit").post("/v1/exports", json=ids | {"exported_on": "2021-04-02"})).status_code == 201
    await credit.rounds()
    seen = (await credit.person("credit").get(url)).json()
    assert (seen["state"], [v["state"] for v in seen["versions"]]) == ("ACKNOWLEDGED", ["REJECTED", "ACKNOWLEDGED"])
    assert seen["versions"][0]["idempotency_key"] != seen["versions"][1]["idempotency_key"]
    await check_ledger(credit, receiver)


async def test_rectification_after_publication_makes_a_new_version(credit, make, receiver):
    batch = make.batch(verdict="不合格")
    for fact in (batch.accepted(), batch.notified()):
        await credit.hear(fact)
    await credit.publish_all()
    await credit.hear(batch.closed(closed_on="2021-04-20"), owner=ELSEWHERE)
    await credit.rounds()
    rows = await credit.by_role(batch)
    producer = rows["producer"]
    assert (producer["state"], producer["action"], producer["result_code"], producer["clock_id"]) == ("DUE", "update", "E", "C14")
    assert (str(producer["eligible_on"]), rows["seller"]["state"]) == ("2021-04-20", "ACKNOWLEDGED")
    await credit.publish_all("2021-04-21")
    shown = [p["body"] for p in await receiver.publications() if p["record_id"] == str(producer["id"])]
    assert [(b["version"], b["action"], b["result_code"]) for b in shown] == [(1, "publish", "A"), (2, "update", "E")]
    await check_ledger(credit, receiver)


async def test_a_halted_leg_withdraws_what_is_shown(credit, make, receiver):
    batch = make.batch(verdict="不合格")
    for fact in (batch.accepted(), batch.notified()):
        await credit.hear(fact)
    await credit.publish_all()
    await credit.hear(batch.opened(), owner=ELSEWHERE)
    await credit.hear(batch.halted(), owner=ELSEWHERE)
    await credit.rounds()
    rows = await credit.by_role(batch)
    assert (rows["producer"]["state"], rows["seller"]["state"]) == ("WITHDRAWN", "ACKNOWLEDGED")
    last = (await receiver.publications())[-1]["body"]
    assert (last["action"], last["withdraws"], last["version"]) == ("withdraw", str(rows["producer"]["id"]), 2)
    assert "不合格项目" not in str(last)
    assert [f.record_id for f in await credit.platform.facts(RecordWithdrawn)] == [str(rows["producer"]["id"])]
    await check_ledger(credit, receiver)


async def test_a_verdict_that_turned_is_withdrawn_and_then_published_anew(credit, make, receiver):
    batch = make.batch(verdict="不合格")
    for fact in (batch.accepted(), batch.notified()):
        await credit.hear(fact)
    await credit.publish_all()
    await credit.hear(batch.replaced("合格", batch.leg("v2"), issued_on="2021-04-10"))
    assert {row["state"] for row in await credit.records()} == {"SENT"}
    await credit.rounds()
    assert {(row["state"], row["result_code"], str(row["eligible_on"])) for row in await credit.records()} == {("DUE", "1", "2021-04-10")}
    await credit.publish_all("2021-04-12")
    assert sorted((p["body"]["action"], p["body"]["result_code"]) for p in await receiver.publications()) == sorted(
        [("publish", "A"), ("withdraw", "A"), ("publish", "1")] * 2
    )
    await check_ledger(credit, receiver)


async def test_a_fact_heard_while_a_version_is_on_its_way_is_followed_after_the_receipt(credit, make, receiver):
    batch = make.batch()
    await credit.hear(batch.accepted())
    await credit.export_all()
    await receiver.mood(lose_ack=1)
    await sending.one_round(credit.platform.runtime)  # tried: the receiver has it, nobody here knows
    await credit.hear(batch.replaced("不合格", batch.leg("v2")))
    assert {(row["state"], row["needs_review"]) for row in await credit.records()} == {("SENT", True)}
    await receiver.mood()
    await credit.rounds()
    assert {row["state"] for row in await credit.records()} == {"PENDING"}
    assert [p["action"] for p in await receiver.publications()] == ["publish", "publish", "withdraw", "withdraw"]
    await check_ledger(credit, receiver)


async def test_what_was_never_tried_is_taken_back_before_it_is_sent(credit, make, receiver):
    batch = make.batch()
    await credit.hear(batch.accepted())
    await credit.export_all()
    await credit.hear(batch.replaced("不合格", batch.leg("v2")))
    await credit.rounds()
    assert {row["state"] for row in await credit.records()} == {"PENDING"}
    assert {v["state"] for v in await credit.platform.rows("SELECT state FROM publicity_version")} == {"CANCELLED"}
    assert await receiver.publications() == []


async def test_the_export_continues_the_trace_of_the_report(credit, make, receiver):
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    await credit.hear_chunk([make.batch().accepted()], traceparent=trace)
    await credit.export_all()
    sent, client = [], credit.platform.runtime.clients.receiver

    async def note(request):
        sent.append(request.headers.get("traceparent", ""))

    client.event_hooks["request"] = [note]
    await credit.rounds()
    assert {header.split("-")[1] for header in sent} == {trace.split("-")[1]}


async def test_every_owner_gets_its_turn_and_its_own_rows(credit, make, receiver):
    for number, owner in enumerate(("620102", "620103", "6202"), start=1):
        await credit.hear(make.batch(number, owner=owner).accepted(), owner=owner)
        await credit.export_all(region=owner)
    await credit.rounds()
    assert {row["state"] for row in await credit.records()} == {"ACKNOWLEDGED"}
    owners = {envelope.region_code for envelope in await credit.platform.facts() if envelope.type.endswith("RecordPublished")}
    assert owners == {"620102", "620103", "6202"}
    await check_ledger(credit, receiver)


async def test_the_worker_survives_one_owner_it_cannot_serve(credit, make, receiver):
    """A broken row of one bureau must not hold up the others."""
    for number, owner in enumerate(("620102", "620103"), start=1):
        await credit.hear(make.batch(number, owner=owner).accepted(), owner=owner)
        await credit.export_all(region=owner)
    await credit.platform.rows("UPDATE publicity_version SET body = '[]' WHERE region_code = '620102'")
    await sending.one_round(credit.platform.runtime)
    await sending.one_round(credit.platform.runtime)
    states = {row["region_code"]: row["state"] for row in await credit.records()}
    assert states == {"620102": "SENT", "620103": "ACKNOWLEDGED"}

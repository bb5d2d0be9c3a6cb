"""The receiver keeps once what comes with one key, and misbehaves only as told."""

import httpx
import pytest

from demo.receiver import create

RECORD = {
    "record_id": "r1", "version": 1, "action": "publish", "uscc": "91620102MA700000XE", "name": "甲", "body_code": "620102", "type": "抽查",
    "checked_on": "2021-04-30", "result_code": "1",
}  # fmt: skip


@pytest.fixture
def receiver(tmp_path):
    transport = httpx.ASGITransport(create(str(tmp_path / "r.sqlite")), raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://receiver")


async def send(receiver, key="k1", **changed):
    return await receiver.post("/records", json=RECORD | changed, headers={"Idempotency-Key": key} if key else {})


async def shown(receiver):
    return [(p["record_id"], p["version"]) for p in (await receiver.get("/publications")).json()["items"]]


async def test_one_key_is_one_publication(receiver):
    first, second = await send(receiver), await send(receiver)
    assert first.json() == second.json() and first.json()["accepted"]
    assert await shown(receiver) == [("r1", 1)]
    await send(receiver, key="k2")
    assert await shown(receiver) == [("r1", 1), ("r1", 1)], "a careless sender must be seen"


@pytest.mark.parametrize("changed", [{"uscc": ""}, {"result_code": None}, {"name": "乙"}])
async def test_it_refuses_with_a_reason(receiver, changed):
    await receiver.put("/behaviour", json={"reject_names": ["乙"]})
    answer = await send(receiver, **changed)
    assert answer.status_code == 422 and answer.json()["reason"]
    assert await shown(receiver) == []


async def test_without_a_key_nothing_is_kept(receiver):
    assert (await send(receiver, key="")).status_code == 422


@pytest.mark.parametrize(
    ("mood", "kept"),
    [({"fail_after": 1}, True), ({"fail_before": 1}, False), ({"down": True}, False), ({"lose_ack": 1}, True)],
)
async def test_it_misbehaves_on_request(receiver, mood, kept):
    await receiver.put("/behaviour", json=mood)
    try:
        answer = await send(receiver)
        assert answer.status_code >= 500 or "receipt_no" not in answer.text
    except (httpx.HTTPError, ConnectionResetError):
        assert "lose_ack" in mood
    assert bool(await shown(receiver)) is kept
    await receiver.put("/behaviour", json={})
    assert (await send(receiver)).json()["accepted"]
    assert await shown(receiver) == [("r1", 1)]

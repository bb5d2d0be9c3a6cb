"""The chain of audit entries can be checked offline, and a change in it is found and located."""

import asyncio

import pytest

from common import audit


async def chain(platform):
    return await platform.rows("SELECT * FROM audit_entry WHERE region_code = '620102' ORDER BY seq")


async def fill(platform, n=5):
    officers = [platform.client(f"o{i}", "officer", region="620102") for i in range(n)]
    await asyncio.gather(*(officer.post("/v1/notes", json={"title": f"记录{i}"}) for i, officer in enumerate(officers)))


async def test_a_chain_written_by_many_at_once_is_whole(platform):
    await fill(platform, 12)
    entries = await chain(platform)
    assert [e["seq"] for e in entries] == list(range(1, 13))
    assert audit.first_break(entries) is None


@pytest.mark.parametrize(
    ("name", "tamper", "at"),
    [
        ("change", lambda e: [*e[:2], {**e[2], "actor": "someone"}, *e[3:]], 3),
        ("details", lambda e: [*e[:2], {**e[2], "details": {"title": "改"}}, *e[3:]], 3),
        ("delete", lambda e: e[:2] + e[3:], 3),
        ("insert", lambda e: [*e[:2], e[2], *e[2:]], 4),
        ("reorder", lambda e: [e[0], e[2], e[1], *e[3:]], 2),
    ],
)
async def test_tampering_is_located(platform, name, tamper, at):
    await fill(platform)
    assert audit.first_break(tamper(await chain(platform))) == at, name

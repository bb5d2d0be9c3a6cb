"""Changing the key of telephone numbers: with both keys everything opens, after `reseal` the old one is needed by nobody."""

import pytest

from common import vault
from common.db import Database
from common.region import Region
from common.reseal import reseal
from experts.main import SERVICE

OLD, NEW = "cd" * 32, "ef" * 32


async def _phones(platform, roots):
    rows = await platform.rows("SELECT expert_id, region_code, phone_sealed FROM expert_private")
    return [vault.unseal(vault.keys_of(roots, Region(r["region_code"])), f"{r['expert_id']}:phone", r["phone_sealed"]) for r in rows]


async def test_after_resealing_the_new_key_alone_opens_and_twice_is_once(platform, pool):
    before = await _phones(platform, OLD)
    assert await _phones(platform, f"{NEW},{OLD}") == before, "with both keys nothing stops"
    db: Database = platform.runtime.db
    first = await reseal(db, f"{NEW},{OLD}", "62", SERVICE.sealed)
    assert (first["resealed"], first["current"], first["unreadable"], first["busy"]) == (len(before), 0, 0, 0)
    assert sorted(await _phones(platform, NEW)) == sorted(before)
    with pytest.raises(ValueError, match="another key"):
        await _phones(platform, OLD)
    again = await reseal(db, f"{NEW},{OLD}", "62", SERVICE.sealed)
    assert (again["resealed"], again["current"]) == (0, len(before))


async def test_what_no_key_opens_is_counted_and_left_as_it_is(platform, pool):
    stored = await platform.rows("SELECT phone_sealed FROM expert_private ORDER BY expert_id")
    found = await reseal(platform.runtime.db, NEW, "62", SERVICE.sealed)
    assert (found["unreadable"], found["resealed"]) == (len(stored), 0)
    assert await platform.rows("SELECT phone_sealed FROM expert_private ORDER BY expert_id") == stored

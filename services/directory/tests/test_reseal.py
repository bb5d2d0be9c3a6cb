"""Changing the key of legal persons' names and telephones; an import sees with either key what has not changed."""

import pytest

from common import vault
from common.region import Region
from common.reseal import reseal
from directory.main import SERVICE

OLD, NEW = "cd" * 32, "ef" * 32


async def test_both_fields_of_a_firm_are_sealed_anew(platform, firm):
    found = await reseal(platform.runtime.db, f"{NEW},{OLD}", "62", SERVICE.sealed)
    assert (found["resealed"], found["unreadable"]) == (2, 0)
    [row] = await platform.rows("SELECT * FROM enterprise_contact")
    keys = vault.keys_of(NEW, Region(row["region_code"]))
    assert vault.unseal(keys, f"{row['enterprise_id']}:phone", row["phone"])
    with pytest.raises(ValueError, match="another key"):
        vault.unseal(vault.keys_of(OLD, Region(row["region_code"])), f"{row['enterprise_id']}:phone", row["phone"])

"""Really published rows become history: every row is stored, known already, or refused with a reason. Needs REAL=folder."""

import csv
import io
import os
from pathlib import Path

import pytest

from demo.history import read_sheets
from ops import ledger

FOLDER = Path(os.environ.get("REAL") or "/nonexistent")
SHEETS = read_sheets(FOLDER) if FOLDER.is_dir() else []
pytestmark = pytest.mark.skipif(not SHEETS, reason="REAL names no folder of published rows: make e2e REAL=…")
HEADERS = {"Content-Type": "text/csv"}
PATH = "/sampling/v1/history:import"


async def stored(kind):
    return (await ledger.rows("sampling", f"SELECT count(*) AS n FROM published_result WHERE kind = '{kind}'"))[0]["n"]


async def bring_in(gateway, sheet):
    kind, _, body = sheet
    return await gateway.call("registrar.62", "POST", PATH, params={"kind": kind}, content=body, headers=HEADERS)


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet[1])
async def test_every_row_is_stored_known_or_refused(world, gateway, sheet):
    kind, name, body = sheet
    rows = sum(1 for _ in csv.reader(io.StringIO(body.decode("utf-8-sig")))) - 1
    before = await stored(kind)
    told = await bring_in(gateway, sheet)
    print(f"\n{name}: {rows} rows, {told['imported']} stored, {told['unchanged']} known, {told['refused']} refused, by owner {told['by_owner']}")
    assert told["rows"] == rows
    assert told["imported"] + told["unchanged"] + told["refused"] == rows
    assert await stored(kind) - before == told["imported"]
    assert len(told["problems"]) == min(told["refused"], 1000)
    assert all(problem["code"] for problem in told["problems"])


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet[1])
async def test_importing_again_changes_nothing(world, gateway, sheet):
    await bring_in(gateway, sheet)
    before = await stored(sheet[0])
    again = await bring_in(gateway, sheet)
    assert again["imported"] == 0
    assert await stored(sheet[0]) == before


async def test_rows_of_gansu_land_in_the_bureau_that_they_tell(world, gateway):
    """Where the original row names a division of the province, its owner covers exactly that; the rest stays with the province."""
    for sheet in SHEETS:
        await bring_in(gateway, sheet)
    rows = await ledger.rows("sampling", "SELECT region_code, original::text AS row, sampled_party, producer FROM published_result")
    names = {d.name: d.code for d in world.province.divisions if d.level != "province"}
    local = [row for row in rows if row["region_code"] != "62"]
    print(f"\n{len(local)} of {len(rows)} rows land below the province")
    assert local
    assert {row["region_code"] for row in local} <= {code.removesuffix("00") for code in names.values()}
    home = {code.removesuffix("00"): name for name, code in names.items()}
    untold = [row for row in local if home[row["region_code"]].rstrip("市县区")[:2] not in row["row"]]
    assert untold == []

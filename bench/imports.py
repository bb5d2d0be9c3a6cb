"""A registrar's import of 50,000 enterprises through the public API, as CSV and as a workbook: every row is new, checked, encrypted and told."""

import csv
import io
import os
import random
import time
from collections.abc import Iterator

import xlsxwriter

from bench.figures import Figure
from bench.meter import settle
from bench.world import World
from demo.build import COLUMNS
from demo.files import load_divisions
from demo.uscc import make_uscc

ROWS = 50_000
PATH = "/api/directory/v1/enterprises:import"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


async def imports(world: World, rows: int = ROWS) -> list[Figure]:
    """The whole call, from the first byte sent to the answer; PostgreSQL has committed by then."""
    return [await _send(world, "CSV", "text/csv", _csv(rows, "A")), await _send(world, "XLSX", XLSX, _workbook(rows, "B"))]


async def _send(world: World, name: str, media: str, sheet: bytes) -> Figure:
    await settle(world.platform)
    headers = await world.token("registrar.62") | {"Content-Type": media, "Idempotency-Key": f"bench-import-{name}-{os.getpid()}"}
    started = time.perf_counter()
    answer = await world.http.post(PATH, content=sheet, headers=headers, timeout=300)
    took = time.perf_counter() - started
    answer.raise_for_status()
    told = answer.json()
    if told["problems"]:
        raise RuntimeError(f"good rows were refused: {told['problems'][:2]}")
    return Figure("imports", f"import of {ROWS:,} new enterprises, {name}", took, "s", 30, note=f"{len(sheet) / 1e6:.1f} MB")


def _rows(count: int, mark: str) -> Iterator[list[str]]:
    rng, homes = random.Random(mark), [division for division in load_divisions() if division.level == "county"]
    for number in range(count):
        home = rng.choice(homes).code
        code = make_uscc("91", home, f"M{mark}{number:06d}")
        firm = f"{rng.choice('鑫恒瑞宏华昌')}{rng.choice('泰丰博隆达顺')}{number}{mark}商贸有限公司"
        yield [code, firm, "经营企业", "王某", home, f"某路{number}号", "", f"138{number % 10**8:08d}", "小", "零售业", "B", "存续", "", ""]


def _csv(count: int, mark: str) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows([COLUMNS, *_rows(count, mark)])
    return out.getvalue().encode()


def _workbook(count: int, mark: str) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"constant_memory": True}) as book:
        page = book.add_worksheet()
        for at, row in enumerate([COLUMNS, *_rows(count, mark)]):
            page.write_row(at, 0, row)
    return out.getvalue()

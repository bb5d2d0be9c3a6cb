"""What came of the quarter, by prefecture, asked from the services as the province sees it."""

import asyncio
from collections import Counter
from typing import Any

from demo.gateway import Gateway
from demo.shapes import Province

COLUMNS = ("计划", "抽样", "报告", "不合格", "处置分支", "办结", "按时", "已归集")
REPORTED = ("CONFORMING", "NON_CONFORMING", "PROBLEM", "NOTIFIED", "FINAL")
LEG_STATES = (
    "OPENED", "RECEIVED", "CONTROLLED", "CAUSE_FOUND", "RECTIFYING", "RECHECK", "PENALTY_DECIDED", "NO_PENALTY", "PUBLISHED", "CLOSED",
)  # fmt: skip
Cells = dict[str, Counter[str]]


async def table(gateway: Gateway, province: Province, quarter: int) -> str:
    """Per prefecture: planned, sampled, reported, non-conforming, legs, closed, on time, exported."""
    prefectures = [d for d in province.divisions if d.level == "prefecture"]
    cells: Cells = {d.code[:4]: Counter() for d in prefectures}
    await asyncio.gather(_tasks(gateway, quarter, cells), _samples(gateway, quarter, cells), _legs(gateway, quarter, cells), _records(gateway, cells))
    lines = [_row("市州", COLUMNS)]
    lines += [_row(d.name, [str(cells[d.code[:4]][c]) for c in COLUMNS]) for d in prefectures]
    lines.append(_row("全省", [str(sum(c[name] for c in cells.values())) for name in COLUMNS]))
    return "\n".join(lines) + "\n"


def _row(name: str, values: Any) -> str:
    return name + "\u3000" * (9 - len(name)) + "".join(_right(value, 11) for value in values)


def _right(text: str, width: int) -> str:
    wide = sum(2 if ord(c) > 0x2E80 else 1 for c in text)
    return " " * (width - wide) + text


async def _tasks(gateway: Gateway, quarter: int, cells: Cells) -> None:
    for row in await gateway.every("planner.62", "/planning/v1/tasks", quarter=quarter):
        cells[row["region_code"][:4]]["计划"] += row["quota"]


async def _samples(gateway: Gateway, quarter: int, cells: Cells) -> None:
    for row in await gateway.every("officer.62", "/sampling/v1/samples"):
        if not row["period"].endswith(f"Q{quarter}"):
            continue
        cell = cells[row["region_code"][:4]]
        cell["抽样"] += row["state"] != "PLANNED"
        cell["报告"] += row["state"] in REPORTED
        cell["不合格"] += row["state"] in ("NON_CONFORMING", "NOTIFIED", "FINAL")


async def _legs(gateway: Gateway, quarter: int, cells: Cells) -> None:
    for row in await gateway.every("officer.62", "/disposal/v1/legs", state=list(LEG_STATES)):
        cell = cells[row["region_code"][:4]]
        cell["处置分支"] += 1
        cell["办结"] += row["state"] == "CLOSED"
        cell["按时"] += row["state"] == "CLOSED" and row["closed_on"] <= row["due_on"]


async def _records(gateway: Gateway, cells: Cells) -> None:
    for row in await gateway.every("credit.62", "/credit/v1/records", state="ACKNOWLEDGED"):
        cells[row["region_code"][:4]]["已归集"] += 1


def addresses(root: str) -> str:
    """Where to look around, and as whom."""
    return "\n".join([
        "", f"控制台     {root}/", f"接口文档   {root}/api/<服务>/openapi.json   服务:directory planning sampling disposal experts credit",
        "账号       planner.62  auditor.62  officer.6201  officer.620102  sampler.620102  chief.620102  credit.620102 …(口令 demo)",
        "承检机构   lab-L01 … lab-L12(密钥 demo-L01 …,客户端凭证方式)", "账目核对   make ledger      停止   make down      清空   make reset",
    ])  # fmt: skip

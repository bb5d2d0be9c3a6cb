"""Imports really published rows as history through the public endpoint: rows in, rows refused and why, nothing silently changed."""

from collections import Counter
from pathlib import Path

from demo.gateway import Gateway

Sheet = tuple[str, str, bytes]  # kind, file name, CSV


def read_sheets(folder: Path) -> list[Sheet]:
    """The files of a folder of published rows that the endpoint knows."""
    found = [("product", folder / "product_quality_spotcheck_2008_2018.csv"), *(("food", path) for path in sorted(folder.glob("food_*.csv")))]
    return [(kind, path.name, path.read_bytes()) for kind, path in found if path.exists()]


async def import_all(gateway: Gateway, sheets: list[Sheet]) -> str:
    """Import every sheet; a table of what went in, what was there already, and what was refused and why."""
    lines = [f"{'历史数据':<46}{'读入':>8}{'收下':>8}{'已有':>8}{'拒收':>8}{'归市县':>8}"]
    for sheet in sheets:
        lines += await _import(gateway, sheet)
    return "\n".join(lines) + "\n"


async def _import(gateway: Gateway, sheet: Sheet) -> list[str]:
    kind, name, body = sheet
    path, headers = "/sampling/v1/history:import", {"Content-Type": "text/csv"}
    told = await gateway.call("registrar.62", "POST", path, params={"kind": kind}, content=body, headers=headers)
    local = sum(number for owner, number in told["by_owner"].items() if owner != "62")
    counts = "".join(f"{told[column]:>10}" for column in ("rows", "imported", "unchanged", "refused")) + f"{local:>11}"
    why = Counter(problem["code"] for problem in told["problems"])
    return [f"{name:<50}{counts}"] + [f"    {code}(前 {len(told['problems'])} 条中 {number} 条)" for code, number in why.most_common()]

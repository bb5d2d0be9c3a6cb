"""Loads the demonstration province through the public API: laboratories, enterprises, catalogue, schemes, experts, and the published plan.

Every call has a key of its own made from the seed, so that loading twice changes nothing.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from demo.build import write_imports
from demo.files import read_yaml, scope_of
from demo.gateway import ApiError, Gateway
from demo.shapes import Expert, Laboratory, PlanLine, Province, Scheme, SchemeItem

PROVINCE = "62"
PUBLISHED_ON = "2020-12-21"
REVIEWED_ON, NOTICE_FROM, ACTIVE_ON, DRAWN_ON = "2020-10-12", "2020-10-13", "2020-10-23", "2020-12-08"
PANEL = 3
Tell = Callable[[str], None]


@dataclass
class Loader:
    """One loading of one province; `tell` says how far it is."""

    gateway: Gateway
    province: Province
    tell: Tell

    def key(self, *parts: object) -> str:
        return f"demo-{self.province.seed}-" + "-".join(map(str, parts))

    async def post(self, who: str, path: str, body: Any, *parts: object) -> Any:
        return await self.gateway.call(f"{who}.{PROVINCE}", "POST", path, key=self.key(path, *parts), json=body)


async def load(gateway: Gateway, province: Province, folder: Path, tell: Tell) -> str:
    """Load everything in the order in which a bureau would; returns the plan's id. `folder` takes the import files."""
    loader = Loader(gateway, province, tell)
    tell("承检机构、企业名录")
    await asyncio.gather(*(_laboratory(loader, each) for each in province.laboratories))
    await _enterprises(loader, folder)
    tell("监管目录、实施细则、食品分类")
    await _catalogue(loader)
    await _schemes(loader)
    await _food_classes(loader)
    tell("专家库")
    await _experts(loader)
    tell("抽检计划、配额、专家评审")
    return await _plan(loader)


async def _laboratory(loader: Loader, laboratory: Laboratory) -> None:
    scope = {(item, method) for _, item, method in scope_of(laboratory, loader.province.schemes)}
    body = {
        "name": laboratory.name, "report_prefix": laboratory.report_prefix, "division_code": laboratory.division_code, "address": laboratory.address,
        "certificates": [{"cma_no": laboratory.cma_no, "valid_from": str(laboratory.valid_from), "valid_to": str(laboratory.valid_to)}],
        "scope": [{"item": item, "method": method} for item, method in sorted(scope)],
    }  # fmt: skip
    await loader.gateway.call(
        f"registrar.{PROVINCE}", "PUT", f"/directory/v1/labs/{laboratory.code}", key=loader.key("lab", laboratory.code), json=body
    )


async def _enterprises(loader: Loader, folder: Path) -> None:
    sheet = next(path for path in write_imports(loader.province, folder) if path.name == "enterprises.csv")
    answer = await loader.gateway.call(
        f"registrar.{PROVINCE}", "POST", "/directory/v1/enterprises:import", key=loader.key("enterprises"),
        content=sheet.read_bytes(), headers={"Content-Type": "text/csv"},
    )  # fmt: skip
    if answer["problems"]:
        raise RuntimeError(f"enterprises refused: {answer['problems'][:3]}")


async def _catalogue(loader: Loader) -> None:
    rows = read_yaml("catalogue.yaml")["entries"]
    names = ("code", "name", "group", "class", "risk_level", "measures", "legal_basis", "licence_kind")
    entries = [{name: row[name] for name in names} | {"valid_from": "2021-01-01"} for row in rows]
    await loader.post("planner", "/planning/v1/catalogue:batch", {"year": 2021, "entries": entries})
    await loader.post("approver", "/planning/v1/catalogue/2021/publish", None)


def _unit(item: SchemeItem) -> str | None:
    """A number always says its unit; the empty one is 'dimensionless'."""
    return "" if item.unit is None and item.kind == "numeric" else item.unit


def _scheme_item(item: SchemeItem) -> dict[str, Any]:
    n, c, m, cap = item.plan or (None, None, None, None)
    return {
        "item": item.item, "methods": list(item.methods), "kind": item.kind, "min": item.min, "max": item.max, "unit": _unit(item),
        "limit_source": item.limit_source, "grade": item.grade, "microbe_n": n, "microbe_c": c, "microbe_m": m, "microbe_cap": cap,
        "rounding_places": item.rounding_places if item.comparison == "rounded" else -1,
    }  # fmt: skip


async def _schemes(loader: Loader) -> None:
    by_product: dict[str, list[Scheme]] = {}
    for scheme in loader.province.schemes:
        by_product.setdefault(scheme.product_code, []).append(scheme)
    await asyncio.gather(*(_versions(loader, sorted(each, key=lambda s: s.version)) for each in by_product.values()))


async def _versions(loader: Loader, versions: list[Scheme]) -> None:
    for scheme in versions:  # the service counts versions, so they go in order
        body = {
            "scheme_no": scheme.scheme_no, "product_code": scheme.product_code, "name": scheme.name, "programme": scheme.programme,
            "valid_from": str(scheme.valid_from), "valid_to": str(scheme.valid_to) if scheme.valid_to else None,
            "items": [_scheme_item(item) for item in scheme.items],
        }  # fmt: skip
        made = await loader.post("planner", "/planning/v1/schemes", body, scheme.scheme_no, scheme.version)
        await loader.post("approver", f"/planning/v1/schemes/{made['id']}/publish", None)


def _food_tree() -> list[dict[str, Any]]:
    """The classes with the levels above each leaf; codes of the middle levels are made here, the leaves keep theirs."""
    rows: dict[str, dict[str, Any]] = {}
    for top in read_yaml("food_classes.yaml")["classes"]:
        rows[top["name"]] = {"code": top["code"], "name": top["name"], "level": 1}
        for leaf in top["leaves"]:
            parts = leaf["path"].split("/")
            for level in (2, 3, 4):
                path, above = "/".join(parts[:level]), rows["/".join(parts[: level - 1])]
                code = leaf["code"] if level == 4 else f"{above['code']}.{leaf['code'][2:]}"
                rows.setdefault(path, {"code": code, "name": parts[level - 1], "level": level, "parent_code": above["code"]})
    return list(rows.values())


async def _food_classes(loader: Loader) -> None:
    await loader.post("planner", "/planning/v1/food-classes:batch", {"year": 2021, "classes": _food_tree()})


def _application(expert: Expert) -> dict[str, Any]:
    return {
        "number": expert.expert_no, "pool": expert.pool, "name": expert.name, "sex": expert.sex, "birth_year": expert.birth_year,
        "unit": expert.unit, "unit_uscc": expert.unit_uscc, "title": expert.title, "specialities": list(expert.specialities),
        "residence_code": expert.region_code, "phone": expert.phone,
        "certificate_until": str(expert.certificate_until) if expert.certificate_until else None,
        "interests": [{"uscc": uscc, "until": "2023-12-31"} for uscc in expert.interests],
    }  # fmt: skip


async def _experts(loader: Loader) -> None:
    applied = await loader.post("experts", "/experts/v1/experts:batch", {"experts": [_application(e) for e in loader.province.experts]})
    ids = [row["id"] for row in applied["items"]]
    await loader.post("experts", "/experts/v1/experts:review-batch", {"ids": ids, "reviewed_on": REVIEWED_ON})
    await loader.post("experts", "/experts/v1/experts:notice-batch", {"ids": ids, "from": NOTICE_FROM})
    await loader.post("experts", "/experts/v1/experts:activate-batch", {"ids": ids, "on": ACTIVE_ON})


def _line(line: PlanLine, product: Scheme) -> dict[str, Any]:
    unlisted = line.catalogue_code is None
    return {
        "line_no": line.line_no, "catalogue_code": line.catalogue_code, "reason_without_entry": line.reason,
        "product_code": product.product_code if unlisted else None, "product_name": product.name if unlisted else None,
        "quarter": line.quarter, "batches": line.batches, "stage": line.stage,
        "tags": list(line.venue_tags), "sampling_due": str(line.sampling_due), "test_due": str(line.test_due),
        "laboratory_codes": list(line.laboratory_codes), "risky": line.risky,
    }  # fmt: skip


async def _plan(loader: Loader) -> str:
    product_of = {scheme.scheme_no: scheme for scheme in loader.province.schemes}
    lines = [_line(line, product_of[line.scheme_no]) for line in loader.province.plan]
    head = {"plan_no": "SCP-2021-62", "year": 2021, "programme": "产品", "name": "2021年甘肃省省级产品质量监督抽查计划(演示)", "lines": lines}
    people = [{"code": code, "people": people} for code, people in _people(loader.province)]
    census = {"year": 2020, "source": "第七次全国人口普查(县级为演示拆分)", "populations": people}
    await loader.post("planner", "/planning/v1/populations:batch", census)
    plan = await loader.post("planner", "/planning/v1/plans", head)
    root = f"/planning/v1/plans/{plan['id']}"
    for line in plan["lines"]:  # one at a time: each change moves the plan's revision
        await loader.post("planner", f"{root}/lines/{line['id']}/quotas:allocate", {"basis": "population"})
        if line["risky"]:
            await _review(loader, root, line)
    await loader.post("planner", f"{root}/submit", None)
    await loader.post("approver", f"{root}/approve", None)
    await loader.post("approver", f"{root}/publish", {"published_on": PUBLISHED_ON})
    return str(plan["id"])


def _people(province: Province) -> list[tuple[str, int]]:
    """Population by executing bureau: the counties, and 嘉峪关 which has none."""
    parents = {division.parent_code for division in province.divisions if division.level == "county"}
    homes = [d for d in province.divisions if d.level == "county" or (d.level == "prefecture" and d.code not in parents)]
    return [(d.code[:4] if d.level == "prefecture" else d.code, d.population) for d in homes]


async def _review(loader: Loader, root: str, line: dict[str, Any]) -> None:
    """Have a panel of experts look at a risky line; their opinions are recorded by the pool's keeper."""
    body = {"size": PANEL, "specialities": ["HAZCHEM"], "recuse_usccs": [], "drawn_on": DRAWN_ON}
    drawn = await loader.post("planner", f"{root}/lines/{line['id']}/panel", body)
    draw = f"/experts/v1/draws/{drawn['expert_draw_id']}"
    shown = await loader.gateway.call(f"planner.{PROVINCE}", "GET", draw)
    seated = [member["expert_id"] for member in shown["members"] if member["seated"]]
    for number, expert in enumerate(seated):
        given = {
            "opinion": "disagree" if number == PANEL - 1 else "agree",
            "text": "品种与批次安排合理" if number else "同意",
            "given_on": "2020-12-10",
        }
        await loader.post("experts", f"{draw}/members/{expert}/declare", {"declared_on": "2020-12-09", "has_interest": False})
        await loader.post("experts", f"{draw}/members/{expert}/opinion", given)
    await loader.post("planner", f"{root}/lines/{line['id']}/panel/refresh", None)


async def is_loaded(gateway: Gateway) -> bool:
    """Whether this platform has the demonstration's plan already."""
    try:
        plans = await gateway.every(f"planner.{PROVINCE}", "/planning/v1/plans", year=2021)
    except ApiError:
        return False
    return any(plan["plan_no"] == "SCP-2021-62" and plan["state"] == "PUBLISHED" for plan in plans)

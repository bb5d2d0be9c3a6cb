"""Reads the data files of the demonstration (demo/data) into their shapes."""

import csv
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from demo.shapes import CatalogueEntry, Division, Goods, Laboratory, PlanLine, Scheme, SchemeItem

DATA = Path(__file__).resolve().parent / "data"
Row = dict[str, Any]


def read_yaml(name: str) -> Row:
    """One YAML file of demo/data."""
    loaded: Row = yaml.load((DATA / name).read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return loaded


def read_csv(name: str) -> list[dict[str, str]]:
    """One CSV file of demo/data."""
    with (DATA / name).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def load_divisions() -> tuple[Division, ...]:
    """The 101 divisions with their population (2020 census; counties a plausible split)."""
    people = {row["code"]: int(row["population"]) for row in read_csv("populations.csv")}
    return tuple(Division(**row, population=people[row["code"]]) for row in read_csv("divisions.csv"))


def load_catalogue() -> tuple[CatalogueEntry, ...]:
    """The entries of the catalogue (监管目录), without the parts that only planning needs."""
    keys = ("code", "name", "group", "licence_kind", "licence_prefix")
    return tuple(CatalogueEntry(**{key: row[key] for key in keys}) for row in read_yaml("catalogue.yaml")["entries"])


def load_schemes() -> tuple[Scheme, ...]:
    """Every version of every test scheme (实施细则)."""
    return tuple(_scheme(row) for row in read_yaml("schemes.yaml")["schemes"])


def _scheme(row: Row) -> Scheme:
    until = row["valid_to"]
    return Scheme(
        **{key: row[key] for key in ("scheme_no", "version", "product_code", "name", "standard", "programme")},
        valid_from=date.fromisoformat(row["valid_from"]),
        valid_to=date.fromisoformat(until) if until else None,
        items=tuple(_item(item) for item in row["items"]),
    )


def _item(row: Row) -> SchemeItem:
    keys = ("item", "kind", "min", "max", "unit", "lod", "lod_unit", "limit_source", "grade", "rounding_places")
    plan = row.get("microbe")
    return SchemeItem(
        **{key: row[key] for key in keys},
        methods=tuple(row["methods"]),
        comparison=row["comparison"],
        low=row["typical"]["low"] or "0",
        high=row["typical"]["high"] or "0",
        plan=(plan["n"], plan["c"], plan["m"], plan["M"]) if plan else None,
    )


def load_goods() -> dict[str, Goods]:
    """What is on the shelf, per product code."""
    return {code: _goods(row) for code, row in read_yaml("goods.yaml")["goods"].items()}


def _goods(row: Row) -> Goods:
    return Goods(
        **{key: row[key] for key in ("unit", "quantity", "reserve", "grade")},
        names=tuple(row["names"]),
        specs=tuple(row["specs"]),
        price_fen=(row["price_fen"][0], row["price_fen"][1]),
        age_days=(row["age_days"][0], row["age_days"][1]),
    )


def load_laboratories() -> tuple[Laboratory, ...]:
    """The twelve laboratories (承检机构)."""
    return tuple(_laboratory(dict(row)) for row in read_csv("laboratories.csv"))


def _laboratory(row: dict[str, str]) -> Laboratory:
    plain = ("code", "name", "report_prefix", "cma_no", "division_code", "address", "phone")
    return Laboratory(
        **{key: row[key] for key in plain},
        valid_from=date.fromisoformat(row["valid_from"]),
        valid_to=date.fromisoformat(row["valid_to"]),
        codes=tuple(row["codes"].split(";")),
    )


def scope_of(laboratory: Laboratory, schemes: tuple[Scheme, ...]) -> list[tuple[str, str, str]]:
    """The CMA scope (资质认定范围) as (product code, item, method): all items of the schemes of its products."""
    rows = {
        (scheme.product_code, item.item, method)
        for scheme in schemes
        if scheme.product_code in laboratory.codes
        for item in scheme.items
        for method in item.methods
    }
    return sorted(rows)


def load_plan() -> tuple[PlanLine, ...]:
    """The lines of the provincial product plan of 2021."""
    return tuple(_line(dict(row)) for row in read_yaml("plan_2021.yaml")["lines"])


def _line(row: Row) -> PlanLine:
    row["venue_tags"] = tuple(row["venue_tags"])
    row["laboratory_codes"] = tuple(row["laboratory_codes"])
    row["sampling_due"] = date.fromisoformat(row["sampling_due"])
    row["test_due"] = date.fromisoformat(row["test_due"])
    return PlanLine(**row)

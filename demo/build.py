"""Builds the demonstration province from a seed, and writes its import files: `python -m demo.build --out DIR`."""

import argparse
import csv
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import fields, replace
from pathlib import Path
from random import Random

from demo import files
from demo.experts import make_experts
from demo.firms import Mint, Place, make_firm
from demo.names import short_place
from demo.shapes import Division, Enterprise, Licence, Province
from demo.trades import CORE_MAKERS, ELSEWHERE, MORE_MAKERS, SELLERS

ENTERPRISES = 2_400
MORE_MAKERS_COUNT = 560
OUTSIDE_PER_TRADE = 5
SECOND_PLANTS = 40
COLUMNS = [
    *("uscc", "name", "kind", "legal_person", "division_code", "address", "premises_division_code", "phone"),
    *("size", "industry", "risk_grade", "status", "products", "licences"),
]


def build(seed: int = 2021) -> Province:
    """The whole province; the same seed gives the same province."""
    divisions, catalogue = files.load_divisions(), files.load_catalogue()
    mint = Mint(Random(seed), {entry.code: entry for entry in catalogue})
    homes = list_homes(divisions)
    firms = _open_second_plants(mint.rng, list(_make_firms(mint, homes, divisions)), homes)
    outside = tuple(_make_outside(mint))
    prefectures = [division for division in divisions if division.level == "prefecture"]
    makers = [firm for firm in firms if firm.kind == "生产企业"]
    return Province(
        seed=seed,
        divisions=divisions,
        catalogue=catalogue,
        schemes=files.load_schemes(),
        goods=files.load_goods(),
        laboratories=files.load_laboratories(),
        plan=files.load_plan(),
        enterprises=tuple(firms),
        outside=outside,
        experts=tuple(make_experts(mint, prefectures, makers)),
    )


def list_homes(divisions: tuple[Division, ...]) -> list[Division]:
    """The 87 executing divisions: every county, and the prefecture without counties (嘉峪关)."""
    parents = {division.parent_code for division in divisions if division.level == "county"}
    return [division for division in divisions if division.level == "county" or (division.level == "prefecture" and division.code not in parents)]


def home_region(division_code: str) -> str:
    """The tenant's prefix of a six-digit code: 620102 stays, 620200 is 6202, 620000 is 62."""
    prefix = division_code.removesuffix("00")
    return prefix.removesuffix("00") if len(prefix) == 4 else prefix


def share_out(total: int, weights: list[int]) -> list[int]:
    """Whole numbers with the exact total, proportional to the weights (largest remainder, 最大余数法)."""
    whole = sum(weights)
    shares = [total * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(total * weights[i] % whole), i))
    for index in by_remainder[: total - sum(shares)]:
        shares[index] += 1
    return shares


def _make_firms(mint: Mint, homes: list[Division], divisions: tuple[Division, ...]) -> Iterator[Enterprise]:
    parents = {division.code: division for division in divisions}
    people = [home.population for home in homes]
    base = len(homes) * (len(CORE_MAKERS) + len(SELLERS))
    more_makers = share_out(MORE_MAKERS_COUNT, people)
    more_sellers = share_out(ENTERPRISES - base - MORE_MAKERS_COUNT, people)
    wanted = [trade.weight for trade in MORE_MAKERS]
    for home, makers, sellers in zip(homes, more_makers, more_sellers, strict=True):
        made = (*CORE_MAKERS, *mint.rng.choices(MORE_MAKERS, wanted, k=makers))
        sold = (*SELLERS, *mint.rng.choices(SELLERS, k=sellers))
        for trades, first, maker in ((made, len(CORE_MAKERS), True), (sold, len(SELLERS), False)):
            for index, trade in enumerate(trades):
                # The first of each trade are sound, so that every product is found in every county.
                place = replace(_place(mint.rng, home, parents, homes), sound=index < first)
                yield make_firm(mint, trade, place, maker=maker)


def _place(rng: Random, home: Division, parents: dict[str, Division], homes: list[Division]) -> Place:
    parent = parents.get(home.parent_code)
    above = parent.name if parent and parent.level == "prefecture" else ""
    # One firm in twenty moved after its first registration: its code still names the old division.
    registered = rng.choice(homes).code if rng.random() < 0.05 else home.code
    return Place(home.code, registered, f"甘肃省{above}{home.name}", short_place(home.name))


def _make_outside(mint: Mint) -> Iterator[Enterprise]:
    turn = 0
    for trade in (*CORE_MAKERS, *MORE_MAKERS):
        for _ in range(OUTSIDE_PER_TRADE):
            code, name, mark = ELSEWHERE[turn % len(ELSEWHERE)]
            turn += 1
            every = replace(trade, always=trade.codes)
            yield make_firm(mint, every, Place(code, code, name, _city(name), mark, sound=True), maker=True)


def _city(name: str) -> str:
    """江苏省苏州市昆山市 → 昆山; 北京市大兴区 → 大兴."""
    return name.replace("自治区", "|").replace("省", "|").replace("市", "|").rstrip("|区县").split("|")[-1]


def _open_second_plants(rng: Random, firms: list[Enterprise], homes: list[Division]) -> list[Enterprise]:
    """Some producers have a second plant in another prefecture (domain §4.6: two place records, two tenants)."""
    makers = [index for index, firm in enumerate(firms) if firm.kind == "生产企业"]
    for index in rng.sample(makers, SECOND_PLANTS):
        here = firms[index].division_code
        other = rng.choice([home.code for home in homes if home.code[:4] != here[:4]])
        firms[index] = replace(firms[index], premises=(here, other))
    return firms


def write_imports(province: Province, folder: Path) -> list[Path]:
    """The import files (README.md has the columns): enterprises, producers outside the province, experts."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = (
        ("enterprises.csv", COLUMNS, map(enterprise_row, province.enterprises)),
        ("producers_outside.csv", COLUMNS, map(enterprise_row, province.outside)),
        ("experts.csv", *_expert_table(province)),
    )
    return [_write(folder / name, columns, rows) for name, columns, rows in wanted]


def enterprise_row(firm: Enterprise) -> list[str]:
    """One row in the order of COLUMNS."""
    # A licence that covers several products is one licence, hence the dict.
    licences = ";".join(dict.fromkeys(licence_text(licence) for _, licence in firm.licences))
    return [
        *(firm.uscc, firm.name, firm.kind, firm.legal_person, firm.division_code, firm.address),
        ";".join(firm.premises),
        *(firm.phone, firm.size, firm.industry, firm.risk_grade, firm.status),
        ";".join(firm.products),
        licences,
    ]


def licence_text(licence: Licence) -> str:
    """kind|no|from|to|status."""
    return "|".join((licence.kind, licence.number, str(licence.valid_from), str(licence.valid_to), licence.status))


def _expert_table(province: Province) -> tuple[list[str], Iterable[list[str]]]:
    columns = [field.name for field in fields(province.experts[0])]
    values = ([getattr(expert, column) for column in columns] for expert in province.experts)
    return columns, ([";".join(v) if isinstance(v, tuple) else str(v or "") for v in row] for row in values)


def _write(path: Path, columns: list[str], rows: Iterable[list[str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)
    return path


def fingerprint(value: object) -> str:
    """SHA-256 over the text of frozen dataclasses and tuples: equal for the same seed on every machine."""
    return hashlib.sha256(repr(value).encode()).hexdigest()


def main() -> None:
    """Write the import files of a seed."""
    parser = argparse.ArgumentParser(description="demonstration province / 演示省份")
    parser.add_argument("--seed", type=int, default=2021)
    parser.add_argument("--out", type=Path, required=True)
    chosen = parser.parse_args()
    for path in write_imports(build(chosen.seed), chosen.out):
        print(path)


if __name__ == "__main__":
    main()

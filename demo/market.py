"""Who sells and who makes what, and where: picks the parties of a batch."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from random import Random

from demo.build import home_region
from demo.shapes import CatalogueEntry, Enterprise, Province

# Share of producers in the county of sampling, in another prefecture, and outside the province.
TARGET = {"same_county": 45, "other_prefecture": 35, "outside": 20}
Shelf = dict[tuple[str, str], list[Enterprise]]


class Market:
    """Producers and sellers by county and product, and how the relations of producers came out so far."""

    def __init__(self, province: Province) -> None:
        firms = [firm for firm in province.enterprises if firm.status == "存续"]
        self.entries: dict[str, CatalogueEntry] = {entry.code: entry for entry in province.catalogue}
        self.sellers = _shelves(firm for firm in firms if firm.kind == "经营企业")
        self.makers = _shelves(firm for firm in firms if firm.kind == "生产企业")
        self.everywhere = _by_product(firm for firm in firms if firm.kind == "生产企业")
        self.outside = _by_product(province.outside)
        self.counts = dict.fromkeys(TARGET, 0)

    def makers_here(self, region: str, code: str, day: date) -> list[Enterprise]:
        """Producers of the county that may make this product on that day."""
        return [firm for firm in self.makers.get((region, code), ()) if self.may_make(firm, code, day)]

    def may_make(self, firm: Enterprise, code: str, day: date) -> bool:
        """Whether the producer held what the product needs: a good licence or certificate, or nothing."""
        entry = self.entries.get(code)
        if entry is None or entry.licence_kind == "无":
            return True
        licence = firm.licence_for(code)
        return licence is not None and licence.covers(day)

    def pick_maker(self, rng: Random, region: str, code: str, day: date) -> tuple[Enterprise, str]:
        """The producer of goods found at a seller, keeping the shares of TARGET over the whole quarter."""
        pools = {
            "same_county": self.makers_here(region, code, day),
            "other_prefecture": [
                firm for firm in self.everywhere.get(code, ()) if firm.division_code[:4] != region[:4] and self.may_make(firm, code, day)
            ],
            "outside": [firm for firm in self.outside.get(code, ()) if self.may_make(firm, code, day)],
        }
        open_pools = [name for name, firms in pools.items() if firms]
        if not open_pools:
            raise LookupError(f"nobody makes {code}")
        total = sum(self.counts.values()) + 1
        # The relation that is furthest behind its share is served first.
        relation = max(open_pools, key=lambda name: TARGET[name] * total - 100 * self.counts[name])
        self.counts[relation] += 1
        return rng.choice(pools[relation]), relation


def _shelves(firms: Iterable[Enterprise]) -> Shelf:
    shelves: Shelf = defaultdict(list)
    for firm in firms:
        region = home_region(firm.division_code)
        for code in firm.products:
            shelves[region, code].append(firm)
    return dict(shelves)


def _by_product(firms: Iterable[Enterprise]) -> dict[str, list[Enterprise]]:
    found: dict[str, list[Enterprise]] = defaultdict(list)
    for firm in firms:
        for code in firm.products:
            found[code].append(firm)
    return dict(found)

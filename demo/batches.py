"""Plans every batch of a quarter (批次): who is sampled, who made it, when, what the laboratory finds."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from random import Random
from typing import Any

import chinese_calendar

from demo import names
from demo.build import home_region, list_homes, share_out
from demo.forms import form_of, report_of
from demo.market import Market
from demo.results import draw_items, verdict_of
from demo.shapes import BatchPlan, Enterprise, Party, Province, Scheme, Task
from demo.trades import VENUES

__all__ = ["batches", "form_of", "report_of", "tasks_of", "working_days"]

# One failing batch in every block of this many: 4 % in any long enough stretch.
BLOCK = 25
CONSIGNED = 0.03
YEAR = 2021
STARTS = {1: date(2021, 1, 4), 2: date(2021, 4, 1), 3: date(2021, 7, 1), 4: date(2021, 10, 8)}
SAMPLERS_PER_BUREAU = 6
FINISHED_STORE = "成品库(已检区)"
RESERVE_AT_FIRM = 0.3
Part = dict[str, Any]


def tasks_of(province: Province, quarter: int) -> list[Task]:
    """A stand-in for planning: each line shared over the 87 bureaus by population, laboratories in turn."""
    homes = list_homes(province.divisions)
    people = [home.population for home in homes]
    tasks: list[Task] = []
    for line in province.plan:
        if line.quarter != quarter or line.catalogue_code is None:
            continue
        for home, quota in zip(homes, share_out(line.batches, people), strict=True):
            if quota:
                laboratory = line.laboratory_codes[len(tasks) % len(line.laboratory_codes)]
                region = home_region(home.code)
                number = f"{line.line_no}-{region}"
                tasks.append(Task(number, region, line.catalogue_code, quarter, quota, laboratory, line.stage, line.venue_tags))
    return tasks


def batches(province: Province, tasks: Iterable[Task], seed: int = 2021) -> Iterator[BatchPlan]:
    """Every planned batch of the tasks, in their order; call it once for the whole quarter."""
    planner = _Planner(province, Random(f"batches-{seed}"))
    for task in tasks:
        for _ in range(task.quota):
            yield planner.plan(task)


def working_days(quarter: int, until: date) -> list[date]:
    """The working days on which samples are taken; make-up Saturdays count (domain §2.12)."""
    first = STARTS[quarter]
    days = (first + timedelta(days=offset) for offset in range((until - first).days + 1))
    return [day for day in days if chinese_calendar.is_workday(day)]


class _Planner:
    """Counters and indexes that last over one run of `batches`."""

    def __init__(self, province: Province, rng: Random) -> None:
        self.rng = rng
        self.province = province
        self.market = Market(province)
        self.laboratories = {laboratory.code: laboratory for laboratory in province.laboratories}
        self.staff = {code: tuple(_staff(rng)) for code in self.laboratories}
        self.schemes: dict[str, list[Scheme]] = defaultdict(list)
        for scheme in province.schemes:
            self.schemes[scheme.product_code].append(scheme)
        self.divisions = {home_region(row.code): row for row in province.divisions}
        due = {line.quarter: line.sampling_due for line in province.plan}
        self.days = {quarter: working_days(quarter, until) for quarter, until in due.items()}
        self.samplers: dict[str, list[tuple[str, str]]] = {}
        self.serials: dict[str, int] = defaultdict(int)
        self.models: set[tuple[str, str, str, str]] = set()
        self.sequence = 0
        self.failing_place = 0

    def plan(self, task: Task) -> BatchPlan:
        """One batch of the task."""
        fails = self._next_fails()
        sampled_on = self.rng.choice(self.days[task.quarter])
        produced_on, scheme = self._produced(task.catalogue_code, sampled_on)
        seller, maker, relation = self._parties(task, produced_on)
        sampled = _party(self.rng, seller)
        items = draw_items(self.rng, scheme, fails=fails)
        return BatchPlan(
            sequence=self.sequence,
            task=task,
            relation=relation,
            stage="生产" if seller is maker else "流通",
            venue=FINISHED_STORE if seller is maker else VENUES[seller.trade],
            sampled_party=sampled,
            producer=sampled if seller is maker else _party(self.rng, maker),
            consignor=self._consignor(maker, task.catalogue_code),
            scheme=scheme,
            produced_on=produced_on,
            sampled_on=sampled_on,
            items=items,
            verdict=verdict_of(items),
            **self._product(maker, task, produced_on),
            **self._sample(task, seller is maker),
            **self._testing(task, sampled_on),
        )

    def _product(self, maker: Enterprise, task: Task, produced_on: date) -> Part:
        """The product (受检产品) and how much of it was there and taken."""
        code = task.catalogue_code
        rng, goods = self.rng, self.province.goods[code]
        name, brand, spec = self._model(maker, task)
        entry, licence = self.market.entries.get(code), maker.licence_for(code)
        return {
            "product_name": name,
            "brand": brand,
            "spec": spec,
            "lot_no": f"{produced_on:%Y%m%d}{rng.choice('ABC')}{rng.randint(1, 9)}",
            "grade": goods.grade,
            "control_type": entry.licence_kind if entry else "无",
            "certificate_no": licence.number if licence else "/",
            "unit_price_fen": rng.randint(*goods.price_fen),
            "base_quantity": str(int(goods.quantity) * rng.randint(4, 60)),
            "quantity": goods.quantity,
            "reserve_quantity": goods.reserve,
            "unit": goods.unit,
        }

    def _sample(self, task: Task, at_maker: bool) -> Part:
        """Numbers, samplers, and where the reserve is sealed (备样封存地点): at the firm only where the maker stores it."""
        division, serial = self.divisions[task.region_code], self._serial(f"sample-{task.region_code}")
        at_firm = at_maker and task.programme == "产品" and self.rng.random() < RESERVE_AT_FIRM
        return {
            "sample_no": f"SCP{YEAR % 100}{division.code}A0{task.laboratory_code[1:]}{serial:05d}",
            "seal_no": f"F{division.code}{serial:06d}",
            "reserve_place": "受检单位" if at_firm else "检验机构",
            "samplers": self._two_samplers(task.region_code),
            "sampling_body": f"{division.name}市场监督管理局",
        }

    def _testing(self, task: Task, sampled_on: date) -> Part:
        """The laboratory, its report number, its dates and its three signatures."""
        code = task.laboratory_code
        laboratory = self.laboratories[code]
        received, started, ended, issued = _laboratory_days(self.rng, sampled_on)
        return {
            "laboratory": laboratory,
            "report_no": f"{laboratory.report_prefix}-{YEAR}-{task.quarter}{self._serial(code):05d}",
            "testers": tuple(self.rng.sample(self.staff[code], 3)),
            "received_on": received,
            "tested_from": started,
            "tested_to": ended,
            "issued_on": issued,
        }

    def _next_fails(self) -> bool:
        place = self.sequence % BLOCK
        if place == 0:
            self.failing_place = self.rng.randrange(BLOCK)
        self.sequence += 1
        return place == self.failing_place

    def _produced(self, code: str, sampled_on: date) -> tuple[date, Scheme]:
        """A production date on the shelf for which a scheme is in force."""
        youngest, oldest = self.province.goods[code].age_days
        for _ in range(50):
            produced = sampled_on - timedelta(days=self.rng.randint(youngest, oldest))
            for scheme in self.schemes[code]:
                if scheme.is_in_force(produced):
                    return produced, scheme
        raise LookupError(f"no scheme in force for {code} sold on {sampled_on}")

    def _parties(self, task: Task, produced_on: date) -> tuple[Enterprise, Enterprise, str]:
        """The sampled firm and the producer; at the producer's they are one, and in the county of the task."""
        region, code = task.region_code, task.catalogue_code
        here = self.market.makers_here(region, code, produced_on) if task.stage == "生产" else []
        if here:
            self.market.counts["same_county"] += 1
            maker = self.rng.choice(here)
            return maker, maker, "same_county"
        maker, relation = self.market.pick_maker(self.rng, region, code, produced_on)
        sellers = self.market.sellers.get((region, code))
        if not sellers:
            raise LookupError(f"nobody sells {code} in {region}")
        return self.rng.choice(sellers), maker, relation

    def _model(self, maker: Enterprise, task: Task) -> tuple[str, str, str]:
        """Name, brand and model; a new model each time, since six months must pass before the same one may be checked again (P01)."""
        goods, rng, code = self.province.goods[task.catalogue_code], self.rng, task.catalogue_code
        for _ in range(12):
            name, brand, spec = rng.choice(goods.names), rng.choice(maker.brands), rng.choice(goods.specs)
            model = spec if task.quarter == 1 else f"{spec} {'ABCD'[task.quarter - 1]}型"
            if (maker.uscc, code, brand, model) not in self.models:
                break
        else:
            # The maker's models are used up: the next of the series. Every quarter has its own letter, so that quarters never repeat each other.
            model = f"{spec} {'ABCD'[task.quarter - 1]}{self.sequence}型"
        self.models.add((maker.uscc, code, brand, model))
        return name, brand, model

    def _consignor(self, maker: Enterprise, code: str) -> Party | None:
        if self.rng.random() >= CONSIGNED:
            return None
        others = [firm for firm in self.market.everywhere.get(code, ()) if firm.uscc != maker.uscc]
        return _party(self.rng, self.rng.choice(others)) if others else None

    def _two_samplers(self, region: str) -> tuple[tuple[str, str], ...]:
        if region not in self.samplers:
            # Numbers, not names, tell samplers apart: namesakes exist.
            self.samplers[region] = [(names.person(self.rng), f"GSCY{region:0<6}{number:03d}") for number in range(1, SAMPLERS_PER_BUREAU + 1)]
        return tuple(self.rng.sample(self.samplers[region], 2))

    def _serial(self, key: str) -> int:
        self.serials[key] += 1
        return self.serials[key]


def _staff(rng: Random) -> list[str]:
    """Eight persons of a laboratory with different names."""
    staff: dict[str, None] = {}
    while len(staff) < 8:
        staff[names.lab_person(rng)] = None
    return list(staff)


def _party(rng: Random, firm: Enterprise) -> Party:
    contact = firm.legal_person if rng.random() < 0.5 else names.person(rng)
    return Party(firm.name, firm.uscc, firm.division_code, firm.address, firm.legal_person, contact, firm.phone)


def _laboratory_days(rng: Random, sampled_on: date) -> tuple[date, date, date, date]:
    """Received, started, ended, issued: at most 26 days after sampling, the report on a working day."""
    received = sampled_on + timedelta(days=rng.randint(1, 5))
    started = received + timedelta(days=rng.randint(0, 3))
    ended = started + timedelta(days=rng.randint(3, 10))
    issued = ended + timedelta(days=rng.randint(0, 2))
    while not chinese_calendar.is_workday(issued):
        issued += timedelta(days=1)
    return received, started, ended, issued

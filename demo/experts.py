"""The three expert pools (item 20 of the plan): fictional persons, units and interests."""

from collections.abc import Iterator
from datetime import date
from random import Random

from demo import names
from demo.firms import Mint
from demo.shapes import Division, Enterprise, Expert
from demo.uscc import make_uscc

POOLS = (("PRODUCT", 60), ("FOOD", 45), ("LICENCE", 36))
GROUPS = (
    "HAZCHEM", "FOOD_RELATED", "FIBRE", "HOME_DECOR", "AUTO_PARTS", "DAILY", "CHILD_STUDENT",
    "CABLE_EX", "FERTILISER", "FIRE", "FIREWORKS", "REBAR_CEMENT", "OIL_COAL", "PLASTICS",
)  # fmt: skip
LICENSED = ("HAZCHEM", "FOOD_RELATED", "CABLE_EX", "FERTILISER", "REBAR_CEMENT")
FOODS = tuple(f"{number:02d}" for number in range(1, 35))
UNITS = ("质量技术研究院", "理工学院", "农业科学研究所", "化工设计院", "检验检测学会", "标准化研究所", "疾病预防研究所")
DISCIPLINES = ("检验检测", "标准化", "生产工艺", "法律", "毒理学", "风险评估")
UNIT_COUNT = 48


def make_experts(mint: Mint, prefectures: list[Division], makers: list[Enterprise]) -> Iterator[Expert]:
    """60 + 45 + 36 experts; every third product expert knows dangerous chemicals, each unit has few of them."""
    rng = mint.rng
    units = [_unit(mint, rng.choice(prefectures)) for _ in range(UNIT_COUNT)]
    serial = 0
    for pool, number in POOLS:
        for index in range(number):
            serial += 1
            name, code, region = units[(index * 5 + serial) % UNIT_COUNT]
            born = rng.randint(1958, 1984)
            start = date(rng.choice((2019, 2020)), rng.randint(1, 12), 1)
            yield Expert(
                expert_no=f"ZJ{serial:04d}",
                pool=pool,
                name=names.person(rng),
                sex=rng.choice("男女"),
                birth_year=born,
                unit=name,
                unit_uscc=code,
                title=rng.choice(names.TITLES),
                specialities=_specialities(rng, pool, index),
                discipline=rng.choice(DISCIPLINES),
                interests=tuple(firm.uscc for firm in rng.sample(makers, rng.choice((0, 0, 0, 1, 2)))),
                region_code=region,
                phone=names.phone(5000 + serial),
                term_from=start,
                term_to=start.replace(year=start.year + 3),
                # A licence assessor's term is the certificate's (审查员证书); the other pools have none.
                certificate_until=start.replace(year=start.year + 4) if pool == "LICENCE" else None,
                state="SUSPENDED" if rng.random() < 0.04 else "ACTIVE",
            )


def _unit(mint: Mint, home: Division) -> tuple[str, str, str]:
    # 12: registered by the staffing office (机构编制), a public institution.
    code = make_uscc("12", home.code, mint.body())
    return f"{names.short_place(home.name)}{mint.word()}{mint.rng.choice(UNITS)}", code, home.code[:4]


def _specialities(rng: Random, pool: str, index: int) -> tuple[str, ...]:
    if pool == "FOOD":
        return tuple(sorted(rng.sample(FOODS, 3)))
    groups = LICENSED if pool == "LICENCE" else GROUPS
    # Dangerous chemicals need a full panel with spares for the risky plan lines.
    first = "HAZCHEM" if index % 3 == 0 else groups[index % len(groups)]
    return tuple(dict.fromkeys((first, *rng.sample(groups, 2))))

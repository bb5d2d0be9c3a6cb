"""Coins one firm: name, code, address, products, licences."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import count
from random import Random

from demo import names
from demo.shapes import CatalogueEntry, Enterprise, Licence
from demo.trades import Trade
from demo.uscc import ALPHABET, make_uscc

FIVE_YEARS = timedelta(days=1826)
FIRST_GRANT, LAST_GRANT = date(2016, 9, 1), date(2020, 9, 30)
# Sound firms hold their licences through all of 2021 and through the age of anything on a shelf of that year.
SOUND_FROM, SOUND_TO = date(2017, 2, 1), date(2019, 12, 31)
# Organisation codes MAX… are far from any that was ever issued, so no real firm can be meant.
BODY_HEAD = "MAX"
# Food class 32, 食用农产品, needs no production licence.
FARM_PRODUCE = "32"
SOLE_TRADER_TAILS = ("经营部", "商行", "商店", "店", "服务部", "配件部", "服装店")


@dataclass(slots=True)
class Mint:
    """What must not be given twice while firms are coined."""

    rng: Random
    catalogue: dict[str, CatalogueEntry]
    words: set[str] = field(default_factory=set)
    bodies: set[str] = field(default_factory=set)
    phones: Iterator[int] = field(default_factory=lambda: count(1))
    licences: Iterator[int] = field(default_factory=lambda: count(1))

    def body(self) -> str:
        """Eight characters of an organisation code that nobody has."""
        while True:
            body = BODY_HEAD + "".join(self.rng.choices(ALPHABET, k=5))
            if body not in self.bodies:
                self.bodies.add(body)
                return body

    def word(self) -> str:
        """A coined word that nobody has."""
        return names.coin(self.rng, self.words)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a firm is, and where it was first registered (which is not its home, domain §4.2)."""

    division: str
    registered: str
    full_name: str
    short_name: str
    licence_mark: str = "甘"
    sound: bool = False


def make_firm(mint: Mint, trade: Trade, place: Place, *, maker: bool) -> Enterprise:
    """One firm of a trade in a place; makers get licences, sellers carry all products of their trade."""
    rng, word = mint.rng, mint.word()
    tail = rng.choice(trade.tails)
    sole = tail in SOLE_TRADER_TAILS
    products = _products(rng, trade)
    return Enterprise(
        uscc=make_uscc("92" if sole else "91", place.registered, mint.body()),
        name=f"{place.short_name}{word}{trade.word}{tail}",
        kind="生产企业" if maker else "经营企业",
        legal_person=names.person(rng),
        division_code=place.division,
        address=f"{place.full_name}{word[:2]}路{rng.randint(1, 380)}号",
        premises=(place.division,),
        phone=names.phone(next(mint.phones)),
        size="微" if sole else rng.choices(("大", "中", "小", "微"), (3, 15, 52, 30))[0],
        industry=trade.industry,
        risk_grade=rng.choices("ABCD", (20, 55, 20, 5))[0],
        status="存续" if place.sound else rng.choices(("存续", "停业", "注销"), (970, 15, 15))[0],
        products=products,
        licences=tuple(_licences(mint, products, place)) if maker else (),
        trade=trade.key,
        brands=(word[:2], word[1:]) if maker else (word,),
    )


def _products(rng: Random, trade: Trade) -> tuple[str, ...]:
    if set(trade.always) == set(trade.codes):
        return trade.codes
    others = [code for code in trade.codes if code not in trade.always]
    some = rng.sample(others, min(len(others), rng.randint(0 if trade.always else 1, 3)))
    return tuple(code for code in trade.codes if code in trade.always or code in some)


def _licences(mint: Mint, products: tuple[str, ...], place: Place) -> Iterator[tuple[str, Licence]]:
    """Industrial licences are one per kind of licence (XK prefix), CCC certificates one per product."""
    kept: dict[str, list[Licence]] = {}
    for code in products:
        entry = mint.catalogue.get(code)
        if entry is None and code[:2] < FARM_PRODUCE:
            yield code, _food_licence(mint, code, place)
        if entry is None or entry.licence_kind == "无":
            continue
        key = entry.licence_prefix or code
        if key not in kept:
            kept[key] = _history(mint, entry, place)
        for licence in kept[key]:
            yield code, licence


def _history(mint: Mint, entry: CatalogueEntry, place: Place) -> list[Licence]:
    """The current licence, sometimes with an older one before it; a few are revoked, cancelled or expired."""
    rng, serial = mint.rng, next(mint.licences)
    first, last = (SOUND_FROM, SOUND_TO) if place.sound else (FIRST_GRANT, LAST_GRANT)
    granted = first + timedelta(days=rng.randrange((last - first).days))
    if entry.licence_prefix:
        kind, number = "XK", f"({place.licence_mark}){entry.licence_prefix}-{serial:05d}"
    else:
        kind, number = "CCC", f"{granted.year}010{rng.randint(1, 9)}{serial:08d}"
    status = "有效" if place.sound else rng.choices(("有效", "吊销", "注销"), (96, 2, 2))[0]
    current = Licence(kind, number, granted, granted + FIVE_YEARS, status)
    if entry.licence_prefix and rng.random() < 0.1:
        return [Licence(kind, number, granted - FIVE_YEARS, granted - timedelta(days=1), "过期"), current]
    return [current]


def _food_licence(mint: Mint, code: str, place: Place) -> Licence:
    granted = SOUND_FROM + timedelta(days=mint.rng.randrange((SOUND_TO - SOUND_FROM).days))
    digits = f"1{code[:2]}{place.registered}{next(mint.licences):04d}"
    number = f"SC{digits}{food_digit(digits)}"
    return Licence("SC", number, granted, granted + FIVE_YEARS, "有效")


def food_digit(digits: str) -> str:
    """Check digit of a food production licence (GB/T 17710 MOD 11,10)."""
    rest = 10
    for digit in digits:
        total = (rest + int(digit)) % 10 or 10
        rest = total * 2 % 11
    return str((11 - rest) % 10)

"""The same product twice (重复抽查): not within six months by one bureau, nor by one below another that checked it (O18 art. 7)."""

import hashlib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from common.clocks import LIMITS, Deadline, due, is_open, national_calendar

SLASH = "/"
RESERVED_FOR = timedelta(hours=1)  # longer than any seal is on its way; a seal that failed stands in nobody's way for longer [D]
LOOK_BACK = timedelta(days=190)  # six months are at most 184 days


@dataclass(frozen=True, slots=True)
class Product:
    """What makes a product the same (同一产品): producer, standard, brand, specification."""

    producer_uscc: str
    producer_name: str
    standard: str
    brand: str
    spec: str


@dataclass(frozen=True, slots=True)
class Checked:
    """One earlier check: when, and which bureau organised it."""

    sampled_on: date
    source_region_code: str


@dataclass(frozen=True, slots=True)
class Repeat:
    """The check that stands in the way, and its clock (P01)."""

    checked: Checked
    superior: bool
    clock: Deadline


def fingerprint(product: Product) -> str | None:
    """One hash of what makes the product the same; None when producer or specification is not told, for then nothing can be the same."""
    producer = product.producer_uscc if product.producer_uscc not in ("", SLASH) else product.producer_name
    if producer in ("", SLASH) or product.spec in ("", SLASH):
        return None
    plain = "\x1f".join(_plain(text) for text in (producer, product.standard, product.brand, product.spec))
    return hashlib.sha256(plain.encode()).hexdigest()


def _plain(text: str) -> str:
    """Full width, case and blanks do not make another product."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def find_repeat(checks: Iterable[Checked], organiser: str, on: date) -> Repeat | None:
    """The latest check by the organiser or a bureau above it whose six months are not over on the day (P01)."""
    for checked in sorted(checks, key=lambda each: each.sampled_on, reverse=True):
        if checked.sampled_on > on or not organiser.startswith(checked.source_region_code):
            continue
        clock = due(LIMITS["P01"], checked.sampled_on, national_calendar())
        if not is_open(clock, on):
            return Repeat(checked, checked.source_region_code != organiser, clock)
    return None

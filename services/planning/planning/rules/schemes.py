"""Test schemes (实施细则): items with limits in the strict decimal grammar, versions by production date."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from common.errors import Refused
from planning.rules.faults import Fault

_PLAIN = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")
_POWER = re.compile(r"([+-]?[0-9]+(?:\.[0-9]+)?)×10(?:\^(-?[0-9]{1,2})|(⁻?[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,2}))")
_RAISED = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
_LONGEST = 60
MICROBE_SAMPLES = range(2, 11)


def parse_limit(text: str) -> Decimal | None:
    """A number of the decimal grammar (`0.124`, `-14`, `2.3×10⁴`, `2.3×10^4`), or None."""
    if len(text) > _LONGEST:
        return None
    if _PLAIN.fullmatch(text):
        return Decimal(text)
    power = _POWER.fullmatch(text)
    if power is None:
        return None
    return Decimal(f"{power[1]}E{power[2] or power[3].translate(_RAISED)}")


@dataclass(frozen=True, slots=True)
class Microbe:
    """A sampling plan of GB 4789.1: n samples, at most c above m, none above M (`cap`; without it two classes)."""

    n: int | None
    c: int | None
    m: str | None
    cap: str | None

    @property
    def given(self) -> bool:
        return any(value is not None for value in (self.n, self.c, self.m, self.cap))


@dataclass(frozen=True, slots=True)
class Sum:
    """Items that are added up (合计、比例之和), and how a member below its detection limit counts."""

    of: list[str] = field(default_factory=list)
    kind: str | None = None
    below: str | None = None

    @property
    def given(self) -> bool:
        return bool(self.of) or self.kind is not None or self.below is not None


@dataclass(frozen=True, slots=True)
class Item:
    """An item as a planner wrote it (检验项目)."""

    item: str
    methods: list[str]
    kind: str
    min: str | None
    max: str | None
    unit: str | None
    limit_source: str
    grade: str
    rounding_places: int
    microbe: Microbe
    min_exclusive: bool = False
    max_exclusive: bool = False
    sum: Sum = field(default_factory=Sum)


@dataclass(frozen=True, slots=True)
class SchemeHead:
    """What a scheme says beside its items."""

    scheme_no: str
    product_code: str
    name: str
    programme: str
    valid_from: date
    valid_to: date | None


def check_items(items: Sequence[Item]) -> Iterable[Fault]:
    """Everything that is wrong with the items of a scheme."""
    seen: set[str] = set()
    for place, item in enumerate(items):
        at = f"/items/{place}"
        if item.item in seen:
            yield Fault("item_twice", f"{at}/item", f"检验项目 {item.item} 重复", f"item {item.item} occurs twice")
        seen.add(item.item)
        yield from _check_bounds(item, at)
        yield from _check_unit(item, at)
        if item.kind == "microbe":
            yield from _check_microbe(item.microbe, at)
        elif item.microbe.given:
            yield Fault("microbe_unexpected", f"{at}/microbe_n", "非微生物项目不填采样方案", "n, c, m, M belong to microbe items only")
    yield from check_sums(items)


def check_sums(items: Sequence[Item]) -> Iterable[Fault]:
    """Sums add up items of the same scheme that can be added, and every component belongs to one."""
    known = {item.item: item for item in items}
    added = {name for item in items for name in item.sum.of}
    for place, item in enumerate(items):
        at = f"/items/{place}"
        if item.sum.given:
            yield from _check_sum(item, known, at)
        if item.kind == "component" and item.item not in added:
            yield Fault("component_alone", f"{at}/kind", "组分须属于某个合计项目", "a component must belong to a sum")


def _check_sum(item: Item, known: Mapping[str, Item], at: str) -> Iterable[Fault]:
    if item.kind != "numeric" or item.sum.kind is None or len(item.sum.of) < 2 or len(set(item.sum.of)) != len(item.sum.of):
        zh = "合计项目须为数值项目,写明合计方式和至少两个不重复的成员"
        yield Fault("sum_incomplete", f"{at}/sum_of", zh, "a sum is a numeric item with its kind and two or more different members")
        return
    for number, name in enumerate(item.sum.of):
        member = known.get(name)
        if member is None or member.sum.given or member.kind not in ("numeric", "component"):
            zh = "成员须为本细则中的数值项目或者组分,且不是合计项目"
            yield Fault("sum_member", f"{at}/sum_of/{number}", zh, "a member is a numeric item or a component of this scheme")
        elif item.sum.kind == "ratio" and not ((parse_limit(member.max or "") or 0) > 0):
            zh = "按比例合计的成员须有大于零的上限"
            yield Fault("sum_member_limit", f"{at}/sum_of/{number}", zh, "a member of a ratio sum needs a maximum above zero")


def _check_bounds(item: Item, at: str) -> Iterable[Fault]:
    values: dict[str, Decimal] = {}
    for name, text in (("min", item.min), ("max", item.max)):
        value = None if text is None else parse_limit(text)
        if text is not None and value is None:
            yield Fault("limit_format", f"{at}/{name}", "限值不是规定格式的数值", "the limit is not a number of the decimal grammar")
        elif value is not None:
            values[name] = value
    if item.kind != "numeric" and (item.min is not None or item.max is not None):
        yield Fault("limit_unexpected", f"{at}/kind", "只有数值项目可设上下限", "only numeric items have limits")
    if (item.min_exclusive and item.min is None) or (item.max_exclusive and item.max is None):
        yield Fault("limit_exclusive", f"{at}/max_exclusive", "没有限值,不能标为不含端点", "an open end needs a limit")
    if item.kind == "numeric" and item.min is None and item.max is None:
        yield Fault("limit_missing", f"{at}/max", "数值项目须有上限或下限", "a numeric item needs a limit")
    if len(values) == 2 and values["min"] > values["max"]:
        yield Fault("limit_order", f"{at}/min", "下限大于上限", "min is above max")


def _check_unit(item: Item, at: str) -> Iterable[Fault]:
    if item.kind in ("numeric", "microbe", "component") and item.unit is None:
        yield Fault("unit_missing", f"{at}/unit", '须填写单位;无量纲的填 ""', 'the unit is required; "" for a pure number')
    if item.kind == "qualitative" and item.unit:
        yield Fault("unit_unexpected", f"{at}/unit", "定性项目没有单位", "a qualitative item has no unit")


def _check_microbe(plan: Microbe, at: str) -> Iterable[Fault]:
    if plan.n is None or plan.n not in MICROBE_SAMPLES:
        yield Fault("microbe_n", f"{at}/microbe_n", "n 须为 2 至 10", "n must be 2 to 10")
    if plan.c is None or not 0 <= plan.c < (plan.n or 0):
        yield Fault("microbe_c", f"{at}/microbe_c", "c 须为 0 至 n-1", "c must be 0 to n-1")
    low = None if plan.m is None else parse_limit(plan.m)
    high = None if plan.cap is None else parse_limit(plan.cap)
    if low is None or low < 0:
        yield Fault("microbe_m", f"{at}/microbe_m", "m 须为不小于零的数值", "m must be a number, zero or more")
    if plan.cap is not None and (high is None or (low is not None and high <= low)):
        yield Fault("microbe_cap", f"{at}/microbe_cap", "M 须为大于 m 的数值", "M must be a number above m")


@dataclass(frozen=True, slots=True)
class Version:
    """The production dates that a published version is for; `owner` is the bureau that issued it."""

    scheme_id: str
    owner: str
    valid_from: date
    valid_to: date | None

    def meets(self, first: date, last: date | None) -> bool:
        """Whether a production date from `first` to `last` falls under this version."""
        return (last is None or self.valid_from <= last) and (self.valid_to is None or self.valid_to >= first)


def predecessor(new: Version, published: Sequence[Version]) -> tuple[Version, date] | None:
    """The open-ended version that the new one ends, with its last production date; overlap with any other is refused."""
    ended = None
    for old in published:
        if not old.meets(new.valid_from, new.valid_to):
            continue
        if old.owner != new.owner or old.valid_to is not None or old.valid_from >= new.valid_from:
            raise Refused("scheme_overlap", "该产品同一生产日期已有已发布的细则", "a published scheme of this product covers these production dates")
        ended = (old, new.valid_from - timedelta(days=1))
    return ended

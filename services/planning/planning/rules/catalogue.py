"""The supervision catalogue (监管目录): versions by date, and the tree of food classes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from common.errors import Refused
from common.region import Region
from planning.rules.faults import Fault

MEASURES = ("监督抽查", "监督检查", "证后监管", "风险监测")
#: Measures that a line of a sampling plan may carry out.
SAMPLED = frozenset({"监督抽查", "风险监测"})


def check_codes_once(codes: Sequence[str], field: str) -> Iterable[Fault]:
    """Each code at most once in one import."""
    seen: set[str] = set()
    for place, code in enumerate(codes):
        if code in seen:
            yield Fault("code_twice", f"/{field}/{place}/code", f"编码 {code} 重复", f"{code} occurs twice")
        seen.add(code)


def closing_day(new_from: date, old_from: date, old_to: date | None) -> date | None:
    """The last day that a new version leaves its predecessor; None when that ended before anyway.

    A version supersedes from its date on, so it must begin after its predecessor began.
    """
    if new_from <= old_from:
        raise Refused("version_order", "新版本的生效日期须晚于上一版本", "a new version must begin after the one before")
    if old_to is not None and old_to < new_from:
        return None
    return new_from - timedelta(days=1)


def check_province(owner: Region) -> None:
    """The food tree and the populations are kept by the province only."""
    if owner.level != "province":
        raise Refused("province_only", "此项由省级市场监管部门维护", "kept by the province only")


@dataclass(frozen=True, slots=True)
class FoodNode:
    """A class in the tree (大类→亚类→次亚类→细类)."""

    code: str
    name: str
    level: int
    parent_code: str | None


@dataclass(frozen=True, slots=True)
class EntryDraft:
    """A catalogue entry as its planner wrote it."""

    code: str
    name: str
    product_group: str
    product_class: str
    risk_level: str
    measures: list[str]
    legal_basis: str
    licence_kind: str
    valid_from: date


def check_tree(nodes: Sequence[FoodNode], known: Mapping[str, int]) -> Iterable[Fault]:
    """Each class hangs on one of the level above, in the same import or already there (domain.md §4.4)."""
    levels = dict(known) | {node.code: node.level for node in nodes}
    for place, node in enumerate(nodes):
        pointer = f"/classes/{place}/parent_code"
        if node.level == 1 and node.parent_code is not None:
            yield Fault("parent_unexpected", pointer, "大类没有上级类别", "a class of level 1 has no parent")
        elif node.level > 1 and levels.get(node.parent_code or "") != node.level - 1:
            yield Fault("parent_unknown", pointer, "上级类别不存在或层级不符", "no such class one level above")

"""Plans (抽检计划): what a line must say, who may move a plan on, and what stops an approval."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from common.errors import Invalid, Refused
from common.region import Region
from planning.rules.catalogue import SAMPLED
from planning.rules.faults import Fault
from planning.rules.schemes import Version

SOURCE_LEVELS = {"province": "省", "prefecture": "市", "county": "县"}


class PlanState(StrEnum):
    DRAFT = "PLAN_DRAFT"
    SUBMITTED = "PLAN_SUBMITTED"
    APPROVED = "PLAN_APPROVED"
    PUBLISHED = "PUBLISHED"
    CANCELLED = "CANCELLED"


MOVES = {
    PlanState.DRAFT: {PlanState.SUBMITTED, PlanState.CANCELLED},
    PlanState.SUBMITTED: {PlanState.DRAFT, PlanState.APPROVED, PlanState.CANCELLED},
    PlanState.APPROVED: {PlanState.PUBLISHED, PlanState.CANCELLED},
    PlanState.PUBLISHED: set(),
    PlanState.CANCELLED: set(),
}


class TaskState(StrEnum):
    ASSIGNED = "ASSIGNED"
    ACCEPTED = "ACCEPTED"
    CLOSED = "CLOSED"


def check_move(state: str, to: PlanState) -> None:
    """A plan goes draft → submitted → approved → published; back to draft by the approver; cancelled before publication."""
    if to not in MOVES[PlanState(state)]:
        raise Refused("plan_state", f"计划当前状态为 {state},不能执行此操作", f"the plan is {state}")


def check_draft(state: str) -> None:
    """Lines and quotas change only in a draft."""
    if state != PlanState.DRAFT:
        raise Refused("plan_state", f"计划当前状态为 {state},只有草案可以修改", f"the plan is {state}, only drafts change")


def check_accept(state: str) -> None:
    """A task is accepted once."""
    if state != TaskState.ASSIGNED:
        raise Refused("task_state", f"任务当前状态为 {state},不能签收", f"the task is {state}")


@dataclass(frozen=True, slots=True)
class Line:
    """A line as its planner wrote it (计划条目)."""

    line_no: str
    catalogue_code: str | None
    product_code: str | None
    product_name: str | None
    reason_without_entry: str | None
    quarter: int
    batches: int
    stage: str
    tags: list[str]
    special_tags: list[str]
    sampling_due: date
    test_due: date
    laboratory_codes: list[str]
    unit_price_fen: int | None
    risky: bool


@dataclass(frozen=True, slots=True)
class PlanHead:
    """What a plan says beside its lines."""

    plan_no: str
    year: int
    programme: str
    name: str


@dataclass(frozen=True, slots=True)
class Entry:
    """What a line needs to know of a catalogue entry or food class: its name, and whether it may be sampled."""

    name: str
    measures: frozenset[str]


def check_lines(lines: Sequence[Line], year: int, entries: Mapping[str, Entry]) -> Iterable[Fault]:
    """Everything that is wrong with the lines; `entries` are those in force for the year (domain.md §2.1)."""
    seen: set[str] = set()
    for place, line in enumerate(lines):
        at = f"/lines/{place}"
        if line.line_no in seen:
            yield Fault("line_twice", f"{at}/line_no", f"条目编号 {line.line_no} 重复", f"line {line.line_no} occurs twice")
        seen.add(line.line_no)
        yield from _check_entry(line, entries, at)
        yield from _check_dues(line, year, at)
        if len(set(line.laboratory_codes)) != len(line.laboratory_codes):
            yield Fault("laboratory_twice", f"{at}/laboratory_codes", "承检机构重复", "a laboratory occurs twice")


def _check_entry(line: Line, entries: Mapping[str, Entry], at: str) -> Iterable[Fault]:
    if (line.catalogue_code is None) == (line.reason_without_entry is None):
        yield Fault(
            "entry_or_reason", f"{at}/catalogue_code", "须且只须填写监管目录条目或未列入目录的理由之一", "a catalogue entry or a reason, not both"
        )
    if line.catalogue_code is None:
        if line.product_code is None or line.product_name is None:
            yield Fault(
                "product_missing", f"{at}/product_code", "未列入目录的须填写产品编码和名称", "without an entry, product code and name are needed"
            )
        return
    if line.product_code not in (None, line.catalogue_code):
        yield Fault("product_mismatch", f"{at}/product_code", "产品编码与目录条目不符", "product_code differs from catalogue_code")
    entry = entries.get(line.catalogue_code)
    if entry is None:
        yield Fault("entry_unknown", f"{at}/catalogue_code", f"当年目录没有 {line.catalogue_code}", f"no entry {line.catalogue_code} in force")
    elif not entry.measures & SAMPLED:
        yield Fault("measure_missing", f"{at}/catalogue_code", "该目录条目的监管措施不含抽样", "the entry's measures do not include sampling")


def _check_dues(line: Line, year: int, at: str) -> Iterable[Fault]:
    first, last = quarter_days(year, line.quarter)
    if not first <= line.sampling_due <= last:
        yield Fault("due_outside_quarter", f"{at}/sampling_due", "抽样截止日期不在该季度内", "sampling_due lies outside the quarter")
    if line.test_due < line.sampling_due:
        yield Fault("due_order", f"{at}/test_due", "检验截止日期早于抽样截止日期", "test_due lies before sampling_due")


def quarter_days(year: int, quarter: int) -> tuple[date, date]:
    """First and last day of a quarter."""
    following = date(year + 1, 1, 1) if quarter == 4 else date(year, quarter * 3 + 1, 1)
    return date(year, quarter * 3 - 2, 1), following - timedelta(days=1)


def check_quotas_complete(lines: Iterable[tuple[str, int, int]]) -> None:
    """Before submission every line (number, batches, quotas) has its batches shared out exactly."""
    open_lines = [line_no for line_no, batches, shared in lines if batches != shared]
    if open_lines:
        shown = "、".join(open_lines[:10])
        raise Refused("quota_incomplete", f"条目 {shown} 的区域配额与计划批次不符", f"quotas do not add up in {', '.join(open_lines[:10])}")


@dataclass(frozen=True, slots=True)
class Opinions:
    """What the drawn panel said (专家意见)."""

    agree: int
    disagree: int
    abstain: int
    size: int

    @property
    def carried(self) -> bool:
        """More than half of the panel agrees."""
        return self.agree * 2 > self.size


def check_reviews(lines: Iterable[tuple[str, bool, Opinions | None]]) -> None:
    """A risky line (number, risky, opinions) needs a panel of which the majority agrees (plan items 15 and 20)."""
    missing = [line_no for line_no, risky, given in lines if risky and not (given and given.carried)]
    if missing:
        shown = "、".join(missing[:10])
        raise Refused("expert_review_missing", f"条目 {shown} 缺少多数专家同意的评审意见", f"no agreeing expert panel for {', '.join(missing[:10])}")


def check_schemes(lines: Iterable[tuple[str, str, date, date]], published: Mapping[str, Sequence[Version]]) -> None:
    """For every line (number, product, first day of its quarter, sampling due) a scheme must be in force (O18 art. 11)."""
    missing = [no for no, code, first, due in lines if not any(v.meets(first, due) for v in published.get(code, ()))]
    if missing:
        shown = "、".join(missing[:10])
        raise Refused("scheme_missing", f"条目 {shown} 没有在用的实施细则", f"no scheme in force for {', '.join(missing[:10])}")


def task_number(year: int, source: Region, serial: int, owner: Region) -> str:
    """`T21620000-0001-620102`: year, organiser, the organiser's line of the year, executing bureau."""
    return f"T{year % 100:02d}{source.division}-{serial:04d}-{owner.division}"


POOLS = {"产品": "PRODUCT", "食品": "FOOD"}


@dataclass(frozen=True, slots=True)
class PanelWish:
    """The panel that shall review a risky line."""

    purpose: str
    pool: str
    size: int
    specialities: list[str]
    recuse_usccs: list[str]
    drawn_on: date


def check_panel(size: int, risky: bool, draw_id: str | None) -> None:
    """An odd panel of at least three, once, for a risky line."""
    if size < 3 or size % 2 == 0:
        raise Invalid("panel_size", "专家组人数须为不少于 3 的单数", "a panel has an odd number of at least 3", pointer="/size")
    if not risky:
        raise Refused("line_not_risky", "该条目未标记为高风险,无需专家评审", "the line is not marked risky")
    if draw_id is not None:
        raise Refused("panel_exists", "该条目已抽取专家组", "a panel has been drawn for this line")


@dataclass(frozen=True, slots=True)
class Overlap:
    """A superior's published line for the same product and quarter (PQL art. 15): a warning for the plan."""

    line_no: str
    product_code: str
    quarter: int
    stage: str
    plan_no: str
    region_code: str


def overlaps(lines: Iterable[tuple[str, str, int]], superior: Iterable[tuple[str, int, str, str, str]]) -> list[Overlap]:
    """Lines (number, product, quarter) that repeat a superior's line (product, quarter, stage, plan number, owner)."""
    above: dict[tuple[str, int], list[tuple[str, str, str]]] = {}
    for product, quarter, stage, plan_no, owner in superior:
        above.setdefault((product, quarter), []).append((stage, plan_no, owner))
    return [Overlap(no, product, quarter, *found) for no, product, quarter in lines for found in above.get((product, quarter), ())]

"""Pools of experts (专家库): admission, public notice, term, dynamic adjustment. domain.md 7.1, defaults of this platform [D]."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from common.clocks import Calendar, ClockRefused, Limit, Mode, Tag, Unit, Whose, add_months, due
from common.errors import Invalid, Refused


class Pool(StrEnum):
    """The three pools."""

    PRODUCT = "PRODUCT"  # 产品质量安全监管专家库
    FOOD = "FOOD"  # 食品安全抽检监测专家库
    LICENCE = "LICENCE"  # 工业产品生产许可证评审员库


class ExpertState(StrEnum):
    """Where an expert stands."""

    APPLIED = "APPLIED"  # 已申请
    REVIEWED = "REVIEWED"  # 已评审
    PUBLIC_NOTICE = "PUBLIC_NOTICE"  # 公示中
    ACTIVE = "ACTIVE"  # 在库
    SUSPENDED = "SUSPENDED"  # 暂停
    REMOVED = "REMOVED"  # 出库
    EXPIRED = "EXPIRED"  # 任期届满


class RemovalCause(StrEnum):
    """Why an expert leaves a pool; the first three bar for five years."""

    FALSE_OPINION = "FALSE_OPINION"  # 出具虚假意见
    LEAK = "LEAK"  # 泄密
    CONFLICT_HIDDEN = "CONFLICT_HIDDEN"  # 隐瞒利害关系
    RETIRED = "RETIRED"  # 退休、调离
    OWN_WISH = "OWN_WISH"  # 本人申请
    NOT_ADMITTED = "NOT_ADMITTED"  # 评审或公示未通过


NEXT: Mapping[ExpertState, frozenset[ExpertState]] = {
    ExpertState.APPLIED: frozenset({ExpertState.REVIEWED, ExpertState.REMOVED}),
    ExpertState.REVIEWED: frozenset({ExpertState.PUBLIC_NOTICE, ExpertState.REMOVED}),
    ExpertState.PUBLIC_NOTICE: frozenset({ExpertState.ACTIVE, ExpertState.REMOVED}),
    ExpertState.ACTIVE: frozenset({ExpertState.SUSPENDED, ExpertState.REMOVED, ExpertState.EXPIRED}),
    ExpertState.SUSPENDED: frozenset({ExpertState.ACTIVE, ExpertState.REMOVED, ExpertState.EXPIRED}),
    ExpertState.REMOVED: frozenset(),
    ExpertState.EXPIRED: frozenset(),
}
MAX_AGE = 65
TERM_MONTHS = 3 * 12
BAR_MONTHS = 5 * 12
NOTICE = Limit("E01", "专家入库公示", "公示之日", "公示期满后方可入库", 5, Unit.WD, Whose.OFFICE, "domain.md 7.1", Tag.D, Mode.BAN)
PASS_MARK = 60
MAX_REFUSALS = 2
BARRING = frozenset({RemovalCause.FALSE_OPINION, RemovalCause.LEAK, RemovalCause.CONFLICT_HIDDEN})


@dataclass(frozen=True, slots=True)
class Score:
    """One year's marks (年度评分): attendance of 30, quality of 40, discipline of 30."""

    attendance: int
    quality: int
    discipline: int

    @property
    def total(self) -> int:
        return self.attendance + self.quality + self.discipline


def check_move(now: str, to: ExpertState) -> None:
    """Refuse a move that the life of an expert does not have."""
    if to not in NEXT[ExpertState(now)]:
        raise Refused("expert_state", f"专家当前状态({now})不能变为 {to}", f"a {now} expert cannot become {to}")


def check_age(birth_year: int, on: date) -> None:
    """At most 65 at admission (入库年龄)."""
    if on.year - birth_year > MAX_AGE:
        raise Refused("expert_age", f"入库年龄不得超过 {MAX_AGE} 岁", f"older than {MAX_AGE} at admission")


def check_certificate(pool: str, until: date | None, pointer: str) -> None:
    """A licence assessor's term is that of the certificate (审查员证书); the other pools have none."""
    if (pool == Pool.LICENCE) != (until is not None):
        raise Invalid("certificate", "仅评审员库须填证书有效期", "LICENCE, and only it, needs the certificate's last day", pointer=pointer)


def check_not_barred(until: date | None, on: date) -> None:
    """Somebody removed for false opinions, leaks or hidden conflicts stays away for five years."""
    if until is not None and on <= until:
        raise Refused("expert_barred", f"该专家在 {until} 前不得入库", f"barred until {until}")


def last_day(limit: Limit, trigger: date, calendar: Calendar, pointer: str) -> date:
    """Last day of a limit; Invalid for a day that the calendar does not know."""
    try:
        return due(limit, trigger, calendar).legal
    except ClockRefused as error:
        raise Invalid("date_range", str(error), "the calendar does not know this date", pointer=pointer) from error


def check_notice_over(until: date | None, on: date) -> None:
    """Nobody enters a pool while objections are still possible."""
    if until is None or on <= until:
        raise Refused("notice_running", f"公示期至 {until},期满后方可入库", f"the public notice runs until {until}")


def term_to(on: date, certificate_until: date | None) -> date:
    """Last day of a term (任期): three years, or as long as the certificate is valid."""
    if certificate_until is None:
        return add_months(on, TERM_MONTHS) - timedelta(days=1)
    if certificate_until < on:
        raise Refused("certificate_expired", f"审查员证书已于 {certificate_until} 到期", f"the certificate ended on {certificate_until}")
    return certificate_until


def barred_until(cause: RemovalCause, on: date) -> date | None:
    """Last day of the bar that follows a removal, or None."""
    return add_months(on, BAR_MONTHS) if cause in BARRING else None


def is_to_suspend(score: Score, refusals: int) -> bool:
    """Dynamic adjustment (动态调整): below 60, or two refusals without cause in the year."""
    return score.total < PASS_MARK or refusals >= MAX_REFUSALS

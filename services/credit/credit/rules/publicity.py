"""What may be public, from when and until when it must be (公示): one pure function of all facts, so that their order does not matter."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from uuid import UUID

from common.clocks import LIMITS, Deadline, due, national_calendar
from credit.rules.codes import Outcome, code_of
from credit.rules.disputes import Standing

CONFORMING, FAILED = "合格", "不合格"
#: Verdicts that are published; 问题 (risk monitoring) never is (domain.md 0.2 trap 8, 2.10).
PUBLIC_VERDICTS = frozenset({CONFORMING, FAILED})
NO_DISPUTE = Standing()
FIRST_CLOCK, CHANGE_CLOCK, WITHDRAWAL_CLOCK = "C12", "C14", "C09"


class State(StrEnum):
    """Where a record stands (公示状态)."""

    PENDING = "PENDING"  # 待定: not final yet
    DUE = "DUE"  # 可公示
    PROPOSED = "PROPOSED"  # 已提请
    APPROVED = "APPROVED"  # 已批准
    SENT = "SENT"  # 报送中
    ACKNOWLEDGED = "ACKNOWLEDGED"  # 已归集
    REJECTED = "REJECTED"  # 被退回
    WITHDRAWN = "WITHDRAWN"  # 已撤回、不予公示


class Action(StrEnum):
    """What one version of a record asks of the receiver."""

    PUBLISH = "publish"
    UPDATE = "update"
    WITHDRAW = "withdraw"


class LegState(StrEnum):
    """What is known of a disposal leg; of two facts the later rank counts, in whatever order they are heard."""

    OPEN = "OPEN"
    CLOSED = "CLOSED"
    HALTED = "HALTED"


@dataclass(frozen=True, slots=True)
class Leg:
    """The outcome of one disposal leg of a party (处置分支)."""

    state: LegState
    report_id: UUID
    rectified: bool
    on: date


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that decides about one record."""

    report_id: UUID
    verdict: str
    issued_on: date
    reported_on: date
    answers: bool  # the party still answers for the batch in the version that counts
    withheld: str  # why the head withdrew it, or empty
    withheld_on: date | None
    final_after: date | None
    legs: Sequence[Leg] = ()
    standing: Standing = NO_DISPUTE


@dataclass(frozen=True, slots=True)
class Shown:
    """What the receiver shows now, by its last acknowledgement."""

    report_id: UUID
    verdict: str
    code: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """Where the record belongs, and the dates that go with it."""

    state: State
    code: str = ""
    action: Action = Action.PUBLISH
    eligible_on: date | None = None
    clock: str = ""
    trigger_on: date | None = None
    reason: str = ""

    @property
    def key(self) -> str:
        """Equal keys mean the same content: what two persons agreed to still stands."""
        return f"{self.state}/{self.code}/{self.action}/{self.eligible_on or ''}"


def evaluate(facts: Facts, shown: Shown | None) -> Wanted:
    """Where a record belongs when nothing of it is on its way."""
    void = _void(facts) or (_outdated(facts, shown) if shown else None)
    if void and shown:
        reason, on = void
        return Wanted(State.SENT, shown.code, Action.WITHDRAW, on, WITHDRAWAL_CLOCK, on, reason)
    if void:
        return Wanted(State.WITHDRAWN, reason=void[0])
    code = code_of(_outcome(facts))
    if facts.standing.disputed:  # nothing new is shown while an objection is open; what is shown stays
        return Wanted(State.ACKNOWLEDGED, shown.code) if shown else Wanted(State.PENDING, code)
    if shown and (shown.report_id, shown.code) == (facts.report_id, code):
        return Wanted(State.ACKNOWLEDGED, code)
    if shown:
        on = _changed_on(facts, shown)
        return Wanted(State.DUE, code, Action.UPDATE, on, CHANGE_CLOCK, on)
    return _first(facts, code)


def _first(facts: Facts, code: str) -> Wanted:
    settled_on = facts.standing.settled_on
    if facts.verdict == CONFORMING:
        formed_on = max(facts.issued_on, settled_on or facts.issued_on)
        return Wanted(State.DUE, code, Action.PUBLISH, formed_on, FIRST_CLOCK, formed_on)
    if facts.final_after is None:
        return Wanted(State.PENDING, code)
    if settled_on is not None and settled_on > facts.final_after:  # the decision made it final, later than the parties' time
        return Wanted(State.DUE, code, Action.PUBLISH, settled_on, FIRST_CLOCK, settled_on)
    return Wanted(State.DUE, code, Action.PUBLISH, facts.final_after + timedelta(days=1), FIRST_CLOCK, facts.final_after)


def _void(facts: Facts) -> tuple[str, date] | None:
    """Why nothing of the party may be public, and since when; None when it may."""
    if facts.withheld:
        return facts.withheld, facts.withheld_on or facts.reported_on
    if facts.standing.freed:
        return facts.standing.freed
    if facts.verdict not in PUBLIC_VERDICTS:
        return "风险监测结果不公示", facts.reported_on
    if not facts.answers:
        return "该主体不再是本批次的责任主体", facts.reported_on
    halted = _halted_on(facts)
    return ("核查处置已终止，样品非其生产或者结论撤销", halted) if halted else None


def _halted_on(facts: Facts) -> date | None:
    """The day on which the party's disposal ended without ground, unless another leg of it still stands (scenario 15)."""
    if facts.verdict != FAILED or any(leg.state is not LegState.HALTED for leg in facts.legs):
        return None
    return min((leg.on for leg in facts.legs if leg.report_id == facts.report_id), default=None)


def _outdated(facts: Facts, shown: Shown) -> tuple[str, date] | None:
    """Why what is shown has become untrue: its verdict changed, or a new non-conforming version is still open to objection."""
    if shown.report_id == facts.report_id:
        return None
    if shown.verdict != facts.verdict:
        return f"检验结论由{shown.verdict}改为{facts.verdict}", facts.reported_on
    if facts.verdict == FAILED and facts.final_after is None:
        return "检验报告已更换，尚在异议期", facts.reported_on
    return None


def _outcome(facts: Facts) -> Outcome:
    if facts.verdict == CONFORMING:
        return Outcome.CONFORMING
    return Outcome.CORRECTED if _rectified(facts) else Outcome.FOUND


def _rectified(facts: Facts) -> Leg | None:
    closed = [leg for leg in facts.legs if leg.state is LegState.CLOSED and leg.rectified]
    return max(closed, key=lambda leg: leg.on, default=None)


def _changed_on(facts: Facts, shown: Shown) -> date:
    """The day on which the information that differs from what is shown was formed."""
    rectified = _rectified(facts)
    days = [facts.reported_on] if shown.report_id != facts.report_id else []
    return max(days + ([rectified.on] if rectified else []), default=facts.reported_on)


def deadline(clock: str, trigger: date) -> Deadline:
    """20 working days from final (C12, C14), 3 for a withdrawal (C09), with the proof."""
    return due(LIMITS[clock], trigger, national_calendar())

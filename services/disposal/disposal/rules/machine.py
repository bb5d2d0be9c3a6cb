"""The states of a leg (核查处置分支, domain.md 2.1): the five in place decide how far it is."""

from collections.abc import Iterable, Mapping
from datetime import date
from enum import StrEnum

from common.errors import Invalid, Refused
from common.today import check_not_future
from disposal.rules.five import Part, Settlement, is_settled
from disposal.rules.measures import NO_PENALTY_KINDS, Kind, Taken


class State(StrEnum):
    """Main states; EXTENDED, RETURNED and SUPERVISED are marks beside them."""

    OPENED = "OPENED"  # 已立线索
    RECEIVED = "RECEIVED"  # 已签收(启动)
    FILED = "FILED"  # 已立案,仅拒抽、涉嫌违法
    CONTROLLED = "CONTROLLED"  # 产品控制
    CAUSE_FOUND = "CAUSE_FOUND"  # 原因排查
    RECTIFYING = "RECTIFYING"  # 整改
    RECHECK = "RECHECK"  # 复查
    PENALTY_DECIDED = "PENALTY_DECIDED"  # 处罚
    NO_PENALTY = "NO_PENALTY"  # 不予处罚
    PUBLISHED = "PUBLISHED"  # 信息公开
    CLOSED = "CLOSED"  # 办结
    HALTED = "HALTED"  # 异议终止


class Mark(StrEnum):
    """Side states (附加状态)."""

    EXTENDED = "EXTENDED"  # 延期
    RETURNED = "RETURNED"  # 退回
    SUPERVISED = "SUPERVISED"  # 督办
    DISPUTED = "DISPUTED"  # 异议、复检未结,不得公开


class Step(StrEnum):
    """What can happen to a leg."""

    RECEIVE = "receive"
    MEASURE = "measure"
    SETTLE = "settle"
    FILE = "file"
    EXTEND = "extend"
    ACKNOWLEDGE = "acknowledge"
    CLOSE = "close"
    SUPERVISE = "supervise"
    ANSWER = "answer"


ENDED = frozenset({State.CLOSED, State.HALTED})
WORKING = frozenset(State) - ENDED - {State.OPENED}
#: The states in which an act may happen to a leg that a bureau of the province handles.
FROM: Mapping[Step, frozenset[State]] = {
    Step.RECEIVE: frozenset({State.OPENED}),
    Step.MEASURE: WORKING,
    Step.SETTLE: WORKING,
    Step.FILE: WORKING,
    Step.EXTEND: WORKING,
    Step.CLOSE: WORKING,
    Step.ACKNOWLEDGE: frozenset(),
    Step.SUPERVISE: WORKING | {State.OPENED},
    Step.ANSWER: WORKING | {State.OPENED},
}
#: A letter to another province waits for its acknowledgement; nothing else can be done here.
FROM_OUTBOUND: Mapping[Step, frozenset[State]] = {Step.ACKNOWLEDGE: frozenset({State.OPENED}), Step.SUPERVISE: frozenset({State.OPENED}),
                                                 Step.ANSWER: frozenset({State.OPENED})}  # fmt: skip


def check_act(step: Step, state: str, *, outbound: bool) -> None:
    """Refuse an act that the leg's state does not allow; the code says which way round."""
    if State(state) in (FROM_OUTBOUND if outbound else FROM).get(step, frozenset()):
        return
    if State(state) in ENDED:
        raise Refused("leg_ended", "该处置分支已办结或已终止", "the leg is closed or halted")
    if outbound:
        raise Refused("leg_outbound", "省外协查分支只登记回执", "an outbound leg only waits for its acknowledgement")
    if step is Step.ACKNOWLEDGE:
        raise Refused("leg_not_outbound", "只有省外协查分支登记回执", "only an outbound leg is acknowledged")
    if step is Step.RECEIVE:
        raise Refused("leg_received", "该处置分支已签收", "the leg has been received")
    raise Refused("leg_not_received", "请先签收该处置分支", "the leg has not been received yet")


def check_day(day: date, today: date, reported_on: date, pointer: str) -> None:
    """Business dates lie between the report and today."""
    check_not_future(day, today, pointer)
    if day < reported_on:
        raise Invalid("date_before_report", "日期不能早于不合格报告的日期", "the date lies before the report", pointer=pointer)


def progress(received: bool, five: Mapping[Part, Settlement], taken: Iterable[Taken]) -> State:
    """How far an open leg is: the first part that is not settled holds it."""
    if not received:
        return State.OPENED
    taken = tuple(taken)
    kinds = {one.kind for one in taken}
    reached = {
        Part.RISK_CONTROL: State.RECEIVED,
        Part.CAUSE: State.CONTROLLED,
        Part.RECTIFICATION: State.CAUSE_FOUND,
        Part.PENALTY: State.RECTIFYING,
        Part.DISCLOSURE: penalty_state(five, taken),
    }
    waits_for = next((part for part in Part if not is_settled(five.get(part))), None)
    if waits_for is None:
        return State.PUBLISHED
    if waits_for in (Part.RECTIFICATION, Part.PENALTY) and Kind.RECHECK in kinds:
        return State.RECHECK
    if waits_for is Part.RECTIFICATION and Kind.ORDER_CORRECT in kinds:
        return State.RECTIFYING
    return reached[waits_for]


def penalty_state(five: Mapping[Part, Settlement], taken: Iterable[Taken]) -> State:
    """Whether the settled penalty is one (处罚、不予处罚)."""
    penalty = five.get(Part.PENALTY)
    unpunished = (penalty is not None and penalty.state == "not_applicable") or any(one.kind in NO_PENALTY_KINDS for one in taken)
    return State.NO_PENALTY if unpunished else State.PENALTY_DECIDED

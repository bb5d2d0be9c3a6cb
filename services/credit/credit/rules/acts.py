"""Who may do what to which records, and when: proposal, second person, export, withdrawal, resubmission."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Protocol

from common.errors import Invalid, Refused
from credit.rules.publicity import Action, State

NAMES = {
    State.PENDING: "待定", State.DUE: "可公示", State.PROPOSED: "已提请", State.APPROVED: "已批准", State.SENT: "报送中",
    State.ACKNOWLEDGED: "已归集", State.REJECTED: "被退回", State.WITHDRAWN: "已撤回",
}  # fmt: skip


class Standing(Protocol):
    """What the checks read of a record."""

    state: str
    action: str
    eligible_on: date | None
    proposed_by: str | None
    proposed_on: date | None
    approved_on: date | None


def check_not_future(on: date, today: date, pointer: str) -> None:
    """Business dates are data; the future is refused."""
    if on > today:
        raise Invalid("date_future", f"日期（{on}）晚于今日", "the date lies in the future", pointer=pointer)


def check_proposal(records: Sequence[Standing], on: date) -> None:
    """Every record is final on the day and open to a proposal (提请)."""
    for number, record in enumerate(records):
        _check_final(record, on, number)
        _check_state(record, State.DUE, number)


def check_approval(records: Sequence[Standing], subject: str, on: date) -> None:
    """Approved by another person than the proposer (domain.md 8.2), not before it was proposed or final."""
    for number, record in enumerate(records):
        _check_final(record, on, number)
        _check_state(record, State.PROPOSED, number)
        if record.proposed_by == subject:
            raise _refused("same_person", "提请人与批准人不能是同一人", "proposer and approver must be two persons", number)
        if record.proposed_on and on < record.proposed_on:
            raise _order("/approved_on", f"批准日期早于提请日期（{record.proposed_on}）")


def check_export(records: Sequence[Standing], on: date) -> None:
    """Only what was approved leaves, not before the day of its approval."""
    for number, record in enumerate(records):
        _check_state(record, State.APPROVED, number)
        if record.approved_on and on < record.approved_on:
            raise _order("/exported_on", f"报送日期早于批准日期（{record.approved_on}）")


def check_withdrawal(record: Standing) -> None:
    """What is on its way must arrive first; what is withdrawn stays so."""
    if record.state == State.SENT:
        raise Refused("in_flight", "记录正在报送，收到回执后方可撤回", "the record is on its way; wait for the receipt")
    if record.state == State.WITHDRAWN:
        raise Refused("withdrawn", "记录已撤回", "the record is withdrawn already")


def check_resubmission(record: Standing) -> None:
    """Only a rejected publication is mended (退回后更正); a rejected withdrawal is withdrawn again."""
    if record.state != State.REJECTED or record.action == Action.WITHDRAW:
        raise Refused("not_rejected", "只有被退回的记录可以更正重报", "only a rejected record can be resubmitted")


def _check_final(record: Standing, on: date, number: int) -> None:
    if record.state == State.PENDING:
        raise _refused("not_final", "异议、复检期限尚未确定届满，不得公示", "the result is not final: objections are still open", number)
    if record.eligible_on and on < record.eligible_on:
        day = record.eligible_on
        raise _refused("not_final", f"{day} 起方可公示", f"may be public from {day} on", number)


def _check_state(record: Standing, wanted: State, number: int) -> None:
    if record.state != wanted:
        now = NAMES[State(record.state)]
        raise _refused("record_state", f"记录状态为“{now}”，须为“{NAMES[wanted]}”", f"the record is {record.state}, not {wanted}", number)


def _refused(code: str, zh: str, en: str, number: int) -> Refused:
    pointer = f"/record_ids/{number}"
    problems: list[dict[str, Any]] = [{"code": code, "pointer": pointer, "detail": zh}]
    return Refused(code, zh, en, pointer=pointer, problems=problems)


def _order(pointer: str, zh: str) -> Invalid:
    return Invalid("date_order", zh, "the dates are out of order", pointer=pointer)

"""Five in place (五个到位, domain.md 2.8): each done with evidence, or not applicable with a reason that the head approved."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from common.errors import Invalid, Refused


class Part(StrEnum):
    """The five, in their order."""

    RISK_CONTROL = "risk_control"  # 风险控制
    CAUSE = "cause"  # 原因排查
    RECTIFICATION = "rectification"  # 整改落实
    PENALTY = "penalty"  # 行政处罚
    DISCLOSURE = "disclosure"  # 信息公开


NAMES: Mapping[Part, str] = {
    Part.RISK_CONTROL: "风险控制",
    Part.CAUSE: "原因排查",
    Part.RECTIFICATION: "整改落实",
    Part.PENALTY: "行政处罚",
    Part.DISCLOSURE: "信息公开",
}


@dataclass(frozen=True, slots=True)
class Settlement:
    """How one part stands."""

    state: str
    on: date | None
    evidence: tuple[str, ...] = ()
    reason: str = ""
    recorded_by: str = ""
    approved_by: str | None = None


def is_settled(settlement: Settlement | None) -> bool:
    """Whether the part is in place."""
    if settlement is None:
        return False
    return settlement.state == "done" or (settlement.state == "not_applicable" and settlement.approved_by is not None)


def missing(five: Mapping[Part, Settlement], needed: Iterable[Part] = tuple(Part)) -> tuple[Part, ...]:
    """The parts that are not in place."""
    return tuple(part for part in needed if not is_settled(five.get(part)))


def check_settlement(settlement: Settlement) -> None:
    """`done` needs a day and evidence, `not_applicable` a day and a reason, `open` neither."""
    if settlement.state != "open" and settlement.on is None:
        raise Invalid("day_missing", "请填写完成日期", "say on which day", pointer="/on")
    if settlement.state == "open" and settlement.on is not None:
        raise Invalid("day_unexpected", "未完成的环节没有完成日期", "an open part has no day", pointer="/on")
    if settlement.state == "done" and not settlement.evidence:
        raise Invalid("evidence_missing", "已到位的环节须附证据", "done needs evidence", pointer="/evidence")
    if settlement.state == "not_applicable" and not settlement.reason:
        raise Invalid("reason_missing", "不适用须说明理由", "not applicable needs a reason", pointer="/reason")


def check_approval(settlement: Settlement | None, approver: str) -> None:
    """Only a part that is declared not applicable waits for the head, and the head is somebody else."""
    if settlement is None or settlement.state != "not_applicable" or settlement.approved_by is not None:
        raise Refused("nothing_to_approve", "该环节没有待批准的“不适用”申请", "nothing waits for approval here")
    check_second_person(settlement.recorded_by, approver)


def check_second_person(first: str, second: str) -> None:
    """Extension and exemption are approved by the head, not by the officer who asks (domain.md 8.2)."""
    if first == second:
        raise Refused("same_person", "申请人与批准人不能是同一人", "the applicant cannot approve")


def check_all_in_place(five: Mapping[Part, Settlement], needed: Iterable[Part] = tuple(Part)) -> None:
    """The closing guard: all that the leg needs, or a refusal that lists which are missing."""
    lacking = missing(five, needed)
    if lacking:
        words = "、".join(NAMES[part] for part in lacking)
        problems = _problems(lacking)
        raise Refused("five_missing", f"五个到位尚缺:{words}", f"not in place: {', '.join(lacking)}", pointer="/five", problems=problems)


def _problems(lacking: Iterable[Part]) -> list[dict[str, str]]:
    return [{"code": "five_missing", "pointer": f"/five/{part}", "detail": NAMES[part]} for part in lacking]

"""Objection and request for re-inspection (异议、复检申请): who, where, until when, what excludes it (O18 arts. 35-39, O15 arts. 30-40)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from common.clocks import LIMITS, due, national_calendar
from sampling.rules.notices import proof_of
from sampling.rules.problem import Problem
from sampling.rules.samples import Programme, SampleState


class Kind(StrEnum):
    """What the party disputes (异议类型), domain §2.7.1."""

    PROCESS = "抽样过程"
    AUTHENTICITY = "样品真实性"
    METHOD = "检验方法"
    STANDARD = "标准适用"
    REINSPECTION = "检验结论(复检)"


class CaseState(StrEnum):
    """Where an application stands."""

    FILED = "已提交"
    INCOMPLETE = "待补正"
    ACCEPTED = "已受理"
    DRAWN = "已确定复检机构"
    TESTING = "复检中"
    REFUSED = "不予受理"
    WITHDRAWN = "已撤回"
    DECIDED = "已作结论"


class Outcome(StrEnum):
    """How an application ends; the last four are final conclusions of the batch (domain §4.8)."""

    REFUSED = "不予受理"
    WITHDRAWN = "申请人撤回"
    UPHELD = "维持"
    REINSPECTION_ENDED = "终止复检维持原结论"
    NOT_OWN_PRODUCT = "非其生产"
    OVERTURNED = "改判合格"


#: Final conclusions, the weaker first: a batch has the strongest that any of its cases reached.
CONCLUSIONS = (Outcome.UPHELD, Outcome.REINSPECTION_ENDED, Outcome.NOT_OWN_PRODUCT, Outcome.OVERTURNED)
_C = CaseState
OPEN = frozenset({_C.FILED, _C.INCOMPLETE, _C.ACCEPTED, _C.DRAWN, _C.TESTING})
#: In which states an act is allowed.
FROM: Mapping[str, frozenset[CaseState]] = {
    "ask": frozenset({_C.FILED}),
    "complete": frozenset({_C.INCOMPLETE}),
    "accept": frozenset({_C.FILED}),
    "refuse": frozenset({_C.FILED, _C.INCOMPLETE}),
    "withdraw": OPEN,
    "consult": frozenset({_C.ACCEPTED}),
    "panel": frozenset({_C.ACCEPTED}),
    "extend": frozenset({_C.ACCEPTED, _C.DRAWN}),
    "decide": frozenset({_C.ACCEPTED}),
    "formalities": frozenset({_C.ACCEPTED}),
    "draw": frozenset({_C.ACCEPTED, _C.DRAWN}),
    "handover": frozenset({_C.DRAWN}),
    "conclude": frozenset({_C.TESTING}),
    "end": frozenset({_C.ACCEPTED, _C.DRAWN, _C.TESTING}),
    "tell": frozenset({_C.DECIDED, _C.REFUSED}),
}
REINSPECTION_ACTS = frozenset({"formalities", "draw", "handover", "conclude", "end"})
OBJECTION_ACTS = frozenset({"decide", "consult"})


def check_act(act: str, state: CaseState, kind: Kind) -> list[Problem]:
    """`objection_state` unless the application may take this step, `objection_kind` when the step is not of its kind."""
    wrong = (act in REINSPECTION_ACTS and kind is not Kind.REINSPECTION) or (act in OBJECTION_ACTS and kind is Kind.REINSPECTION)
    if wrong:
        return [Problem("objection_kind", "/kind", f"「{kind}」申请没有这一环节", f"this step is not of a '{kind.name}' application")]
    if state in FROM[act]:
        return []
    return [Problem("objection_state", "/state", f"申请{state.value}，不能办理此事", f"the application is {state.name}")]


@dataclass(frozen=True, slots=True)
class Right:
    """A party's time for one kind of application, with the count that proves it."""

    kind: Kind
    clock: str
    since: date
    until: date
    provisional: bool
    proof: list[dict[str, Any]] = field(repr=False)

    def as_json(self) -> dict[str, Any]:
        since, until = self.since.isoformat(), self.until.isoformat()
        return {"clock": self.clock, "since": since, "until": until, "provisional": self.provisional, "proof": self.proof}


def clock_of(programme: Programme, kind: Kind) -> str:
    """F08 re-inspection, F15 sampling process, F16 the rest (food); P05 for everything of a product."""
    if programme is Programme.PRODUCT:
        return "P05"
    return {Kind.REINSPECTION: "F08", Kind.PROCESS: "F15"}.get(kind, "F16")


def right_of(programme: Programme, kind: Kind, sampled_on: date, told_on: date | None) -> Right | None:
    """Until when a party may apply; None while it has not been told and the time runs from the notice. The process of food sampling is
    disputed from the end of sampling (O15 art. 37), everything else from the receipt of the result."""
    clock = clock_of(programme, kind)
    since = sampled_on if clock == "F15" else told_on
    if since is None:
        return None
    deadline = due(LIMITS[clock], since, national_calendar())
    return Right(kind, clock, since, deadline.legal, deadline.provisional, proof_of(deadline))


def authorities(programme: Programme, kind: Kind, owner: str, organiser: str) -> tuple[str, ...]:
    """Where an application may be lodged (受理机关), the usual one first: food sampling process at the implementing bureau, other objections at the
    organising one, re-inspection also one level up (O15 arts. 30, 38); products at the organising bureau or its superior (PQL art. 15)."""
    if programme is Programme.FOOD and kind is Kind.PROCESS:
        found = [owner]
    elif programme is Programme.FOOD and kind is not Kind.REINSPECTION:
        found = [organiser]
    elif programme is Programme.FOOD:
        found = [owner, _above(owner), organiser, _above(organiser)]
    else:
        found = [organiser, _above(organiser), owner]
    return tuple(dict.fromkeys(code for code in found if code))


def _above(code: str) -> str:
    return code[:-2] if len(code) > 2 else ""


@dataclass(frozen=True, slots=True)
class FailedItem:
    """One item of the report that did not conform."""

    item: str
    method: str
    result: str


_MICROBES = (
    "菌落总数", "大肠", "霉菌", "酵母", "沙门", "志贺", "葡萄球菌", "假单胞菌", "李斯特", "弧菌", "克罗诺杆菌", "阪崎", "肠杆菌",
    "芽胞杆菌", "芽孢杆菌", "商业无菌", "致病菌", "空肠弯曲", "链球菌", "肠球菌", "产气荚膜", "耶尔森", "微生物", "细菌",
)  # fmt: skip


def is_microbial(failed: FailedItem) -> bool:
    """Whether an item is microbiological (微生物指标): by its name, its method GB 4789, or its five values n/c/m/M."""
    return any(word in failed.item for word in _MICROBES) or "4789" in failed.method


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """What a party applies for."""

    kind: Kind
    party_role: str
    items: tuple[str, ...]
    applied_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What is known of the batch when an application is looked at; `told_on` starts the party's clocks, `on` is the day of looking."""

    programme: Programme
    monitoring: bool
    failing: bool
    sampled_on: date
    on: date
    sampled_role: str
    liable: frozenset[str]
    told_on: date | None
    failed: tuple[FailedItem, ...]
    expires_on: date | None = None
    reserve: Problem | None = None
    reserve_moved: bool = False
    decided_kinds: frozenset[Kind] = frozenset()
    reinspected: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """Why an application cannot be accepted: stable code, words, article, and the clock's proof where a clock says so."""

    code: str
    zh: str
    en: str
    article: str
    right: Right | None = None

    def as_json(self) -> dict[str, Any]:
        shown: dict[str, Any] = {"code": self.code, "pointer": "", "detail": self.zh, "detail_en": self.en, "article": self.article}
        return shown | ({"limit": self.right.as_json()} if self.right else {})


def find_exclusions(asked: Application, known: Situation) -> list[Finding]:
    """Everything that stands against accepting the application; empty when it must be accepted."""
    findings = [*_standing(asked, known), *_lateness(asked, known)]
    if asked.kind is Kind.REINSPECTION:
        findings += _no_second_test(asked, known)
    elif asked.kind in known.decided_kinds:
        findings.append(_found("objection_decided", "该当事人同类异议已作结论", "this party's objection of this kind is decided", known, (36, 39)))
    return findings


def _standing(asked: Application, known: Situation) -> list[Finding]:
    if asked.party_role not in known.liable:
        zh, en = "申请人不是该批次的被抽样单位、标称生产者或委托方", "the applicant is no sampled party, labelled producer or consignor of the batch"
        return [_found("applicant_not_entitled", zh, en, known, (35, 30))]
    if known.monitoring:
        zh, en = "风险监测结果不适用异议和复检", "risk monitoring knows no objection and no re-inspection"
        return [_found("monitoring_excluded", zh, en, known, (35, 41))]
    if asked.kind is Kind.PROCESS:
        if asked.party_role == known.sampled_role:
            return []
        zh, en = "抽样过程异议由被抽样单位提出", "only the sampled party disputes the sampling process"
        return [_found("process_sampled_party", zh, en, known, (35, 37))]
    if not known.failing:
        return [_found("result_not_failing", "检验结论并非不合格", "the result does not fail the batch", known, (35, 30))]
    return []


def _lateness(asked: Application, known: Situation) -> list[Finding]:
    right = right_of(known.programme, asked.kind, known.sampled_on, known.told_on)
    if right is None:
        return [
            _found(
                "not_notified", "检验结果尚未送达该当事人，期限尚未起算", "the party has not been served, its time does not run yet", known, (34, 29)
            )
        ]
    if asked.applied_on <= right.until:
        return []
    zh = f"逾期：{right.clock}自{right.since}起算，至{right.until}届满，申请日期为{asked.applied_on}"
    en = f"late: {right.clock} counted from {right.since} ended on {right.until}, applied on {asked.applied_on}"
    return [_found("objection_late", zh, en, known, (35, 31 if asked.kind is Kind.REINSPECTION else 37), right=right)]


def _no_second_test(asked: Application, known: Situation) -> list[Finding]:
    found = []
    disputed = [one for one in known.failed if one.item in asked.items]
    microbes = [one.item for one in disputed if is_microbial(one)]
    if known.programme is Programme.FOOD and microbes:
        zh = f"微生物指标不予复检：{'、'.join(microbes)}；可在各自期限内提出抽样过程、样品真实性、检验方法、标准适用异议"
        found.append(_found("reinspection_microbial", zh, f"microbiological items are not re-inspected: {', '.join(microbes)}", known, (37, 31)))
    if known.reserve_moved:
        zh = "当事人转移、销售或者毁损备样，终止复检，以初检结论为准"
        found.append(_found("reserve_moved", zh, "the party moved, sold or destroyed the reserve sample", known, (39, 31)))
    if known.expires_on is not None and known.on > known.expires_on:
        zh = f"备样已超过保质期（{known.expires_on}）"
        found.append(_found("reserve_expired", zh, f"the reserve sample is past its shelf life ({known.expires_on})", known, (39, 31)))
    elif known.reserve is not None and not known.reserve_moved:
        found.append(_found(known.reserve.code, known.reserve.zh, known.reserve.en, known, (39, 31)))
    if known.reinspected:
        zh, en = "已经复检，复检结论为最终检验结论", "the batch was re-inspected, that conclusion is final"
        found.append(_found("reinspection_done", zh, en, known, (41, 35)))
    return found


def _found(code: str, zh: str, en: str, known: Situation, articles: tuple[int, int], *, right: Right | None = None) -> Finding:
    law, number = ("O18", articles[0]) if known.programme is Programme.PRODUCT else ("O15", articles[1])
    return Finding(code, zh, en, f"{law} art. {number}", right)


def check_items(asked: Application, failed: Sequence[FailedItem]) -> list[Problem]:
    """A re-inspection names the disputed items (争议项目) among those that failed (O18 art. 41)."""
    if asked.kind is not Kind.REINSPECTION:
        return []
    if not asked.items:
        return [Problem("items_missing", "/items", "申请复检须列明争议项目", "a re-inspection names the disputed items")]
    known = {one.item for one in failed}
    wrong = [number for number, item in enumerate(asked.items) if item not in known]
    return [Problem("item_not_failed", f"/items/{number}", "该项目不在不合格项目之列", "this item did not fail") for number in wrong]


def urgent_by(programme: Programme, applied_on: date, expires_on: date | None) -> date | None:
    """The day by which the reserve must be tested when its shelf life ends before the usual way of a re-inspection would (scenario 9)."""
    if expires_on is None:
        return None
    day = applied_on
    for clock in ("F09", "F10", "F12", "F13"):
        day = due(LIMITS[clock], day, national_calendar()).legal
    return expires_on if expires_on < day else None


def batch_state(now: SampleState, stages: Iterable[tuple[Kind, CaseState]], *, final: bool = False) -> SampleState:
    """Where a notified batch stands by its open applications: re-inspected, disputed, final, or merely notified while somebody's time runs."""
    if now not in (SampleState.NOTIFIED, SampleState.OBJECTED, SampleState.REINSPECTING, SampleState.FINAL):
        return now
    still = [(kind, state) for kind, state in stages if state in OPEN]
    if any(kind is Kind.REINSPECTION and state in (_C.ACCEPTED, _C.DRAWN, _C.TESTING) for kind, state in still):
        return SampleState.REINSPECTING
    if still:
        return SampleState.OBJECTED
    return SampleState.FINAL if final or now in (SampleState.REINSPECTING, SampleState.FINAL) else SampleState.NOTIFIED


def outcome_of(kind: Kind, sustained: bool, party_role: str, sampled_role: str) -> Outcome:
    """What a decided objection makes of the batch: a producer that denies the product goes free alone (scenario 15), any other objection that is
    sustained takes the result away."""
    if not sustained:
        return Outcome.UPHELD
    if kind is Kind.AUTHENTICITY and party_role != sampled_role:
        return Outcome.NOT_OWN_PRODUCT
    return Outcome.OVERTURNED


def strongest(outcomes: Iterable[Outcome]) -> Outcome | None:
    """The batch's final conclusion among those of its cases."""
    ranked = [CONCLUSIONS.index(outcome) for outcome in outcomes if outcome in CONCLUSIONS]
    return CONCLUSIONS[max(ranked)] if ranked else None


def ruling_clock(programme: Programme, kind: Kind) -> str | None:
    """Until when the bureau accepts or refuses: F09, F18; the product rules name no days."""
    if programme is Programme.PRODUCT:
        return None
    return "F09" if kind is Kind.REINSPECTION else "F18"


def deciding_clock(programme: Programme, kind: Kind) -> str | None:
    """What starts with the acceptance: the draw (F10, P06) or the decision (F19, F20)."""
    if programme is Programme.PRODUCT:
        return "P06" if kind is Kind.REINSPECTION else None
    return {Kind.REINSPECTION: "F10", Kind.PROCESS: "F19"}.get(kind, "F20")

"""The reserve sample's life (备样): until when it is kept (F25, P14), what may end it, whether a re-inspection can use it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from common.clocks import LIMITS, Deadline, add_months, due, national_calendar, render
from sampling.rules.identifiers import shelf_life_of
from sampling.rules.problem import Problem
from sampling.rules.samples import Programme, SampleState
from sampling.rules.stored import StoredForm

CONFORMING, FAILED = "合格", "不合格"


class ReserveState(StrEnum):
    """State of the reserve sample (备样状态)."""

    KEPT = "封存中"
    IN_TRANSIT = "移送中"
    TRANSFERRED = "已移交复检机构"
    RETURNED = "已退还"
    DESTROYED = "已处置"
    LOST = "灭失"


_R = ReserveState
NEXT: Mapping[ReserveState, frozenset[ReserveState]] = {
    _R.KEPT: frozenset({_R.IN_TRANSIT, _R.RETURNED, _R.DESTROYED, _R.LOST}),
    _R.IN_TRANSIT: frozenset({_R.TRANSFERRED, _R.LOST}),
    _R.TRANSFERRED: frozenset({_R.DESTROYED, _R.LOST}),
    _R.RETURNED: frozenset(),
    _R.DESTROYED: frozenset(),
    _R.LOST: frozenset(),
}
# A batch that ended without a conclusion needs no reserve; one whose conclusion is disputed needs it in any case.
VOID = frozenset({SampleState.SAMPLE_REJECTED, SampleState.STOPPED_ILLEGAL, SampleState.TEST_IMPOSSIBLE})
DISPUTED = frozenset({SampleState.OBJECTED, SampleState.REINSPECTING})


class LossCause(StrEnum):
    """How a reserve sample got lost (备样灭失原因); by the party's doing the first conclusion stands (O18 art. 39)."""

    MOVED = "当事人转移"
    SOLD = "当事人销售"
    DAMAGED = "当事人毁损"
    ACCIDENT = "意外毁损"
    OTHER = "其他"


BY_PARTY = frozenset({LossCause.MOVED, LossCause.SOLD, LossCause.DAMAGED})


@dataclass(frozen=True, slots=True)
class Conclusion:
    """The effective report, and the last day of the parties' rights where they were served."""

    verdict: str
    concluded_on: date
    objection_until: date | None = None


@dataclass(frozen=True, slots=True)
class Keeping:
    """Until when the reserve is kept, the clock that says so, and its proof; `return_by` for free conforming product samples."""

    until: date
    clock: str
    proof: tuple[str, ...]
    provisional: bool
    return_by: date | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """What of a reserve sample decides about its end."""

    state: ReserveState
    programme: Programme
    free: bool
    expires_on: date | None
    holds: Sequence[str]
    sample_state: SampleState
    seal_intact: bool = True
    loss: str | None = None


_LIFE = re.compile(r"P(?:([0-9]+)([DWMY]))")


def shelf_life_end(expires_on: date | None, produced_on: date | None, shelf_life: str | None) -> date | None:
    """The last day of shelf life: as printed, else the production date and the period in plain words; None where neither is told."""
    if expires_on is not None or produced_on is None or not shelf_life:
        return expires_on
    found = _LIFE.fullmatch(shelf_life_of(shelf_life) or "")
    if found is None:
        return None
    number, unit = int(found[1]), found[2]
    if unit in "DW":
        return produced_on + timedelta(days=number * (7 if unit == "W" else 1))
    return add_months(produced_on, number * (12 if unit == "Y" else 1))


def expiry_of(form: StoredForm, document: Mapping[str, Any]) -> date | None:
    """The last day of a batch's shelf life (保质期届满日): a product's is printed as a day, a food's as a period."""
    return shelf_life_end(form.product.expires_on, form.product.production_date, (document.get("food") or {}).get("shelf_life"))


def check_reserve_move(now: ReserveState, to: ReserveState) -> list[Problem]:
    """`reserve_state` unless the reserve may go there."""
    if to in NEXT[now]:
        return []
    return [Problem("reserve_state", "/state", f"备样状态为「{now.value}」，不能变为「{to.value}」", f"a {now.name} reserve cannot become {to.name}")]


def keeping_of(programme: Programme, conclusion: Conclusion, expires_on: date | None) -> Keeping:
    """O15 art. 25: 3 months after a conforming, 6 months after another conclusion, or the end of shelf life; O18 art. 33 for conforming products."""
    if programme is Programme.PRODUCT and conclusion.verdict == CONFORMING:
        return _product_keeping(conclusion, expires_on)
    clock = _due("F25a" if conclusion.verdict == CONFORMING else "F25b", conclusion.concluded_on)
    if expires_on is not None and expires_on < clock.legal:
        return _by_shelf_life(expires_on)
    if conclusion.objection_until is not None and conclusion.objection_until > clock.legal:
        proof = (*_lines(clock), f"当事人异议期至 {conclusion.objection_until}，备样保存至该日")
        return Keeping(conclusion.objection_until, clock.limit_id, proof, clock.provisional)
    words = () if programme is Programme.FOOD else ("产品备样：法规未定保存期限，平台默认按食品不合格备样办理",)
    return Keeping(clock.legal, clock.limit_id, (*_lines(clock), *words), clock.provisional)


def _product_keeping(conclusion: Conclusion, expires_on: date | None) -> Keeping:
    """Kept while the party may object (P05, from the service, else from the conclusion), then given back (P14)."""
    objection = _due("P05", conclusion.concluded_on)
    until = conclusion.objection_until or objection.legal
    if expires_on is not None and expires_on < until:
        return _by_shelf_life(expires_on)
    back = _due("P14", until)
    told = ("异议期自送达之日起算",) if conclusion.objection_until else ("未见送达记录，异议期自作出结论之日推定", *_lines(objection))
    return Keeping(until, "P14", (*told, *_lines(back)), objection.provisional or back.provisional, back.legal)


def _by_shelf_life(expires_on: date) -> Keeping:
    clock = _due("F25c", expires_on)
    return Keeping(expires_on, clock.limit_id, _lines(clock), clock.provisional)


def _due(limit: str, trigger: date) -> Deadline:
    return due(LIMITS[limit], trigger, national_calendar())


def _lines(clock: Deadline) -> tuple[str, ...]:
    return tuple(render(clock.proof).splitlines())


def check_end(to: ReserveState, reserve: Held, keeping: Keeping | None, on: date) -> list[Problem]:
    """A reserve is destroyed or given back only after its date and never during a dispute (O15 art. 25, O18 art. 33)."""
    problems = check_reserve_move(reserve.state, to)
    if reserve.holds or reserve.sample_state in DISPUTED:
        why = "、".join(reserve.holds) or reserve.sample_state.value
        problems.append(Problem("reserve_held", "/state", f"备样因「{why}」不得处置", "the reserve is held for a dispute"))
    if reserve.sample_state in VOID:
        return problems
    if keeping is None:
        problems.append(Problem("reserve_no_conclusion", "/on", "尚无检验结论，备样不得处置", "there is no conclusion yet"))
    elif on <= keeping.until:
        zh = f"备样应保存至 {keeping.until}（{keeping.clock}）：{'；'.join(keeping.proof)}"
        problems.append(Problem("reserve_keep", "/on", zh, f"the reserve is kept until {keeping.until} ({keeping.clock})"))
    if to is ReserveState.RETURNED and not reserve.free:
        problems.append(Problem("reserve_not_free", "/state", "备样为购买取得，不予退还", "the reserve was bought and is not returned"))
    return problems


def unusable(reserve: Held | None, on: date) -> Problem | None:
    """Why a re-inspection cannot use the reserve on that day (O15 art. 31, O18 art. 39); None when it can."""
    if reserve is None:
        return Problem("reserve_none", "/reserve", "本批次没有备样", "the batch has no reserve sample")
    if reserve.state in (ReserveState.RETURNED, ReserveState.DESTROYED, ReserveState.LOST):
        why = f"（{reserve.loss}）" if reserve.loss else ""
        return Problem("reserve_unusable", "/reserve", f"备样{reserve.state.value}{why}，不能复检", f"the reserve is {reserve.state.name}")
    if not reserve.seal_intact:
        return Problem("reserve_seal_broken", "/reserve", "备样封条破损，不能复检", "the seal of the reserve is broken")
    if reserve.expires_on is not None and on > reserve.expires_on:
        proof = "；".join(_by_shelf_life(reserve.expires_on).proof)
        return Problem("reserve_expired", "/reserve", f"备样已于 {reserve.expires_on} 超过保质期：{proof}", "the reserve is past its shelf life")
    return None

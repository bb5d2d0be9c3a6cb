"""A batch walked from the sealed sample to its last conclusion by the rules of three services, act by act in any order, 2,000 times a programme.

What the rules refuse must leave everything as it was; what they allow must keep every sentence of `_holds`. Pure: no database, no clock.
"""

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common.clocks import LIMITS
from credit.rules.disputes import Dispute, standing
from credit.rules.publicity import Action, Facts, Shown, State, evaluate
from sampling.rules import objections, reserve
from sampling.rules.objections import OPEN, Application, CaseState, FailedItem, Kind, Outcome, Situation
from sampling.rules.reserve import Conclusion, Held, ReserveState
from sampling.rules.samples import Programme, SampleState, is_move

REPORT, SAMPLE = UUID(int=1), UUID(int=2)
ROLES = ("seller", "producer")
FAILED = (FailedItem("甲醛释放量", "GB/T 17657-2013", "0.21"),)
S = SampleState
ENDED = {CaseState.REFUSED, CaseState.WITHDRAWN, CaseState.DECIDED}
#: domain.md §2.1 as it is printed there, from the sealed sample on; written down again here, so that a change of the table is seen.
PRINTED = {
    S.SAMPLED: {S.IN_TRANSIT, S.RECEIVED, S.SAMPLE_REJECTED}, S.IN_TRANSIT: {S.RECEIVED, S.SAMPLE_REJECTED},
    S.RECEIVED: {S.TESTING, S.REPORTED, S.STOPPED_ILLEGAL}, S.TESTING: {S.REPORTED, S.TEST_IMPOSSIBLE, S.STOPPED_ILLEGAL},
    S.REPORTED: {S.CONFORMING, S.NON_CONFORMING, S.PROBLEM}, S.CONFORMING: {S.REPORTED, S.PUBLISHABLE},
    S.NON_CONFORMING: {S.REPORTED, S.NOTIFIED}, S.PROBLEM: {S.REPORTED, S.ANALYSED}, S.NOTIFIED: {S.OBJECTED, S.FINAL},
    S.OBJECTED: {S.REINSPECTING, S.FINAL, S.NOTIFIED}, S.REINSPECTING: {S.FINAL, S.OBJECTED},
    S.FINAL: {S.PUBLISHABLE, S.OBJECTED, S.REINSPECTING}, S.PUBLISHABLE: {S.PUBLISHED}, S.PUBLISHED: {S.CREDIT_EXPORTED},
    S.CREDIT_EXPORTED: {S.ARCHIVED},
}  # fmt: skip


@dataclass
class Case:
    """One application of one party."""

    kind: Kind
    role: str
    applied_on: date
    excluded: bool
    state: CaseState = CaseState.FILED
    outcome: Outcome | None = None
    decided_on: date | None = None


@dataclass
class Batch:
    """Everything that is known of one batch."""

    programme: Programme
    today: date
    state: SampleState = S.SAMPLED
    reported_on: date | None = None
    served: dict[str, date] = field(default_factory=dict)
    cases: list[Case] = field(default_factory=list)
    reserve: ReserveState = ReserveState.KEPT
    shown: dict[str, Shown] = field(default_factory=dict)
    sampled_on: date = date(2026, 1, 5)
    refused: int = 0

    def move(self, to: SampleState) -> None:
        if is_move(self.state, to, self.programme):
            assert to in PRINTED[self.state], f"{self.state.name} -> {to.name} is not in domain.md §2.1"
            self.state = to
        else:
            self.refused += 1

    @property
    def open(self) -> list[Case]:
        return [case for case in self.cases if case.state in OPEN and not case.excluded]

    def held(self) -> Held:
        holds = ["复检"] if any(case.kind is Kind.REINSPECTION for case in self.open) else []
        return Held(self.reserve, self.programme, False, date(2026, 11, 30), holds, self.state)


def advance(batch: Batch, n: int) -> None:
    batch.today += timedelta(days=n)


def go(batch: Batch, n: int) -> None:
    """To any state that is not a matter of notices and applications."""
    targets = [s for s in S if s not in (S.NOTIFIED, S.OBJECTED, S.REINSPECTING, S.FINAL)]
    before, to = batch.state, targets[n % len(targets)]
    if before in (S.NOTIFIED, S.OBJECTED, S.REINSPECTING, S.FINAL) and batch.open:
        to = S.PUBLISHABLE  # the one that must never be
    batch.move(to)
    if batch.state is S.REPORTED and before is not S.REPORTED:
        batch.reported_on, batch.served, batch.cases = batch.today, {}, []


def serve(batch: Batch, n: int) -> None:
    if batch.state is S.NON_CONFORMING and batch.reported_on:
        batch.served.setdefault(ROLES[n % 2], batch.today)
        if len(batch.served) == len(ROLES):
            batch.move(S.NOTIFIED)


def situation(batch: Batch, role: str) -> Situation:
    decided = frozenset(c.kind for c in batch.cases if c.role == role and c.state is CaseState.DECIDED)
    return Situation(
        programme=batch.programme, monitoring=False, failing=True, sampled_on=batch.sampled_on, on=batch.today, sampled_role="seller",
        liable=frozenset(ROLES), told_on=batch.served.get(role), failed=FAILED, reserve=reserve.unusable(batch.held(), batch.today),
        decided_kinds=decided, reinspected=any(c.kind is Kind.REINSPECTION and c.state is CaseState.DECIDED for c in batch.cases),
    )  # fmt: skip


def apply(batch: Batch, n: int) -> None:
    """A party applies; what is late or excluded is kept with its reason and stops nothing."""
    if batch.state not in (S.NOTIFIED, S.OBJECTED, S.REINSPECTING, S.FINAL):
        return
    kind, role = list(Kind)[n % 5], ROLES[n // 5 % 2]
    items = ("甲醛释放量",) if kind is Kind.REINSPECTION else ()
    asked = Application(kind=kind, party_role=role, items=items, applied_on=batch.today)
    against = objections.find_exclusions(asked, situation(batch, role))
    assert all(finding.article and finding.zh and finding.en for finding in against)
    for late in (finding for finding in against if finding.code == "objection_late"):
        assert late.right is not None and late.right.proof and batch.today > late.right.until
    if not any(c.kind is kind and c.role == role and c.state in OPEN for c in batch.cases):
        batch.cases.append(Case(kind, role, batch.today, bool(against)))
    restate(batch)


ENDS = {"refuse": Outcome.REFUSED, "withdraw": Outcome.WITHDRAWN, "end": Outcome.REINSPECTION_ENDED}
NEXT = {
    "ask": CaseState.INCOMPLETE,
    "complete": CaseState.FILED,
    "accept": CaseState.ACCEPTED,
    "draw": CaseState.DRAWN,
    "handover": CaseState.TESTING,
}


def treat(batch: Batch, n: int) -> None:
    """The bureau takes a step in one of the cases."""
    if not batch.cases:
        return
    case = batch.cases[n % len(batch.cases)]
    act = list(objections.FROM)[n // 7 % len(objections.FROM)]
    wrong = objections.check_act(act, case.state, case.kind)
    if wrong or (act == "accept" and case.excluded):
        batch.refused += 1
        return
    assert case.state not in ENDED or act == "tell", f"{act} of a case that is {case.state.name}"
    if act in NEXT:
        case.state = NEXT[act]
    elif act in ENDS or act in ("decide", "conclude"):
        case.outcome = ENDS.get(act) or objections.outcome_of(case.kind, n % 2 == 0, case.role, "seller")
        case.state, case.decided_on = (CaseState[case.outcome.name] if act in ("refuse", "withdraw") else CaseState.DECIDED), batch.today
    if act == "handover":
        batch.reserve = ReserveState.TRANSFERRED if batch.reserve is ReserveState.KEPT else batch.reserve
    restate(batch)


def restate(batch: Batch) -> None:
    stages = [(case.kind, case.state) for case in batch.cases if not case.excluded]
    final = bool(batch.cases) and all(case.state in ENDED for case in batch.cases)
    to = objections.batch_state(batch.state, stages, final=final)
    if to is not batch.state:
        batch.move(to)


def destroy(batch: Batch, _: int) -> None:
    conclusion = Conclusion("合格" if batch.state is S.CONFORMING else "不合格", batch.reported_on) if batch.reported_on else None
    keeping = reserve.keeping_of(batch.programme, conclusion, date(2026, 11, 30)) if conclusion else None
    if reserve.check_end(ReserveState.DESTROYED, batch.held(), keeping, batch.today):
        batch.refused += 1
        return
    assert not [case for case in batch.open if case.kind is Kind.REINSPECTION], "destroyed during a re-inspection"
    assert batch.state in reserve.VOID or (keeping is not None and batch.today > keeping.until and keeping.proof)
    batch.reserve = ReserveState.DESTROYED


def publish(batch: Batch, n: int) -> None:
    """What credit would do for one party with what it has heard."""
    if batch.reported_on is None or batch.state in (S.REPORTED, S.PROBLEM, S.ANALYSED, S.TESTING, S.RECEIVED):
        return
    role = ROLES[n % 2]
    wanted = evaluate(facts(batch, role), batch.shown.get(role))
    if batch.open:
        assert wanted.state in (State.PENDING, State.ACKNOWLEDGED, State.WITHDRAWN, State.SENT), "something new is shown during an objection"
        assert wanted.state is not State.SENT or wanted.action is Action.WITHDRAW
    if wanted.state is State.DUE and wanted.eligible_on is not None and batch.today >= wanted.eligible_on:
        assert wanted.clock in LIMITS
        batch.shown[role] = Shown(REPORT, verdict(batch), wanted.code)
    elif wanted.state is State.SENT:
        assert wanted.clock == "C09" and wanted.trigger_on is not None and wanted.reason
        batch.shown.pop(role)


def verdict(batch: Batch) -> str:
    return "合格" if batch.state in (S.CONFORMING, S.PUBLISHABLE, S.PUBLISHED, S.CREDIT_EXPORTED, S.ARCHIVED) and not batch.served else "不合格"


def facts(batch: Batch, role: str) -> Facts:
    told = [
        Dispute(UUID(int=n), SAMPLE, REPORT, c.role, c.outcome.name if c.outcome else "", c.decided_on)
        for n, c in enumerate(batch.cases)
        if not c.excluded
    ]
    rights = [r for r in ROLES if r in batch.served]
    until = [objections.right_of(batch.programme, Kind.REINSPECTION, batch.sampled_on, batch.served[r]) for r in rights]
    final = max(right.until for right in until if right) if len(until) == len(ROLES) else None
    assert batch.reported_on is not None
    return Facts(REPORT, verdict(batch), batch.reported_on, batch.reported_on, True, "", None, final, (), standing(told, role, REPORT))


ACTS = (advance, go, serve, apply, treat, destroy, publish)


def _holds(batch: Batch) -> None:
    """Every right and every duty has its clock with a proof, and nothing that is disputed is final."""
    for role, served_on in batch.served.items():
        for kind in Kind:
            right = objections.right_of(batch.programme, kind, batch.sampled_on, served_on)
            assert right is not None and right.clock in LIMITS and right.until > right.since and right.proof, (role, kind)
    for case in batch.open:
        clock = objections.ruling_clock(batch.programme, case.kind)
        later = objections.deciding_clock(batch.programme, case.kind)
        assert (clock is None) == (batch.programme is Programme.PRODUCT) and (clock is None or clock in LIMITS)
        assert later is None or later in LIMITS
        assert later is not None or batch.programme is Programme.PRODUCT, "a duty of the bureau without a limit"
    if batch.open and batch.state in (S.NOTIFIED, S.OBJECTED, S.REINSPECTING, S.FINAL, S.PUBLISHABLE):
        assert batch.state in (S.OBJECTED, S.REINSPECTING), f"{batch.state.name} with an open application"


@pytest.mark.parametrize("programme", list(Programme))
@settings(max_examples=2000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps=st.lists(st.tuples(st.integers(0, len(ACTS) - 1), st.integers(0, 139)), min_size=5, max_size=40), start=st.integers(0, 2))
def test_no_walk_leaves_the_rules(programme, steps, start):
    batch = Batch(programme, date(2026, 1, 8))
    if start:  # most walks begin where the rights begin
        batch.state, batch.reported_on = S.NON_CONFORMING, date(2026, 1, 20)
        batch.today = date(2026, 1, 22)
        for number in range(start):
            serve(batch, number)
    for act, n in steps:
        before = replace(batch)
        ACTS[act](batch, n)
        assert batch.today >= before.today
        _holds(batch)


def test_the_walks_reach_what_they_must_guard():
    """The way to a re-inspection that overturns the result, step by step, so that the walks above are not about nothing."""
    batch = Batch(Programme.FOOD, date(2026, 1, 22), S.NON_CONFORMING, date(2026, 1, 20))
    serve(batch, 0), serve(batch, 1)
    assert batch.state is S.NOTIFIED
    apply(batch, list(Kind).index(Kind.REINSPECTION))
    assert batch.state is S.OBJECTED and not batch.cases[0].excluded
    for act in ("accept", "draw", "handover"):
        treat(batch, list(objections.FROM).index(act) * 7)
    assert batch.state is S.REINSPECTING and batch.reserve is ReserveState.TRANSFERRED
    publish(batch, 0)
    assert not batch.shown
    treat(batch, list(objections.FROM).index("end") * 7)
    assert batch.state is S.FINAL and batch.cases[0].outcome is Outcome.REINSPECTION_ENDED
    batch.today = date(2026, 3, 1)
    publish(batch, 0)
    assert batch.shown

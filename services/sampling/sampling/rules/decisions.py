"""What becomes of each pushed report (检验报告的采信): pure decisions over what is known of samples, reports, laboratory and schemes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple
from uuid import UUID

from sampling.rules.assessment import Assessment, Scheme, Verdict, assess_items
from sampling.rules.corrections import Standing, check_replacement
from sampling.rules.problem import Problem, shown
from sampling.rules.pushed import PushedReport
from sampling.rules.report_checks import Cma, ReportContext, check_report, find_certificate
from sampling.rules.samples import Programme, SampleState, check_move
from sampling.rules.stored import StoredForm

ACCEPTED, UNCHANGED, REJECTED = "accepted", "unchanged", "rejected"
STATES = {Verdict.QUALIFIED: SampleState.CONFORMING, Verdict.PROBLEM: SampleState.PROBLEM}


class KnownSample(NamedTuple):
    """A sample assigned to the laboratory, with its form."""

    id: UUID
    region_code: str
    sample_no: str
    state: SampleState
    product_code: str
    effective_report_id: UUID | None
    form: StoredForm

    @property
    def judged_on(self) -> date:
        """The day that picks the scheme: production, or sampling where no production date is printed."""
        return self.form.produced_on or self.form.sampled_on


class KnownReport(NamedTuple):
    """A version that is stored."""

    id: UUID
    sample_id: UUID
    report_no: str
    version: int
    content_sha256: str


@dataclass(frozen=True, slots=True)
class SchemeVersion:
    """One published version of a test scheme (实施细则), valid by production date; for supervision and for risk monitoring."""

    scheme_id: str
    version: int
    valid_from: date
    valid_to: date | None
    supervision: Scheme
    monitoring: Scheme

    def is_valid(self, on: date) -> bool:
        return self.valid_from <= on and (self.valid_to is None or on <= self.valid_to)


@dataclass(frozen=True, slots=True)
class World:
    """What is known when a batch is judged: samples and reports by number, the laboratory's certificates, schemes by product, and how those samples
    stand that a report would correct."""

    today: date
    certificates: Sequence[Cma]
    samples: Mapping[str, Sequence[KnownSample]]
    reports: Mapping[str, Sequence[KnownReport]]
    schemes: Mapping[str, Sequence[SchemeVersion]]
    standings: Mapping[UUID, Standing] = field(default_factory=dict)


@dataclass(slots=True)
class Decision:
    """One report's fate, in the order of the call."""

    status: str
    report_no: str | None
    problems: list[Problem] = field(default_factory=list)
    sha256: str = ""
    report_id: UUID | None = None
    version: int | None = None
    pushed: PushedReport | None = None
    sample: KnownSample | None = None
    replaced: KnownReport | None = None
    scheme: SchemeVersion | None = None
    assessment: Assessment | None = None


def rejected(report_no: str | None, problem: Problem, sha256: str = "") -> Decision:
    return Decision(REJECTED, report_no, [problem], sha256)


def find_scheme(versions: Sequence[SchemeVersion], on: date) -> SchemeVersion | None:
    """The version in force on a production date; the newest one when several say so."""
    valid = [version for version in versions if version.is_valid(on)]
    return max(valid, key=lambda v: (v.valid_from, v.version)) if valid else None


def decide(pushed: PushedReport, sha256: str, world: World) -> Decision:
    """Known already, in conflict, for no sample of this laboratory, in disagreement with the rules, or accepted."""
    decision = Decision(REJECTED, pushed.report_no, sha256=sha256, pushed=pushed)
    same_number = world.reports.get(pushed.report_no, ())
    known = next((r for r in same_number if r.content_sha256 == sha256), None)
    if known is not None:
        decision.status, decision.report_id, decision.version = UNCHANGED, known.id, known.version
        return decision
    samples = world.samples.get(pushed.sample_no, ())
    if len(samples) != 1:
        decision.problems.append(_no_sample(pushed.sample_no, len(samples)))
        return decision
    decision.sample = samples[0]
    if same_number and pushed.replaces is None:
        decision.problems.append(_conflict(pushed.report_no))
        return decision
    _check_place(decision, same_number, world)
    if not decision.problems:
        _check_content(decision, world)
    if not decision.problems:
        decision.status = ACCEPTED
    return decision


def _check_place(decision: Decision, same_number: Sequence[KnownReport], world: World) -> None:
    """Whether the sample waits for a report, or the report rightly takes the place of the effective one (domain.md 2.6)."""
    pushed, sample = decision.pushed, decision.sample
    assert pushed is not None and sample is not None
    if pushed.replaces is None:
        decision.version = 1
        if sample.effective_report_id is not None:
            decision.problems.append(_already_reported())
        else:
            decision.problems.extend(p.at("/sample_no") for p in _plain(check_move(sample.state, SampleState.REPORTED)))
        return
    older = world.reports.get(pushed.replaces, ())
    current = next((r for r in older if r.id == sample.effective_report_id), None)
    if current is None or current.sample_id != sample.id:
        decision.problems.append(_replaces_unknown(pushed.replaces))
    elif (held := check_replacement(sample.state, pushed.verdict, pushed.issued_on, world.standings.get(sample.id))) is not None:
        decision.problems.append(held)
    elif pushed.report_no != pushed.replaces and same_number:
        decision.problems.append(_conflict(pushed.report_no))
    else:
        decision.replaced, decision.version = current, current.version + 1


def _plain(problems: Sequence[Problem]) -> list[Problem]:
    return [Problem(p.code, "", p.zh, p.en) for p in problems]


def _check_content(decision: Decision, world: World) -> None:
    pushed, sample = decision.pushed, decision.sample
    assert pushed is not None and sample is not None
    form = sample.form
    context = ReportContext(
        today=world.today, programme=Programme(form.programme), sampled_on=form.sampled_on,
        samplers=frozenset(person.name for person in form.samplers), cma=find_certificate(world.certificates, pushed.cma_no, pushed.issued_on),
    )  # fmt: skip
    decision.problems.extend(check_report(pushed, context))
    scheme = find_scheme(world.schemes.get(sample.product_code, ()), sample.judged_on)
    if scheme is None:
        decision.problems.append(_scheme_missing(sample))
        return
    decision.scheme = scheme
    rules = scheme.monitoring if form.is_monitoring else scheme.supervision
    decision.assessment = assess_items(rules, pushed.items, pushed.verdict)
    decision.problems.extend(decision.assessment.problems)
    if decision.assessment.verdict in (None, Verdict.TEST_IMPOSSIBLE) and not decision.problems:
        decision.problems.append(Problem("verdict_impossible", "/verdict", "没有可据以判定的项目", "no item allows a verdict"))


def state_after(verdict: Verdict) -> SampleState:
    """Where the accepted report takes the batch."""
    return STATES.get(verdict, SampleState.NON_CONFORMING)


@dataclass(frozen=True, slots=True)
class Taken:
    """Report numbers and samples that a call has used."""

    numbers: set[str] = field(default_factory=set)
    samples: set[UUID] = field(default_factory=set)


def decide_all(read: Sequence[Decision], world: World, taken: Taken) -> list[Decision]:
    """Decide the reports of a part of a call; what could not be read stays refused."""
    decided = [decide(d.pushed, d.sha256, world) if d.pushed else d for d in read]
    refuse_twins(decided, taken)
    return decided


def refuse_twins(decisions: Sequence[Decision], taken: Taken) -> None:
    """Inside one call a report number and a sample occur once; the later one is refused."""
    numbers, samples = taken.numbers, taken.samples
    for decision in decisions:
        if decision.status == REJECTED or decision.pushed is None:
            continue
        number, sample = decision.pushed.report_no, decision.sample.id if decision.sample else None
        if number in numbers:
            _turn_down(decision, Problem("report_twice", "/report_no", "本次上传中报告编号重复", "report number given twice in this call"))
        elif sample in samples:
            _turn_down(decision, Problem("sample_twice", "/sample_no", "本次上传中同一样品有两份报告", "two reports for one sample in this call"))
        else:
            numbers.add(number)
            samples.update({sample} - {None})  # type: ignore[arg-type]


def refuse_all(decisions: Sequence[Decision]) -> None:
    """Atomic mode: one refusal refuses the good ones too."""
    for decision in decisions:
        if decision.status == ACCEPTED:
            zh = "同批有报告未通过,整批未入库"
            _turn_down(decision, Problem("batch_rejected", "", zh, "another report of the batch was refused; nothing is stored"))


def _turn_down(decision: Decision, problem: Problem) -> None:
    decision.status, decision.report_id, decision.version = REJECTED, None, None
    decision.problems.append(problem)


def _no_sample(number: str, found: int) -> Problem:
    if found:
        return Problem("sample_ambiguous", "/sample_no", "该编号对应多个样品,请联系组织部门", "several samples have this number")
    return Problem("sample_unknown", "/sample_no", f"没有委托给本机构的样品「{shown(number)}」", "no such sample is assigned to this laboratory")


def _conflict(number: str) -> Problem:
    zh = f"报告编号「{shown(number)}」已有内容不同的报告;更正请在 replaces 中写明被替代的报告"
    return Problem("report_conflict", "/report_no", zh, "this report number is stored with other content; name it in `replaces` to correct it")


def _already_reported() -> Problem:
    zh = "该样品已有有效报告;更正请在 replaces 中写明被替代的报告"
    return Problem("sample_reported", "/sample_no", zh, "the sample has a report already; name it in `replaces` to correct it")


def _replaces_unknown(number: str) -> Problem:
    zh = f"「{shown(number)}」不是该样品当前有效的报告"
    return Problem("replaces_unknown", "/replaces", zh, "`replaces` does not name the effective report of this sample")


def _scheme_missing(sample: KnownSample) -> Problem:
    zh = f"产品 {sample.product_code} 在 {sample.judged_on} 没有有效的实施细则,无法判定"
    return Problem("scheme_missing", "", zh, f"no test scheme of {sample.product_code} is in force on {sample.judged_on}")

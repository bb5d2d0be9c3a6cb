"""Quotas of a line and the expert panel that reviews it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from uuid import UUID

from common import audit
from common.caller import Caller
from common.db import Session
from common.errors import Refused
from common.region import Region
from planning import store
from planning.clients import Clients, fetch_enterprise_counts, fetch_opinions, fetch_panel
from planning.models import Plan, PlanLine
from planning.rules import plans, quota
from planning.rules.plans import POOLS, PanelWish, PlanState
from planning.rules.quota import Weight

Quotas = dict[str, int]


async def _draft_line(session: Session, caller: Caller, plan: Plan, line_id: UUID) -> PlanLine:
    plans.check_draft(plan.state)
    return await store.plans.get_line(session, plan.id, line_id)


async def weigh(session: Session, clients: Clients, caller: Caller, basis: str, line: PlanLine) -> Mapping[str, Weight]:
    """Weights of the executing divisions of the caller's area by population or by enterprises."""
    divisions = await store.catalogue.executing_divisions(session, caller.bureau)
    if basis == "enterprises":
        counts = await fetch_enterprise_counts(clients, caller, line.product_code)
        return {code: counts.get(code, 0) for code in divisions}
    people = await store.catalogue.people_of(session, line.sampling_due.year, divisions)
    absent = [code for code in divisions if code not in people]
    if absent:
        raise Refused("population_missing", f"缺少 {absent[0]} 等 {len(absent)} 个区域的人口数", f"no population for {', '.join(absent[:10])}")
    return people


async def allocate_quotas(
    session: Session, caller: Caller, plan: Plan, line_id: UUID, *, clients: Clients, basis: str, weights: Mapping[str, Weight], minimum: int
) -> tuple[PlanLine, Quotas]:
    """Share a line's batches out by largest remainder (区域配额)."""
    line = await _draft_line(session, caller, plan, line_id)
    if basis == "weights":
        quota.check_divisions(list(weights), frozenset(await store.catalogue.executing_divisions(session, caller.bureau)))
        shares = quota.allocate(line.batches, weights, minimum)
    else:
        shares = quota.allocate(line.batches, await weigh(session, clients, caller, basis, line), minimum)
    return line, await _keep_quotas(session, caller.bureau, plan, line, shares)


async def set_quotas(session: Session, caller: Caller, plan: Plan, line_id: UUID, given: Sequence[tuple[str, int]]) -> tuple[PlanLine, Quotas]:
    """Quotas written by hand; they must add up to the line's batches."""
    line = await _draft_line(session, caller, plan, line_id)
    known = frozenset(await store.catalogue.executing_divisions(session, caller.bureau))
    return line, await _keep_quotas(session, caller.bureau, plan, line, quota.check_explicit(line.batches, given, known))


async def _keep_quotas(session: Session, owner: Region, plan: Plan, line: PlanLine, shares: Quotas) -> Quotas:
    await store.plans.put_quotas(session, owner, line.id, shares)
    plan.revision += 1
    audit.record(session, owner, "plan.quota", plan.id, {"line_no": line.line_no, "batches": line.batches, "divisions": len(shares)})
    return {code: batches for code, batches in shares.items() if batches}


async def draw_panel(
    session: Session, caller: Caller, plan: Plan, line_id: UUID, *, clients: Clients, size: int, specialities: list[str], recuse_usccs: list[str],
    drawn_on: date,
) -> PlanLine:  # fmt: skip
    """Have experts drawn for a risky line of a plan that is not yet approved (专家评审)."""
    line = await _reviewed_line(session, plan, line_id)
    plans.check_panel(size, line.risky, line.expert_draw_id)
    wish = PanelWish(f"plan-line:{line.id}", POOLS[plan.programme], size, specialities, recuse_usccs, drawn_on)
    line.expert_draw_id = await fetch_panel(clients, caller, wish)
    plan.revision += 1
    audit.record(session, caller.bureau, "plan.panel", plan.id, {"line_no": line.line_no, "draw_id": line.expert_draw_id})
    return line


async def _reviewed_line(session: Session, plan: Plan, line_id: UUID) -> PlanLine:
    if plan.state not in (PlanState.DRAFT, PlanState.SUBMITTED):
        raise Refused("plan_state", f"计划当前状态为 {plan.state},不能再评审", f"the plan is {plan.state}")
    return await store.plans.get_line(session, plan.id, line_id)


async def refresh_panel(session: Session, caller: Caller, plan: Plan, line_id: UUID, *, clients: Clients) -> PlanLine:
    """Fetch what the panel has said and keep the counts with the line (专家意见)."""
    line = await _reviewed_line(session, plan, line_id)
    if line.expert_draw_id is None:
        raise Refused("panel_missing", "该条目尚未抽取专家组", "no panel has been drawn for this line")
    opinions = await fetch_opinions(clients, caller, line.expert_draw_id)
    line.expert_opinion = asdict(opinions)
    plan.revision += 1
    audit.record(session, caller.bureau, "plan.opinion", plan.id, {"line_no": line.line_no} | asdict(opinions))
    return line

"""A plan's way from draft to publication."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import Any
from uuid import UUID

from longzhi.planning.v1.events_pb2 import PlanPublished
from uuid_utils.compat import uuid7

from common import audit, outbox
from common.caller import Caller
from common.db import Session
from planning import store
from planning.actions.tasks import assign_tasks
from planning.models import Plan, PlanLine
from planning.rules import plans as rules
from planning.rules.catalogue import SAMPLED
from planning.rules.faults import check_other_person, refuse
from planning.rules.plans import Line, Opinions, Overlap, PlanHead, PlanState


async def create_plan(session: Session, caller: Caller, head: PlanHead, lines: Sequence[Line]) -> Plan:
    """Draft a plan with its lines (计划草案)."""
    owner = caller.bureau
    plan = Plan(
        id=uuid7(), region_code=owner.code, source_level=rules.SOURCE_LEVELS[owner.level], drafted_by=caller.subject, **asdict(head)
    )  # fmt: skip
    rows = [_row(plan, fields) for fields in await _checked(session, caller, head, lines)]
    await store.plans.add_plan(session, plan, rows)
    audit.record(session, owner, "plan.draft", plan.id, {"plan_no": plan.plan_no, "lines": len(rows)})
    return plan


async def _checked(session: Session, caller: Caller, head: PlanHead, lines: Sequence[Line]) -> list[dict[str, Any]]:
    """The lines' fields with product code and name filled in from the catalogue; Invalid with every fault."""
    codes = [line.catalogue_code for line in lines if line.catalogue_code is not None]
    if head.programme == "食品":
        names = await store.catalogue.class_names(session, head.year, codes)
        entries = {code: rules.Entry(name, SAMPLED) for code, name in names.items()}
    else:
        found = await store.catalogue.entries_in_force(session, caller.bureau, head.year, codes)
        entries = {entry.code: rules.Entry(entry.name, frozenset(entry.measures)) for entry in found}
    refuse(rules.check_lines(lines, head.year, entries))
    return [asdict(line) | _product(line, entries) for line in lines]


def _product(line: Line, entries: dict[str, rules.Entry]) -> dict[str, str | None]:
    if line.catalogue_code is None:
        return {"product_code": line.product_code, "product_name": line.product_name}
    return {"product_code": line.catalogue_code, "product_name": line.product_name or entries[line.catalogue_code].name}


def _row(plan: Plan, fields: dict[str, Any]) -> PlanLine:
    return PlanLine(id=uuid7(), region_code=plan.region_code, plan_id=plan.id, **fields)


async def replace_plan(session: Session, caller: Caller, plan: Plan, head: PlanHead, lines: Sequence[Line]) -> Plan:
    """Rewrite a draft. A line keeps its id by its number; its quotas go when its batches change, its panel when its product does."""
    rules.check_draft(plan.state)
    wanted = {fields["line_no"]: fields for fields in await _checked(session, caller, head, lines)}
    there = {row.line_no: row for row in await store.plans.lines_of(session, plan.id)}
    await store.plans.drop_lines(session, [row.id for no, row in there.items() if no not in wanted])
    await store.plans.drop_quotas(session, [there[no].id for no, fields in wanted.items() if no in there and there[no].batches != fields["batches"]])
    for line_no, fields in wanted.items():
        if line_no in there:
            _rewrite(there[line_no], fields)
    await store.plans.add_lines(session, [_row(plan, fields) for line_no, fields in wanted.items() if line_no not in there])
    for name, value in asdict(head).items():
        setattr(plan, name, value)
    plan.drafted_by, plan.revision = caller.subject, plan.revision + 1
    audit.record(session, caller.bureau, "plan.change", plan.id, {"lines": len(wanted), "revision": plan.revision})
    return plan


def _rewrite(row: PlanLine, fields: dict[str, Any]) -> None:
    if row.product_code != fields["product_code"] or not fields["risky"]:
        row.expert_draw_id = row.expert_opinion = None
    for name, value in fields.items():
        setattr(row, name, value)


def _move(session: Session, caller: Caller, plan: Plan, to: PlanState, **details: Any) -> None:
    rules.check_move(plan.state, to)
    audit.record(session, caller.bureau, f"plan.{to.lower().removeprefix('plan_')}", plan.id, {"from": plan.state} | details)
    plan.state, plan.revision = to, plan.revision + 1


async def submit_plan(session: Session, caller: Caller, plan_id: UUID) -> tuple[Plan, list[Overlap]]:
    """Submit a draft for approval (送审): every batch must have its division."""
    plan = await store.plans.lock_plan(session, caller.bureau, plan_id)
    _move(session, caller, plan, PlanState.SUBMITTED)
    lines = await store.plans.lines_of(session, plan.id)
    quotas = await store.plans.quotas_of(session, [line.id for line in lines])
    rules.check_quotas_complete((line.line_no, line.batches, sum(quotas[line.id].values())) for line in lines)
    plan.submitted_by = caller.subject
    return plan, await _overlaps(session, caller, plan, lines)


async def approve_plan(session: Session, caller: Caller, plan_id: UUID) -> tuple[Plan, list[Overlap]]:
    """Approve a plan (批准): another person, panels for risky lines, a scheme in force for each product; overlaps are a warning."""
    plan = await store.plans.lock_plan(session, caller.bureau, plan_id)
    _move(session, caller, plan, PlanState.APPROVED)
    check_other_person(caller.subject, plan.drafted_by, plan.submitted_by)
    lines = await store.plans.lines_of(session, plan.id)
    rules.check_reviews((line.line_no, line.risky, Opinions(**line.expert_opinion) if line.expert_opinion else None) for line in lines)
    published = await store.schemes.published_versions(session, sorted({line.product_code for line in lines}))
    firsts = {quarter: rules.quarter_days(plan.year, quarter)[0] for quarter in (1, 2, 3, 4)}
    rules.check_schemes(((line.line_no, line.product_code, firsts[line.quarter], line.sampling_due) for line in lines), published)
    plan.approved_by = caller.subject
    return plan, await _overlaps(session, caller, plan, lines)


async def _overlaps(session: Session, caller: Caller, plan: Plan, lines: Sequence[PlanLine]) -> list[Overlap]:
    superior = await store.plans.superior_lines(session, caller.bureau, plan.year, sorted({line.product_code for line in lines}))
    return rules.overlaps([(line.line_no, line.product_code, line.quarter) for line in lines], superior)


async def return_plan(session: Session, caller: Caller, plan_id: UUID, remark: str) -> Plan:
    """Send a submitted plan back to its drafter with a reason (退回修改)."""
    plan = await store.plans.lock_plan(session, caller.bureau, plan_id)
    _move(session, caller, plan, PlanState.DRAFT, remark=remark)
    plan.remark, plan.submitted_by = remark, None
    return plan


async def cancel_plan(session: Session, caller: Caller, plan_id: UUID, remark: str) -> Plan:
    """Give a plan up before its publication, with a reason (取消)."""
    plan = await store.plans.lock_plan(session, caller.bureau, plan_id)
    _move(session, caller, plan, PlanState.CANCELLED, remark=remark)
    plan.remark = remark
    return plan


async def publish_plan(session: Session, caller: Caller, plan_id: UUID, published_on: date) -> tuple[Plan, int]:
    """Publish an approved plan (下达): its tasks and the facts about them come into being with it. Returns the number of tasks."""
    plan = await store.plans.lock_plan(session, caller.bureau, plan_id)
    _move(session, caller, plan, PlanState.PUBLISHED, published_on=published_on)
    plan.published_by, plan.published_on = caller.subject, published_on
    lines = await store.plans.lines_of(session, plan.id)
    number = await assign_tasks(session, caller.bureau, plan, lines)
    told = PlanPublished(plan_id=str(plan.id), plan_no=plan.plan_no, year=plan.year, batches=sum(line.batches for line in lines))
    outbox.record(session, "planning.plan.v1", told, owner=caller.bureau, key=plan.id)
    return plan, number

"""Facts that sampling tells: what a batch is, in the words of proto/longzhi/sampling/v1/events.proto."""

from collections.abc import Sequence
from typing import Any

from longzhi.sampling.v1.events_pb2 import BatchFacts, FailedItem, Party, ReportAccepted

from common.errors import Invalid, Refused
from sampling.models import Report, ReportItem
from sampling.rules.problem import Problem
from sampling.rules.stored import SLASH, StoredForm, list_liable

SAMPLE_TOPIC, REPORT_TOPIC, NOTICE_TOPIC = "sampling.sample.v1", "sampling.report.v1", "sampling.notice.v1"
OBJECTION_TOPIC = "sampling.objection.v1"
FAILED = frozenset({"不合格项", "问题项"})


def batch_facts(sample: Any, form: StoredForm) -> BatchFacts:
    """What a batch is, so that no consumer has to ask back; `sample` is a row of the table."""
    product = form.product
    lot = product.lot_no if product.lot_no != SLASH else str(product.production_date or "")
    return BatchFacts(
        sample_id=str(sample.id), sample_no=sample.sample_no, programme=sample.programme, plan_id=str(sample.plan_id or ""),
        task_id=str(sample.task_id), source_region_code=sample.source_region_code, laboratory_code=sample.laboratory_code or "",
        product_code=sample.product_code, product_name=sample.product_name, spec=product.spec, brand=product.brand, lot=lot, stage=sample.stage,
        sampled_on=sample.sampled_on.isoformat(), period=sample.period, produced_on=str(product.production_date or ""),
        standard=product.standard,
        parties=[Party(role=p.role, name=p.name, uscc=p.uscc, division_code=p.division_code, address=p.address) for p in list_liable(form)],
    )  # fmt: skip


def report_fact(report: Report, items: Sequence[ReportItem], batch: BatchFacts) -> ReportAccepted:
    """A stored report as it was told."""
    failed = [FailedItem(item=i.item, result=i.result, limit=limit_words(i.explanation), unit=i.unit or "") for i in items if i.judgement in FAILED]
    return ReportAccepted(
        report_id=str(report.id), report_no=report.report_no, version=report.version, verdict=report.verdict, serious=report.serious,
        issued_on=report.issued_on.isoformat(), reported_on=report.reported_on.isoformat(), batch=batch, failed_items=failed,
        item_count=report.item_count,
    )  # fmt: skip


def limit_words(explanation: str) -> str:
    """The limit as our own judgement printed it, e.g. ≤0.124 mg/m³."""
    return explanation.partition("标准限值 ")[2].rpartition("，判为")[0]


def refuse_input(problems: Sequence[Problem], english: bool = False) -> None:
    """Invalid with every fault, unless there is none."""
    if problems:
        first = problems[0]
        shown = [{"code": p.code, "pointer": p.pointer, "detail": p.en if english else p.zh} for p in problems]
        raise Invalid(first.code, first.zh, first.en, pointer=first.pointer, problems=shown)


def refuse_act(problems: Sequence[Problem]) -> None:
    """Refused when the batch's state does not allow the act."""
    if problems:
        raise Refused(problems[0].code, problems[0].zh, problems[0].en)

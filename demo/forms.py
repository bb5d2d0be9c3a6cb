"""A planned batch as the JSON that goes over the public API: the sampling form and the laboratory's report."""

import hashlib
from typing import Any

from demo.results import NON_CONFORMING, QUALIFIED
from demo.shapes import BatchPlan, ItemResult, Party

Json = dict[str, Any]


def form_of(batch: BatchPlan) -> Json:
    """The core fields of the sampling form (抽样单, domain §2.3.2 rows marked R); names are in README.md."""
    return {
        "programme": batch.task.programme,
        "task_id": batch.task.task_id,
        "stage": batch.stage,
        "venue": batch.venue,
        "venue_tags": list(batch.task.venue_tags),
        "sampling_body": batch.sampling_body,
        "sampled_party": _party(batch.sampled_party),
        "producer": _party(batch.producer),
        "consignor": _party(batch.consignor) if batch.consignor else None,
        "product": _product(batch),
        "base_quantity": batch.base_quantity,
        "quantity": batch.quantity,
        "reserve_quantity": batch.reserve_quantity,
        "unit": batch.unit,
        "reserve_place": batch.reserve_place,
        "sampled_on": batch.sampled_on.isoformat(),
        "samplers": [{"name": name, "certificate_no": number} for name, number in batch.samplers],
        "place": batch.sampled_party.address,
        "seal_no": batch.seal_no,
    }


def _party(party: Party) -> Json:
    return {
        "name": party.name,
        "uscc": party.uscc,
        "division_code": party.division_code,
        "address": party.address,
        "legal_person": party.legal_person,
        "contact": party.contact,
        "phone": party.phone,
    }


def _product(batch: BatchPlan) -> Json:
    return {
        "name": batch.product_name,
        "brand": batch.brand,
        "spec": batch.spec,
        "production_date": batch.produced_on.isoformat(),
        "lot_no": batch.lot_no,
        "grade": batch.grade,
        "standard": batch.scheme.standard,
        "catalogue_code": batch.task.catalogue_code,
        "control_type": batch.control_type,
        "certificate_no": batch.certificate_no,
        "unit_price_fen": batch.unit_price_fen,
    }


def report_of(batch: BatchPlan, sample_no: str | None = None) -> Json:
    """One report of the laboratory push, exactly as design.md section 6; the platform's sample number may be given."""
    tester, reviewer, approver = batch.testers
    failing = [row.spec.item for row in batch.items if row.judgement == NON_CONFORMING]
    return {
        "sample_no": sample_no or batch.sample_no,
        "report_no": batch.report_no,
        "replaces": None,
        "report_class": "合格报告" if batch.verdict == QUALIFIED else "一般不合格报告",
        "cma_no": batch.laboratory.cma_no,
        "received_on": batch.received_on.isoformat(),
        "tested_from": batch.tested_from.isoformat(),
        "tested_to": batch.tested_to.isoformat(),
        "issued_on": batch.issued_on.isoformat(),
        "tested_by": [tester],
        "reviewed_by": reviewer,
        "approved_by": approver,
        "conclusion": _conclusion(batch.scheme.standard, failing),
        "verdict": batch.verdict,
        "seal_state": "完好",
        "sample_state": "符合",
        "items": [_item(row) for row in batch.items],
        "file": {
            "sha256": hashlib.sha256(f"{batch.report_no}:{batch.sample_no}".encode()).hexdigest(),
            "name": f"{batch.report_no}.pdf",
        },
    }


def _conclusion(standard: str, failing: list[str]) -> str:
    if not failing:
        return f"经抽样检验,所检项目符合 {standard} 等标准要求"
    return f"经抽样检验,{'、'.join(failing)}项目不符合 {standard} 等标准要求"


def _item(row: ItemResult) -> Json:
    spec = row.spec
    has_bounds = spec.min is not None or spec.max is not None
    return {
        "item": spec.item,
        "result": row.result,
        "unit": spec.unit,
        "judgement": row.judgement,
        "method": row.method,
        "limit_source": spec.limit_source,
        "min": spec.min,
        "max": spec.max,
        "limit_unit": spec.unit if has_bounds else None,
        "lod": spec.lod,
        "lod_unit": spec.lod_unit,
    }

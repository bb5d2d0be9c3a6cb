"""A planned batch as the JSON that goes over the public API: the sampling form and the laboratory's report."""

import hashlib
from typing import Any

from demo.results import NON_CONFORMING, QUALIFIED
from demo.shapes import BatchPlan, ItemResult, Party

Json = dict[str, Any]


_CLASSES = {
    "0102": ("粮食加工品", "小麦粉", "小麦粉", "小麦粉"),
    "0302": ("调味品", "食醋", "食醋", "食醋"),
    "1001": ("冷冻饮品", "冷冻饮品", "冰淇淋、雪糕、雪泥、冰棍、食用冰、甜味冰", "雪糕"),
    "1501": ("酒类", "蒸馏酒", "白酒", "白酒、白酒(液态)、白酒(原酒)"),
    "3201": ("食用农产品", "蔬菜", "鳞茎类蔬菜", "韭菜"),
    "3202": ("食用农产品", "鲜蛋", "鲜蛋", "鸡蛋"),
}
# Storage, form and packing of the demonstration's foods by class leaf; the rest are dry goods.
_COLD = {"1001": ("冷冻", "固体"), "3202": ("冷藏", "固体"), "3201": ("阴凉", "固体"), "0302": ("常温", "液体"), "1501": ("常温", "液体")}
_FARM_CLASS = "32"


def form_of(batch: BatchPlan) -> Json:
    """The sampling form (抽样单, domain §2.3.1 and §2.3.2 rows marked R); names are in README.md."""
    more = {"food": _food(batch)} if batch.task.programme == "食品" else {}
    return more | {
        "programme": batch.task.programme,
        "task_id": batch.task.task_id,
        "stage": batch.stage,
        "venue": batch.venue,
        "venue_tags": list(batch.task.venue_tags),
        "sampling_body": batch.sampling_body,
        "sampled_party": _party(batch.sampled_party) | {"area_type": "城市" if "农村市场" not in batch.task.venue_tags else "乡村"},
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
        "unit_price_fen": batch.unit_price_fen,
    } | ({} if batch.task.programme == "食品" else _controlled(batch))


def _controlled(batch: BatchPlan) -> Json:
    """What only the product form asks of the goods: licence or CCC, and that they are for sale here (O18 art. 17)."""
    return {"control_type": batch.control_type, "certificate_no": batch.certificate_no, "exported": False, "for_sale": True}


def _food(batch: BatchPlan) -> Json:
    """What the food form asks beside: class, type, packing, how it was taken and kept (食品附加项)."""
    code = batch.task.catalogue_code
    storage, form = _COLD.get(code, ("常温", "固体"))
    is_farm_produce = code.startswith(_FARM_CLASS)
    return {
        "reporting_class_b": f"{batch.sampled_on.year}年甘肃省食品安全抽检计划",
        "food_class": list(_CLASSES[code]),
        "sample_type": "食用农产品" if is_farm_produce else "工业加工食品",
        "attribute": "普通食品",
        "packing_class": "无包装" if is_farm_produce else "散装(非定量)",
        "imported": False,
        "sampling_way": "非无菌抽样",
        "sample_form": form,
        "storage": storage,
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

"""Reports, the push and its answer."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

from common.strict import Schema
from sampling.actions.push import Pushed
from sampling.models import Report, ReportItem
from sampling.rules.decisions import ACCEPTED, REJECTED, UNCHANGED
from sampling.rules.pushed import Envelope, PushedReport
from sampling.schemas.samples import FaultOut


class PushResultOut(Schema):
    """What became of one report."""

    report_no: str | None
    status: Literal["accepted", "unchanged", "rejected"]
    report_id: UUID | None
    version: int | None
    problems: list[FaultOut]


class PushOut(Schema):
    """The answer to a push, results in the order of the call; `receipt` is a JWS (EdDSA)."""

    accepted: int
    unchanged: int
    rejected: int
    batch_id: UUID | None
    receipt: str | None
    results: list[PushResultOut]


def push_body(pushed: Pushed, english: bool) -> bytes:
    """The answer as bytes, without a model per result: a thousand of them are made in one go."""
    results = [
        {
            "report_no": d.report_no, "status": d.status, "report_id": str(d.report_id) if d.report_id else None, "version": d.version,
            "problems": [{"code": p.code, "pointer": p.pointer, "detail": p.en if english else p.zh} for p in d.problems],
        }
        for d in pushed.decisions
    ]  # fmt: skip
    counts = {status: pushed.count(status) for status in (ACCEPTED, UNCHANGED, REJECTED)}
    batch = str(pushed.batch_id) if pushed.batch_id else None
    return msgspec.json.encode(counts | {"batch_id": batch, "receipt": pushed.receipt, "results": results})


def push_schema() -> dict[str, Any]:
    """The body's JSON schema for OpenAPI, every reference written out."""
    (outer, report), parts = msgspec.json.schema_components([Envelope, PushedReport], ref_template="{name}")
    found: dict[str, Any] = _written_out(outer, parts)
    found["properties"]["reports"]["items"] = _written_out(report, parts)
    found["additionalProperties"] = False
    return found


def _written_out(node: Any, parts: dict[str, Any]) -> Any:
    if isinstance(node, list):
        return [_written_out(part, parts) for part in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        return _written_out(parts[node["$ref"]], parts)
    return {name: _written_out(part, parts) for name, part in node.items()}


class ReportOut(Schema):
    """One version of a report (检验报告)."""

    id: UUID
    region_code: str
    sample_id: UUID
    laboratory_code: str
    report_no: str
    version: int
    replaces_id: UUID | None
    content_sha256: str
    report_class: str
    cma_no: str
    verdict: str
    serious: bool
    received_on: date
    tested_from: date
    tested_to: date
    issued_on: date
    persons: dict[str, Any]
    conclusion: str
    seal_state: str
    sample_state: str
    file_sha256: str | None
    file_name: str | None
    item_count: int
    scheme_id: str
    state: str
    created_at: datetime

    @classmethod
    def of(cls, report: Report) -> "ReportOut":
        return cls.model_validate({name: getattr(report, name) for name in ReportOut.model_fields})


class ItemOut(Schema):
    """One item with our own explanation of its judgement (判定说明)."""

    position: int
    item: str
    result: str
    unit: str | None
    judgement: str
    method: str
    limit_source: str | None
    min: str | None
    max: str | None
    limit_unit: str | None
    lod: str | None
    lod_unit: str | None
    explanation: str


class ReportWithItems(ReportOut):
    """A report with its items."""

    items: list[ItemOut]

    @classmethod
    def with_items(cls, report: Report, items: list[ReportItem]) -> "ReportWithItems":
        head = {name: getattr(report, name) for name in ReportOut.model_fields}
        return cls.model_validate(head | {"items": [ItemOut.model_validate(item) for item in items]})


class ReportFileOut(Schema):
    """The kept file of a report (报告文件)."""

    report_id: UUID
    sha256: str
    media: str
    size: int
    created_at: datetime


class ReportsOut(Schema):
    """All versions, oldest first."""

    items: list[ReportOut]


class KeysOut(Schema):
    """Public keys of receipts as a JWK set."""

    keys: list[dict[str, str]]


class GrantOut(Schema):
    """A grant: which row crosses to whom on what lawful basis (数据授权)."""

    id: UUID
    region_code: str
    kind: str
    row_id: UUID
    grantee_code: str
    basis: str
    fields: str
    expires_on: date
    created_at: datetime

"""The hashes that receipts speak of, computed as the platform computes them (services/sampling/README.md, "The push")."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

_EMPTY_IS_ABSENT = ("conclusion", "seal_state", "sample_state")
#: A report that was refused for its shape alone was never read, so the platform has no hash of it.
SHAPE_CODES = frozenset({
    "field_missing", "field_unknown", "field_type", "text_empty", "text_length", "text_control", "list_length", "format", "date_format",
    "value_unknown",
})  # fmt: skip
Row = tuple[str | None, str | None, str, str]


def compact(value: Any) -> bytes:
    """Compact UTF-8 JSON, keys as they stand."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def content_sha256(report: Mapping[str, Any]) -> str:
    """SHA-256 of the report's canonical JSON: keys sorted, no blanks, null and empty defaults left out."""
    kept = {name: _without_null(value) for name, value in report.items() if value is not None}
    for name in _EMPTY_IS_ABSENT:
        if kept.get(name) == "":
            del kept[name]
    return hashlib.sha256(json.dumps(kept, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()).hexdigest()


def _without_null(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: part for name, part in value.items() if part is not None}
    return [_without_null(part) for part in value] if isinstance(value, list) else value


def result_rows(reports: Sequence[Any], results: Sequence[Mapping[str, Any]]) -> list[Row]:
    """`[report_no, report_id, content_sha256, status]` of each report, as the receipt hashes them."""
    return [
        (r["report_no"], r["report_id"], "" if _is_unread(r) else content_sha256(report), r["status"])
        for report, r in zip(reports, results, strict=True)
    ]


def _is_unread(result: Mapping[str, Any]) -> bool:
    codes = [problem["code"] for problem in result["problems"] if problem["code"] != "batch_rejected"]
    return result["status"] == "rejected" and len(codes) == 1 and codes[0] in SHAPE_CODES


def results_sha256(rows: Sequence[Sequence[Any]]) -> str:
    """SHA-256 of the compact JSON of the rows."""
    return hashlib.sha256(compact([list(row) for row in rows])).hexdigest()

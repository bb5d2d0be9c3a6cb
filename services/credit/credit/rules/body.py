"""What the receiver gets (domain.md 5.3): public fields only, nothing else can get in."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from common.region import Region
from credit.rules.codes import name_of
from credit.rules.publicity import Action

REMARK_LIMIT = 500
CHECK_TYPE = "抽查"

#: Columns of the file, in the words of §5.3, with the key in the body.
COLUMNS: tuple[tuple[str, str], ...] = (
    ("记录编号", "record_id"),
    ("版本", "version"),
    ("动作", "action"),
    ("统一社会信用代码/注册号", "uscc"),
    ("名称", "name"),
    ("主体角色", "party_role"),
    ("检查实施机关代码", "body_code"),
    ("类型", "type"),
    ("检查日期", "checked_on"),
    ("检查结果代码", "result_code"),
    ("检查结果", "result_name"),
    ("代码版本", "code_version"),
    ("抽查任务编号", "task_no"),
    ("检验报告编号", "report_no"),
    ("公示日期", "published_on"),
    ("备注", "remark"),
    ("撤回原因", "reason"),
    ("撤回依据", "basis"),
    ("原记录编号", "withdraws"),
)

_NOTHING = ("", "/", "／")


def body_of(record: Mapping[str, Any], *, version: int, action: Action, on: date) -> dict[str, Any]:
    """One version as it is sent; `record` is a row of publicity_record."""
    return {
        "record_id": str(record["id"]), "version": version, "action": action.value, "uscc": record["party_uscc"], "name": record["party_name"],
        "party_role": record["party_role"], "body_code": Region(record["region_code"]).division, "type": CHECK_TYPE,
        "checked_on": record["checked_on"].isoformat(), "result_code": record["result_code"],
        "result_name": name_of(record["result_code"], record["code_version"]), "code_version": record["code_version"],
        "task_no": str(record["task_id"] or ""), "report_no": record["report_no"], "published_on": on.isoformat(), "remark": remark(record),
    }  # fmt: skip


def withdrawal_of(shown: Mapping[str, Any], *, version: int, on: date, reason: str, basis: str) -> dict[str, Any]:
    """The withdrawal of what is shown (撤回): original id, reason, legal basis, date; the details are not sent again."""
    kept = {key: value for key, value in shown.items() if key not in ("remark", "reason", "basis")}
    changed = {"version": version, "action": Action.WITHDRAW.value, "published_on": on.isoformat()}
    return kept | changed | {"withdraws": shown["record_id"], "reason": reason, "basis": basis, "remark": ""}


def remark(record: Mapping[str, Any]) -> str:
    """备注: product, batch and failed items with result and limit (O15 art. 46), at most 500 characters."""
    parts = [("样品", record["product_name"]), ("规格", record["spec"]), ("商标", record["brand"]), ("批号", record["lot"])]
    words = [f"{label}：{value}" for label, value in parts if value not in _NOTHING]
    failed = "、".join(_failed(item) for item in record["failed_items"])
    words += [f"检验结论：{record['verdict']}"] + ([f"不合格项目：{failed}"] if failed else [])
    return "；".join(words)[:REMARK_LIMIT]


def _failed(item: Mapping[str, str]) -> str:
    result = f"{item['result']} {item['unit']}".strip()
    return f"{item['item']}（实测{result}，标准值{item['limit']}）" if item["limit"] else f"{item['item']}（实测{result}）"


def row_of(body: Mapping[str, Any]) -> list[str]:
    """One line of the file; everything is text, so that a spreadsheet computes nothing."""
    return [str(body.get(key, "")) for _, key in COLUMNS]


def failed_items(items: Sequence[Any]) -> list[dict[str, str]]:
    """Failed items of a fact as they are stored."""
    return [{"item": i.item, "result": i.result, "limit": i.limit, "unit": i.unit} for i in items]

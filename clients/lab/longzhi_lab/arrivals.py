"""Taking samples in (接样) from a list: a CSV with 抽样单编号 and 收样日期; checks that are not named are in order (正常)."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

from longzhi_lab.errors import SourceError
from longzhi_lab.link import SAMPLING, Link, call, problem_of, unexpected
from longzhi_lab.outcome import Problem, Result
from longzhi_lab.waiting import list_pages

CHECKS = {"封条": "seal", "包装": "packing", "数量": "quantity", "信息": "information", "储运": "storage"}
MORE_CHECKS = {"备样": "reserve", "文书": "papers", "外观": "appearance"}
MORE = {
    "到达日期": "arrived_on", "封条编号": "seal_no", "实收数量": "quantity_found", "温度": "temperature", "外观描述": "appearance_note",
    "检查人": "checker",
}  # fmt: skip
GOOD = frozenset({"", "正常", "完好", "符合", "ok"})
MAX_RECEIPTS = 500


def read_arrivals(path: Path) -> list[dict[str, str]]:
    """The rows of the list; SourceError when it is none."""
    try:
        rows = list(csv.DictReader(_text(path.read_bytes()).splitlines()))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SourceError(f"接样清单无法读取:{path}({error})", f"cannot read {path}: {error}") from error
    if not rows or not {"抽样单编号", "收样日期"} <= set(rows[0]):
        raise SourceError("接样清单须为 CSV,表头含:抽样单编号、收样日期", "the list is a CSV with 抽样单编号 and 收样日期")
    return [{str(name).strip(): str(value or "").strip() for name, value in row.items()} for row in rows]


def _text(raw: bytes) -> str:
    """UTF-8, or GB 18030 as a Chinese Excel saves CSV."""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("gb18030")


def arrival_of(row: Mapping[str, str], sample_id: str) -> dict[str, Any]:
    """One receipt as the platform takes it; a fault or a reason makes it a rejection (拒收)."""
    checks = {name: "ok" if row.get(header, "") in GOOD else "fault" for header, name in CHECKS.items()}
    checks |= {name: "ok" if row[header] in GOOD else "fault" for header, name in MORE_CHECKS.items() if row.get(header)}
    reasons = [part.strip() for part in row.get("拒收原因", "").replace(",", "、").split("、") if part.strip()]
    decision = "reject" if reasons or "fault" in checks.values() else "accept"
    more = {name: row[header] for header, name in MORE.items() if row.get(header)}
    return more | {"sample_id": sample_id, "received_on": row["收样日期"], "checks": checks, "decision": decision, "reasons": reasons}


def receive(link: Link, rows: Sequence[Mapping[str, str]]) -> list[Result]:
    """Take the samples of the list in, up to 500 a call; repeating it changes nothing."""
    results: list[Result] = []
    known: list[tuple[int, dict[str, Any]]] = []
    for place, row in enumerate(rows):
        number = row["抽样单编号"]
        found = list(list_pages(link, f"{SAMPLING}/samples", sample_no=number))
        if len(found) == 1:
            known.append((place, arrival_of(row, str(found[0]["id"]))))
        else:
            problem = Problem("sample_unknown", "/sample_no", "没有委托给本机构的样品(no such sample is assigned to this laboratory)")
            results.append(Result(place, number, "refused", problems=(problem,)))
    for start in range(0, len(known), MAX_RECEIPTS):
        results += _receive(link, known[start : start + MAX_RECEIPTS], rows)
    return sorted(results, key=lambda result: result.place)


def _receive(link: Link, part: Sequence[tuple[int, dict[str, Any]]], rows: Sequence[Mapping[str, str]]) -> list[Result]:
    body = {"receipts": [arrival for _, arrival in part]}
    answer = call(link, "POST", f"{SAMPLING}/receipts:batch", json=body, headers={"Idempotency-Key": f"lz-in-{uuid4().hex}"})
    told = problem_of(answer)
    if told is not None and answer.status_code == 422:
        faults = told.get("problems") or [told]
        words = tuple(Problem(str(f["code"]), str(f.get("pointer") or ""), str(f["detail"])) for f in faults)
        return [Result(place, rows[place]["抽样单编号"], "refused", problems=words) for place, _ in part]
    if not answer.is_success:
        raise unexpected(answer)
    return [
        Result(
            place, rows[place]["抽样单编号"], row["status"], problems=tuple(Problem(p["code"], p["pointer"], p["detail"]) for p in row["problems"])
        )
        for (place, _), row in zip(part, answer.json()["results"], strict=True)
    ]

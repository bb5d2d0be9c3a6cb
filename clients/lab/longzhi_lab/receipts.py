"""Receipts (回执) kept as files and verified without the platform: who signed, what body, what became of each report."""

import gzip
import hashlib
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from longzhi_lab.canonical import content_sha256, result_rows, results_sha256
from longzhi_lab.keys import is_signed_by, read_statement
from longzhi_lab.state import read_json, write_json, write_whole

HOLDS, FAILS, UNKNOWN = "holds", "fails", "unknown"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was checked: it holds, it fails, or it cannot be told here."""

    verdict: str
    zh: str
    en: str


def keep_receipt(state: Path, body: bytes, packed: bytes, answer: Mapping[str, Any]) -> Path:
    """The receipt with what is needed to verify it: the results that it hashes, and the body beside it."""
    name = str(answer["batch_id"])
    path = state / "receipts" / f"{name}.json"
    write_whole(path.with_name(f"{name}.body.json.gz"), packed)
    rows = result_rows(json.loads(body)["reports"], answer["results"])
    write_json(path, {"receipt": answer["receipt"], "body": f"{name}.body.json.gz", "results": rows})
    return path


def list_receipts(state: Path) -> list[Path]:
    """All kept receipts, oldest first."""
    return sorted(path for path in (state / "receipts").glob("*.json") if not path.name.startswith("."))


def verify(path: Path, keys: Mapping[str, Any]) -> list[Finding]:
    """Everything that a kept receipt states, checked one by one."""
    kept = read_json(path)
    try:
        receipt, rows = str(kept["receipt"]), list(kept["results"])
        header, said = read_statement(receipt)
    except (TypeError, KeyError, ValueError):
        return [Finding(FAILS, f"文件不是可读的回执:{path}", f"not a readable receipt: {path}")]
    body = _body(path.with_name(Path(str(kept.get("body", ""))).name))
    return [_signature(receipt, header, keys), _statement(said), _body_hash(body, said), _results_hash(rows, said), *_contents(body, rows)]


def _body(path: Path) -> bytes | None:
    try:
        return gzip.decompress(path.read_bytes())
    except (OSError, EOFError, zlib.error):
        return None


def _signature(receipt: str, header: Mapping[str, Any], keys: Mapping[str, Any]) -> Finding:
    kid = str(header.get("kid"))
    if header.get("alg") != "EdDSA" or header.get("typ") != "longzhi-receipt+jwt":
        return Finding(FAILS, "签名:不是本平台的回执格式", "signature: not a receipt of the platform")
    key = keys.get(kid)
    if key is None:
        return Finding(UNKNOWN, f"签名:本地没有公钥 {kid},无法核对(联网时运行 longzhi-lab login 取得)", f"signature: key {kid} is not kept here")
    if is_signed_by(receipt, key):
        return Finding(HOLDS, f"签名:有效,由公钥 {kid} 签发", f"signature: valid, by key {kid}")
    return Finding(FAILS, f"签名:与公钥 {kid} 不符,回执被改动或不是平台签发", f"signature: not made by key {kid}")


def _statement(said: Mapping[str, Any]) -> Finding:
    zh = f"内容:平台于 {said.get('at')} 收到机构 {said.get('laboratory')} 的 {said.get('reports')} 份报告,批号 {said.get('batch_id')}"
    en = f"statement: {said.get('reports')} reports of {said.get('laboratory')} came at {said.get('at')}, batch {said.get('batch_id')}"
    return Finding(HOLDS if said.get("body_sha256") and said.get("results_sha256") else FAILS, zh, en)


def _body_hash(body: bytes | None, said: Mapping[str, Any]) -> Finding:
    if body is None:
        return Finding(UNKNOWN, "上传内容:本地没有保存,无法核对", "body: not kept here")
    if hashlib.sha256(body).hexdigest() == said.get("body_sha256"):
        return Finding(HOLDS, "上传内容:与回执所述一致,一字未改", "body: exactly what the receipt states")
    return Finding(FAILS, "上传内容:与回执所述不一致,本地保存的内容被改动", "body: not what the receipt states")


def _results_hash(rows: Sequence[Any], said: Mapping[str, Any]) -> Finding:
    try:
        good = results_sha256(rows) == said.get("results_sha256") and len(rows) == said.get("reports")
    except TypeError:
        good = False
    if good:
        taken = sum(row[3] != "rejected" for row in rows)
        return Finding(HOLDS, f"处理结果:与回执所述一致,在库 {taken} 份,拒收 {len(rows) - taken} 份", f"results: as stated, {taken} stored")
    return Finding(FAILS, "处理结果:与回执所述不一致,本地保存的结果被改动", "results: not what the receipt states")


def _contents(body: bytes | None, rows: Sequence[Any]) -> list[Finding]:
    """Whether each report of the kept body is the one whose hash the results name."""
    if body is None:
        return []
    try:
        reports = json.loads(body)["reports"]
        wrong = [str(row[0]) for report, row in zip(reports, rows, strict=True) if row[2] and content_sha256(report) != row[2]]
    except (ValueError, TypeError, KeyError, AttributeError, IndexError):
        return [Finding(FAILS, "逐份报告:内容与结果无法对应", "reports: body and results do not match")]
    if wrong:
        return [Finding(FAILS, f"逐份报告:{len(wrong)} 份与所记哈希不符,首份 {wrong[0]}", f"reports: {len(wrong)} differ, first {wrong[0]}")]
    return [Finding(HOLDS, f"逐份报告:{len(rows)} 份的内容哈希全部相符", f"reports: all {len(rows)} content hashes match")]

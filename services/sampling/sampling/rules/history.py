"""Published results of the past (历史公布结果): known files, what is read from a row, and why a row is refused. The row itself is never changed."""

import csv
import hashlib
import io
import json
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from sampling.rules.bureaus import bureau_of
from sampling.rules.problem import Problem, shown

MAX_ROWS = 30_000
_VERDICTS = {"合格": "合格", "不合格": "不合格", "一般不合格": "不合格", "严重不合格": "不合格", "不合格(推断)": "不合格"}
_DATE = re.compile(r"(\d{4})[-/年.](\d{1,2})[-/月.](\d{1,2})", re.ASCII)
_NOTHING = {"", "/", "-", "—", "——", "无"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One known layout: its columns, and which of them say what."""

    name: str
    kind: str
    header: tuple[str, ...]
    product: str
    sampled: str = ""
    address: str = ""
    producer: str = ""
    place: tuple[str, ...] = ()
    verdict: str = ""
    failed: str = ""
    published: str = ""


def _columns(text: str) -> tuple[str, ...]:
    return tuple(text.split(","))


SOURCES = (
    Source(
        name="product_quality_spotcheck", kind="product", product="产品名称", sampled="受检单位", producer="标称生产企业", place=("所在地",),
        verdict="抽查结果", failed="主要不合格项目", header=_columns(
            "文件号,序号,受检单位,标称生产企业,所在地,产品名称,商标,规格型号,产品等级,生产日期/批号,抽查结果,主要不合格项目,承检机构,电商平台,备注,存疑"),
    ),
    Source(
        name="food_cqn", kind="food", product="产品名称", sampled="被抽样单位名称", address="被抽样单位地址", producer="标称生产企业名称",
        failed="不合格项目", published="发布时间", header=_columns(
            "源行号,公告标题,发布时间,发布机构,标称生产企业名称,标称生产企业地址,被抽样单位名称,被抽样单位地址,产品名称,规格型号,商标,生产日期,"
            "出厂编号/批号,批准文号,不合格项目,检验结果,标准值,抽样单位,检验机构/备注,来源网址,存疑"),
    ),
    Source(
        name="food_samr", kind="food", product="食品名称", sampled="被抽样单位名称", address="被抽样单位地址", producer="标称生产企业名称",
        failed="不合格项目", published="公告日期", header=_columns(
            "抽样编号,序号,标称生产企业名称,标称生产企业地址,被抽样单位名称,被抽样单位地址,食品名称,规格型号,商标,生产日期/批号,保质期,不合格项目,检验结果,"
            "标准值,标签标注要求,分类,食品细类,检验机构,平台/网店,公告号,公告日期,任务来源,备注,存疑"),
    ),
    Source(
        name="food_foodmate", kind="food", product="食品名称", sampled="被抽样单位名称", producer="标称生产企业名称", place=("省份", "发布单位"),
        verdict="结论", failed="不合格项目", published="发布日期", header=_columns(
            "源文件,源行号,信息来源,发布单位,省份,发布日期,食品名称,分类,标称生产企业名称,被抽样单位名称,生产日期,不合格项目,检验结果,单位,标准值,结论,备注,存疑"),
    ),
    Source(
        name="food_residue", kind="food", product="食品名称", producer="标称生产企业名称", place=("地区", "发布单位"), failed="不合格项目",
        published="发布日期", header=_columns(
            "源文件,记录号,发布单位,地区,发布日期,食品名称,规格型号,生产日期/批号,标称生产企业名称,不合格项目,标准值,检验结果,事件文本,存疑"),
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One row that can be kept."""

    number: int
    owner: str
    product_name: str
    sampled_party: str
    producer: str
    verdict: str
    failed_items: str
    published_on: date | None
    doubt: str
    original: str
    sha256: str


@dataclass(slots=True)
class Reading:
    """A file as read; a row's number is its line among the data rows, counted from 1."""

    source: Source | None = None
    rows: list[HistoryRow] = field(default_factory=list)
    refused: list[tuple[int, Problem]] = field(default_factory=list)
    fault: Problem | None = None


def read_history(raw: bytes, kind: str, scope: str) -> Reading:
    """Read a CSV file; `scope` is the importing bureau's covering prefix."""
    reading = Reading()
    try:
        lines = csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline=""), strict=True)
        header = next(lines, [])
        reading.source = next((s for s in SOURCES if set(s.header) == set(header) and len(header) == len(s.header)), None)
        reading.fault = _header_fault(reading.source, kind)
        if reading.source is not None and reading.fault is None:
            _read_rows(reading, reading.source, header, lines, scope)
    except UnicodeDecodeError:
        reading.fault = Problem("csv_encoding", "", "文件不是有效的 UTF-8", "the file is not valid UTF-8")
    except csv.Error as error:
        reading.fault = Problem("csv_syntax", "", f"文件不是有效的 CSV:{error}", f"the file is not valid CSV: {error}")
    return reading


def _header_fault(source: Source | None, kind: str) -> Problem | None:
    if source is None:
        return Problem("header_unknown", "/0", "表头不是已知的公布结果格式", "the header is none of the known layouts")
    if source.kind != kind:
        return Problem("kind_mismatch", "/kind", f"该文件属于 {source.kind}", f"this file is of kind {source.kind}")
    return None


def _read_rows(reading: Reading, source: Source, header: Sequence[str], lines: Iterator[list[str]], scope: str) -> None:
    for number, cells in enumerate(lines, start=1):
        if number > MAX_ROWS:
            reading.fault = Problem("rows_too_many", "", f"超过 {MAX_ROWS} 行", f"more than {MAX_ROWS} rows")
            return
        found = _read_row(source, header, cells, number)
        if isinstance(found, HistoryRow) and not found.owner.startswith(scope):
            found = Problem("row_outside_scope", "", f"该行属于 {found.owner},不在本辖区", f"the row belongs to {found.owner}")
        if isinstance(found, Problem):
            reading.refused.append((number, found))
        else:
            reading.rows.append(found)


def _read_row(source: Source, header: Sequence[str], cells: Sequence[str], number: int) -> HistoryRow | Problem:
    if len(cells) != len(header):
        return Problem("row_cells", "", f"应有 {len(header)} 列,实有 {len(cells)} 列", f"{len(header)} cells wanted, {len(cells)} given")
    row = dict(zip(header, cells, strict=True))
    problem = _row_fault(source, row)
    if problem is not None:
        return problem
    sampled, producer = _cell(row, source.sampled), _cell(row, source.producer)
    original = json.dumps(row, ensure_ascii=False, separators=(",", ":"))
    return HistoryRow(
        number, _owner(source, row), row[source.product].strip(), sampled, producer, _verdict(source, row), _cell(row, source.failed),
        _day(_cell(row, source.published)), row["存疑"], original, hashlib.sha256(f"{source.name}\n{original}".encode()).hexdigest(),
    )  # fmt: skip


def _row_fault(source: Source, row: dict[str, str]) -> Problem | None:
    unclean = next((name for name, cell in row.items() if not cell.isprintable() and _has_control(cell)), None)
    if unclean is not None:
        return Problem("row_characters", f"/{unclean}", "含有控制字符", "control characters")
    if "列错位" in row["存疑"]:
        return Problem("columns_shifted", "/存疑", "该行已标注列错位", "the row is marked as shifted")
    if row[source.product].strip() in _NOTHING:
        return Problem("name_missing", f"/{source.product}", "没有产品名称", "no product name")
    if not _verdict(source, row):
        column = source.verdict or source.failed
        return Problem("verdict_unknown", f"/{column}", f"「{shown(row[column])}」不是结论", "not a verdict")
    return None


def _verdict(source: Source, row: dict[str, str]) -> str:
    """The published verdict; files that list only failures say it by the failed item."""
    if source.verdict:
        return _VERDICTS.get(row[source.verdict].strip(), "")
    return "" if row[source.failed].strip() in _NOTHING else "不合格"


def _owner(source: Source, row: dict[str, str]) -> str:
    """The sampled party's place decides; lists without one name the inspected firm as producer."""
    party = [_cell(row, source.address), _cell(row, source.sampled)]
    if not any(text not in _NOTHING for text in party):
        party = [_cell(row, source.producer)]
    places = [_cell(row, name) for name in source.place]
    return bureau_of([*party, *places], places)


def _cell(row: dict[str, str], name: str) -> str:
    return row[name].strip() if name else ""


def _day(text: str) -> date | None:
    found = _DATE.match(text)
    try:
        return date(int(found[1]), int(found[2]), int(found[3])) if found else None
    except ValueError:
        return None


def _has_control(text: str) -> bool:
    return any(unicodedata.category(c) in {"Cc", "Cs"} and c not in "\n\t\r" for c in text)

"""The import sheet (企业名录导入表): its columns, and what each cell must be. Every fault names its row and its column."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from common.errors import Invalid, Problem
from directory.rules import firms, licences, numbers
from directory.rules.firms import Firm
from directory.rules.licences import Licence

_HEADINGS = {
    "uscc": "统一社会信用代码", "name": "名称", "kind": "类型", "legal_person": "法定代表人", "division_code": "行政区划代码", "address": "地址",
    "premises_division_code": "生产经营场所区划代码", "phone": "联系电话", "size": "规模", "industry": "行业", "risk_grade": "风险等级",
    "status": "登记状态", "products": "产品目录代码", "licences": "许可证",
}  # fmt: skip
COLUMNS = tuple(_HEADINGS)
_CHINESE = {zh: column for column, zh in _HEADINGS.items()}
NEEDED = ("uscc", "name", "kind", "division_code", "address", "status")
_LIMITS = {"name": 200, "address": 300, "legal_person": 60, "industry": 100, "licences": 2000, "products": 1000}
_CHOICES = {"kind": firms.KINDS, "status": firms.STATUSES, "size": firms.SIZES, "risk_grade": firms.GRADES}
_DAY = re.compile(r"(?:19[5-9]|20\d)\d-\d{2}-\d{2}", re.ASCII)
_PREMISES_MAX = 20


@dataclass(frozen=True, slots=True)
class Fault:
    """One wrong cell: 1-based row of the sheet (the heading is row 1), column, code and words."""

    row: int
    column: str
    code: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Draft:
    """One good row: the firm, its licences with the day since when their state holds, and the divisions of its premises."""

    row: int
    firm: Firm
    licences: tuple[Licence, ...]
    premises: tuple[str, ...]


def read_heading(cells: Sequence[str]) -> dict[str, int]:
    """Column → place, from the first row; English or Chinese headings, in any order."""
    names = [_CHINESE.get(cell.strip(), cell.strip().lower()) for cell in cells]
    while names and not names[-1]:
        names.pop()
    unknown = [name for name in names if name not in COLUMNS]
    if unknown:
        raise Invalid("column_unknown", f"不认识的列:{unknown[0][:40]}", f"unknown column: {unknown[0][:40]}")
    missing = [column for column in NEEDED if column not in names]
    if missing:
        raise Invalid("column_missing", f"缺少列:{'、'.join(missing)}", f"missing columns: {', '.join(missing)}")
    if len(set(names)) != len(names):
        raise Invalid("column_repeated", "列名重复", "a column stands twice")
    return {name: place for place, name in enumerate(names)}


def read_rows(rows: Sequence[Sequence[str]], known: frozenset[str], today: date) -> tuple[list[Draft], list[Fault]]:
    """All rows below the heading: the good ones as drafts, every wrong cell of the others as a fault. Empty rows are passed over."""
    if not rows:
        raise Invalid("sheet_empty", "表格没有内容", "the sheet is empty")
    places, drafts, faults, seen = read_heading(rows[0]), list[Draft](), list[Fault](), dict[str, int]()
    for number, cells in enumerate(rows[1:], start=2):
        row = {column: cells[place].strip() if place < len(cells) else "" for column, place in places.items()}
        if not any(row.values()):
            continue
        wrong = list(_faults(number, row, known, today))
        if not wrong and row["uscc"] in seen:
            first = seen[row["uscc"]]
            wrong = [Fault(number, "uscc", "uscc_repeated", f"与第 {first} 行的统一社会信用代码相同", f"the same USCC as in row {first}")]
        if wrong:
            faults += wrong
            continue
        seen[row["uscc"]] = number
        drafts.append(_draft(number, row))
    return drafts, faults


def _faults(number: int, row: Mapping[str, str], known: frozenset[str], today: date) -> Iterator[Fault]:
    for column in COLUMNS:
        value = row.get(column, "")
        if not value:
            if column in NEEDED:
                yield Fault(number, column, "cell_empty", "不能为空", "must not be empty")
            continue
        try:
            _check_plain(column, value)
            if column in _CHECKS:
                _CHECKS[column](value)
            elif column in ("division_code", "premises_division_code"):
                _check_divisions(column, value, known)
            elif column == "licences":
                _check_licences(value, today)
        except Problem as problem:
            yield Fault(number, column, problem.code, problem.zh, problem.en)


def _check_plain(column: str, value: str) -> None:
    """What no cell may hold: control and direction characters, invisible ones, formulas, too much text."""
    if not value.replace("\u3000", " ").isprintable():
        raise Invalid("text_control", "含有控制字符、方向字符或不可见字符", "control, direction or invisible characters")
    if value[0] in "=+-@":
        raise Invalid("text_formula", "单元格以 = + - @ 开头,疑似公式", "the cell looks like a formula")
    if len(value) > _LIMITS.get(column, 200):
        raise Invalid("text_length", "文字过长", "text too long")


def _choice(column: str) -> Callable[[str], None]:
    allowed = _CHOICES[column]

    def check(value: str) -> None:
        if value not in allowed:
            raise Invalid("value_unknown", f"须为:{'、'.join(sorted(allowed))}", f"must be one of {', '.join(sorted(allowed))}")

    return check


_CHECKS: dict[str, Callable[[str], None]] = {
    "uscc": numbers.check_uscc,
    "phone": firms.check_phone,
    "products": lambda value: firms.check_products(split(value)),
} | {column: _choice(column) for column in _CHOICES}


def split(value: str) -> tuple[str, ...]:
    """Parts between semicolons, without empty ones and repetitions, in order."""
    return tuple(dict.fromkeys(part.strip() for part in value.replace("；", ";").split(";") if part.strip()))


def _check_divisions(column: str, value: str, known: frozenset[str]) -> None:
    codes = (value,) if column == "division_code" else split(value)
    if len(codes) > _PREMISES_MAX:
        raise Invalid("list_length", "场所过多", "too many premises")
    for code in codes:
        firms.check_division(code, known)


def read_licence(value: str) -> Licence:
    """`kind|number|from|to|status`, the last two may be empty or absent."""
    parts = [part.strip() for part in value.split("|")]
    if not 3 <= len(parts) <= 5:
        raise Invalid("licence_format", "许可证须写作 种类|编号|起始日|截止日|状态", "licences are written kind|number|from|to|status")
    kind, number, start, end, status = (*parts, "", "")[:5]
    numbers.check_licence_number(kind, number)
    if status and status not in licences.STATUSES:
        raise Invalid("value_unknown", f"没有这种许可证状态:{status[:20]}", "no such licence status")
    return Licence(kind, number, _day(start), _day(end) if end else None, status or "有效")


def _day(value: str) -> date:
    try:
        if _DAY.fullmatch(value):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise Invalid("date_format", f"日期须写作 YYYY-MM-DD:{value[:20]}", "dates are written YYYY-MM-DD")


def _check_licences(value: str, today: date) -> None:
    found = [read_licence(part) for part in split(value)]
    for licence in found:
        licences.check_period(licence, today)
        if licence.status == "过期" and licence.valid_to is None:
            raise Invalid("licence_format", "过期的许可证须有截止日期", "an expired licence needs its last day")
    if len({licence.key for licence in found}) != len(found):
        raise Invalid("licence_repeated", "同一许可证重复出现", "the same licence stands twice")


def _draft(number: int, row: Mapping[str, str]) -> Draft:
    firm = Firm(
        uscc=row["uscc"], name=row["name"], kind=row["kind"], status=row["status"], division_code=row["division_code"], address=row["address"],
        size=row.get("size") or None, industry=row.get("industry", ""), risk_grade=row.get("risk_grade") or None,
        products=split(row.get("products", "")), legal_person=row.get("legal_person", ""), phone=row.get("phone", ""),
    )  # fmt: skip
    held = tuple(read_licence(part) for part in split(row.get("licences", "")))
    return Draft(number, firm, held, split(row.get("premises_division_code", "")) or (row["division_code"],))

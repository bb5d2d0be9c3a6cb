"""Really published rows: their results and limits are read, judged by our rules, and held against the published verdict.

What the rows say is typed by many hands, so this file (not the service) turns published text into the strict grammar: units are cut off,
`；` and `, ` between samples become `;`, a part that a product does not have (`/`) is left out. Where a row cannot be read or does not agree,
`real_row_causes.csv` must name it with the cause in the data; a cause that is no longer needed fails too. Superscripts lost on the way
(2.3×104) are refused as they stand, then judged as repaired.
"""

import csv
import hashlib
import os
import re
from collections import Counter
from pathlib import Path

import pytest

from sampling.rules.assessment import assess_items
from sampling.rules.pushed import PushedItem
from sampling.rules.schemes import PlainItem, build

REAL = Path(os.environ.get("REAL") or Path(__file__).parents[4] / "shared/data/real")
CAUSES = Path(__file__).with_name("real_row_causes.csv")
SHIFTED, LOST, ABSENT, BASE = "columns_shifted", "superscript_lost", "part_absent", "lod_of_another_base"
VALUE = re.compile(r"(<?[+-]?[0-9]+(?:\.[0-9]+)?(?:×10(?:\^-?[0-9]+|[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+|[0-9]+))?)\s*(.*)")
RANGE = re.compile(r"([0-9.]+)\s*[～—~-]+\s*([0-9.]+)\s*(.*)")
PLAN = re.compile(r"n=(\d+)[,，]\s*c=(\d+)[,，]\s*m=([0-9.×^]+)(.*?)[,，]\s*M=([0-9.×^]+)(.*)")


def label(row):
    """What the label promises, where it is a limit (80 % of the declared content)."""
    return row["标签标注要求"] if row["标签标注要求"].startswith(("≥", "≤")) else ""


FILES = {
    "product_quality_item_results.csv": lambda r: (r["检测结果"], [r["标准要求"]], r["单项判定"], r["单位"]),
    "food_samr_2026_notice8.csv": lambda r: (r["检验结果"], [r["标准值"], label(r)], "不合格", ""),
    "food_cqn_2019.csv": lambda r: (r["检验结果"], [r["标准值"]], "不合格", ""),
}
pytestmark = pytest.mark.skipif(not REAL.is_dir(), reason=f"no folder of really published rows ({REAL}); set REAL")


def repaired(text):
    """Powers of ten as they were before their superscripts were lost."""
    return re.sub(r"(?<![0-9.])10([1-9])(?![0-9])", r"1×10^\1", re.sub(r"×10([1-9])(?![0-9])", r"×10^\1", text))


def mended(text, cause):
    """The text as its cause says that it once was."""
    return {LOST: repaired, ABSENT: lambda told: "；".join(part for part in told.split("；") if part != "/")}.get(cause, str)(text)


def cut(text):
    """A published value: number and unit; words in brackets behind it are dropped."""
    text = re.sub(r"\s*[（(].*计[）)]$", "", text.strip())
    if text.startswith("未检出"):
        return "未检出", ""
    found = VALUE.fullmatch(text)
    return (found[1], found[2].strip()) if found else (text, "")


def limit_of(text, unit):
    """A published limit as a scheme item, or None."""
    text = text.partition("且实际含量")[0].strip()
    text = re.sub(r"（.*", "", text)
    if text in ("不得检出", "不得使用"):
        return {"kind": "not_detected", "unit": unit}
    plan = PLAN.fullmatch(text)
    if plan:
        return {"kind": "microbe", "unit": plan[6].strip() or unit, "microbe": (int(plan[1]), int(plan[2]), plan[3], plan[5])}
    if text[:1] in "≤≥" and text:
        number, own = cut(text[1:])
        return {"kind": "numeric", "max" if text[0] == "≤" else "min": number, "unit": own or unit}
    both = RANGE.fullmatch(text)
    return {"kind": "numeric", "min": both[1], "max": both[2], "unit": both[3].strip() or unit} if both else None


def judged(result, unit, limit):
    """Our word for one value: 合格项, 不合格项, or the codes of what forbids one."""
    known = {"min": "", "max": ""} | limit
    item = PlainItem(item="x", methods=("M",), grade="B", places=-1, **known)
    scheme, _ = build([item])
    low, high = (known[end] or None for end in ("min", "max"))
    reported = PushedItem(
        item="x", result=result, unit=unit or None, judgement="合格项", method="M", min=low, max=high, limit_unit=known["unit"] or None
    )
    found = assess_items(scheme, [reported], "合格")
    [ours] = found.items
    return ours.judgement.value if ours else "+".join(sorted({p.code for p in found.problems}))


def verdict(result, limits, unit):
    """合格 when every value is within every limit, 不合格 when one is not, else what forbids a verdict."""
    told = []
    for text in filter(None, limits):
        parts = re.split(r"[；;]|,\s+", result)
        limit = limit_of(text, unit or cut(parts[0])[1])
        if limit is None:
            return "limit_unreadable"
        values = [cut(part) for part in parts]
        if limit["kind"] == "microbe" and len(values) > 1:
            values = [(";".join(value for value, _ in values), values[0][1])]
        told += [judged(value, unit or own, limit) for value, own in values]
    if "不合格项" in told:
        return "不合格"
    return "合格" if told and set(told) == {"合格项"} else "+".join(sorted(set(told) - {"合格项"})) or "limit_unreadable"


def key_of(row):
    return hashlib.sha256("\x1f".join(row.values()).encode()).hexdigest()[:12]


def listed():
    return {(row["file"], row["row_sha256"]): row["cause"] for row in csv.DictReader(CAUSES.open(encoding="utf-8"))}


def rows_of(name):
    with (REAL / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("name", FILES)
def test_every_published_row_agrees_or_is_listed_with_its_cause(name):
    causes, told, wrong, needed = listed(), Counter(), [], set()
    for line, row in enumerate(rows_of(name), start=2):
        result, limits, published, unit = FILES[name](row)
        key = (name, key_of(row))
        ours = verdict(result, limits, unit)
        if ours == published:
            told["agree"] += 1
            continue
        needed.add(key)
        cause = causes.get(key)
        told[cause or "not listed"] += 1
        if cause is None:
            wrong.append((line, key[1], result, limits, ours))
        elif cause in (LOST, ABSENT) and verdict(mended(result, cause), [mended(text, cause) for text in limits], unit) != published:
            wrong.append((line, "repaired but still different", result, limits))
    print(f"\n{name}: {sum(told.values())} rows, {dict(told)}")
    assert wrong == []
    assert {key for key in causes if key[0] == name} - needed == set(), "causes that no row needs"


def test_no_row_with_shifted_columns_is_ever_called_conforming():
    """Rows whose columns a crawler mixed up are the best garbage there is."""
    seen = 0
    for name, read in FILES.items():
        for row in rows_of(name):
            if listed().get((name, key_of(row))) == SHIFTED:
                result, limits, _, unit = read(row)
                assert verdict(result, limits, unit) != "合格"
                seen += 1
    assert seen >= 10

"""Judgement cases: a table written by hand, and 800 made by a fixed seed and held against a judge written apart (`judgement_oracle`)."""

import random
from collections import Counter

import pytest
from judgement_oracle import judge, judge_sum

from sampling.rules.assessment import ItemJudgement, assess_items
from sampling.rules.pushed import PushedItem
from sampling.rules.schemes import PlainItem, build

SAYS = {ItemJudgement.CONFORMING: "pass", ItemJudgement.NON_CONFORMING: "fail"}


def plain(name, limit, **more):
    """A scheme item in the words of the contract from the oracle's limit."""
    microbe = (limit.get("n", 0), limit.get("c", 0), limit.get("m", ""), limit.get("cap", ""))
    return PlainItem(
        item=name, methods=("M 1",), kind=limit["kind"], min=limit.get("min", ""), max=limit.get("max", ""), unit=limit.get("unit", ""), grade="B",
        places=limit.get("places", -1), microbe=microbe, min_exclusive=limit.get("min_exclusive", False),
        max_exclusive=limit.get("max_exclusive", False), **more,
    )  # fmt: skip


def reported(name, row, limit):
    """The row as a laboratory would push it, its limits copied from the scheme."""
    lod = row.get("lod")
    return PushedItem(
        item=name, result=row["result"], unit=row.get("unit") or None, judgement="合格项", method="M 1", min=limit.get("min") or None,
        max=limit.get("max") or None, limit_unit=limit.get("unit") or None, lod=lod, lod_unit=limit.get("unit") if lod else None,
    )  # fmt: skip


def ours(row, limit):
    """Our judgement of one row, strings in and word out, with the codes of what stood in the way."""
    scheme, _ = build([plain("甲", limit)])
    found = assess_items(scheme, [reported("甲", row, limit)], "合格")
    codes = {p.code for p in found.problems} - {"judgement_mismatch", "verdict_mismatch"}
    [judged] = found.items
    assert judged is None or (judged.explanation.startswith("实测") and judged.judgement.value in judged.explanation)
    return (SAYS[judged.judgement], codes) if judged else ("none", codes)


def numeric(low="", high="", unit="mg/kg", **more):
    return {"kind": "numeric", "min": low, "max": high, "unit": unit} | more


def microbe(n, c, m, cap="", unit="CFU/g"):
    return {"kind": "microbe", "n": n, "c": c, "m": m, "cap": cap, "unit": unit}


# result, unit, lod in the limit's unit, limit, what must come out
EDGES = [
    ("0.124", "mg/kg", None, numeric(high="0.124"), "pass"),
    ("0.124", "mg/kg", None, numeric(high="0.124", max_exclusive=True), "fail"),
    ("0.1240000000000000000000000000000000000000000000001", "mg/kg", None, numeric(high="0.124"), "fail"),
    ("5.0", "mg/kg", None, numeric("5.0", "9.0"), "pass"),
    ("5.0", "mg/kg", None, numeric("5.0", "9.0", min_exclusive=True), "fail"),
    ("9.0", "mg/kg", None, numeric("5.0", "9.0"), "pass"),
    ("9.0000001", "mg/kg", None, numeric("5.0", "9.0"), "fail"),
    ("4.9999999", "mg/kg", None, numeric("5.0"), "fail"),
    ("-14", "", None, numeric(high="-14", unit=""), "pass"),
    ("-13.9", "", None, numeric(high="-14", unit=""), "fail"),
    ("2.3×10⁴", "CFU/g", None, numeric(high="23000", unit="CFU/g"), "pass"),
    ("2.3×10^4", "CFU/g", None, numeric(high="22999", unit="CFU/g"), "fail"),
    ("2.3×10⁻²", "g/kg", None, numeric(high="23"), "pass"),
    ("2.3×10⁻²", "g/kg", None, numeric(high="22.999"), "fail"),
    ("0.125", "mg/kg", None, numeric(high="0.12", places=2), "pass"),  # half to even
    ("0.135", "mg/kg", None, numeric(high="0.13", places=2), "fail"),
    ("0.1250000001", "mg/kg", None, numeric(high="0.12", places=2), "fail"),
    ("0.125", "mg/kg", None, numeric(high="0.12"), "fail"),
    ("2.5", "mg/kg", None, numeric(high="2", places=0), "pass"),
    ("3.5", "mg/kg", None, numeric(high="3", places=0), "fail"),
    ("200", "μg/kg", None, numeric(high="0.2"), "pass"),
    ("200.1", "μg/kg", None, numeric(high="0.2"), "fail"),
    ("3", "N/15mm", None, numeric("200", unit="N/m"), "pass"),
    ("2.999999999999999999999", "N/15mm", None, numeric("200", unit="N/m"), "fail"),
    ("1", "mg/L", None, numeric(high="9"), "none"),
    ("1", "", None, numeric(high="9"), "none"),
    ("未检出", "mg/kg", "0.01", numeric(high="0.1"), "pass"),
    ("未检出", "mg/kg", "0.1", numeric(high="0.1"), "pass"),
    ("未检出", "mg/kg", "0.11", numeric(high="0.1"), "none"),
    ("未检出", "mg/kg", None, numeric(high="0.1"), "none"),
    ("未检出", "mg/kg", "0.1", numeric(high="0.1", max_exclusive=True), "pass"),
    ("ND", "mg/kg", "0.01", numeric("0.2"), "fail"),
    ("ND", "mg/kg", "0.3", numeric("0.2"), "none"),
    ("ND", "mg/kg", "0.2", numeric("0.2"), "fail"),
    ("<0.01", "mg/kg", None, numeric(high="0.1"), "pass"),
    ("<0.1", "mg/kg", "0.2", numeric(high="0.1"), "none"),
    ("<10", "μg/kg", None, numeric(high="0.01"), "pass"),
    ("<0", "mg/kg", None, numeric(high="0.1"), "none"),
    ("<-1", "mg/kg", None, numeric(high="0.1"), "none"),
    ("＜0.01", "mg/kg", None, numeric(high="0.1"), "none"),
    ("≤0.01", "mg/kg", None, numeric(high="0.1"), "none"),
    ("0.01mg/kg", "mg/kg", None, numeric(high="0.1"), "none"),
    ("0,01", "mg/kg", None, numeric(high="0.1"), "none"),
    ("1e-5", "mg/kg", None, numeric(high="0.1"), "none"),
    ("2.3×104", "CFU/g", None, numeric(high="30000", unit="CFU/g"), "none"),
    ("０.01", "mg/kg", None, numeric(high="0.1"), "none"),
    (".5", "mg/kg", None, numeric(high="9"), "none"),
    ("5.", "mg/kg", None, numeric(high="9"), "none"),
    ("", "mg/kg", None, numeric(high="9"), "none"),
    ("/", "mg/kg", None, numeric(high="9"), "none"),
    ("合格", "mg/kg", None, numeric(high="9"), "none"),
    ("符合", "mg/kg", None, numeric(high="9"), "none"),
    ("NaN", "mg/kg", None, numeric(high="9"), "none"),
    ("Infinity", "mg/kg", None, numeric("9"), "none"),
    ("0.1\n", "mg/kg", None, numeric(high="9"), "none"),
    ("符合", "", None, {"kind": "qualitative"}, "pass"),
    ("不符合", "", None, {"kind": "qualitative"}, "fail"),
    ("合格", "", None, {"kind": "qualitative"}, "none"),
    ("1", "", None, {"kind": "qualitative"}, "none"),
    ("未检出", "", None, {"kind": "not_detected"}, "pass"),
    ("<0.5", "μg/kg", None, {"kind": "not_detected", "unit": "μg/kg"}, "pass"),
    ("0.0001", "μg/kg", None, {"kind": "not_detected", "unit": "μg/kg"}, "fail"),
    ("0", "μg/kg", None, {"kind": "not_detected", "unit": "μg/kg"}, "none"),
    ("不符合", "", None, {"kind": "not_detected"}, "fail"),
    ("符合", "", None, {"kind": "not_detected"}, "none"),
    ("3.7×10⁴;4.6×10⁴;4.4×10⁴;3.7×10⁴;3.4×10⁴", "CFU/g", None, microbe(5, 2, "10000", "100000"), "fail"),
    ("3.7×10⁴;4.6×10⁴;10;<10;未检出", "CFU/g", None, microbe(5, 2, "10⁴".replace("10⁴", "1.0×10⁴"), "1.0×10^5"), "pass"),
    ("3.7×10⁴;4.6×10⁴;4.4×10⁴;<10;10", "CFU/g", None, microbe(5, 2, "10000", "100000"), "fail"),
    ("1.1×10⁵;10;10;10;10", "CFU/g", None, microbe(5, 2, "10000", "100000"), "fail"),
    ("100000;10;10;10;10", "CFU/g", None, microbe(5, 2, "10000", "100000"), "pass"),
    ("10000;10000;10000;10000;10000", "CFU/g", None, microbe(5, 0, "10000"), "pass"),
    ("10001;10;10;10;10", "CFU/g", None, microbe(5, 0, "10000"), "fail"),
    ("9999999;1;1;1;1", "CFU/g", None, microbe(5, 1, "10000"), "pass"),  # two classes: no M
    ("10;10;10;10", "CFU/g", None, microbe(5, 2, "10000", "100000"), "none"),
    ("10;10;10;10;10;10", "CFU/g", None, microbe(5, 2, "10000", "100000"), "none"),
    ("10;10;10;10;", "CFU/g", None, microbe(5, 2, "10000", "100000"), "none"),
    ("10;10/10;10;10", "CFU/g", None, microbe(5, 2, "10000", "100000"), "none"),
    ("10,10,10,10,10", "CFU/g", None, microbe(5, 2, "10000", "100000"), "none"),
    ("10；10；10；10；10", "CFU/g", None, microbe(5, 2, "10000", "100000"), "none"),
    ("-1;10;10;10;10", "CFU/g", None, microbe(5, 2, "10000", "100000"), "none"),
    ("10/20/<10/5/未检出", "CFU/g", None, microbe(5, 2, "10000", "100000"), "pass"),
    ("<20000;10;10;10;10", "CFU/g", None, microbe(5, 2, "10000", "100000"), "none"),
    ("未检出;未检出;未检出;未检出;未检出", "CFU/25g", None, microbe(5, 0, "0", unit="CFU/25g"), "pass"),
    ("未检出;未检出;1;未检出;未检出", "CFU/25g", None, microbe(5, 0, "0", unit="CFU/25g"), "fail"),
    ("10;10;10;10;10", "CFU/mL", None, microbe(5, 2, "10000", "100000"), "none"),
    ("10", "CFU/g", None, microbe(1, 0, "10"), "pass"),
    ("11", "CFU/g", None, microbe(1, 0, "10"), "fail"),
    ("1", "mg/kg", None, numeric(), "none"),
]


@pytest.mark.parametrize(("text", "unit", "lod", "limit", "expected"), EDGES)
def test_an_edge_is_judged_as_written_here(text, unit, lod, limit, expected):
    row = {"result": text, "unit": unit, "lod": lod}
    assert ours(row, limit)[0] == expected
    assert judge(row, limit) == expected, "the oracle must know it too"


PIECES = ["0", "7", "10", "0.05", "0.124", "1.25", "2.5", "99.995", "100", "1.2×10²", "5×10^-2", "3.0×10⁴", "250", "0.0049"]
LIMITS = ["0.05", "0.124", "1.2", "2", "10", "100", "120", "3.0×10⁴"]


def some_number(dice):
    text = dice.choice([*PIECES, f"{dice.randrange(0, 4000) / 1000:.3f}", f"{dice.randrange(0, 300)}"])
    return dice.choice(["", "", "", "", "-", "+"]) + text


def some_result(dice):
    roll = dice.random()
    if roll < 0.62:
        return some_number(dice)
    if roll < 0.76:
        return "<" + some_number(dice).lstrip("+-")
    if roll < 0.86:
        return dice.choice(["未检出", "ND"])
    return dice.choice(["符合", "不符合", "1e3", "2.3×104", "1,5", "", "/", "＜1", "0.1 ", "１", "0.1mg", "≤1", "5-6", "无", "±1"])


def some_limit(dice):
    low, high = (dice.choice(LIMITS) if dice.random() < p else "" for p in (0.35, 0.8))
    as_number = {text: float(text.replace("×10⁴", "e4")) for text in LIMITS}
    if low and high and as_number[low] > as_number[high]:
        low, high = high, low
    more = {"places": dice.choice([-1, -1, 0, 1, 2, 3]), "min_exclusive": bool(low) and dice.random() < 0.3}
    return numeric(low, high or ("" if low else "1.2"), dice.choice(["mg/kg", "g/kg", "%"]), max_exclusive=bool(high) and dice.random() < 0.3, **more)


def some_case(dice):
    roll = dice.random()
    row = {"result": some_result(dice), "unit": dice.choice(["mg/kg", "mg/kg", "g/kg", "μg/kg", "mg/100g", "%", "", "CFU/g"])}
    if roll < 0.68:
        return row | {"lod": dice.choice([None, "0.01", "0.05", "0.2", "5"])}, some_limit(dice)
    if roll < 0.9:
        n = dice.choice([1, 2, 3, 5, 5, 5])
        parts = [some_result(dice) if dice.random() < 0.15 else str(dice.randrange(0, 300)) for _ in range(n if dice.random() < 0.9 else n + 1)]
        m = dice.choice(["10", "100", "1.0×10²"])
        joined = dice.choice([";", ";", "/"]).join(parts)
        return {"result": joined, "unit": dice.choice(["CFU/g", "CFU/g", "CFU/25g", "mg/kg"])}, microbe(
            n, dice.randrange(0, n), m, dice.choice(["", "1000", "250"])
        )
    return row, dice.choice([{"kind": "not_detected", "unit": "mg/kg"}, {"kind": "qualitative"}])


def test_eight_hundred_cases_agree_with_the_judge_written_apart():
    dice = random.Random("longzhi-judgement-1")
    told = Counter()
    for number in range(800):
        row, limit = some_case(dice)
        expected = judge(row, limit)
        found, codes = ours(row, limit)
        assert found == expected, (number, row, limit, codes)
        assert (found == "none") == bool(codes), (number, row, limit, codes)
        told[expected] += 1
    print(f"\njudgement cases: {dict(told)} of 800, and {len(EDGES)} edges by hand")
    assert min(told[word] for word in ("pass", "fail", "none")) >= 150, told


GARBAGE = "0123456789.+-<>≤≥×^⁴/;；,，、 　%未检出合格符不ND eExX*～~()（）\t\n\u200b\u202e０１＜²½"


def test_no_string_outside_the_grammar_ever_conforms():
    """Ten thousand strings of the characters that real result columns are full of, against limits that nothing exceeds."""
    dice = random.Random("longzhi-garbage-1")
    wide = [numeric(high="1.0×10^99"), numeric("-1"), {"kind": "qualitative"}, {"kind": "not_detected", "unit": "mg/kg"}, microbe(2, 1, "9×10^90")]
    passed = 0
    for _ in range(10_000):
        row = {"result": "".join(dice.choice(GARBAGE) for _ in range(dice.randrange(0, 9))), "unit": "mg/kg", "lod": "0.01"}
        limit = dice.choice(wide)
        row["unit"] = limit.get("unit", "")
        expected = judge(row, limit)
        assert ours(row, limit)[0] == expected, (row, limit)
        passed += expected == "pass"
    assert 0 < passed < 5000


# ---- sums ----

SHARES = {"山梨酸": numeric(high="1.0", unit="g/kg"), "苯甲酸": numeric(high="0.8", unit="g/kg"), "脱氢乙酸": numeric(high="0.5", unit="g/kg")}
ONE = numeric(high="1", unit="")


def our_sum(row, rule, rows, limits, limit, **more):
    items = [plain(name, own) for name, own in limits.items()]
    total = plain("合计", limit, sum_of=tuple(rule["of"]), sum_kind=rule["kind"], sum_below=rule["below"])
    scheme, _ = build([*items, total])
    pushed = [reported(name, member, limits[name]) for name, member in rows.items()] + [reported("合计", row, limit)]
    found = assess_items(scheme, pushed, "合格")
    judged = found.items[-1]
    codes = {p.code for p in found.problems if p.pointer.startswith(f"/items/{len(pushed) - 1}")} - {"judgement_mismatch"}
    return (SAYS[judged.judgement] if judged else "none"), codes, judged.explanation if judged else ""


def share(result, lod=None, unit="g/kg"):
    return {"result": result, "unit": unit, "lod": lod}


SUM_EDGES = [
    ("1.00", ("0.50", "0.40", "0"), "zero", "pass", set()),  # exactly one
    ("1.01", ("0.51", "0.40", "0"), "zero", "fail", set()),
    ("1.0", ("0.51", "0.40", "0"), "zero", "none", {"sum_undecided"}),  # printed too coarsely: 1.01 and 1.0 judge differently
    ("0.50", ("0.51", "0.40", "0"), "zero", "none", {"sum_mismatch"}),
    ("0.90", ("0.50", "0.40", "0"), "zero", "none", {"sum_mismatch"}),  # parts of 0.01 explain at most 0.0165
    ("0.50", ("0.50", "未检出", "<0.01"), "zero", "pass", set()),
    ("0.51", ("0.50", "未检出", "<0.01"), "half", "none", {"lod_missing"}),
    ("未检出", ("未检出", "未检出", "<0.01"), "zero", "pass", set()),
    ("<0.1", ("未检出", "未检出", "0.01"), "zero", "none", {"sum_mismatch"}),
    ("0.50", ("0.50", "符合", "0"), "zero", "none", {"result_kind"}),
    ("0.50", ("0.50", "-1", "0"), "zero", "none", {"result_kind"}),
    ("0.50", ("0.50", "0.4.0", "0"), "zero", "none", {"result_grammar"}),
    ("abc", ("0.50", "0.40", "0"), "zero", "none", {"result_grammar"}),
    ("符合", ("0.50", "0.40", "0"), "zero", "none", {"result_kind"}),
    ("0.50", ("0.50", None, "0"), "zero", "none", {"sum_member_missing"}),
    ("1.50", ("1.50", None, "0"), "zero", "fail", set()),  # what is missing cannot make it less
]


@pytest.mark.parametrize(("printed", "members", "below", "expected", "codes"), SUM_EDGES)
def test_shares_of_maxima_add_up_to_one_at_most(printed, members, below, expected, codes):
    rows = {name: share(text) for name, text in zip(SHARES, members, strict=True) if text is not None}
    rule = {"kind": "ratio", "of": list(SHARES), "below": below}
    found, problems, words = our_sum({"result": printed}, rule, rows, SHARES, ONE)
    assert (found, problems) == (expected, codes)
    assert judge_sum({"result": printed}, rule, rows, SHARES, ONE) == expected
    assert not words or ("山梨酸" in words and "≤1" in words and ("÷1.0" in words or members[0] == "未检出"))


@pytest.mark.parametrize(
    ("lods", "below", "expected"),
    [
        (("0.01", "0.01"), "bounds", "pass"),
        (("0.3", "0.3"), "bounds", "none"),  # 0.5 + up to 0.3/0.8 + up to 0.3/0.5 may be above one
        (("0.3", "0.3"), "half", "pass"),
        (("0.3", "0.3"), "zero", "pass"),
    ],
)
def test_what_is_below_detection_counts_as_the_scheme_says(lods, below, expected):
    rows = {"山梨酸": share("0.50"), "苯甲酸": share("未检出", lods[0]), "脱氢乙酸": share("未检出", lods[1])}
    rule = {"kind": "ratio", "of": list(SHARES), "below": below}
    printed = {"result": "0.9875" if below == "half" and lods[0] == "0.3" else "0.50"}
    found, _, words = our_sum(printed, rule, rows, SHARES, ONE)
    assert found == expected == judge_sum(printed, rule, rows, SHARES, ONE)
    convention = {"zero": "按零计", "half": "一半", "bounds": "按零至检出限计"}[below]
    assert found == "none" or convention in words


def test_three_hundred_sums_agree_with_the_judge_written_apart():
    dice = random.Random("longzhi-sums-1")
    told = Counter()
    for number in range(300):
        kind = dice.choice(["ratio", "total"])
        below = dice.choice(["zero", "half", "bounds"])
        limit = numeric(high=dice.choice(["1", "1.5"]), unit="" if kind == "ratio" else "g/kg", places=dice.choice([-1, -1, 1, 2]))
        rows, exact = {}, 0.0
        for name, own in SHARES.items():
            if dice.random() < 0.05:
                continue
            value = dice.randrange(0, 700) / 1000
            text = dice.choice([f"{value:.3f}", f"{value:.3f}", f"{value:.3f}", "未检出", f"<{value:.3f}"])
            rows[name] = share(text, dice.choice([None, "0.01", "0.2"]))
            exact += value / (float(own["max"]) if kind == "ratio" else 1) if text[0].isdigit() else 0
        printed = {"result": f"{exact + dice.choice([0, 0, 0, 0, 0.02]):.{dice.choice([1, 2, 3, 4])}f}", "unit": limit["unit"]}
        rule = {"kind": kind, "of": list(SHARES), "below": below}
        expected = judge_sum(printed, rule, rows, SHARES, limit)
        found, codes, _ = our_sum(printed, rule, rows, SHARES, limit)
        assert found == expected, (number, printed, rule, rows, limit, codes)
        told[expected] += 1
    print(f"\nsums: {dict(told)} of 300")
    assert min(told[word] for word in ("pass", "fail", "none")) >= 30, told


TOXIN = numeric(high="4.0", unit="μg/kg")
PART = {"kind": "component", "unit": "μg/kg"}


@pytest.mark.parametrize(("b2", "printed", "expected"), [("0.50", "2.50", "合格项"), ("2.50", "4.50", "不合格项")])
def test_a_component_without_a_limit_of_its_own_is_judged_with_its_sum(b2, printed, expected):
    limits = {"黄曲霉毒素B1": numeric(high="2.0", unit="μg/kg"), "黄曲霉毒素B2": PART}
    total = plain("黄曲霉毒素总量", TOXIN, sum_of=tuple(limits), sum_kind="total")
    scheme, monitoring = build([*(plain(name, own) for name, own in limits.items()), total])
    rows = {"黄曲霉毒素B1": "2.00", "黄曲霉毒素B2": b2, "黄曲霉毒素总量": printed}
    pushed = [reported(name, share(text, unit="μg/kg"), limits.get(name, TOXIN)) for name, text in rows.items()]
    found = assess_items(scheme, pushed, "合格")
    assert [row.judgement.value for row in found.items] == ["合格项", expected, expected]
    assert "随合计项目「黄曲霉毒素总量」" in found.items[1].explanation
    watched = assess_items(monitoring, pushed, "合格")
    assert [row.judgement.value for row in watched.items] == ["合格项", *[expected.replace("不合格项", "问题项")] * 2]
    alone = assess_items(scheme, pushed[:2], "合格")
    assert {p.code for p in alone.problems} == {"item_missing", "sum_unjudged"} and alone.verdict is None


@pytest.mark.parametrize(
    "more",
    [
        {"sum_of": ("没有", "山梨酸"), "sum_kind": "ratio"},
        {"sum_of": ("山梨酸",), "sum_kind": "odd"},
        {"sum_of": ("山梨酸",), "sum_kind": "ratio", "sum_below": "odd"},
        {"sum_of": ("合计", "山梨酸"), "sum_kind": "ratio"},
        {"sum_kind": "ratio"},
    ],
)
def test_a_sum_that_cannot_be_read_judges_nothing(more):
    scheme, _ = build([plain("山梨酸", SHARES["山梨酸"]), plain("合计", ONE, **more)])
    rows = [reported("山梨酸", share("0.1"), SHARES["山梨酸"]), reported("合计", {"result": "0.1"}, ONE)]
    found = assess_items(scheme, rows, "合格")
    assert found.items[1] is None and "limit_missing" in {p.code for p in found.problems} and found.verdict is None

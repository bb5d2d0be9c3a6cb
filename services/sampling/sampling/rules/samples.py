"""Sample states (批次状态), programmes, stages, and sample numbers (抽样单编号)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum

from common.region import DIVISION
from sampling.rules.problem import Problem, shown


class Programme(StrEnum):
    """Programme (类别): the two never share clocks or forms."""

    PRODUCT = "产品"
    FOOD = "食品"


class Stage(StrEnum):
    """Stage where the sample is taken (抽样环节), domain §4.7."""

    PRODUCTION = "生产"
    CIRCULATION = "流通"
    CATERING = "餐饮"


class Level(StrEnum):
    """Level of the task's source (任务来源级别): the first letter of a product number."""

    NATIONAL = "G"
    PROVINCE = "S"
    PREFECTURE = "D"
    COUNTY = "X"


class SampleState(StrEnum):
    """State of a batch (批次), domain §2.1; a form in the making is PLANNED (草稿、待抽样)."""

    PLANNED = "待抽样"
    NOT_SAMPLED = "未抽到样品"
    REFUSED = "拒抽"
    STOPPED_ILLEGAL = "终止抽样"
    SAMPLED = "已抽样封样"
    IN_TRANSIT = "送样中"
    SAMPLE_REJECTED = "拒收"
    RECEIVED = "已接收"
    TESTING = "检验中"
    TEST_IMPOSSIBLE = "无法检验"
    REPORTED = "已出报告"
    CONFORMING = "合格"
    NON_CONFORMING = "不合格"
    PROBLEM = "监测问题"
    NOTIFIED = "已告知"
    OBJECTED = "异议中"
    REINSPECTING = "复检中"
    FINAL = "结论确定"
    PUBLISHABLE = "待公示"
    ANALYSED = "已分析"
    PUBLISHED = "已公示"
    CREDIT_EXPORTED = "已归集"
    ARCHIVED = "归档"


_S = SampleState
# RECEIVED → REPORTED skips TESTING: a laboratory that only pushes reports never tells when it starts; SAMPLED → RECEIVED skips IN_TRANSIT alike.
# CONFORMING, NON_CONFORMING and PROBLEM may go back to REPORTED by a corrected report before the notice (domain §2.6).
NEXT: Mapping[SampleState, frozenset[SampleState]] = {
    _S.PLANNED: frozenset({_S.SAMPLED, _S.NOT_SAMPLED, _S.REFUSED, _S.STOPPED_ILLEGAL}),
    _S.NOT_SAMPLED: frozenset(),
    _S.REFUSED: frozenset(),
    _S.STOPPED_ILLEGAL: frozenset(),
    _S.SAMPLED: frozenset({_S.IN_TRANSIT, _S.RECEIVED, _S.SAMPLE_REJECTED}),
    _S.IN_TRANSIT: frozenset({_S.RECEIVED, _S.SAMPLE_REJECTED}),
    _S.SAMPLE_REJECTED: frozenset(),
    _S.RECEIVED: frozenset({_S.TESTING, _S.REPORTED, _S.STOPPED_ILLEGAL}),
    _S.TESTING: frozenset({_S.REPORTED, _S.TEST_IMPOSSIBLE, _S.STOPPED_ILLEGAL}),
    _S.TEST_IMPOSSIBLE: frozenset(),
    _S.REPORTED: frozenset({_S.CONFORMING, _S.NON_CONFORMING, _S.PROBLEM}),
    _S.CONFORMING: frozenset({_S.REPORTED, _S.PUBLISHABLE}),
    _S.NON_CONFORMING: frozenset({_S.REPORTED, _S.NOTIFIED}),
    _S.PROBLEM: frozenset({_S.REPORTED, _S.ANALYSED}),
    _S.ANALYSED: frozenset(),
    _S.NOTIFIED: frozenset({_S.OBJECTED, _S.FINAL}),
    _S.OBJECTED: frozenset({_S.REINSPECTING, _S.FINAL, _S.NOTIFIED}),
    _S.REINSPECTING: frozenset({_S.FINAL, _S.OBJECTED}),
    _S.FINAL: frozenset({_S.PUBLISHABLE, _S.OBJECTED, _S.REINSPECTING}),  # another party's own time may still run
    _S.PUBLISHABLE: frozenset({_S.PUBLISHED}),
    _S.PUBLISHED: frozenset({_S.CREDIT_EXPORTED}),
    _S.CREDIT_EXPORTED: frozenset({_S.ARCHIVED}),
    _S.ARCHIVED: frozenset(),
}
# From here a corrected report needs the organiser's approval (domain §2.6); whoever has it passes `approved`.
APPROVED_CORRECTION = frozenset({_S.NOTIFIED, _S.OBJECTED, _S.FINAL, _S.PUBLISHABLE, _S.PUBLISHED, _S.CREDIT_EXPORTED})
# Moves that only one programme knows (domain §2.1).
ONLY: Mapping[tuple[SampleState, SampleState], Programme] = {
    (_S.RECEIVED, _S.STOPPED_ILLEGAL): Programme.PRODUCT,
    (_S.TESTING, _S.STOPPED_ILLEGAL): Programme.PRODUCT,
    (_S.REPORTED, _S.PROBLEM): Programme.FOOD,
    (_S.PROBLEM, _S.ANALYSED): Programme.FOOD,
}
_O18, _O15 = "《产品质量监督抽查管理暂行办法》", "《食品安全抽样检验管理办法》"
_LEADING: Mapping[SampleState, tuple[str, str]] = {
    _S.PLANNED: ("第十四条", "第十一条"),
    _S.NOT_SAMPLED: ("第十七条、第十九条", "第十九条"),
    _S.REFUSED: ("第二十条", "第二十一条"),
    _S.STOPPED_ILLEGAL: ("第十六条、第二十九条", "第二十一条"),
    _S.SAMPLED: ("第十八条、第二十一条", "第十四条至第十九条"),
    _S.IN_TRANSIT: ("第二十三条", "第二十条"),
    _S.SAMPLE_REJECTED: ("第二十八条", "第二十二条"),
    _S.RECEIVED: ("第二十八条", "第二十二条"),
    _S.TESTING: ("第二十九条、第三十条", "第二十三条"),
    _S.TEST_IMPOSSIBLE: ("第三十条", "第二十三条"),
    _S.REPORTED: ("第三十二条", "第二十四条"),
    _S.CONFORMING: ("第三十三条", "第二十六条"),
    _S.NON_CONFORMING: ("第三十四条", "第二十六条"),
    _S.PROBLEM: ("第三十四条", "第四十一条"),
    _S.ANALYSED: ("第三十四条", "第四十一条"),
    _S.NOTIFIED: ("第三十四条", "第二十九条"),
    _S.OBJECTED: ("第三十五条、第三十六条", "第三十七条"),
    _S.REINSPECTING: ("第三十七条至第四十二条", "第三十条至第三十六条"),
    _S.FINAL: ("第三十六条、第四十二条", "第三十五条、第三十九条"),
}
_ENGLISH = ((_O18, "Order 18 "), (_O15, "Order 15 "), ("《产品质量法》", "PQL "), ("《食品安全法》", "FSL "), ("，", ", "))
_PUBLIC = ("《产品质量法》第二十四条", "《食品安全法》第八十七条")


def articles_of(to: SampleState, programme: Programme | None = None) -> str:
    """The articles that lead to a state, of one programme or of both (domain §2.1)."""
    product, food = (_O18 + _LEADING[to][0], _O15 + _LEADING[to][1]) if to in _LEADING else _PUBLIC
    if programme is None:
        return f"{product}，{food}"
    return product if programme is Programme.PRODUCT else food


def is_move(now: SampleState, to: SampleState, programme: Programme | None = None, *, approved: bool = False) -> bool:
    """Whether the batch may go from one state to the other (domain §2.1); `approved`: the organiser agreed to a corrected report."""
    if approved and to is _S.REPORTED and now in APPROVED_CORRECTION:
        return True
    return to in NEXT[now] and (programme is None or ONLY.get((now, to), programme) == programme)


def check_move(now: SampleState, to: SampleState, programme: Programme | None = None, *, approved: bool = False) -> tuple[Problem, ...]:
    """`sample_state` with the article, unless the batch may go from one state to the other (domain §2.1)."""
    if is_move(now, to, programme, approved=approved):
        return ()
    zh = f"样品状态为「{now.value}」，不能变为「{to.value}」（{articles_of(to, programme)}）"
    return (Problem("sample_state", "/state", zh, f"a {now.name} sample cannot become {to.name} ({_in_english(to, programme)})"),)


def _in_english(to: SampleState, programme: Programme | None) -> str:
    """The same articles for readers of English: O18 and O15 are the two orders of the market regulator."""
    told = articles_of(to, programme)
    for zh, en in _ENGLISH:
        told = told.replace(zh, en)
    return told


_NATIONAL_NO = re.compile(r"[A-Z]{2,4}[0-9]{10,18}[A-Z]{0,3}")
_PRODUCT_NO = re.compile(rf"[GSDX]CP[0-9]{{2}}{DIVISION}[A-Z0-9]{{4}}[0-9]{{5}}")
_DIVISION = re.compile(DIVISION)
_SERIALS, _YEARS = range(1, 100_000), range(2000, 2100)
_BODY = re.compile(r"[A-Z0-9]{4}")


def is_sample_no(text: str) -> bool:
    """Whether it is a sample number: national numbers are opaque, our own product numbers have a body code inside."""
    return _NATIONAL_NO.fullmatch(text) is not None or _PRODUCT_NO.fullmatch(text) is not None


def check_sample_no(text: str) -> tuple[Problem, ...]:
    """`sample_no_format` for anything that `is_sample_no` does not know (domain §2.4)."""
    if is_sample_no(text):
        return ()
    seen = shown(text)
    return (Problem("sample_no_format", "/sample_no", f"抽样单编号「{seen}」格式不符", f"'{seen}' is no sample number"),)


def product_no(level: Level, year: int, division: str, body: str, serial: int) -> str:
    """Our own product number, e.g. SCP21620100A00100042: level, CP, YY, division, body, serial (domain §2.4)."""
    if not (_DIVISION.fullmatch(division) and _BODY.fullmatch(body) and serial in _SERIALS and year in _YEARS):
        raise ValueError(f"no product number for {year}, {division!r}, {body!r}, {serial}")
    return f"{level.value}CP{year % 100:02d}{division}{body}{serial:05d}"

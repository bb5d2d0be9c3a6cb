"""Which bureau a published row tells (属地推断): full division names first, then city or county; in doubt the province."""

import re
from collections.abc import Iterable, Sequence

from sampling.rules.divisions import COUNTIES, PREFECTURES

PROVINCE, PROVINCE_NAME = "62", "甘肃"
_SUFFIX = re.compile(r"(?:回族自治州|藏族自治州|裕固族自治县|哈萨克族自治县|保安族东乡族撒拉族自治县|[蒙古回藏]{1,2}族自治县|族自治县|[市区县])$")
# Also words, brands or names elsewhere, so that without 市, 区 or 县 they tell nothing.
_COMMON_WORDS = {"合作", "康乐", "民乐", "安宁", "安定", "永昌", "城关", "清水", "高台", "凉州", "甘州", "秦州", "金川", "西峰", "广河", "华池",
                 "平川", "白银", "临夏", "礼", "文", "成", "康", "徽", "环", "宁", "漳", "岷"}  # fmt: skip


def _short(name: str) -> str:
    return _SUFFIX.sub("", name)


def _named(codes: dict[str, str], endings: str) -> dict[str, str]:
    """Full names, and for autonomous places also the usual short form (临夏州, 天祝县)."""
    usual = {_short(name) + endings: code for code, name in codes.items() if "自治" in name}
    return {name: code for code, name in codes.items()} | usual


_FULL_PREFECTURES, _FULL_COUNTIES = _named(PREFECTURES, "州"), _named(COUNTIES, "县")
_SHORT_PREFECTURES = {_short(name): code for code, name in PREFECTURES.items()}
_SHORT_COUNTIES = {_short(name): code for code, name in COUNTIES.items() if _short(name) not in _COMMON_WORDS}


def _pattern(names: Iterable[str]) -> re.Pattern[str]:
    """Longest first, so that 静宁县 is not read as 宁县."""
    return re.compile("|".join(sorted(map(re.escape, names), key=len, reverse=True)))


_PATTERNS = [(_pattern(names), names) for names in (_FULL_PREFECTURES, _FULL_COUNTIES, _SHORT_PREFECTURES, _SHORT_COUNTIES)]
_ROAD = re.compile(rf"(?:{PROVINCE_NAME}|{'|'.join(sorted(_SHORT_PREFECTURES))})[东西南北中]?(?:大道|路|街|巷)")


def bureau_of(evidence: Sequence[str], province_evidence: Sequence[str]) -> str:
    """The owner that texts tell, the strongest text first; `province_evidence` says whether the row is of the province at all."""
    texts = [_ROAD.sub("", text) for text in evidence if text]
    inside = any(PROVINCE_NAME in _ROAD.sub("", text) for text in (*evidence, *province_evidence))
    for text in texts:
        found = _told(text, inside)
        if found != PROVINCE:
            return found
    return PROVINCE


def _told(text: str, inside: bool) -> str:
    full_prefectures, full_counties, prefectures, counties = (_hits(text, pattern, names) for pattern, names in _PATTERNS)
    cities = full_prefectures or (prefectures if inside else set())
    places = full_counties or (counties if inside else set())
    if not inside and not full_prefectures:
        return PROVINCE
    if cities:
        places = {code for code in places if code[:4] in cities}
    cities = cities | {code[:4] for code in places}
    if len(cities) != 1:
        return PROVINCE
    return places.pop() if len(places) == 1 else cities.pop()


def _hits(text: str, pattern: re.Pattern[str], names: dict[str, str]) -> set[str]:
    return {names[match] for match in pattern.findall(text)}

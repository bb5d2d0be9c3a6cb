"""Unified social credit code 统一社会信用代码 (GB 32100-2015, inner code GB 11714), exactly as printed: 18 characters.

`stdnum.cn.uscc` drops blanks, takes lower case, and knows neither the inner check digit nor the shapes that are in
use; the tests hold this against it.
"""

from __future__ import annotations

import re

from sampling.rules.problem import Problem, shown

_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_VALUES = {character: value for value, character in enumerate(_ALPHABET)}
_WEIGHTS = tuple(pow(3, i, 31) for i in range(17))
_BODY_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_SHAPE = re.compile(r"[0-9A-HJ-NPQRTUWXY]{18}")
# Registering body and the kinds it registers (GB 32100-2015 table 1 and its amendment).
_KINDS = {
    "1": "1239", "2": "19", "3": "123459", "4": "19", "5": "1239", "6": "129", "7": "129", "8": "19", "9": "1239",
    "A": "19", "N": "1239", "Y": "1",
}  # fmt: skip
# 10 is the national register (100000); the rest are the provinces of GB/T 2260.
_PROVINCES = frozenset(
    map(
        str,
        (10, *range(11, 16), 21, 22, 23, *range(31, 38), *range(41, 47), *range(50, 55), *range(61, 66), 71, 81, 82),
    )
)


def check_uscc(text: str, pointer: str) -> tuple[Problem, ...]:
    """Shape, registration class, division digits, and both check digits; the first fault found is told."""
    code, zh, en = _fault(text)
    if not code:
        return ()
    seen = shown(text)
    return (Problem(code, pointer, f"统一社会信用代码「{seen}」{zh}", f"social credit code '{seen}': {en}"),)


def is_uscc(text: str) -> bool:
    """Whether the code is a well-formed social credit code."""
    return not _fault(text)[0]


def _fault(text: str) -> tuple[str, str, str]:
    if not _SHAPE.fullmatch(text):
        return "uscc_shape", "须为18位数字或大写字母（不含I、O、S、V、Z）", "18 digits or capitals without I O S V Z"
    if text[1] not in _KINDS.get(text[0], ""):
        return "uscc_class", "登记管理部门或机构类别代码不存在", "unknown registering body or kind"
    if text[2:4] not in _PROVINCES or not text[4:8].isdigit():
        return "uscc_division", "登记机关行政区划码不存在", "no such division"
    if text[17] != _ALPHABET[-sum(_VALUES[c] * w for c, w in zip(text, _WEIGHTS, strict=False)) % 31]:
        return "uscc_check", "校验码错误", "wrong check digit"
    if text[16] != _body_check(text[8:16]):
        return "uscc_body_check", "主体标识码校验码错误", "wrong check digit of the organisation code"
    return "", "", ""


def _body_check(body: str) -> str:
    """GB 11714: here the letters count from A=10 without gaps, unlike the outer alphabet."""
    total = sum(int(c, 36) * w for c, w in zip(body, _BODY_WEIGHTS, strict=True))
    return "0123456789X0"[11 - total % 11]

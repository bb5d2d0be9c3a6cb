"""Official numbers: what can be checked without asking anyone (GB 32100, GB 11714, Order 24 of 2020, domain §4.2 and §4.3)."""

import re
from collections.abc import Callable

from stdnum.cn import uscc as stdnum_uscc
from stdnum.iso7064 import mod_11_10

from common.errors import Invalid

USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_BODY_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_BODY_VALUES = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_USCC = re.compile(rf"[{USCC_ALPHABET}]{{2}}\d{{6}}[{USCC_ALPHABET}]{{10}}", re.ASCII)

#: Registering body → kinds of subject it registers (GB 32100-2015 annex; 9 = market regulation, 1 = establishment office, 5 = civil affairs …).
CLASSES = {
    "1": "1239", "2": "19", "3": "123459", "4": "19", "5": "1239", "6": "129", "7": "129", "8": "19", "9": "1239", "A": "19", "N": "1239", "Y": "19",
}  # fmt: skip
#: First two digits of the place of registration (GB/T 2260); 10 = registered with the national bureau.
_PLACES = "10 11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 71 81 82"
PROVINCES = frozenset(_PLACES.split(" "))


def _bad_uscc(code: str, zh: str, en: str) -> Invalid:
    return Invalid(code, f"统一社会信用代码{zh}", f"USCC: {en}", pointer="/uscc")


def body_check(body: str) -> str:
    """Check character of an eight-character organisation code (组织机构代码, GB 11714)."""
    rest = 11 - sum(_BODY_VALUES.index(c) * w for c, w in zip(body, _BODY_WEIGHTS, strict=True)) % 11
    return {10: "X", 11: "0"}.get(rest, str(rest))


def check_uscc(code: str) -> None:
    """Refuse what cannot be a unified social credit code (统一社会信用代码): shape, registration class, division, both check characters."""
    if not _USCC.fullmatch(code):
        raise _bad_uscc(
            "uscc_format", "须为 18 位大写字母或数字(不含 I、O、S、V、Z),第 3 至 8 位为数字", "18 characters of its alphabet, digits at 3 to 8"
        )
    if code[1] not in CLASSES.get(code[0], ""):
        raise _bad_uscc("uscc_class", "的登记管理部门和机构类别不存在", "no such registration class")
    if code[2:4] not in PROVINCES:
        raise _bad_uscc("uscc_division", "的登记机关区划不存在", "no such place of registration")
    if code[17] != stdnum_uscc.calc_check_digit(code[:17]):
        raise _bad_uscc("uscc_check", "的校验码不正确", "wrong check character")
    if code[16] != body_check(code[8:16]):
        raise _bad_uscc("uscc_body", "中主体标识码的校验码不正确", "wrong check character of the organisation code")


def _is_sc(number: str) -> bool:
    """SC: class (1 + food class 01-32, or 2 + additive 01-03), division, serial, check by GB/T 17710 MOD 11,10 (食品生产许可)."""
    found = re.fullmatch(r"SC(?:1(?:0[1-9]|[12]\d|3[0-2])|20[1-3])\d{11}", number, re.ASCII)
    return found is not None and bool(mod_11_10.is_valid(number[2:]))


def _shape(pattern: str) -> Callable[[str], bool]:
    compiled = re.compile(pattern, re.ASCII)
    return lambda number: compiled.fullmatch(number) is not None


#: Kind of licence (许可证种类) → its check. JY's check digit is unverified (domain §4.3), so that only its shape is checked.
LICENCE_CHECKS: dict[str, Callable[[str], bool]] = {
    "SC": _is_sc,
    "JY": _shape(r"JY[123]\d{13}"),
    "XK": _shape(r"([(（]?[\u4e00-\u9fa5][)）]?)?XK\d{2}-\d{3}-\d{5}"),
    "CCC": _shape(r"20\d{14}"),
    "小作坊": _shape(r"[0-9A-Z\u4e00-\u9fa5()（）〔〕-]{4,40}"),
}
_EXAMPLES = {"SC": "SC10162010200018", "JY": "JY16201020000010", "XK": "XK16-204-00001", "CCC": "2019010101123456", "小作坊": "甘62010200001"}


def check_licence_number(kind: str, number: str) -> None:
    """Refuse a number that its kind of licence cannot have."""
    if kind not in LICENCE_CHECKS:
        raise Invalid("licence_kind", "没有这种许可证", "no such kind of licence", pointer="/kind")
    if not LICENCE_CHECKS[kind](number):
        raise Invalid("licence_number", f"许可证编号不符合{kind}的编号规则,如 {_EXAMPLES[kind]}", f"not a {kind} number", pointer="/number")


def check_cma_number(number: str) -> None:
    """Refuse a CMA number (资质认定证书编号) that is not twelve digits; the inner parts are unverified (domain §4.3)."""
    if not re.fullmatch(r"\d{12}", number, re.ASCII):
        raise Invalid("cma_number", "资质认定证书编号须为 12 位数字", "a CMA number has twelve digits", pointer="/certificates")

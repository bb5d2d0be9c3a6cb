"""Numbers printed on licences, cards and packings (证照、条码编号), each with its check digit where the standard is known (domain §4.3)."""

from __future__ import annotations

import re

from sampling.rules.problem import Problem, shown

_SC = re.compile(r"SC[12][0-9]{13}")
_ID = re.compile(r"[1-9][0-9]{5}(?:19|20)[0-9]{9}[0-9X]")
_ID_WEIGHTS = tuple(pow(2, 17 - place, 11) for place in range(17))


def check_sc(text: str, pointer: str) -> tuple[Problem, ...]:
    """Food production licence (食品生产许可证编号): SC and 14 digits, check digit of GB/T 17710 MOD 11,10."""
    if not _SC.fullmatch(text):
        return (Problem("sc_shape", pointer, f"生产许可证号「{shown(text)}」须为 SC 加14位数字", "SC and 14 digits"),)
    if _mod_11_10(text[2:15]) != text[15]:
        return (Problem("sc_check", pointer, f"生产许可证号「{text}」校验码错误", "wrong check digit of the production licence"),)
    return ()


def _mod_11_10(digits: str) -> str:
    product = 10
    for digit in digits:
        total = (product + int(digit)) % 10 or 10
        product = total * 2 % 11
    return str((11 - product) % 10)


def check_id_number(text: str, pointer: str) -> tuple[Problem, ...]:
    """Citizen's number (公民身份号码, GB 11643): 18 characters with a check digit; the number itself is never repeated in a message."""
    if _ID.fullmatch(text) and "10X98765432"[sum(int(c) * w for c, w in zip(text, _ID_WEIGHTS, strict=False)) % 11] == text[17]:
        return ()
    return (Problem("id_number", pointer, "身份证号格式或校验码错误", "not a valid citizen's number"),)


def check_barcode(text: str, pointer: str) -> tuple[Problem, ...]:
    """Bar code of the goods (商品条码, GB 12904): EAN-8, UPC, EAN-13 or ITF-14, with its check digit."""
    body = [int(c) for c in reversed(text[:-1])]
    total = sum(body[0::2]) * 3 + sum(body[1::2])
    if len(text) in (8, 12, 13, 14) and (10 - total % 10) % 10 == int(text[-1]):
        return ()
    return (Problem("barcode_check", pointer, f"样品条码「{text}」位数或校验码错误", "wrong length or check digit of the bar code"),)


_LIFE = re.compile(r"([0-9]{1,4})\s*(小时|天|日|周|个月|月|年)")
_UNITS = {"小时": "PT{}H", "天": "P{}D", "日": "P{}D", "周": "P{}W", "个月": "P{}M", "月": "P{}M", "年": "P{}Y"}


def shelf_life_of(text: str) -> str | None:
    """A shelf life (保质期) as an ISO 8601 duration where the words are plain, e.g. 12个月 = P12M; None where they are not."""
    found = _LIFE.fullmatch(text.strip())
    return _UNITS[found[2]].format(int(found[1])) if found else None

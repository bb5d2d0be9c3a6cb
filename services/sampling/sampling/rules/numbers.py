"""The strict grammar of laboratory results (检验结果); whatever is outside it is a problem, never a pass.

number    0.21  -14  +3  2.3×10⁴  2.3×10^4  2.3×10^-4   ASCII digits, at least one on each side of the point
below     <0.01  <2.3×10^1                              ASCII `<` and an unsigned number above zero
nothing   未检出  ND
quality   符合  不符合
microbes  10;20;<10;5;未检出   or   10/20/<10/5/30      2 to 10 unsigned values, one kind of separator, no spaces
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from sampling.rules.problem import Problem, shown

RESULT_LENGTH = 60
NOT_APPLICABLE = "/"
MICROBE_VALUES = range(2, 11)

_UNSIGNED = r"[0-9]+(?:\.[0-9]+)?"
_PLAIN = re.compile(rf"[+-]?{_UNSIGNED}")
_POWER = re.compile(rf"([+-]?{_UNSIGNED})×10(?:\^(-?[0-9]{{1,2}})|(⁻?[⁰¹²³⁴⁵⁶⁷⁸⁹]{{1,2}}))")
_SUPERSCRIPT = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
_FULL_WIDTH = re.compile("[\uff01-\uff5e\u3000]")
# 1E5, 2.3x10^4, 2.3*10^4 and 2.3×104: the last is a superscript lost on the way, seen in published notices.
_BAD_EXPONENT = re.compile(r"[0-9.][eE][+-]?[0-9]|[xX*×]\s*10")


@dataclass(frozen=True, slots=True)
class Number:
    """A measured value (数值)."""

    value: Decimal


@dataclass(frozen=True, slots=True)
class BelowLod:
    """`<0.01`: the value is less than this bound (低于检出限或定量限)."""

    bound: Decimal


@dataclass(frozen=True, slots=True)
class NotDetected:
    """`未检出` or `ND`: less than the laboratory's limit of detection."""


@dataclass(frozen=True, slots=True)
class Qualitative:
    """`符合` or `不符合`."""

    conforms: bool


MicrobeValue = Number | BelowLod | NotDetected


@dataclass(frozen=True, slots=True)
class Microbes:
    """The values of the n samples of a microbiological sampling plan (n 份样品各自的值)."""

    values: tuple[MicrobeValue, ...]


Result = Number | BelowLod | NotDetected | Qualitative | Microbes

_NOT_DETECTED = NotDetected()
_WORDS: dict[str, Result] = {
    "未检出": _NOT_DETECTED,
    "ND": _NOT_DETECTED,
    "符合": Qualitative(True),
    "不符合": Qualitative(False),
}


def find_decimal(text: str) -> Decimal | None:
    """The exact value of a number of the grammar, or None when it is not one."""
    # Long strings never reach the cache, which would keep them.
    return _find_decimal(text) if len(text) <= RESULT_LENGTH else None


@lru_cache(maxsize=4096)
def _find_decimal(text: str) -> Decimal | None:
    if _PLAIN.fullmatch(text):
        return Decimal(text)
    power = _POWER.fullmatch(text)
    if power is None:
        return None
    mantissa, caret, raised = power.groups()
    # Built as text: Decimal.scaleb would round to the precision of the context.
    return Decimal(f"{mantissa}E{caret or raised.translate(_SUPERSCRIPT)}")


def parse_result(text: str) -> Result | Problem:
    """Read one result (检验结果); the problem's pointer is empty, the caller says where it stood."""
    if not isinstance(text, str):
        return _problem("result_type", "结果必须是字符串", "the result must be a string")
    if len(text) > RESULT_LENGTH:
        return _problem("result_too_long", f"结果超过 {RESULT_LENGTH} 个字符", f"over {RESULT_LENGTH} characters")
    return _parse(text)


def parse_decimal(text: str) -> Decimal | Problem:
    """Read a limit or a limit of detection: a number of the grammar and nothing else."""
    if not isinstance(text, str) or len(text) > RESULT_LENGTH:
        return _problem("number_grammar", "不是规定格式的数值", "not a number of the strict decimal grammar")
    value = find_decimal(text)
    return _diagnose(text, "number") if value is None else value


@lru_cache(maxsize=16384)
def _parse(text: str) -> Result | Problem:
    if _PLAIN.fullmatch(text):
        return Number(Decimal(text))
    word = _WORDS.get(text)
    if word is not None:
        return word
    value = find_decimal(text)
    if value is not None:
        return Number(value)
    return _find_below(text) or _find_microbes(text) or _diagnose(text, "result")


def _find_below(text: str) -> BelowLod | None:
    if not text.startswith("<") or text[1:2] in ("+", "-"):
        return None
    bound = find_decimal(text[1:])
    return BelowLod(bound) if bound else None  # `<0` says nothing, so zero is refused with the rest


def _find_microbes(text: str) -> Microbes | None:
    separator = ";" if ";" in text else NOT_APPLICABLE
    parts = text.split(separator)
    if len(parts) not in MICROBE_VALUES:
        return None
    values = [_find_microbe_value(part) for part in parts]
    known = tuple(value for value in values if value is not None)
    return Microbes(known) if len(known) == len(parts) else None


def _find_microbe_value(text: str) -> MicrobeValue | None:
    if text in ("未检出", "ND"):
        return _NOT_DETECTED
    if text.startswith("<"):
        return _find_below(text)
    value = None if text[:1] in ("+", "-") else find_decimal(text)
    return None if value is None else Number(value)


def _diagnose(text: str, kind: str) -> Problem:
    """Say why the text is outside the grammar, in the words that help a laboratory most."""
    seen = shown(text)
    if not text.strip():
        return _problem(f"{kind}_empty", "数值为空", "empty")
    if _FULL_WIDTH.search(text):
        return _problem(f"{kind}_full_width", f"「{seen}」含全角字符，请用半角", f"full-width characters in '{seen}'")
    if _BAD_EXPONENT.search(text):
        return _problem(
            f"{kind}_exponent",
            f"「{seen}」的乘方写法不被接受，请写作 2.3×10⁴ 或 2.3×10^4",
            f"exponent of '{seen}' not accepted: write 2.3×10⁴ or 2.3×10^4",
        )
    return _problem(f"{kind}_grammar", f"「{seen}」不符合数值格式规定", f"'{seen}' is outside the strict grammar")


def _problem(code: str, zh: str, en: str) -> Problem:
    return Problem(code, "", zh, en)

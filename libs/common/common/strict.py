"""Strict reading of what comes in: JSON as RFC 8259 means it, decimals, dates and text as people here write them."""

import json
import math
import re
import unicodedata
import zlib
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

import msgspec
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, StrictInt, StrictStr, WithJsonSchema
from pydantic_core import PydanticCustomError

from common.errors import Malformed, TooLarge

__all__ = ["Bool", "Count", "Day", "Fen", "Line", "Paragraph", "Quantity", "Schema", "gunzip", "parse_day", "parse_json"]

_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_DECIMAL = re.compile(r"\d{1,12}(?:\.\d{1,6})?", re.ASCII)
_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")
MAX_DEPTH = 32


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Malformed("json_duplicate_key", f"JSON 中键重复:{twice[:60]}", f"duplicate key: {twice[:60]}")
    return found


def _no_constant(name: str) -> Any:
    raise Malformed("json_not_a_number", f"JSON 中不允许 {name}", f"{name} is not JSON")


def _number(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise Malformed("json_number_range", "数值超出范围", "number out of range")
    return value


_DECODER = json.JSONDecoder(object_pairs_hook=_pairs, parse_constant=_no_constant, parse_float=_number)
_SPACED_KEY = re.compile(rb'"[ \t\r\n]+:')
_BAD = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def parse_json(raw: bytes) -> Any:
    """The value of a JSON body. Refuses duplicate keys, NaN and Infinity, NUL, lone surrogates, bad UTF-8, a BOM and nesting beyond 32."""
    if b"\x00" in raw or b"\\u0000" in raw:
        raise Malformed("json_nul", "内容含有空字符(NUL)", "NUL is not allowed")
    if b"\\u" in raw and _has_lone_surrogate(raw):
        raise Malformed("json_surrogate", "内容含有不成对的代理字符", "lone surrogate")
    try:
        value = msgspec.json.decode(raw)
    except _BAD:
        value = _read_slowly(raw)
    keys = _count_keys(value)
    # Every key ends in `":`, and a text may contain it: as many keys as that means that none was lost to a twin.
    if keys != raw.count(b'":') + len(_SPACED_KEY.findall(raw)):
        value = _read_slowly(raw)
    return value


def _read_slowly(raw: bytes) -> Any:
    """Read with the standard library, which says what is wrong and where."""
    try:
        text = raw.decode("utf-8")
        value, end = _DECODER.raw_decode(text, len(text) - len(text.lstrip(" \t\r\n")))
    except UnicodeDecodeError as error:
        raise Malformed("json_encoding", "内容不是有效的 UTF-8", "not valid UTF-8") from error
    except RecursionError as error:
        raise Malformed("json_depth", "JSON 嵌套过深", "nested too deep") from error
    except ValueError as error:
        raise Malformed("json_syntax", "内容不是有效的 JSON", f"not valid JSON: {error}") from error
    if text[end:].strip(" \t\r\n"):
        raise Malformed("json_syntax", "JSON 之后还有多余内容", "text after the JSON value")
    return value


def _has_lone_surrogate(raw: bytes) -> bool:
    if not _SURROGATE.search(raw):
        return False
    try:
        json.dumps(json.loads(raw), ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return True
    except (ValueError, RecursionError):
        return False  # the real parse says what is wrong
    return False


def _count_keys(value: Any) -> int:
    """Keys in all objects of the value, level by level; Malformed beyond the depth that is allowed."""
    keys, level = 0, [value]
    for _ in range(MAX_DEPTH):
        below: list[Any] = []
        for node in level:
            children = node
            if type(node) is dict:
                keys += len(node)
                children = node.values()
            elif type(node) is not list:
                continue
            below.extend([child for child in children if type(child) is dict or type(child) is list])
        if not below:
            return keys
        level = below
    raise Malformed("json_depth", "JSON 嵌套过深", "nested too deep")


def gunzip(raw: bytes, limit: int) -> bytes:
    """Unpack a gzip body without ever holding more than `limit` bytes of it."""
    unpacker = zlib.decompressobj(wbits=31)
    try:
        body = unpacker.decompress(raw, limit + 1)
    except zlib.error as error:
        raise Malformed("gzip_invalid", "压缩内容无法解开", "the gzip body cannot be unpacked") from error
    if len(body) > limit or unpacker.unconsumed_tail:
        raise TooLarge("body_too_large", f"解压后超过 {limit // 1024 // 1024} MB", f"more than {limit} bytes unpacked")
    if not unpacker.eof or unpacker.unused_data:
        raise Malformed("gzip_invalid", "压缩内容不完整", "the gzip body is cut or has a tail")
    return body


def _fault(code: str, zh: str) -> PydanticCustomError:
    return PydanticCustomError(code, zh)


def _clean(value: str) -> str:
    if any(c in _BIDI or (unicodedata.category(c) in {"Cc", "Cs", "Co"} and c not in "\n\t") for c in value):
        raise _fault("text_control", "含有控制字符或方向字符")
    return value.strip()


def _one_line(value: str) -> str:
    if "\n" in value or "\t" in value:
        raise _fault("text_control", "不允许换行或制表符")
    if not value:
        raise _fault("text_empty", "不能为空")
    return value


def parse_day(value: Any) -> date:
    """`YYYY-MM-DD` in ASCII digits, from 1990 on; nothing else."""
    if isinstance(value, date):
        return value
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        raise _fault("date_format", "日期须写作 YYYY-MM-DD")
    try:
        found = date.fromisoformat(value)
    except ValueError as error:
        raise _fault("date_format", "没有这一天") from error
    if found.year < 1990 or found.year > 2100:
        raise _fault("date_range", "日期超出范围(1990 年至 2100 年)")
    return found


def _decimal(value: Any) -> Decimal:
    if isinstance(value, Decimal):
        return value
    if not isinstance(value, str) or not _DECIMAL.fullmatch(value):
        raise _fault("decimal_format", '数量须写作十进制字符串,如 "12.5"')
    return Decimal(value)


Line = Annotated[StrictStr, Field(min_length=1, max_length=300), AfterValidator(_clean), AfterValidator(_one_line)]
Paragraph = Annotated[StrictStr, Field(max_length=4000), AfterValidator(_clean)]
Day = Annotated[date, BeforeValidator(parse_day), WithJsonSchema({"type": "string", "format": "date"})]
Count = Annotated[StrictInt, Field(ge=0, le=10_000_000)]
Fen = Annotated[StrictInt, Field(ge=0, le=10**13, description="金额,单位:分")]
Quantity = Annotated[Decimal, BeforeValidator(_decimal), WithJsonSchema({"type": "string", "pattern": r"^[0-9]{1,12}(\.[0-9]{1,6})?$"})]
Bool = StrictBool


class Schema(BaseModel):
    """Base of every request and response: unknown fields are refused, nothing is coerced silently."""

    model_config = ConfigDict(extra="forbid", from_attributes=True, frozen=True)

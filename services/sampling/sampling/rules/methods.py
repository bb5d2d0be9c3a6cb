"""Test methods (检验依据): when a reported clause is covered by an allowed standard."""

from __future__ import annotations

import re
from functools import lru_cache

_BRACKETS = str.maketrans("（）〔〕　－—", "()()\u0020--")
_STANDARD = re.compile(r"[A-Z]{1,6}(?:/[A-Z0-9]{1,4})? ?[0-9]{1,7}(?:\.[0-9]{1,3})?(?:-[0-9]{4})?(?=[ (,;]|$)")


METHOD_LENGTH = 200


def normalise_method(text: str) -> str:
    """One spelling: half-width brackets, single spaces, none before a bracket."""
    return re.sub(r" (?=\()", "", " ".join(text.translate(_BRACKETS).split()))


def list_method_keys(text: str) -> tuple[str, ...]:
    """What may allow this method: itself, and the standard that it is a clause of, as in GB 5009.5-2016(第一法)."""
    # Long strings never reach the cache, which would keep them.
    return _list_keys(text) if len(text) <= METHOD_LENGTH else ()


@lru_cache(maxsize=4096)
def _list_keys(text: str) -> tuple[str, ...]:
    method = normalise_method(text)
    standard = _STANDARD.match(method)
    if standard is None or standard.group() == method:
        return (method,)
    return (method, standard.group())

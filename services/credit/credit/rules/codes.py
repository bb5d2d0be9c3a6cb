"""Result codes of the credit system (检查结果代码, domain.md 5.3), as data by code version; the mapping is ours [D] and configurable."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class Outcome(StrEnum):
    """What a check came to, in our words."""

    CONFORMING = "conforming"
    FOUND = "found"
    CORRECTED = "corrected"
    REFUSED = "refused"
    NOT_FOUND = "not_found"
    CLOSED = "closed"
    DEREGISTERED = "deregistered"
    REVOKED = "revoked"
    CANCELLED = "cancelled"
    NO_SUCH_BUSINESS = "no_such_business"


@dataclass(frozen=True, slots=True)
class Code:
    """One entry of the receiver's code list."""

    code: str
    name: str


#: The version seen in a provincial credit platform about 2017; today's national list is unverified (domain.md section 10, point 5).
CURRENT = "2017"

CODES: Mapping[str, Mapping[Outcome, Code]] = MappingProxyType(
    {
        "2017": MappingProxyType(
            {
                Outcome.CONFORMING: Code("1", "未发现问题"),
                Outcome.FOUND: Code("A", "发现问题待后续处理"),
                Outcome.CORRECTED: Code("E", "发现问题经责令已改正"),
                Outcome.REFUSED: Code("8", "不予配合情节严重"),
                Outcome.NOT_FOUND: Code("6", "查无下落（通过登记的住所无法联系）"),
                Outcome.CLOSED: Code("7", "已关闭停业或正在组织清算"),
                Outcome.DEREGISTERED: Code("9", "注销"),
                Outcome.REVOKED: Code("10", "被吊销"),
                Outcome.CANCELLED: Code("11", "被撤销"),
                Outcome.NO_SUCH_BUSINESS: Code("F", "未发现开展本次抽查涉及的经营活动"),
            }
        )
    }
)


def code_of(outcome: Outcome, version: str = CURRENT) -> str:
    """The receiver's code of an outcome in one version of its list."""
    return CODES[version][outcome].code


def name_of(code: str, version: str) -> str:
    """The words of a code, or empty when the version does not know it."""
    return next((entry.name for entry in CODES[version].values() if entry.code == code), "")

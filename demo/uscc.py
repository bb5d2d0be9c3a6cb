"""Unified social credit codes (统一社会信用代码, GB 32100-2015) and the body code inside them (GB 11714)."""

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_BODY_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
LENGTH = 18


def body_digit(body: str) -> str:
    """Check digit of the eight characters of an organisation code (组织机构代码校验码)."""
    total = sum(weight * int(char, 36) for weight, char in zip(_BODY_WEIGHTS, body, strict=True))
    rest = 11 - total % 11
    return "X" if rest == 10 else "0" if rest == 11 else str(rest)


def check_digit(head: str) -> str:
    """Check digit of the first seventeen characters."""
    total = sum(weight * ALPHABET.index(char) for weight, char in zip(_WEIGHTS, head, strict=True))
    return ALPHABET[(31 - total % 31) % 31]


def make_uscc(prefix: str, division: str, body: str) -> str:
    """A valid code: registering body and kind (e.g. `91`), division of first registration, eight body characters."""
    head = f"{prefix}{division}{body}{body_digit(body)}"
    return head + check_digit(head)


def is_uscc(code: str) -> bool:
    """Whether both check digits hold."""
    if len(code) != LENGTH or any(char not in ALPHABET for char in code):
        return False
    return body_digit(code[8:16]) == code[16] and check_digit(code[:17]) == code[17]

"""Search by a fragment of a name: text folded to one width and case, and its pairs of neighbouring characters, which an index can hold.

Under row-level security PostgreSQL uses an index only with leakproof operators; LIKE and those of arrays are not, `=` on a pair is.
"""

import unicodedata

from common.errors import Invalid

FRAGMENT_MAX = 60


def fold(name: str) -> str:
    """A name as it is searched: one width, one case, no spaces."""
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())


def bigrams(folded: str) -> frozenset[str]:
    """All neighbouring pairs of characters of a folded name; the name of one character stands for itself."""
    return frozenset(folded[i : i + 2] for i in range(len(folded) - 1)) or frozenset({folded})


def fragment_of(asked: str) -> str:
    """A fragment as it is searched: two characters at least, else it names half the province, and 60 at most."""
    folded = fold(asked)
    if len(folded) < 2:
        raise Invalid("query_short", "请输入至少两个字", "at least two characters", pointer="/q")
    if len(folded) > FRAGMENT_MAX:
        raise Invalid("text_length", f"最多 {FRAGMENT_MAX} 个字", f"at most {FRAGMENT_MAX} characters", pointer="/q")
    return folded


def like_pattern(folded: str) -> str:
    """The fragment as a LIKE pattern with ESCAPE '!'."""
    return "%" + "".join("!" + c if c in "%_!" else c for c in folded) + "%"

"""The party's way to its own result without an account (当事人查询): a signed, short-lived link and a code of its own. Pure: keys, bytes and moments
come in. A link names owner, sample, role, its own id and its end; nothing else opens with it."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

#: Without 0/O, 1/I/L and the like: people read it from paper and type it on a telephone.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
CODE_LENGTH = 8
MAX_FAILURES, LOCK = 5, timedelta(minutes=15)
WINDOW, MAX_IN_WINDOW = timedelta(hours=1), 60
MAX_DAYS, USUAL_DAYS = 60, 30
_ROLES: Mapping[str, str] = {"s": "seller", "p": "producer", "c": "consignor", "f": "platform"}
_LETTERS = {role: letter for letter, role in _ROLES.items()}
_MAC = 16


@dataclass(frozen=True, slots=True)
class Link:
    """What a link says."""

    link_id: UUID
    owner: str
    sample_id: UUID
    party_role: str
    expires: int


def link_key(root: bytes) -> bytes:
    """A key for links only, derived from the service's own."""
    return hmac.new(root, b"longzhi party link 1", hashlib.sha256).digest()


def code_key(root: bytes) -> bytes:
    """A key for codes only."""
    return hmac.new(root, b"longzhi party code 1", hashlib.sha256).digest()


def sign_link(link: Link, key: bytes) -> str:
    """The link as one word of URL-safe characters."""
    owner = link.owner.encode().ljust(6, b" ")
    body = link.link_id.bytes + link.sample_id.bytes + owner + _LETTERS[link.party_role].encode() + link.expires.to_bytes(6, "big")
    return base64.urlsafe_b64encode(body + _mac(body, key)).decode().rstrip("=")


def read_link(token: str, key: bytes, now: int) -> Link | None:
    """What the link says; None when it is forged, cut, or over: nobody is told which."""
    try:
        raw = base64.b64decode(token.encode("ascii") + b"=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error, UnicodeError):
        return None
    body, mac = raw[:-_MAC], raw[-_MAC:]
    if len(body) != 45 or not hmac.compare_digest(mac, _mac(body, key)):
        return None
    expires = int.from_bytes(body[39:], "big")
    if expires <= now:
        return None
    role = _ROLES.get(body[38:39].decode())
    return Link(UUID(bytes=body[:16]), body[32:38].decode().strip(), UUID(bytes=body[16:32]), role, expires) if role else None


def _mac(body: bytes, key: bytes) -> bytes:
    return hmac.new(key, body, hashlib.sha256).digest()[:_MAC]


def make_code(chance: bytes) -> str:
    """A code out of random bytes; a byte beyond a whole multiple of the alphabet is left out, so that every character is as likely."""
    fair = [byte for byte in chance if byte < 256 - 256 % len(ALPHABET)]
    return "".join(ALPHABET[byte % len(ALPHABET)] for byte in fair[:CODE_LENGTH])


def tidy_code(code: str) -> str:
    """As typed by a person: case and blanks do not matter."""
    return "".join(code.split()).replace("-", "").upper()


def code_hash(code: str, link_id: UUID, key: bytes) -> str:
    """The code as it is stored: keyed, and bound to its link."""
    return hmac.new(key, link_id.bytes + tidy_code(code).encode(), hashlib.sha256).hexdigest()


@dataclass(frozen=True, slots=True)
class Attempts:
    """What is counted of a link."""

    failures: int
    locked_until: datetime | None
    window_from: datetime | None
    in_window: int


def is_locked(attempts: Attempts, now: datetime) -> bool:
    """Whether too many wrong codes were tried a moment ago."""
    return attempts.locked_until is not None and attempts.locked_until > now


def after_failure(attempts: Attempts, now: datetime) -> Attempts:
    """One wrong code more; the fifth locks the link for a quarter of an hour."""
    failures = attempts.failures + 1
    locked = now + LOCK if failures >= MAX_FAILURES else None
    return Attempts(0 if locked else failures, locked, attempts.window_from, attempts.in_window)


def after_opening(attempts: Attempts, now: datetime) -> Attempts | None:
    """One opening more; None when the hour's number is reached."""
    fresh = attempts.window_from is None or attempts.window_from + WINDOW <= now
    count = 1 if fresh else attempts.in_window + 1
    if count > MAX_IN_WINDOW:
        return None
    return Attempts(0, None, now if fresh else attempts.window_from, count)

"""Personal data at rest: AES-256-GCM under a key of the owner's own, derived from the root key by HKDF (reliability.md section 6)."""

import hashlib
import hmac
import json
import os
from dataclasses import dataclass, fields
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from common.region import Region
from directory.rules.firms import Firm

_NONCE = 12
_FIELDS = tuple(field.name for field in fields(Firm) if field.name != "products")


@dataclass(frozen=True, slots=True)
class Keys:
    """One owner's keys: one to encrypt, one to recognise an unchanged record without keeping its contact in clear."""

    cipher: AESGCM
    mark: bytes


def _derive(root: str, purpose: str) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=purpose.encode()).derive(bytes.fromhex(root))


def keys_of(root: str, owner: Region) -> Keys:
    """The owner's keys from the root key (setting CONTACT_KEY)."""
    return Keys(AESGCM(_derive(root, f"contact:{owner.code}")), _derive(root, f"mark:{owner.code}"))


def seal(keys: Keys, enterprise_id: UUID, field: str, clear: str) -> bytes:
    """Encrypt one field; it opens only for this enterprise and this field."""
    nonce = os.urandom(_NONCE)
    return nonce + keys.cipher.encrypt(nonce, clear.encode(), f"{enterprise_id}:{field}".encode())


def unseal(keys: Keys, enterprise_id: UUID, field: str, sealed: bytes) -> str:
    """Decrypt one field."""
    return keys.cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], f"{enterprise_id}:{field}".encode()).decode()


def fingerprint(keys: Keys, firm: Firm) -> bytes:
    """A keyed mark of everything that the firm's record says, so that an import sees what has not changed."""
    told = [getattr(firm, name) for name in _FIELDS]
    return hmac.new(keys.mark, json.dumps([*told, sorted(firm.products)], ensure_ascii=False).encode(), hashlib.sha256).digest()

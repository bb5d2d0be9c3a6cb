"""Personal data at rest: AES-256-GCM under a key of the owner's own, derived from the service's root key by HKDF (reliability.md section 6)."""

import os
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from common.region import Region

_NONCE = 12


@dataclass(frozen=True, slots=True)
class Keys:
    """One owner's keys: one to encrypt, one to recognise an unchanged record without keeping it in clear."""

    cipher: AESGCM
    mark: bytes


def keys_of(root: str, owner: Region) -> Keys:
    """The owner's keys from the root key (setting CONTACT_KEY, hex)."""
    return Keys(AESGCM(_derive(root, f"contact:{owner.code}")), _derive(root, f"mark:{owner.code}"))


def _derive(root: str, purpose: str) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=purpose.encode()).derive(bytes.fromhex(root))


def seal(keys: Keys, place: str, clear: str) -> bytes:
    """Encrypt a text for one place, e.g. `<row id>:<field>`: moved to another row or field it does not open."""
    nonce = os.urandom(_NONCE)
    return nonce + keys.cipher.encrypt(nonce, clear.encode(), place.encode())


def unseal(keys: Keys, place: str, sealed: bytes) -> str:
    """The text; ValueError when key, owner or place is another one."""
    try:
        return keys.cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], place.encode()).decode()
    except InvalidTag as error:
        raise ValueError("sealed under another key or for another place") from error


def masked(number: str) -> str:
    """What is shown of a telephone, card or account number by default (脱敏): the first three and the last four characters."""
    return f"{number[:3]}****{number[-4:]}" if len(number) >= 10 else "*" * len(number)

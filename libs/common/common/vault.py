"""Personal data at rest: AES-256-GCM under a key of the owner's own, derived from the service's root key by HKDF (reliability.md section 6)."""

import os
from contextlib import suppress
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from common.region import Region

_NONCE = 12
#: What a setting CONTACT_KEY looks like: root keys in hex, the one that seals first, then those that still open (docs/operations.md, rotation).
ROOTS = r"^([0-9a-f]{2}){32,}(,([0-9a-f]{2}){32,})*$"


@dataclass(frozen=True, slots=True)
class Keys:
    """One owner's keys: one to encrypt, one to recognise an unchanged record without keeping it in clear; `older` still open, `older_marks`
    still recognise."""

    cipher: AESGCM
    mark: bytes
    older: tuple[AESGCM, ...] = ()
    older_marks: tuple[bytes, ...] = ()


def keys_of(roots: str, owner: Region) -> Keys:
    """The owner's keys from the root keys (setting CONTACT_KEY: hex, or `new,old` while keys change)."""
    ciphers = [AESGCM(_derive(root, f"contact:{owner.code}")) for root in roots.split(",")]
    marks = [_derive(root, f"mark:{owner.code}") for root in roots.split(",")]
    return Keys(ciphers[0], marks[0], tuple(ciphers[1:]), tuple(marks[1:]))


def _derive(root: str, purpose: str) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=purpose.encode()).derive(bytes.fromhex(root))


def seal(keys: Keys, place: str, clear: str) -> bytes:
    """Encrypt a text for one place, e.g. `<row id>:<field>`: moved to another row or field it does not open."""
    nonce = os.urandom(_NONCE)
    return nonce + keys.cipher.encrypt(nonce, clear.encode(), place.encode())


def unseal(keys: Keys, place: str, sealed: bytes) -> str:
    """The text, by whichever key; ValueError when all keys, owner or place are others."""
    for cipher in (keys.cipher, *keys.older):
        with suppress(InvalidTag):
            return cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], place.encode()).decode()
    raise ValueError("sealed under another key or for another place")


def resealed(keys: Keys, place: str, sealed: bytes) -> bytes:
    """The same under the first key; itself when it is so already. ValueError when no key opens it."""
    newest = Keys(keys.cipher, keys.mark)
    try:
        unseal(newest, place, sealed)
    except ValueError:
        return seal(newest, place, unseal(keys, place, sealed))
    return sealed


def masked(number: str) -> str:
    """What is shown of a telephone, card or account number by default (脱敏): the first three and the last four characters."""
    return f"{number[:3]}****{number[-4:]}" if len(number) >= 10 else "*" * len(number)

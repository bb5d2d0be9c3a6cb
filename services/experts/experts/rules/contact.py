"""Telephone numbers at rest: AES-256-GCM under a key per owner, derived from the service's contact key (HKDF-SHA-256)."""

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

NONCE_BYTES = 12


def _cipher(contact_key: bytes, owner: str) -> AESGCM:
    return AESGCM(HKDF(SHA256(), 32, None, f"longzhi experts contact {owner}".encode()).derive(contact_key))


def seal(contact_key: bytes, owner: str, expert_id: str, phone: str, nonce: bytes) -> bytes:
    """Nonce and ciphertext; bound to the expert, so that a sealed number moved to another row does not open."""
    return nonce + _cipher(contact_key, owner).encrypt(nonce, phone.encode(), expert_id.encode())


def unseal(contact_key: bytes, owner: str, expert_id: str, sealed: bytes) -> str:
    """The number; ValueError when key, owner or row is another one."""
    try:
        opened = _cipher(contact_key, owner).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], expert_id.encode())
    except InvalidTag as error:
        raise ValueError("sealed under another key or for another row") from error
    return opened.decode()


def masked(phone: str) -> str:
    """What is shown by default (脱敏): first three and last four digits."""
    return f"{phone[:3]}****{phone[-4:]}"

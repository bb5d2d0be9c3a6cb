"""The platform's public keys (回执公钥), kept so that receipts can be verified when the platform is gone; old keys stay."""

import base64
import binascii
import json
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from longzhi_lab.link import SAMPLING, Link, Unread, repeated, unexpected
from longzhi_lab.state import read_json, write_json

FILE = "keys.json"


def fetch_keys(link: Link) -> dict[str, Any]:
    """Ask for the key set, add it to the kept one, and give all by key id."""
    found: list[dict[str, Any]] = []

    def ask() -> Any:
        answer = link.http.get(f"{SAMPLING}/receipts/keys")
        if answer.is_success:
            found[:] = _keys_of(answer)
        return answer

    answer = repeated(link, ask)
    if not answer.is_success:
        raise unexpected(answer)
    kept = read_keys(link.config.state / FILE)
    merged = kept | {str(key["kid"]): key for key in found}
    if merged != kept:
        write_json(link.config.state / FILE, {"keys": list(merged.values())})
    return merged


def _keys_of(answer: Any) -> list[dict[str, Any]]:
    try:
        return [dict(key) for key in answer.json()["keys"] if key["kid"] and key["x"]]
    except (ValueError, KeyError, TypeError) as error:
        raise Unread("the key set cannot be read") from error


def read_keys(path: Path) -> dict[str, Any]:
    """The kept keys by key id."""
    found = read_json(path)
    keys = found.get("keys") if isinstance(found, dict) else None
    return {str(key["kid"]): key for key in keys if isinstance(key, dict) and "kid" in key} if isinstance(keys, list) else {}


def unpack(part: str) -> bytes:
    """base64url without padding; ValueError for anything else."""
    try:
        return base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError("not base64url") from error


def read_statement(receipt: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and statement of a compact JWS, not yet verified; ValueError when it is none."""
    parts = receipt.split(".")
    if len(parts) != 3:
        raise ValueError("not a compact JWS")
    header, said = json.loads(unpack(parts[0])), json.loads(unpack(parts[1]))
    if not isinstance(header, dict) or not isinstance(said, dict):
        raise ValueError("not a compact JWS")
    return header, said


def is_signed_by(receipt: str, key: dict[str, Any]) -> bool:
    """Whether this key (an Ed25519 JWK) signed the receipt."""
    signed, _, signature = receipt.rpartition(".")
    try:
        Ed25519PublicKey.from_public_bytes(unpack(str(key.get("x", "")))).verify(unpack(signature), signed.encode())
    except (InvalidSignature, ValueError):
        return False
    return True

"""Secrets of one platform: made once, kept in LONGZHI_RUN/secrets.json, readable by their owner only."""

import json
import os
import secrets
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from ops.settings import SERVICES, Platform


def load(platform: Platform) -> dict[str, str]:
    """The secrets of the platform; those that are missing are made, those that exist are never changed."""
    path = platform.run / "secrets.json"
    known: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    missing = [name for name in names() if name not in known]
    if missing:
        known |= {name: _make(name) for name in missing}
        platform.run.mkdir(parents=True, exist_ok=True)
        write_private(path, json.dumps(known, indent=1))
    return known


def names() -> list[str]:
    """Every secret of a platform."""
    roles = [f"{s}_{kind}" for s in SERVICES for kind in ("owner", "app", "contact_key")]
    return ["postgres", "keycloak", *roles, "scope_key", "keycloak_admin", "kafka_cluster", "receipt_key"]


def write_private(path: Path, text: str) -> None:
    """Replaces a file by one that only its owner can read; never half written."""
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    draft.replace(path)


def _make(name: str) -> str:
    if name == "receipt_key":
        key = Ed25519PrivateKey.generate()
        return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    if name == "kafka_cluster":
        return secrets.token_urlsafe(16).replace("-", "A")  # Kafka refuses an id that begins with a dash
    return secrets.token_hex(32 if name.endswith("_key") else 16)

"""Receipts of pushes (回执): a compact JWS (EdDSA) over hashes that the laboratory can keep and anybody can check."""

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import jwt

from sampling.clients import Clients, key_id, public_key, receipt_key, receipt_keys
from sampling.rules.decisions import Decision


def sign_receipt(clients: Clients, laboratory: str, batch_id: UUID, body_sha256: str, decisions: Sequence[Decision]) -> str:
    """States which body came when, and one hash over what became of each report."""
    signer, key = receipt_key(clients)
    said: dict[str, Any] = {
        "batch_id": str(batch_id), "laboratory": laboratory, "at": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "body_sha256": body_sha256, "reports": len(decisions), "results_sha256": results_sha256(decisions),
    }  # fmt: skip
    return jwt.encode(said, key, algorithm="EdDSA", headers={"kid": signer, "typ": "longzhi-receipt+jwt"})


def results_sha256(decisions: Sequence[Decision]) -> str:
    """SHA-256 of the compact JSON `[[report_no, report_id, content_sha256, status], …]` in the order of the call."""
    rows = [[d.report_no, str(d.report_id) if d.report_id else None, d.sha256, d.status] for d in decisions]
    return hashlib.sha256(json.dumps(rows, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()


def key_set(clients: Clients) -> dict[str, Any]:
    """The public keys as a JWK set, the one that signs now first."""
    return {"keys": [public_key(key) | {"kid": key_id(key), "use": "sig", "alg": "EdDSA"} for key in receipt_keys(clients)]}

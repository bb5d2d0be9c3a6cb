"""Sampling on a database of its own, with hand-written peers."""

import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

sys.path.insert(0, str(Path(__file__).parent))

from sampling_cases import Batch, make_clients

from common.process import Service
from sampling.main import SERVICE


@pytest.fixture(scope="session")
def service() -> Service:
    return SERVICE


@pytest.fixture(scope="session")
def receipt_key(tmp_path_factory):

    path = tmp_path_factory.mktemp("keys") / "receipt.pem"
    path.write_bytes(Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return str(path)


@pytest.fixture(scope="session")
def more_settings(receipt_key, tmp_path_factory):
    return {
        "evidence_url": tmp_path_factory.mktemp("evidence").as_uri(),
        "directory_rpc_addr": "127.0.0.1:1",
        "planning_rpc_addr": "127.0.0.1:1",
        "experts_rpc_addr": "127.0.0.1:1",
        "receipt_key_file": receipt_key,
        "contact_key": "cd" * 32,
    }


@pytest.fixture
def fake_clients(receipt_key):
    return make_clients(receipt_key)


@pytest.fixture
def batch(platform):
    """Steps of one batch through the public API."""
    return Batch(platform)

"""Settings of sampling beyond those of every service."""

from common.settings import Settings as Common


class Settings(Common):
    """Peers, and the Ed25519 key (PEM) that signs the receipts of pushes."""

    directory_rpc_addr: str
    planning_rpc_addr: str
    receipt_key_file: str

"""Settings of sampling beyond those of every service."""

from pydantic import Field

from common.settings import Settings as Common
from common.vault import ROOTS


class Settings(Common):
    """Peers, and the Ed25519 key (PEM) that signs the receipts of pushes."""

    directory_rpc_addr: str
    planning_rpc_addr: str
    experts_rpc_addr: str
    receipt_key_file: str
    evidence_url: str = Field(description="object store of evidence and documents: file:///folder or s3://bucket/prefix")
    document_font: str = Field("Noto Serif CJK SC", description="font family of documents (文书字体)")
    font_folder: str = Field("/usr/share/fonts/opentype/noto", description="where that font's files lie")
    public_url: str = Field("", description="address of the gateway as people type it, printed on documents for verification")
    contact_key: str = Field(pattern=ROOTS, description="root key of encrypted personal fields, hex; `new,old` while it changes")

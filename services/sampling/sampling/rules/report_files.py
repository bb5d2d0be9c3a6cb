"""The file of a report (报告文件): what it must be to be kept."""

import hashlib

from sampling.rules.problem import Problem

MEDIA = {"application/pdf": b"%PDF-", "application/ofd": b"PK\x03\x04"}


def media_of(body: bytes) -> str | None:
    """PDF or OFD by the first bytes, whatever the sender says."""
    return next((media for media, start in MEDIA.items() if body.startswith(start)), None)


def check_file(body: bytes, declared: str | None) -> list[Problem]:
    """PDF or OFD, and exactly the bytes whose SHA-256 the report declared (O15: an electronic report equals the paper one)."""
    if declared is None:
        return [Problem("file_undeclared", "", "报告未声明文件,不能上传", "the report declares no file")]
    if media_of(body) is None:
        return [Problem("file_type", "", "报告文件须为 PDF 或 OFD", "a report's file is PDF or OFD")]
    if hashlib.sha256(body).hexdigest() != declared:
        return [Problem("file_hash", "", "文件的 SHA-256 与报告声明的不一致", "the file's SHA-256 is not the one that the report declares")]
    return []

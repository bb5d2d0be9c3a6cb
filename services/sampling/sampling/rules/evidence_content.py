"""What a file really is, told by its content and never by its name: images (HEIC too), MP4, WebM and PDF; everything else is refused."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from typing import Protocol

from sampling.rules.evidence import Family
from sampling.rules.problem import Problem

MEGA = 1024 * 1024
MAX_BYTES = {Family.IMAGE: 20 * MEGA, Family.PAPER: 20 * MEGA, Family.VIDEO: 200 * MEGA}
HEAD, TAIL = 64 * 1024, 66 * 1024

_EXTENSIONS = {
    "image/jpeg": {"jpg", "jpeg", "jpe", "jfif"},
    "image/png": {"png"},
    "image/webp": {"webp"},
    "image/heic": {"heic", "heif", "hif"},
    "video/mp4": {"mp4", "m4v", "mov", "3gp"},
    "video/webm": {"webm", "mkv"},
    "application/pdf": {"pdf"},
}
_ALIASES = {
    "image/jpg": "image/jpeg",
    "image/pjpeg": "image/jpeg",
    "image/heif": "image/heic",
    "video/quicktime": "video/mp4",
    "video/3gpp": "video/mp4",
    "video/x-m4v": "video/mp4",
}
_UNTOLD = frozenset({"", "application/octet-stream", "binary/octet-stream"})
_HEIC = frozenset({b"heic", b"heix", b"heim", b"heis"})  # one photo, as telephones take it
_OTHER_HEIF = frozenset({b"mif1", b"hevc", b"hevx", b"msf1", b"avif", b"avis"})  # the frame of any codec, bursts, AVIF
_MARKUP = re.compile(rb"<\s*(?:!doctype|html|script|svg|\?php|iframe|body)|<\?(?:php|xml)", re.IGNORECASE)
_ACTIVE = re.compile(rb"/(?:JavaScript|JS|Launch|EmbeddedFiles?|XFA|RichMedia|Encrypt|SubmitForm|ImportData)(?![A-Za-z])")
_HEX_NAME = re.compile(rb"#([0-9A-Fa-f]{2})")
_STREAM = re.compile(rb"stream\r?\n.*?endstream", re.DOTALL)
_OBJECT_STREAM = re.compile(rb"/ObjStm\b.{0,300}?stream\r?\n", re.DOTALL)


class Readable(Protocol):
    """A file that can be read from anywhere."""

    def seek(self, offset: int, whence: int = 0, /) -> int: ...
    def read(self, size: int = -1, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Recognised:
    """The type that the content shows."""

    media_type: str
    family: Family


def recognise(head: bytes) -> Recognised | None:
    """The type by signature, or None for what is not taken as evidence."""
    if head.startswith(b"\xff\xd8\xff"):
        return Recognised("image/jpeg", Family.IMAGE)
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return Recognised("image/png", Family.IMAGE)
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return Recognised("image/webp", Family.IMAGE)
    if head.startswith((b"%PDF-1.", b"%PDF-2.")):
        return Recognised("application/pdf", Family.PAPER)
    if _is_heic(head):
        return Recognised("image/heic", Family.IMAGE)
    if head[4:8] == b"ftyp" and head[8:12] not in _OTHER_HEIF:
        return Recognised("video/mp4", Family.VIDEO)
    if head.startswith(b"\x1a\x45\xdf\xa3") and (b"webm" in head[:64] or b"matroska" in head[:64]):
        return Recognised("video/webm", Family.VIDEO)
    return None


def _is_heic(head: bytes) -> bool:
    """By its main brand, or by a compatible one when the main brand names the frame only (ISO/IEC 23008-12)."""
    if head[4:8] != b"ftyp":
        return False
    more = head[16 : min(int.from_bytes(head[:4], "big"), 256)]
    compatible = {more[at : at + 4] for at in range(0, len(more), 4)}
    return head[8:12] in _HEIC or (head[8:12] == b"mif1" and bool(compatible & _HEIC))


def check_type(head: bytes, file_name: str, content_type: str) -> tuple[Recognised | None, list[Problem]]:
    """The recognised type; a name or a declared type that says another thing is refused."""
    if not head:
        return None, [Problem("file_empty", "/file", "文件为空", "the file is empty")]
    found = recognise(head)
    if found is None:
        return None, [_unknown(head)]
    told = content_type.partition(";")[0].strip().lower()
    extension = file_name.rpartition(".")[2].lower() if "." in file_name else ""
    named_otherwise = extension and extension not in _EXTENSIONS[found.media_type]
    told_otherwise = told not in _UNTOLD and _ALIASES.get(told, told) != found.media_type
    if named_otherwise or told_otherwise:
        zh = f"文件内容是 {found.media_type},与文件名或声明的类型不符"
        return None, [Problem("file_type_mismatch", "/file", zh, f"the content is {found.media_type}, not what its name or type says")]
    return found, []


def _unknown(head: bytes) -> Problem:
    if head[4:8] == b"ftyp" and head[8:12] in _OTHER_HEIF:
        return Problem("file_type", "/file", "AVIF 图片和 HEIF 连拍请先转为 JPEG", "AVIF or a burst of HEIF: convert it to JPEG first")
    zh = "只接受 JPEG、PNG、WebP、HEIC 图片,MP4、WebM 视频和 PDF"
    return Problem("file_type", "/file", zh, "only JPEG, PNG, WebP, HEIC, MP4, WebM and PDF are taken")


def check_bytes(file: Readable, size: int, found: Recognised) -> list[Problem]:
    """Its size, and that it is this type only and whole; pixels are looked at elsewhere (`evidence_images`)."""
    if size > MAX_BYTES[found.family]:
        limit = MAX_BYTES[found.family] // MEGA
        return [Problem("file_too_large", "/file", f"{found.family}超过 {limit} MB", f"more than {limit} MB")]
    file.seek(0)
    head = file.read(HEAD)
    file.seek(max(0, size - TAIL))
    tail = file.read(TAIL)
    if _is_polyglot(head, tail, found):
        return [Problem("file_polyglot", "/file", "文件同时包含另一种格式的内容", "the file is also something else")]
    if found.family is Family.PAPER:
        file.seek(0)
        return _check_pdf(file.read())
    if found.media_type == "video/mp4" and not _is_whole_mp4(file, size):
        return [_truncated()]
    return []


def _truncated() -> Problem:
    return Problem("file_damaged", "/file", "文件不完整或已损坏", "the file is cut or damaged")


def _is_polyglot(head: bytes, tail: bytes, found: Recognised) -> bool:
    """A ZIP's end record that closes the file, or markup or a PDF where a sniffing reader would look for it."""
    end = tail.rfind(b"PK\x05\x06")
    if end >= 0 and len(tail) - end - 22 == int.from_bytes(tail[end + 20 : end + 22], "little"):
        return True
    start = head[:1024]
    return bool(_MARKUP.search(start)) or (found.family is not Family.PAPER and b"%PDF-" in start)


def _check_pdf(body: bytes) -> list[Problem]:
    if b"%%EOF" not in body[-2048:]:
        return [_truncated()]
    outside = _STREAM.sub(b"", body)  # in compressed bytes any three letters turn up sooner or later
    seen = any(_ACTIVE.search(_plain_names(part)) for part in (outside, *_unpacked(body)))
    if seen:
        return [Problem("file_active", "/file", "PDF 含有脚本、附件或加密", "the PDF has scripts, attachments or encryption")]
    return []


def _plain_names(text: bytes) -> bytes:
    """`/J#61vaScript` is `/JavaScript`."""
    return _HEX_NAME.sub(lambda match: bytes([int(match[1], 16)]), text)


def _unpacked(body: bytes) -> list[bytes]:
    """Object streams hide names from a plain search; at most 200 of them, a megabyte of each."""
    parts = []
    for match in list(_OBJECT_STREAM.finditer(body))[:200]:
        try:
            parts.append(zlib.decompressobj().decompress(body[match.end() :], MEGA))
        except zlib.error:
            continue
    return parts


def _is_whole_mp4(file: Readable, size: int) -> bool:
    """The boxes at the top fill the file exactly, and index and data are among them."""
    seen: set[bytes] = set()
    offset = 0
    while offset < size and len(seen) < 64:
        file.seek(offset)
        header = file.read(16)
        if len(header) < 8:
            return False
        length = int.from_bytes(header[:4], "big")
        if length == 1 and len(header) == 16:
            length = int.from_bytes(header[8:16], "big")
        elif length == 0:
            length = size - offset
        if length < 8:
            return False
        seen.add(header[4:8])
        offset += length
    return offset == size and {b"moov", b"mdat"} <= seen

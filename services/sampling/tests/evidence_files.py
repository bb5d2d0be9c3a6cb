"""Small real files for the tests of evidence."""

import io
import struct
import zlib

from PIL import Image

_SIZES = {"ftyp": 16}


def jpeg(width=320, height=240, *, exif=None, exif_bytes=None, comment=None, shade=90):
    """A photo with something on it."""
    image = Image.effect_noise((width, height), 60).convert("RGB") if width <= 400 else Image.new("RGB", (width, height), (shade, 120, 60))
    out, more = io.BytesIO(), {}
    if exif is not None:
        more["exif"] = exif
    if exif_bytes is not None:
        more["exif"] = exif_bytes
    if comment is not None:
        more["comment"] = comment
    image.save(out, "JPEG", quality=80, **more)
    return out.getvalue()


def gps_of(latitude, longitude, taken="2021:02:01 10:00:00", offset=None):
    """EXIF as a telephone writes it."""
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = "Huawei", "P40"
    details = exif.get_ifd(0x8769)
    details[36867] = taken
    if offset:
        details[36881] = offset
    gps = exif.get_ifd(0x8825)
    gps[1], gps[2] = "S" if latitude < 0 else "N", _parts(latitude)
    gps[3], gps[4] = "E", _parts(longitude)
    return exif


def _parts(degrees):
    value = abs(degrees)
    whole = int(value)
    minutes = int((value - whole) * 60)
    return (float(whole), float(minutes), round((value - whole - minutes / 60) * 3600, 4))


def png_of(width, height, packed):
    """A PNG with any header over any data."""

    def chunk(name, body):
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def pdf(more=b""):
    """The frame of a PDF."""
    return b"%PDF-1.4\n1 0 obj << /Type /Catalog >> endobj\n" + more + b"\ntrailer << /Root 1 0 R >>\nstartxref\n0\n%%EOF\n"


def mp4(*, index=True, data=2000):
    """The boxes of a video."""

    def box(name, body):
        return struct.pack(">I", 8 + len(body)) + name + body

    moov = box(b"moov", box(b"mvhd", bytes(100))) if index else b""
    return box(b"ftyp", b"isom\0\0\2\0isomiso2") + moov + box(b"mdat", bytes(data))


def webm():
    return b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x84webm" + bytes(200)

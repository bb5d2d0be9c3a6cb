"""Small real files for the tests of evidence."""

import base64
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


# Taken lying on its side (240×320 once upright), with EXIF of a place in 兰州; what encodes HEIC is not among our packages.
_HEIC = """
AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAaFtZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAAAAAAADRpbG9jAAAAAERAAAIAAQAAAAABxQABAAAAAAAA
AqsAAgAAAAAEcAABAAAAAAAAAPwAAAA4aWluZgAAAAAAAgAAABVpbmZlAgAAAAABAABodmMxAAAAABVpbmZlAgAAAQACAABFeGlmAAAAAA5waXRtAAAAAAABAAAA4GlwcnAAAADAaXBj
bwAAAHhodmNDAQNwAAAAkAAAAAAAPPAA/P34+AAADwNgAAEAGEABDAH//wNwAAADAJAAAAMAAAMAPLoCQGEAAQArQgEBA3AAAAMAkAAAAwAAAwA8oAoIDxZbqSSmubgIaDAgAAADAyAA
AAMAIWIAAQAHRAHBcrBiQAAAABNjb2xybmNseAABAA0ABoAAAAAUaXNwZQAAAAAAAAFAAAAA8AAAABBwaXhpAAAAAAMICAgAAAAJaXJvdAMAAAAYaXBtYQAAAAAAAAABAAEFgQIDBIUA
AAAaaXJlZgAAAAAAAAAOY2RzYwACAAEAAQAAA69tZGF0AAACpygBrxMgjjm56HmEZ3CrngT//4KVH/7rWeH4OouSegJvf36Oj1PiFnDaN4w2UruPdmBYWlS7TXg+jt6cDWG1Ykw1/0h3
84vcJANfBCANCcsOe0f+eTJ94cSlQBIJ72rHT1r8yC5EqvCXeEqrwdEWbk/8GW95s/g5idEj80hCTO6qot1VOqvW4GLLt70ajE0ZZ22c8iAxPM0cTsTPKUXJ06kN1MBb8pFbV8Nz+Los
1d67o6BzZnbfVWFHXpea5KtFvrEyoZZx/h5d//SkzfFJ10eSWK5+st7NZHPx8Mv8Ykwd3cGM0r2uVfff2UJy4UfQEQq0LKBLaW0QGYNa3i+3l+jZbiGp/uHMNQrfBVMG2JaSTIUc0/+i
9fAmL7z7enjCFPre6uZrFEBhULZre1JtUlTdRRQwtJ3/m7zEU1Zp9Sp1TCP41O6L8dBFbu3ZwpZTwuYUTtXVVURv4+/bJDQtfndeQ0f0/sKPo8Qf5vaUFXPaio6BXJrSkpwXv6zc4YG9
0sd6oQ8uuN0UgDZKksV7qwqSXmekec4cbY5Mafn7s0aF/ew+YY3ktT8eZJG37VX/dhSDI+DXY6AvWwBam2yecXVIyMGDs3y9oyedL0jDQ1YrfBNZ5oHjT0A+++Pv+X+JuDIDHKx3vO35
bMiF36iX0hmjws+raWk1B3eLDmkWMnp8Q2OK1QpVJAmnNv44w/fqzOxM28vPy/DTOOLNSG3VW0N3zgTfqmbc9N1OD2hgbX/jFD4SONZk+/dru9C/cYExKY70gpQntX5HeibpDeh2+X9b
z8WnXURaV/2OGLU8EmbyB8QaDneWpdNHCmwVB3VS0vOQfLuSyg+ZAiNCuFidu2jaj6yNrDIKByVwMo/jqo87QcXMX5H0ciXJbIHGru2k5C7bR2NQFrgAAAAGRXhpZgAATU0AKgAAAAgA
BQEPAAIAAAAHAAAASgEQAAIAAAAEUDQwAAESAAMAAAABAAYAAIdpAAQAAAABAAAAUoglAAQAAAABAAAAjAAAAABIdWF3ZWkAAAACkAMAAgAAABQAAABwkBEAAgAAAAcAAACEAAAAADIw
MjE6MDI6MDEgMTA6MDA6MDAAKzA4OjAwAAAABAABAAIAAAACTgAAAAACAAUAAAADAAAAwgADAAIAAAACRQAAAAAEAAUAAAADAAAA2gAAAAAAAAAkAAAAAQAAAAMAAAABAAAAzwAAAAUA
AABnAAAAAQAAADIAAAABAAAATgAAABk=
"""


def heic(*, brand=b"heic", width=None, height=None):
    """A telephone's HEIC; another size stands only in its header."""
    body = bytearray(base64.b64decode(_HEIC))
    body[8:12] = brand
    at = body.index(b"ispe") + 8
    for place, value in ((at, width), (at + 4, height)):
        if value is not None:
            body[place : place + 4] = value.to_bytes(4, "big")
    return bytes(body)

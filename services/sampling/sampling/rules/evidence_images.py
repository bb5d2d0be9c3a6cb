"""Pixels of a photo: bombs and cut files are refused, a small rendition without EXIF is made, EXIF is read for comparison."""

from __future__ import annotations

import io
import math
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

from pi_heif.as_plugin import HeifImageFile
from PIL import ExifTags, Image, ImageOps

from sampling.rules.evidence import SHANGHAI, Declared
from sampling.rules.evidence_content import HEAD, recognise
from sampling.rules.problem import Problem

MAX_PIXELS, MAX_SIDE, THUMBNAIL_SIDE = 80_000_000, 20_000, 480
MAX_HEIC_PIXELS = 52_000_000  # a telephone's 48 or 50 million; HEIC is never decoded small, as JPEG is
FORMATS = ("JPEG", "PNG", "WEBP")
PLACE_TOLERANCE_METRES = 1000  # maps here are shifted by up to 700 m (GCJ-02), and EXIF does not say which it means
TIME_TOLERANCE = timedelta(minutes=10)
_DEGREE_METRES = 111_320
_TOO_MANY = Problem("image_pixels", "/file", "图片像素过多", f"more than {MAX_PIXELS} pixels")


@dataclass(frozen=True, slots=True)
class Picture:
    """What was found in a photo."""

    width: int
    height: int
    thumbnail: bytes
    exif: dict[str, Any]


def look_at(body: bytes) -> Picture | Problem:
    """Decode a photo within bounds. The limit is checked on the header, before a pixel is unpacked."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with _opened(body) as image:
                width, height = image.size
                if width * height > _most_of(image) or max(width, height) > MAX_SIDE:
                    return _TOO_MANY
                exif = read_exif(image)
                return Picture(width, height, _thumbnail(image), exif)
    except Image.DecompressionBombError:
        return _TOO_MANY
    except (OSError, ValueError, SyntaxError, EOFError, MemoryError, OverflowError, RuntimeError):
        return Problem("file_damaged", "/file", "图片不完整或已损坏", "the image is cut or damaged")


def _opened(body: bytes) -> Image.Image:
    """The photo with its header read; HEIC by libheif, which bounds what it unpacks by the size that the header tells."""
    found = recognise(body[:HEAD])
    if found is not None and found.media_type == "image/heic":
        photo: Image.Image = HeifImageFile(io.BytesIO(body))
        return photo
    return Image.open(io.BytesIO(body), formats=FORMATS)


def _most_of(image: Image.Image) -> int:
    return MAX_HEIC_PIXELS if isinstance(image, HeifImageFile) else MAX_PIXELS


def _thumbnail(image: Image.Image) -> bytes:
    """A JPEG of at most 480 pixels a side, turned upright, with nothing but pixels in it."""
    image.draft("RGB", (THUMBNAIL_SIDE * 2, THUMBNAIL_SIDE * 2))
    image.load()
    small = ImageOps.exif_transpose(image)
    small.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE))
    bare = Image.new("RGB", small.size, "white")
    shown = small.convert("RGBA")
    bare.paste(shown, mask=shown.getchannel("A"))
    out = io.BytesIO()
    bare.save(out, "JPEG", quality=80)
    return out.getvalue()


def read_exif(image: Image.Image) -> dict[str, Any]:
    """Moment, place and camera as plain data; what cannot be read is named in `unreadable`, never trusted."""
    found: dict[str, Any] = {}
    try:
        exif = image.getexif()
        if not exif:
            return {}
        details, gps = exif.get_ifd(ExifTags.IFD.Exif), exif.get_ifd(ExifTags.IFD.GPSInfo)
    except Exception:
        return {"unreadable": ["exif"]}
    camera = " ".join(_text(exif.get(tag)) for tag in (ExifTags.Base.Make, ExifTags.Base.Model)).strip()
    if camera:
        found["camera"] = camera
    taken = details.get(ExifTags.Base.DateTimeOriginal) or exif.get(ExifTags.Base.DateTime)
    _note(found, "taken_at", taken, lambda: _moment(_text(taken), _text(details.get(ExifTags.Base.OffsetTimeOriginal))))
    if gps.get(ExifTags.GPS.GPSLatitude) is not None:
        _note(found, "place", gps, lambda: _place(gps))
    return found


def _note(found: dict[str, Any], name: str, raw: Any, read: Any) -> None:
    if not raw:
        return
    try:
        found[name] = read()
    except (ValueError, TypeError, ArithmeticError, IndexError):
        found.setdefault("unreadable", []).append(name)


def _text(value: Any) -> str:
    text = value.decode("latin-1") if isinstance(value, bytes) else str(value or "")
    return "".join(c for c in text if c.isprintable())[:100].strip()


def _moment(text: str, offset: str) -> str:
    """`2021:02:01 10:00:00` with its offset; without one it is Shanghai's, as cameras here are set."""
    naive = datetime.strptime(text, "%Y:%m:%d %H:%M:%S").replace(tzinfo=UTC)
    if offset:
        sign, hours, minutes = offset[0], int(offset[1:3]), int(offset[4:6])
        zone: Any = timezone(timedelta(hours=hours, minutes=minutes) * (-1 if sign == "-" else 1))
    else:
        zone = SHANGHAI
    return naive.replace(tzinfo=zone).isoformat()


def _place(gps: Mapping[int, Any]) -> list[str]:
    latitude = _degrees(gps[ExifTags.GPS.GPSLatitude], _text(gps.get(ExifTags.GPS.GPSLatitudeRef)), "S")
    longitude = _degrees(gps[ExifTags.GPS.GPSLongitude], _text(gps.get(ExifTags.GPS.GPSLongitudeRef)), "W")
    if abs(latitude) > 90 or abs(longitude) > 180:
        raise ValueError("no such place")
    return [f"{latitude:.6f}", f"{longitude:.6f}"]


def _degrees(parts: Any, reference: str, negative: str) -> float:
    degrees, minutes, seconds = (float(part) for part in parts)
    value = degrees + minutes / 60 + seconds / 3600
    if not math.isfinite(value):
        raise ValueError("not a number")
    return -value if reference.upper() == negative else value


def differences(declared: Declared, exif: Mapping[str, Any]) -> list[str]:
    """Where the photo contradicts what was declared: flags for the officer, never a refusal (clocks and maps are wrong in good faith)."""
    flags = []
    if exif.get("unreadable"):
        flags.append("exif_unreadable")
    if "taken_at" in exif and abs(datetime.fromisoformat(exif["taken_at"]) - declared.taken_at) > TIME_TOLERANCE:
        flags.append("exif_time_differs")
    if "place" in exif and declared.place is not None:
        latitude, longitude = map(Decimal, exif["place"])
        if metres_between(latitude, longitude, declared) > PLACE_TOLERANCE_METRES:
            flags.append("exif_place_differs")
    return flags


def metres_between(latitude: Decimal, longitude: Decimal, declared: Declared) -> float:
    """Near enough on the scale of a county."""
    if declared.place is None:
        return 0.0
    north = float(latitude - declared.place.latitude)
    east = float(longitude - declared.place.longitude) * math.cos(math.radians(float(latitude)))
    return math.hypot(north, east) * _DEGREE_METRES

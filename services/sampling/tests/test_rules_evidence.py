"""Evidence: what a file really is, what it may be, and what a batch still lacks. Bad files are a table."""

import io
import struct
import zipfile
import zlib
from datetime import date, datetime
from decimal import Decimal

import pytest
from evidence_files import gps_of, heic, jpeg, mp4, pdf, png_of, webm
from PIL import Image

from sampling.rules.evidence import (
    ON_SITE,
    ONLINE,
    SHANGHAI,
    Declared,
    EvidenceKind,
    Family,
    Place,
    check_complete,
    check_declared,
    list_missing,
    proves_refusal,
)
from sampling.rules.evidence_content import HEAD, MAX_BYTES, check_bytes, check_type, recognise
from sampling.rules.evidence_images import MAX_PIXELS, Picture, differences, look_at
from sampling.rules.problem import Problem

TODAY = date(2021, 2, 1)
TAKEN = datetime(2021, 2, 1, 10, 0, tzinfo=SHANGHAI)
LANZHOU = Place(Decimal("36.061389"), Decimal("103.834167"))


def judged(body, name="", told=""):
    """The first refusal of a file, as the action goes through the checks, or None."""
    found, problems = check_type(body[:HEAD], name, told)
    if found is not None:
        problems = check_bytes(io.BytesIO(body), len(body), found)
    if found is not None and not problems and found.family is Family.IMAGE:
        seen = look_at(body)
        problems = [seen] if isinstance(seen, Problem) else []
    return problems[0].code if problems else None


def zipped(name="a.txt"):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(name, "hello" * 100)
    return out.getvalue()


def bomb_png(width=30_000, height=30_000):
    """A header of 900 million pixels over next to no data."""
    return png_of(width, height, zlib.compress(b"\0" * 10_000))


def hidden_script():
    packed = zlib.compress(b"1 0 << /S /JavaScript /JS (app.alert(1)) >>")
    return pdf(b"5 0 obj << /Type /ObjStm /Filter /FlateDecode /Length %d >> stream\n%s\nendstream endobj" % (len(packed), packed))


PHOTO, SVG = jpeg(), b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
BAD = {
    "nothing at all": (b"", "", "", "file_empty"),
    "one byte": (b"\xff", "a.jpg", "image/jpeg", "file_type"),
    "text": ("没有照片".encode(), "a.txt", "text/plain", "file_type"),
    "an ELF program": (b"\x7fELF" + bytes(100), "a.jpg", "image/jpeg", "file_type"),
    "a Windows program": (b"MZ" + bytes(200), "a.exe", "application/octet-stream", "file_type"),
    "a shell script": (b"#!/bin/sh\nrm -rf /\n", "a.png", "", "file_type"),
    "HTML": (b"<!doctype html><script>1</script>", "a.html", "text/html", "file_type"),
    "SVG with a script": (SVG, "a.svg", "image/svg+xml", "file_type"),
    "SVG renamed to png": (SVG, "a.png", "image/png", "file_type"),
    "ZIP renamed to jpg": (zipped(), "a.jpg", "image/jpeg", "file_type"),
    "a workbook": (zipped("xl/workbook.xml"), "a.xlsx", "", "file_type"),
    "GIF": (b"GIF89a" + bytes(100), "a.gif", "image/gif", "file_type"),
    "BMP": (b"BM" + bytes(100), "a.bmp", "", "file_type"),
    "TIFF": (b"II*\0" + bytes(100), "a.tif", "", "file_type"),
    "the brand of HEIC and nothing else": (b"\0\0\0\x18ftypheic" + bytes(100), "IMG_1.HEIC", "image/heic", "file_damaged"),
    "a burst of HEIF": (heic(brand=b"hevc"), "IMG_1.HEIC", "image/heic", "file_type"),
    "AVIF": (b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf" + bytes(100), "a.avif", "image/avif", "file_type"),
    "AVIF in a bare frame": (b"\0\0\0\x1cftypmif1\0\0\0\0mif1avifmiaf" + bytes(100), "a.heif", "image/heif", "file_type"),
    "an HEIC that calls itself jpg": (heic(), "a.jpg", "", "file_type_mismatch"),
    "an HEIC with a ZIP behind it": (heic() + zipped(), "a.heic", "", "file_polyglot"),
    "half an HEIC": (heic()[:700], "a.heic", "image/heic", "file_damaged"),
    "an HEIC without its last byte": (heic()[:-1], "a.heic", "image/heic", "file_damaged"),
    "an HEIC whose header tells less than it holds": (heic(width=10, height=10), "a.heic", "", "file_damaged"),
    "an HEIC whose header tells more than it holds": (heic(width=640, height=480), "a.heic", "", "file_damaged"),
    "an HEIC bomb": (heic(width=60_000, height=60_000), "a.heic", "image/heic", "image_pixels"),
    "an HEIC bomb one pixel high": (heic(width=1_000_000, height=1), "a.heic", "image/heic", "image_pixels"),
    "an HEIC over a telephone's pixels": (heic(width=8000, height=7000), "a.heic", "image/heic", "image_pixels"),
    "AVI": (b"RIFF\0\0\0\0AVI LIST" + bytes(100), "a.avi", "", "file_type"),
    "a JPEG that calls itself png": (PHOTO, "a.png", "", "file_type_mismatch"),
    "a JPEG declared as PDF": (PHOTO, "", "application/pdf", "file_type_mismatch"),
    "a JPEG named as a program": (PHOTO, "photo.jpg.exe", "image/jpeg", "file_type_mismatch"),
    "a PDF named jpg": (pdf(), "a.jpg", "", "file_type_mismatch"),
    "a JPEG with a ZIP behind it": (PHOTO + zipped(), "a.jpg", "image/jpeg", "file_polyglot"),
    "a PDF with a ZIP behind it": (pdf() + zipped(), "a.pdf", "", "file_polyglot"),
    "a JPEG with HTML in its comment": (jpeg(comment=b"<script>alert(1)</script>"), "a.jpg", "", "file_polyglot"),
    "a JPEG with PHP in its comment": (jpeg(comment=b"<?php system($_GET[0]); ?>"), "a.jpg", "", "file_polyglot"),
    "a JPEG that is a PDF as well": (jpeg(comment=b"%PDF-1.4 1 0 obj"), "a.jpg", "", "file_polyglot"),
    "a bomb of 900 million pixels": (bomb_png(), "a.png", "image/png", "image_pixels"),
    "a bomb one pixel high": (bomb_png(1_000_000, 1), "a.png", "", "image_pixels"),
    "a JPEG's first half": (PHOTO[: len(PHOTO) // 2], "a.jpg", "image/jpeg", "file_damaged"),
    "a JPEG's signature only": (b"\xff\xd8\xff\xe0", "a.jpg", "image/jpeg", "file_damaged"),
    "a PNG with a wrong checksum": (png_of(4, 4, zlib.compress(b"\0" * 52)).replace(b"IDAT", b"IDAX"), "a.png", "", "file_damaged"),
    "a PNG's signature and noise": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "a.png", "", "file_damaged"),
    "a cut PDF": (pdf()[:-20], "a.pdf", "", "file_damaged"),
    "a PDF with a script": (pdf(b"<< /OpenAction << /S /JavaScript /JS (x) >> >>"), "a.pdf", "", "file_active"),
    "a PDF with a script spelt in hex": (pdf(b"<< /S /J#61vaScript >>"), "a.pdf", "", "file_active"),
    "a PDF with a script in an object stream": (hidden_script(), "a.pdf", "", "file_active"),
    "a PDF that starts a program": (pdf(b"<< /S /Launch /F (cmd.exe) >>"), "a.pdf", "", "file_active"),
    "an encrypted PDF": (pdf(b"trailer << /Encrypt 5 0 R >>"), "a.pdf", "", "file_active"),
    "a PDF with an attachment": (pdf(b"<< /Type /EmbeddedFile >>"), "a.pdf", "", "file_active"),
    "a cut video": (mp4()[:-10], "a.mp4", "video/mp4", "file_damaged"),
    "a video without an index": (mp4(index=False), "a.mp4", "", "file_damaged"),
    "a video with a box of length 3": (b"\0\0\0\x18ftypisom" + bytes(12) + b"\0\0\0\x03moov", "a.mp4", "", "file_damaged"),
}
GOOD = {
    "a JPEG": (PHOTO, "IMG_0001.JPG", "image/jpeg"),
    "a JPEG without a name": (PHOTO, "", ""),
    "a JPEG with EXIF": (jpeg(exif=gps_of(36.061389, 103.834167)), "a.jpeg", "image/jpg"),
    "a JPEG with a maker's trailer": (PHOTO + b"SEFT" + bytes(64), "a.jpg", "image/jpeg"),
    "an HEIC of a telephone": (heic(), "IMG_1.HEIC", "image/heic"),
    "an HEIC in a bare frame": (heic(brand=b"mif1"), "IMG_1.heif", "image/heif"),
    "a PNG": (png_of(4, 4, zlib.compress(b"\0" * 52)), "截图.png", "image/png"),
    "a PDF": (pdf(), "抽样单.pdf", "application/pdf"),
    "a PDF with /JS inside a picture's bytes": (pdf(b"4 0 obj << /Length 9 >> stream\nxx/JS xx\nendstream endobj"), "a.pdf", ""),
    "an MP4": (mp4(), "a.mov", "video/quicktime"),
    "a WebM": (webm(), "a.webm", "video/webm"),
}


@pytest.mark.parametrize("case", BAD, ids=str)
def test_a_bad_file_is_refused(case):
    body, name, told, code = BAD[case]
    assert judged(body, name, told) == code


@pytest.mark.parametrize("case", GOOD, ids=str)
def test_a_good_file_is_taken(case):
    assert judged(*GOOD[case]) is None


@pytest.mark.parametrize("family", Family)
def test_a_file_over_its_family_s_size_is_refused_without_being_read(family):
    heads = {Family.IMAGE: PHOTO, Family.PAPER: pdf(), Family.VIDEO: mp4()}
    found = recognise(heads[family])
    assert [p.code for p in check_bytes(io.BytesIO(), MAX_BYTES[family] + 1, found)] == ["file_too_large"]


def test_every_prefix_of_a_photo_is_refused_or_harmless():
    for length in range(0, len(PHOTO) - 2, 37):
        assert judged(PHOTO[:length], "a.jpg") is not None, length


def test_the_thumbnail_is_small_upright_and_bare():
    exif = gps_of(36.061389, 103.834167)
    exif[0x0112] = 6  # lying on its side
    seen = look_at(jpeg(1600, 900, exif=exif))
    assert isinstance(seen, Picture) and (seen.width, seen.height) == (1600, 900)
    small = Image.open(io.BytesIO(seen.thumbnail))
    assert (small.format, small.size) == ("JPEG", (270, 480)) and not small.getexif() and b"Exif" not in seen.thumbnail
    assert len(seen.thumbnail) < 60_000


def test_an_heic_has_its_thumbnail_upright_and_bare_and_its_exif_apart():
    seen = look_at(heic())
    assert isinstance(seen, Picture) and (seen.width, seen.height) == (240, 320)
    small = Image.open(io.BytesIO(seen.thumbnail))
    assert (small.format, small.size, small.getpixel((230, 10))[0] > 150) == ("JPEG", (240, 320), True) and not small.getexif()
    assert (seen.exif["camera"], seen.exif["place"]) == ("Huawei P40", ["36.061500", "103.834200"])
    assert differences(Declared(kind=EvidenceKind.LABEL, taken_at=TAKEN, place=LANZHOU), seen.exif) == []


def test_every_prefix_of_an_heic_is_refused():
    whole = heic()
    assert [length for length in range(0, len(whole), 37) if judged(whole[:length], "a.heic") is None] == []


def test_a_large_screen_shot_with_transparency_becomes_a_thumbnail():
    out = io.BytesIO()
    Image.new("RGBA", (2000, 1000), (255, 0, 0, 0)).save(out, "PNG")
    seen = look_at(out.getvalue())
    assert isinstance(seen, Picture)
    assert Image.open(io.BytesIO(seen.thumbnail)).getpixel((5, 5)) == (255, 255, 255)


def test_the_pixel_limit_lets_telephones_pass():
    assert MAX_PIXELS >= 50_000_000


EXIF = {
    "agrees": (gps_of(36.0615, 103.8342, "2021:02:01 10:03:00"), []),
    "shifted by the map": (gps_of(36.0650, 103.8380, "2021:02:01 10:00:00"), []),
    "another county": (gps_of(39.7320, 98.4940, "2021:02:01 10:00:00"), ["exif_place_differs"]),
    "the southern hemisphere": (gps_of(-36.0615, 103.8342, "2021:02:01 10:00:00"), ["exif_place_differs"]),
    "a day before": (gps_of(36.0615, 103.8342, "2021:01:31 10:00:00"), ["exif_time_differs"]),
    "both": (gps_of(39.7320, 98.4940, "2020:01:31 10:00:00"), ["exif_time_differs", "exif_place_differs"]),
    "the same moment told elsewhere": (gps_of(36.0615, 103.8342, "2021:02:01 02:00:00", "+00:00"), []),
    "no such place": (gps_of(95.0, 200.0, "2021:02:01 10:00:00"), ["exif_unreadable"]),
    "no such moment": (gps_of(36.0615, 103.8342, "2021:13:41 99:00:00"), ["exif_unreadable"]),
    "a date of another kind": (gps_of(36.0615, 103.8342, "昨天".encode().decode("latin-1")), ["exif_unreadable"]),
}


@pytest.mark.parametrize("case", EXIF, ids=str)
def test_what_the_camera_wrote_is_compared_with_what_was_declared(case):
    exif, flags = EXIF[case]
    seen = look_at(jpeg(exif=exif))
    assert isinstance(seen, Picture)
    assert differences(Declared(kind=EvidenceKind.LABEL, taken_at=TAKEN, place=LANZHOU), seen.exif) == flags


def test_exif_is_bounded_and_printable():
    exif = gps_of(36.0615, 103.8342)
    exif[0x010F] = "A\x07\n" + "B" * 5000
    seen = look_at(jpeg(exif=exif))
    assert isinstance(seen, Picture) and len(seen.exif["camera"]) <= 201 and seen.exif["camera"].isprintable()


def test_broken_exif_does_not_spoil_the_photo():
    seen = look_at(jpeg(exif_bytes=b"Exif\0\0II*\0\xff\xff\xff\xff" + struct.pack("<H", 9999)))
    assert isinstance(seen, Picture)


def test_a_photo_without_exif_is_not_doubted():
    assert differences(Declared(kind=EvidenceKind.LABEL, taken_at=TAKEN, place=LANZHOU), {}) == []


DECLARED = [
    ({"kind": EvidenceKind.SHELF}, Family.IMAGE, []),
    ({"kind": EvidenceKind.SHELF}, Family.VIDEO, ["evidence_kind_media"]),
    ({"kind": EvidenceKind.REFUSAL_VIDEO}, Family.VIDEO, []),
    ({"kind": EvidenceKind.REFUSAL_VIDEO}, Family.IMAGE, ["evidence_kind_media"]),
    ({"kind": EvidenceKind.NOTICE}, Family.PAPER, []),
    ({"kind": EvidenceKind.SEALING}, Family.PAPER, ["evidence_kind_media"]),
    ({"kind": EvidenceKind.UNBOXING}, Family.VIDEO, []),
    ({"taken_at": datetime(2021, 2, 2, 0, 30, tzinfo=SHANGHAI)}, Family.IMAGE, ["date_future"]),
    ({"place": Place(Decimal("103.83"), Decimal("36.06"))}, Family.IMAGE, ["evidence_place"]),
    ({"place": Place(Decimal("0"), Decimal("0"))}, Family.IMAGE, ["evidence_place"]),
]


@pytest.mark.parametrize(("changes", "family", "codes"), DECLARED)
def test_the_declaration_is_checked(changes, family, codes):
    declared = Declared(**({"kind": EvidenceKind.LABEL, "taken_at": TAKEN, "place": LANZHOU} | changes))
    assert [p.code for p in check_declared(declared, family, TODAY)] == codes


def test_a_visit_has_eight_kinds_and_an_online_purchase_has_its_own():
    assert len(ON_SITE) == len(ONLINE) == 8
    assert list_missing({}, set()) == [kind.value for kind in ON_SITE]
    assert list_missing({}, {"店面", "货架", "其他"}) == ["营业执照", "库存", "标签", "封样", "样品", "人样合影"]
    assert list_missing({"online": {"platform": "x"}}, {kind.value for kind in ONLINE}) == []


def test_a_bureau_may_ask_for_all_of_them_before_sealing():
    [problem] = check_complete({}, {kind.value for kind in ON_SITE} - {"标签"})
    assert (problem.code, problem.zh) == ("evidence_missing", "缺少证据:标签")
    assert check_complete({}, {kind.value for kind in ON_SITE}) == []


def test_a_photo_or_a_video_proves_a_refusal():
    assert proves_refusal({"拒抽视频"}) and proves_refusal({"拒抽照片", "店面"}) and not proves_refusal({"店面"})

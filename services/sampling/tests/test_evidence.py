"""Evidence through the API: filing, the list of what is missing, downloads, withdrawal, and who sees nothing."""

import asyncio
import hashlib
import io
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from evidence_files import gps_of, heic, jpeg, mp4, pdf
from PIL import Image
from sampling_cases import NEIGHBOUR, PREFECTURE

from common.testing import caller
from sampling.api import upload
from sampling.rules.evidence import ON_SITE
from sampling.store import evidence as store
from sampling.store import objects

PLACE = {"latitude": "36.061389", "longitude": "103.834167", "device": "HUAWEI P40"}


def kept_files(platform):
    folder = Path(unquote(urlsplit(platform.runtime.settings.evidence_url).path))
    return {path.name: path for path in folder.rglob("*") if path.is_file()}


async def test_a_photo_is_kept_by_its_hash_with_place_time_and_device(platform, batch):
    sample, body = await batch.draft(), jpeg(exif=gps_of(36.0615, 103.8342))
    answer = await batch.photo(sample["id"], "店面", body, name="C:\\照片\\店面.JPG", note="正门", **PLACE)
    found = answer.json()
    assert answer.status_code == 201, answer.text
    sha256 = hashlib.sha256(body).hexdigest()
    assert (found["sha256"], found["media_type"], found["byte_size"], found["file_name"]) == (sha256, "image/jpeg", len(body), "店面.JPG")
    assert (found["latitude"], found["longitude"], found["device"], found["note"]) == ("36.061389", "103.834167", "HUAWEI P40", "正门")
    assert (found["width"], found["height"], found["flags"], found["has_exif"], found["has_thumbnail"]) == (320, 240, [], True, True)
    assert found["taken_at"] == "2021-02-01T02:00:00Z" and found["state"] == "KEPT"
    path = kept_files(platform)[sha256]
    assert path.read_bytes() == body and path.parts[-3:] == ("620102", sha256[:2], sha256)
    [entry] = await platform.rows("SELECT act, subject_id FROM audit_entry WHERE act LIKE 'evidence%'")
    assert entry["act"] == "evidence.file" and entry["subject_id"] == found["id"]


async def test_the_same_file_again_is_the_same_piece(platform, batch):
    sample, body = await batch.draft(), jpeg()
    first = await batch.photo(sample["id"], "店面", body)
    again = await batch.photo(sample["id"], "店面", body, note="第二次")
    assert (first.status_code, again.status_code) == (201, 200) and first.json() == again.json()
    other = await batch.photo(sample["id"], "标签", body)
    assert other.status_code == 201 and other.json()["id"] != first.json()["id"]
    assert await platform.rows("SELECT count(*) AS n FROM evidence") == [{"n": 2}]
    assert len([entry for entry in await platform.rows("SELECT act FROM audit_entry") if entry["act"] == "evidence.file"]) == 2


async def test_ten_uploads_of_one_file_at_once_are_one_piece(platform, batch):
    sample, body = await batch.draft(), jpeg()
    answers = await asyncio.gather(*(batch.photo(sample["id"], "店面", body) for _ in range(10)))
    assert sorted(a.status_code for a in answers) == [200] * 9 + [201]
    assert len({a.json()["id"] for a in answers}) == 1


async def test_an_idempotency_key_covers_the_file_too(batch):
    sample, client = await batch.draft(), batch.sampler()
    client.headers["Idempotency-Key"] = "e-1"
    first = await batch.photo(sample["id"], "店面", jpeg(shade=1), client=client)
    again = await batch.photo(sample["id"], "店面", jpeg(410, shade=2), client=client)
    assert first.status_code == 201 and (again.status_code, again.json()["code"]) == (422, "idempotency_key_reused")


async def test_the_eight_kinds_are_asked_for_until_they_are_there(batch):
    sample = await batch.draft()
    address = f"/v1/samples/{sample['id']}/evidence"
    before = (await batch.officer().get(address)).json()
    assert before == {"items": [], "missing": [kind.value for kind in ON_SITE], "complete": False}
    for number, kind in enumerate(ON_SITE):
        assert (await batch.photo(sample["id"], kind.value, jpeg(410, shade=number))).status_code == 201
    after = (await batch.officer().get(address)).json()
    assert (len(after["items"]), after["missing"], after["complete"]) == (8, [], True)


async def test_withdrawn_evidence_is_marked_and_counts_no_more(platform, batch):
    sample = await batch.photographed()
    address = f"/v1/evidence/{sample['evidence_id']}"
    gone = (await batch.officer().post(f"{address}/withdraw", json={"reason": "误传其他样品的照片"})).json()
    assert gone["state"] == "WITHDRAWN" and gone["withdrawn_at"] and gone["withdrawn_reason"] == "误传其他样品的照片"
    again = await batch.officer().post(f"{address}/withdraw", json={"reason": "误传其他样品的照片"})
    assert (again.status_code, again.json()["code"]) == (409, "evidence_withdrawn")
    listed = (await batch.officer().get(f"/v1/samples/{sample['id']}/evidence")).json()
    assert len(listed["items"]) == 1 and "店面" in listed["missing"]
    assert (await batch.officer().get(f"{address}/original")).status_code == 200
    async with platform.session(caller("officer", "officer", region="620102")) as session:
        assert await store.list_kinds(session, sample["id"]) == set()
    renewed = await batch.photo(sample["id"], "店面", jpeg(410, 300, shade=90))
    assert renewed.status_code == 201 and renewed.json()["id"] != sample["evidence_id"]
    acts = [row["act"] for row in await platform.rows("SELECT act FROM audit_entry ORDER BY seq")]
    assert acts.count("evidence.withdraw") == 1


async def test_the_original_comes_back_unchanged_and_the_thumbnail_bare(batch):
    sample, body = await batch.draft(), jpeg(exif=gps_of(36.0615, 103.8342))
    found = (await batch.photo(sample["id"], "店面", body, name='"; x=\r\n报告.jpg')).json()
    original = await batch.officer().get(f"/v1/evidence/{found['id']}/original")
    assert original.content == body and original.headers["content-type"] == "image/jpeg"
    assert original.headers["x-content-type-options"] == "nosniff" and "sandbox" in original.headers["content-security-policy"]
    assert original.headers["content-disposition"].startswith("attachment; filename*=UTF-8''") and '"' not in original.headers["content-disposition"]
    small = await batch.officer().get(f"/v1/evidence/{found['id']}/thumbnail")
    assert Image.open(io.BytesIO(small.content)).format == "JPEG" and b"Exif" not in small.content and b"Huawei" not in small.content


async def test_exif_is_sealed_and_opened_only_for_a_logged_reason(platform, batch):
    sample = await batch.draft()
    found = (await batch.photo(sample["id"], "店面", jpeg(exif=gps_of(39.7320, 98.4940)), **PLACE)).json()
    assert found["flags"] == ["exif_place_differs"] and "exif" not in found
    [row] = await platform.rows("SELECT exif_sealed FROM evidence")
    assert b"Huawei" not in row["exif_sealed"] and b"39.7" not in row["exif_sealed"]
    short = await batch.officer().post(f"/v1/evidence/{found['id']}/exif", json={"reason": "看"})
    assert short.status_code == 422
    seen = await batch.officer().post(f"/v1/evidence/{found['id']}/exif", json={"reason": "核实拍摄地点与门店不符"})
    assert seen.json()["exif"]["camera"] == "Huawei P40" and seen.json()["exif"]["place"] == ["39.732000", "98.494000"]
    [entry] = await platform.rows("SELECT details, actor FROM audit_entry WHERE act = 'evidence.unseal'")
    assert "核实拍摄地点与门店不符" in entry["details"] and entry["actor"] == "officer"
    bare = (await batch.photo(sample["id"], "标签", jpeg())).json()
    assert (await batch.officer().post(f"/v1/evidence/{bare['id']}/exif", json={"reason": "核实拍摄地点"})).json() == {"exif": {}}


async def test_a_telephones_heic_is_kept_as_it_is_and_shown_as_jpeg(batch):
    sample, body = await batch.draft(), heic()
    answer = await batch.photo(sample["id"], "店面", body, name="IMG_0001.HEIC", told="image/heic", **PLACE)
    found = answer.json()
    assert (answer.status_code, found["media_type"], found["width"], found["height"], found["has_exif"]) == (201, "image/heic", 240, 320, True)
    original = await batch.officer().get(f"/v1/evidence/{found['id']}/original")
    small = await batch.officer().get(f"/v1/evidence/{found['id']}/thumbnail")
    assert (original.content == body, original.headers["content-type"]) == (True, "image/heic")
    assert Image.open(io.BytesIO(small.content)).format == "JPEG" and b"Huawei" not in small.content
    assert "Huawei" not in answer.text


async def test_a_video_and_a_scan_have_no_thumbnail(batch):
    sample = await batch.draft()
    video = await batch.photo(sample["id"], "拒抽视频", mp4(), name="a.mp4", told="video/mp4")
    scan = await batch.photo(sample["id"], "告知书", pdf(), name="告知书.pdf", told="application/pdf")
    assert (video.status_code, scan.status_code) == (201, 201)
    for each in (video, scan):
        answer = await batch.officer().get(f"/v1/evidence/{each.json()['id']}/thumbnail")
        assert (answer.status_code, answer.json()["code"]) == (422, "thumbnail_none")


REFUSED = [
    ({"kind": "猫"}, {}, 422, "value_unknown"),
    ({"taken_at": "2021-02-01"}, {}, 422, "moment_format"),
    ({"taken_at": "2021-02-01T10:00:00"}, {}, 422, "moment_format"),
    ({"taken_at": "1612144800"}, {}, 422, "moment_format"),
    ({"taken_at": "2021-02-31T10:00:00+08:00"}, {}, 422, "moment_format"),
    ({"taken_at": "2099-02-01T10:00:00+08:00"}, {}, 422, "date_future"),
    ({"taken_at": "1970-02-01T10:00:00+08:00"}, {}, 422, "date_range"),
    ({"latitude": "36.06"}, {}, 422, "evidence_place"),
    ({"latitude": "nan", "longitude": "inf"}, {}, 422, "degrees_format"),
    ({"latitude": "1e1", "longitude": "103"}, {}, 422, "degrees_format"),
    ({"latitude": "103.83", "longitude": "36.06"}, {}, 422, "evidence_place"),
    ({"device": "a\u202eb"}, {}, 422, "text_control"),
    ({"note": "x" * 201}, {}, 422, "list_length"),
    ({"owner": "62"}, {}, 422, "field_unknown"),
    ({"kind": ["店面", "标签"]}, {}, 422, "field_unknown"),
    ({}, {"body": b"MZ" + bytes(90)}, 422, "file_type"),
    ({}, {"body": b""}, 422, "file_empty"),
    ({}, {"body": jpeg()[:2000]}, 422, "file_damaged"),
    ({}, {"body": jpeg(), "name": "a.pdf"}, 422, "file_type_mismatch"),
    ({}, {"body": mp4(), "name": "a.mp4", "told": "video/mp4"}, 422, "evidence_kind_media"),
]


@pytest.mark.parametrize(("fields", "file", "status", "code"), REFUSED)
async def test_a_bad_upload_is_refused_and_nothing_is_kept(platform, batch, fields, file, status, code):
    sample, before = await batch.draft(), len(kept_files(platform))
    file = {"body": jpeg(), "name": "a.jpg", "told": "image/jpeg"} | file
    data = {"kind": "店面", "taken_at": "2021-02-01T10:00:00+08:00"} | fields
    sent = {"file": (file["name"], file["body"], file["told"])}
    answer = await batch.sampler().post(f"/v1/samples/{sample['id']}/evidence", files=sent, data=data)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert await platform.rows("SELECT id FROM evidence") == [] and len(kept_files(platform)) == before


async def test_what_is_no_upload_is_refused(batch):
    sample = await batch.draft()
    address, client = f"/v1/samples/{sample['id']}/evidence", batch.sampler()
    assert (await client.post(address, json={"kind": "店面"})).json()["code"] == "media_type"
    bare = await client.post(address, content=b"x", headers={"Content-Type": "multipart/form-data"})
    assert (bare.status_code, bare.json()["code"]) == (400, "request_malformed")
    broken = await client.post(address, content=b"--b\r\nnonsense", headers={"Content-Type": "multipart/form-data; boundary=b"})
    assert broken.status_code in (400, 422)
    several = [("file", ("a.jpg", jpeg(), "image/jpeg")), ("file", ("b.jpg", jpeg(), "image/jpeg"))]
    assert (await client.post(address, files=several, data={"kind": "店面"})).status_code == 400
    missing = await client.post(address, files={"file": ("a.jpg", jpeg(), "image/jpeg")})
    assert {fault["code"] for fault in missing.json()["problems"]} == {"field_missing"}


async def test_an_endless_upload_is_cut_off(batch, monkeypatch):
    sample = await batch.draft()
    monkeypatch.setattr(upload, "LIMIT", 100_000)
    sent = []

    async def endless():
        yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n'
        while True:
            sent.append(1)
            yield bytes(10_000)

    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    answer = await batch.sampler().post(f"/v1/samples/{sample['id']}/evidence", content=endless(), headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large") and len(sent) < 20
    told = await batch.sampler().post(f"/v1/samples/{sample['id']}/evidence", content=bytes(200_000), headers=headers)
    assert told.status_code == 413


async def test_the_neighbour_and_the_laboratory_see_nothing(batch):
    sample = await batch.photographed()
    await batch.sampler().post(f"/v1/samples/{sample['id']}/seal", json={"sealed_on": "2021-02-01", "seal_no": "F1", "reserve_seal_no": "F2"})
    for tail in ("", "/original", "/thumbnail"):
        assert (await batch.officer(NEIGHBOUR).get(f"/v1/evidence/{sample['evidence_id']}{tail}")).status_code == 404
        assert (await batch.lab().get(f"/v1/evidence/{sample['evidence_id']}{tail}")).status_code == 403
        assert (await batch.officer(PREFECTURE).get(f"/v1/evidence/{sample['evidence_id']}{tail}")).status_code == 200
    assert (await batch.lab().get(f"/v1/samples/{sample['id']}/evidence")).status_code == 403
    assert (await batch.photo(sample["id"], "标签", jpeg(), client=batch.sampler(NEIGHBOUR))).status_code == 404
    assert (await batch.photo(sample["id"], "标签", jpeg(), client=batch.sampler(PREFECTURE))).status_code == 404


async def test_a_lost_object_is_told_and_not_served(platform, batch):
    sample = await batch.photographed(shade=7)
    [row] = await platform.rows("SELECT sha256, thumbnail_sha256 FROM evidence")
    files = kept_files(platform)
    small = files[row["thumbnail_sha256"]]
    small.write_bytes(b"changed")
    answer = await batch.officer().get(f"/v1/evidence/{sample['evidence_id']}/thumbnail")
    assert (answer.status_code, answer.json()["code"]) == (503, "object_damaged")
    for name in {row["sha256"], row["thumbnail_sha256"]}:
        files[name].unlink()
    for tail in ("original", "thumbnail"):
        answer = await batch.officer().get(f"/v1/evidence/{sample['evidence_id']}/{tail}")
        assert (answer.status_code, answer.json()["code"]) == (503, "object_damaged")


async def test_the_object_store_may_be_a_service(tmp_path):
    """Any address that obstore knows; here one in memory."""
    kept = objects.open_objects("memory:///")
    await objects.put(kept, "62", hashlib.sha256(b"a").hexdigest(), b"a")
    await objects.put(kept, "62", hashlib.sha256(b"a").hexdigest(), io.BytesIO(b"a"))
    assert await objects.get(kept, "62", hashlib.sha256(b"a").hexdigest()) == b"a"


@pytest.mark.parametrize(
    ("status", "code"), [(403, "objects_refused"), (404, "objects_refused"), (500, "objects_unavailable"), (None, "objects_unavailable")]
)
async def test_a_store_that_does_not_serve_is_told_by_its_code_and_nothing_is_kept(platform, batch, monkeypatch, status, code):
    """A real S3 is asked in test_evidence_s3; None: nobody listens."""
    sample = await batch.draft()

    async def say(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(f"HTTP/1.1 {status} x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(say, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    if status is None:
        server.close()
    for name, value in {"ENDPOINT_URL": f"http://127.0.0.1:{port}", "REGION": "x", "ACCESS_KEY_ID": "a", "SECRET_ACCESS_KEY": "b"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setattr(platform.runtime, "settings", platform.runtime.settings.model_copy(update={"evidence_url": f"s3://bucket/{port}"}))
    answer = await batch.photo(sample["id"], "店面", jpeg())
    server.close()
    assert (answer.status_code, answer.json()["code"]) == (503, code), answer.text
    assert await platform.rows("SELECT id FROM evidence") == []


async def test_a_video_larger_than_any_other_body_is_taken_and_streamed_back(batch):
    sample = await batch.draft()
    body = mp4(data=40 * 1024 * 1024)
    found = await batch.photo(sample["id"], "拒抽视频", body, name="a.mp4", told="video/mp4")
    assert found.status_code == 201 and found.json()["byte_size"] == len(body)
    original = await batch.officer().get(f"/v1/evidence/{found.json()['id']}/original")
    assert hashlib.sha256(original.content).hexdigest() == found.json()["sha256"] == hashlib.sha256(body).hexdigest()

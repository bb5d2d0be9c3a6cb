"""Evidence on a real S3: run with S3_URL=s3://bucket/prefix and the service's own AWS_* names (docs/operations.md); skipped without."""

import asyncio
import contextlib
import hashlib
import io
import os
import socket
from urllib.parse import urlsplit

import pytest
from evidence_files import heic, jpeg, mp4
from PIL import Image

from common.errors import Unavailable
from sampling.store import objects

pytestmark = pytest.mark.skipif(not os.environ.get("S3_URL"), reason="no S3_URL: an S3 server is needed (docs/operations.md)")


@pytest.fixture(scope="module")
def more_settings(more_settings):
    return more_settings | {"evidence_url": os.environ["S3_URL"]}


@pytest.fixture(autouse=True)
def opened_anew():
    objects.open_objects.cache_clear()
    yield
    objects.open_objects.cache_clear()


@pytest.fixture
def elsewhere(monkeypatch):
    """The store's settings as the service would find them after a restart."""

    def change(**env):
        for name, value in env.items():
            monkeypatch.setenv(name, value)
        objects.open_objects.cache_clear()

    yield change
    monkeypatch.undo()


def store():
    return objects.open_objects(os.environ["S3_URL"])


async def is_there(body):
    try:
        await objects.check_there(store(), "620102", hashlib.sha256(body).hexdigest())
    except Unavailable as error:
        assert error.code == "object_damaged"
        return False
    return True


def a_photo():
    """Bytes that no run before had."""
    return jpeg(comment=os.urandom(16).hex().encode())


async def test_a_photo_goes_to_the_bucket_and_comes_back_with_its_thumbnail(batch):
    sample, body = await batch.draft(), a_photo()
    answer = await batch.photo(sample["id"], "店面", body)
    assert answer.status_code == 201, answer.text
    original = await batch.officer().get(f"/v1/evidence/{answer.json()['id']}/original")
    small = await batch.officer().get(f"/v1/evidence/{answer.json()['id']}/thumbnail")
    assert (original.content == body, Image.open(io.BytesIO(small.content)).format) == (True, "JPEG")
    assert await objects.get(store(), "620102", hashlib.sha256(body).hexdigest()) == body


async def test_the_same_bytes_are_one_object_whoever_sends_them(platform, batch):
    sample, body = await batch.draft(), a_photo()
    answers = await asyncio.gather(*(batch.photo(sample["id"], "店面", body) for _ in range(10)))
    assert sorted(a.status_code for a in answers) == [200] * 9 + [201], [a.text for a in answers]
    again = await batch.photo(sample["id"], "标签", body)
    assert again.status_code == 201 and again.json()["sha256"] == hashlib.sha256(body).hexdigest()
    assert await platform.rows("SELECT count(*) AS n FROM evidence") == [{"n": 2}]


async def test_a_large_video_an_heic_and_a_paper_are_kept_there_too(batch):
    sample, body = await batch.draft(), mp4(data=30 * 1024 * 1024)
    video = await batch.photo(sample["id"], "拒抽视频", body, name="a.mp4", told="video/mp4")
    back = await batch.officer().get(f"/v1/evidence/{video.json()['id']}/original")
    assert (video.status_code, hashlib.sha256(back.content).digest()) == (201, hashlib.sha256(body).digest())
    assert (await batch.photo(sample["id"], "标签", heic(), name="a.heic", told="image/heic")).status_code == 201
    paper = await batch.documented()
    pdf = await batch.officer().get(f"/v1/documents/{paper['document_id']}/file")
    assert pdf.content[:4] == b"%PDF", pdf.text[:300]


@pytest.mark.parametrize("wrong", [{"AWS_SECRET_ACCESS_KEY": "not-the-secret"}, {"AWS_ACCESS_KEY_ID": "nobody-we-know"}], ids=["secret", "key"])
async def test_wrong_credentials_are_told_with_their_code_and_nothing_is_kept(platform, batch, elsewhere, monkeypatch, wrong):
    sample, body = await batch.draft(), a_photo()
    elsewhere(**wrong)
    answer = await batch.photo(sample["id"], "店面", body)
    assert (answer.status_code, answer.json()["code"]) == (503, "objects_refused"), answer.text
    assert os.environ["AWS_ENDPOINT_URL"] not in answer.text, "where the store is, is not the caller's business"
    monkeypatch.undo()
    objects.open_objects.cache_clear()
    assert (await platform.rows("SELECT id FROM evidence"), await is_there(body)) == ([], False)


async def test_a_store_that_is_away_can_be_tried_again_and_nothing_is_lost(platform, batch, elsewhere, monkeypatch):
    sample, body = await batch.photographed(shade=11), a_photo()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # a port on which nobody answers
        elsewhere(AWS_ENDPOINT_URL=f"http://127.0.0.1:{taken.getsockname()[1]}")
        client = batch.sampler()
        client.headers["Idempotency-Key"] = "away-1"
        started = asyncio.get_running_loop().time()
        answer = await batch.photo(sample["id"], "标签", body, client=client)
        assert (answer.status_code, answer.json()["code"]) == (503, "objects_unavailable"), answer.text
        assert asyncio.get_running_loop().time() - started < 15, "a telephone is told within seconds"
        for tail in ("original", "thumbnail"):
            read = await batch.officer().get(f"/v1/evidence/{sample['evidence_id']}/{tail}")
            assert (read.status_code, read.json()["code"]) == (503, "objects_unavailable")
    monkeypatch.undo()
    objects.open_objects.cache_clear()
    assert (await platform.rows("SELECT count(*) AS n FROM evidence"), await is_there(body)) == ([{"n": 1}], False)
    again = await batch.photo(sample["id"], "标签", body, client=client)
    assert again.status_code == 201, "the same upload with the same key, once the store is back"
    assert (await batch.officer().get(f"/v1/evidence/{sample['evidence_id']}/original")).status_code == 200


async def test_a_connection_cut_in_the_middle_leaves_no_half_of_a_file(platform, batch, elsewhere, monkeypatch):
    sample, body = await batch.draft(), mp4(data=3_000_000)
    body += b"\0\0\0\x18free" + os.urandom(16)
    async with cutting(os.environ["AWS_ENDPOINT_URL"], after=1_000_000) as address:
        elsewhere(AWS_ENDPOINT_URL=address)
        answer = await batch.photo(sample["id"], "拒抽视频", body, name="a.mp4", told="video/mp4")
        assert (answer.status_code, answer.json()["code"]) == (503, "objects_unavailable"), answer.text
    monkeypatch.undo()
    objects.open_objects.cache_clear()
    assert (await platform.rows("SELECT id FROM evidence"), await is_there(body)) == ([], False)
    again = await batch.photo(sample["id"], "拒抽视频", body, name="a.mp4", told="video/mp4")
    original = await batch.officer().get(f"/v1/evidence/{again.json()['id']}/original")
    assert (again.status_code, original.content == body) == (201, True)


@contextlib.asynccontextmanager
async def cutting(endpoint, after):
    """A line to the store that breaks after so many bytes; the store's own address stays in the requests' signature by its Host header."""
    there = urlsplit(endpoint)

    async def carry(reader, writer):
        _, to_store = await asyncio.open_connection(there.hostname, there.port)
        sent = 0
        with contextlib.suppress(OSError):
            while sent < after and (part := await reader.read(65536)):
                to_store.write(part)
                await to_store.drain()
                sent += len(part)
        for each in (to_store, writer):
            each.transport.abort()

    server = await asyncio.start_server(carry, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"

"""The object store (对象存储): bytes under their own SHA-256, in a folder of their owner; a local directory or S3, as one address says.

An object is written before the transaction that names it commits. When that fails, the object stays as an orphan: it is harmless, for nothing
points to it and the same bytes written again are the same object. Nothing is ever overwritten or deleted here. A store that does not answer
or refuses us is a 503 with its own code: the caller tries again, and finds the object there or not at all.
"""

import hashlib
import logging
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import IO, Any, cast
from urllib.parse import unquote, urlsplit

import obstore
from anyio import to_thread
from obstore.exceptions import AlreadyExistsError, BaseError, NotFoundError, PermissionDeniedError, UnauthenticatedError
from obstore.store import LocalStore, from_url

from common.errors import Unavailable

log = logging.getLogger(__name__)
_PART = 4 * 1024 * 1024
# A telephone waits for the answer: a store that is away is told within seconds, a video still has its two minutes.
_CLIENT: Any = {"connect_timeout": timedelta(seconds=3), "timeout": timedelta(seconds=120)}
_RETRY: Any = {
    "max_retries": 3,
    "retry_timeout": timedelta(seconds=10),
    "backoff": {"init_backoff": timedelta(milliseconds=200), "max_backoff": timedelta(seconds=2), "base": 2},
}


@dataclass(frozen=True)
class Objects:
    """One store; `folder` is set when it is a directory of this machine, which is synced to disk by hand."""

    store: Any
    folder: Path | None


@lru_cache(maxsize=8)
def open_objects(url: str) -> Objects:
    """The store behind an address; S3 credentials come from the process's environment, as its tools expect."""
    parts = urlsplit(url)
    if parts.scheme != "file":
        plain = os.environ.get("AWS_ENDPOINT_URL", "").startswith("http://")  # whoever writes http:// means it; obstore would refuse
        return Objects(from_url(url, client_options=_CLIENT | {"allow_http": plain}, retry_config=_RETRY), None)
    folder = Path(unquote(parts.path))
    folder.mkdir(parents=True, exist_ok=True)
    return Objects(LocalStore(folder), folder)


def sha256_of(file: IO[bytes]) -> str:
    """Of a whole file, read in parts."""
    file.seek(0)
    return hashlib.file_digest(cast("Any", file), "sha256").hexdigest()


def _path(owner: str, sha256: str) -> str:
    return f"{owner}/{sha256[:2]}/{sha256}"


async def put(objects: Objects, owner: str, sha256: str, body: bytes | IO[bytes]) -> None:
    """Keep bytes under their hash; they are on disk when this returns."""
    if not isinstance(body, bytes):
        body.seek(0)
    with _told():
        try:
            await obstore.put_async(objects.store, _path(owner, sha256), cast("Any", body), mode="create", use_multipart=False)
        except AlreadyExistsError:
            return
    if objects.folder is not None:
        await to_thread.run_sync(_sync, objects.folder / _path(owner, sha256))


def _sync(path: Path) -> None:
    """The rename is not durable before its folder is."""
    for each in (path, path.parent, path.parent.parent):
        number = os.open(each, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)


async def get(objects: Objects, owner: str, sha256: str) -> bytes:
    """The bytes, checked against their hash."""
    body = b"".join([part async for part in stream(objects, owner, sha256)])
    if hashlib.sha256(body).hexdigest() != sha256:
        raise _gone()
    return body


async def stream(objects: Objects, owner: str, sha256: str) -> AsyncIterator[bytes]:
    """The bytes in parts, for what is too large to hold; the reader has the hash to check them."""
    with _told():
        try:
            found = await obstore.get_async(objects.store, _path(owner, sha256))
        except (FileNotFoundError, NotFoundError) as error:
            raise _gone() from error
        async for part in found.stream(min_chunk_size=_PART):
            yield bytes(part)


async def check_there(objects: Objects, owner: str, sha256: str) -> None:
    """Refuse before the first byte of an answer leaves."""
    with _told():
        try:
            await obstore.head_async(objects.store, _path(owner, sha256))
        except (FileNotFoundError, NotFoundError) as error:
            raise _gone() from error


@contextmanager
def _told() -> Iterator[None]:
    """What the store said, as a problem: a wrong key or bucket is the operator's to mend, silence is anybody's to try again."""
    try:
        yield
    except (PermissionDeniedError, UnauthenticatedError, NotFoundError, FileNotFoundError) as error:
        log.error("the object store refuses us: %s", _first_line(error))
        raise Unavailable("objects_refused", "文件存储拒绝访问,请联系管理员", "the object store refuses the service's key or bucket") from error
    except BaseError as error:
        log.error("the object store does not serve: %s", _first_line(error))
        raise Unavailable("objects_unavailable", "文件存储暂不可用,请稍后重试", "the object store does not answer, try again") from error


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0][:600]


def _gone() -> Unavailable:
    return Unavailable("object_damaged", "文件在存储中缺失或损坏,请联系管理员", "the stored object is missing or damaged")

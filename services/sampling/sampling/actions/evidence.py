"""Filing and withdrawing evidence (证据留存、作废). The file is in the object store before the row commits; see store.objects on orphans."""

import hashlib
import json
from dataclasses import dataclass
from datetime import date
from typing import IO, Any
from uuid import UUID

from anyio import CapacityLimiter, to_thread
from uuid_utils.compat import uuid7

from common import audit, vault
from common.caller import Caller
from common.db import Session
from common.errors import Refused, not_found
from common.region import Region
from sampling.actions.facts import refuse_input
from sampling.models import Evidence, Sample
from sampling.rules.evidence import Declared, Family, check_declared
from sampling.rules.evidence_content import HEAD, Recognised, check_bytes, check_type
from sampling.rules.evidence_images import Picture, differences, look_at
from sampling.rules.problem import Problem
from sampling.store import evidence as store
from sampling.store import objects
from sampling.store import samples as sample_store

_AT_ONCE = CapacityLimiter(2)  # decoded photos are large


@dataclass(frozen=True, slots=True)
class Filed:
    """A file as it came in."""

    file: IO[bytes]
    size: int
    declared: Declared


@dataclass(frozen=True, slots=True)
class Keeper:
    """Where bytes are kept, and the root key of what is sealed."""

    objects: objects.Objects
    root_key: str


@dataclass(frozen=True, slots=True)
class _Examined:
    recognised: Recognised
    sha256: str
    picture: Picture | None


async def file_evidence(session: Session, keeper: Keeper, caller: Caller, sample_id: UUID, filed: Filed, *, today: date) -> tuple[Evidence, bool]:
    """Keep a piece for the bureau's own sample; the same bytes of the same kind again are the piece that is there (False)."""
    sample = await own_sample(session, caller, sample_id)
    return await keep(session, keeper, sample, filed, by=caller.subject, today=today)


async def own_sample(session: Session, caller: Caller, sample_id: UUID) -> Sample:
    """The bureau's own sample, not locked: a slow file must not stop the laboratory's push."""
    sample = await sample_store.find_sample(session, sample_id)
    if sample.region_code != caller.bureau.code:
        raise not_found("样品", "sample")
    return sample


async def keep(session: Session, keeper: Keeper, sample: Sample, filed: Filed, *, by: str, today: date) -> tuple[Evidence, bool]:
    """Examine and keep a piece on behalf of the sample's owner, also for a party's upload (异议材料)."""
    examined = await to_thread.run_sync(_examine, filed, today, limiter=_AT_ONCE)
    await objects.put(keeper.objects, sample.region_code, examined.sha256, filed.file)
    thumbnail = await _put_thumbnail(keeper, sample.region_code, examined.picture)
    await store.lock_filing(session, sample.id)
    known = await store.find_same(session, sample.id, filed.declared.kind.value, examined.sha256)
    if known is not None:
        return known, False
    row = _row(keeper, sample, filed, examined)
    row.thumbnail_sha256, row.created_by = thumbnail, by
    sample_store.add(session, row)
    details = {"sample_id": str(sample.id), "kind": row.kind, "sha256": row.sha256, "flags": row.flags}
    audit.record(session, Region(sample.region_code), "evidence.file", row.id, details)
    await sample_store.flush(session, row)
    return row, True


def _examine(filed: Filed, today: date) -> _Examined:
    filed.file.seek(0)
    head = filed.file.read(HEAD)
    recognised, problems = check_type(head, filed.declared.file_name, filed.declared.content_type)
    refuse_input(problems)
    assert recognised is not None
    refuse_input([*check_bytes(filed.file, filed.size, recognised), *check_declared(filed.declared, recognised.family, today)])
    picture = None
    if recognised.family is Family.IMAGE:
        filed.file.seek(0)
        seen = look_at(filed.file.read())
        if isinstance(seen, Problem):
            refuse_input([seen])
        else:
            picture = seen
    return _Examined(recognised, objects.sha256_of(filed.file), picture)


async def _put_thumbnail(keeper: Keeper, owner: str, picture: Picture | None) -> str | None:
    if picture is None:
        return None
    sha256 = hashlib.sha256(picture.thumbnail).hexdigest()
    await objects.put(keeper.objects, owner, sha256, picture.thumbnail)
    return sha256


def _row(keeper: Keeper, sample: Sample, filed: Filed, examined: _Examined) -> Evidence:
    declared, picture = filed.declared, examined.picture
    exif = picture.exif if picture else {}
    row_id, keys = uuid7(), vault.keys_of(keeper.root_key, Region(sample.region_code))
    return Evidence(
        id=row_id, region_code=sample.region_code, sample_id=sample.id, kind=declared.kind.value, sha256=examined.sha256,
        media_type=examined.recognised.media_type, byte_size=filed.size, file_name=declared.file_name, taken_at=declared.taken_at,
        width=picture.width if picture else None, height=picture.height if picture else None, device=declared.device, note=declared.note,
        latitude=declared.place.latitude if declared.place else None, longitude=declared.place.longitude if declared.place else None,
        exif_sealed=vault.seal(keys, f"{row_id}:exif", json.dumps(exif, ensure_ascii=False)) if exif else None,
        flags=differences(declared, exif), state="KEPT", created_by="",
    )  # fmt: skip


async def withdraw_evidence(session: Session, caller: Caller, evidence_id: UUID, reason: str) -> Evidence:
    """A piece that was filed by mistake is marked, never deleted (证据作废)."""
    row = await store.lock_own(session, evidence_id, caller.bureau.code)
    if row.state == "WITHDRAWN":
        raise Refused("evidence_withdrawn", "该证据已作废", "this piece has been withdrawn already")
    row.state, row.withdrawn_at, row.withdrawn_by, row.withdrawn_reason = "WITHDRAWN", store.NOW, caller.subject, reason
    audit.record(session, caller.bureau, "evidence.withdraw", row.id, {"sample_id": str(row.sample_id), "kind": row.kind, "reason": reason})
    await sample_store.flush(session, row)
    return row


async def unseal_exif(session: Session, keeper: Keeper, caller: Caller, evidence_id: UUID, reason: str) -> dict[str, Any]:
    """What the camera wrote, for a reason that is logged (个人信息保护法 arts. 28, 51)."""
    row = await store.lock_own(session, evidence_id, caller.bureau.code)
    audit.record(session, caller.bureau, "evidence.unseal", row.id, {"reason": reason})
    if row.exif_sealed is None:
        return {}
    found: dict[str, Any] = json.loads(vault.unseal(vault.keys_of(keeper.root_key, caller.bureau), f"{row.id}:exif", row.exif_sealed))
    return found

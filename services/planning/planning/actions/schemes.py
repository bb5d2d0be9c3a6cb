"""Drafting and publishing test schemes."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from uuid import UUID

from uuid_utils.compat import uuid7

from common import audit
from common.caller import Caller
from common.db import Session
from common.errors import Invalid, Refused
from planning import store
from planning.models import Scheme, SchemeItem
from planning.rules.faults import check_other_person, refuse
from planning.rules.schemes import Item, SchemeHead, Version, check_items, predecessor


async def draft_scheme(session: Session, caller: Caller, head: SchemeHead, items: Sequence[Item]) -> tuple[Scheme, list[SchemeItem]]:
    """Draft the next version of a scheme with its items (实施细则草案)."""
    if head.valid_to is not None and head.valid_to < head.valid_from:
        raise Invalid("validity_order", "截止生产日期早于起始生产日期", "valid_to lies before valid_from", pointer="/valid_to")
    refuse(check_items(items))
    owner = caller.bureau
    version = await store.schemes.next_version(session, owner, head.scheme_no)
    scheme = Scheme(id=uuid7(), region_code=owner.code, version=version, drafted_by=caller.subject, **asdict(head))
    rows = [_row(scheme, place, item) for place, item in enumerate(items, start=1)]
    await store.schemes.add_scheme(session, scheme, rows)
    audit.record(session, owner, "scheme.draft", scheme.id, {"scheme_no": scheme.scheme_no, "version": version, "items": len(rows)})
    return scheme, rows


def _row(scheme: Scheme, position: int, item: Item) -> SchemeItem:
    return SchemeItem(
        id=uuid7(), region_code=scheme.region_code, scheme_id=scheme.id, position=position, item=item.item, methods=item.methods, kind=item.kind,
        min=item.min, max=item.max, unit=item.unit, limit_source=item.limit_source, grade=item.grade, rounding_places=item.rounding_places,
        microbe_n=item.microbe.n, microbe_c=item.microbe.c, microbe_m=item.microbe.m, microbe_cap=item.microbe.cap,
        min_exclusive=item.min_exclusive, max_exclusive=item.max_exclusive, sum_of=item.sum.of, sum_kind=item.sum.kind, sum_below=item.sum.below,
    )  # fmt: skip


async def publish_scheme(session: Session, caller: Caller, scheme_id: UUID) -> Scheme:
    """Publish a scheme (实施细则公开, O18 art. 11); from then on it never changes. An open-ended version before it ends the day before."""
    scheme = await store.schemes.lock_scheme(session, caller.bureau, scheme_id)
    if scheme.status != "DRAFT":
        raise Refused("scheme_published", "实施细则已发布", "the scheme is published already")
    check_other_person(caller.subject, scheme.drafted_by)
    new = Version(str(scheme.id), scheme.region_code, scheme.valid_from, scheme.valid_to)
    ended = predecessor(new, await store.schemes.lock_published_versions(session, scheme.product_code))
    if ended is not None:
        await store.schemes.end_version(session, ended[0].scheme_id, ended[1])
    scheme.status, scheme.published_by, scheme.published_at = "PUBLISHED", caller.subject, datetime.now(UTC)
    details = {"scheme_no": scheme.scheme_no, "version": scheme.version, "ends": ended[0].scheme_id if ended else None}
    audit.record(session, caller.bureau, "scheme.publish", scheme.id, details)
    await session.flush()
    return scheme

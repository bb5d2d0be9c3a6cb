"""Keeping which product was checked when, and answering whether it may be checked again (O18 art. 7)."""

from datetime import date
from uuid import UUID

from uuid_utils.compat import uuid7

from common.caller import Caller
from common.db import Session
from common.errors import Forbidden, Invalid
from common.region import Region
from planning import store
from planning.rules.repeats import RESERVED_FOR, Product, Repeat, find_repeat, fingerprint


async def keep_check(session: Session, owner: Region, source: Region, sample_id: UUID, checked: tuple[Product, date]) -> None:
    """A sealed product sample is a check from its day of sampling on."""
    product, sampled_on = checked
    mark = fingerprint(product)
    if mark is not None:
        values = {"id": uuid7(), "owner": owner.code, "source": source.code, "sample": sample_id, "fingerprint": mark, "sampled_on": sampled_on}
        await store.repeats.add_check(session, values)


async def check_repeat(session: Session, caller: Caller, product: Product, on: date, asking: tuple[str, UUID | None]) -> Repeat | None:
    """The check that stands in the way of a new one on the day; `asking`: organiser of the new check, and the sample that asks."""
    organiser, sample_id = Region(asking[0] or caller.bureau.code), asking[1]
    if not (organiser.covers(caller.bureau) or caller.bureau.covers(organiser)):
        raise Forbidden("region_outside", "组织部门与本机关无隶属关系", "the organiser is neither above nor below the caller")
    mark = fingerprint(product)
    if mark is None:
        return None
    return find_repeat(await store.repeats.find_checks(session, mark, on, sample_id), organiser.code, on)


async def reserve_check(session: Session, caller: Caller, product: Product, on: date, asking: tuple[str, UUID | None]) -> Repeat | None:
    """The same question of a sample that is about to be sealed. When nothing stands in the way the product is kept for it: until the seal is
    heard of, or for an hour, whichever is less; a second seal within Kafka's delay is then refused."""
    caller.require("sampler")
    mark, sample_id = fingerprint(product), asking[1]
    if sample_id is None:
        raise Invalid("sample_missing", "预留须填样品编号", "a reservation needs the sample", pointer="/sample_id")
    if mark is not None:
        await store.repeats.lock_product(session, mark)
    found = await check_repeat(session, caller, product, on, asking)
    if found is None and mark is not None:
        source = asking[0] if caller.bureau.code.startswith(asking[0]) else ""
        values = {
            "id": uuid7(), "owner": caller.bureau.code, "source": source or caller.bureau.code, "sample": sample_id, "fingerprint": mark,
            "sampled_on": on,
        }  # fmt: skip
        await store.repeats.reserve(session, values, RESERVED_FOR)
    return found

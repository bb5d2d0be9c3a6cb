"""Sample numbers of products (产品抽样单编号): one by one when a form comes in, or a block for a device that works without network."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from uuid_utils.compat import uuid7

from common import audit
from common.caller import Caller
from common.db import Session
from common.errors import Invalid, Refused
from common.region import Region
from sampling.models import NumberBlock
from sampling.rules.blocks import LAST_SERIAL, block_prefix, list_unused, split_number
from sampling.rules.samples import product_no
from sampling.rules.stored import StoredForm
from sampling.rules.tasks import BODY, AssignedTask, level_of, number_prefix
from sampling.store import numbers as store
from sampling.store import samples as sample_store


@dataclass(frozen=True, slots=True)
class BlockOrder:
    """What a device asks for: so many numbers of a year for tasks of a level."""

    device: str
    count: int
    level: str
    year: int | None


@dataclass(frozen=True, slots=True)
class BlockView:
    """A block with its numbers that no form has."""

    block: NumberBlock
    unused: list[str]


async def issue_number(session: Session, owner: Region, task: AssignedTask, form: StoredForm) -> str:
    """The next number of the task's level and the form's year."""
    prefix = number_prefix(task, form.sampled_on.year, owner.division)
    serial = await store.take_serials(session, owner.code, prefix, 1)
    if serial > LAST_SERIAL:
        raise _exhausted()
    return product_no(level_of(task.source_region_code), form.sampled_on.year, owner.division, BODY, serial)


async def accept_number(session: Session, owner: Region, number: str) -> str:
    """A number of the bureau's own block, once; its form and task have been checked before."""
    own = split_number(number)
    block = await store.lock_block_with(session, owner.code, own.prefix, own.serial) if own else None
    if block is None:
        raise Invalid("number_not_reserved", "该编号不在本局号段内", "the number is in no block of this bureau", pointer="/sample_no")
    if number in await store.find_numbers(session, owner.code, [number]):
        raise Refused("number_used", f"编号 {number} 已有抽样单使用", "a form has this number already")
    if block.returned_at is not None:
        raise Refused("number_returned", "该号段已退回,未用编号作废", "the block was given back; its unused numbers are void")
    return number


async def reserve_block(session: Session, caller: Caller, order: BlockOrder, today: date) -> BlockView:
    """Consecutive numbers for one device; they stay reserved until they are used or given back."""
    year = order.year or today.year
    if year not in (today.year, today.year - 1, today.year + 1):
        raise Invalid("year_range", "只能预留去年至明年的编号", "only of last year, this year and next year", pointer="/year")
    prefix = block_prefix(order.level, year, caller.bureau.division, BODY)
    last = await store.take_serials(session, caller.bureau.code, prefix, order.count)
    if last > LAST_SERIAL:
        raise _exhausted()
    block = NumberBlock(
        id=uuid7(), region_code=caller.bureau.code, device=order.device, prefix=prefix, first_serial=last - order.count + 1, last_serial=last,
        reserved_by=caller.subject, revision=1,
    )  # fmt: skip
    sample_store.add(session, block)
    details = {"device": order.device, "prefix": prefix, "first": block.first_serial, "last": last}
    audit.record(session, caller.bureau, "numbers.reserve", block.id, details)
    await sample_store.flush(session, block)
    return await view_block(session, block)


async def return_block(session: Session, caller: Caller, block_id: UUID) -> BlockView:
    """Give a block back: what was not used is void and stays on record. A second time changes nothing."""
    block = await store.lock_own_block(session, block_id, caller.bureau.code)
    view = await view_block(session, block)
    if block.returned_at is None:
        store.give_back(block, caller.subject)
        audit.record(session, caller.bureau, "numbers.return", block.id, {"device": block.device, "void": view.unused})
        await sample_store.flush(session, block)
    return view


async def view_block(session: Session, block: NumberBlock) -> BlockView:
    """The block with what is left of it."""
    serials = range(block.first_serial, block.last_serial + 1)
    return BlockView(block, list_unused(block.prefix, serials, await store.list_used(session, block)))


def _exhausted() -> Refused:
    return Refused("numbers_exhausted", "本年度抽样单编号已用完", "the year's sample numbers are used up")

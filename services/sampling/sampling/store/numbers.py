"""Our own sample numbers: the counter, and blocks of it that belong to a device."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text
from sqlmodel import col

from common.db import Session
from common.errors import not_found
from sampling.models import NumberBlock, Sample

_TAKE = text(
    "INSERT INTO sample_counter (region_code, prefix, last) VALUES (:owner, :prefix, :count)"
    " ON CONFLICT (region_code, prefix) DO UPDATE SET last = sample_counter.last + :count RETURNING last"
)


async def take_serials(session: Session, owner: str, prefix: str, count: int) -> int:
    """Take so many serials from the counter; the last one. The counter's row stays locked, so two devices never get the same."""
    return int((await session.execute(_TAKE, {"owner": owner, "prefix": prefix, "count": count})).scalar_one())


async def lock_block_with(session: Session, owner: str, prefix: str, serial: int) -> NumberBlock | None:
    """The bureau's own block that holds a number, locked."""
    query = select(NumberBlock).where(
        col(NumberBlock.region_code) == owner, col(NumberBlock.prefix) == prefix, col(NumberBlock.first_serial) <= serial,
        col(NumberBlock.last_serial) >= serial,
    ).with_for_update()  # fmt: skip
    return (await session.execute(query)).scalar_one_or_none()


async def lock_own_block(session: Session, block_id: UUID, owner: str) -> NumberBlock:
    """A block of the bureau itself, locked."""
    query = select(NumberBlock).where(col(NumberBlock.id) == block_id, col(NumberBlock.region_code) == owner).with_for_update()
    return _found((await session.execute(query)).scalar_one_or_none())


async def find_block(session: Session, block_id: UUID) -> NumberBlock:
    """A block in reach."""
    return _found((await session.execute(select(NumberBlock).where(col(NumberBlock.id) == block_id))).scalar_one_or_none())


async def list_blocks(session: Session, device: str | None, before: UUID | None, limit: int) -> list[NumberBlock]:
    """Blocks in reach, newest first."""
    query = select(NumberBlock).order_by(col(NumberBlock.id).desc()).limit(limit)
    if device is not None:
        query = query.where(col(NumberBlock.device) == device)
    if before is not None:
        query = query.where(col(NumberBlock.id) < before)
    return list((await session.execute(query)).scalars())


async def list_used(session: Session, block: NumberBlock) -> list[str]:
    """The block's numbers that forms have."""
    first, last = (f"{block.prefix}{serial:05d}" for serial in (block.first_serial, block.last_serial))
    number: Any = col(Sample.sample_no).collate("C")
    mine = col(Sample.region_code) == block.region_code
    query = select(col(Sample.sample_no)).where(mine, number >= first, number <= last).order_by(number)
    return list((await session.execute(query)).scalars())


async def find_numbers(session: Session, owner: str, numbers: Sequence[str]) -> set[str]:
    """Which of these numbers the bureau's forms have already."""
    query = select(col(Sample.sample_no)).where(col(Sample.region_code) == owner, col(Sample.sample_no).in_(numbers))
    return set((await session.execute(query)).scalars())


def give_back(block: NumberBlock, subject: str) -> None:
    """Mark the block returned now."""
    block.returned_at, block.returned_by = func.now(), subject  # type: ignore[assignment]
    block.revision += 1


def _found(block: NumberBlock | None) -> NumberBlock:
    if block is None:
        raise not_found("号段", "number block")
    return block

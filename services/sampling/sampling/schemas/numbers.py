"""Blocks of numbers for devices (号段)."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StrictInt

from common.strict import Line, Schema
from sampling.actions.numbers import BlockOrder, BlockView
from sampling.models import NumberBlock
from sampling.rules.blocks import MAX_COUNT


class BlockIn(Schema):
    """What a device asks for (预留号段)."""

    device: Annotated[Line, Field(max_length=60, pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]*$")] = Field(description="设备编号")
    count: Annotated[StrictInt, Field(ge=1, le=MAX_COUNT)] = Field(description="数量,最多 200")
    level: Literal["G", "S", "D", "X"] = Field(description="任务来源级别:G 国家 S 省 D 市 X 县")
    year: Annotated[StrictInt, Field(ge=2000, le=2099)] | None = Field(None, description="抽样年份,不填为今年")

    def to_order(self) -> BlockOrder:
        return BlockOrder(self.device, self.count, self.level, self.year)


class BlockOut(Schema):
    """A block: its first and last number."""

    id: UUID
    region_code: str
    device: str
    first: str
    last: str
    count: int
    reserved_by: str
    created_at: datetime
    returned_at: datetime | None
    returned_by: str | None

    @classmethod
    def of(cls, block: NumberBlock) -> "BlockOut":
        return cls.model_validate(_plain(block))


class BlockDetail(BlockOut):
    """A block with the numbers that no form has; after its return they are void (作废)."""

    unused: list[str]

    @classmethod
    def with_unused(cls, view: BlockView) -> "BlockDetail":
        return cls.model_validate(_plain(view.block) | {"unused": view.unused})


def _plain(block: NumberBlock) -> dict[str, object]:
    first, last = (f"{block.prefix}{serial:05d}" for serial in (block.first_serial, block.last_serial))
    return {
        "id": block.id, "region_code": block.region_code, "device": block.device, "first": first, "last": last,
        "count": block.last_serial - block.first_serial + 1, "reserved_by": block.reserved_by, "created_at": block.created_at,
        "returned_at": block.returned_at, "returned_by": block.returned_by,
    }  # fmt: skip

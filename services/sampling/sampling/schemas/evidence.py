"""Evidence as it goes in and out (证据)."""

import re
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from common.strict import Line, Schema
from sampling.models import Evidence

_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?(?:Z|[+-]\d{2}:\d{2})", re.ASCII)
_DEGREES = re.compile(r"-?\d{1,3}(?:\.\d{1,15})?", re.ASCII)


def _moment(value: Any) -> datetime:
    """ISO 8601 with its offset; a time without a zone is nobody's."""
    if not isinstance(value, str) or not _MOMENT.fullmatch(value):
        raise PydanticCustomError("moment_format", "时间须写作 YYYY-MM-DDThh:mm:ss+08:00")
    try:
        found = datetime.fromisoformat(value)
    except ValueError as error:
        raise PydanticCustomError("moment_format", "没有这一时刻") from error
    if not 1990 <= found.year <= 2100:
        raise PydanticCustomError("date_range", "日期超出范围(1990 年至 2100 年)")
    return found


def _degrees(value: Any) -> Decimal:
    if not isinstance(value, str) or not _DEGREES.fullmatch(value) or abs(Decimal(value)) > 180:
        raise PydanticCustomError("degrees_format", '经纬度须写作十进制度数,如 "36.061389"')
    return round(Decimal(value), 6)


Moment = Annotated[datetime, BeforeValidator(_moment), WithJsonSchema({"type": "string", "format": "date-time"})]
Degrees = Annotated[Decimal, BeforeValidator(_degrees), WithJsonSchema({"type": "string", "pattern": r"^-?[0-9]{1,3}(\.[0-9]{1,15})?$"})]
Reason = Annotated[Line, Field(min_length=4, max_length=300)]


class ReasonIn(Schema):
    """Why (理由): it goes into the audit chain."""

    reason: Reason


class EvidenceOut(Schema):
    """A piece of evidence (证据); `flags` says where the photo contradicts what was declared."""

    id: UUID
    region_code: str
    sample_id: UUID
    kind: str
    sha256: str
    media_type: str
    byte_size: int
    file_name: str
    width: int | None
    height: int | None
    taken_at: datetime
    latitude: Decimal | None = Field(description="WGS-84")
    longitude: Decimal | None
    device: str
    note: str
    flags: list[Literal["exif_unreadable", "exif_time_differs", "exif_place_differs"]]
    has_exif: bool = Field(description="拍摄设备信息加密留存,另行申请查看")
    has_thumbnail: bool
    state: Literal["KEPT", "WITHDRAWN"]
    withdrawn_at: datetime | None
    withdrawn_reason: str | None
    created_by: str
    created_at: datetime

    @classmethod
    def of(cls, row: Evidence) -> "EvidenceOut":
        plain = {name: getattr(row, name, None) for name in cls.model_fields}
        return cls.model_validate(plain | {"has_exif": row.exif_sealed is not None, "has_thumbnail": row.thumbnail_sha256 is not None})


class EvidenceListOut(Schema):
    """Evidence of a sample, oldest first, with the kinds that it still lacks (缺少的证据)."""

    items: list[EvidenceOut]
    missing: list[str] = Field(description="按抽样方式应有而尚缺的证据种类")
    complete: bool


class ExifOut(Schema):
    """What the camera wrote (EXIF)."""

    exif: dict[str, Any]

"""The reserve sample as it goes over HTTP."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from common.strict import Bool, Day, Line, Paragraph, Schema
from sampling.actions.reserve import Shown, Terms
from sampling.rules.reserve import LossCause, ReserveState

Short = Annotated[Line, Field(max_length=60)]


class KeepingOut(Schema):
    """Until when the reserve is kept, counted from the effective report (备样保存期限)."""

    until: date
    clock: str = Field(description="F25a/F25b/F25c/P14")
    provisional: bool
    return_by: date | None = Field(description="无偿提供的合格样品应退还的日期(P14)")
    proof: list[str]


class ReserveOut(Schema):
    """A reserve sample (备样)."""

    id: UUID
    sample_id: UUID
    state: str
    place: str
    keeper: str
    seal_no: str
    quantity: str
    unit: str
    free: bool = Field(description="无偿提供")
    expires_on: date | None
    holds: list[str] = Field(description="因何不得处置")
    transfer: dict[str, Any] | None
    ended_on: date | None
    ended_reason: str | None
    revision: int
    keeping: KeepingOut | None

    @classmethod
    def of(cls, shown: Shown) -> "ReserveOut":
        row, keeping = shown.row, shown.keeping
        names = [name for name in cls.model_fields if name not in ("keeping", "quantity", "state")]
        kept = None
        if keeping is not None and row.state in (ReserveState.KEPT.name, ReserveState.IN_TRANSIT.name, ReserveState.TRANSFERRED.name):
            kept = KeepingOut(
                until=keeping.until, clock=keeping.clock, provisional=keeping.provisional, return_by=keeping.return_by if row.free else None,
                proof=list(keeping.proof),
            )  # fmt: skip
        plain = {name: getattr(row, name) for name in names} | {"quantity": f"{row.quantity.normalize():f}", "state": row.state, "keeping": kept}
        return cls.model_validate(plain)


class EndIn(Schema):
    """Destroying the reserve, or giving it back (处置、退还)."""

    on: Day
    note: Annotated[Paragraph, Field(max_length=500)] = Field(description="处置方式或退还经手人")


class LossIn(Schema):
    """The reserve is gone (灭失)."""

    on: Day
    cause: LossCause
    note: Annotated[Paragraph, Field(max_length=500)] = ""


class TransferIn(Schema):
    """Handing the reserve over to the re-inspection laboratory (备样移送)."""

    on: Day
    laboratory: Short
    seal_no: Short
    seal_intact: Bool
    photos: list[UUID] = Field(min_length=1, max_length=20, description="封条和状态照片(影像证据编号)")
    carrier: Line = "/"

    def to_terms(self) -> Terms:
        return Terms(self.on, self.laboratory, self.seal_no, self.seal_intact, tuple(str(photo) for photo in self.photos), self.carrier)


class ArrivalIn(Schema):
    """The reserve came to the re-inspection laboratory (备样接收)."""

    on: Day
    seal_no: Short
    seal_intact: Bool
    photos: list[UUID] = Field([], max_length=20)

    def to_terms(self) -> Terms:
        return Terms(self.on, "", self.seal_no, self.seal_intact, tuple(str(photo) for photo in self.photos))

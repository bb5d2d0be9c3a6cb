"""Who answers for a non-conforming batch, and which bureau handles it (O15 art. 28, O18 art. 43)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

from common.region import Region

NON_CONFORMING = "不合格"


class Contradiction(ValueError):
    """A fact that disagrees with itself or with its owner; it can never be handled."""


class Programme(StrEnum):
    """Which law applies."""

    PRODUCT = "产品"
    FOOD = "食品"


class Role(StrEnum):
    """How a party answers for the batch (责任主体)."""

    SELLER = "seller"  # 经营者
    PRODUCER = "producer"  # 标称生产者
    CONSIGNOR = "consignor"  # 委托方


@dataclass(frozen=True, slots=True)
class Party:
    """A liable party as the report tells it."""

    role: Role
    name: str
    uscc: str
    division_code: str
    address: str


@dataclass(frozen=True, slots=True)
class Report:
    """The version of a report that counts, with the batch that it speaks of."""

    report_id: UUID
    report_no: str
    version: int
    verdict: str
    serious: bool
    issued_on: date
    reported_on: date
    sample_id: UUID
    programme: Programme
    source_region_code: str
    parties: tuple[Party, ...]
    failed_items: tuple[dict[str, str], ...]
    product: dict[str, Any]

    @property
    def failed(self) -> bool:
        """Whether legs must be open; a monitoring problem (问题) opens none (O15 art. 41)."""
        return self.verdict == NON_CONFORMING


@dataclass(frozen=True, slots=True)
class Liable:
    """A party with the bureau that handles its leg; `outbound` when it is outside the province (协查函)."""

    party: Party
    bureau: Region
    outbound: bool

    @property
    def key(self) -> str:
        """Names the leg among those of its batch."""
        return f"{self.party.role}@{self.bureau}"


def check_owner(owner: Region, report: Report) -> None:
    """The organiser must be the owner or above it; else envelope and payload disagree."""
    check_organiser(owner, report.source_region_code)


def check_organiser(owner: Region, organiser: str) -> None:
    """The same for any fact about a batch."""
    if organiser and not owner.code.startswith(organiser):
        raise Contradiction(f"owner {owner} is not below organiser {organiser}")


def liable_parties(owner: Region, report: Report) -> tuple[Liable, ...]:
    """One leg per party: in the party's bureau when it is in the owner's province, else a letter kept by the owner."""
    if not report.parties:
        raise Contradiction("a non-conforming batch without a liable party")
    roles = [party.role for party in report.parties]
    if len(set(roles)) != len(roles):
        raise Contradiction("two parties in the same role")
    return tuple(placed(owner, party) for party in report.parties)


def placed(owner: Region, party: Party) -> Liable:
    """The bureau at the party's place; outside the province a letter that the owner keeps."""
    try:
        bureau = Region.of_division(party.division_code)
    except ValueError as error:
        raise Contradiction(f"{party.role} without a division: {party.division_code!r}") from error
    inside = bureau.code.startswith(owner.code[:2])
    return Liable(party, bureau if inside else owner, not inside)


def halt_reason(report: Report, *, still_failed: bool) -> str:
    """Why a leg ends when a newer version counts."""
    if still_failed:
        return f"检验报告第{report.version}版变更了责任主体或其所在地"
    return f"检验报告第{report.version}版结论为{report.verdict},不再是不合格"


def roles_of(liable: Sequence[Liable]) -> set[str]:
    """The roles that must have a leg."""
    return {one.party.role.value for one in liable}

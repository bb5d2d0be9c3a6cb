"""Proposed cases (立案建议): what a refusal of sampling or a stop for illegal production asks of the bureau (O18 arts. 16, 20, 29; O15 art. 21).

Such a leg has no report: it is filed or not (C01), decided (C02), and needs two of the five, penalty and disclosure [D].
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

from common.errors import Refused
from common.region import Region
from disposal.rules.batch import Contradiction, Liable, Party, Programme, check_organiser, placed
from disposal.rules.five import Part, Settlement, is_settled
from disposal.rules.machine import State, penalty_state
from disposal.rules.measures import CASE_KINDS, Kind, Taken


class Ground(StrEnum):
    """What opened a leg (来源)."""

    RESULT = "result"  # 不合格报告
    REFUSAL = "refusal"  # 拒抽
    ILLEGAL = "illegal"  # 终止抽样·涉嫌违法


_O18, _O15 = "《产品质量监督抽查管理暂行办法》", "《食品安全抽样检验管理办法》"
ARTICLES: Mapping[tuple[Ground, Programme], str] = {
    (Ground.REFUSAL, Programme.PRODUCT): f"{_O18}第二十条、第五十一条；《产品质量法》第五十六条",
    (Ground.REFUSAL, Programme.FOOD): f"{_O15}第二十一条；《食品安全法》第一百三十三条",
    (Ground.ILLEGAL, Programme.PRODUCT): f"{_O18}第十六条、第二十九条；《工业产品生产许可证管理条例》第四十五条",
    (Ground.ILLEGAL, Programme.FOOD): f"{_O15}第二十一条",
}
NEEDED: Mapping[Ground, tuple[Part, ...]] = {
    Ground.RESULT: tuple(Part),
    Ground.REFUSAL: (Part.PENALTY, Part.DISCLOSURE),
    Ground.ILLEGAL: (Part.PENALTY, Part.DISCLOSURE),
}
NOT_FILED = "NOT_FILED"  # 不予立案


@dataclass(frozen=True, slots=True)
class Lead:
    """A refusal or a stop as sampling told it (线索)."""

    ground: Ground
    sample_id: UUID
    programme: Programme
    source_region_code: str
    parties: tuple[Party, ...]
    party_role: str
    happened_on: date
    details: dict[str, Any]
    product: dict[str, Any]

    @property
    def article(self) -> str:
        """The articles under which a case is proposed."""
        return ARTICLES[self.ground, self.programme]


def answering(owner: Region, lead: Lead) -> Liable:
    """Whom the lead is about and which bureau handles it: the one at the party's place (O18 arts. 20, 29), a letter when that is elsewhere."""
    check_organiser(owner, lead.source_region_code)
    named = [party for party in lead.parties if party.role == lead.party_role] if lead.party_role else list(lead.parties[:1])
    if len(named) != 1:
        raise Contradiction(f"no party {lead.party_role!r} in the batch")
    return placed(owner, named[0])


def progress(received: bool, filed: bool, five: Mapping[Part, Settlement], taken: Iterable[Taken]) -> State:
    """How far a proposed case is."""
    if not received:
        return State.OPENED
    if not filed:
        return State.RECEIVED
    if not is_settled(five.get(Part.PENALTY)):
        return State.FILED
    return State.PUBLISHED if is_settled(five.get(Part.DISCLOSURE)) else penalty_state(five, taken)


def check_proposed(ground: str, filed_on: date | None) -> None:
    """Only a proposed case is filed or dismissed, and once."""
    if ground == Ground.RESULT:
        raise Refused("leg_not_case", "不合格批次的处置分支不在此办理立案", "only a refusal or a stop proposes a case")
    if filed_on is not None:
        raise Refused("case_filed", "已立案", "the case has been filed already")


def check_part(ground: str, part: Part, filed_on: date | None) -> None:
    """A proposed case has no product to control, no cause and nothing to rectify; it is punished and published only when it was filed."""
    if part not in NEEDED[Ground(ground)]:
        raise Refused("part_not_needed", "该分支没有这一环节", "this leg has no such part")
    check_filed(ground, filed_on)


def check_measure(ground: str, kind: Kind, filed_on: date | None) -> None:
    """A penalty, or none, is decided in a filed case."""
    if kind in CASE_KINDS:
        check_filed(ground, filed_on)


def check_filed(ground: str, filed_on: date | None) -> None:
    """Refuse what only a filed case allows."""
    if ground != Ground.RESULT and filed_on is None:
        raise Refused("case_not_filed", "尚未立案", "the case has not been filed")

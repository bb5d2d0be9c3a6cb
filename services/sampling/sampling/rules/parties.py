"""Who answers for a batch that fails (责任主体): one disposal leg per liable party (domain trap 3)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from sampling.rules.numbers import NOT_APPLICABLE
from sampling.rules.samples import Stage


class PartyRole(StrEnum):
    """Role in which a firm answers, and so the type of its leg."""

    SELLER = "经营者"
    CATERER = "餐饮服务提供者"
    PRODUCER = "标称生产者"
    CONSIGNER = "委托方"
    PLATFORM = "平台"


@dataclass(frozen=True, slots=True)
class Party:
    """A liable firm; `division` decides whose leg it is (place of business, never the digits inside the USCC)."""

    role: PartyRole
    name: str
    uscc: str
    division: str
    sampled: bool


class Firm(Protocol):
    """What of a firm matters here; `FormParty` has it, and so has a stored firm."""

    @property
    def name(self) -> str: ...
    @property
    def uscc(self) -> str: ...
    @property
    def division(self) -> str: ...


class Answering(Protocol):
    """What of a form says who answers; `Form` has it, and so has a stored form."""

    @property
    def stage(self) -> Stage: ...
    @property
    def party(self) -> Firm: ...
    @property
    def producer(self) -> Firm | None: ...
    @property
    def consigner(self) -> Firm | None: ...
    @property
    def platform(self) -> Firm | None: ...


_SAMPLED_AS = {
    Stage.PRODUCTION: PartyRole.PRODUCER,
    Stage.CIRCULATION: PartyRole.SELLER,
    Stage.CATERING: PartyRole.CATERER,
}


def liable_parties(form: Answering) -> tuple[Party, ...]:
    """Sampled party first, then labelled producer, consigning party, platform; one firm appears once.

    At 生产 the sampled party is the producer, whatever the label repeats. A seller that is its own producer answers
    once, as the producer, whose duties include the seller's (O18 art. 44, O15 art. 28).
    """
    parties = [_party(_SAMPLED_AS[form.stage], form.party, sampled=True)]
    others = [(PartyRole.CONSIGNER, form.consigner), (PartyRole.PLATFORM, form.platform)]
    if form.stage is not Stage.PRODUCTION:
        others.insert(0, (PartyRole.PRODUCER, form.producer))
    for role, firm in others:
        if firm is None or not firm.name.strip() or firm.name == NOT_APPLICABLE:
            continue
        index = next((i for i, known in enumerate(parties) if _is_same(known, firm)), None)
        if index is None:
            parties.append(_party(role, firm, sampled=False))
        elif role is PartyRole.PRODUCER:
            parties[index] = _party(role, form.party, sampled=True)
    return tuple(parties)


def _party(role: PartyRole, firm: Firm, *, sampled: bool) -> Party:
    return Party(role, firm.name, firm.uscc, firm.division, sampled)


def _is_same(known: Party, firm: Firm) -> bool:
    """Same USCC is the same firm; two different USCCs never are; without one the name decides."""
    if NOT_APPLICABLE not in (known.uscc, firm.uscc) and known.uscc and firm.uscc:
        return known.uscc == firm.uscc
    return known.name == firm.name

"""Business ties that a laboratory declares (利害关系申报): it is not drawn to re-inspect for such a party (O15 art. 32)."""

from dataclasses import dataclass
from datetime import date

from uuid_utils.compat import uuid7

from common import audit
from common.caller import Caller
from common.db import Session
from common.errors import Forbidden
from common.region import Region
from sampling.models import LaboratoryTie
from sampling.store import objections as store


@dataclass(frozen=True, slots=True)
class Declared:
    """With whom, in which relation, until when."""

    party_name: str
    party_uscc: str
    relation: str
    until: date


async def declare(session: Session, caller: Caller, province: str, declared: Declared) -> LaboratoryTie:
    """Keep a declaration; it belongs to the province's register of laboratories."""
    if caller.laboratory is None:
        raise Forbidden("laboratory_only", "仅限检验机构", "only a laboratory declares its ties")
    tie = LaboratoryTie(
        id=uuid7(), region_code=province, laboratory_code=caller.laboratory, party_name=declared.party_name, party_uscc=declared.party_uscc,
        relation=declared.relation, until=declared.until,
    )  # fmt: skip
    await store.add(session, tie)
    audit.record(session, Region(province), "laboratory.tie", tie.id, {"laboratory": caller.laboratory, "party": declared.party_name})
    return tie

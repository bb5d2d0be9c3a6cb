"""A panel of experts for an objection (专家组): drawn by the experts service on the officer's own token (domain §7.2-7.3)."""

from dataclasses import dataclass

from longzhi.experts.v1.experts_service_pb2 import DrawPanelRequest

from common import audit
from common.db import Session
from common.errors import Refused
from sampling.actions.objection_view import asking_party
from sampling.actions.objections import Act, begin
from sampling.clients import Clients
from sampling.clients import draw_panel as ask_experts
from sampling.models import ObjectionCase
from sampling.rules.samples import Programme
from sampling.rules.stored import form_from, list_liable
from sampling.store import objections as store


@dataclass(frozen=True, slots=True)
class Wanted:
    """How many experts of which specialities."""

    size: int
    specialities: tuple[str, ...]


async def draw_panel(session: Session, clients: Clients, act: Act, wanted: Wanted) -> ObjectionCase:
    """Draw once; every party of the batch and the applicant's prefecture are recused."""
    sample, case = await begin(session, act, "panel")
    if case.panel_draw_id is not None:
        raise Refused("panel_drawn", "专家组已抽取", "a panel has been drawn already")
    party = asking_party(sample, case.party_role)
    usccs = [one.uscc for one in list_liable(form_from(sample.form)) if one.uscc]
    request = DrawPanelRequest(
        request_id=f"objection:{case.id}", pool="FOOD" if sample.programme == Programme.FOOD else "PRODUCT", purpose=f"objection:{case.id}",
        specialities=wanted.specialities, size=wanted.size, recuse_usccs=usccs, recuse_regions=[party.division_code[:4]], drawn_on=act.on.isoformat(),
    )  # fmt: skip
    case.panel_draw_id = await ask_experts(clients, act.caller, request)
    audit.record(session, act.caller.bureau, "objection.panel", case.id, {"on": act.on, "draw_id": str(case.panel_draw_id)})
    await store.refresh(session, case)
    return case

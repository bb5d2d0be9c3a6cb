"""gRPC: other services draw panels and read them, as the user who asked."""

from collections.abc import Sequence
from uuid import UUID

import grpc
from longzhi.experts.v1 import experts_service_pb2 as pb
from longzhi.experts.v1 import experts_service_pb2_grpc as stubs
from pydantic import ValidationError

from common import rpc
from common.errors import not_found
from common.http import from_validation
from common.runtime import Runtime
from common.today import today
from experts import store
from experts.actions import panels
from experts.models import Draw, DrawMember
from experts.rules import seats
from experts.rules.panel import Terms
from experts.schemas import DrawIn


class ExpertsServicer(stubs.ExpertsServiceServicer):
    """See the contract for what each call answers and refuses."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime

    async def DrawPanel(self, request: pb.DrawPanelRequest, context: grpc.aio.ServicerContext) -> pb.DrawPanelResponse:
        async with rpc.unit(self.runtime, context) as (caller, session):
            caller.require(*panels.DRAWERS)
            seed = bytes.fromhex(self.runtime.settings.draw_seed)
            drawn = await panels.draw_panel(session, caller, _terms(request), today(), seed)
            return pb.DrawPanelResponse(draw=_draw(drawn.draw, drawn.members))

    async def GetDraw(self, request: pb.GetDrawRequest, context: grpc.aio.ServicerContext) -> pb.GetDrawResponse:
        async with rpc.unit(self.runtime, context) as (caller, session):
            caller.require(*panels.READERS)
            draw = await store.get_draw(session, _uuid(request.draw_id))
            return pb.GetDrawResponse(draw=_draw(draw, await store.list_members(session, [draw.id])))


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise not_found("抽取记录", "draw") from error


def _terms(request: pb.DrawPanelRequest) -> Terms:
    """The request, read as strictly as its HTTP twin."""
    fields = {name: getattr(request, name) for name in ("request_id", "pool", "purpose", "size", "drawn_on")}
    lists = {name: list(getattr(request, name)) for name in ("specialities", "recuse_usccs", "recuse_regions")}
    try:
        return DrawIn.model_validate(fields | lists).to_terms()
    except ValidationError as error:
        raise from_validation(list(error.errors())) from error


def _draw(draw: Draw, members: Sequence[DrawMember]) -> pb.Draw:
    """Those who sit on the panel, then the spares that are left."""
    seated = [_panellist(member, spare=False) for member in members if seats.is_seated(member)]
    spares = [_panellist(member, spare=True) for member in seats.free_spares(members)]
    return pb.Draw(draw_id=str(draw.id), commitment=draw.commitment, candidates_hash=draw.candidates_hash, panellists=seated + spares)


def _panellist(member: DrawMember, *, spare: bool) -> pb.Panellist:
    return pb.Panellist(expert_id=str(member.expert_id), name=member.name, unit=member.unit, spare=spare, opinion=member.opinion or "")


def add(runtime: Runtime, server: grpc.aio.Server) -> None:
    """Add this service's servicer to the server."""
    stubs.add_ExpertsServiceServicer_to_server(ExpertsServicer(runtime), server)  # type: ignore[no-untyped-call]

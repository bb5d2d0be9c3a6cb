"""The two peers: directory counts enterprises, experts draws panels; both decide on the user."""

from dataclasses import dataclass
from typing import Any

from longzhi.directory.v1.directory_service_pb2 import CountEnterprisesRequest
from longzhi.directory.v1.directory_service_pb2_grpc import DirectoryServiceStub
from longzhi.experts.v1.experts_service_pb2 import Draw, DrawPanelRequest, GetDrawRequest
from longzhi.experts.v1.experts_service_pb2_grpc import ExpertsServiceStub

from common import rpc
from common.caller import Caller
from planning.rules.plans import Opinions, PanelWish


@dataclass(frozen=True)
class Clients:
    """Stubs of the peers and how long they may take."""

    directory: Any
    experts: Any
    timeout: float


def connect(settings: Any) -> Clients:
    """Channels to the peers; nothing is asked of them yet."""
    directory = DirectoryServiceStub(rpc.channel(settings.directory_rpc_addr))  # type: ignore[no-untyped-call]
    experts = ExpertsServiceStub(rpc.channel(settings.experts_rpc_addr))  # type: ignore[no-untyped-call]
    return Clients(directory, experts, settings.rpc_timeout_seconds)


async def fetch_enterprise_counts(clients: Clients, caller: Caller, product_code: str) -> dict[str, int]:
    """Enterprises in operation that make or sell a product, by the bureau that owns them."""
    asked = CountEnterprisesRequest(region_code=caller.bureau.code, product_code=product_code)
    answer = await rpc.ask(clients.directory.CountEnterprises, asked, caller, clients.timeout)
    return {count.region_code: count.enterprises for count in answer.counts}


async def fetch_panel(clients: Clients, caller: Caller, wish: PanelWish) -> str:
    """Have a panel drawn; the id of the draw. Asking again for the same line gets the same draw."""
    asked = DrawPanelRequest(
        request_id=wish.purpose, pool=wish.pool, purpose=wish.purpose, specialities=wish.specialities, size=wish.size,
        recuse_usccs=wish.recuse_usccs, drawn_on=wish.drawn_on.isoformat(),
    )  # fmt: skip
    answer = await rpc.ask(clients.experts.DrawPanel, asked, caller, clients.timeout)
    return str(answer.draw.draw_id)


async def fetch_opinions(clients: Clients, caller: Caller, draw_id: str) -> Opinions:
    """What the panel of a draw has said so far."""
    answer = await rpc.ask(clients.experts.GetDraw, GetDrawRequest(draw_id=draw_id), caller, clients.timeout)
    return _opinions(answer.draw)


def _opinions(draw: Draw) -> Opinions:
    said = [panellist.opinion for panellist in draw.panellists]
    size = sum(not panellist.spare for panellist in draw.panellists)
    return Opinions(said.count("agree"), said.count("disagree"), said.count("abstain"), size)

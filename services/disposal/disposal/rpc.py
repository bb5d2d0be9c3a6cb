"""gRPC: how far the disposal of a batch is."""

from uuid import UUID

import grpc
from longzhi.disposal.v1 import disposal_service_pb2 as pb
from longzhi.disposal.v1 import disposal_service_pb2_grpc as stubs

from common import rpc
from common.errors import Invalid
from common.runtime import Runtime
from disposal import store
from disposal.models import Leg

READERS = ("officer", "chief", "planner", "approver", "auditor", "credit", "sampler")


class DisposalServicer(stubs.DisposalServiceServicer):
    """Answers in the scope of the user who asks."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime

    async def ListLegs(self, request: pb.ListLegsRequest, context: grpc.aio.ServicerContext) -> pb.ListLegsResponse:
        """The legs of one batch in the caller's reach, as another bureau may see them."""
        async with rpc.unit(self.runtime, context) as (caller, session):
            caller.require(*READERS)
            legs = await store.legs_of_sample(session, _uuid(request.sample_id))
            return pb.ListLegsResponse(legs=[_leg(leg) for leg in legs])


def _uuid(value: str) -> UUID:
    try:
        return UUID(value)
    except ValueError as error:
        raise Invalid("uuid_format", "编号格式不正确", "not a UUID", pointer="/sample_id") from error


def _leg(leg: Leg) -> pb.Leg:
    closed_on = leg.closed_on.isoformat() if leg.closed_on else ""
    return pb.Leg(
        leg_id=str(leg.id), region_code=leg.region_code, party_role=leg.party_role, state=leg.state, due_on=leg.due_on.isoformat(),
        closed_on=closed_on,
    )  # fmt: skip


def add(runtime: Runtime, server: grpc.aio.Server) -> None:
    """Put the servicer on a server."""
    stubs.add_DisposalServiceServicer_to_server(DisposalServicer(runtime), server)  # type: ignore[no-untyped-call]

"""gRPC: whether a batch is public, asked by other services as the user who asked them."""

from uuid import UUID

import grpc
from longzhi.credit.v1 import credit_service_pb2 as pb
from longzhi.credit.v1 import credit_service_pb2_grpc as stubs

from common import rpc
from common.errors import not_found
from common.runtime import Runtime
from credit.models import Record
from credit.schemas import READERS
from credit.store import records as store


class CreditServicer(stubs.CreditServiceServicer):
    """See the contract for what each call answers and refuses."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime

    async def GetPublicity(self, request: pb.GetPublicityRequest, context: grpc.aio.ServicerContext) -> pb.GetPublicityResponse:
        async with rpc.unit(self.runtime, context) as (caller, session):
            caller.require(*READERS)
            found = await store.list_of_sample(session, _uuid(request.sample_id))
            return pb.GetPublicityResponse(records=[_record(each) for each in found])


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise not_found("样品", "sample") from error


def _record(record: Record) -> pb.PublicityRecord:
    due_on = record.due_on.isoformat() if record.due_on else ""
    return pb.PublicityRecord(record_id=str(record.id), party_role=record.party_role, state=record.state, due_on=due_on)


def add(runtime: Runtime, server: grpc.aio.Server) -> None:
    """Add this service's servicer to the server."""
    stubs.add_CreditServiceServicer_to_server(CreditServicer(runtime), server)  # type: ignore[no-untyped-call]

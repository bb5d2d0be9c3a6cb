"""gRPC: what other services ask the directory."""

from datetime import date
from typing import Any

import grpc
from longzhi.directory.v1 import directory_service_pb2 as pb
from longzhi.directory.v1 import directory_service_pb2_grpc as pb_grpc

from common import rpc
from common.errors import Forbidden, Invalid, not_found
from common.region import Region
from common.today import today
from directory.rules import licences as licence_rules
from directory.rules.firms import IN_OPERATION
from directory.store import firms, laboratories, licences

MAX_CODES = 500


class Directory(pb_grpc.DirectoryServiceServicer):
    """Who an enterprise or a laboratory is."""

    def __init__(self, runtime: Any) -> None:
        self.runtime = runtime

    async def ResolveEnterprises(self, request: pb.ResolveEnterprisesRequest, context: Any) -> pb.ResolveEnterprisesResponse:
        """Public identities in the order asked."""
        async with rpc.unit(self.runtime, context) as (_, session):
            if len(request.usccs) > MAX_CODES:
                raise Invalid("list_length", f"一次最多查询 {MAX_CODES} 个代码", f"at most {MAX_CODES} codes")
            found = await firms.resolve(session, list(request.usccs))
            return pb.ResolveEnterprisesResponse(enterprises=[_enterprise(row) for row in found])
        raise AssertionError

    async def ListLicences(self, request: pb.ListLicencesRequest, context: Any) -> pb.ListLicencesResponse:
        """All licences of one USCC with their state on the day."""
        async with rpc.unit(self.runtime, context) as (_, session):
            day = _day(request.on)
            found = await firms.resolve(session, [request.uscc])
            if not found:
                raise not_found("企业", "enterprise")
            rows = await licences.list_of_firm(session, found[0]["enterprise_id"])
            return pb.ListLicencesResponse(licences=[_licence(row, day) for row in rows])
        raise AssertionError

    async def GetLaboratory(self, request: pb.GetLaboratoryRequest, context: Any) -> pb.GetLaboratoryResponse:
        """One laboratory with certificates, newest first, and scope."""
        async with rpc.unit(self.runtime, context) as (_, session):
            row = await laboratories.get_laboratory(session, request.code)
            return await _laboratory(session, row)
        raise AssertionError

    async def ListLaboratories(self, request: pb.ListLaboratoriesRequest, context: Any) -> pb.ListLaboratoriesResponse:
        """Every laboratory with certificates and scope, for a random draw (复检机构名录)."""
        async with rpc.unit(self.runtime, context) as (_, session):
            found = [await _laboratory(session, row) for row in await laboratories.list_laboratories(session, None, MAX_CODES)]
            return pb.ListLaboratoriesResponse(laboratories=found)
        raise AssertionError

    async def CountEnterprises(self, request: pb.CountEnterprisesRequest, context: Any) -> pb.CountEnterprisesResponse:
        """Enterprises in operation by owner, below a region of the caller's scope."""
        async with rpc.unit(self.runtime, context) as (caller, session):
            under = _region(request.region_code)
            if not caller.bureau.covers(under):
                raise Forbidden("region_outside", "查询范围超出本机关辖区", "the region lies outside the caller's scope")
            found = await firms.count_firms(session, under, IN_OPERATION, request.product_code or None)
            return pb.CountEnterprisesResponse(counts=[pb.RegionCount(region_code=code, enterprises=n) for code, n in found])
        raise AssertionError


async def _laboratory(session: Any, row: Any) -> pb.GetLaboratoryResponse:
    held = await laboratories.list_certificates(session, [row.code])
    scope = await laboratories.list_scope(session, row.code)
    return pb.GetLaboratoryResponse(
        code=row.code, name=row.name, scope=[pb.CmaScope(item=s.item, method=s.method) for s in scope],
        certificates=[pb.CmaCertificate(cma_no=c.cma_no, valid_from=str(c.valid_from), valid_to=str(c.valid_to)) for c in held],
    )  # fmt: skip


def _enterprise(row: Any) -> pb.Enterprise:
    names = ("uscc", "name", "region_code", "division_code", "address", "status")
    return pb.Enterprise(enterprise_id=str(row["enterprise_id"]), **{name: row[name] for name in names})


def _licence(row: Any, day: date) -> pb.Licence:
    history = [(date.fromisoformat(since), status) for since, status, _ in row["history"]]
    return pb.Licence(
        kind=row["kind"], number=row["number"], valid_from=str(row["valid_from"]), valid_to=str(row["valid_to"] or ""),
        status=licence_rules.status_on(row["valid_from"], row["valid_to"], history, day),
    )  # fmt: skip


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text) if text else today()
    except ValueError as error:
        raise Invalid("date_format", "日期须写作 YYYY-MM-DD", "dates are written YYYY-MM-DD") from error


def _region(code: str) -> Region:
    try:
        return Region(code)
    except ValueError as error:
        raise Invalid("region_format", "机关代码格式不正确", "not a region code") from error


def add(runtime: Any, server: grpc.aio.Server) -> None:
    """Add the service to a server."""
    pb_grpc.add_DirectoryServiceServicer_to_server(Directory(runtime), server)  # type: ignore[no-untyped-call]

"""gRPC: which task a batch belongs to, and by which schemes a product is judged."""

from typing import Any
from uuid import UUID

import grpc
from longzhi.planning.v1 import planning_service_pb2 as pb
from longzhi.planning.v1 import planning_service_pb2_grpc as stubs

from common import rpc
from common.errors import not_found
from planning import store
from planning.models import Scheme, SchemeItem, Task


class PlanningService(stubs.PlanningServiceServicer):
    """The servicer; the runtime is handed in."""

    def __init__(self, runtime: Any) -> None:
        self.runtime = runtime

    async def GetTask(self, request: pb.GetTaskRequest, context: grpc.aio.ServicerContext) -> pb.GetTaskResponse:
        async with rpc.unit(self.runtime, context) as (_, session):
            task = await store.tasks.get_task(session, _task_id(request.task_id))
            return pb.GetTaskResponse(task=_task(task))

    async def ListSchemes(self, request: pb.ListSchemesRequest, context: grpc.aio.ServicerContext) -> pb.ListSchemesResponse:
        async with rpc.unit(self.runtime, context) as (_, session):
            schemes = await store.schemes.list_published(session, request.product_code)
            items = await store.schemes.items_of(session, [scheme.id for scheme in schemes])
            return pb.ListSchemesResponse(schemes=[_scheme(scheme, items[scheme.id]) for scheme in schemes])


def _task_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise not_found("任务", "task") from error


def _task(task: Task) -> pb.Task:
    return pb.Task(
        task_id=str(task.id), task_no=task.task_no, plan_id=str(task.plan_id), line_id=str(task.line_id), region_code=task.region_code,
        source_region_code=task.source_region_code, programme=task.programme, year=task.year, quarter=task.quarter, product_code=task.product_code,
        laboratory_code=task.laboratory_code, quota=task.quota, stage=task.stage, sampling_due=task.sampling_due.isoformat(),
        test_due=task.test_due.isoformat(),
    )  # fmt: skip


def _scheme(scheme: Scheme, items: list[SchemeItem]) -> pb.Scheme:
    return pb.Scheme(
        scheme_id=str(scheme.id), scheme_no=scheme.scheme_no, version=scheme.version, product_code=scheme.product_code, programme=scheme.programme,
        valid_from=scheme.valid_from.isoformat(), valid_to=scheme.valid_to.isoformat() if scheme.valid_to else "",
        items=[_item(item) for item in items],
    )  # fmt: skip


def _item(item: SchemeItem) -> pb.SchemeItem:
    return pb.SchemeItem(
        item=item.item, methods=item.methods, kind=item.kind, min=item.min or "", max=item.max or "", unit=item.unit or "",
        limit_source=item.limit_source, grade=item.grade, rounding_places=item.rounding_places, microbe_n=item.microbe_n or 0,
        microbe_c=item.microbe_c or 0, microbe_m=item.microbe_m or "", microbe_cap=item.microbe_cap or "",
    )  # fmt: skip


def add(runtime: Any, server: grpc.aio.Server) -> None:
    """Add the servicer to a server."""
    stubs.add_PlanningServiceServicer_to_server(PlanningService(runtime), server)  # type: ignore[no-untyped-call]

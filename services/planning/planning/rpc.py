"""gRPC: which task a batch belongs to, and by which schemes a product is judged."""

from datetime import date
from typing import Any
from uuid import UUID

import grpc
from longzhi.planning.v1 import planning_service_pb2 as pb
from longzhi.planning.v1 import planning_service_pb2_grpc as stubs

from common import rpc
from common.errors import Invalid, not_found
from common.region import Region
from planning import store
from planning.actions.repeats import check_repeat, reserve_check
from planning.models import Scheme, SchemeItem, Task
from planning.rules.repeats import Product


class PlanningService(stubs.PlanningServiceServicer):
    """The servicer; the runtime is handed in."""

    def __init__(self, runtime: Any) -> None:
        self.runtime = runtime

    async def GetTask(self, request: pb.GetTaskRequest, context: grpc.aio.ServicerContext) -> pb.GetTaskResponse:
        async with rpc.unit(self.runtime, context) as (_, session):
            task = await store.tasks.get_task(session, _task_id(request.task_id))
            entries = await store.catalogue.entries_in_force(session, Region(task.source_region_code), task.year, [task.product_code])
            return pb.GetTaskResponse(task=_task(task, entries[-1].product_group if entries else ""))

    async def ListSchemes(self, request: pb.ListSchemesRequest, context: grpc.aio.ServicerContext) -> pb.ListSchemesResponse:
        async with rpc.unit(self.runtime, context) as (_, session):
            schemes = await store.schemes.list_published(session, request.product_code)
            items = await store.schemes.items_of(session, [scheme.id for scheme in schemes])
            return pb.ListSchemesResponse(schemes=[_scheme(scheme, items[scheme.id]) for scheme in schemes])

    async def CheckRepeat(self, request: pb.CheckRepeatRequest, context: grpc.aio.ServicerContext) -> pb.CheckRepeatResponse:
        async with rpc.unit(self.runtime, context) as (caller, session):
            product = Product(request.producer_uscc, request.producer_name, request.standard, request.brand, request.spec)
            on, asking = _asked(request)
            ask = reserve_check if request.reserve else check_repeat
            repeat = await ask(session, caller, product, on, asking)
            if repeat is None:
                return pb.CheckRepeatResponse(found=False)
            checked = repeat.checked
            return pb.CheckRepeatResponse(
                found=True, checked_on=checked.sampled_on.isoformat(), source_region_code=checked.source_region_code, superior=repeat.superior,
                until=repeat.clock.legal.isoformat(),
            )  # fmt: skip


def _asked(request: pb.CheckRepeatRequest) -> tuple[date, tuple[str, UUID | None]]:
    try:
        if request.source_region_code:
            Region(request.source_region_code)
        return date.fromisoformat(request.on), (request.source_region_code, UUID(request.sample_id) if request.sample_id else None)
    except ValueError as error:
        raise Invalid("date_format", "日期、机关或样品编号格式不正确", "day, organiser or sample is malformed") from error


def _task_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise not_found("任务", "task") from error


def _task(task: Task, group: str) -> pb.Task:
    return pb.Task(
        task_id=str(task.id), task_no=task.task_no, plan_id=str(task.plan_id), line_id=str(task.line_id), region_code=task.region_code,
        source_region_code=task.source_region_code, programme=task.programme, year=task.year, quarter=task.quarter, product_code=task.product_code,
        laboratory_code=task.laboratory_code, quota=task.quota, stage=task.stage, sampling_due=task.sampling_due.isoformat(),
        test_due=task.test_due.isoformat(), product_group=group,
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
        min_exclusive=item.min_exclusive, max_exclusive=item.max_exclusive, sum_of=item.sum_of, sum_kind=item.sum_kind or "",
        sum_below=item.sum_below or "",
    )  # fmt: skip


def add(runtime: Any, server: grpc.aio.Server) -> None:
    """Add the servicer to a server."""
    stubs.add_PlanningServiceServicer_to_server(PlanningService(runtime), server)  # type: ignore[no-untyped-call]

"""Other services as sampling asks them, always with the caller's own token; answers that cannot change soon are kept for a minute."""

import asyncio
import re
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key
from longzhi.directory.v1.directory_service_pb2 import (
    GetLaboratoryRequest,
    GetLaboratoryResponse,
    ListLaboratoriesRequest,
    ListLicencesRequest,
)
from longzhi.directory.v1.directory_service_pb2_grpc import DirectoryServiceStub
from longzhi.experts.v1.experts_service_pb2 import DrawPanelRequest
from longzhi.experts.v1.experts_service_pb2_grpc import ExpertsServiceStub
from longzhi.planning.v1.planning_service_pb2 import CheckRepeatRequest, GetTaskRequest, ListSchemesRequest, SchemeItem, Task
from longzhi.planning.v1.planning_service_pb2 import Scheme as TaughtScheme
from longzhi.planning.v1.planning_service_pb2_grpc import PlanningServiceStub

from common import rpc
from common.caller import Caller
from common.errors import NotFound, Refused, Unavailable, not_found
from sampling.rules.decisions import SchemeVersion
from sampling.rules.reinspection_draw import Laboratory
from sampling.rules.report_checks import Cma, cma
from sampling.rules.samples import Programme
from sampling.rules.schemes import PlainItem, build
from sampling.rules.special import Licence, LicenceQuestion, RepeatFound, RepeatQuestion
from sampling.rules.tasks import AssignedTask

KEEP_SECONDS = 60.0
_BLOCK = re.compile(rb"-----BEGIN [A-Z ]+KEY-----.+?-----END [A-Z ]+KEY-----\n?", re.DOTALL)


@dataclass(frozen=True)
class Clients:
    """Stubs, the time allowed, the key file of receipts, and what was asked a moment ago."""

    directory: Any
    planning: Any
    timeout: float
    receipt_key_file: str
    kept: dict[tuple[str, ...], tuple[float, Any]] = field(default_factory=dict)
    experts: Any = None


def connect(settings: Any) -> Clients:
    """Channels to the peers; they connect when first used."""
    directory = DirectoryServiceStub(rpc.channel(settings.directory_rpc_addr))  # type: ignore[no-untyped-call]
    planning = PlanningServiceStub(rpc.channel(settings.planning_rpc_addr))  # type: ignore[no-untyped-call]
    experts = ExpertsServiceStub(rpc.channel(settings.experts_rpc_addr))  # type: ignore[no-untyped-call]
    return Clients(directory, planning, settings.rpc_timeout_seconds, settings.receipt_key_file, experts=experts)


def _recall(clients: Clients, key: tuple[str, ...]) -> Any:
    until, found = clients.kept.get(key, (0.0, None))
    return found if until > time.monotonic() else None


def _keep(clients: Clients, key: tuple[str, ...], found: Any) -> Any:
    if len(clients.kept) > 10_000:
        clients.kept.clear()
    clients.kept[key] = (time.monotonic() + KEEP_SECONDS, found)
    return found


async def fetch_certificates(clients: Clients, caller: Caller) -> tuple[Cma, ...]:
    """The CMA certificates (资质认定) of the calling laboratory, one for each term: a renewed one keeps its number."""
    code = caller.laboratory or ""
    known: tuple[Cma, ...] | None = _recall(clients, ("laboratory", code))
    if known is not None:
        return known
    try:
        answer: GetLaboratoryResponse = await rpc.ask(clients.directory.GetLaboratory, GetLaboratoryRequest(code=code), caller, clients.timeout)
    except NotFound as error:
        raise Refused("laboratory_unknown", "名录中没有本检验机构", "the directory does not know this laboratory") from error
    scope = [(row.item, row.method) for row in answer.scope]
    found = tuple(cma(c.cma_no, _day(c.valid_from), _day(c.valid_to), scope) for c in answer.certificates)
    _keep(clients, ("laboratory", code), found)
    return found


async def fetch_schemes(clients: Clients, caller: Caller, product_codes: Iterable[str]) -> dict[str, list[SchemeVersion]]:
    """All published test schemes of each product; published ones never change."""
    codes = sorted(set(product_codes))
    found = await asyncio.gather(*(_schemes_of(clients, caller, code) for code in codes))
    return dict(zip(codes, found, strict=True))


async def _schemes_of(clients: Clients, caller: Caller, code: str) -> list[SchemeVersion]:
    known: list[SchemeVersion] | None = _recall(clients, ("schemes", code))
    if known is not None:
        return known
    answer = await rpc.ask(clients.planning.ListSchemes, ListSchemesRequest(product_code=code), caller, clients.timeout)
    return list(_keep(clients, ("schemes", code), [_version(scheme) for scheme in answer.schemes]))


def _version(scheme: TaughtScheme) -> SchemeVersion:
    supervision, monitoring = build(_plain(item) for item in scheme.items)
    until = _day(scheme.valid_to) if scheme.valid_to else None
    return SchemeVersion(scheme.scheme_id, scheme.version, _day(scheme.valid_from), until, supervision, monitoring)


def _plain(item: SchemeItem) -> PlainItem:
    return PlainItem(
        item=item.item, methods=tuple(item.methods), kind=item.kind, min=item.min, max=item.max, unit=item.unit, grade=item.grade,
        places=item.rounding_places, microbe=(item.microbe_n, item.microbe_c, item.microbe_m, item.microbe_cap),
        min_exclusive=item.min_exclusive, max_exclusive=item.max_exclusive, sum_of=tuple(item.sum_of), sum_kind=item.sum_kind,
        sum_below=item.sum_below,
    )  # fmt: skip


async def fetch_task(clients: Clients, caller: Caller, task_id: UUID) -> AssignedTask:
    """The task of the caller's own bureau; another bureau's is not there."""
    own = caller.bureau.code
    known: AssignedTask | None = _recall(clients, ("task", own, str(task_id)))
    if known is not None:
        return known
    try:
        answer = await rpc.ask(clients.planning.GetTask, GetTaskRequest(task_id=str(task_id)), caller, clients.timeout)
    except NotFound as error:
        raise not_found("任务", "task") from error
    task: Task = answer.task
    if task.region_code != own:
        raise not_found("任务", "task")
    found = AssignedTask(
        task_id=task_id, task_no=task.task_no, plan_id=UUID(task.plan_id) if task.plan_id else None, region_code=own,
        source_region_code=task.source_region_code, programme=Programme(task.programme), period=f"{task.year}Q{task.quarter}",
        product_code=task.product_code, laboratory_code=task.laboratory_code, quota=task.quota, stage=task.stage, product_group=task.product_group,
    )  # fmt: skip
    _keep(clients, ("task", own, str(task_id)), found)
    return found


async def fetch_licences(clients: Clients, caller: Caller, question: LicenceQuestion) -> list[Licence] | None:
    """The firm's licences with their status on the day, never kept here; None when the directory does not know the firm."""
    request = ListLicencesRequest(uscc=question.uscc, on=question.on.isoformat())
    try:
        answer = await rpc.ask(clients.directory.ListLicences, request, caller, clients.timeout)
    except NotFound:
        return None
    return [Licence(each.kind, each.number, each.status, each.valid_from, each.valid_to) for each in answer.licences]


async def fetch_repeat(clients: Clients, caller: Caller, question: RepeatQuestion) -> RepeatFound | None:
    """The check of the same product that stands in the way of a seal; when there is none planning keeps the product for it (O18 art. 7)."""
    request = CheckRepeatRequest(**(asdict(question) | {"on": question.on.isoformat()}), reserve=True)
    answer = await rpc.ask(clients.planning.CheckRepeat, request, caller, clients.timeout)
    return RepeatFound(_day(answer.checked_on), answer.source_region_code, answer.superior) if answer.found else None


def _day(text: str) -> date:
    return date.fromisoformat(text)


def receipt_key(clients: Clients) -> tuple[str, Ed25519PrivateKey]:
    """The key of receipts with its id: the first of the file."""
    key = receipt_keys(clients)[0]
    if not isinstance(key, Ed25519PrivateKey):
        raise _missing("the file's first key is not a private one")
    return key_id(key), key


def receipt_keys(clients: Clients) -> list[Ed25519PrivateKey | Ed25519PublicKey]:
    """Every key of the file: the one that signs, then those (private or public) whose receipts are still about."""
    known = clients.kept.get(("receipt_key",))
    if known is None:
        try:
            keys = [_pem(block) for block in _BLOCK.findall(Path(clients.receipt_key_file).read_bytes())]
        except (OSError, ValueError) as error:
            raise _missing("it cannot be read") from error
        if not keys or not all(isinstance(key, Ed25519PrivateKey | Ed25519PublicKey) for key in keys):
            raise _missing("it is not Ed25519")
        known = clients.kept[("receipt_key",)] = (0.0, keys)
    return list(known[1])


def _pem(block: bytes) -> Any:
    return load_pem_public_key(block) if b"PUBLIC" in block else load_pem_private_key(block, password=None)


def _missing(why: str) -> Unavailable:
    return Unavailable("receipt_key_missing", "回执签名密钥不可用", f"the key that signs receipts: {why}")


def key_id(key: Ed25519PrivateKey | Ed25519PublicKey) -> str:
    """Short stable id of a key: its public half."""
    return str(public_key(key)["x"])[:16]


def public_key(key: Ed25519PrivateKey | Ed25519PublicKey) -> dict[str, Any]:
    """The public half as a JWK."""
    half = key.public_key() if isinstance(key, Ed25519PrivateKey) else key
    return dict(jwt.algorithms.OKPAlgorithm.to_jwk(half, as_dict=True))


async def fetch_laboratories(clients: Clients, caller: Caller) -> list[Laboratory]:
    """Every laboratory of the directory with its certificates and scope, for the draw of a re-inspection."""
    answer = await rpc.ask(clients.directory.ListLaboratories, ListLaboratoriesRequest(), caller, clients.timeout)
    return [
        Laboratory(one.code, one.name, tuple(
            cma(c.cma_no, _day(c.valid_from), _day(c.valid_to), [(row.item, row.method) for row in one.scope]) for c in one.certificates
        ))
        for one in answer.laboratories
    ]  # fmt: skip


async def draw_panel(clients: Clients, caller: Caller, request: DrawPanelRequest) -> UUID:
    """A panel of experts for an objection; the same request id gives the same draw."""
    answer = await rpc.ask(clients.experts.DrawPanel, request, caller, clients.timeout)
    return UUID(answer.draw.draw_id)

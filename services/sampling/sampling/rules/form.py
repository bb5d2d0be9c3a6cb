"""The sampling form (抽样单) as the rules see it: the core rows of domain §2.3.1 and §2.3.2 marked R."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from sampling.rules.samples import Programme, Stage


class SampleOrigin(StrEnum):
    """Origin of the sample (样品来源)."""

    BOUGHT = "外购"
    OWN = "加工自制"
    CONSIGNED = "委托生产"
    OTHER = "其他"


class ControlType(StrEnum):
    """Control of an industrial product (监管类别)."""

    LICENCE = "生产许可证"
    CCC = "CCC"
    NONE = "无"


class ReservePlace(StrEnum):
    """Where the reserve sample is sealed (备样封存地点)."""

    LABORATORY = "检验机构"
    PARTY = "受检单位"


class TaskCategory(StrEnum):
    """Purpose of a food task (检验目的/任务类别)."""

    SUPERVISION = "监督抽检"
    RISK_MONITORING = "风险监测"
    MONITORING = "抽检监测"
    EVALUATION = "评价性抽检"


@dataclass(frozen=True, slots=True)
class FormParty:
    """A firm on the form; `/` stands where the convention allows 不适用. `division` is its actual place, six characters."""

    name: str
    uscc: str
    division: str
    address: str
    legal_person: str = "/"
    contact: str = "/"
    phone: str = "/"
    licence_no: str = "/"


@dataclass(frozen=True, slots=True)
class Sampler:
    """One person who samples (抽样人员)."""

    code: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """One sampling form; a producer or consigner that does not apply is None."""

    programme: Programme
    sample_no: str
    task_no: str
    task_source: str
    stage: Stage
    venue: str
    party: FormParty
    producer: FormParty | None
    samplers: tuple[Sampler, ...]
    sampling_body: str
    sample_name: str
    brand: str
    model_spec: str
    lot_no: str
    grade: str
    standard: str
    produced_on: date | None
    sampled_on: date
    base: Decimal
    quantity: Decimal
    reserve: Decimal
    unit: str
    unit_price: Decimal
    consigner: FormParty | None = None
    platform: FormParty | None = None
    origin: SampleOrigin = SampleOrigin.OTHER
    expires_on: date | None = None
    task_category: TaskCategory = TaskCategory.SUPERVISION
    reserve_reason: str = ""
    reserve_place: ReservePlace = ReservePlace.LABORATORY
    control_type: ControlType = ControlType.NONE
    certificate_no: str = "/"
    remark: str = ""

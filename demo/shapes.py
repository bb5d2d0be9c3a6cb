"""The shapes that the demonstration hands around; frozen, so that a province cannot drift while it is played."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Division:
    """One row of the public code table (行政区划)."""

    code: str
    name: str
    level: str
    parent_code: str
    population: int


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """One entry of the provincial key-product catalogue (监管目录条目)."""

    code: str
    name: str
    group: str
    licence_kind: str
    licence_prefix: str | None


@dataclass(frozen=True, slots=True)
class SchemeItem:
    """One item of a test scheme with its limit; numbers stay strings, as they go over the wire."""

    item: str
    methods: tuple[str, ...]
    kind: str
    min: str | None
    max: str | None
    unit: str | None
    lod: str | None
    lod_unit: str | None
    limit_source: str
    grade: str
    rounding_places: int
    comparison: str
    low: str
    high: str
    plan: tuple[int, int, str, str] | None


@dataclass(frozen=True, slots=True)
class Scheme:
    """One version of a test scheme (实施细则), in force for goods produced in its period."""

    scheme_no: str
    version: int
    product_code: str
    name: str
    standard: str
    valid_from: date
    valid_to: date | None
    programme: str
    items: tuple[SchemeItem, ...]

    def is_in_force(self, produced_on: date) -> bool:
        """Whether goods of this production date (生产日期) are judged by this version."""
        return self.valid_from <= produced_on and (self.valid_to is None or produced_on <= self.valid_to)


@dataclass(frozen=True, slots=True)
class Goods:
    """What a sampler finds of one product: names, specifications, amounts."""

    names: tuple[str, ...]
    specs: tuple[str, ...]
    unit: str
    quantity: str
    reserve: str
    price_fen: tuple[int, int]
    age_days: tuple[int, int]
    grade: str


@dataclass(frozen=True, slots=True)
class Laboratory:
    """A laboratory (承检机构) with its CMA certificate and the products of its scope."""

    code: str
    name: str
    report_prefix: str
    cma_no: str
    valid_from: date
    valid_to: date
    division_code: str
    address: str
    phone: str
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PlanLine:
    """One line of the plan (计划条目)."""

    line_no: str
    catalogue_code: str | None
    scheme_no: str
    quarter: int
    batches: int
    stage: str
    venue_tags: tuple[str, ...]
    sampling_due: date
    test_due: date
    laboratory_codes: tuple[str, ...]
    priority: bool
    risky: bool
    reason: str | None


@dataclass(frozen=True, slots=True)
class Licence:
    """A licence or certificate (许可证、CCC) with its state."""

    kind: str
    number: str
    valid_from: date
    valid_to: date
    status: str

    def covers(self, day: date) -> bool:
        """Whether it was good on that day."""
        return self.status == "有效" and self.valid_from <= day <= self.valid_to


@dataclass(frozen=True, slots=True)
class Enterprise:
    """An enterprise (企业); `premises` are divisions of actual places, the first decides the bureau."""

    uscc: str
    name: str
    kind: str
    legal_person: str
    division_code: str
    address: str
    premises: tuple[str, ...]
    phone: str
    size: str
    industry: str
    risk_grade: str
    status: str
    products: tuple[str, ...]
    licences: tuple[tuple[str, Licence], ...]
    trade: str
    brands: tuple[str, ...]

    def licence_for(self, code: str) -> Licence | None:
        """The newest licence held for one catalogue code."""
        held = [licence for product, licence in self.licences if product == code]
        return held[-1] if held else None


@dataclass(frozen=True, slots=True)
class Expert:
    """An expert of one of the three pools (专家库)."""

    expert_no: str
    pool: str
    name: str
    sex: str
    birth_year: int
    unit: str
    unit_uscc: str
    title: str
    specialities: tuple[str, ...]
    discipline: str
    interests: tuple[str, ...]
    region_code: str
    phone: str
    term_from: date
    term_to: date
    certificate_until: date | None
    state: str


@dataclass(frozen=True, slots=True)
class Province:
    """Everything of the demonstration province that one seed makes."""

    seed: int
    divisions: tuple[Division, ...]
    catalogue: tuple[CatalogueEntry, ...]
    schemes: tuple[Scheme, ...]
    goods: dict[str, Goods]
    laboratories: tuple[Laboratory, ...]
    plan: tuple[PlanLine, ...]
    enterprises: tuple[Enterprise, ...]
    outside: tuple[Enterprise, ...]
    experts: tuple[Expert, ...]


@dataclass(frozen=True, slots=True)
class Task:
    """A task (任务) as planning assigns it: so many batches of one line in one bureau, tested by one laboratory."""

    task_id: str
    region_code: str
    catalogue_code: str
    quarter: int
    quota: int
    laboratory_code: str
    stage: str = "流通"
    venue_tags: tuple[str, ...] = ()
    programme: str = "产品"
    scheme_no: str = ""


@dataclass(frozen=True, slots=True)
class Party:
    """A firm as it stands on a sampling form (抽样单)."""

    name: str
    uscc: str
    division_code: str
    address: str
    legal_person: str
    contact: str
    phone: str


@dataclass(frozen=True, slots=True)
class ItemResult:
    """One item row of a report (检验项目)."""

    spec: SchemeItem
    result: str
    judgement: str
    method: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchPlan:
    """One batch (批次), from the shelf to the signed report: all that a player needs to fill the forms."""

    sequence: int
    task: Task
    sample_no: str
    seal_no: str
    stage: str
    venue: str
    relation: str
    sampled_party: Party
    producer: Party
    consignor: Party | None
    scheme: Scheme
    product_name: str
    brand: str
    spec: str
    lot_no: str
    grade: str
    produced_on: date
    control_type: str
    certificate_no: str
    unit_price_fen: int
    base_quantity: str
    quantity: str
    reserve_quantity: str
    unit: str
    reserve_place: str
    sampled_on: date
    samplers: tuple[tuple[str, str], ...]
    sampling_body: str
    received_on: date
    tested_from: date
    tested_to: date
    issued_on: date
    laboratory: Laboratory
    report_no: str
    testers: tuple[str, str, str]
    items: tuple[ItemResult, ...]
    verdict: str

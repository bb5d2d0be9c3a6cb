"""The sampling form (抽样单) as it comes in and goes out, seals, endings and receipts."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from common.caller import Caller
from common.strict import Day, Fen, Line, Paragraph, Quantity, Schema
from sampling.actions.custody import ReceiptResult
from sampling.actions.samples import Draft, Ending
from sampling.models import Sample
from sampling.rules.custody import AbsenceReason, Arrival, RefusalReason, Seals
from sampling.rules.receipt import RejectionReason
from sampling.rules.samples import SampleState
from sampling.rules.stored import form_from, list_liable

StageIn = Literal["生产", "流通", "餐饮"]
ProgrammeIn = Literal["产品", "食品"]
StateIn = Literal[
    "PLANNED", "NOT_SAMPLED", "REFUSED", "STOPPED_ILLEGAL", "SAMPLED", "IN_TRANSIT", "SAMPLE_REJECTED", "RECEIVED", "TESTING", "TEST_IMPOSSIBLE",
    "REPORTED", "CONFORMING", "NON_CONFORMING", "PROBLEM", "NOTIFIED", "OBJECTED", "REINSPECTING", "FINAL", "PUBLISHABLE",
]  # fmt: skip
Division = Annotated[Line, Field(pattern=r"^[1-9][0-9]{5}$", description="所在地行政区划代码")]


class PartyIn(Schema):
    """A firm on the form (单位); `/` stands for 不适用."""

    name: Line = Field(description="单位名称")
    uscc: Line = Field(description="统一社会信用代码")
    division_code: Division
    address: Line = Field(description="实际地址")
    legal_person: Line = Field("/", description="法定代表人(负责人)")
    contact: Line = Field("/", description="联系人")
    phone: Line = Field("/", description="电话")
    licence_no: Line = Field("/", description="许可证号")


class ProductIn(Schema):
    """What is sampled (样品)."""

    name: Line = Field(description="样品名称")
    brand: Line = Field("/", description="商标")
    spec: Line = Field("/", description="规格型号")
    production_date: Day | None = Field(None, description="生产日期")
    lot_no: Line = Field("/", description="批号")
    grade: Line = Field("/", description="质量等级")
    standard: Line = Field("/", description="执行标准")
    catalogue_code: Line | None = Field(None, description="产品编码,须与任务一致")
    control_type: Literal["生产许可证", "CCC", "无"] = Field("无", description="监管类别")
    certificate_no: Line = Field("/", description="证书编号")
    unit_price_fen: Fen = 0
    expires_on: Day | None = Field(None, description="限用日期")


class FoodIn(Schema):
    """What only the food form asks (食品附加项)."""

    food_class: list[Line] = Field([], max_length=4, description="食品大类、亚类、次亚类、细类")
    task_category: Literal["监督抽检", "风险监测", "抽检监测", "评价性抽检"] = Field("监督抽检", description="检验目的")
    sample_type: Line | None = Field(None, description="样品类型")
    storage: Line | None = Field(None, description="储存条件")
    shelf_life: Line | None = Field(None, description="保质期")
    packing: Line | None = Field(None, description="样品包装")


class SamplerIn(Schema):
    """One sampler (抽样人员)."""

    name: Line
    certificate_no: Line = Field(description="证件编号")


class SampleIn(Schema):
    """The sampling form (抽样单): core fields of both programmes."""

    programme: ProgrammeIn
    task_id: UUID
    sample_no: Annotated[Line, Field(max_length=40)] | None = Field(None, description="食品:国家系统编号;产品:由平台生成,不填")
    stage: StageIn
    sampled_party: PartyIn = Field(description="被抽样单位")
    producer: PartyIn | None = Field(None, description="标称生产者")
    consignor: PartyIn | None = Field(None, description="委托方")
    product: ProductIn
    food: FoodIn | None = None
    quantity: Quantity = Field(description="抽样数量,含备样")
    reserve_quantity: Quantity = Field(description="备样数量")
    base_quantity: Quantity = Field(description="抽样基数")
    unit: Annotated[Line, Field(max_length=20)]
    reserve_place: Literal["检验机构", "受检单位"] = Field("检验机构", description="备样封存地点")
    reserve_reason: Annotated[Paragraph, Field(max_length=300)] = Field("", description="无备样的原因")
    origin: Literal["外购", "加工自制", "委托生产", "其他"] = Field("其他", description="样品来源")
    sampled_on: Day
    samplers: list[SamplerIn] = Field(max_length=10, description="抽样人员,不少于2名")
    officers: list[Line] = Field([], max_length=10, description="监管人员执法证号")
    place: Line = Field(description="抽样地点")
    sampling_body: Line | None = Field(None, description="抽样单位名称,不填为本局")
    remark: Annotated[Paragraph, Field(max_length=500)] = ""

    def to_draft(self) -> Draft:
        return Draft(self.model_dump(mode="json", exclude={"sample_no"}), self.task_id, self.sample_no)


class SealIn(Schema):
    """Seals (封样)."""

    sealed_on: Day
    seal_no: Annotated[Line, Field(max_length=60)] = Field(description="检样封条编号")
    reserve_seal_no: Annotated[Line, Field(max_length=60)] | None = Field(None, description="备样封条编号")

    def to_seals(self) -> Seals:
        return Seals(self.sealed_on, self.seal_no, self.reserve_seal_no)


class RefusalIn(Schema):
    """A refusal (拒绝抽样认定)."""

    on: Day
    reason: RefusalReason
    note: Paragraph = ""

    def to_ending(self) -> Ending:
        return Ending(SampleState.REFUSED, self.on, self.reason.value, self.note)


class AbsenceIn(Schema):
    """Nothing to sample (未抽到样品)."""

    on: Day
    reason: AbsenceReason
    note: Paragraph = ""

    def to_ending(self) -> Ending:
        return Ending(SampleState.NOT_SAMPLED, self.on, self.reason.value, self.note)


Check = Literal["ok", "fault"]


class ChecksIn(Schema):
    """The check list at arrival (检查封样记录)."""

    seal: Check = Field(description="封条")
    packing: Check = Field(description="包装")
    quantity: Check = Field(description="数量")
    information: Check = Field(description="样品与抽样单信息")
    storage: Check = Field(description="储运条件")


class ReceiptIn(Schema):
    """Receipt at the laboratory (接样)."""

    received_on: Day
    checks: ChecksIn
    decision: Literal["accept", "reject"]
    reasons: list[RejectionReason] = Field([], max_length=7, description="拒收原因")

    def to_arrival(self) -> Arrival:
        ticked = {name: value == "ok" for name, value in self.checks.model_dump().items()}
        reasons = tuple(reason.value for reason in self.reasons)
        return Arrival(received_on=self.received_on, accept=self.decision == "accept", reasons=reasons, **ticked)


class BatchReceiptIn(ReceiptIn):
    """One receipt of many."""

    sample_id: UUID


class ReceiptsIn(Schema):
    """Up to 500 receipts in one call."""

    receipts: list[BatchReceiptIn] = Field(min_length=1, max_length=500)


class FaultOut(Schema):
    """One fault with its pointer."""

    code: str
    pointer: str
    detail: str


class ReceiptResultOut(Schema):
    """What became of one receipt: done, unchanged or refused."""

    sample_id: UUID
    status: Literal["done", "unchanged", "refused"]
    state: str | None
    problems: list[FaultOut]

    @classmethod
    def of(cls, result: ReceiptResult, english: bool) -> "ReceiptResultOut":
        faults = [FaultOut(code=p.code, pointer=p.pointer, detail=p.en if english else p.zh) for p in result.problems]
        return cls.model_validate({"sample_id": result.sample_id, "status": result.status, "state": result.state, "problems": faults})


class ReceiptsOut(Schema):
    """Results in the order of the call."""

    results: list[ReceiptResultOut]


class LiableOut(Schema):
    """A party that answers for the batch (责任主体)."""

    role: str
    name: str
    uscc: str
    division_code: str
    address: str


class SampleOut(Schema):
    """A batch (批次). Laboratories work blind: for them `form` has no parties and no persons, and `parties` is empty."""

    id: UUID
    region_code: str
    source_region_code: str
    task_id: UUID
    plan_id: UUID | None
    programme: str
    sample_no: str
    product_code: str
    product_name: str
    stage: str
    sampled_on: date
    laboratory_code: str | None
    place_region_code: str
    period: str
    state: str
    sealed_on: date | None
    seal_no: str | None
    reserve_seal_no: str | None
    received_on: date | None
    receipt: dict[str, Any] | None
    ended_on: date | None
    ended_reason: str | None
    ended_note: str | None
    effective_report_id: UUID | None
    revision: int
    created_at: datetime
    updated_at: datetime
    form: dict[str, Any]
    parties: list[LiableOut]

    @classmethod
    def of(cls, sample: Sample, caller: Caller) -> "SampleOut":
        blind = caller.region is None
        parties = [] if blind else [LiableOut.model_validate(party) for party in list_liable(form_from(sample.form))]
        own = caller.region is not None and caller.region.code == sample.region_code
        shown = sample.form if own else _blind(sample.form) if blind else _masked(sample.form)
        plain = {name: getattr(sample, name, None) for name in cls.model_fields}
        return cls.model_validate(plain | {"form": shown, "parties": parties})


_PARTIES, _PERSONS = ("sampled_party", "producer", "consignor"), ("samplers", "officers", "sampling_body", "place", "remark")


def _blind(form: dict[str, Any]) -> dict[str, Any]:
    """Product and sample identity only (盲样)."""
    return {name: value for name, value in form.items() if name not in (*_PARTIES, *_PERSONS)}


def _masked(form: dict[str, Any]) -> dict[str, Any]:
    """Other bureaus see the parties, not their telephones in full."""
    return form | {name: form[name] | {"phone": mask(form[name]["phone"])} for name in _PARTIES if form.get(name)}


def mask(number: str) -> str:
    """The first three and the last two characters of a personal number."""
    return number if len(number) < 6 else f"{number[:3]}{'*' * (len(number) - 5)}{number[-2:]}"

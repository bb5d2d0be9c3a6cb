"""The sampling form (抽样单) as it comes in and goes out."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from common.caller import Caller
from common.strict import Schema
from sampling.models import Sample
from sampling.rules.personal import masked_form
from sampling.rules.stored import form_from, list_liable

StageIn = Literal["生产", "流通", "餐饮"]
ProgrammeIn = Literal["产品", "食品"]
StateIn = Literal[
    "PLANNED", "NOT_SAMPLED", "REFUSED", "STOPPED_ILLEGAL", "SAMPLED", "IN_TRANSIT", "SAMPLE_REJECTED", "RECEIVED", "TESTING", "TEST_IMPOSSIBLE",
    "REPORTED", "CONFORMING", "NON_CONFORMING", "PROBLEM", "NOTIFIED", "OBJECTED", "REINSPECTING", "FINAL", "PUBLISHABLE", "ANALYSED", "PUBLISHED",
    "CREDIT_EXPORTED", "ARCHIVED",
]  # fmt: skip


class FaultOut(Schema):
    """One fault with its pointer."""

    code: str
    pointer: str
    detail: str


class LiableOut(Schema):
    """A party that answers for the batch (责任主体)."""

    role: str
    name: str
    uscc: str
    division_code: str
    address: str


class SampleOut(Schema):
    """A batch (批次). Personal fields of `form` are masked; laboratories work blind: for them it has no parties and no persons."""

    id: UUID
    region_code: str
    source_region_code: str
    task_id: UUID
    plan_id: UUID | None
    programme: str
    sample_no: str
    product_code: str
    product_name: str
    party_name: str
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
    final_conclusion: str | None = Field(description="最终结论:UPHELD 维持(含期限届满无异议),OVERTURNED、NOT_OWN_PRODUCT、REINSPECTION_ENDED")
    concluded_on: date | None = Field(description="结论确定的日期")
    revision: int
    created_at: datetime
    updated_at: datetime
    form: dict[str, Any]
    parties: list[LiableOut]

    @classmethod
    def of(cls, sample: Sample, caller: Caller) -> "SampleOut":
        blind = caller.region is None
        parties = [] if blind else [LiableOut.model_validate(party) for party in list_liable(form_from(sample.form))]
        shown = _blind(sample.form) if blind else masked_form(sample.form)  # forms from before the sealing hold clear values
        plain = {name: getattr(sample, name, None) for name in cls.model_fields}
        return cls.model_validate(plain | {"form": shown, "parties": parties} | ({"party_name": ""} if blind else {}))


# What would tell a laboratory whose sample it is, or who took it.
_HIDDEN = frozenset({
    "sampled_party", "producer", "consignor", "samplers", "officers", "sampling_body", "place", "remark", "team", "online", "purchase",
    "market",
})  # fmt: skip


def _blind(form: dict[str, Any]) -> dict[str, Any]:
    """Product and sample identity only (盲样)."""
    return {name: value for name, value in form.items() if name not in _HIDDEN}

"""The sampling form as it is kept (抽样单): one shape for the API's body, the stored document and the rules' `Form`."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec

from sampling.rules.form import ControlType, Form, FormParty, ReservePlace, SampleOrigin, Sampler, TaskCategory
from sampling.rules.numbers import NOT_APPLICABLE
from sampling.rules.parties import PartyRole, liable_parties
from sampling.rules.problem import Problem
from sampling.rules.samples import Programme, Stage

SLASH = NOT_APPLICABLE


class Firm(msgspec.Struct, frozen=True):
    """A firm on the form (单位)."""

    name: str
    uscc: str
    division_code: str
    address: str
    legal_person: str = SLASH
    contact: str = SLASH
    phone: str = SLASH
    licence_no: str = SLASH

    @property
    def division(self) -> str:
        return self.division_code


class Product(msgspec.Struct, frozen=True):
    """What was sampled (受检产品、样品)."""

    name: str
    brand: str = SLASH
    spec: str = SLASH
    production_date: date | None = None
    lot_no: str = SLASH
    grade: str = SLASH
    standard: str = SLASH
    catalogue_code: str | None = None
    control_type: str = ControlType.NONE.value
    certificate_no: str = SLASH
    unit_price_fen: int = 0
    expires_on: date | None = None


class Person(msgspec.Struct, frozen=True):
    """One sampler (抽样人员)."""

    name: str
    certificate_no: str


class Food(msgspec.Struct, frozen=True):
    """What only the food form asks (食品抽样单附加项)."""

    task_category: str = TaskCategory.SUPERVISION.value


class StoredForm(msgspec.Struct, frozen=True, kw_only=True):
    """The stored document; a tolerant reader, the API has checked it before."""

    programme: str
    stage: str
    sampled_party: Firm
    producer: Firm | None = None
    consignor: Firm | None = None
    product: Product
    food: Food | None = None
    quantity: Decimal
    reserve_quantity: Decimal
    base_quantity: Decimal
    unit: str
    reserve_place: str = ReservePlace.LABORATORY.value
    reserve_reason: str = ""
    origin: str = SampleOrigin.OTHER.value
    sampled_on: date
    samplers: tuple[Person, ...]
    place: str
    sampling_body: str | None = None

    @property
    def produced_on(self) -> date | None:
        return self.product.production_date

    @property
    def is_monitoring(self) -> bool:
        """Risk monitoring finds problems, not non-conformity (风险监测, O15 art. 41)."""
        return self.food is not None and self.food.task_category == TaskCategory.RISK_MONITORING


class Liable(NamedTuple):
    """A liable firm as events, notices and grants name it; `role` is seller, producer or consignor."""

    role: str
    name: str
    uscc: str
    division_code: str
    address: str


_ROLES = {
    PartyRole.SELLER: "seller",
    PartyRole.CATERER: "seller",
    PartyRole.PRODUCER: "producer",
    PartyRole.CONSIGNER: "consignor",
    PartyRole.PLATFORM: "platform",
}
_POINTERS = {
    "party": "/sampled_party",
    "consigner": "/consignor",
    "sample_name": "/product/name",
    "brand": "/product/brand",
    "model_spec": "/product/spec",
    "lot_no": "/product/lot_no",
    "grade": "/product/grade",
    "standard": "/product/standard",
    "produced_on": "/product/production_date",
    "expires_on": "/product/expires_on",
    "control_type": "/product/control_type",
    "certificate_no": "/product/certificate_no",
    "unit_price": "/product/unit_price_fen",
    "base": "/base_quantity",
    "reserve": "/reserve_quantity",
    "venue": "/place",
    "task_no": "/task_id",
    "task_source": "/task_id",
    "task_category": "/food/task_category",
}
_DOCUMENT = msgspec.json.Decoder(StoredForm)


def read_form(document: str | bytes) -> StoredForm:
    """The stored JSON text as a form."""
    return _DOCUMENT.decode(document)


def form_from(document: dict[str, Any]) -> StoredForm:
    """A form from plain JSON data."""
    return msgspec.convert(document, StoredForm)


def rules_form(stored: StoredForm, sample_no: str, task_no: str, source: str) -> Form:
    """The form as the checks of the trade want it."""
    product, category = stored.product, stored.food.task_category if stored.food else TaskCategory.SUPERVISION.value
    return Form(
        programme=Programme(stored.programme), sample_no=sample_no, task_no=task_no, task_source=source, stage=Stage(stored.stage),
        venue=stored.place, party=_party(stored.sampled_party), producer=_party(stored.producer) if stored.producer else None,
        samplers=tuple(Sampler(person.certificate_no, person.name) for person in stored.samplers),
        sampling_body=stored.sampling_body or source, sample_name=product.name, brand=product.brand, model_spec=product.spec,
        lot_no=product.lot_no, grade=product.grade, standard=product.standard, produced_on=product.production_date,
        sampled_on=stored.sampled_on, base=stored.base_quantity, quantity=stored.quantity, reserve=stored.reserve_quantity,
        unit=stored.unit, unit_price=Decimal(product.unit_price_fen) / 100, consigner=_party(stored.consignor) if stored.consignor else None,
        origin=SampleOrigin(stored.origin), expires_on=product.expires_on, task_category=TaskCategory(category),
        reserve_reason=stored.reserve_reason, reserve_place=ReservePlace(stored.reserve_place),
        control_type=ControlType(product.control_type), certificate_no=product.certificate_no,
    )  # fmt: skip


def _party(firm: Firm) -> FormParty:
    return FormParty(
        firm.name, firm.uscc, firm.division_code, firm.address, firm.legal_person, firm.contact, firm.phone, firm.licence_no
    )  # fmt: skip


class _Parties(NamedTuple):
    """Only what says who answers: building the whole form for every report of a push would cost more than judging it."""

    stage: Stage
    party: Firm
    producer: Firm | None
    consigner: Firm | None
    platform: Firm | None = None


def list_liable(stored: StoredForm) -> tuple[Liable, ...]:
    """Who answers for the batch, the sampled party first (domain.md trap 3)."""
    producer, consignor = stored.producer, stored.consignor
    told = _Parties(Stage(stored.stage), stored.sampled_party, producer, consignor)
    firms = {PartyRole.PRODUCER: producer, PartyRole.CONSIGNER: consignor}
    found = []
    for party in liable_parties(told):
        firm = stored.sampled_party if party.sampled else firms.get(party.role)
        if firm is not None:
            uscc = "" if firm.uscc == SLASH else firm.uscc
            found.append(Liable(_ROLES[party.role], firm.name, uscc, firm.division_code, firm.address))
    return tuple(found)


def in_api_words(problems: Iterable[Problem]) -> list[Problem]:
    """Problems of the rules' form with pointers into the API's body."""
    return [_renamed(problem) for problem in problems]


def _renamed(problem: Problem) -> Problem:
    head, *rest = problem.pointer.removeprefix("/").split("/")
    tail = "".join("/" + ("division_code" if part == "division" else part) for part in rest)
    return Problem(problem.code, _POINTERS.get(head, f"/{head}") + tail, problem.zh, problem.en)

"""The sampling form, receipt, states, numbers, social credit codes, liable parties."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from stdnum.cn import uscc as stdnum_uscc

from sampling.rules import (
    NEXT,
    ControlType,
    Form,
    FormParty,
    Level,
    PartyRole,
    Programme,
    Receipt,
    RejectionReason,
    ReservePlace,
    SampleOrigin,
    Sampler,
    SampleState,
    Sealed,
    Stage,
    TaskCategory,
    check_form,
    check_move,
    check_receipt,
    check_uscc,
    is_sample_no,
    is_uscc,
    liable_parties,
    product_no,
)

TODAY = date(2021, 5, 1)
SELLER = FormParty("城关区某建材店", "91620102MA700000XE", "620102", "兰州市城关区某路1号")
PRODUCER = FormParty("肃州区某板业公司", "91620902MA7100000G", "620902", "酒泉市肃州区某路2号")
CONSIGNER = FormParty("嘉峪关某家居公司", "91620200MA72000015", "620200", "嘉峪关市某路3号")
NOBODY = FormParty("/", "/", "/", "/")
FORM = Form(
    programme=Programme.PRODUCT,
    sample_no="SCP21620100A00100042",
    task_no="T-1",
    task_source="甘肃省市场监督管理局",
    stage=Stage.CIRCULATION,
    venue="专业市场",
    party=SELLER,
    producer=PRODUCER,
    samplers=(Sampler("S1", "抽样员丁"), Sampler("S2", "抽样员戊")),
    sampling_body="甘肃某质检院",
    sample_name="刨花板",
    brand="/",
    model_spec="1220×2440×18mm",
    lot_no="/",
    grade="E1",
    standard="GB 18580-2017",
    produced_on=date(2021, 3, 1),
    sampled_on=date(2021, 4, 15),
    base=Decimal(100),
    quantity=Decimal(6),
    reserve=Decimal(3),
    unit="张",
    unit_price=Decimal("85.00"),
)
FOOD = replace(FORM, programme=Programme.FOOD, sample_no="XBJ21620102270100123ZX", venue="超市")


def test_a_right_form_has_no_problem() -> None:
    assert check_form(FORM, TODAY) == ()
    assert check_form(FOOD, TODAY) == ()


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"samplers": ()}, ("samplers_count", "/samplers")),
        ({"samplers": FORM.samplers[:1]}, ("samplers_count", "/samplers")),
        ({"samplers": (FORM.samplers[0],) * 2}, ("samplers_count", "/samplers")),
        ({"samplers": (*FORM.samplers, FORM.samplers[0])}, ("samplers_count", "/samplers")),
        ({"samplers": (FORM.samplers[0], Sampler("S1 ", "别名"))}, ("samplers_count", "/samplers")),
        ({"samplers": (FORM.samplers[0], Sampler("", "戊"))}, ("sampler_unnamed", "/samplers/1")),
        ({"sample_no": "SCP1"}, ("sample_no_format", "/sample_no")),
        ({"party": replace(SELLER, uscc="91620102MA700000X0")}, ("uscc_check", "/party/uscc")),
        ({"party": replace(SELLER, uscc="/")}, ("uscc_shape", "/party/uscc")),
        ({"party": replace(SELLER, division="6201")}, ("division_format", "/party/division")),
        ({"producer": None}, ("field_required", "/producer")),
        ({"origin": SampleOrigin.CONSIGNED}, ("field_required", "/consigner")),
        ({"stage": Stage.PRODUCTION}, ("producer_differs", "/producer/uscc")),
        ({"sampled_on": date(2021, 5, 2)}, ("date_future", "/sampled_on")),
        ({"produced_on": date(2021, 5, 2)}, ("date_future", "/produced_on")),
        ({"produced_on": date(2021, 4, 16)}, ("date_order", "/produced_on")),
        ({"expires_on": date(2021, 2, 1)}, ("date_order", "/expires_on")),
        ({"quantity": Decimal(0), "reserve": Decimal(-1)}, ("quantity_positive", "/quantity")),
        ({"quantity": Decimal("NaN")}, ("number_grammar", "/quantity")),
        ({"base": Decimal(5)}, ("base_below_quantity", "/base")),
        ({"unit_price": Decimal(-1)}, ("price_negative", "/unit_price")),
        ({"reserve": Decimal(6)}, ("reserve_quantity", "/reserve")),
        ({"reserve": Decimal(-1)}, ("reserve_quantity", "/reserve")),
        ({"reserve": Decimal(0)}, ("reserve_reason", "/reserve_reason")),
        ({"control_type": ControlType.LICENCE}, ("certificate_format", "/certificate_no")),
        ({"control_type": ControlType.CCC, "certificate_no": "1"}, ("certificate_format", "/certificate_no")),
    ],
)
def test_a_wrong_form_is_told_with_its_place(change: dict[str, Any], problem: tuple[str, str]) -> None:
    assert problem in [(p.code, p.pointer) for p in check_form(replace(FORM, **change), TODAY)]


@pytest.mark.parametrize(
    "change",
    [
        {"party": replace(SELLER, uscc="/"), "producer": NOBODY},
        {"producer": None, "stage": Stage.CATERING, "produced_on": None},
        {"reserve": Decimal(0), "task_category": TaskCategory.RISK_MONITORING},
        {"reserve": Decimal(0), "reserve_reason": "微生物样品不备份"},
    ],
)
def test_food_practice_is_accepted(change: dict[str, Any]) -> None:
    assert check_form(replace(FOOD, **change), TODAY) == ()


def test_a_food_reserve_stays_at_the_laboratory() -> None:
    form = replace(FOOD, reserve_place=ReservePlace.PARTY)
    assert [p.code for p in check_form(form, TODAY)] == ["reserve_place"]
    assert check_form(replace(FORM, reserve_place=ReservePlace.PARTY), TODAY) == ()


@pytest.mark.parametrize(
    ("control", "number"),
    [
        (ControlType.LICENCE, "XK16-204-00001"),
        (ControlType.LICENCE, "(甘)XK16-204-00001"),
        (ControlType.LICENCE, "（甘）XK16-204-00001"),
        (ControlType.CCC, "2021010105000001"),
        (ControlType.NONE, "/"),
    ],
)
def test_certificates_in_use_are_accepted(control: ControlType, number: str) -> None:
    assert check_form(replace(FORM, control_type=control, certificate_no=number), TODAY) == ()


@pytest.mark.parametrize(
    ("stage", "producer", "consigner", "parties"),
    [
        (Stage.CIRCULATION, PRODUCER, None, [(PartyRole.SELLER, SELLER), (PartyRole.PRODUCER, PRODUCER)]),
        (
            Stage.CIRCULATION,
            PRODUCER,
            CONSIGNER,
            [(PartyRole.SELLER, SELLER), (PartyRole.PRODUCER, PRODUCER), (PartyRole.CONSIGNER, CONSIGNER)],
        ),
        (Stage.CIRCULATION, NOBODY, None, [(PartyRole.SELLER, SELLER)]),
        (Stage.CIRCULATION, None, None, [(PartyRole.SELLER, SELLER)]),
        (Stage.CIRCULATION, SELLER, None, [(PartyRole.PRODUCER, SELLER)]),
        (Stage.CIRCULATION, replace(SELLER, uscc="/"), None, [(PartyRole.PRODUCER, SELLER)]),
        (Stage.CIRCULATION, PRODUCER, PRODUCER, [(PartyRole.SELLER, SELLER), (PartyRole.PRODUCER, PRODUCER)]),
        (
            Stage.CIRCULATION,
            replace(PRODUCER, name=SELLER.name),
            None,
            [(PartyRole.SELLER, SELLER), (PartyRole.PRODUCER, replace(PRODUCER, name=SELLER.name))],
        ),
        (Stage.CATERING, NOBODY, None, [(PartyRole.CATERER, SELLER)]),
        (Stage.CATERING, PRODUCER, None, [(PartyRole.CATERER, SELLER), (PartyRole.PRODUCER, PRODUCER)]),
        (Stage.PRODUCTION, SELLER, None, [(PartyRole.PRODUCER, SELLER)]),
        (Stage.PRODUCTION, None, CONSIGNER, [(PartyRole.PRODUCER, SELLER), (PartyRole.CONSIGNER, CONSIGNER)]),
    ],
)
def test_liable_parties(stage: Stage, producer: FormParty | None, consigner: FormParty | None, parties: list[tuple[PartyRole, FormParty]]) -> None:
    liable = liable_parties(replace(FORM, stage=stage, producer=producer, consigner=consigner))
    assert [(p.role, p.name, p.uscc, p.division) for p in liable] == [(role, firm.name, firm.uscc, firm.division) for role, firm in parties]
    assert [p.sampled for p in liable] == [True] + [False] * (len(parties) - 1)


def test_an_online_platform_answers_too() -> None:
    liable = liable_parties(replace(FORM, platform=CONSIGNER))
    assert [p.role for p in liable] == [PartyRole.SELLER, PartyRole.PRODUCER, PartyRole.PLATFORM]


SEALED = Sealed(date(2021, 4, 15), Decimal(6), "F-001", date(2021, 6, 1))
RECEIPT = Receipt(date(2021, 4, 19), True, True, Decimal(6), True, True, True, True, "F-001", True)


def test_a_right_receipt_has_no_problem() -> None:
    assert check_receipt(RECEIPT, SEALED, TODAY) == ()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"seal_intact": False}, RejectionReason.SEAL_BROKEN),
        ({"reserve_sealed": False}, RejectionReason.SEAL_BROKEN),
        ({"packing_intact": False}, RejectionReason.PACKING_BROKEN),
        ({"quantity": Decimal(5)}, RejectionReason.QUANTITY_SHORT),
        ({"information_matches": False}, RejectionReason.INFORMATION_DIFFERS),
        ({"seal_number": "F-002"}, RejectionReason.INFORMATION_DIFFERS),
        ({"storage_right": False}, RejectionReason.STORAGE_WRONG),
        ({"papers_complete": False}, RejectionReason.PAPERS_MISSING),
        ({"received_on": date(2021, 6, 2)}, RejectionReason.EXPIRED),
    ],
)
def test_a_faulty_sample_must_be_rejected_with_its_reason(change: dict[str, Any], reason: RejectionReason) -> None:
    faulty, today = replace(RECEIPT, **change), date(2021, 7, 1)
    assert [p.code for p in check_receipt(faulty, SEALED, today)] == ["receipt_must_reject"]
    assert check_receipt(replace(faulty, accepted=False, reasons=(reason,)), SEALED, today) == ()
    wrong = RejectionReason.EXPIRED if reason is not RejectionReason.EXPIRED else RejectionReason.SEAL_BROKEN
    for reasons in ((), (wrong,)):
        refused = check_receipt(replace(faulty, accepted=False, reasons=reasons), SEALED, today)
        assert [(p.code, p.pointer) for p in refused] == [("receipt_reasons", "/reasons")]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"received_on": date(2021, 4, 14)}, "date_order"),
        ({"received_on": date(2021, 5, 2)}, "date_future"),
        ({"reasons": (RejectionReason.EXPIRED,)}, "receipt_reasons"),
    ],
)
def test_a_receipt_that_cannot_be_is_refused(change: dict[str, Any], code: str) -> None:
    assert [p.code for p in check_receipt(replace(RECEIPT, **change), SEALED, TODAY)] == [code]


@pytest.mark.parametrize(
    ("now", "to", "allowed"),
    [
        (SampleState.PLANNED, SampleState.SAMPLED, True),
        (SampleState.PLANNED, SampleState.RECEIVED, False),
        (SampleState.SAMPLED, SampleState.REPORTED, False),
        (SampleState.IN_TRANSIT, SampleState.SAMPLE_REJECTED, True),
        (SampleState.SAMPLE_REJECTED, SampleState.RECEIVED, False),
        (SampleState.RECEIVED, SampleState.REPORTED, True),
        (SampleState.REPORTED, SampleState.NON_CONFORMING, True),
        (SampleState.CONFORMING, SampleState.NOTIFIED, False),
        (SampleState.NON_CONFORMING, SampleState.FINAL, False),
        (SampleState.NON_CONFORMING, SampleState.NOTIFIED, True),
        (SampleState.FINAL, SampleState.NON_CONFORMING, False),
    ],
)
def test_a_batch_moves_only_along_the_table(now: SampleState, to: SampleState, allowed: bool) -> None:
    assert [p.code for p in check_move(now, to)] == ([] if allowed else ["sample_state"])


def test_every_state_has_its_row_and_can_be_reached() -> None:
    assert set(NEXT) == set(SampleState)
    assert set().union(*NEXT.values()) | {SampleState.PLANNED} == set(SampleState)


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("SCP21620100A00100042", True),
        ("GC1600333159", True),
        ("DC19130400463233437", True),
        ("GBJ25000000001839023ZX", True),
        ("XBJ21620102270100123", True),
        ("SCP21620100a00100042", False),
        ("ACP21620100A00100042", False),
        ("SCP21620100A0010004", False),
        ("G1234567890", False),
        ("GC123456789", False),
        ("GC１２３４５６７８９０", False),
        ("GC1600333159\n", False),
        ("", False),
    ],
)
def test_sample_numbers(text: str, known: bool) -> None:
    assert is_sample_no(text) is known


def test_a_product_number_is_built_as_the_contract_shows() -> None:
    number = product_no(Level.PROVINCE, 2021, "620100", "A001", 42)
    assert number == "SCP21620100A00100042"
    assert is_sample_no(number)


@pytest.mark.parametrize(
    ("year", "division", "body", "serial"),
    [
        (1999, "620100", "A001", 1),
        (2021, "6201", "A001", 1),
        (2021, "620100", "a001", 1),
        (2021, "620100", "A001", 0),
        (2021, "620100", "A001", 100_000),
        (2021, "６２0100", "A001", 1),
    ],
)
def test_a_product_number_is_not_built_from_nonsense(year: int, division: str, body: str, serial: int) -> None:
    with pytest.raises(ValueError, match="no product number"):
        product_no(Level.COUNTY, year, division, body, serial)


VALID = ["91620102MA700000XE", "91620902MA7100000G", "91620200MA72000015", "91621002MA7300002R", "91110000600037341L"]


@pytest.mark.parametrize("text", VALID)
def test_valid_social_credit_codes_are_accepted(text: str) -> None:
    assert is_uscc(text)
    assert stdnum_uscc.is_valid(text)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("91620102ma700000xe", "uscc_shape"),
        (" 91620102MA700000XE", "uscc_shape"),
        ("91620102MA700000X", "uscc_shape"),
        ("91620102MO700000XE", "uscc_shape"),
        ("９1620102MA700000XE", "uscc_shape"),
        ("94620102MA700000XE", "uscc_class"),
        ("81620102MA700000XE".replace("81", "82", 1), "uscc_class"),
        ("91990102MA700000XE", "uscc_division"),
        ("9162010AMA700000XE", "uscc_division"),
        ("91620102MA700000XF", "uscc_check"),
        ("91620120MA700000XE", "uscc_check"),
        ("91620102MA70000011", "uscc_body_check"),
    ],
)
def test_a_bad_social_credit_code_says_which_part_is_wrong(text: str, code: str) -> None:
    if code == "uscc_body_check":
        text = text[:17] + stdnum_uscc.calc_check_digit(text[:17])
    assert [(p.code, p.pointer) for p in check_uscc(text, "/uscc")] == [(code, "/uscc")]


def test_every_single_slip_in_a_social_credit_code_is_seen() -> None:
    alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    for place in range(18):
        slips = [VALID[0][:place] + c + VALID[0][place + 1 :] for c in alphabet if c != VALID[0][place]]
        assert not any(is_uscc(slip) for slip in slips)

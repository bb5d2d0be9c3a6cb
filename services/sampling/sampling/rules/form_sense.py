"""What the fields of a form say together (抽样单逻辑校验), and the one function that asks everything about a form."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from itertools import pairwise

from sampling.rules.field import Document, is_given, value_at
from sampling.rules.form_checks import check_form
from sampling.rules.form_needs import check_description, check_venue
from sampling.rules.identifiers import check_barcode, check_id_number, check_sc
from sampling.rules.problem import Problem
from sampling.rules.stored import StoredForm, in_api_words, rules_form
from sampling.rules.uscc import check_uscc

_SHANGHAI = timezone(timedelta(hours=8))
_TIMES = (("ordered_at", "下单时间"), ("paid_at", "支付时间"), ("signed_at", "签收时间"))


def check_document(document: Document, form: StoredForm, number: str, today: date) -> list[Problem]:
    """Every fault of a form, each once: its description, the rules between fields, and what the fields say together."""
    faults = [
        *check_description(document),
        *check_venue(document),
        *in_api_words(check_form(rules_form(form, number, "-", form.sampling_body or "-"), today)),
        *_check_identifiers(document),
        *_check_goods(document),
        *_check_time(document, form.sampled_on),
        *_check_oil(document, form.sampled_on),
        *_check_online(document, form.sampled_on),
    ]
    return list({(fault.code, fault.pointer): fault for fault in faults}.values())


def _check_identifiers(document: Document) -> Iterator[Problem]:
    licence = value_at(document, "/producer/licence_no")
    if is_given(licence) and licence.startswith("SC"):
        yield from check_sc(licence, "/producer/licence_no")
    for pointer, check in (
        ("/sampled_party/id_no", check_id_number),
        ("/product/barcode", check_barcode),
        ("/online/platform_uscc", check_uscc),
        ("/market/uscc", check_uscc),
    ):
        value = value_at(document, pointer)
        if is_given(value):
            yield from check(value, pointer)


def _check_goods(document: Document) -> Iterator[Problem]:
    """Goods not for sale or for export on the buyer's own terms are not sampled (O18 art. 17); food for export only neither."""
    if value_at(document, "/product/for_sale") is False:
        zh = "未经检验合格待销的产品不得抽样（《产品质量监督抽查管理暂行办法》第十七条）"
        yield Problem("product_not_for_sale", "/product/for_sale", zh, "goods that are not for sale are not sampled (O18 art. 17)")
    if value_at(document, "/product/exported") is True:
        zh = "仅供出口的产品不得抽样（《产品质量监督抽查管理暂行办法》第十七条）"
        yield Problem("product_for_export", "/product/exported", zh, "goods for export are not sampled (O18 art. 17)")
    if value_at(document, "/food/exported") is True:
        yield Problem("product_for_export", "/food/exported", "专供出口的食品不抽样", "food for export only is not sampled")


def _check_time(document: Document, sampled_on: date) -> Iterator[Problem]:
    at = _moment(document, "/sampled_at")
    if at is not None and at.date() != sampled_on:
        yield Problem("date_mismatch", "/sampled_at", f"抽样时间与抽样日期 {sampled_on} 不是同一天", "not on the day of sampling")


def _check_oil(document: Document, sampled_on: date) -> Iterator[Problem]:
    filled, residue, capacity = (value_at(document, f"/oil/{name}") for name in ("tank_filled_on", "residue", "tank_capacity"))
    if filled is not None and date.fromisoformat(filled) > sampled_on:
        yield Problem("date_order", "/oil/tank_filled_on", "油品进罐日期晚于抽样日期", "the tank was filled after sampling")
    if residue is not None and capacity is not None and Decimal(residue) > Decimal(capacity):
        yield Problem("residue_above_capacity", "/oil/residue", "前罐内余量大于总罐容量", "the residue is above the tank's capacity")


def _check_online(document: Document, sampled_on: date) -> Iterator[Problem]:
    """Ordered, paid, signed for, then opened by two others than the buyer (domain §2.3.5)."""
    if document.get("online") is None:
        return
    times = [(name, label, _moment(document, f"/online/{name}")) for name, label in _TIMES]
    known = [(name, label, at) for name, label, at in times if at is not None]
    for (_, before, first), (name, label, second) in pairwise(known):
        if second < first:
            yield Problem("date_order", f"/online/{name}", f"{label}早于{before}", f"{name} lies before the step ahead of it")
    signed = _moment(document, "/online/signed_at")
    if signed is not None and sampled_on < signed.date():
        yield Problem("date_order", "/sampled_on", "抽样日期(拆封)早于签收时间", "opened before it was signed for")
    buyers = {person["certificate_no"] for person in value_at(document, "/online/buyers") or ()}
    openers = [person["certificate_no"] for person in value_at(document, "/online/unpackers") or ()]
    if len(set(openers)) != len(openers):
        yield Problem("unpackers_count", "/online/unpackers", "拆封人员重复", "the same person twice among those who unpack")
    for place, number in enumerate(openers):
        if number in buyers:
            yield Problem("buyer_unpacks", f"/online/unpackers/{place}", "买样人员不得同时担任拆封人员", "the buyer does not unpack")


def _moment(document: Document, pointer: str) -> datetime | None:
    value = value_at(document, pointer)
    return datetime.fromisoformat(value).astimezone(_SHANGHAI) if value is not None else None

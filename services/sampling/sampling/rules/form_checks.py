"""Rules between the fields of a sampling form (抽样单), for both programmes; pointers use the field names of `Form`.

What one field needs alone (filled, `/`, length, list) is said by its description in `fields` and asked in `form_needs`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from common.region import DIVISION
from sampling.rules.form import ControlType, Form, FormParty, ReservePlace, SampleOrigin, TaskCategory
from sampling.rules.numbers import NOT_APPLICABLE
from sampling.rules.problem import Problem, shown
from sampling.rules.samples import Programme, Stage, check_sample_no
from sampling.rules.uscc import check_uscc

SAMPLERS = 2
_DIVISION = re.compile(rf"(?!0){DIVISION}")
_LICENCE = re.compile(r"(?:[(（]?[\u4e00-\u9fa5][)）]?)?XK[0-9]{2}-[0-9]{3}-[0-9]{5}")
_CCC = re.compile(r"[0-9]{16}")


def check_form(form: Form, today: date) -> tuple[Problem, ...]:
    """Every problem of the form before it can be sealed (O18 arts. 15-18, O15 arts. 14-20)."""
    return (
        *check_sample_no(form.sample_no),
        *check_samplers(form),
        *_check_parties(form),
        *_check_dates(form, today),
        *_check_amounts(form),
        *_check_reserve(form),
        *_check_certificate(form),
    )


def check_samplers(form: Form) -> tuple[Problem, ...]:
    """At least two different persons (`samplers_count`): O18 art. 15, O15 art. 14."""
    unnamed = [index for index, sampler in enumerate(form.samplers) if not (sampler.code.strip() and sampler.name.strip())]
    if unnamed:
        pointer = f"/samplers/{unnamed[0]}"
        return (Problem("sampler_unnamed", pointer, "抽样人员须有编号和姓名", "a sampler needs a code and a name"),)
    codes = {sampler.code.strip() for sampler in form.samplers}
    if len(codes) >= SAMPLERS and len(codes) == len(form.samplers):
        return ()
    article = "《产品质量监督抽查管理暂行办法》第十五条" if form.programme is Programme.PRODUCT else "《食品安全抽样检验管理办法》第十四条"
    zh = f"抽样人员不得少于{SAMPLERS}名且不得重复（{article}）"
    return (Problem("samplers_count", "/samplers", zh, f"at least {SAMPLERS} different samplers are required"),)


def _check_parties(form: Form) -> Iterator[Problem]:
    # An itinerant food seller may have no code, and labels of products often do not print the producer's.
    at_producer = form.stage is Stage.PRODUCTION
    yield from _check_party(form.party, "/party", may_lack_uscc=form.programme is Programme.FOOD and not at_producer)
    if form.producer is not None:
        yield from _check_party(form.producer, "/producer", may_lack_uscc=not at_producer)
    elif not (at_producer or form.programme is Programme.FOOD):
        yield Problem("field_required", "/producer", "标称生产单位必填", "the labelled producer is required")
    if form.consigner is not None:
        yield from _check_party(form.consigner, "/consigner", may_lack_uscc=True)
    elif form.origin is SampleOrigin.CONSIGNED:
        yield Problem("field_required", "/consigner", "委托生产的须填委托方", "a consigned product names its consigner")
    if form.platform is not None:
        yield from _check_party(form.platform, "/platform", may_lack_uscc=False)
    if at_producer and form.producer is not None and form.producer.uscc not in (form.party.uscc, NOT_APPLICABLE):
        zh = "生产环节抽样时，生产单位应与被抽样单位一致"
        yield Problem("producer_differs", "/producer/uscc", zh, "at the producer's, sampled party and producer are one")


def _check_party(party: FormParty, pointer: str, *, may_lack_uscc: bool) -> Iterator[Problem]:
    if party.name.strip() == NOT_APPLICABLE and pointer == "/producer" and may_lack_uscc:
        return  # `/` for farm produce and catering: no producer is labelled
    if not (may_lack_uscc and party.uscc == NOT_APPLICABLE):
        yield from check_uscc(party.uscc, f"{pointer}/uscc")
    if not _DIVISION.fullmatch(party.division):
        zh = f"所在地行政区划「{shown(party.division)}」须为6位代码"
        yield Problem("division_format", f"{pointer}/division", zh, "no division code (six digits; the last two of a zone may be letters)")


def _check_dates(form: Form, today: date) -> Iterator[Problem]:
    if form.sampled_on > today:
        zh = f"抽样日期（{form.sampled_on}）晚于今日（{today}）"
        yield Problem("date_future", "/sampled_on", zh, "sampled in the future")
    produced = form.produced_on
    if produced is not None and produced > today:
        zh = f"生产日期（{produced}）晚于今日（{today}）"
        yield Problem("date_future", "/produced_on", zh, "produced in the future")
    elif produced is not None and produced > form.sampled_on:
        zh = f"生产日期（{produced}）晚于抽样日期（{form.sampled_on}）"
        yield Problem("date_order", "/produced_on", zh, "produced after it was sampled")
    if produced is not None and form.expires_on is not None and form.expires_on < produced:
        yield Problem("date_order", "/expires_on", "限用日期早于生产日期", "expires before it was produced")


def _check_amounts(form: Form) -> Iterator[Problem]:
    for name, label in (
        ("base", "抽样基数"),
        ("quantity", "抽样数量"),
        ("reserve", "备样数量"),
        ("unit_price", "单价"),
    ):
        if not getattr(form, name).is_finite():
            yield Problem("number_grammar", f"/{name}", f"{label}不是数值", f"{name} is not a number")
            return
    if form.quantity <= 0:
        yield Problem("quantity_positive", "/quantity", "抽样数量须大于零", "the quantity must be above zero")
    if form.base < form.quantity:
        yield Problem("base_below_quantity", "/base", "抽样基数小于抽样数量", "the base is below the quantity")
    if form.unit_price < 0:
        yield Problem("price_negative", "/unit_price", "单价不得为负", "the unit price is negative")


def _check_reserve(form: Form) -> Iterator[Problem]:
    """Reserve below quantity; none only outside supervision sampling or with a reason (domain §2.3.1)."""
    if not (form.reserve.is_finite() and form.quantity.is_finite()):
        return
    if form.reserve < 0 or form.reserve >= form.quantity:
        zh = "备样数量须不为负且小于抽样数量"
        yield Problem("reserve_quantity", "/reserve", zh, "the reserve must be below the quantity and not negative")
    is_supervision = form.programme is Programme.PRODUCT or form.task_category is TaskCategory.SUPERVISION
    if form.reserve == 0 and is_supervision and not form.reserve_reason.strip():
        yield Problem("reserve_reason", "/reserve_reason", "监督抽检无备样须写明原因", "no reserve needs a reason")
    if form.programme is Programme.FOOD and form.reserve_place is not ReservePlace.LABORATORY:
        yield Problem("reserve_place", "/reserve_place", "食品备样须存于承检机构", "a food reserve stays at the laboratory")


def _check_certificate(form: Form) -> Iterator[Problem]:
    """A controlled industrial product names its licence or CCC certificate (监管类别、证书编号; O18 art. 29)."""
    if form.programme is Programme.FOOD or form.control_type is ControlType.NONE:
        return
    shape = _LICENCE if form.control_type is ControlType.LICENCE else _CCC
    if not shape.fullmatch(form.certificate_no):
        zh = f"{form.control_type.value}编号「{shown(form.certificate_no)}」格式不符"
        yield Problem("certificate_format", "/certificate_no", zh, "not a number of this kind of certificate")

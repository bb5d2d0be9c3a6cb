"""The form is signed and the seals are set (封样): what the day itself may still forbid is asked of directory and planning."""

import asyncio
from dataclasses import asdict
from datetime import date
from typing import Any
from uuid import UUID

from longzhi.sampling.v1.events_pb2 import SampleSealed

from common import audit, outbox
from common.caller import Caller
from common.clocks import LIMITS, due, national_calendar, render
from common.db import Session
from common.region import Region
from sampling.actions.facts import SAMPLE_TOPIC, batch_facts, refuse_act, refuse_input
from sampling.actions.happened import moment, record_event, refuse_with_proof
from sampling.actions.reserve import make_reserve
from sampling.actions.special import Occasion, tell
from sampling.clients import Clients, fetch_licences, fetch_repeat
from sampling.models import Sample
from sampling.rules.custody import Seals, check_seals
from sampling.rules.problem import Problem
from sampling.rules.samples import Programme, SampleState, check_move
from sampling.rules.special import Circumstances, RepeatFound, check_circumstances, check_licences, licence_question, repeat_question
from sampling.rules.stored import StoredForm, form_from
from sampling.store import samples as store


async def seal_sample(session: Session, clients: Clients, caller: Caller, sample_id: UUID, sealing: tuple[Seals, Circumstances, date]) -> Sample:
    """From now on the assigned laboratory sees the sample (O18 arts. 18-26, O15 arts. 14-19)."""
    seals, told, today = sealing
    sample = await store.lock_own(session, sample_id, caller.bureau.code)
    refuse_act(check_move(SampleState[sample.state], SampleState.SAMPLED, Programme(sample.programme)))
    form = form_from(sample.form)
    refuse_input([*check_seals(seals, form, today), *check_circumstances(told, form, sample.form)])
    await _ask_peers(clients, caller, sample, form, told)
    sample.state, sample.laboratory_code = SampleState.SAMPLED.name, sample.assigned_laboratory
    sample.sealed_on, sample.seal_no, sample.reserve_seal_no = seals.sealed_on, seals.seal_no, seals.reserve_seal_no
    store.touch(sample)
    make_reserve(session, sample, form, sample.form)
    _tell(session, sample, form, told, caller)
    await store.flush(session, sample)
    return sample


def _tell(session: Session, sample: Sample, form: StoredForm, told: Circumstances, caller: Caller) -> None:
    sealed_on = sample.sealed_on or form.sampled_on
    audit.record(session, caller.bureau, "sample.seal", sample.id, {"sealed_on": sealed_on, "seal_no": sample.seal_no})
    outbox.record(session, SAMPLE_TOPIC, SampleSealed(batch=batch_facts(sample, form)), owner=caller.bureau, key=sample.id)
    if told.is_special:
        record_event(session, sample, "seal", moment(sealed_on), asdict(told), actor=caller.subject, laboratory=False)
    online: dict[str, Any] = sample.form.get("online") or {}
    if online.get("platform_division_code"):
        words = {name: online.get(name) for name in ("platform_name", "shop_name", "url", "order_no")}
        platform = Region.of_division(online["platform_division_code"]).code
        tell(session, sample, form, Occasion("online", moment(sealed_on), None, words), [("platform", platform)])


async def _ask_peers(clients: Clients, caller: Caller, sample: Sample, form: StoredForm, told: Circumstances) -> None:
    """Licences on the day (directory) and the six months (planning), side by side; nothing is asked where the rule does not apply."""
    question = licence_question(form, sample.form)
    product = repeat_question(told, form, sample.form, (sample.source_region_code, str(sample.id)))
    licences, repeat = await asyncio.gather(
        _nothing() if question is None else fetch_licences(clients, caller, question),
        _nothing() if product is None else fetch_repeat(clients, caller, product),
    )
    if question is not None:
        offer = f"可办理终止抽样：POST /v1/samples/{sample.id}/stop"
        refuse_with_proof(check_licences(question, licences), (offer,))
    if repeat is not None:
        _refuse_repeat(repeat)


async def _nothing() -> None:
    return None


def _refuse_repeat(repeat: RepeatFound) -> None:
    clock = due(LIMITS["P01"], repeat.checked_on, national_calendar())
    who = f"上级部门（{repeat.source_region_code}）" if repeat.superior else "本部门"
    zh = (
        f"{who}已于 {repeat.checked_on} 抽查过同一生产者同一标准、商标、规格型号的产品，六个月内（至 {clock.legal}）不得重复抽查"
        "（《产品质量监督抽查管理暂行办法》第七条）"
    )
    en = f"the same product was checked on {repeat.checked_on}; not again until {clock.legal} has passed (Order 18 art. 7)"
    refuse_with_proof([Problem("repeat_within_six_months", "/product", zh, en)], tuple(render(clock.proof).splitlines()))

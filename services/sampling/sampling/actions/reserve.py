"""The reserve sample (备样): made with the seals, held during a dispute, ended only after its date (O15 arts. 25, 33; O18 arts. 33, 39)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from uuid_utils.compat import uuid7

from common import audit
from common.caller import Caller
from common.db import Session
from common.errors import Forbidden, not_found
from common.region import Region
from sampling.actions.happened import moment, record_event, refuse_with_proof
from sampling.models import ReserveSample, Sample
from sampling.rules.form import ReservePlace
from sampling.rules.problem import Problem
from sampling.rules.reserve import (
    BY_PARTY,
    Conclusion,
    Held,
    Keeping,
    LossCause,
    ReserveState,
    check_end,
    check_reserve_move,
    expiry_of,
    keeping_of,
    unusable,
)
from sampling.rules.samples import Programme, SampleState
from sampling.rules.stored import StoredForm
from sampling.store import reserve as store


@dataclass(frozen=True, slots=True)
class Terms:
    """A handing over to the re-inspection laboratory (备样移交): day, laboratory, seal as found, photos of its state."""

    on: date
    laboratory: str
    seal_no: str
    seal_intact: bool = True
    photos: Sequence[str] = ()
    carrier: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """A reserve with its date as it stands today."""

    row: ReserveSample
    keeping: Keeping | None


def make_reserve(session: Session, sample: Sample, form: StoredForm, document: Mapping[str, Any]) -> None:
    """With the seals the reserve becomes a thing of its own; online it is bought, else a product's is given free (O18 arts. 21, 26)."""
    if form.reserve_quantity <= 0:
        return
    at_laboratory = form.reserve_place == ReservePlace.LABORATORY
    reserve = ReserveSample(
        id=uuid7(), region_code=sample.region_code, sample_id=sample.id, laboratory_code=sample.laboratory_code, programme=sample.programme,
        place=form.reserve_place, keeper=sample.assigned_laboratory if at_laboratory else form.reserve_place, seal_no=sample.reserve_seal_no or "",
        quantity=form.reserve_quantity, unit=form.unit, free=form.programme == Programme.PRODUCT and not document.get("online"),
        expires_on=expiry_of(form, document), state=ReserveState.KEPT.name,
        holds=[], revision=1,
    )  # fmt: skip
    store.add(session, reserve)


async def show_reserve(session: Session, sample_id: UUID) -> Shown:
    """The reserve and until when it is kept, counted from the effective report."""
    row = await store.show_reserve(session, sample_id)
    return Shown(row, await _keeping(session, row))


async def find_shown(session: Session, sample_id: UUID) -> Shown | None:
    """The same, where there is a reserve."""
    row = await store.find_reserve(session, sample_id)
    return None if row is None else Shown(row, await _keeping(session, row))


async def _keeping(session: Session, row: ReserveSample) -> Keeping | None:
    found = await store.find_conclusion(session, row.sample_id)
    if found is None:
        return None
    return keeping_of(Programme(row.programme), Conclusion(found.verdict, found.issued_on, found.objection_until), row.expires_on)


async def _held(session: Session, row: ReserveSample) -> Held:
    state = await store.state_of(session, row.sample_id)
    return Held(
        state=ReserveState[row.state], programme=Programme(row.programme), free=row.free, expires_on=row.expires_on, holds=row.holds,
        sample_state=SampleState[state] if state else SampleState.REINSPECTING, seal_intact=(row.transfer or {}).get("seal_intact", True),
        loss=row.ended_reason if row.state == ReserveState.LOST.name else None,
    )  # fmt: skip


async def hold(session: Session, sample: Sample, reason: str) -> ReserveSample | None:
    """No destruction from now on (异议、复检期间); None when the batch has no reserve."""
    row = await store.lock_reserve(session, sample.id, sample.region_code, None)
    if row is not None and reason not in row.holds:
        row.holds = [*row.holds, reason]
        store.touch(row)
        audit.record(session, Region(row.region_code), "reserve.hold", row.id, {"reason": reason})
    return row


async def release(session: Session, sample: Sample, reason: str | None = None) -> ReserveSample | None:
    """The dispute is over: this reason (or every one) no longer holds the reserve."""
    row = await store.lock_reserve(session, sample.id, sample.region_code, None)
    if row is not None and row.holds:
        row.holds = [] if reason is None else [held for held in row.holds if held != reason]
        store.touch(row)
        audit.record(session, Region(row.region_code), "reserve.release", row.id, {"reason": reason or "", "left": row.holds})
    return row


async def is_usable(session: Session, sample: Sample, on: date) -> Problem | None:
    """Why a re-inspection cannot use the reserve on the day; None when it can (O15 art. 31, O18 art. 39)."""
    row = await store.find_reserve(session, sample.id)
    return unusable(None if row is None else await _held(session, row), on)


async def was_taken_by_party(session: Session, sample: Sample) -> bool:
    """Whether the party moved, sold or damaged it: then the first conclusion is final (O18 art. 39)."""
    row = await store.find_reserve(session, sample.id)
    return row is not None and row.state == ReserveState.LOST.name and row.ended_reason in {cause.value for cause in BY_PARTY}


async def transfer(session: Session, caller: Caller, sample: Sample, terms: Terms) -> ReserveSample:
    """Send the reserve to the re-inspection laboratory, which sees it from now on; the first one no longer does (O15 arts. 33-34)."""
    row = await _lock(session, sample.id, caller)
    problem = unusable(await _held(session, row), terms.on)
    refuse_with_proof([problem] if problem else check_reserve_move(ReserveState[row.state], ReserveState.IN_TRANSIT))
    if terms.seal_no != row.seal_no:
        wrong = Problem("reserve_seal", "/seal_no", "封条编号与备样不符", "the seal number is not the reserve's")
        refuse_with_proof([wrong])
    told = {
        "from": row.keeper, "laboratory": terms.laboratory, "on": terms.on.isoformat(), "seal_no": terms.seal_no, "seal_intact": terms.seal_intact,
        "photos": list(terms.photos), "carrier": terms.carrier,
    }  # fmt: skip
    row.state, row.transfer, row.keeper, row.laboratory_code = ReserveState.IN_TRANSIT.name, told, terms.laboratory, terms.laboratory
    _note(session, row, "transfer", (terms.on, told), caller)
    await session.flush()
    return row


async def arrive(session: Session, caller: Caller, sample_id: UUID, terms: Terms) -> Shown:
    """The re-inspection laboratory (or the bureau for it) confirms that the reserve came, and how its seal was (F12, F13 run from here)."""
    row = await _lock(session, sample_id, caller)
    refuse_with_proof(check_reserve_move(ReserveState[row.state], ReserveState.TRANSFERRED))
    intact = terms.seal_intact and terms.seal_no == row.seal_no
    row.state = ReserveState.TRANSFERRED.name
    row.transfer = (row.transfer or {}) | {"arrived_on": terms.on.isoformat(), "seal_found": terms.seal_no, "seal_intact": intact}
    _note(session, row, "arrival", (terms.on, {"seal_no": terms.seal_no, "seal_intact": intact, "photos": list(terms.photos)}), caller)
    await session.flush()
    return Shown(row, await _keeping(session, row))


async def end(session: Session, caller: Caller, sample_id: UUID, to: ReserveState, told: tuple[date, str]) -> Shown:
    """Destroy the reserve or give it back, after its date and never during a dispute."""
    on, note = told
    row = await _lock(session, sample_id, caller)
    keeping = await _keeping(session, row)
    refuse_with_proof(check_end(to, await _held(session, row), keeping, on), keeping.proof if keeping else ())
    return await _finish(session, caller, row, to, (on, note))


async def lose(session: Session, caller: Caller, sample_id: UUID, cause: LossCause, told: tuple[date, str]) -> Shown:
    """The reserve is gone (灭失); by the party's doing the first conclusion stands (O18 art. 39)."""
    row = await _lock(session, sample_id, caller)
    refuse_with_proof(check_reserve_move(ReserveState[row.state], ReserveState.LOST))
    record_event(session, row, "loss_note", moment(told[0]), {"note": told[1]}, actor=caller.subject, sample_id=row.sample_id, subject="reserve")
    return await _finish(session, caller, row, ReserveState.LOST, (told[0], cause.value))


async def _finish(session: Session, caller: Caller, row: ReserveSample, to: ReserveState, told: tuple[date, str]) -> Shown:
    row.state, row.ended_on, row.ended_reason = to.name, told[0], told[1]
    _note(session, row, to.name.lower(), (told[0], {"reason": told[1]}), caller)
    await session.flush()
    return Shown(row, await _keeping(session, row))


async def _lock(session: Session, sample_id: UUID, caller: Caller) -> ReserveSample:
    if caller.region is None and caller.laboratory is None:
        raise Forbidden("bureau_only", "此操作仅限市场监管部门或承检机构", "only a bureau or a laboratory may do this")
    row = await store.lock_reserve(session, sample_id, caller.region.code if caller.region else None, caller.laboratory)
    if row is None:
        raise not_found("备样", "reserve sample")
    return row


def _note(session: Session, row: ReserveSample, act: str, told: tuple[date, dict[str, Any]], caller: Caller) -> None:
    store.touch(row)
    audit.record(session, Region(row.region_code), f"reserve.{act}", row.id, {"on": told[0], "sample_id": str(row.sample_id)})
    record_event(session, row, act, moment(told[0]), told[1], actor=caller.subject, sample_id=row.sample_id, subject="reserve")

"""What is known of a batch when a party applies: read once, judged by pure rules."""

from datetime import date
from typing import Any

from common import vault
from common.db import Session
from common.errors import Invalid
from common.region import Region
from sampling.actions import reserve
from sampling.models import ObjectionCase, ReportItem, Sample
from sampling.rules import objections as rules
from sampling.rules.objections import Application, FailedItem, Kind, Outcome, Right, Situation
from sampling.rules.reserve import expiry_of
from sampling.rules.samples import Programme
from sampling.rules.stored import Liable, form_from, list_liable
from sampling.store import notices as notice_store
from sampling.store import objections as store
from sampling.store import reports as report_store

FAILED = "不合格项"
_FINAL_TESTS = frozenset({Outcome.UPHELD.name, Outcome.OVERTURNED.name, Outcome.REINSPECTION_ENDED.name})


def asking_party(sample: Sample, role: str | None) -> Liable:
    """The liable party in a role; without one the sampled party."""
    liable = list_liable(form_from(sample.form))
    found = liable[0] if role is None else next((party for party in liable if party.role == role), None)
    if found is None:
        raise Invalid("party_unknown", "该批次没有这一责任主体", "the batch has no such party", pointer="/party_role")
    return found


def application_of(case: ObjectionCase) -> Application:
    """A stored application as rules know it."""
    return Application(kind=Kind(case.kind), party_role=case.party_role, items=tuple(case.items), applied_on=case.applied_on)


async def failed_rows(session: Session, sample: Sample) -> list[ReportItem]:
    """The items of the effective report that did not conform."""
    if sample.effective_report_id is None:
        return []
    report = await report_store.find_report(session, sample.effective_report_id)
    return [row for row in await report_store.list_items(session, report) if row.judgement == FAILED]


async def situation(session: Session, sample: Sample, asked: Application, on: date) -> Situation:
    """Everything that decides whether an application can be accepted on a day."""
    form = form_from(sample.form)
    liable = list_liable(form)
    rows = await failed_rows(session, sample)
    others = [case for case in await store.cases_of(session, sample.id) if case.outcome is not None and case.report_id == sample.effective_report_id]
    decided = [case for case in others if case.party_role == asked.party_role and case.outcome not in ("REFUSED", "WITHDRAWN")]
    tested = any(case.kind == Kind.REINSPECTION and case.outcome in _FINAL_TESTS for case in others)
    is_test = asked.kind is Kind.REINSPECTION
    return Situation(
        programme=Programme(sample.programme), monitoring=form.is_monitoring, failing=bool(rows), sampled_on=sample.sampled_on, on=on,
        sampled_role=liable[0].role, liable=frozenset(party.role for party in liable),
        told_on=await _told_on(session, sample, asked.party_role), failed=tuple(FailedItem(row.item, row.method, row.result) for row in rows),
        expires_on=expiry_of(form, sample.form), reserve=await reserve.is_usable(session, sample, on) if is_test else None,
        reserve_moved=is_test and await reserve.was_taken_by_party(session, sample), decided_kinds=frozenset(Kind(case.kind) for case in decided),
        reinspected=tested,
    )  # fmt: skip


async def _told_on(session: Session, sample: Sample, role: str) -> date | None:
    """The day from which the party's time runs; None while the effective report has not been served on it."""
    if sample.effective_report_id is None:
        return None
    notices = await notice_store.list_notices(session, sample.id, sample.effective_report_id)
    return next((notice.started_on for notice in notices if notice.party_role == role), None)


async def rights(session: Session, sample: Sample, role: str, today: date) -> list[tuple[Kind, Right | None, list[dict[str, Any]]]]:
    """Per kind of application: the party's time with its proof, and what would stand against an application today."""
    rows = await failed_rows(session, sample)
    items = tuple(row.item for row in rows if not rules.is_microbial(FailedItem(row.item, row.method, row.result))) or tuple(row.item for row in rows)
    found = []
    for kind in Kind:
        asked = Application(kind=kind, party_role=role, items=items, applied_on=today)
        known = await situation(session, sample, asked, today)
        right = rules.right_of(known.programme, kind, known.sampled_on, known.told_on)
        found.append((kind, right, [one.as_json() for one in rules.find_exclusions(asked, known)]))
    return found


async def new_task(session: Session, sample: Sample, case: ObjectionCase) -> dict[str, Any]:
    """What the re-inspection laboratory needs, without anybody's name (盲样): the product, and the disputed items with method and limits."""
    form = form_from(sample.form)
    rows = [row for row in await failed_rows(session, sample) if row.item in case.items]
    produced, expires_on = form.produced_on, expiry_of(form, sample.form)
    return {
        "sample_no": sample.sample_no, "programme": sample.programme, "product_code": sample.product_code, "product_name": sample.product_name,
        "spec": form.product.spec, "lot_no": form.product.lot_no, "production_date": produced.isoformat() if produced else None,
        "judged_on": (produced or form.sampled_on).isoformat(),
        "expires_on": expires_on.isoformat() if expires_on else None,
        "reserve_seal_no": sample.reserve_seal_no, "sampled_on": sample.sampled_on.isoformat(),
        "all_failed": [row.item for row in await failed_rows(session, sample)],
        "items": [
            {"item": r.item, "method": r.method, "limit_source": r.limit_source, "min": r.min, "max": r.max, "limit_unit": r.limit_unit} for r in rows
        ],
    }  # fmt: skip


def seal_person(case: ObjectionCase, root: str, contact: str | None, phone: str | None) -> None:
    """Contact and telephone of an applicant are kept encrypted under the owner's key."""
    keys = vault.keys_of(root, Region(case.region_code))
    case.contact = vault.seal(keys, f"{case.id}:contact", contact) if contact else None
    case.phone = vault.seal(keys, f"{case.id}:phone", phone) if phone else None


def unseal_person(case: ObjectionCase, root: str) -> tuple[str | None, str | None]:
    """Contact and telephone in clear, for the owner's officer."""
    keys = vault.keys_of(root, Region(case.region_code))
    contact = vault.unseal(keys, f"{case.id}:contact", case.contact) if case.contact else None
    return contact, vault.unseal(keys, f"{case.id}:phone", case.phone) if case.phone else None

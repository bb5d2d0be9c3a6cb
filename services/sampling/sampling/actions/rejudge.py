"""What a changed or newer scheme would change in stored reports (复判对比), without changing them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from common.caller import Caller
from common.db import Session
from common.errors import Invalid, Refused
from sampling.clients import Clients, fetch_schemes
from sampling.models import Report, Sample
from sampling.rules.assessment import Scheme
from sampling.rules.decisions import SchemeVersion, find_scheme
from sampling.rules.rejudge import Rejudged, rejudge
from sampling.rules.schemes import PlainItem, build
from sampling.rules.stored import StoredForm, form_from
from sampling.store import rejudge as store
from sampling.store import reports as report_store

MOST = 500


@dataclass(frozen=True, slots=True)
class Against:
    """The scheme to judge by: one published version, or items that nobody has published yet, or (both empty) what is in force now."""

    scheme_id: str | None = None
    items: tuple[PlainItem, ...] = ()


@dataclass(frozen=True, slots=True)
class Compared:
    """One report with the scheme of then, the scheme of now, and what differs."""

    report: Report
    sample_no: str
    scheme_id: str | None
    found: Rejudged


async def rejudge_report(session: Session, clients: Clients, caller: Caller, report_id: UUID, against: Against) -> Compared:
    """One report by another scheme."""
    report = await report_store.find_report(session, report_id)
    [compared] = await _compare(session, clients, caller, [report], against)
    return compared


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which effective reports: of one product, issued from first to last."""

    product_code: str
    first: date
    last: date


async def rejudge_many(session: Session, clients: Clients, caller: Caller, wanted: Wanted, against: Against) -> list[Compared]:
    """The effective reports of a product in a period, at most 500, oldest first."""
    reports = await store.list_of_product(session, wanted.product_code, (wanted.first, wanted.last), MOST + 1)
    if len(reports) > MOST:
        raise Invalid("too_many_reports", f"一次最多复判 {MOST} 份报告,请缩短期间", f"at most {MOST} reports at once, take a shorter period")
    return await _compare(session, clients, caller, reports, against)


async def _compare(session: Session, clients: Clients, caller: Caller, reports: Sequence[Report], against: Against) -> list[Compared]:
    samples = await store.samples_of(session, reports)
    items = await store.items_of(session, reports)
    products = {sample.product_code for sample in samples.values()}
    versions = {} if against.items else await fetch_schemes(clients, caller, products)
    built = build(against.items) if against.items else None
    compared = []
    for report in reports:
        sample = samples[report.sample_id]
        scheme_id, scheme = _scheme(sample, versions.get(sample.product_code, []), against, built)
        rows: Any = items[report.id]
        compared.append(Compared(report, sample.sample_no, scheme_id, rejudge(scheme, rows, report.verdict)))
    return compared


def _scheme(sample: Sample, versions: Sequence[SchemeVersion], against: Against, built: tuple[Scheme, Scheme] | None) -> tuple[str | None, Scheme]:
    form = form_from(sample.form)
    if built is not None:
        return None, built[form.is_monitoring]
    version = _named(versions, against.scheme_id) if against.scheme_id else find_scheme(versions, _judged_on(form))
    if version is None:
        zh = "没有可据以复判的实施细则"
        raise Refused("scheme_missing", zh, "no published scheme to judge by")
    return version.scheme_id, version.monitoring if form.is_monitoring else version.supervision


def _named(versions: Sequence[SchemeVersion], scheme_id: str) -> SchemeVersion | None:
    return next((version for version in versions if version.scheme_id == scheme_id), None)


def _judged_on(form: StoredForm) -> date:
    return form.produced_on or form.sampled_on

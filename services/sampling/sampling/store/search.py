"""Search and lists of batches, newest first, by keyset.

A pair of neighbouring characters is a row (gram, sample, owner) whose key is the order of the list; a fragment walks its rarest pair downwards and
stops when the page is full (see common.fragments). A fragment in capitals and digits is the beginning of a number.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Text, and_, cast, select, text
from sqlmodel import col

from common.db import Session
from common.fragments import bigrams, fold, fragment_of, like_pattern
from common.region import Region
from sampling.models import Sample, SampleGram

#: A pair with fewer hits than this is taken at once; counting further would cost more than it saves.
PROBE = 2000
_NUMBER = re.compile(r"[A-Za-z]{2,4}[0-9][0-9A-Za-z]{0,20}")
_PROBE = text(
    "SELECT w.gram, (SELECT count(*) FROM (SELECT 1 FROM sample_gram g WHERE g.gram = w.gram LIMIT :probe) AS few) AS hits"
    " FROM unnest(CAST(:grams AS text[])) AS w (gram) ORDER BY hits, gram LIMIT 1"
)
#: What a list asks for differs from call to call by orders of magnitude. A plan kept for all values (PostgreSQL makes one at a connection's sixth
#: call) takes the range of a number for half a percent of the table and sorts all of it: 400 ms instead of 5.
_BY_VALUE = "SELECT set_config('plan_cache_mode', 'force_custom_plan', true)"
#: A page of the province, or of a fragment, must come out of an index in its order: left alone, the planner takes the policy's OR for a bitmap of
#: everything, or a common pair for a hash of half the table.
_IN_ORDER = (
    f"{_BY_VALUE}, set_config(name, 'off', true)"
    " FROM unnest(ARRAY['enable_bitmapscan', 'enable_seqscan', 'enable_hashjoin', 'enable_mergejoin']) AS name"
)
_FORGET = text("DELETE FROM sample_gram WHERE sample_id = :sample AND region_code = :owner AND NOT gram = ANY (CAST(:grams AS text[]))")
_REMEMBER = text(
    "INSERT INTO sample_gram (gram, sample_id, region_code) SELECT gram, :sample, :owner FROM unnest(CAST(:grams AS text[])) AS t (gram)"
    " ON CONFLICT DO NOTHING"
)


_EXPORTED = (
    col(Sample.id), col(Sample.region_code), col(Sample.source_region_code), col(Sample.task_id), col(Sample.sample_no),
    cast(col(Sample.form), Text).label("form"), col(Sample.personal).is_not(None).label("is_sealed"), col(Sample.laboratory_code),
    col(Sample.assigned_laboratory), col(Sample.seal_no), col(Sample.reserve_seal_no), col(Sample.received_on), col(Sample.ended_reason),
    col(Sample.ended_note),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class SampleFilter:
    """What a list of samples is narrowed to; `region` is a bureau's code or the beginning of one."""

    state: str | None = None
    product_code: str | None = None
    laboratory: str | None = None
    programme: str | None = None
    stage: str | None = None
    task_id: UUID | None = None
    sample_no: str | None = None
    sampled_from: date | None = None
    sampled_to: date | None = None
    q: str | None = None
    region: str | None = None
    source: str | None = None
    period: str | None = None


async def remember(session: Session, sample: Sample) -> None:
    """What the batch can be found by: its product and its party."""
    grams = sorted(bigrams(fold(sample.product_name)) | bigrams(fold(sample.party_name)))
    values = {"sample": sample.id, "owner": sample.region_code, "grams": grams}
    if sample.revision > 1:
        await session.execute(_FORGET, values)
    await session.execute(_REMEMBER, values)


async def list_samples(session: Session, wanted: SampleFilter, before: UUID | None, limit: int, reach: Region | None = None) -> list[Sample]:
    """Newest first. `reach` is a bureau below the province: its own rows are one range of an index, what was granted to it is asked apart.

    Row-level security alone says the same, but its OR lets the planner read the whole province for a county's page.
    """
    rows = await _list(session, select(col(Sample.id), Sample).limit(limit), wanted, before, reach)
    return [row.Sample for row in rows[:limit]]


async def list_ids(session: Session, wanted: SampleFilter, limit: int, reach: Region | None = None) -> list[UUID]:
    """The same as bare ids, for an export: found and sorted once, where each page of a list would sort what is left anew."""
    rows = await _list(session, select(col(Sample.id)).limit(limit), wanted, None, reach)
    return [row.id for row in rows[:limit]]


async def list_forms(session: Session, ids: Sequence[UUID]) -> Sequence[Any]:
    """What an export prints of these batches, newest first, with the form as JSON text: rows, since an object of the model for each of 50,000
    costs more than its line."""
    query = select(*_EXPORTED).where(text("sample.id = ANY (CAST(:ids AS uuid[]))").bindparams(ids=list(ids)))
    return (await session.execute(query.order_by(col(Sample.id).desc()))).all()


async def _list(session: Session, query: Any, wanted: SampleFilter, before: UUID | None, reach: Region | None) -> Sequence[Any]:
    """The query's rows, newest first; its first column is the id."""
    order = col(Sample.id)
    if wanted.q is not None:
        query, order = await _by_fragment(session, query, wanted.q)
    for condition in _conditions(wanted):
        query = query.where(condition)
    if before is not None:
        query = query.where(order < before)
    query = query.order_by(order.desc())
    is_province = reach is not None and len(reach.code) == 2
    await plan_by_value(session, in_order=wanted.q is not None or is_province)
    if reach is None or is_province:
        return (await session.execute(query)).all()
    own = (await session.execute(query.where(_owned(reach)))).all()
    granted = (await session.execute(query.where(_granted(reach)))).all()
    return sorted((*own, *granted), key=lambda row: row.id, reverse=True)


async def plan_by_value(session: Session, *, in_order: bool = False) -> None:
    """Have the lists of this transaction planned for what they ask; `in_order`: along an index in the order of the page."""
    await session.execute(text(_IN_ORDER if in_order else _BY_VALUE))


def _owned(reach: Region) -> Any:
    owner = col(Sample.region_code)
    return owner == reach.code if len(reach.code) == 6 else and_(owner >= reach.code, owner < reach.code + "~")


def _granted(reach: Region) -> Any:
    return text(
        "sample.id = ANY (ARRAY(SELECT g.row_id FROM row_grant g WHERE g.kind = 'sample' AND g.expires_on >= tenancy.today()"
        " AND g.grantee_code >= :granted_lo AND g.grantee_code < :granted_hi))"
        " AND NOT (sample.region_code >= :granted_lo AND sample.region_code < :granted_hi)"
    ).bindparams(granted_lo=reach.code, granted_hi=reach.code + "~")


async def _by_fragment(session: Session, query: Any, asked: str) -> tuple[Any, Any]:
    """The query over the index that the fragment leads to, and the column that orders it."""
    if _NUMBER.fullmatch(asked):
        number, begin = col(Sample.sample_no).collate("C"), asked.upper()
        return query.where(number >= begin, number < begin + "~"), col(Sample.id)
    fragment = fragment_of(asked)
    gram = fragment if len(fragment) == 2 else await _rarest(session, fragment)
    query = query.join(SampleGram, col(SampleGram.sample_id) == col(Sample.id)).where(col(SampleGram.gram) == gram)
    if len(fragment) > 2:
        told = text(
            "(lower(replace(normalize(sample.product_name, NFKC), ' ', '')) LIKE :pattern ESCAPE '!'"
            " OR lower(replace(normalize(sample.party_name, NFKC), ' ', '')) LIKE :pattern ESCAPE '!')"
        ).bindparams(pattern=like_pattern(fragment))
        query = query.where(told)
    return query, col(SampleGram.sample_id)


async def _rarest(session: Session, fragment: str) -> str:
    asked = {"grams": sorted(bigrams(fragment)), "probe": PROBE}
    return str((await session.execute(_PROBE, asked)).scalars().first())


def _conditions(wanted: SampleFilter) -> Sequence[Any]:
    equal = {
        Sample.state: wanted.state, Sample.product_code: wanted.product_code, Sample.laboratory_code: wanted.laboratory,
        Sample.programme: wanted.programme, Sample.stage: wanted.stage, Sample.task_id: wanted.task_id, Sample.sample_no: wanted.sample_no,
        Sample.source_region_code: wanted.source, Sample.period: wanted.period,
    }  # fmt: skip
    found = [col(column) == value for column, value in equal.items() if value is not None]
    if wanted.region is not None:
        found += [col(Sample.region_code) >= wanted.region, col(Sample.region_code) < wanted.region + "~"]
    if wanted.sampled_from is not None:
        found.append(col(Sample.sampled_on) >= wanted.sampled_from)
    if wanted.sampled_to is not None:
        found.append(col(Sample.sampled_on) <= wanted.sampled_to)
    return found

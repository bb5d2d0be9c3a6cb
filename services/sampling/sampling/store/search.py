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

from sqlalchemy import and_, select, text
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
#: A page of the province, or of a fragment, must come out of an index in its order: left alone, the planner takes the policy's OR for a bitmap of
#: everything, or a common pair for a hash of half the table.
_IN_ORDER = text(
    "SELECT set_config(name, 'off', true) FROM unnest(ARRAY['enable_bitmapscan', 'enable_seqscan', 'enable_hashjoin', 'enable_mergejoin']) AS name"
)
_FORGET = text("DELETE FROM sample_gram WHERE sample_id = :sample AND region_code = :owner AND NOT gram = ANY (CAST(:grams AS text[]))")
_REMEMBER = text(
    "INSERT INTO sample_gram (gram, sample_id, region_code) SELECT gram, :sample, :owner FROM unnest(CAST(:grams AS text[])) AS t (gram)"
    " ON CONFLICT DO NOTHING"
)


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
    query = select(Sample).limit(limit)
    order = col(Sample.id)
    if wanted.q is not None:
        query, order = await _by_fragment(session, query, wanted.q)
    for condition in _conditions(wanted):
        query = query.where(condition)
    if before is not None:
        query = query.where(order < before)
    query = query.order_by(order.desc())
    if wanted.q is not None or (reach is not None and len(reach.code) == 2):
        await session.execute(_IN_ORDER)
    if reach is None or len(reach.code) == 2:
        return list((await session.execute(query)).scalars())
    own = (await session.execute(query.where(_owned(reach)))).scalars()
    granted = (await session.execute(query.where(_granted(reach)))).scalars()
    return sorted((*own, *granted), key=lambda sample: sample.id, reverse=True)[:limit]


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

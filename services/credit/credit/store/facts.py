"""What other services told about batches and legs."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlmodel import col, select

from common.db import Session
from common.region import Region
from credit.models import BatchFinal, LegOutcome, PublicityDispute
from credit.rules.disputes import Dispute

_NAMES = (
    "id", "region_code", "source_region_code", "sample_id", "sample_no", "report_id", "report_no", "report_version", "plan_id", "task_id",
    "programme", "period", "party_role", "party_name", "party_uscc", "party_division_code", "answers", "product_name", "spec", "brand", "lot",
    "stage", "verdict", "failed_items", "issued_on", "reported_on", "checked_on", "code_version", "result_code", "state", "action",
    "content_key", "eligible_on", "clock_id", "trigger_on", "due_on", "target_on", "provisional", "traceparent",
)  # fmt: skip
# One statement for the batch and all its parties: a laboratory's chunk of 500 is 500 of these and nothing else.
_OPEN = text(
    "WITH fresh AS (INSERT INTO counted_report (region_code, sample_id, version, report_id, verdict)"
    " SELECT :region_code, CAST(:sample_id AS uuid), CAST(:version AS int), CAST(:report_id AS uuid), :verdict"
    " WHERE NOT EXISTS (SELECT 1 FROM publicity_dispute d WHERE d.region_code = :region_code AND d.sample_id = CAST(:sample_id AS uuid))"
    " ON CONFLICT DO NOTHING RETURNING 1),"
    f" added AS (INSERT INTO publicity_record ({', '.join(_NAMES)}) SELECT {', '.join('r.' + name for name in _NAMES)}"
    " FROM jsonb_populate_recordset(NULL::publicity_record, CAST(:records AS jsonb)) r WHERE EXISTS (SELECT 1 FROM fresh))"
    " SELECT count(*) FROM fresh"
)
_NOTE = text(
    "INSERT INTO counted_report AS known (region_code, sample_id, version, report_id, verdict)"
    " VALUES (:region_code, :sample_id, :version, :report_id, :verdict) ON CONFLICT (region_code, sample_id) DO UPDATE SET"
    " version = excluded.version, report_id = excluded.report_id, verdict = excluded.verdict WHERE known.version < excluded.version RETURNING 1"
)
_FINAL = text(
    "INSERT INTO batch_final AS known (region_code, sample_id, report_id, final_after)"
    " VALUES (:region_code, :sample_id, :report_id, :final_after) ON CONFLICT (region_code, sample_id, report_id) DO UPDATE SET"
    " final_after = greatest(known.final_after, excluded.final_after)"
)
# The later rank of OPEN, CLOSED, HALTED counts; a field that one fact does not carry keeps what another told.
_NEWER = "array_position({ranks}, excluded.state) >= array_position({ranks}, known.state)".format(ranks="ARRAY['OPEN', 'CLOSED', 'HALTED']")
_LATER = "{name} = CASE WHEN " + _NEWER + " THEN excluded.{name} ELSE known.{name} END"
_KEPT = "{name} = coalesce(known.{name}, excluded.{name})"
_LEG = text(
    "INSERT INTO leg_outcome AS known (region_code, origin_region_code, leg_id, sample_id, party_role, report_id, state, rectified, ended_on)"
    " VALUES (:region_code, :origin_region_code, :leg_id, :sample_id, :party_role, :report_id, :state, :rectified, :ended_on)"
    " ON CONFLICT (region_code, leg_id) DO UPDATE SET followed_at = NULL, "
    + ", ".join(_KEPT.format(name=name) for name in ("origin_region_code", "sample_id", "party_role"))
    + ", "
    + ", ".join(_LATER.format(name=name) for name in ("report_id", "rectified", "ended_on", "state"))
)
_DISPUTE = text(
    "INSERT INTO publicity_dispute AS known (region_code, case_id, sample_id, report_id, party_role, state, outcome, decided_on)"
    " VALUES (:owner, :case, :sample, :report, :role, :state, :outcome, :on) ON CONFLICT (region_code, case_id) DO UPDATE SET"
    " state = excluded.state, outcome = excluded.outcome, decided_on = excluded.decided_on WHERE known.state = 'OPEN'"
)
_LOCK_BATCH = text("SELECT pg_advisory_xact_lock(hashtextextended(:sample_id, 0))")
_NEWS = (
    "SELECT {what} FROM leg_outcome WHERE followed_at IS NULL AND origin_region_code IS NOT NULL"
    " AND origin_region_code >= :lo AND origin_region_code < :hi"
)
_NEWS_OWNERS = text(_NEWS.format(what="DISTINCT origin_region_code"))
_NEWS_LEGS = text(
    _NEWS.format(what="region_code, leg_id, sample_id")
    + " AND origin_region_code = :lo ORDER BY sample_id, leg_id LIMIT :limit FOR UPDATE SKIP LOCKED"
)
_FOLLOWED = text("UPDATE leg_outcome SET followed_at = now() WHERE origin_region_code = :origin AND leg_id = ANY(CAST(:legs AS uuid[]))")


async def lock_batch(session: Session, sample_id: UUID) -> None:
    """Wait for whoever handles another fact of this batch, so that neither overlooks the other's."""
    await session.execute(_LOCK_BATCH, {"sample_id": str(sample_id)})


async def open_batch(session: Session, report: dict[str, Any], records: list[dict[str, Any]]) -> bool:
    """Store a batch heard of for the first time with its records; False (and nothing stored) when it is known, or somebody objected already."""
    values = report | {"records": msgspec.json.encode(records).decode()}
    return bool((await session.execute(_OPEN, values)).scalar())


async def note_report(session: Session, report: dict[str, Any]) -> bool:
    """Remember the version that counts; False when it is not newer than the one known."""
    return (await session.execute(_NOTE, report)).first() is not None


async def note_final(session: Session, owner: Region, sample_id: UUID, report_id: UUID, final_after: date) -> None:
    """Remember from when on a report's result is final."""
    values = {"region_code": owner.code, "sample_id": sample_id, "report_id": report_id, "final_after": final_after}
    await session.execute(_FINAL, values)


async def note_leg(session: Session, leg: dict[str, Any]) -> None:
    """Remember what was told of a leg, in whatever order it is told."""
    await session.execute(_LEG, leg)


async def final_days(session: Session, owner: Region, sample_id: UUID) -> dict[UUID, date]:
    """Last objection day per report version."""
    query = select(BatchFinal).where(col(BatchFinal.region_code) == owner.code, col(BatchFinal.sample_id) == sample_id)
    return {row.report_id: row.final_after for row in (await session.execute(query)).scalars()}


async def list_legs(session: Session, owner: Region, sample_id: UUID) -> Sequence[LegOutcome]:
    """Legs of the owner's batch, in whichever bureau."""
    query = select(LegOutcome).where(col(LegOutcome.origin_region_code) == owner.code, col(LegOutcome.sample_id) == sample_id)
    return (await session.execute(query)).scalars().all()


async def owners_with_news(session: Session, province: Region) -> list[Region]:
    """Owners of batches whose legs told something that no record has followed yet."""
    found = await session.execute(_NEWS_OWNERS, {"lo": province.code, "hi": province.code + "~"})
    return [Region(code) for code in found.scalars()]


async def claim_news(session: Session, owner: Region, limit: int) -> list[tuple[UUID, UUID]]:
    """(leg, sample) that the owner's records have not followed; locked, and skipped by another worker."""
    rows = await session.execute(_NEWS_LEGS, {"lo": owner.code, "hi": owner.code + "~", "limit": limit})
    return [(row.leg_id, row.sample_id) for row in rows]


async def mark_followed(session: Session, owner: Region, legs: Sequence[UUID]) -> None:
    await session.execute(_FOLLOWED, {"origin": owner.code, "legs": list(legs)})


async def note_dispute(session: Session, owner: Region, dispute: Dispute) -> None:
    """Remember what was told of an objection; one that has ended stays ended."""
    await session.execute(_DISPUTE, {
        "owner": owner.code, "case": dispute.case_id, "sample": dispute.sample_id, "report": dispute.report_id, "role": dispute.party_role,
        "state": "ENDED" if dispute.outcome else "OPEN", "outcome": dispute.outcome, "on": dispute.decided_on,
    })  # fmt: skip


async def list_disputes(session: Session, owner: Region, sample_id: UUID) -> list[Dispute]:
    """Objections about the owner's batch."""
    query = select(PublicityDispute).where(col(PublicityDispute.region_code) == owner.code, col(PublicityDispute.sample_id) == sample_id)
    rows = (await session.execute(query)).scalars()
    return [Dispute(row.case_id, row.sample_id, row.report_id, row.party_role, row.outcome, row.decided_on) for row in rows]

"""Import of a sheet (名录导入): good rows in, bad rows explained, every owner's rows written in the owner's scope."""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from uuid_utils.compat import uuid7

from common import audit, vault
from common.db import Database, Scope, Session, enter
from common.region import Region
from directory.actions import Desk
from directory.actions.writing import Entry, first_change, write_changes, write_firms, write_grants
from directory.rules import imports as rules
from directory.rules.firms import fingerprint
from directory.rules.imports import Tally
from directory.rules.sheet import Draft, Fault, read_rows
from directory.store import divisions, firms, licences, places
from directory.store.firms import Known
from directory.store.licences import Change, Grant
from directory.store.places import Place

REASON = "名录导入"


@dataclass(frozen=True, slots=True)
class Importer:
    """Who imports, and with what: the desk, the database whose scope is set per owner, and the province."""

    desk: Desk
    db: Database
    province: str


@dataclass(frozen=True, slots=True)
class Background:
    """What is known already: the id of every USCC of the sheet, the firms, and their licences."""

    ids: Mapping[str, UUID]
    known: Mapping[str, Known]
    held: Mapping[UUID, Mapping[tuple[str, str, date], Any]]


@dataclass(slots=True)
class Plan:
    """What is to be written for one owner."""

    entries: list[Entry] = field(default_factory=list)
    grants: list[Grant] = field(default_factory=list)
    extended: list[tuple[UUID, date | None]] = field(default_factory=list)
    changes: list[tuple[UUID, str, Change]] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)


async def import_sheet(session: Session, who: Importer, rows: Sequence[Sequence[str]], dry_run: bool) -> tuple[Tally, list[Fault]]:
    """Check all rows, write the good ones (unless `dry_run`), and say what became of each."""
    desk = who.desk
    in_force = await divisions.codes_in_force(session, desk.today)
    drafts, faults = await asyncio.to_thread(read_rows, rows, in_force, desk.today)
    drafts = rules.keep_own(drafts, faults, desk.caller.bureau, who.province)
    await firms.lock_register(session)
    drafts, background = await _look_up(session, drafts, faults)
    plans, tally = await asyncio.to_thread(_plans, drafts, background, desk)
    tally.read = sum(1 for row in rows[1:] if any(cell.strip() for cell in row))
    tally.rejected = len({fault.row for fault in faults})
    if not dry_run:
        digest = hashlib.sha256(repr(rows).encode()).hexdigest()
        for owner in sorted(plans):
            await _write(session, who, Region(owner), plans[owner], digest)
        await enter(who.db, session, desk.caller.scope)
    return tally, sorted(faults, key=lambda fault: fault.row)


async def _look_up(session: Session, drafts: list[Draft], faults: list[Fault]) -> tuple[list[Draft], Background]:
    """What is known of the sheet's firms, and the drafts that agree with it."""
    known = await firms.find_known(session, [d.firm.uscc for d in drafts])
    drafts = rules.keep_mergeable(drafts, faults, {uscc: k.owner for uscc, k in known.items()})
    held = await _held(session, [k.id for k in known.values()])
    numbers = {(d.firm.owner.code, licence.kind, licence.number) for d in drafts for licence in d.licences}
    holders = await licences.find_holders(session, sorted(numbers))
    ids = {d.firm.uscc: known[d.firm.uscc].id if d.firm.uscc in known else uuid7() for d in drafts}
    return rules.keep_licensable(drafts, faults, ids, holders, held), Background(ids, known, held)


async def _held(session: Session, ids: Sequence[UUID]) -> dict[UUID, dict[tuple[str, str, date], Any]]:
    """The licences that the firms of the sheet have already."""
    found: dict[UUID, dict[tuple[str, str, date], Any]] = {}
    for row in await licences.list_of_firms(session, ids):
        found.setdefault(row["enterprise_id"], {})[row["kind"], row["number"], row["valid_from"]] = row
    return found


def _plans(drafts: Sequence[Draft], background: Background, desk: Desk) -> tuple[dict[str, Plan], Tally]:
    """What each owner's scope has to write; a row that says nothing new writes nothing."""
    plans, tally = dict[str, Plan](), Tally()
    keys = {owner: vault.keys_of(desk.root, Region(owner)) for owner in {d.firm.owner.code for d in drafts}}
    for draft in drafts:
        owner, firm, now = draft.firm.owner.code, background.ids[draft.firm.uscc], background.known.get(draft.firm.uscc)
        plan = plans.setdefault(owner, Plan())
        marks = (keys[owner].mark, *keys[owner].older_marks)
        is_same = now is not None and any(now.fingerprint == fingerprint(mark, draft.firm) for mark in marks)
        is_touched = _plan_licences(plan, draft, firm, background.held.get(firm, {}), desk.today)
        plan.places += [Place(uuid7(), firm, d, draft.firm.address if d == draft.firm.division_code else "") for d in draft.premises]
        if not is_same or is_touched:
            plan.entries.append(Entry(firm, draft.firm, now.name if now else None))
        tally.count(is_new=now is None, is_changed=not is_same or is_touched)
    return plans, tally


def _plan_licences(plan: Plan, draft: Draft, firm: UUID, held: Mapping[tuple[str, str, date], Any], today: date) -> bool:
    """Licences of one row: new ones, new last days, new states; whether there were any."""
    before = len(plan.grants) + len(plan.extended) + len(plan.changes)
    for licence in draft.licences:
        now = held.get(licence.key)
        if now is None:
            grant = Grant(uuid7(), firm, licence)
            plan.grants.append(grant)
            first = first_change(grant, REASON)
            plan.changes += [(firm, licence.number, first)] if first else []
            continue
        if now["valid_to"] != licence.valid_to:
            plan.extended.append((now["id"], licence.valid_to))
        if rules.is_other_status(now["status"], licence.status):
            plan.changes.append((firm, licence.number, Change(uuid7(), now["id"], licence.status, today, REASON)))
    return len(plan.grants) + len(plan.extended) + len(plan.changes) > before


async def _write(session: Session, who: Importer, owner: Region, plan: Plan, digest: str) -> None:
    """Write one owner's rows in the owner's own scope; `rules.keep_own` has checked that the caller may."""
    await enter(who.db, session, Scope(region=owner, subject=who.desk.caller.subject))
    await write_firms(session, who.desk.root, owner, plan.entries)
    await write_grants(session, owner, plan.grants)
    await licences.extend(session, owner, plan.extended)
    await write_changes(session, owner, plan.changes)
    new_places = await places.add_places(session, owner, plan.places)
    details = {
        "by": who.desk.caller.bureau.code, "sheet_sha256": digest, "firms": len(plan.entries), "licences": len(plan.grants),
        "changes": len(plan.changes) + len(plan.extended), "premises": len(new_places),
    }  # fmt: skip
    audit.record(session, owner, "enterprise.import", digest[:16], details)

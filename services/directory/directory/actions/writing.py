"""How a firm, its licences and its places are written, whether one by a form or fifty thousand by a sheet."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from longzhi.directory.v1 import events_pb2 as facts
from uuid_utils.compat import uuid7

from common import outbox, vault
from common.db import Session
from common.region import Region
from directory.actions import TOPIC
from directory.rules.firms import Firm, fingerprint
from directory.rules.licences import ENDED
from directory.store import firms, licences
from directory.store.firms import Record
from directory.store.licences import Change, Grant


@dataclass(frozen=True, slots=True)
class Entry:
    """A firm to be written; `old_name` is None for a new one."""

    id: UUID
    firm: Firm
    old_name: str | None = None


def _records(keys: vault.Keys, entries: Sequence[Entry]) -> list[Record]:
    return [
        Record(
            e.id, e.firm, fingerprint(keys.mark, e.firm), vault.seal(keys, f"{e.id}:legal_person", e.firm.legal_person),
            vault.seal(keys, f"{e.id}:phone", e.firm.phone), e.old_name,
        )
        for e in entries
    ]  # fmt: skip


async def write_firms(session: Session, root: str, owner: Region, entries: Sequence[Entry]) -> None:
    """Write firms of one owner and tell of each; encryption of many runs beside the event loop."""
    keys = vault.keys_of(root, owner)
    records = await asyncio.to_thread(_records, keys, entries)
    await firms.save(session, owner, records)
    for e in entries:
        told = facts.EnterpriseRegistered(enterprise_id=str(e.id), uscc=e.firm.uscc, name=e.firm.name, division_code=e.firm.division_code)
        outbox.record(session, TOPIC, told, owner=owner, key=e.id)


async def write_grants(session: Session, owner: Region, grants: Sequence[Grant]) -> None:
    """Write new licences and tell of each; a sheet's ended licence gets its state at once (see `first_change`)."""
    await licences.grant(session, owner, grants)
    for g in grants:
        held = g.licence
        told = facts.LicenceGranted(
            enterprise_id=str(g.enterprise_id), kind=held.kind, number=held.number, valid_from=held.valid_from.isoformat(),
            valid_to=held.valid_to.isoformat() if held.valid_to else "",
        )  # fmt: skip
        outbox.record(session, TOPIC, told, owner=owner, key=g.enterprise_id)


async def write_changes(session: Session, owner: Region, changes: Sequence[tuple[UUID, str, Change]]) -> None:
    """Write changes of state, each with its firm and number, and tell of those that end a licence."""
    await licences.change(session, owner, [change for _, _, change in changes])
    for firm, number, change in changes:
        if change.status in ENDED:
            told = facts.LicenceRevoked(enterprise_id=str(firm), number=number, status=change.status, on=change.since.isoformat())
            outbox.record(session, TOPIC, told, owner=owner, key=firm)


def first_change(grant: Grant, reason: str) -> Change | None:
    """The state with which a sheet brings a licence: a sheet gives no day for it, so it counts from the first day, never as valid by mistake."""
    if grant.licence.status in ("有效", "过期"):
        return None
    return Change(uuid7(), grant.id, grant.licence.status, grant.licence.valid_from, reason)

"""The party's page (当事人查询): a link is given out, opened with its code, and everything done with it stays with one sample and one party."""

import hmac
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from uuid_utils.compat import uuid7

from common import audit
from common.caller import Caller
from common.db import Database, Scope, Session, transaction
from common.errors import NotFound, TooMany
from common.region import Region
from sampling.actions.objection_view import asking_party
from sampling.models import PartyLink, Sample
from sampling.rules import party as rules
from sampling.rules.party import Attempts, Link
from sampling.rules.stored import Liable
from sampling.store import party as store
from sampling.store import samples as sample_store


@dataclass(frozen=True, slots=True)
class Given:
    """A link as the officer gets it, once: the code is not stored."""

    token: str
    code: str
    expires_at: datetime
    party: Liable


@dataclass(frozen=True, slots=True)
class Visit:
    """A party that has opened its link: the caller in the owner's scope, its sample, its role."""

    caller: Caller
    session: Session
    sample: Sample
    party: Liable


async def give_link(session: Session, caller: Caller, root: bytes, sample_id: UUID, asked: tuple[str, int]) -> Given:
    """A link and a code for one party of a batch; an older link of the party ends. Both are handed over with the notice (随结果通知书交付)."""
    role, days = asked
    sample = await sample_store.lock_own(session, sample_id, caller.bureau.code)
    party, link_id = asking_party(sample, role), uuid7()
    expires = datetime.now(UTC).replace(microsecond=0) + timedelta(days=days)
    code = rules.make_code(secrets.token_bytes(64))
    await store.revoke_others(session, sample.id, role)
    await store.add(session, PartyLink(
        id=link_id, region_code=sample.region_code, sample_id=sample.id, party_role=role, expires_at=expires, created_by=caller.subject,
        code_hash=rules.code_hash(code, link_id, rules.code_key(root)),
    ))  # fmt: skip
    token = rules.sign_link(Link(link_id, sample.region_code, sample.id, role, int(expires.timestamp())), rules.link_key(root))
    audit.record(session, caller.bureau, "party.link", link_id, {"sample_id": str(sample.id), "party_role": role, "expires": expires.isoformat()})
    return Given(token, code, expires, party)


def nothing_there() -> NotFound:
    """One answer for a forged, expired, locked or foreign link and for a wrong code."""
    zh = "链接或验证码无效，或者链接已过期；连续输错五次须等待十五分钟"
    return NotFound("party_link", zh, "no such link, it is over, or the code is wrong; after five wrong codes wait a quarter of an hour")


@asynccontextmanager
async def visit(db: Database, token: str, code: str, act: str) -> AsyncIterator[Visit]:
    """Open a link with its code and work in the owner's scope for exactly its sample and party; every opening and every wrong code is kept."""
    now, link, root = int(datetime.now(UTC).timestamp()), None, db.key
    for root in (db.key, *db.older_keys):  # a link lives on while the key changes
        link = rules.read_link(token, rules.link_key(root), now)
        if link is not None:
            break
    if link is None or not code:
        raise nothing_there()
    scope = Scope(region=_owner(link), subject=f"party:{link.link_id}")
    async with transaction(db, scope) as session:  # counted whatever comes of it: this transaction ends well
        allowed = await _count(session, link, rules.code_hash(code, link.link_id, rules.code_key(root)), act)
    if allowed is None:
        raise TooMany("party_link_busy", "访问过于频繁，请一小时后再试", "too many openings, try again in an hour")
    if not allowed:
        raise nothing_there()
    async with transaction(db, scope) as session:
        sample = await sample_store.find_sample(session, link.sample_id)
        party = asking_party(sample, link.party_role)
        yield Visit(Caller(scope.subject, party.name, frozenset({"party"}), scope.region, None), session, sample, party)


def _owner(link: Link) -> Region:
    try:
        return Region(link.owner)
    except ValueError as error:
        raise nothing_there() from error


async def _count(session: Session, link: Link, hashed: str, act: str) -> bool | None:
    """True when the code is right, False when it is not, None when the link was opened too often."""
    row, now = await store.lock_link(session, link.link_id, link.sample_id, link.party_role), datetime.now(UTC)
    if row is None or row.revoked or row.expires_at <= now:
        return False
    before = Attempts(row.failures, row.locked_until, row.window_from, row.in_window)
    if rules.is_locked(before, now):
        return False
    right = hmac.compare_digest(row.code_hash, hashed)
    after = rules.after_opening(before, now) if right else rules.after_failure(before, now)
    details = {"sample_id": str(link.sample_id), "party_role": link.party_role, "act": act}
    audit.record(session, Region(link.owner), "party.open" if right else "party.wrong_code", link.link_id, details)
    if after is None:
        return None
    row.failures, row.locked_until, row.window_from, row.in_window = after.failures, after.locked_until, after.window_from, after.in_window
    row.opened += int(right)
    return right

"""A division joins, is renamed or ends; an onboarding is noted."""

from longzhi.directory.v1 import events_pb2 as facts

from common import audit, outbox
from common.caller import Caller
from common.db import Session
from common.errors import Forbidden
from common.region import Region
from directory.actions import Basis
from directory.models import Division
from directory.rules import divisions as rules
from directory.rules.divisions import DivisionForm
from directory.store import divisions as store

TOPIC = "directory.division.v1"


def check_province(caller: Caller, province: str) -> Region:
    """Who joins the platform is for the province to say."""
    if caller.bureau.code != province:
        raise Forbidden("province_only", "区划和入驻由省局办理", "only the province may do this")
    return caller.bureau


async def put_division(session: Session, owner: Region, form: DivisionForm, basis: Basis) -> Division:
    """Enter a division or change its name and time of validity; the same form again changes nothing. Others are told (planning's quotas)."""
    parent = await store.find_division(session, form.parent_code)
    known = await store.lock_division(session, form.code)
    rules.check_form(form, parent.level if parent else None)
    if form.successor_code:
        await store.get_division(session, form.successor_code)
    if known is not None:
        rules.check_change((known.level, known.parent_code), form)
        if (known.name, known.valid_from, known.valid_to, known.successor_code) == form.facts:
            return known
    row = await store.save_division(session, known or Division(code=form.code, name="", level=form.level, parent_code=form.parent_code), form)
    until = row.valid_to.isoformat() if row.valid_to else ""
    told = facts.DivisionChanged(code=row.code, name=row.name, level=row.level, parent_code=row.parent_code or "", valid_to=until)
    outbox.record(session, TOPIC, told, owner=owner, key=row.code)
    audit.record(session, owner, "division.put", row.code, {"name": row.name, "level": row.level, "valid_to": until} | basis.noted)
    return row


def note_onboarding(session: Session, owner: Region, subject: str, changes: list[str], basis: Basis) -> None:
    """Note what is about to be done at the identity provider for a bureau or a laboratory (入驻), by whom and on what paper."""
    audit.record(session, owner, "onboarding.identities", subject, {"changes": changes} | basis.noted)

"""Enter a licence, change its state."""

from datetime import date
from uuid import UUID

from uuid_utils.compat import uuid7

from common import audit
from common.db import Session
from common.errors import Refused
from directory.actions import Desk
from directory.actions.writing import write_changes, write_grants
from directory.rules import licences as rules
from directory.rules import numbers
from directory.rules.licences import Licence
from directory.store import firms, licences
from directory.store.licences import Change, Grant


async def add_licence(session: Session, desk: Desk, enterprise_id: UUID, licence: Licence) -> UUID:
    """Enter a licence (许可证入库) of one's own firm; a renewal is a licence with a later first day."""
    owner = desk.caller.bureau
    await firms.lock_firm(session, enterprise_id, owner)
    numbers.check_licence_number(licence.kind, licence.number)
    rules.check_period(licence, desk.today)
    holder = (await licences.find_holders(session, [(owner.code, licence.kind, licence.number)])).values()
    if any(firm != enterprise_id for firm in holder):
        raise Refused("licence_number_taken", "该许可证编号属于另一企业", "this number belongs to another enterprise")
    if licence.key in {(row["kind"], row["number"], row["valid_from"]) for row in await licences.list_of_firm(session, enterprise_id)}:
        raise Refused("licence_exists", "该许可证已登记", "this licence is entered already")
    grant = Grant(uuid7(), enterprise_id, licence)
    await write_grants(session, owner, [grant])
    audit.record(session, owner, "licence.add", grant.id, {"enterprise_id": str(enterprise_id), "kind": licence.kind, "number": licence.number})
    return grant.id


async def set_status(session: Session, desk: Desk, licence_id: UUID, told: tuple[str, date, str]) -> None:
    """Change a licence's state (状态变更) from a day on, for a reason."""
    (status, on, reason), bureau = told, desk.caller.bureau
    row = await licences.lock_licence(session, licence_id, bureau)
    rules.check_move(row["status"], row["status_since"], status, on, desk.today)
    change = Change(uuid7(), licence_id, status, on, reason)
    await write_changes(session, bureau, [(row["enterprise_id"], row["number"], change)])
    audit.record(session, bureau, "licence.status", licence_id, {"from": row["status"], "to": status, "on": on.isoformat(), "reason": reason})

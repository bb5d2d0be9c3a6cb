"""Register an enterprise, change it, add a place, look at a contact in clear."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from uuid import UUID

from uuid_utils.compat import uuid7

from common import audit
from common.db import Session
from common.errors import Refused
from common.region import Region
from directory.actions import Desk
from directory.actions.writing import Entry, write_firms
from directory.rules import firms as rules
from directory.rules import numbers
from directory.rules.firms import Firm
from directory.store import divisions, firms, places
from directory.store.places import Place


async def register(session: Session, desk: Desk, firm: Firm, premises: Sequence[tuple[str, str]]) -> UUID:
    """Enter an enterprise (企业入库) that lies in the caller's place; same USCC = same firm, so a known one is refused."""
    known = await divisions.codes_in_force(session, desk.today)
    numbers.check_uscc(firm.uscc)
    _check(firm, known)
    rules.check_owner(firm.owner, desk.caller.bureau)
    for division, _ in premises:
        rules.check_division(division, known)
    await firms.lock_register(session)
    if await firms.find_known(session, [firm.uscc]):
        raise Refused("enterprise_exists", "该统一社会信用代码已在名录库中", "this USCC is in the directory already")
    entry = Entry(uuid7(), firm)
    await write_firms(session, desk.root, firm.owner, [entry])
    wanted = dict.fromkeys([(firm.division_code, firm.address), *premises])
    await places.add_places(session, firm.owner, [Place(uuid7(), entry.id, division, address) for division, address in wanted])
    audit.record(session, firm.owner, "enterprise.register", entry.id, {"uscc": firm.uscc, "name": firm.name})
    return entry.id


def _check(firm: Firm, known: frozenset[str]) -> None:
    rules.check_division(firm.division_code, known)
    rules.check_phone(firm.phone)
    rules.check_products(firm.products)


async def change(session: Session, desk: Desk, enterprise_id: UUID, firm: Firm, match: Callable[[int], None]) -> None:
    """Change a record (变更) whose revision `match` accepts. An empty contact field leaves what is stored: the form cannot show it in clear."""
    locked = await firms.lock_firm(session, enterprise_id, desk.caller.bureau)
    match(locked["revision"])
    person, phone = firms.contact_of(await firms.get_firm(session, enterprise_id), desk.root)
    firm = replace(firm, uscc=locked["uscc"], legal_person=firm.legal_person or person, phone=firm.phone or phone)
    _check(firm, await divisions.codes_in_force(session, desk.today))
    rules.check_owner(firm.owner, desk.caller.bureau)
    await write_firms(session, desk.root, firm.owner, [Entry(enterprise_id, firm, locked["name"])])
    await places.add_places(session, firm.owner, [Place(uuid7(), enterprise_id, firm.division_code, firm.address)])
    details = {"revision": locked["revision"] + 1, "name": firm.name, "status": firm.status}
    audit.record(session, firm.owner, "enterprise.change", enterprise_id, details)


async def add_place(session: Session, desk: Desk, enterprise_id: UUID, division: str, address: str) -> None:
    """Enter a plant or shop (生产经营场所) of one's own firm, wherever it lies: the bureau there owns the row and sees it."""
    bureau = desk.caller.bureau
    await firms.lock_firm(session, enterprise_id, bureau)
    rules.check_division(division, await divisions.codes_in_force(session, desk.today))
    place = Place(uuid7(), enterprise_id, division, address)
    if not await places.add_places(session, bureau, [place]):
        raise Refused("premises_exists", "该场所已登记", "this place is entered already")
    audit.record(session, place.owner, "premises.add", place.id, {"enterprise_id": str(enterprise_id), "division_code": division})


async def unmask(session: Session, enterprise_id: UUID, reason: str, root: str) -> tuple[str, str]:
    """Legal person and telephone in clear, for a reason, which the owner's audit trail keeps with who asked."""
    row = await firms.get_firm(session, enterprise_id)
    audit.record(session, Region(row["region_code"]), "contact.unmask", enterprise_id, {"reason": reason})
    return firms.contact_of(row, root)

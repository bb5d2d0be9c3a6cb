"""Enter or change a laboratory with its accreditation."""

import re
from collections.abc import Callable
from datetime import date
from typing import Any

from common import audit
from common.caller import Caller
from common.db import Session
from common.errors import Forbidden
from common.region import Region
from directory.actions import Basis
from directory.models import Laboratory
from directory.rules import firms as rules
from directory.rules import laboratories as lab_rules
from directory.rules.laboratories import LaboratoryForm
from directory.store import divisions, laboratories


def code_of(value: object) -> str:
    """A laboratory's code out of a page token."""
    if not isinstance(value, str) or not re.fullmatch(r"[A-Z0-9]{1,12}", value, re.ASCII):
        raise ValueError("not a laboratory's code")
    return value


def check_province(caller: Caller, province: str) -> Region:
    """Laboratories are the province's to enter (承检机构名录由省局维护)."""
    if caller.bureau.code != province:
        raise Forbidden("province_only", "承检机构由省局维护", "only the province may change laboratories")
    return caller.bureau


async def put_laboratory(
    session: Session, owner: Region, form: LaboratoryForm, today: date, match: Callable[[int], None], *, basis: Basis | None = None
) -> Laboratory:
    """Write a laboratory; the same form again changes nothing."""
    lab_rules.check_certificates(form.certificates)
    rules.check_division(form.division_code, await divisions.codes_in_force(session, today))
    now = await laboratories.find_laboratory(session, form.code, owner)
    if now is not None:
        match(now.revision)
        if await _is_same(session, now, form):
            return now
    plain: dict[str, Any] = {"name": form.name, "report_prefix": form.report_prefix, "division_code": form.division_code, "address": form.address}
    if now is None:
        now = Laboratory(code=form.code, region_code=owner.code, revision=1, **plain)
    else:
        for name, value in plain.items():
            setattr(now, name, value)
        await laboratories.renew(session, now)
    now = await laboratories.save_laboratory(session, now)
    await laboratories.replace_accreditation(session, now, form.certificates, form.scope)
    details: dict[str, Any] = {"certificates": [number for number, _, _ in form.certificates], "scope": len(form.scope), "revision": now.revision}
    details |= basis.noted if basis else {}
    audit.record(session, owner, "laboratory.put", form.code, details)
    return now


async def _is_same(session: Session, now: Laboratory, form: LaboratoryForm) -> bool:
    certificates = {(c.cma_no, c.valid_from, c.valid_to) for c in await laboratories.list_certificates(session, [now.code])}
    scope = {(s.item, s.method) for s in await laboratories.list_scope(session, now.code)}
    plain = (now.name, now.report_prefix, now.division_code, now.address)
    wanted = (form.name, form.report_prefix, form.division_code, form.address)
    return plain == wanted and certificates == set(form.certificates) and scope == set(form.scope)

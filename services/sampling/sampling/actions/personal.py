"""Personal fields of a form at rest and on demand (个人信息加密、脱敏查看): one sealed text per form under the owner's own key."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from common import audit, vault
from common.caller import Caller
from common.db import Session
from common.errors import not_found
from common.region import Region
from sampling.models import Sample
from sampling.rules.personal import opened_form, personal_values
from sampling.store import samples as store


def _place(sample_id: UUID) -> str:
    return f"{sample_id}:form"


def seal_values(root: str, owner: Region, sample_id: UUID, values: Mapping[str, str]) -> bytes | None:
    """The values as they are stored; None when the form has none."""
    if not values:
        return None
    return vault.seal(vault.keys_of(root, owner), _place(sample_id), json.dumps(values, ensure_ascii=False))


def open_values(root: str, sample: Sample) -> dict[str, str]:
    """The values in clear, by pointer; of a form from before they were sealed, what it holds."""
    if sample.personal is None:
        return personal_values(sample.form)
    found: dict[str, str] = json.loads(vault.unseal(vault.keys_of(root, Region(sample.region_code)), _place(sample.id), sample.personal))
    return found


def clear_form(root: str, sample: Sample) -> dict[str, Any]:
    """The form in clear, for papers that the law wants complete (抽样单、告知书); never for an answer."""
    return opened_form(sample.form, open_values(root, sample))


async def unmask(session: Session, caller: Caller, sample_id: UUID, reason: str, root: str) -> dict[str, str]:
    """Personal values in clear for the owner or a superior, for a reason that the owner's audit trail keeps with who asked."""
    sample = await store.find_sample(session, sample_id)
    owner = Region(sample.region_code)
    if not caller.bureau.covers(owner):
        raise not_found("样品", "sample")  # a granted bureau reads the batch, not the persons in it
    audit.record(session, owner, "sample.unmask", sample.id, {"reason": reason, "by": caller.bureau.code})
    return open_values(root, sample)

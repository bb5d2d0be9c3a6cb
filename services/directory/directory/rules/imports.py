"""Import of a sheet (名录导入): who may bring which row, and what a row may say about what is known already."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from common.region import Region
from directory.rules.licences import NEXT, Licence
from directory.rules.sheet import Draft, Fault


@dataclass(slots=True)
class Tally:
    """What became of the rows."""

    read: int = 0
    rejected: int = 0
    created: int = 0
    changed: int = 0
    unchanged: int = 0

    def count(self, *, is_new: bool, is_changed: bool) -> None:
        """Count one good row."""
        self.created += is_new
        self.changed += is_changed and not is_new
        self.unchanged += not is_changed and not is_new


def _keep(drafts: Sequence[Draft], faults: list[Fault], check: Callable[[Draft], Fault | None]) -> list[Draft]:
    kept = []
    for draft in drafts:
        fault = check(draft)
        if fault is None:
            kept.append(draft)
        else:
            faults.append(fault)
    return kept


def keep_own(drafts: Sequence[Draft], faults: list[Fault], bureau: Region, province: str) -> list[Draft]:
    """A registrar imports firms of the own place; the province's registrar those of every bureau below it."""
    is_province = bureau.code == province

    def check(draft: Draft) -> Fault | None:
        owner = draft.firm.owner
        if owner == bureau or (is_province and bureau.covers(owner)):
            return None
        return Fault(draft.row, "division_code", "division_not_own", "不在本机关辖区", "the place belongs to another bureau")

    return _keep(drafts, faults, check)


def keep_mergeable(drafts: Sequence[Draft], faults: list[Fault], owners: Mapping[str, str]) -> list[Draft]:
    """Same USCC, same firm: a firm that another bureau has entered is not entered again; `owners`: USCC → owner."""

    def check(draft: Draft) -> Fault | None:
        if owners.get(draft.firm.uscc, draft.firm.owner.code) == draft.firm.owner.code:
            return None
        zh = "该企业已由其他机关登记,迁移须办理转出转入"
        return Fault(draft.row, "uscc", "uscc_other_bureau", zh, "another bureau has entered this firm; a move needs a transfer")

    return _keep(drafts, faults, check)


def is_other_status(now: str, told: str) -> bool:
    """Whether a sheet tells a change of state; 过期 follows from the last day and is no change."""
    return told not in ("过期", now)


def keep_licensable(
    drafts: Sequence[Draft], faults: list[Fault], ids: Mapping[str, UUID],
    holders: Mapping[tuple[str, str, str], UUID], held: Mapping[UUID, Mapping[tuple[str, str, date], Any]],
) -> list[Draft]:  # fmt: skip
    """A number belongs to one firm of an owner, and an ended licence does not come back to life."""
    taken = dict(holders)

    def fault_of(draft: Draft, licence: Licence) -> Fault | None:
        firm, place = ids[draft.firm.uscc], (draft.firm.owner.code, licence.kind, licence.number)
        if taken.setdefault(place, firm) != firm:
            zh = f"许可证编号属于另一企业:{licence.number}"
            return Fault(draft.row, "licences", "licence_number_taken", zh, "the number belongs to another enterprise")
        now = held.get(firm, {}).get(licence.key)
        if now is not None and is_other_status(now["status"], licence.status) and licence.status not in NEXT[now["status"]]:
            zh = f"许可证状态不能由“{now['status']}”变为“{licence.status}”:{licence.number}"
            return Fault(draft.row, "licences", "licence_status", zh, f"a licence that is {now['status']} cannot become {licence.status}")
        return None

    return _keep(drafts, faults, lambda draft: next((f for f in (fault_of(draft, x) for x in draft.licences) if f), None))

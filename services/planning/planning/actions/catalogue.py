"""Drafting and publishing the catalogue; loading food classes and populations."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime

from uuid_utils.compat import uuid7

from common import audit
from common.caller import Caller
from common.db import Session
from common.errors import Refused
from planning import store
from planning.models import CatalogueEntry
from planning.rules.catalogue import EntryDraft, FoodNode, check_codes_once, check_province, check_tree, closing_day
from planning.rules.faults import check_other_person, refuse
from planning.rules.quota import check_divisions


async def draft_entries(session: Session, caller: Caller, year: int, drafts: Sequence[EntryDraft]) -> list[CatalogueEntry]:
    """Put entries of a year into the catalogue as drafts (监管目录草案); a code that is published already gets a new version."""
    owner, codes = caller.bureau, [draft.code for draft in drafts]
    refuse(check_codes_once(codes, "entries"))
    versions = await store.catalogue.latest_versions(session, owner, year, codes)
    entries = [
        CatalogueEntry(
            id=uuid7(), region_code=owner.code, year=year, version=versions.get(draft.code, 0) + 1, drafted_by=caller.subject, **asdict(draft)
        )
        for draft in drafts
    ]
    await store.catalogue.replace_drafts(session, owner, year, entries)
    audit.record(session, owner, "catalogue.draft", year, {"codes": codes})
    return entries


async def publish_catalogue(session: Session, caller: Caller, year: int) -> list[CatalogueEntry]:
    """Publish the drafts of a year (监管目录发布); each ends the version before it."""
    owner = caller.bureau
    found = await store.catalogue.lock_year(session, owner, year)
    drafts = [entry for entry in found if entry.status == "DRAFT"]
    if not drafts:
        raise Refused("nothing_to_publish", "没有待发布的目录条目", "there is no draft to publish")
    check_other_person(caller.subject, *(draft.drafted_by for draft in drafts))
    before = {entry.code: entry for entry in found if entry.status == "PUBLISHED"}
    for draft in drafts:
        old = before.get(draft.code)
        if old is not None:
            old.valid_to = closing_day(draft.valid_from, old.valid_from, old.valid_to)
        draft.status, draft.published_by, draft.published_at = "PUBLISHED", caller.subject, datetime.now(UTC)
    audit.record(session, owner, "catalogue.publish", year, {"entries": [f"{draft.code}@{draft.version}" for draft in drafts]})
    return drafts


async def load_classes(session: Session, caller: Caller, year: int, nodes: Sequence[FoodNode]) -> int:
    """Load classes of a year's food tree (食品分类); a class that is there gets the new name and place."""
    owner = caller.bureau
    check_province(owner)
    refuse(check_codes_once([node.code for node in nodes], "classes"))
    parents = [node.parent_code for node in nodes if node.parent_code]
    refuse(check_tree(nodes, await store.catalogue.class_levels(session, year, parents)))
    await store.catalogue.put_classes(session, {
        "owner": owner.code, "year": year, "ids": [uuid7() for _ in nodes], "codes": [node.code for node in nodes],
        "names": [node.name for node in nodes], "levels": [node.level for node in nodes], "parents": [node.parent_code for node in nodes],
    })  # fmt: skip
    audit.record(session, owner, "food_class.load", year, {"classes": len(nodes)})
    return len(nodes)


async def load_populations(session: Session, caller: Caller, year: int, source: str, people: Sequence[tuple[str, int]]) -> int:
    """Load the people of executing divisions with the source of the figures (人口), for proportional quotas."""
    owner = caller.bureau
    check_province(owner)
    codes = [code for code, _ in people]
    refuse(check_codes_once(codes, "populations"))
    check_divisions(codes, frozenset(await store.catalogue.executing_divisions(session, owner)))
    await store.catalogue.put_populations(session, {
        "owner": owner.code, "year": year, "source": source, "ids": [uuid7() for _ in people], "divisions": codes, "people": [n for _, n in people],
    })  # fmt: skip
    audit.record(session, owner, "population.load", year, {"divisions": len(codes), "source": source})
    return len(codes)

"""Catalogue (监管目录), food classes (食品分类), populations (人口)."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from common.caller import Caller
from common.errors import not_found
from common.http import CallerDep, PageDep, PageOf, SessionDep, TodayDep, allow, page_of, router
from common.http.paging import keyset
from planning import store
from planning.actions import catalogue as actions
from planning.schemas.catalogue import (
    CatalogueIn,
    DraftedOut,
    EntryHistory,
    EntryOut,
    FoodClassesIn,
    FoodClassOut,
    LoadedOut,
    PopulationOut,
    PopulationsIn,
    PublishedOut,
)  # fmt: skip
from planning.schemas.queries import CodeText, Fragment, number, word

api: APIRouter = router(tags=["catalogue"])

YearQuery = Annotated[int, Query(ge=2000, le=2100)]
YearPath = Annotated[int, Path(ge=2000, le=2100)]


@api.post("/catalogue:batch", status_code=201)
async def draft_catalogue(body: CatalogueIn, session: SessionDep, caller: Caller = allow("planner")) -> DraftedOut:
    entries = await actions.draft_entries(session, caller, body.year, [entry.to_draft() for entry in body.entries])
    return DraftedOut(year=body.year, drafted=len(entries), entries=[EntryOut.model_validate(entry) for entry in entries])


@api.post("/catalogue/{year}/publish")
async def publish_catalogue(year: YearPath, session: SessionDep, caller: Caller = allow("approver")) -> PublishedOut:
    return PublishedOut(year=year, published=len(await actions.publish_catalogue(session, caller, year)))


@api.get("/catalogue")
async def list_catalogue(
    year: YearQuery, session: SessionDep, page: PageDep, today: TodayDep, caller: CallerDep,
    q: Annotated[Fragment, Query()] = "", group: Annotated[CodeText, Query()] = "",
) -> PageOf[EntryOut]:  # fmt: skip
    after = keyset(page, [word, word, number])
    rows = await store.catalogue.list_entries(session, {"year": year, "q": q, "group": group}, today, after, page.limit)
    return page_of(rows, page, lambda row: (row.code, row.region_code, row.version), EntryOut.model_validate)


@api.get("/catalogue/{year}/{code}")
async def show_entry(year: YearPath, code: Annotated[CodeText, Path()], session: SessionDep, caller: CallerDep) -> EntryHistory:
    versions = await store.catalogue.find_versions(session, year, code)
    if not versions:
        raise not_found("目录条目", "catalogue entry")
    return EntryHistory(year=year, code=code, versions=[EntryOut.model_validate(row) for row in versions])


@api.post("/food-classes:batch", status_code=201)
async def load_food_classes(body: FoodClassesIn, session: SessionDep, caller: Caller = allow("planner")) -> LoadedOut:
    loaded = await actions.load_classes(session, caller, body.year, [each.to_node() for each in body.classes])
    return LoadedOut(year=body.year, loaded=loaded)


@api.get("/food-classes")
async def list_food_classes(
    year: YearQuery, session: SessionDep, page: PageDep, caller: CallerDep, level: Annotated[int | None, Query(ge=1, le=4)] = None
) -> PageOf[FoodClassOut]:
    rows = await store.catalogue.list_classes(session, year, level, keyset(page, [word, word]), page.limit)
    return page_of(rows, page, lambda row: (row.code, row.region_code), FoodClassOut.model_validate)


@api.post("/populations:batch", status_code=201)
async def load_populations(body: PopulationsIn, session: SessionDep, caller: Caller = allow("planner")) -> LoadedOut:
    people = [(each.code, each.people) for each in body.populations]
    return LoadedOut(year=body.year, loaded=await actions.load_populations(session, caller, body.year, body.source, people))


@api.get("/populations")
async def list_populations(year: YearQuery, session: SessionDep, page: PageDep, caller: CallerDep) -> PageOf[PopulationOut]:
    rows = await store.catalogue.list_populations(session, year, keyset(page, [word, word]), page.limit)
    return page_of(rows, page, lambda row: (row.division_code, row.region_code), PopulationOut.model_validate)

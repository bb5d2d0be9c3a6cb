"""Catalogue, food classes, divisions and populations."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import delete, func, or_, select, text, tuple_
from sqlmodel import col

from common.db import Session
from common.region import Region
from planning.models import CatalogueEntry, Division, FoodClass, Population

_UPSERT_CLASSES = text(
    "INSERT INTO food_class (id, region_code, year, code, name, level, parent_code)"
    " SELECT i, :owner, :year, c, n, l, p FROM unnest(CAST(:ids AS uuid[]), CAST(:codes AS text[]), CAST(:names AS text[]),"
    " CAST(:levels AS int[]), CAST(:parents AS text[])) AS t (i, c, n, l, p)"
    " ON CONFLICT (region_code, year, code) DO UPDATE SET name = excluded.name, level = excluded.level, parent_code = excluded.parent_code"
)
_UPSERT_PEOPLE = text(
    "INSERT INTO population (id, region_code, year, division_code, people, source)"
    " SELECT i, :owner, :year, d, n, :source FROM unnest(CAST(:ids AS uuid[]), CAST(:divisions AS text[]), CAST(:people AS bigint[])) AS t (i, d, n)"
    " ON CONFLICT (region_code, year, division_code) DO UPDATE SET people = excluded.people, source = excluded.source"
)
_PUT_DIVISION = text(
    "INSERT INTO executing_division (code, name, lowest) SELECT CAST(:code AS text), :name, CAST(:open AS boolean) AND NOT EXISTS"
    " (SELECT 1 FROM executing_division AS other WHERE other.code <> :code AND starts_with(other.code, :code)) ON CONFLICT (code) DO UPDATE"
    " SET name = excluded.name, lowest = CAST(:open AS boolean) AND (executing_division.lowest OR excluded.lowest)"
)
_PEOPLE = text(
    "SELECT DISTINCT ON (division_code) division_code, people FROM population WHERE division_code = ANY(CAST(:codes AS text[]))"
    " ORDER BY division_code, (year <= :year) DESC, abs(year - :year), length(region_code)"
)


def above(owner: Region) -> list[str]:
    """The owner and the bureaus above it, whose catalogue holds for it."""
    return [owner.code[:length] for length in (2, 4, 6) if length <= len(owner.code)]


async def latest_versions(session: Session, owner: Region, year: int, codes: Sequence[str]) -> dict[str, int]:
    """Highest version of each code that is published already."""
    query = select(col(CatalogueEntry.code), func.max(col(CatalogueEntry.version))).where(
        col(CatalogueEntry.region_code) == owner.code, col(CatalogueEntry.year) == year, col(CatalogueEntry.code).in_(codes),
        col(CatalogueEntry.status) == "PUBLISHED",
    )  # fmt: skip
    return dict((await session.execute(query.group_by(col(CatalogueEntry.code)))).tuples().all())


async def replace_drafts(session: Session, owner: Region, year: int, entries: Sequence[CatalogueEntry]) -> None:
    """Store drafts; a draft of the same code that was there goes."""
    codes = [entry.code for entry in entries]
    await session.execute(
        delete(CatalogueEntry).where(
            col(CatalogueEntry.region_code) == owner.code, col(CatalogueEntry.year) == year, col(CatalogueEntry.code).in_(codes),
            col(CatalogueEntry.status) == "DRAFT",
        )
    )  # fmt: skip
    session.add_all(entries)
    await session.flush()


async def lock_year(session: Session, owner: Region, year: int) -> list[CatalogueEntry]:
    """The owner's entries of a year that a publication touches: drafts and the versions in force."""
    query = select(CatalogueEntry).where(
        col(CatalogueEntry.region_code) == owner.code, col(CatalogueEntry.year) == year,
        or_(col(CatalogueEntry.status) == "DRAFT", col(CatalogueEntry.valid_to).is_(None)),
    )  # fmt: skip
    return list((await session.scalars(query.order_by(col(CatalogueEntry.code), col(CatalogueEntry.version)).with_for_update())).all())


async def list_entries(session: Session, wanted: Mapping[str, Any], on: date, after: list[Any] | None, limit: int) -> list[CatalogueEntry]:
    """Visible entries of a year that no later version has superseded by `on`."""
    query = select(CatalogueEntry).where(
        col(CatalogueEntry.year) == wanted["year"], or_(col(CatalogueEntry.valid_to).is_(None), col(CatalogueEntry.valid_to) >= on)
    )
    if wanted["group"]:
        query = query.where(col(CatalogueEntry.product_group) == wanted["group"])
    if wanted["q"]:
        either = or_(col(CatalogueEntry.name).contains(wanted["q"], autoescape=True), col(CatalogueEntry.code).contains(wanted["q"], autoescape=True))
        query = query.where(either)
    key = (col(CatalogueEntry.code), col(CatalogueEntry.region_code), col(CatalogueEntry.version))
    if after:
        query = query.where(tuple_(*key) > tuple_(*after))
    return list((await session.scalars(query.order_by(*key).limit(limit))).all())


async def find_versions(session: Session, year: int, code: str) -> list[CatalogueEntry]:
    """All visible versions of one entry, newest first."""
    query = select(CatalogueEntry).where(col(CatalogueEntry.year) == year, col(CatalogueEntry.code) == code)
    return list((await session.scalars(query.order_by(col(CatalogueEntry.region_code), col(CatalogueEntry.version).desc()))).all())


async def entries_in_force(session: Session, owner: Region, year: int, codes: Sequence[str]) -> list[CatalogueEntry]:
    """Published entries of a year that hold for a bureau; of one code the newest version last."""
    query = select(CatalogueEntry).where(
        col(CatalogueEntry.year) == year, col(CatalogueEntry.code).in_(codes), col(CatalogueEntry.status) == "PUBLISHED",
        col(CatalogueEntry.region_code).in_(above(owner)),
    )  # fmt: skip
    return list((await session.scalars(query.order_by(col(CatalogueEntry.region_code).desc(), col(CatalogueEntry.version)))).all())


async def class_levels(session: Session, year: int, codes: Sequence[str]) -> dict[str, int]:
    """Levels of the classes known for a year."""
    query = select(col(FoodClass.code), col(FoodClass.level)).where(col(FoodClass.year) == year, col(FoodClass.code).in_(codes))
    return dict((await session.execute(query)).tuples().all())


async def class_names(session: Session, year: int, codes: Sequence[str]) -> dict[str, str]:
    """Names of the classes known for a year."""
    query = select(col(FoodClass.code), col(FoodClass.name)).where(col(FoodClass.year) == year, col(FoodClass.code).in_(codes))
    return dict((await session.execute(query)).tuples().all())


async def put_classes(session: Session, values: Mapping[str, Any]) -> None:
    await session.execute(_UPSERT_CLASSES, dict(values))


async def list_classes(session: Session, year: int, level: int | None, after: list[Any] | None, limit: int) -> list[FoodClass]:
    """Classes of a year in the order of their codes."""
    query = select(FoodClass).where(col(FoodClass.year) == year)
    if level is not None:
        query = query.where(col(FoodClass.level) == level)
    if after:
        query = query.where(tuple_(col(FoodClass.code), col(FoodClass.region_code)) > tuple_(*after))
    return list((await session.scalars(query.order_by(col(FoodClass.code), col(FoodClass.region_code)).limit(limit))).all())


async def executing_divisions(session: Session, owner: Region) -> list[str]:
    """Counties, and prefectures without counties, in the owner's area, in the order of their codes."""
    query = select(col(Division.code)).where(col(Division.lowest), col(Division.code).startswith(owner.code, autoescape=True))
    return list((await session.scalars(query.order_by(col(Division.code)))).all())


async def put_division(session: Session, owner: Region, name: str, is_open: bool) -> None:
    """Enter or rename a division. One that joins executes unless there are counties below it; one that is to end gets no more quotas. A prefecture
    without counties (嘉峪关) goes on executing beside a zone that joins below it: the zone takes over only its own ground."""
    await session.execute(_PUT_DIVISION, {"code": owner.code, "name": name, "open": is_open})


async def put_populations(session: Session, values: Mapping[str, Any]) -> None:
    await session.execute(_UPSERT_PEOPLE, dict(values))


async def list_populations(session: Session, year: int, after: list[Any] | None, limit: int) -> list[Population]:
    """Populations of a year in the order of the divisions."""
    query = select(Population).where(col(Population.year) == year)
    if after:
        query = query.where(tuple_(col(Population.division_code), col(Population.region_code)) > tuple_(*after))
    order = (col(Population.division_code), col(Population.region_code))
    return list((await session.scalars(query.order_by(*order).limit(limit))).all())


async def people_of(session: Session, year: int, codes: Sequence[str]) -> dict[str, int]:
    """People of each division by the latest count not after the year, else the first after it."""
    found = await session.execute(_PEOPLE, {"codes": list(codes), "year": year})
    return dict(found.tuples().all())

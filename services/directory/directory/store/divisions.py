"""Divisions: a table without an owner that everybody reads."""

from datetime import date

from sqlalchemy import or_
from sqlmodel import col, select

from common.db import Session
from common.errors import not_found
from directory.models import Division
from directory.rules.divisions import DivisionForm


async def list_divisions(session: Session, level: str | None, parent: str | None, on: date | None) -> list[Division]:
    """Divisions by level and parent; those in force on a day when one is given, else also the former ones."""
    query = select(Division).order_by(col(Division.code))
    if level is not None:
        query = query.where(Division.level == level)
    if parent is not None:
        query = query.where(Division.parent_code == parent)
    if on is not None:
        query = query.where(or_(col(Division.valid_from).is_(None), col(Division.valid_from) <= on))
        query = query.where(or_(col(Division.valid_to).is_(None), col(Division.valid_to) >= on))
    return list((await session.execute(query)).scalars())


async def find_division(session: Session, code: str) -> Division | None:
    """One division, or None."""
    return await session.get(Division, code)


async def lock_division(session: Session, code: str) -> Division | None:
    """One division, held for a change."""
    return (await session.execute(select(Division).where(Division.code == code).with_for_update())).scalars().first()


async def save_division(session: Session, row: Division, form: DivisionForm) -> Division:
    """Write a new division, or what may change of a known one."""
    row.name, row.valid_from, row.valid_to, row.successor_code = form.facts
    session.add(row)
    await session.flush()
    return row


async def get_division(session: Session, code: str) -> Division:
    """One division, former ones too."""
    found = await find_division(session, code)
    if found is None:
        raise not_found("行政区划", "division")
    return found


async def codes_in_force(session: Session, on: date) -> frozenset[str]:
    """Codes that may be used for an address today."""
    return frozenset(d.code for d in await list_divisions(session, None, None, on))

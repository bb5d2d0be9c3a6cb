"""The models are the migrated database; every tenant table is guarded."""

from datetime import date

from sqlmodel import SQLModel

from common import testing
from common.db import enter
from disposal import models, store
from disposal.rules.indicators import Fact
from disposal.store import Filter

TABLES = ("batch_report", "batch_dispute", "final_result", "leg", "leg_clock", "measure", "five", "extension", "supervision", "supervision_answer")


async def test_models_are_the_migrated_database(platform):
    rows = await platform.rows(
        "SELECT table_name, column_name, is_nullable FROM information_schema.columns WHERE table_schema = 'public' AND table_name = ANY($1)",
        list(TABLES),
    )
    found = {(row["table_name"], row["column_name"], row["is_nullable"] == "YES") for row in rows}
    tables = [SQLModel.metadata.tables[name] for name in TABLES]
    assert models.Leg.__table__ in tables
    assert found == {(table.name, column.name, bool(column.nullable)) for table in tables for column in table.columns}


async def test_every_table_with_an_owner_forces_row_level_security(platform):
    rows = await platform.rows(
        "SELECT c.relname, c.relforcerowsecurity AND c.relrowsecurity AS forced FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
        " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public' AND c.relkind = 'r' AND a.attname = 'region_code'"
        " AND c.relname <> 'audit_head'"
    )
    assert [row["relname"] for row in rows if not row["forced"]] == []
    assert set(TABLES) <= {row["relname"] for row in rows}


async def test_children_carry_the_owner_in_their_foreign_key(platform):
    rows = await platform.rows(
        "SELECT conrelid::regclass::text AS child, array_length(conkey, 1) AS width FROM pg_constraint"
        " WHERE contype = 'f' AND confrelid IN ('leg'::regclass, 'supervision'::regclass)"
    )
    assert {row["child"] for row in rows} == set(TABLES) - {"batch_report", "batch_dispute", "final_result", "leg"}
    assert {row["width"] for row in rows} == {2}


async def test_the_batch_owner_reads_a_leg_elsewhere_but_cannot_change_it(world, parties, platform):
    leg = await world.opened(parties["producer"])
    async with platform.session(testing.caller("o", "officer", region="620102")) as session:
        assert (await store.get_leg(session, leg["id"])).region_code == "620902"
        changed = await session.execute(models.Leg.__table__.update().values(state="CLOSED", closed_on=leg["reported_on"]))
        assert changed.rowcount == 0
        clocks = await session.execute(models.LegClock.__table__.select())
        assert clocks.all() == [], "nor does it read the file"


async def test_a_neighbour_cannot_halt_or_rename_legs_through_the_owners_functions(world, platform):
    leg = await world.opened()
    async with platform.session(testing.caller("o", "officer", region="620103")) as session:
        assert await store.halt_legs(session, _report(leg), [], "x") == []
        assert await store.rebase_legs(session, _report(leg)) == set()


async def test_no_scope_or_an_empty_one_sees_no_leg(world, platform):
    await world.opened()
    async with platform.runtime.db.sessions() as session, session.begin():
        assert (await session.execute(models.Leg.__table__.select())).all() == []
    async with platform.session(testing.caller("lab", "laboratory", laboratory="L01")) as session:
        await enter(platform.runtime.db, session, testing.caller("lab", laboratory="L01").scope)
        assert (await session.execute(models.Leg.__table__.select())).all() == []


async def test_the_indicators_leave_out_what_is_only_visible_as_origin(world, parties, platform):
    await world.opened(parties["producer"])
    who = testing.caller("o", "officer", region="620102")
    async with platform.session(who) as session:
        assert await store.facts(session, who.bureau, _day("2026-11-01"), None) == []
        elsewhere = await store.list_legs(session, Filter("620102", elsewhere=True), None, 10)
        assert [leg.region_code for leg in elsewhere] == ["620902"]
    who = testing.caller("o", "officer", region="6209")
    async with platform.session(who) as session:
        assert [type(one) for one in await store.facts(session, who.bureau, _day("2026-11-01"), "食品")] == [Fact]


def _day(text):
    return date.fromisoformat(text)


def _report(leg):
    class Told:
        report_id, report_no, version, serious, failed_items = leg["report_id"], "R9", 9, True, ()
        sample_id, reported_on = leg["sample_id"], leg["reported_on"]

    return Told()

"""Facts make and move records, in whatever order they come."""

from itertools import permutations

from longzhi.sampling.v1.events_pb2 import ResultFinal
from sqlalchemy import event

OWNER, ELSEWHERE = "620102", "620902"
SHAPE = ("state", "result_code", "verdict", "eligible_on", "due_on", "action")


async def test_a_conforming_report_makes_one_record_per_party_with_a_code(credit, make):
    parties = [make.party("seller", 1), make.party("producer", 2), make.party("consignor", 3, uscc="")]
    batch = make.batch(parties=parties)
    await credit.hear(batch.accepted())
    rows = await credit.by_role(batch)
    assert set(rows) == {"seller", "producer"}
    for row in rows.values():
        assert (row["state"], row["result_code"], row["region_code"], str(row["eligible_on"])) == ("DUE", "1", OWNER, "2021-03-01")
        assert (row["clock_id"], str(row["due_on"]), str(row["checked_on"])) == ("C12", "2021-03-29", "2021-03-01")


async def test_a_fact_heard_twice_counts_once(credit, make):
    batch = make.batch(verdict="不合格")
    event = await credit.platform.hear(batch.accepted(), owner=OWNER, key=batch.sample_id, topic="sampling.report.v1")
    before = await credit.by_role(batch)
    await credit.hear(batch.accepted(), event_id=event)
    await credit.hear(batch.accepted())
    assert await credit.by_role(batch) == before


async def test_a_non_conforming_report_waits_for_the_objection_period(credit, make):
    batch = make.batch(verdict="不合格")
    await credit.hear(batch.accepted())
    assert {row["state"] for row in await credit.records()} == {"PENDING"}
    await credit.hear(batch.notified(all_served=False))
    assert {row["state"] for row in await credit.records()} == {"PENDING"}
    await credit.hear(batch.notified())
    for row in await credit.records():
        assert (row["state"], row["result_code"], str(row["eligible_on"]), str(row["due_on"])) == ("DUE", "A", "2021-03-19", "2021-04-16")


async def test_a_monitoring_problem_is_never_public(credit, make):
    await credit.hear(make.batch(1, verdict="问题").accepted())
    assert await credit.records() == []
    turned = make.batch(2)
    await credit.hear(turned.accepted())
    await credit.hear(turned.replaced("问题", turned.leg("new report")))
    assert {row["state"] for row in await credit.records()} == {"WITHDRAWN"}


async def test_an_older_version_heard_late_changes_nothing(credit, make):
    batch = make.batch()
    await credit.hear(batch.replaced("不合格", batch.leg("v2")))
    before = await credit.by_role(batch)
    await credit.hear(batch.accepted())
    assert await credit.by_role(batch) == before
    assert {row["verdict"] for row in before.values()} == {"不合格"}


async def in_every_order(credit, make, facts_of):
    """Tell the facts of a batch in every order, one batch per order, the worker working in between; the final shapes of all batches."""
    batches = []
    orders = list(permutations(range(len(facts_of(make.batch())))))
    for number, order in enumerate(orders[:: len(orders) // 24], start=1):
        batch = make.batch(number, verdict="不合格")
        facts = facts_of(batch)
        for step in order:
            fact = facts[step]
            await credit.hear(fact, owner=ELSEWHERE if fact.DESCRIPTOR.name.startswith("Leg") else OWNER)
            if number % 4 == 0:
                await credit.rounds()
        batches.append(batch)
    await credit.rounds()
    rows = await credit.records()
    found = {}
    for row in rows:
        found.setdefault(str(row["sample_id"]), {})[row["party_role"]] = tuple(str(row[name]) for name in SHAPE)
    assert len(found) == len(batches)
    return found.values()


async def test_rectification_converges_in_every_order(credit, make):
    shapes = await in_every_order(credit, make, lambda b: [b.accepted(), b.notified(), b.opened(), b.closed()])
    due = ("不合格", "2021-03-19", "2021-04-16", "publish")
    assert all(shape == {"producer": ("DUE", "E", *due), "seller": ("DUE", "A", *due)} for shape in shapes)


async def test_a_halted_leg_converges_in_every_order(credit, make):
    shapes = await in_every_order(credit, make, lambda b: [b.accepted(), b.notified(), b.opened(), b.halted()])
    seller = ("DUE", "A", "不合格", "2021-03-19", "2021-04-16", "publish")
    assert all(shape == {"producer": ("WITHDRAWN", "A", "不合格", "None", "None", "publish"), "seller": seller} for shape in shapes)


async def test_a_report_turned_conforming_converges_in_every_order(credit, make):
    def facts_of(b):
        return [b.accepted(), b.notified(), b.opened(), b.halted(), b.replaced("合格", b.leg("v2"))]

    shapes = await in_every_order(credit, make, facts_of)
    due = ("DUE", "1", "合格", "2021-03-20", "2021-04-19", "publish")
    assert [shape for shape in shapes if shape != {"producer": due, "seller": due}] == []


async def test_a_leg_in_another_bureau_writes_no_row_of_the_owner(credit, make):
    batch = make.batch(verdict="不合格")
    await credit.hear(batch.accepted())
    await credit.hear(batch.notified())
    await credit.hear(batch.closed(), owner=ELSEWHERE)
    assert {row["result_code"] for row in await credit.records()} == {"A"}  # the handler itself touched nothing
    outcome = (await credit.platform.rows("SELECT region_code, origin_region_code, followed_at FROM leg_outcome"))[0]
    assert (outcome["region_code"], outcome["origin_region_code"], outcome["followed_at"]) == (ELSEWHERE, OWNER, None)
    await credit.rounds()
    assert (await credit.by_role(batch))["producer"]["result_code"] == "E"
    assert (await credit.platform.rows("SELECT count(*) AS n FROM leg_outcome WHERE followed_at IS NULL"))[0]["n"] == 0


async def test_a_new_version_voids_what_was_agreed_about_the_old(credit, make):
    batch = make.batch()
    await credit.hear(batch.accepted())
    await credit.approve_all()
    await credit.hear(batch.replaced("不合格", batch.leg("v2")))
    for row in await credit.records():
        assert (row["state"], row["approved_by"], row["proposed_by"]) == ("PENDING", None, None)


async def test_news_that_changes_nothing_leaves_an_approval_alone(credit, make):
    batch = make.batch(verdict="不合格")
    await credit.hear(batch.accepted())
    await credit.hear(batch.notified())
    await credit.approve_all()
    await credit.hear(batch.opened(), owner=ELSEWHERE)
    await credit.rounds()
    assert {row["state"] for row in await credit.records()} == {"APPROVED"}


async def test_a_party_that_dropped_out_has_no_record_to_publish(credit, make):
    batch = make.batch()
    await credit.hear(batch.accepted())
    del batch.batch.parties[1]
    await credit.hear(batch.replaced("合格", batch.leg("v2")))
    rows = await credit.by_role(batch)
    assert (rows["producer"]["state"], rows["seller"]["state"]) == ("WITHDRAWN", "DUE")


async def test_a_contradiction_is_parked(credit, make):
    foreign, odd = make.batch(1), make.batch(2)
    foreign.batch.source_region_code = "61"
    await credit.hear(foreign.accepted())
    await credit.hear(odd.accepted(verdict="优秀"))
    bad_day = make.batch(3).accepted(issued_on="2021-2-30")
    await credit.hear(bad_day)
    await credit.hear(make.batch(4, verdict="不合格").opened(role="nobody"), owner=ELSEWHERE)
    assert await credit.records() == []
    assert (await credit.platform.rows("SELECT count(*) AS n FROM dead_letter"))[0]["n"] == 4


async def test_the_trace_of_the_report_stays_with_its_records(credit, make):
    batch, trace = make.batch(), "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    await credit.hear_chunk([batch.accepted()], traceparent=trace)
    assert {row["traceparent"].split("-")[1] for row in await credit.records()} == {trace.split("-")[1]}


async def test_a_chunk_of_conforming_reports_costs_two_statements_a_report(credit, make):
    statements = []
    listen = credit.platform.runtime.db.engine.sync_engine
    event.listen(listen, "before_cursor_execute", lambda *args: statements.append(args[2]))
    await credit.hear_chunk([make.batch(number).accepted() for number in range(1, 201)])
    assert len(await credit.records(state="DUE")) == 400
    assert len(statements) <= 200 * 2 + 10


async def test_a_proposed_case_and_a_decision_are_no_news_and_a_lapse_says_when_the_result_is_public(credit, make):
    batch = make.batch(verdict="不合格")
    await credit.hear(batch.accepted())
    leg = batch.opened()
    leg.report_id, leg.ground = "", "refusal"
    await credit.hear(leg)
    assert await credit.platform.rows("SELECT 1 FROM leg_outcome UNION ALL SELECT 1 FROM dead_letter") == []
    final = ResultFinal(sample_id=batch.sample_id, report_id=batch.report_id, final_on="2021-03-19", cause="DECISION")
    await credit.platform.hear(final, owner=OWNER, key=batch.sample_id, topic="sampling.objection.v1")
    assert {row["state"] for row in await credit.records()} == {"PENDING"}
    final.cause, final.final_after = "LAPSE", "2021-03-18"
    for _ in range(2):
        await credit.platform.hear(final, owner=OWNER, key=batch.sample_id, topic="sampling.objection.v1")
    assert {(row["state"], str(row["eligible_on"])) for row in await credit.records()} == {("DUE", "2021-03-19")}

"""Objections and re-inspections: nothing is published while one is open, what is shown of a freed party is taken back within three working days."""

from datetime import date
from itertools import permutations
from uuid import UUID, uuid4

import pytest
from longzhi.sampling.v1 import events_pb2 as sampling
from uuid_utils.compat import uuid7

from credit.rules.disputes import Dispute, standing

TOPIC = "sampling.objection.v1"


def raised(batch, role="producer", case=None):
    return sampling.ObjectionRaised(
        case_id=case or batch.leg("case"), sample_id=batch.sample_id, report_id=batch.report_id, party_role=role, kind="样品真实性",
        applied_on="2021-03-10",
    )  # fmt: skip


def decided(batch, outcome, on="2021-04-21", role="producer", case=None):
    return sampling.ObjectionDecided(
        case_id=case or batch.leg("case"), sample_id=batch.sample_id, report_id=batch.report_id, party_role=role, kind="样品真实性", outcome=outcome,
        decided_on=on,
    )  # fmt: skip


def retested(batch, outcome, on="2021-04-21"):
    return sampling.ReinspectionDecided(
        case_id=batch.leg("case"), sample_id=batch.sample_id, report_id=batch.report_id, party_role="seller", outcome=outcome, decided_on=on
    )


async def states(credit, batch):
    return {role: row["state"] for role, row in (await credit.by_role(batch)).items()}


async def test_an_open_objection_withholds_and_its_end_lets_go_from_the_day_of_the_decision(credit, make):
    batch = make.batch(verdict="不合格")
    for fact in (batch.accepted(), batch.notified(), raised(batch)):
        await credit.hear(fact)
    assert await states(credit, batch) == {"seller": "PENDING", "producer": "PENDING"}
    assert (await credit.approve_all("2021-06-01"))["proposed"] == 0
    await credit.hear(decided(batch, "UPHELD"))
    for row in (await credit.by_role(batch)).values():
        assert (row["state"], str(row["eligible_on"]), str(row["due_on"])) == ("DUE", "2021-04-21", "2021-05-20")


async def test_what_two_persons_agreed_to_is_void_when_a_party_objects(credit, make):
    batch = make.batch(verdict="不合格")
    for fact in (batch.accepted(), batch.notified()):
        await credit.hear(fact)
    await credit.approve_all()
    await credit.hear(raised(batch))
    assert await states(credit, batch) == {"seller": "PENDING", "producer": "PENDING"}
    done = await credit.person("credit").post("/v1/exports", json={"all_approved": True, "exported_on": "2021-04-02"})
    assert done.status_code in (201, 409) and await credit.platform.rows("SELECT 1 FROM publicity_version") == []


async def test_a_version_that_no_worker_tried_is_recalled(credit, make, receiver):
    batch = make.batch(verdict="不合格")
    for fact in (batch.accepted(), batch.notified()):
        await credit.hear(fact)
    await credit.export_all()
    await credit.hear(raised(batch))
    await credit.rounds()
    assert await states(credit, batch) == {"seller": "PENDING", "producer": "PENDING"} and await receiver.publications() == []


async def test_scenario_15_the_producers_record_is_withdrawn_within_three_working_days_and_the_sellers_stays(credit, make, receiver):
    batch = make.batch(verdict="不合格")
    for fact in (batch.accepted(), batch.notified()):
        await credit.hear(fact)
    await credit.publish_all()
    await credit.hear(raised(batch))
    assert await states(credit, batch) == {"seller": "ACKNOWLEDGED", "producer": "ACKNOWLEDGED"}
    await credit.hear(decided(batch, "NOT_OWN_PRODUCT", on="2021-04-21"))
    [version] = await credit.platform.rows("SELECT action, acted_on, due_on, reason FROM publicity_version WHERE action = 'withdraw'")
    assert (str(version["acted_on"]), str(version["due_on"])) == ("2021-04-21", "2021-04-25"), "22, 23 April and Sunday 25 April, a working day"
    assert "非该主体生产" in version["reason"]
    await credit.rounds()
    assert await states(credit, batch) == {"seller": "ACKNOWLEDGED", "producer": "WITHDRAWN"}


async def test_an_overturned_result_withdraws_everybody(credit, make, receiver):
    batch = make.batch(verdict="不合格")
    for fact in (batch.accepted(), batch.notified()):
        await credit.hear(fact)
    await credit.publish_all()
    await credit.hear(retested(batch, "OVERTURNED"))
    await credit.rounds()
    assert await states(credit, batch) == {"seller": "WITHDRAWN", "producer": "WITHDRAWN"}


async def test_nothing_changes_at_the_receiver_during_an_objection(credit, make, receiver):
    batch = make.batch(verdict="不合格")
    for fact in (batch.accepted(), batch.notified()):
        await credit.hear(fact)
    await credit.publish_all()
    await credit.hear(raised(batch))
    for fact in (batch.opened(), batch.closed()):
        await credit.hear(fact, owner="620902")
    await credit.rounds()
    shown = (await credit.by_role(batch))["producer"]
    assert (shown["state"], shown["shown_code"]) == ("ACKNOWLEDGED", "A")
    await credit.hear(decided(batch, "UPHELD"))
    assert (await credit.by_role(batch))["producer"]["state"] == "DUE", "the correction A to E goes out afterwards"


async def test_the_facts_of_an_objection_converge_in_every_order(credit, make):
    found = set()
    for number, order in enumerate(permutations(range(4)), start=1):
        batch = make.batch(number, verdict="不合格")
        facts = [batch.accepted(), batch.notified(), raised(batch), decided(batch, "NOT_OWN_PRODUCT")]
        for step in order:
            await credit.hear(facts[step])
        rows = await credit.by_role(batch)
        found.add(tuple((role, rows[role]["state"], str(rows[role]["eligible_on"])) for role in sorted(rows)))
    assert found == {(("producer", "WITHDRAWN", "None"), ("seller", "DUE", "2021-04-21"))}


async def test_a_conforming_batch_waits_too(credit, make):
    batch = make.batch()
    await credit.hear(raised(batch, "seller"))
    await credit.hear(batch.accepted())
    assert await states(credit, batch) == {"seller": "PENDING", "producer": "PENDING"}
    await credit.hear(decided(batch, "REFUSED", role="seller", on="2021-03-12"))
    assert {str(row["eligible_on"]) for row in (await credit.by_role(batch)).values()} == {"2021-03-12"}


@pytest.mark.parametrize("changes", [{"outcome": "PERHAPS"}, {"party_role": "stranger"}, {"case_id": "x"}])
async def test_an_unreadable_objection_is_parked(credit, make, changes):
    fact = decided(make.batch(), "UPHELD")
    for name, value in changes.items():
        setattr(fact, name, value)
    await credit.platform.hear(fact, owner="620102", key=fact.sample_id, topic=TOPIC)
    assert len(await credit.platform.rows("SELECT 1 FROM dead_letter")) == 1


def test_rules_say_who_is_withheld_and_who_is_freed():
    sample, report = uuid4(), UUID(str(uuid7()))
    open_one = Dispute(uuid4(), sample, report, "seller")
    own = Dispute(uuid4(), sample, report, "producer", "NOT_OWN_PRODUCT", date(2021, 4, 21))
    assert standing([open_one], "producer", report).disputed
    assert standing([own], "seller", report).freed is None and standing([own], "producer", report).freed is not None
    assert standing([own], "seller", report).settled_on == date(2021, 4, 21)

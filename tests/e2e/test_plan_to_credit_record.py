"""The main job: from published tasks to acknowledged credit records, while the receiver loses acknowledgements."""

from collections import Counter

import pytest
from kafka import KafkaConsumer, TopicPartition

from ops import ledger, topics


def facts_told(world):
    """End offsets of every topic of facts: how much was ever said."""
    consumer = KafkaConsumer(bootstrap_servers=world.platform.kafka_bootstrap)
    parts = [TopicPartition(topic, number) for topic in topics.FACTS for number in range(topics.PARTITIONS)]
    ends = consumer.end_offsets(parts)
    consumer.close()
    return {f"{part.topic}/{part.partition}": end for part, end in ends.items()}


async def everything(world, gateway):
    """All that the platform shows of the main job: batches, reports, legs, records, publications."""
    legs = await gateway.every("officer.62", "/disposal/v1/legs", state=["CLOSED", "RECTIFYING", "CONTROLLED", "RECEIVED", "OPENED"])
    return {
        "samples": sorted((r["id"], r["state"], r["revision"]) for r in await gateway.every("officer.62", "/sampling/v1/samples")),
        "reports": sorted(r["id"] for r in await gateway.every("officer.62", "/sampling/v1/reports")),
        "legs": sorted((r["id"], r["state"]) for r in legs),
        "records": sorted((r["id"], r["state"]) for r in await gateway.every("credit.62", "/credit/v1/records")),
        "publications": sorted(await ledger.publications(world.receiver)),
        "facts": facts_told(world),
    }


def test_batches_with_producers_elsewhere_are_among_those_that_fail(quarter):
    relations = Counter(batch.plan.relation for batch in quarter.season.failing)
    print(f"\n{len(quarter.plans)} batches, not conforming: {dict(relations)}, liable parties: {quarter.season.parties}")
    assert len(quarter.season.failing) >= 8
    assert relations["other_prefecture"] >= 2
    assert relations["outside"] >= 2


def test_every_exported_record_is_acknowledged_though_the_receiver_misbehaves(quarter):
    print(f"\nreceiver got {quarter.repeated} records again under the same key")
    assert quarter.season.waiting == 0
    assert quarter.repeated > 0, "the receiver never lost an acknowledgement: this proves nothing"


def test_the_table_says_what_was_played(quarter):
    grown = {column: quarter.after[column] - quarter.before[column] for column in quarter.after}
    season = quarter.season
    closed = sum(1 for number, leg in enumerate(season.legs) if leg["outbound"] or number % 41 != 40)
    played = len(quarter.plans)
    assert (grown["抽样"], grown["报告"], grown["不合格"]) == (played, played, len(season.failing))
    assert (grown["处置分支"], grown["办结"]) == (season.parties, closed)
    assert grown["计划"] == 0
    assert grown["已归集"] >= played - len(season.failing)  # a party each at least, and a second where seller and producer differ


async def test_the_ledger_holds_after_the_quarter(world, quarter):
    found = await world.ledger()
    print("\n" + found.text())
    assert found.holds, found.text()


@pytest.mark.usefixtures("quarter")
async def test_playing_the_same_again_changes_nothing(world, gateway, quarter):
    before = await everything(world, gateway)
    again = await world.play(world.player(gateway, 1), quarter.plans)
    assert await everything(world, gateway) == before
    assert [batch.report_id for batch in again.played] == [batch.report_id for batch in quarter.season.played]
    assert (await world.ledger()).holds

"""The ledger: the one invariant over all databases and the receiver (reliability.md section 1), on any running platform.

For every accepted report: itself = its items as sent = one event = one leg per liable party iff non-conforming = one publicity record per
party iff publishable = one publication per acknowledged version = one audit entry; owners agree at every stage; nothing waits, nothing is parked.
`make ledger` prints one line an equation and, where it does not hold, the ids that break it.
"""

import argparse
import asyncio
import json
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from google.protobuf.message import Message
from kafka import KafkaConsumer, TopicPartition
from longzhi.disposal.v1 import events_pb2 as disposal_events
from longzhi.event.v1.event_pb2 import Envelope
from longzhi.sampling.v1 import events_pb2 as sampling_events

from common import audit
from ops import database, settings, undone
from ops.undone import Undone

DRAIN_SECONDS = 60.0
GROUPS = {
    "planning": ("sampling.sample.v1", "directory.division.v1"),
    "disposal": ("sampling.sample.v1", "sampling.report.v1", "sampling.objection.v1"),
    "credit": ("sampling.report.v1", "sampling.notice.v1", "sampling.objection.v1", "disposal.leg.v1"),
}
Row = dict[str, Any]


@dataclass
class Ledger:
    """What was found: equations with the number of things compared and the ids that break them."""

    lines: list[tuple[str, int, list[str]]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def equal(self, name: str, left: Iterable[Any], right: Iterable[Any]) -> None:
        """Two multisets must be the same; what is on one side only is named with its side."""
        here, there = Counter(left), Counter(right)
        missing = [f"missing {key}" for key in (here - there).elements()]
        extra = [f"extra {key}" for key in (there - here).elements()]
        self.lines.append((name, sum(here.values()), sorted(missing + extra, key=str)))

    def none(self, name: str, compared: int, wrong: Iterable[Any]) -> None:
        """Nothing may be wrong."""
        self.lines.append((name, compared, sorted(map(str, wrong))))

    @property
    def holds(self) -> bool:
        return not any(wrong for _, _, wrong in self.lines)

    def text(self, shown: int = 10) -> str:
        out = []
        for name, compared, wrong in self.lines:
            out.append(f"{'ok ' if not wrong else 'NO '} {name:<62} {compared:>8}" + (f"   {len(wrong)} broken" if wrong else ""))
            out += [f"      {each}" for each in wrong[:shown]]
        out += [f"--  {note}" for note in self.notes]
        return "\n".join([*out, "the ledger holds" if self.holds else "THE LEDGER DOES NOT HOLD"])


async def rows(service: str, query: str) -> list[Row]:
    """Rows of one service's database, read past every policy."""
    connection = await database.connect(service)
    try:
        return [dict(row) for row in await connection.fetch(query)]
    finally:
        await connection.close()


async def facts(service: str, *kinds: type[Message]) -> list[tuple[Envelope, Any]]:
    """Facts of the given kinds in a service's outbox, in order."""
    by_name = {kind.DESCRIPTOR.full_name: kind for kind in kinds}
    found = []
    for row in await rows(service, "SELECT envelope FROM outbox ORDER BY seq"):
        envelope = Envelope.FromString(row["envelope"])
        if envelope.type in by_name:
            fact = by_name[envelope.type]()
            envelope.payload.Unpack(fact)
            found.append((envelope, fact))
    return found


def accepted_of(fact: Any) -> Any:
    """The report inside ReportAccepted or ReportReplaced."""
    return fact.current if isinstance(fact, sampling_events.ReportReplaced) else fact


def seen_by_client(file: Path) -> set[str]:
    """Report ids that the laboratories saw accepted (make demo keeps one JSON a line)."""
    return {json.loads(line)["report_id"] for line in file.read_text().splitlines()}


async def check_reports(ledger: Ledger, client: set[str] | None, gone: Undone) -> list[Row]:
    """Reports against what the laboratories saw, their items, events and audit entries; returns the reports that count."""
    reports = await rows("sampling", "SELECT id::text, region_code, sample_id::text, report_no, version, verdict, state, item_count FROM report")
    ids = [r["id"] for r in reports]
    if client is not None:
        lost = {each for each in client - set(ids) if gone.covers(each)}
        ledger.equal("reports the laboratories saw accepted = reports stored", client - lost, ids)
        if lost:
            ledger.notes.append(f"{len(lost)} reports were accepted after the second that was restored: their laboratories push them again")
    items = await rows("sampling", "SELECT report_id::text AS id, region_code, count(*) AS n FROM report_item GROUP BY 1, 2")
    ledger.equal("report, owner and number of items as sent = rows stored", *_pairs(reports, items))
    told = await facts("sampling", sampling_events.ReportAccepted, sampling_events.ReportReplaced)
    ledger.equal("one event a report, in the report's owner", [(r["id"], r["region_code"]) for r in reports], [_report_key(e, f) for e, f in told])
    entries = await rows("sampling", "SELECT subject_id AS id, region_code FROM audit_entry WHERE act = 'report.accept'")
    ledger.equal("one audit entry a report", [(r["id"], r["region_code"]) for r in reports], [(e["id"], e["region_code"]) for e in entries])
    query = "SELECT effective_report_id::text AS id, region_code FROM sample WHERE effective_report_id IS NOT NULL"
    effective = [tuple(row.values()) for row in await rows("sampling", query)]
    counting = [r for r in reports if r["state"] == "ACCEPTED"]
    ledger.equal("one report that counts a batch, same owner", [(r["id"], r["region_code"]) for r in counting], effective)
    return counting


def _pairs(reports: list[Row], items: list[Row]) -> tuple[list[Any], list[Any]]:
    return [(r["id"], r["region_code"], r["item_count"]) for r in reports], [(i["id"], i["region_code"], i["n"]) for i in items]


def _report_key(envelope: Envelope, fact: Any) -> tuple[str, str]:
    return accepted_of(fact).report_id, envelope.region_code


async def parties_of(counting: list[Row]) -> dict[str, list[tuple[str, str]]]:
    """Liable parties (role, USCC) of each report that counts, as they were told, without those whom an objection set free."""
    found = await facts("sampling", sampling_events.ReportAccepted, sampling_events.ReportReplaced)
    told = {accepted_of(fact).report_id: accepted_of(fact) for _, fact in found}
    freed = await _freed()
    liable = {r["id"]: told[r["id"]].batch.parties if r["id"] in told else [] for r in counting}
    return {r["id"]: [(p.role, p.uscc) for p in liable[r["id"]] if not freed & {(r["id"], ""), (r["sample_id"], p.role)}] for r in counting}


async def _freed() -> set[tuple[str, str]]:
    """Whom an objection or a re-inspection let go: (report, "") when the result fell, (sample, role) who proved it not its own product."""
    query = "SELECT report_id::text, sample_id::text, party_role, outcome FROM objection WHERE outcome IN ('OVERTURNED', 'NOT_OWN_PRODUCT')"
    ended = await rows("sampling", f"{query} AND findings = '[]'")
    return {(o["report_id"], "") if o["outcome"] == "OVERTURNED" else (o["sample_id"], o["party_role"]) for o in ended}


async def check_legs(ledger: Ledger, counting: list[Row], parties: dict[str, list[tuple[str, str]]]) -> None:
    """One leg per liable party iff non-conforming; opened once; in the owner's name."""
    legs = await rows("disposal", "SELECT id::text, report_id::text, party_role, origin_region_code AS owner FROM leg WHERE state <> 'HALTED'"
                      " AND ground = 'result'")  # fmt: skip
    wanted = [(r["id"], role, r["region_code"]) for r in counting if r["verdict"] == "不合格" for role, _ in parties[r["id"]]]
    ledger.equal("one leg a liable party iff non-conforming, origin = owner", wanted, [(x["report_id"], x["party_role"], x["owner"]) for x in legs])
    opened = [fact.leg_id for _, fact in await facts("disposal", disposal_events.LegOpened)]
    every = await rows("disposal", "SELECT id::text FROM leg")
    ledger.equal("one LegOpened a leg", [x["id"] for x in every], opened)
    ended = await rows("sampling", "SELECT id::text, region_code FROM sample WHERE state IN ('REFUSED', 'STOPPED_ILLEGAL')")
    proposed = await rows("disposal", "SELECT sample_id::text AS id, origin_region_code FROM leg WHERE ground <> 'result'")
    ledger.equal("one proposed case a refused or stopped batch", [tuple(x.values()) for x in ended], [tuple(x.values()) for x in proposed])


async def check_credit(ledger: Ledger, counting: list[Row], parties: dict[str, list[tuple[str, str]]], receiver: str, gone: Undone) -> None:
    """One record per party with a code iff publishable; one publication per acknowledged version."""
    records = await rows("credit", "SELECT report_id::text, party_role, region_code AS owner FROM publicity_record WHERE state <> 'WITHDRAWN'")
    publishable = [r for r in counting if r["verdict"] in ("合格", "不合格")]
    wanted = [(r["id"], role, r["region_code"]) for r in publishable for role, uscc in parties[r["id"]] if uscc]
    ledger.equal("one publicity record a party iff publishable, same owner", wanted, [tuple(x.values()) for x in records])
    query = "SELECT idempotency_key::text AS key, record_id::text AS record, version, acknowledged_at IS NOT NULL AS done FROM publicity_version"
    versions = await rows("credit", query)
    known = {v["key"] for v in versions}
    every = await publications(receiver)
    shown = [p for p in every if p[0] in known or not gone.covers(p[0])]
    if len(every) > len(shown):
        ledger.notes.append(
            f"{len(every) - len(shown)} publications are of after the second that was restored: withdraw there what is published anew"
        )
    acknowledged = [(v["key"], v["record"], v["version"]) for v in versions if v["done"]]
    ledger.equal("one publication an acknowledged version", acknowledged, [p for p in shown if p[0] in {a[0] for a in acknowledged}])
    ledger.equal("no version is shown twice", {p[1:] for p in shown}, [p[1:] for p in shown])
    ledger.none("nothing is shown that is not ours", len(shown), [p for p in shown if p[0] not in known])


async def publications(receiver: str) -> list[tuple[str, str, int]]:
    """Everything that the receiver shows: (key, record, version)."""
    found: list[tuple[str, str, int]] = []
    after = ""
    async with httpx.AsyncClient(base_url=receiver, timeout=30) as client:
        while page := (await client.get("/publications", params={"after": after, "limit": 5000})).json()["items"]:
            found += [(p["key"], p["record_id"], p["version"]) for p in page]
            after = page[-1]["receipt_no"]
    return found


async def check_rest(ledger: Ledger, counting: list[Row], parties: dict[str, list[tuple[str, str]]], poison: int) -> None:
    """Sums per owner agree, chains are whole, nothing waits, dead letters are exactly the poison sent in."""
    here = Counter(r["region_code"] for r in counting if r["verdict"] == "不合格" and parties[r["id"]])
    there = await rows("disposal", "SELECT origin_region_code, count(DISTINCT sample_id) AS n FROM leg WHERE state <> 'HALTED'"
                       " AND ground = 'result' GROUP BY 1")  # fmt: skip
    sums = (here.items(), [tuple(r.values()) for r in there])
    ledger.equal("non-conforming batches per owner = batches with legs per owner", *sums)
    parked, waiting, broken, entries = 0, [], [], 0
    for service in settings.present_services():
        parked += (await rows(service, "SELECT count(*) AS n FROM dead_letter WHERE redriven_at IS NULL"))[0]["n"]
        waiting += [f"{service} {r['seq']}" for r in await rows(service, "SELECT seq FROM outbox WHERE sent_at IS NULL")]
        chains = defaultdict(list)
        for entry in await rows(service, "SELECT * FROM audit_entry ORDER BY region_code, seq"):
            chains[entry["region_code"]].append(entry)
            entries += 1
        broken += [f"{service} {owner} at {at}" for owner, chain in chains.items() if (at := audit.first_break(chain)) is not None]
    ledger.none("no fact waits in an outbox", 0, waiting)
    ledger.none("audit chains are whole", entries, broken)
    ledger.none(f"dead letters = the {poison} poisoned facts sent in", parked, [] if parked == poison else [f"{parked} parked"])


def lag(bootstrap: str) -> int:
    """Records that consumers have not committed yet."""
    total = 0
    for group, topics in GROUPS.items():
        consumer = KafkaConsumer(bootstrap_servers=bootstrap, group_id=group, enable_auto_commit=False)
        parts = [TopicPartition(topic, number) for topic in topics for number in consumer.partitions_for_topic(topic) or ()]
        ends = consumer.end_offsets(parts)
        total += sum(ends[part] - (consumer.committed(part) or 0) for part in parts)
        consumer.close()
    return total


async def drain(bootstrap: str) -> float:
    """Wait until outboxes and consumers have nothing left; the seconds it took, at most a minute."""
    started = time.monotonic()
    while time.monotonic() - started < DRAIN_SECONDS:
        unsent = [await rows(s, "SELECT count(*) AS n FROM outbox WHERE sent_at IS NULL") for s in settings.present_services()]
        if not any(found[0]["n"] for found in unsent) and not await asyncio.to_thread(lag, bootstrap):
            break
        await asyncio.sleep(0.5)
    return time.monotonic() - started


async def check(client: set[str] | None = None, poison: int = 0) -> Ledger:
    """The whole ledger of the platform that LONGZHI_PORT and LONGZHI_RUN name."""
    platform = settings.load()
    await drain(platform.kafka_bootstrap)
    ledger, gone = Ledger(), undone.load(platform.run)
    counting = await check_reports(ledger, client, gone)
    parties = await parties_of(counting)
    await check_legs(ledger, counting, parties)
    await check_credit(ledger, counting, parties, f"http://127.0.0.1:{platform.receiver_port}", gone)
    await check_rest(ledger, counting, parties, poison)
    return ledger


def main() -> None:
    """Check and print; exit 1 when an equation is broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--client", type=Path, help="what the laboratories saw accepted, one JSON a line (make demo keeps it)")
    parser.add_argument("--poison", type=int, default=0, help="poisoned facts that were sent in on purpose")
    options = parser.parse_args()
    ledger = asyncio.run(check(seen_by_client(options.client) if options.client else None, options.poison))
    print(ledger.text())
    sys.exit(0 if ledger.holds else 1)


if __name__ == "__main__":
    main()

"""The push: every report of a source in, exactly once, however often the line breaks or the process is killed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from longzhi_lab.batches import MAX_REPORTS, Batch, cut, key_of
from longzhi_lab.canonical import compact
from longzhi_lab.errors import UsageError
from longzhi_lab.keys import fetch_keys
from longzhi_lab.link import SAMPLING, Link, Unread, call, problem_of, unexpected
from longzhi_lab.outcome import REJECTED, Outcome, Result, refused_call, results_of
from longzhi_lab.receipts import keep_receipt
from longzhi_lab.source import Source, locate, number_of
from longzhi_lab.state import Journal, open_journal

PATH = f"{SAMPLING}/reports:batch"
#: A call refused for its content: its reports are rejected, and the push goes on. Other refusals end it.
REFUSED_CONTENT = frozenset({400, 413, 422})
Tick = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Told:
    """One call's answer; `replayed` means that the platform had it already."""

    status: int
    body: dict[str, Any]
    replayed: bool = False


def push(link: Link, source: Source, mode: str = "partial", *, count: int = MAX_REPORTS, tick: Tick = lambda _n: None) -> Outcome:
    """Push what is sound, going on where a former run of the same content was stopped; what became of every report."""
    batches = cut_source(source, mode, count)
    keys = fetch_keys(link)
    config = link.config
    content = sha256(compact([config.url, config.laboratory, mode, count, source.sha256])).hexdigest()
    journal = open_journal(config.state, content)
    results, receipts = list(source.faults), []
    for number, batch in enumerate(batches):
        told = _settle(link, journal, number, batch)
        results += _results(source, batch, told)
        if told.status == 200:
            receipts.append(config.state / "receipts" / f"{told.body['batch_id']}.json")
        tick(len(batch.places))
    outcome = _outcome(source, results, receipts)
    if not keys:
        link.tell("平台没有公布回执公钥,回执暂时无法核对", "the platform publishes no keys; receipts cannot be verified yet")
    journal.finish({status: outcome.count(status) for status in ("accepted", "unchanged", "rejected")})
    return outcome


def try_out(link: Link, source: Source, mode: str = "partial", *, count: int = MAX_REPORTS, tick: Tick = lambda _n: None) -> Outcome:
    """A dry run (试查): everything is checked, nothing is stored, here or there."""
    results = list(source.faults)
    for batch in cut_source(source, mode, count, dry_run=True):
        results += _results(source, batch, _send(link, batch, f"lz-dry-{uuid4().hex}"))
        tick(len(batch.places))
    return _outcome(source, results, [])


def cut_source(source: Source, mode: str, count: int, *, dry_run: bool = False) -> list[Batch]:
    """The calls of a source, with the places of its reports; all or nothing (`atomic`) must fit one call."""
    sound = source.sound
    batches = list(cut([source.reports[place] for place in sound], mode, dry_run=dry_run, count=count))
    if mode == "atomic" and (len(batches) > 1 or source.faults):
        if source.faults:
            zh = f"整批模式下有 {len(source.faults)} 份报告在本地已发现问题:{source.faults[0].problems[0].detail}"
            raise UsageError(zh, f"atomic: {len(source.faults)} reports are wrong already: {source.faults[0].problems[0].detail}")
        zh = f"整批模式(atomic)须一次上传完:{len(sound)} 份超过一次的上限({count} 份或 15 MB)"
        raise UsageError(zh, f"atomic must fit one call: {len(sound)} reports do not ({count} or 15 MB)")
    return [Batch(tuple(sound[place] for place in batch.places), batch.body) for batch in batches]


def _settle(link: Link, journal: Journal, number: int, batch: Batch) -> Told:
    """The kept answer of a batch, or a new one, kept with its receipt before it counts."""
    digest = batch.sha256
    kept = journal.answer(number, digest)
    if kept is not None:
        return Told(kept["status"], kept["body"])
    known = journal.sent_key(number)
    key, turn = known or key_of(digest, journal.turn), journal.turn
    while True:
        journal.note_sent(number, key, digest)
        told = _send(link, batch, key)
        if known or not told.replayed or not _has_rejected(told):
            break
        # The platform has this key from a push that this state folder forgot; what it refused then may hold now.
        turn += 1
        key = key_of(digest, turn)
    if told.status == 200:
        keep_receipt(link.config.state, batch.body, batch.packed, told.body)
    journal.note_answer(number, digest, {"status": told.status, "body": told.body})
    return told


def _has_rejected(told: Told) -> bool:
    return told.status == 200 and any(result["status"] == REJECTED for result in told.body["results"])


def _send(link: Link, batch: Batch, key: str) -> Told:
    headers = {"Idempotency-Key": key, "Content-Type": "application/json", "Content-Encoding": "gzip"}
    retried = link.retried
    answer = call(link, "POST", PATH, headers=headers, content=batch.packed, check=lambda found: _check(found, len(batch.places)))
    if answer.status_code == 200:
        fresh = link.retried == retried
        return Told(200, answer.json(), fresh and answer.headers.get("idempotent-replay") == "true")
    told = problem_of(answer)
    if told is None or answer.status_code not in REFUSED_CONTENT:
        raise unexpected(answer)
    return Told(answer.status_code, dict(told))


def _check(answer: httpx.Response, reports: int) -> None:
    """A 200 must carry a result for each report; anything else came from something in between."""
    try:
        body = answer.json()
        results = body["results"]
        whole = len(results) == reports and all({"report_no", "status", "report_id", "version", "problems"} <= set(row) for row in results)
        whole = whole and "receipt" in body and "batch_id" in body
    except (ValueError, KeyError, TypeError) as error:
        raise Unread("the answer cannot be read") from error
    if not whole:
        raise Unread("the answer does not fit the call")


def _results(source: Source, batch: Batch, told: Told) -> list[Result]:
    if told.status == 200:
        return results_of(batch.places, told.body)
    numbers = [number_of(source.reports[place]) for place in batch.places]
    return refused_call(batch.places, numbers, told.body)


def _outcome(source: Source, results: Sequence[Result], receipts: Sequence[Path]) -> Outcome:
    ordered = sorted(results, key=lambda result: result.place)
    return Outcome(tuple(locate(source, result) for result in ordered), tuple(dict.fromkeys(receipts)))

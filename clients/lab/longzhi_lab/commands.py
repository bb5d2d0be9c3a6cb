"""The commands of `longzhi-lab`; each gives the exit code: 0 all in, 1 something rejected or false, 2 usage, 3 not reachable."""

import argparse
import json
from collections import Counter
from dataclasses import asdict
from itertools import chain
from pathlib import Path

from longzhi_lab.arrivals import read_arrivals, receive
from longzhi_lab.config import Config
from longzhi_lab.errors import UsageError
from longzhi_lab.keys import FILE, fetch_keys, read_keys
from longzhi_lab.link import log_in, open_link
from longzhi_lab.mending import write_mending
from longzhi_lab.outcome import Outcome
from longzhi_lab.push import push, try_out
from longzhi_lab.receipts import FAILS, HOLDS, UNKNOWN, list_receipts, verify
from longzhi_lab.screen import Screen, problem_lines, progress, show_outcome, table
from longzhi_lab.sheets import write_template
from longzhi_lab.source import read_source
from longzhi_lab.waiting import list_samples, list_waiting

STAGES = {"receive": ("待接样", "to receive"), "report": ("待报告", "to report"), "correct": ("待更正", "to correct")}


def run_push(given: argparse.Namespace, config: Config, screen: Screen) -> int:
    """`push`: reports in, the table out, receipts kept, rejected ones written to be mended."""
    source = read_source(given.file)
    mode = given.mode or source.mode or "partial"
    if mode not in ("partial", "atomic"):
        raise UsageError(f"未知的模式:{mode}", f"no such mode: {mode}")
    for note in source.notes:
        screen.tell(*note)
    with open_link(config, screen.tell) as link, progress(screen, len(source.sound)) as tick:
        outcome = (try_out if given.dry_run else push)(link, source, mode, count=given.batch, tick=tick)
    files = [] if given.dry_run else write_mending(source, outcome, mode)
    if given.json:
        print(json.dumps(_told(outcome, files), ensure_ascii=False))
    else:
        show_outcome(screen, outcome, dry_run=given.dry_run)
        for file in files:
            screen.say(f"待更正:{file}", f"to be mended: {file}")
        if outcome.receipts:
            folder = config.state / "receipts"
            screen.say(f"回执 {len(outcome.receipts)} 张,保存在 {folder}", f"{len(outcome.receipts)} receipts kept in {folder}")
    return (1 if outcome.rejected else 0) | _show_doubts(outcome, config, screen)


def _told(outcome: Outcome, files: list[Path]) -> dict[str, object]:
    counts = {status: outcome.count(status) for status in ("accepted", "unchanged", "rejected")}
    receipts = [str(path) for path in outcome.receipts]
    return {**counts, "receipts": receipts, "files": [str(file) for file in files], "results": [asdict(result) for result in outcome.results]}


def _show_doubts(outcome: Outcome, config: Config, screen: Screen) -> int:
    """A receipt that does not hold on the day it came is told at once."""
    keys = read_keys(config.state / FILE)
    bad = [finding for path in outcome.receipts for finding in verify(path, keys) if finding.verdict == FAILS]
    for finding in bad:
        screen.tell(f"回执核对不成立:{finding.zh}", f"receipt does not hold: {finding.en}")
    return 1 if bad else 0


def run_verify(given: argparse.Namespace, state: Path, screen: Screen) -> int:
    """`verify`: receipts held against what is kept here, without the platform."""
    paths = given.receipt or list_receipts(state)
    if not paths:
        raise UsageError(f"没有回执:{state / 'receipts'}", f"no receipts in {state / 'receipts'}")
    keys = read_keys(given.keys or state / FILE)
    marks = {HOLDS: ("成立", "holds"), FAILS: ("不成立", "FAILS"), UNKNOWN: ("无法核对", "unknown")}
    seen: Counter[str] = Counter()
    for path in paths:
        findings = verify(path, keys)
        worst = next((verdict for verdict in (FAILS, UNKNOWN) if any(f.verdict == verdict for f in findings)), HOLDS)
        seen[worst] += 1
        screen.say(f"{path}:{marks[worst][0]}", f"{path}: {marks[worst][1]}")
        for finding in findings:
            screen.say(f"  [{marks[finding.verdict][0]}] {finding.zh}", f"  [{marks[finding.verdict][1]}] {finding.en}")
    screen.say(f"共 {len(paths)} 张:成立 {seen[HOLDS]},不成立 {seen[FAILS]},无法核对 {seen[UNKNOWN]}", f"{len(paths)} receipts: {dict(seen)}")
    return 0 if seen[HOLDS] == len(paths) else 1


def run_queue(given: argparse.Namespace, config: Config, screen: Screen) -> int:
    """`queue`: samples to be received, to be reported, and reports to be corrected."""
    with open_link(config, screen.tell) as link:
        found = list_waiting(link)
    if given.json:
        print(json.dumps([asdict(waiting) for waiting in found], ensure_ascii=False))
        return 0
    late = screen.pick("逾期", "late")
    rows = [
        [screen.pick(*STAGES.get(w.stage, (w.stage, w.stage))), w.sample_no, w.product, w.since, f"{w.due} {late if w.late else ''}".rstrip()]
        for w in found
    ]  # fmt: skip
    if rows:
        headers = ("stage", "sample", "product", "since", "due") if screen.english else ("待办", "抽样单编号", "样品名称", "自", "期限")
        print(table(headers, rows))
    screen.say(f"共 {len(rows)} 项", f"{len(rows)} waiting")
    return 0


def run_receive(given: argparse.Namespace, config: Config, screen: Screen) -> int:
    """`receive`: samples of a list taken in."""
    rows = read_arrivals(given.list)
    with open_link(config, screen.tell) as link:
        results = receive(link, rows)
    counts = Counter(result.status for result in results)
    screen.say(
        f"已办理 {counts['done']},此前已办理 {counts['unchanged']},未通过 {counts['refused']}",
        f"done {counts['done']}, unchanged {counts['unchanged']}, refused {counts['refused']}",
    )
    for line in chain.from_iterable(problem_lines(result) for result in results):
        print(line)
    return 1 if counts["refused"] else 0


def run_template(given: argparse.Namespace, screen: Screen) -> int:
    """`template`: the workbook to be filled in."""
    if given.file.exists() and not given.force:
        raise UsageError(f"文件已存在:{given.file}(--force 覆盖)", f"{given.file} exists (--force overwrites)")
    write_template(given.file)
    screen.say(f"模板已写入 {given.file}", f"template written to {given.file}")
    return 0


def run_login(config: Config, screen: Screen) -> int:
    """`login`: whether the credentials open the door; the keys are fetched and kept."""
    with open_link(config, screen.tell) as link:
        seconds = log_in(link)
        first = next(list_samples(link, "RECEIVED"), None)
        keys = fetch_keys(link)
    waits = screen.pick("有待报告的样品" if first else "没有待报告的样品", "samples wait for reports" if first else "nothing waits")
    screen.say(
        f"凭证有效:{config.client_id},令牌有效期 {seconds:.0f} 秒,{waits};回执公钥 {len(keys)} 把已保存",
        f"{config.client_id} is known, tokens live {seconds:.0f} s, {waits}; {len(keys)} keys kept",
    )
    return 0

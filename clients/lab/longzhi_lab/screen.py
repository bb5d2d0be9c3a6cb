"""What the person sees: words on stderr while it runs, the table on stdout at its end; a bar in a terminal, plain lines elsewhere."""

import sys
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from tqdm import tqdm

from longzhi_lab.outcome import ACCEPTED, REJECTED, UNCHANGED, Outcome, Result

SHOWN = 50


@dataclass(frozen=True, slots=True)
class Screen:
    """One language, one way of telling."""

    english: bool = False

    def pick(self, zh: str, en: str) -> str:
        return en if self.english else zh

    def tell(self, zh: str, en: str) -> None:
        tqdm.write(self.pick(zh, en), file=sys.stderr)

    def say(self, zh: str, en: str) -> None:
        print(self.pick(zh, en), flush=True)


@contextmanager
def progress(screen: Screen, total: int) -> Iterator[Callable[[int], None]]:
    """A counter of reports."""
    if sys.stderr.isatty():
        with tqdm(total=total, unit=screen.pick("份", "reports"), desc=screen.pick("上报", "push"), file=sys.stderr) as bar:
            yield lambda n: bar.update(n) and None
        return
    done = 0

    def tick(n: int) -> None:
        nonlocal done
        done += n
        screen.tell(f"已处理 {done}/{total} 份", f"{done} of {total} reports done")

    yield tick


def show_outcome(screen: Screen, outcome: Outcome, *, dry_run: bool) -> None:
    """Counts, then the problems, most frequent codes first and at most fifty reports in full."""
    counts = {status: outcome.count(status) for status in (ACCEPTED, UNCHANGED, REJECTED)}
    first = screen.pick("可以入库" if dry_run else "已入库", "would be accepted" if dry_run else "accepted")
    names = {ACCEPTED: first, UNCHANGED: screen.pick("此前已入库、内容相同", "unchanged"), REJECTED: screen.pick("未通过", "rejected")}
    width = max(width_of(name) for name in names.values())
    for status, number in counts.items():
        print(f"{names[status]}{' ' * (width - width_of(names[status]))}  {number:>7,}")
    rejected = outcome.rejected
    if not rejected:
        return
    codes = Counter(problem.code for result in rejected for problem in result.problems)
    print(screen.pick("问题代码:", "codes: ") + screen.pick("、", ", ").join(f"{code} × {number}" for code, number in codes.most_common()))
    for result in rejected[:SHOWN]:
        for line in problem_lines(result):
            print(line)
    if len(rejected) > SHOWN:
        more = len(rejected) - SHOWN
        screen.say(f"……另有 {more} 份,见问题清单文件", f"… and {more} more, see the file of problems")


def problem_lines(result: Result) -> list[str]:
    """`report number  place or pointer  code  text`, one line a problem."""
    number = result.report_no or f"#{result.place + 1}"
    return [f"  {number}  {problem.place or problem.pointer or '/'}  {problem.code}  {problem.detail}" for problem in result.problems]


def width_of(text: str) -> int:
    """Columns in a terminal; Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def table(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A plain table with columns under each other, also with Chinese in it."""
    widths = [max(width_of(row[place]) for row in (headers, *rows)) for place in range(len(headers))]
    lines = ("  ".join(cell + " " * (width - width_of(cell)) for cell, width in zip(row, widths, strict=True)).rstrip() for row in (headers, *rows))
    return "\n".join(lines)
